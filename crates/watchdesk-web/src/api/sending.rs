//! Cases with an operator to which the desk itself writes, and the number that such an operator gives later.

use axum::extract::State;
use watchdesk_core::command::CaseCommand;
use watchdesk_core::ids::AttachmentId;
use watchdesk_core::ticket::Severity;
use watchdesk_store::directory;

use super::answer::Answered;
use super::cases::{CaseTarget, carry_out};
use super::request::Call;
use super::views::CaseView;
use super::words::words;
use crate::app::App;
use crate::input::{Line, Prose, request};
use crate::sending;

request! {
    /// Files it: the packet goes to the operator by mail or by its interface, as the configuration says.
    pub(crate) struct SendingRequest {
        severity: Option<Severity>,
    }
}

pub(crate) async fn send(State(app): State<App>, case: CaseTarget, call: Call<SendingRequest>) -> Answered<CaseView> {
    let person = directory::agent(&app.store, call.caller.agent()).await?.map(|agent| agent.name);
    let command = sending::command(&app, &person.unwrap_or_default(), &case.0, call.body.severity, None).await?;
    carry_out(&app, &case, &call, command).await
}

request! {
    /// The operator's number for the case: the first, or another one than was known.
    pub(crate) struct ReferenceRequest {
        reference: Line,
    }
}

pub(crate) async fn record_reference(
    State(app): State<App>,
    case: CaseTarget,
    call: Call<ReferenceRequest>,
) -> Answered<CaseView> {
    let reference = call.body.reference.0.clone();
    carry_out(&app, &case, &call, CaseCommand::RecordReference { reference }).await
}

request! {
    /// A word of ours that goes to the operator; no customer ever sees it.
    pub(crate) struct LetterRequest {
        body: Prose,
        attachments: Option<Vec<AttachmentId>>,
    }
}

pub(crate) async fn write(State(app): State<App>, case: CaseTarget, call: Call<LetterRequest>) -> Answered<CaseView> {
    let body = call.body.clone();
    sending::check_files(&app, &case.0, body.attachments.as_deref().unwrap_or_default()).await?;
    let letter = words(&app, call.caller.reference(), body.body, None, None, body.attachments).await?;
    carry_out(&app, &case, &call, CaseCommand::Write { letter }).await
}

//! Writing to an operator that takes mail or requests, and its number when it comes.

use axum::extract::Path;
use axum::response::Response;
use watchdesk_core::command::CaseCommand;

use super::operator::{CaseForm, line, said};
use crate::pages::answer::Said;
use crate::pages::visit::Form;
use crate::problem::Problem;
use crate::sending;

pub(in crate::pages) async fn send(Path(number): Path<i64>, form: Form) -> Result<Response, Problem> {
    let form = CaseForm::of(form, number, "case/sending").await?;
    let mut reading = form.sent.reading();
    let severity = reading.optional("severity");
    let visit = &form.sent.visit;
    let command = match reading.finish(Some(())) {
        Ok(()) => sending::command(&visit.app, &visit.agent.name, &form.case, severity, Some(form.sent.id())).await,
        Err(problem) => Err(problem),
    };
    form.execute(command, Said::CaseSent).await
}

pub(in crate::pages) async fn record_reference(Path(number): Path<i64>, form: Form) -> Result<Response, Problem> {
    let form = CaseForm::of(form, number, "case/reference").await?;
    let mut reading = form.sent.reading();
    let reference = line(&mut reading, "reference").unwrap_or_default();
    let command = reading.finish(Some(CaseCommand::RecordReference { reference }));
    form.execute(command, Said::CaseRecorded).await
}

pub(in crate::pages) async fn write(Path(number): Path<i64>, form: Form) -> Result<Response, Problem> {
    let form = CaseForm::of(form, number, "case/letters").await?;
    let mut reading = form.sent.reading();
    let letter = said(&mut reading, "body");
    let command = reading.finish(Some(CaseCommand::Write { letter }));
    form.execute(command, Said::CaseSent).await
}

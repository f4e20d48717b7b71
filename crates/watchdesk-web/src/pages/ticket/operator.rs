//! Going to the operator and hearing back.

use axum::extract::Path;
use axum::response::Response;
use watchdesk_core::case::{AnswerOutcome, Case, FilingChannel, Measure};
use watchdesk_core::command::{AmendCase, CallDirection, CaseCommand, Command, DraftCase, Unit, WordFrom, Words};
use watchdesk_core::disclosure::{Disclosure, Way};
use watchdesk_core::ids::AgentId;
use watchdesk_core::ticket::Severity;
use watchdesk_store::disclosures;

use super::case_box::reminder;
use super::forms::{Sent, other, words};
use super::gate::{self, Wanted};
use super::load::{cases_of, current_case};
use crate::case_calls::Call;
use crate::evidence;
use crate::handing;
use crate::input::{Line, Prose};
use crate::pages::answer::Said;
use crate::pages::reading::Reading;
use crate::pages::visit::{Form, fresh};
use crate::problem::Problem;

pub(in crate::pages) async fn draft(Path(number): Path<i64>, form: Form) -> Result<Response, Problem> {
    let sent = Sent::of(form, number, "escalation").await?;
    let operator = sent.visit.desk.operator_of(sent.subject.record.ticket.service.as_ref()).slug;
    let mut reading = sent.reading();
    let mut wanted = gate::read(&mut reading);
    wanted.words.evidence = evidence::completed(&sent.visit.app, sent.ticket(), wanted.words.evidence).await?;
    let unit = reading.finish(Some(wanted)).map(|wanted| {
        let words = wanted.words;
        let draft = DraftCase {
            id: fresh(),
            operator,
            reason: wanted.reason,
            severity: wanted.severity,
            summary: words.summary,
            evidence: words.evidence,
            health_waiver: words.health_waiver,
            not_this_incident: words.not_this_incident,
            incident_override: words.incident_override,
            handing: words.handing,
        };
        Unit::ticket(sent.id(), Command::DraftCase(Box::new(draft)))
    });
    sent.execute(unit, Said::CaseDrafted).await
}

/// A form about the ticket's case.
pub(super) struct CaseForm {
    pub sent: Sent,
    pub case: Case,
}

impl CaseForm {
    pub async fn of(form: Form, number: i64, name: &'static str) -> Result<Self, Problem> {
        let sent = Sent::of(form, number, name).await?;
        let cases = cases_of(&sent.visit, sent.id()).await?;
        let case = current_case(&cases).cloned().ok_or(Problem::NotFound)?;
        Ok(Self { sent, case })
    }

    pub async fn execute(self, command: Result<CaseCommand, Problem>, said: Said) -> Result<Response, Problem> {
        let Self { sent, case } = self;
        let unit = command.map(|command| (Unit::case(case.id, command), case.version));
        sent.execute_on_case(unit, said).await
    }

    /// When it happened: now, if nobody says otherwise.
    fn at(&self, reading: &mut Reading<'_>) -> watchdesk_core::Instant {
        reading.moment("at").unwrap_or(self.sent.visit.now)
    }
}

pub(super) fn line(reading: &mut Reading<'_>, name: &'static str) -> Option<String> {
    reading.optional::<Line>(name).map(|line| line.0)
}

pub(super) fn said(reading: &mut Reading<'_>, name: &'static str) -> Words {
    words(reading.optional::<Prose>(name).unwrap_or_default().0, Vec::new())
}

pub(in crate::pages) async fn amend(Path(number): Path<i64>, form: Form) -> Result<Response, Problem> {
    let form = CaseForm::of(form, number, "case/amendment").await?;
    let mut reading = form.sent.reading();
    let mut wanted = gate::read(&mut reading);
    wanted.words.evidence =
        evidence::completed(&form.sent.visit.app, form.sent.ticket(), wanted.words.evidence).await?;
    let command = reading.finish(Some(wanted)).map(|wanted| CaseCommand::Amend(Box::new(amended(wanted))));
    form.execute(command, Said::CaseAmended).await
}

/// The form shows all fields, so an empty one was emptied.
fn amended(wanted: Wanted) -> AmendCase {
    let words = wanted.words;
    AmendCase {
        reason: wanted.reason,
        severity: wanted.severity,
        summary: Some(words.summary),
        evidence: Some(words.evidence),
        health_waiver: Some(words.health_waiver.unwrap_or_default()),
        not_this_incident: Some(words.not_this_incident.unwrap_or_default()),
        incident_override: Some(words.incident_override.unwrap_or_default()),
        handing: Some(words.handing),
    }
}

pub(in crate::pages) async fn file(Path(number): Path<i64>, form: Form) -> Result<Response, Problem> {
    let form = CaseForm::of(form, number, "case/filing").await?;
    let mut reading = form.sent.reading();
    let reference = line(&mut reading, "reference").unwrap_or_default();
    let channel: Option<FilingChannel> = reading.required("channel");
    let contact = line(&mut reading, "contact");
    let severity = reading.optional("severity");
    let at = form.at(&mut reading);
    let visit = &form.sent.visit;
    let handed = handing::handed(&visit.app, &visit.agent.name, &form.case, severity).await?;
    let command =
        reading.finish(channel).map(|channel| CaseCommand::File { reference, channel, contact, severity, at, handed });
    form.execute(command, Said::CaseFiled).await
}

/// Whoever copies the packet has given it away, filed or not. Without a script the page then shows it as one text.
pub(in crate::pages) async fn copied(Path(number): Path<i64>, form: Form) -> Result<Response, Problem> {
    let CaseForm { sent, case } = CaseForm::of(form, number, "case/copying").await?;
    let visit = &sent.visit;
    let (_, text) = handing::made_about(&visit.app, &visit.agent.name, &case, sent.ticket()).await?;
    let handed = text.handed();
    let disclosure = Disclosure {
        case: case.id,
        ticket: sent.id(),
        operator: case.operator.clone(),
        at: visit.now,
        by: visit.rights().reference(),
        way: Way::Copied,
        handed,
        attachments: Vec::new(),
    };
    disclosures::copied(&visit.app.store, &disclosure).await?;
    Ok(visit.done(&format!("/tickets/{number}?packet=whole#packet-whole"), Said::PacketCopied))
}

pub(in crate::pages) async fn acknowledge(Path(number): Path<i64>, form: Form) -> Result<Response, Problem> {
    let form = CaseForm::of(form, number, "case/acknowledgement").await?;
    let mut reading = form.sent.reading();
    let contact = line(&mut reading, "contact");
    let at = form.at(&mut reading);
    let command = reading.finish(Some(CaseCommand::Acknowledge { contact, at }));
    form.execute(command, Said::CaseRecorded).await
}

pub(in crate::pages) async fn update(Path(number): Path<i64>, form: Form) -> Result<Response, Problem> {
    let form = CaseForm::of(form, number, "case/updates").await?;
    let mut reading = form.sent.reading();
    let from: Option<WordFrom> = reading.required("from");
    let at = form.at(&mut reading);
    let words = said(&mut reading, "body");
    let command = reading.finish(from).map(|from| CaseCommand::Update { words, from, at });
    form.execute(command, Said::CaseRecorded).await
}

/// The operator was reminded, with the words of the page.
pub(in crate::pages) async fn chase(Path(number): Path<i64>, form: Form) -> Result<Response, Problem> {
    let form = CaseForm::of(form, number, "case/chase").await?;
    let reading = form.sent.reading();
    let lead = form.sent.visit.say("case_call.chased", &[]);
    let text = match reminder(&form.sent.visit, &form.case) {
        Some(reminder) => format!("{lead}\n{reminder}"),
        None => lead,
    };
    let at = form.sent.visit.now;
    let words = words(text, Vec::new());
    let command = reading.finish(Some(CaseCommand::Update { words, from: WordFrom::Us, at }));
    form.execute(command, Said::CaseRecorded).await
}

pub(in crate::pages) async fn they_called(Path(number): Path<i64>, form: Form) -> Result<Response, Problem> {
    called(CaseForm::of(form, number, "case/calls/inbound").await?, CallDirection::Inbound).await
}

pub(in crate::pages) async fn we_called(Path(number): Path<i64>, form: Form) -> Result<Response, Problem> {
    called(CaseForm::of(form, number, "case/calls/outbound").await?, CallDirection::Outbound).await
}

async fn called(form: CaseForm, direction: CallDirection) -> Result<Response, Problem> {
    let mut reading = form.sent.reading();
    let at = form.at(&mut reading);
    let engineer = reading.checked("engineer");
    let body = reading.optional::<Prose>("body").unwrap_or_default().0;
    let call = reading.finish(Some(Call { direction, engineer, at, body }));
    let CaseForm { sent, case } = form;
    let unit = call.map(|call| (call.unit(&case, sent.visit.language()), case.version));
    sent.execute_on_case(unit, Said::CaseRecorded).await
}

pub(in crate::pages) async fn answer(Path(number): Path<i64>, form: Form) -> Result<Response, Problem> {
    let form = CaseForm::of(form, number, "case/answer").await?;
    let mut reading = form.sent.reading();
    let outcome: Option<AnswerOutcome> = reading.required("outcome");
    let at = form.at(&mut reading);
    let words = said(&mut reading, "body");
    let command = reading.finish(outcome).map(|outcome| CaseCommand::Answer { words, outcome, at });
    form.execute(command, Said::CaseEnded).await
}

pub(in crate::pages) async fn wait_on_us(Path(number): Path<i64>, form: Form) -> Result<Response, Problem> {
    let form = CaseForm::of(form, number, "case/waiting-on-us").await?;
    let mut reading = form.sent.reading();
    let at = form.at(&mut reading);
    let command = reading.finish(Some(CaseCommand::WaitOnUs { at }));
    form.execute(command, Said::CaseRecorded).await
}

pub(in crate::pages) async fn change_severity(Path(number): Path<i64>, form: Form) -> Result<Response, Problem> {
    let form = CaseForm::of(form, number, "case/severity").await?;
    let mut reading = form.sent.reading();
    let severity: Option<Severity> = reading.required("severity");
    let command = reading.finish(severity).map(|severity| CaseCommand::ChangeSeverity { severity });
    form.execute(command, Said::CaseRecorded).await
}

pub(in crate::pages) async fn add_ticket(Path(number): Path<i64>, form: Form) -> Result<Response, Problem> {
    let form = CaseForm::of(form, number, "case/tickets").await?;
    let command = added(&form).await;
    form.execute(command, Said::Linked).await
}

async fn added(form: &CaseForm) -> Result<CaseCommand, Problem> {
    let mut reading = form.sent.reading();
    let number = reading.ticket_number("number");
    let number = reading.finish(number)?;
    Ok(CaseCommand::AddTicket { ticket: other(&form.sent.visit, "number", number).await? })
}

pub(in crate::pages) async fn refuse(Path(number): Path<i64>, form: Form) -> Result<Response, Problem> {
    let form = CaseForm::of(form, number, "case/refusal").await?;
    let mut reading = form.sent.reading();
    let words = said(&mut reading, "reason");
    let at = form.at(&mut reading);
    let command = reading.finish(Some(CaseCommand::Refuse { words, at }));
    form.execute(command, Said::CaseEnded).await
}

pub(in crate::pages) async fn withdraw(Path(number): Path<i64>, form: Form) -> Result<Response, Problem> {
    let form = CaseForm::of(form, number, "case/withdrawal").await?;
    let mut reading = form.sent.reading();
    let reason = reading.optional::<Prose>("reason").unwrap_or_default().0;
    let command = reading.finish(Some(CaseCommand::Withdraw { reason }));
    form.execute(command, Said::CaseEnded).await
}

pub(in crate::pages) async fn confirm(Path(number): Path<i64>, form: Form) -> Result<Response, Problem> {
    let form = CaseForm::of(form, number, "case/confirmation").await?;
    let command = form.sent.reading().finish(Some(CaseCommand::Confirm));
    form.execute(command, Said::CaseRecorded).await
}

pub(in crate::pages) async fn reopen(Path(number): Path<i64>, form: Form) -> Result<Response, Problem> {
    let form = CaseForm::of(form, number, "case/reopening").await?;
    let command = form.sent.reading().finish(Some(CaseCommand::Reopen));
    form.execute(command, Said::CaseRecorded).await
}

pub(in crate::pages) async fn learn(Path(number): Path<i64>, form: Form) -> Result<Response, Problem> {
    let form = CaseForm::of(form, number, "case/lesson").await?;
    let command = learned(form.sent.reading());
    form.execute(command, Said::LessonRecorded).await
}

/// What the form of a lesson says, wherever it stands.
pub(in crate::pages) fn learned(mut reading: Reading<'_>) -> Result<CaseCommand, Problem> {
    let body = reading.optional::<Prose>("body").unwrap_or_default().0;
    let measure: Option<Measure> = reading.required("measure");
    let owner: Option<AgentId> = reading.optional("owner");
    reading.finish(measure).map(|measure| CaseCommand::Learn { body, measure, owner })
}

//! What the operator said on requests of ours: notes become words of the case, a closed request is an answer.

use std::collections::BTreeSet;

use sha2::{Digest, Sha256};
use watchdesk_core::Instant;
use watchdesk_core::case::{AnswerOutcome, Case, CaseStateKind, FilingChannel};
use watchdesk_core::clock::CaseBeat;
use watchdesk_core::command::{CaseCommand, Step, Unit, WordFrom, Words};
use watchdesk_core::decision::Author;
use watchdesk_core::ids::{CaseId, MessageId};
use watchdesk_core::rights::Actor;
use watchdesk_core::ticket::Severity;
use watchdesk_store::tickets::MessageRecord;
use watchdesk_store::{PAGE_ITEMS_MAX, StoreError, cases, desk, fresh_id, tickets};
use watchdesk_templates::request_closed;

use super::deliver::is_ours;
use super::{RequestDesk, Round};
use crate::UpstreamError;
use crate::service_requests::{RequestNote, RequestSeverity, RequestStatus, ServiceRequest};

/// Requests that one round reads; the next goes on from there.
const ASKED_MAX: u64 = 100;
/// Notes that are taken over at once; what is left comes with the next round.
const NOTES_MAX: usize = 20;
/// Characters of one note.
const NOTE_CHARACTERS_MAX: usize = 20_000;
/// What the mark of a closing begins with.
const CLOSED: &str = "closed.";

impl RequestDesk {
    pub(super) async fn hear(&self, round: &mut Round) -> Result<(), StoreError> {
        let after = self.memory().goes_on.take();
        let open = cases::open_by_channel(&self.store, FilingChannel::Api, after, ASKED_MAX).await?;
        let is_last = (open.len() as u64) < ASKED_MAX;
        let goes_on: Option<CaseId> = open.last().map(|case| case.id).filter(|_| !is_last);
        for case in open {
            self.ask(case, round).await?;
        }
        self.memory().goes_on = goes_on;
        Ok(())
    }

    async fn ask(&self, case: Case, round: &mut Round) -> Result<(), StoreError> {
        let (Some(number), Some(counter)) = (&case.reference, self.counters.get(&case.operator)) else {
            return Ok(());
        };
        round.asked += 1;
        let request = match counter.client.read(number).await {
            Ok(request) => request,
            Err(failed) => {
                tracing::warn!(case = %case.id, %failed, "a request at the operator's could not be read");
                // A number that a person recorded, and that is known elsewhere only, is no trouble of the interface's.
                if !matches!(failed, UpstreamError::NotFound { .. }) {
                    round.failed(failed.to_string());
                }
                return Ok(());
            }
        };
        let heard = self.heard(&case, &request).await?;
        let now = self.store.now().await?;
        let closed = request_closed(desk::load(&self.store).await?.operator(&case.operator).language);
        let steps = news(&case, &request, &heard, &closed, now);
        if steps.is_empty() {
            return Ok(());
        }
        match self.store.execute(&Actor::System, Unit { steps }).await {
            Ok(_) => round.news += 1,
            // Somebody was quicker, or it does not fit any more: the next round looks again.
            Err(failed) => round.failed(failed.to_string()),
        }
        Ok(())
    }
}

impl RequestDesk {
    async fn heard(&self, case: &Case, request: &ServiceRequest) -> Result<Heard, StoreError> {
        let thread = tickets::thread_of_case(&self.store, case.id, PAGE_ITEMS_MAX).await?;
        let mut marks: Vec<String> = request.notes.iter().map(|note| mark(case, note)).collect();
        marks.push(closing_mark(case, request));
        Ok(Heard::of(&thread, tickets::mail_ids_known(&self.store, &marks).await?))
    }
}

/// What is known of a request from the case's thread.
struct Heard {
    /// Of notes and closings.
    marks: BTreeSet<String>,
    /// Notes with which the operator closed it.
    last_words: BTreeSet<String>,
    /// Nobody here has said anything since the operator did.
    awaits_us: bool,
}

impl Heard {
    fn of(thread: &[MessageRecord], marks: BTreeSet<String>) -> Self {
        let is_closing = |message: &&MessageRecord| message.mail_id.as_deref().is_some_and(|id| id.starts_with(CLOSED));
        // By their ids in the order in which they were written down here, whatever clock the operator goes by.
        let newest = thread.iter().max_by_key(|message| message.id);
        Self {
            marks,
            last_words: thread.iter().filter(is_closing).map(|message| message.body.trim().to_owned()).collect(),
            awaits_us: thread.len() <= 1 || newest.is_some_and(|message| message.author == Author::Operator),
        }
    }

    fn is_new(&self, case: &Case, note: &RequestNote) -> bool {
        let text = note.text.trim();
        !text.is_empty() && !is_ours(text) && !self.last_words.contains(text) && !self.marks.contains(&mark(case, note))
    }
}

/// What is new on a request, as commands on its case.
fn news(case: &Case, request: &ServiceRequest, heard: &Heard, closed: &str, now: Instant) -> Vec<Step> {
    let mut fresh: Vec<&RequestNote> = request.notes.iter().filter(|note| heard.is_new(case, note)).collect();
    fresh.sort_by_key(|note| note.created);
    // Of very many the last come with the next round, and the closing after them.
    let is_all = fresh.len() <= NOTES_MAX;
    fresh.truncate(NOTES_MAX);
    let is_over = is_all && is_closed_anew(case, request, heard);
    let awaits_us = !fresh.is_empty() || heard.awaits_us;
    let last = if is_over { fresh.pop() } else { None };
    let mut commands: Vec<CaseCommand> = fresh.into_iter().map(|note| update(case, note, now)).collect();
    commands.extend(lowered(case, request.severity.as_ref()));
    if is_over {
        let at = fact_time(case, last.map_or(request.last_closed, |note| note.created), now);
        let words = words(last.map_or(closed, |note| note.text.as_str()), closing_mark(case, request));
        commands.push(CaseCommand::Answer { words, outcome: AnswerOutcome::Solved, at });
    } else if awaits_us
        && request.status == Some(RequestStatus::AttentionNeeded)
        && case.state.kind() != CaseStateKind::WaitingOnUs
    {
        commands.push(CaseCommand::WaitOnUs { at: fact_time(case, request.last_modified, now) });
    }
    commands.into_iter().map(|command| Step::Case(case.id, command)).collect()
}

/// A case that we reopened is not answered once more by the closing that it was reopened after, whoever recorded that.
fn is_closed_anew(case: &Case, request: &ServiceRequest, heard: &Heard) -> bool {
    let reopened = case.timeline.beats().filter(|(_, beat)| *beat == CaseBeat::Reopened).map(|(at, _)| at).last();
    request.status == Some(RequestStatus::Closed)
        && !heard.marks.contains(&closing_mark(case, request))
        && reopened.is_none_or(|reopened| request.last_closed.is_some_and(|closed| closed > reopened))
}

fn update(case: &Case, note: &RequestNote, now: Instant) -> CaseCommand {
    let at = fact_time(case, note.created, now);
    CaseCommand::Update { words: words(&note.text, mark(case, note)), from: WordFrom::Operator, at }
}

/// The operator may lower a severity; that it does not raise one is its own affair.
fn lowered(case: &Case, said: Option<&RequestSeverity>) -> Option<CaseCommand> {
    let severity = match said? {
        RequestSeverity::Critical => Severity::A,
        RequestSeverity::Moderate => Severity::B,
        RequestSeverity::Minimal => Severity::C,
        RequestSeverity::Unknown | RequestSeverity::Other(_) => return None,
    };
    let known = case.severity_lowered.unwrap_or(case.severity);
    (severity > known).then_some(CaseCommand::ChangeSeverity { severity })
}

fn words(text: &str, mark: String) -> Words {
    let body: String = text.trim().chars().take(NOTE_CHARACTERS_MAX).collect();
    Words { mail_id: Some(mark), ..Words::text(MessageId(fresh_id()), body) }
}

/// The operator's clock may be another one: a word is no older than the filing, and not from the future.
fn fact_time(case: &Case, said: Option<Instant>, now: Instant) -> Instant {
    let at = said.unwrap_or(now).min(now);
    case.filed_at.map_or(at, |filed| at.max(filed))
}

/// A note has no id of its own; what it says, when, and who said it tells it apart.
fn mark(case: &Case, note: &RequestNote) -> String {
    let mut digest = Sha256::new();
    digest.update(note.created.map(|at| at.timestamp()).unwrap_or_default().to_be_bytes());
    digest.update(note.by.as_deref().unwrap_or_default());
    digest.update([0]);
    digest.update(note.text.trim());
    let digest: String = digest.finalize().iter().take(16).map(|byte| format!("{byte:02x}")).collect();
    format!("note.{}.{digest}@{}.invalid", case.id.0.simple(), case.operator)
}

/// One closing of a request; it may be closed again.
fn closing_mark(case: &Case, request: &ServiceRequest) -> String {
    let at = request.last_closed.map(|at| at.timestamp()).unwrap_or_default();
    format!("{CLOSED}{}.{at}@{}.invalid", case.id.0.simple(), case.operator)
}

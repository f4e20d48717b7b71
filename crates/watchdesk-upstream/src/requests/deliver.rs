//! Packets and later words on their way to the operator.

use chrono::TimeDelta;
use watchdesk_core::Instant;
use watchdesk_core::case::Case;
use watchdesk_core::command::{CaseCommand, Command, Unit};
use watchdesk_core::desk::Desk;
use watchdesk_core::effect::{Notice, Recipient};
use watchdesk_core::ids::{CaseId, MessageId};
use watchdesk_core::rights::Actor;
use watchdesk_core::ticket::Severity;
use watchdesk_store::outbox::{self, OutboxItem, Way, beat, while_held};
use watchdesk_store::tickets::MessageRecord;
use watchdesk_store::{ExecuteError, StoreError, cases, desk, tickets};
use watchdesk_templates::redacted;

use super::{Counter, RequestDesk, Round};
use crate::UpstreamError;
use crate::service_requests::{Before, Contact, NewServiceRequest, RequestSeverity};

/// Rows of one round; what is left waits for the next.
const ROWS_MAX: usize = 50;
/// Attempts until a letter is given up: about two days.
const ATTEMPTS_MAX: i32 = 60;
/// Between the attempts: doubled from one to the other.
const REST_S: i64 = 15;
const REST_S_MAX: i64 = 3_600;
/// What the last line of our notes begins with.
const NOTE_MARK: &str = "[WD-";
/// A later word waits so long for the number of the request that it belongs to.
const NUMBER_WAIT: TimeDelta = TimeDelta::seconds(30);

/// How an attempt ended.
enum Ending {
    /// The operator has it, and calls it so.
    Taken(String),
    Later(TimeDelta, String),
    /// It is no matter of attempts.
    Waits(TimeDelta, String),
    /// The case has ended before it went out.
    Moot(String),
    Never(String),
}

/// What a row is about.
struct Letter<'a> {
    case: Case,
    message: MessageRecord,
    counter: &'a Counter,
    is_packet: bool,
}

impl RequestDesk {
    pub(super) async fn deliver(&self, round: &mut Round) -> Result<(), StoreError> {
        for _ in 0..ROWS_MAX {
            let now = self.store.now().await?;
            // One at a time: whatever is claimed is tried, and an operator is not hurried.
            let Some(item) = outbox::claim_by(&self.store, Way::Request, now, 1).await?.pop() else { return Ok(()) };
            let attempt = self.attempt(&item);
            let ending = while_held(&self.store, &item, beat(self.store.lease()), attempt).await?;
            self.record(&item, ending, round).await?;
        }
        Ok(())
    }

    async fn attempt(&self, item: &OutboxItem) -> Result<Ending, StoreError> {
        let letter = match self.letter(item).await? {
            Ok(letter) => letter,
            Err(why) => return Ok(Ending::Never(why)),
        };
        // The fence counts every claim, also those before somebody had it sent again.
        let before = if item.fence > 1 { Before::PerhapsDone } else { Before::Nothing };
        if !letter.case.state.kind().is_with_operator() && letter.case.reference.is_none() {
            return Ok(Ending::Moot("the case is not with the operator any more".to_owned()));
        }
        let client = &letter.counter.client;
        let done = match (&letter.case.reference, letter.is_packet) {
            // It was taken, and we stopped before we could say so.
            (Some(known), true) => return Ok(Ending::Taken(known.clone())),
            (None, false) => return Ok(Ending::Waits(NUMBER_WAIT, "the request has no number yet".to_owned())),
            (Some(number), false) => client.add_note(number, &note(item, &letter.message), item.id.0, before).await,
            (None, true) if letter.case.words.evidence.tenant_id.is_empty() => {
                return Ok(Ending::Never("the case names no directory of the customer".to_owned()));
            }
            (None, true) => {
                let new = self.new_request(&letter).await?;
                client.create(&new, item.id.0, before).await
            }
        };
        let request = match done {
            Ok(done) => done.request,
            Err(failed) => return Ok(ending(&failed, item.attempts)),
        };
        if letter.is_packet {
            let record = CaseCommand::RecordReference { reference: request.id.clone() };
            if let Err(failed) = self.store.execute(&Actor::System, Unit::case(letter.case.id, record)).await {
                // It is looked for with the next attempt, and found.
                return Ok(Ending::Later(NUMBER_WAIT, said(&failed)));
            }
        }
        Ok(Ending::Taken(request.id))
    }

    async fn letter(&self, item: &OutboxItem) -> Result<Result<Letter<'_>, String>, StoreError> {
        let (Recipient::Operator(operator), Notice::ToOperator { case, message, is_packet }) =
            (&item.recipient, &item.notice)
        else {
            return Ok(Err(format!("\"{}\" is not for an operator's interface", item.notice.name())));
        };
        let Some(counter) = self.counters.get(operator) else {
            let why = format!("the configuration says no more that {operator} takes service requests");
            return Ok(Err(why));
        };
        let (case, message) = (cases::by_id(&self.store, *case).await?, self.words(*message).await?);
        let (Some(case), Some(message)) = (case, message) else {
            return Ok(Err("the case or the words are gone".to_owned()));
        };
        Ok(Ok(Letter { case, message, counter, is_packet: *is_packet }))
    }

    async fn words(&self, id: MessageId) -> Result<Option<MessageRecord>, StoreError> {
        tickets::message(&self.store, id).await
    }

    async fn new_request(&self, letter: &Letter<'_>) -> Result<NewServiceRequest, StoreError> {
        let case = &letter.case;
        let desk = desk::load(&self.store).await?;
        Ok(NewServiceRequest {
            tenant: case.words.evidence.tenant_id.clone(),
            reference: reference(case.id),
            title: title(&desk, case),
            description: letter.message.body.clone(),
            severity: severity(case.severity),
            support_topic_id: letter.counter.topic.clone(),
            contact: self.contact(),
        })
    }

    /// Ours, never the customer's.
    fn contact(&self) -> Contact {
        let reseller = &self.reseller;
        let (first, last) = reseller.person.trim().rsplit_once(' ').unwrap_or(("", reseller.person.trim()));
        let last = if last.is_empty() { reseller.company.trim() } else { last };
        Contact {
            first_name: first.to_owned(),
            last_name: last.to_owned(),
            email: reseller.email.clone(),
            phone: reseller.phone.clone(),
        }
    }

    async fn record(&self, item: &OutboxItem, ending: Ending, round: &mut Round) -> Result<(), StoreError> {
        let now = self.store.now().await?;
        match ending {
            Ending::Taken(number) => {
                let detail = format!("the operator calls it {number}");
                outbox::sent(&self.store, item.id, item.fence, now, &detail).await?;
                round.handed_over += 1;
            }
            Ending::Waits(rest, why) => self.put_off(item, now + rest, &why, round).await?,
            Ending::Later(rest, why) if item.attempts < ATTEMPTS_MAX => {
                self.put_off(item, now + rest, &why, round).await?;
            }
            Ending::Moot(why) => {
                outbox::suppressed(&self.store, item.id, item.fence, now, &why).await?;
                round.suppressed += 1;
            }
            Ending::Later(_, why) | Ending::Never(why) => self.give_up(item, now, &why, round).await?,
        }
        Ok(())
    }

    async fn put_off(&self, item: &OutboxItem, next: Instant, why: &str, round: &mut Round) -> Result<(), StoreError> {
        let now = self.store.now().await?;
        outbox::failed(&self.store, item.id, item.fence, now, next, why).await?;
        round.put_off += 1;
        Ok(())
    }

    /// Final: a line on the ticket and an alarm. A person can have it sent again, or file it himself.
    async fn give_up(&self, item: &OutboxItem, now: Instant, why: &str, round: &mut Round) -> Result<(), StoreError> {
        if !outbox::dead(&self.store, item.id, item.fence, now, why).await? {
            return Ok(());
        }
        round.given_up += 1;
        tracing::error!(outbox = %item.id, why, "a letter to the operator could not be handed over");
        let Some(ticket) = item.ticket else { return Ok(()) };
        let failure = Command::RecordDeliveryFailure { message: item.notice.message() };
        if let Err(error) = self.store.execute(&Actor::System, Unit::ticket(ticket, failure)).await {
            tracing::warn!(outbox = %item.id, %error, "a failed delivery could not be put on record");
        }
        Ok(())
    }
}

fn ending(failed: &UpstreamError, attempts: i32) -> Ending {
    let why = failed.to_string();
    if !failed.is_passing() {
        return Ending::Never(why);
    }
    let doubled = REST_S << attempts.clamp(1, 10);
    let rest = TimeDelta::seconds(doubled.min(REST_S_MAX));
    let asked = failed.retry_after().and_then(|rest| TimeDelta::from_std(rest).ok());
    Ending::Later(asked.map_or(rest, |asked| asked.max(rest)), why)
}

fn said(failed: &ExecuteError) -> String {
    format!("the operator's number could not be recorded: {failed}")
}

/// By which a request of ours is found again at the operator's. It stays the same whatever becomes of the tickets.
fn reference(case: CaseId) -> String {
    format!("WD-{}", tail(&case.0.simple().to_string()))
}

/// A word of ours with a mark of its own, so that it is told apart from another with the same words.
fn note(item: &OutboxItem, message: &MessageRecord) -> String {
    format!("{}\n\n{NOTE_MARK}{}]", message.body.trim(), tail(&item.id.0.simple().to_string()))
}

/// Whether a note ends with a mark of ours.
pub(super) fn is_ours(text: &str) -> bool {
    text.trim().lines().last().is_some_and(|line| line.starts_with(NOTE_MARK) && line.ends_with(']'))
}

fn tail(id: &str) -> &str {
    &id[id.len().saturating_sub(12)..]
}

fn title(desk: &Desk, case: &Case) -> String {
    let language = desk.operator(&case.operator).language;
    let summary = redacted(language, &case.words.summary);
    summary.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn severity(severity: Severity) -> RequestSeverity {
    match severity {
        Severity::A => RequestSeverity::Critical,
        Severity::B => RequestSeverity::Moderate,
        Severity::C => RequestSeverity::Minimal,
    }
}

//! What the clocks of a ticket look at: the few facts of its events that start, stop or pause a promise.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::Instant;
use crate::clock::Cancellation;
use crate::event::{Event, EventKind, MessageKind};
use crate::ids::{MessageId, TicketId};
use crate::ticket::{Closing, State};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Beat {
    Opened,
    /// A person on the customer's side wrote.
    CustomerWrote(MessageId),
    /// A person of the staff spoke to the customer.
    StaffSpoke(Option<MessageId>),
    Triaged,
    Phase(Phase),
}

/// States, as far as clocks tell them apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    Working,
    Waiting,
    Resolved,
    Solved,
    Cancelled(Cancellation),
}

impl Phase {
    fn of(state: &State) -> Self {
        match state {
            State::Open | State::Triaged | State::Escalated => Self::Working,
            State::Waiting { .. } => Self::Waiting,
            State::Resolved { .. } => Self::Resolved,
            State::Closed { reason, .. } => match reason {
                Closing::Solved | Closing::Imported => Self::Solved,
                Closing::Spam => Self::Cancelled(Cancellation::Spam),
                Closing::Withdrawn => Self::Cancelled(Cancellation::Withdrawn),
                Closing::Duplicate(_) => Self::Cancelled(Cancellation::Merged),
            },
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Entry {
    at: Instant,
    beat: Beat,
    recorded_at: Instant,
    /// The ticket it was merged from, if it is not this ticket's own.
    from: Option<TicketId>,
}

/// What the operator's clocks look at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CaseBeat {
    Filed,
    /// A person of the operator made contact.
    OperatorSpoke,
    /// The operator asked us something.
    WaitsOnUs,
    /// We answered.
    WeAnswered,
    Solved,
    NotSolved,
    Refused,
    Withdrawn,
    Reopened,
}

impl CaseBeat {
    fn is_end(self) -> bool {
        match self {
            Self::Solved | Self::NotSolved | Self::Refused | Self::Withdrawn => true,
            Self::Filed | Self::OperatorSpoke | Self::WaitsOnUs | Self::WeAnswered | Self::Reopened => false,
        }
    }
}

/// A case's beats in the order of their facts.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CaseTimeline {
    entries: Vec<(Instant, CaseBeat)>,
}

impl CaseTimeline {
    /// What ends a case that was reopened ends it after that, whatever time is told for it.
    pub fn record(&mut self, at: Instant, beat: CaseBeat) {
        let reopened = self.beats().filter(|(_, before)| *before == CaseBeat::Reopened).map(|(at, _)| at).last();
        let at = if beat.is_end() { at.max(reopened.unwrap_or(at)) } else { at };
        let place = self.entries.partition_point(|(before, _)| *before <= at);
        self.entries.insert(place, (at, beat));
    }

    pub fn beats(&self) -> impl Iterator<Item = (Instant, CaseBeat)> + '_ {
        self.entries.iter().copied()
    }
}

/// Beats in the order of their facts; a fact recorded late stands where it belongs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Timeline {
    entries: Vec<Entry>,
    imported: bool,
}

impl Timeline {
    pub fn of<'a>(events: impl IntoIterator<Item = &'a Event>) -> Self {
        let mut timeline = Self::default();
        for event in events {
            timeline.record(event);
        }
        timeline
    }

    pub fn is_imported(&self) -> bool {
        self.imported
    }

    /// In the order of their facts.
    pub fn beats(&self) -> impl Iterator<Item = (Instant, Beat)> + '_ {
        self.entries.iter().map(|entry| (entry.at, entry.beat))
    }

    /// Beats of this ticket itself, without those of tickets merged into it.
    pub fn own_beats(&self) -> Vec<(Instant, Beat)> {
        self.entries.iter().filter(|entry| entry.from.is_none()).map(|entry| (entry.at, entry.beat)).collect()
    }

    /// When the given messages came, for those that are here.
    pub fn time_of(&self, message: MessageId) -> Option<Instant> {
        self.entries.iter().find(|entry| message_of(entry.beat) == Some(message)).map(|entry| entry.at)
    }

    /// Whether a beat of that time was put on record at `now`.
    pub(super) fn is_news(&self, at: Instant, now: Instant) -> bool {
        self.entries.iter().any(|entry| (entry.at, entry.recorded_at) == (at, now))
    }

    pub fn record(&mut self, event: &Event) {
        let at = event.at;
        let entry = |at, beat, from| Entry { at, beat, recorded_at: event.recorded_at, from };
        match &event.kind {
            EventKind::Opened { imported, .. } => self.open(entry(at, Beat::Opened, None), *imported),
            EventKind::MessageAdded { message, kind, .. } => {
                voice(*kind, *message).into_iter().for_each(|beat| self.insert(entry(at, beat, None)));
            }
            EventKind::CallLogged { .. } => self.insert(entry(at, Beat::StaffSpoke(None), None)),
            // The customer is told that it was passed on when the filing is recorded, not when it was filed.
            EventKind::CaseFiled { .. } => self.insert(entry(event.recorded_at, Beat::StaffSpoke(None), None)),
            EventKind::Moved { to } => self.move_to(entry(at, Beat::Phase(Phase::of(to)), None)),
            EventKind::Absorbed { ticket, beats, .. } => self.absorb(*ticket, beats, event.recorded_at),
            EventKind::Released { ticket, .. } => self.entries.retain(|entry| entry.from != Some(*ticket)),
            EventKind::SplitOff { messages, .. } => self.forget(messages),
            EventKind::Triaged => self.insert(entry(at, Beat::Triaged, None)),
            // Nothing that a promise begins, ends or stands still with.
            EventKind::SeverityChanged { .. }
            | EventKind::CategoryChanged { .. }
            | EventKind::ServiceChanged { .. }
            | EventKind::CustomerChanged { .. }
            | EventKind::TagsChanged { .. }
            | EventKind::WatchersChanged { .. }
            | EventKind::LabelChanged { .. }
            | EventKind::CustomFieldsChanged { .. }
            | EventKind::SubjectChanged
            | EventKind::Assigned { .. }
            | EventKind::ParticipantAdded { .. }
            | EventKind::Linked(_)
            | EventKind::Unlinked(_)
            | EventKind::IncidentLinked { .. }
            | EventKind::IncidentUnlinked { .. }
            | EventKind::IncidentEnded { .. }
            | EventKind::IncidentReopened { .. }
            | EventKind::Retested { .. }
            | EventKind::WaitingOver
            | EventKind::Snoozed { .. }
            | EventKind::Woken
            | EventKind::CaseDrafted { .. }
            | EventKind::CaseAmended { .. }
            | EventKind::CaseDropped { .. }
            | EventKind::CaseJoined { .. }
            | EventKind::CaseAcknowledged { .. }
            | EventKind::CaseWaitsOnUs { .. }
            | EventKind::CaseSeverityChanged { .. }
            | EventKind::CaseAnswered { .. }
            | EventKind::CaseRefused { .. }
            | EventKind::CaseWithdrawn { .. }
            | EventKind::CaseConfirmed { .. }
            | EventKind::CaseReopened { .. }
            | EventKind::CaseReferenceRecorded { .. }
            | EventKind::CaseLessonRecorded { .. }
            | EventKind::CaseMoved { .. }
            | EventKind::ClockStarted { .. }
            | EventKind::ClockSuperseded { .. }
            | EventKind::ClockMissed { .. }
            | EventKind::ClockCorrected { .. }
            | EventKind::ClockEnded { .. }
            | EventKind::ClockResumed { .. }
            | EventKind::ClockExcused { .. }
            | EventKind::ExcuseRevoked { .. }
            | EventKind::StepFired { .. }
            | EventKind::StepSuppressed { .. }
            | EventKind::StepReachedNobody { .. }
            | EventKind::StepUnanswered { .. }
            | EventKind::StepAcknowledged { .. }
            | EventKind::EscalationProposed { .. }
            | EventKind::DeliveryFailed { .. } => {}
        }
    }

    fn absorb(&mut self, ticket: TicketId, beats: &[(Instant, Beat)], recorded_at: Instant) {
        for (at, beat) in beats {
            self.insert(Entry { at: *at, beat: *beat, recorded_at, from: Some(ticket) });
        }
    }

    fn open(&mut self, entry: Entry, imported: bool) {
        self.imported = imported;
        self.insert(entry);
    }

    fn forget(&mut self, messages: &BTreeSet<MessageId>) {
        self.entries.retain(|entry| message_of(entry.beat).is_none_or(|id| !messages.contains(&id)));
    }

    /// A merge that is taken back never happened. States follow each other as they were recorded: an answer of the
    /// operator's that is told late does not end a waiting that began after it.
    fn move_to(&mut self, moved: Entry) {
        let merged = Beat::Phase(Phase::Cancelled(Cancellation::Merged));
        if self.entries.iter().any(|entry| entry.beat == merged && entry.from.is_none()) {
            self.entries.retain(|entry| entry.beat != merged);
            return;
        }
        let is_own_phase = |entry: &&Entry| entry.from.is_none() && matches!(entry.beat, Beat::Phase(_));
        let last = self.entries.iter().rfind(is_own_phase).map_or(moved.at, |entry| entry.at);
        self.insert(Entry { at: moved.at.max(last), ..moved });
    }

    fn insert(&mut self, entry: Entry) {
        let place = self.entries.partition_point(|before| before.at <= entry.at);
        self.entries.insert(place, entry);
    }
}

/// Whose voice a message is, if any clock listens to it.
fn voice(kind: MessageKind, message: MessageId) -> Option<Beat> {
    match kind {
        MessageKind::Customer => Some(Beat::CustomerWrote(message)),
        MessageKind::Public => Some(Beat::StaffSpoke(Some(message))),
        MessageKind::Note | MessageKind::Operator | MessageKind::Automatic => None,
    }
}

fn message_of(beat: Beat) -> Option<MessageId> {
    match beat {
        Beat::CustomerWrote(id) => Some(id),
        Beat::StaffSpoke(id) => id,
        Beat::Opened | Beat::Triaged | Beat::Phase(_) => None,
    }
}

//! What the clocks of a ticket look at: the few facts of its events that start, stop or pause a promise.

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
    /// The ticket it was merged from, if it is not this ticket's own.
    from: Option<TicketId>,
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

    pub fn record(&mut self, event: &Event) {
        let at = event.at;
        match &event.kind {
            EventKind::Opened { imported, .. } => {
                self.imported = *imported;
                self.insert(at, Beat::Opened, None);
            }
            EventKind::MessageAdded { message, kind, .. } => match kind {
                MessageKind::Customer => self.insert(at, Beat::CustomerWrote(*message), None),
                MessageKind::Public => self.insert(at, Beat::StaffSpoke(Some(*message)), None),
                MessageKind::Note | MessageKind::Operator | MessageKind::Automatic => {}
            },
            EventKind::CallLogged { .. } => self.insert(at, Beat::StaffSpoke(None), None),
            // The customer is told that it was passed on when the filing is recorded, not when it was filed.
            EventKind::CaseFiled { .. } => self.insert(event.recorded_at, Beat::StaffSpoke(None), None),
            EventKind::Moved { to } => self.move_to(at, Phase::of(to)),
            EventKind::Absorbed { ticket, beats, .. } => {
                for (at, beat) in beats {
                    self.insert(*at, *beat, Some(*ticket));
                }
            }
            EventKind::Released { ticket, .. } => self.entries.retain(|entry| entry.from != Some(*ticket)),
            EventKind::SplitOff { messages, .. } => {
                self.entries.retain(|entry| message_of(entry.beat).is_none_or(|id| !messages.contains(&id)));
            }
            // Nothing that a promise begins, ends or stands still with.
            EventKind::Triaged
            | EventKind::SeverityChanged { .. }
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
            | EventKind::CaseMoved { .. }
            | EventKind::ClockStarted { .. }
            | EventKind::ClockWarned { .. }
            | EventKind::ClockMissed { .. }
            | EventKind::ClockCorrected { .. }
            | EventKind::ClockEnded { .. }
            | EventKind::DeliveryFailed { .. } => {}
        }
    }

    /// A merge that is taken back never happened.
    fn move_to(&mut self, at: Instant, phase: Phase) {
        let merged = Beat::Phase(Phase::Cancelled(Cancellation::Merged));
        if self.entries.iter().any(|entry| entry.beat == merged && entry.from.is_none()) {
            self.entries.retain(|entry| entry.beat != merged);
            return;
        }
        self.insert(at, Beat::Phase(phase), None);
    }

    fn insert(&mut self, at: Instant, beat: Beat, from: Option<TicketId>) {
        let place = self.entries.partition_point(|entry| entry.at <= at);
        self.entries.insert(place, Entry { at, beat, from });
    }
}

fn message_of(beat: Beat) -> Option<MessageId> {
    match beat {
        Beat::CustomerWrote(id) => Some(id),
        Beat::StaffSpoke(id) => id,
        Beat::Opened | Beat::Phase(_) => None,
    }
}

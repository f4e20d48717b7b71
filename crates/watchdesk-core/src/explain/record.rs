//! The ticket's events, laid out so that a clock finds its own, and the ticket as it stood at any of them.

use std::collections::HashMap;

use crate::clock::{Clock, ClockRef, Timeline};
use crate::event::{Event, EventKind};
use crate::explain::Material;
use crate::ticket::Ticket;

pub(super) struct Record<'a> {
    pub material: Material<'a>,
    pub timeline: Timeline,
    of_clocks: HashMap<ClockRef, Vec<&'a Event>>,
    /// The ticket after each event that a rule might look at, by version.
    versions: Vec<Ticket>,
}

impl<'a> Record<'a> {
    pub fn of(material: &Material<'a>) -> Self {
        let mut of_clocks: HashMap<ClockRef, Vec<&Event>> = HashMap::new();
        for event in material.events {
            if let Some(clock) = clock_of(&event.kind) {
                of_clocks.entry(clock).or_default().push(event);
            }
        }
        Self { material: *material, timeline: Timeline::of(material.events), of_clocks, versions: versions(material) }
    }

    pub fn events(&self) -> &'a [Event] {
        self.material.events
    }

    /// Those that name the clock, by number.
    pub fn events_of(&self, clock: &Clock) -> &[&'a Event] {
        self.of_clocks.get(&clock.reference()).map_or(&[], Vec::as_slice)
    }

    /// Those with a number after `after`, up to `to`.
    pub fn events_between(&self, after: i64, to: i64) -> &'a [Event] {
        let events = self.events();
        let first = events.partition_point(|event| event.seq <= after);
        let last = events.partition_point(|event| event.seq <= to);
        events.get(first..last).unwrap_or_default()
    }

    /// As it stood after that event, as far as a rule looks at it.
    pub fn ticket_after(&self, seq: i64) -> &Ticket {
        let known = self.versions.partition_point(|ticket| ticket.version <= seq);
        known.checked_sub(1).and_then(|index| self.versions.get(index)).unwrap_or(self.material.ticket)
    }

    /// How it stood from one event to another, in order; at least once.
    pub fn ticket_during(&self, from: i64, to: i64) -> impl Iterator<Item = &Ticket> {
        let later = self.versions.iter().filter(move |ticket| from < ticket.version && ticket.version <= to);
        std::iter::once(self.ticket_after(from)).chain(later)
    }
}

fn versions(material: &Material<'_>) -> Vec<Ticket> {
    let mut events = material.events.iter();
    let Some(Ok(mut ticket)) = events.next().map(Ticket::born) else { return Vec::new() };
    let mut versions = vec![ticket.clone()];
    for event in events {
        if ticket.apply(event).is_err() {
            break;
        }
        if is_looked_at(&event.kind) {
            versions.push(ticket.clone());
        }
    }
    versions
}

/// What changes the answer of a rule.
fn is_looked_at(kind: &EventKind) -> bool {
    matches!(
        kind,
        EventKind::SeverityChanged { .. }
            | EventKind::CategoryChanged { .. }
            | EventKind::ServiceChanged { .. }
            | EventKind::CustomerChanged { .. }
            | EventKind::TagsChanged { .. }
            | EventKind::Triaged
    )
}

fn clock_of(kind: &EventKind) -> Option<ClockRef> {
    match kind {
        EventKind::ClockStarted { clock }
        | EventKind::ClockSuperseded { clock }
        | EventKind::ClockMissed { clock }
        | EventKind::ClockCorrected { clock }
        | EventKind::ClockEnded { clock, .. }
        | EventKind::ClockResumed { clock }
        | EventKind::ClockExcused { clock }
        | EventKind::ExcuseRevoked { clock }
        | EventKind::StepFired { clock, .. }
        | EventKind::StepSuppressed { clock, .. }
        | EventKind::StepReachedNobody { clock, .. }
        | EventKind::StepUnanswered { clock, .. }
        | EventKind::StepAcknowledged { clock, .. }
        | EventKind::EscalationProposed { clock } => Some(*clock),
        EventKind::Opened { .. }
        | EventKind::MessageAdded { .. }
        | EventKind::CallLogged { .. }
        | EventKind::Triaged
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
        | EventKind::IncidentEnded { .. }
        | EventKind::IncidentReopened { .. }
        | EventKind::Retested { .. }
        | EventKind::Moved { .. }
        | EventKind::WaitingOver
        | EventKind::Snoozed { .. }
        | EventKind::Woken
        | EventKind::Absorbed { .. }
        | EventKind::Released { .. }
        | EventKind::SplitOff { .. }
        | EventKind::CaseDrafted { .. }
        | EventKind::CaseAmended { .. }
        | EventKind::CaseDropped { .. }
        | EventKind::CaseJoined { .. }
        | EventKind::CaseFiled { .. }
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
        | EventKind::DeliveryFailed { .. } => None,
    }
}

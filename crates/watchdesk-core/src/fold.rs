//! The ticket as the fold of its events: [`Ticket::fold`] from nothing, [`Ticket::apply`] one further.

use crate::event::{Event, EventKind, FoldError, MessageKind};
use crate::ids::TicketId;
use crate::ticket::{State, Ticket};

impl Ticket {
    /// What the events make of the ticket. The store's row must equal it.
    pub fn fold<'a>(id: TicketId, events: impl IntoIterator<Item = &'a Event>) -> Result<Self, FoldError> {
        let mut events = events.into_iter();
        let mut ticket = Self::born(events.next().ok_or(FoldError::Empty(id))?)?;
        for event in events {
            ticket.apply(event)?;
        }
        Ok(ticket)
    }

    /// The ticket that an `opened` event makes.
    pub fn born(event: &Event) -> Result<Self, FoldError> {
        if event.seq != 1 {
            return Err(FoldError::Gap { ticket: event.ticket, expected: 1, found: event.seq });
        }
        let EventKind::Opened {
            number,
            requester,
            customer,
            mailbox,
            channel,
            category,
            service,
            severity,
            team,
            imported,
        } = &event.kind
        else {
            return Err(FoldError::NotOpened(event.ticket));
        };
        Ok(Self {
            id: event.ticket,
            number: *number,
            version: 1,
            state: State::Open,
            channel: *channel,
            customer: *customer,
            requester: *requester,
            participants: [*requester].into(),
            mailbox: *mailbox,
            triaged: false,
            severity: *severity,
            category: category.clone(),
            service: service.clone(),
            owner: None,
            team: *team,
            watchers: Default::default(),
            tags: Default::default(),
            label: None,
            links: Default::default(),
            incidents: Default::default(),
            retests: Default::default(),
            incidents_told: Default::default(),
            snoozed_until: None,
            opened_at: event.at,
            updated_at: event.recorded_at,
            imported: *imported,
        })
    }

    pub fn apply(&mut self, event: &Event) -> Result<(), FoldError> {
        if event.seq != self.version + 1 {
            return Err(FoldError::Gap { ticket: self.id, expected: self.version + 1, found: event.seq });
        }
        if let EventKind::Opened { .. } = &event.kind {
            return Err(FoldError::OpenedTwice(self.id));
        }
        self.take(&event.kind);
        self.version = event.seq;
        self.updated_at = self.updated_at.max(event.recorded_at);
        Ok(())
    }

    fn forget_incident(&mut self, reference: &str) {
        self.incidents.remove(reference);
        self.retests.remove(reference);
    }

    fn take(&mut self, kind: &EventKind) {
        match kind {
            EventKind::MessageAdded { kind: MessageKind::Customer, contact, .. } => self.participants.extend(contact),
            EventKind::Triaged => self.triaged = true,
            EventKind::SeverityChanged { to, .. } => self.severity = Some(*to),
            EventKind::CategoryChanged { to } => self.category = Some(to.clone()),
            EventKind::ServiceChanged { to } => self.service.clone_from(to),
            EventKind::CustomerChanged { to } => self.customer = *to,
            EventKind::TagsChanged { to } => self.tags.clone_from(to),
            EventKind::WatchersChanged { to } => self.watchers.clone_from(to),
            EventKind::LabelChanged { to } => self.label.clone_from(to),
            EventKind::Assigned { owner, team } => (self.owner, self.team) = (*owner, *team),
            EventKind::ParticipantAdded { contact } => drop(self.participants.insert(*contact)),
            EventKind::Linked(link) => drop(self.links.insert(link.clone())),
            EventKind::Unlinked(link) => drop(self.links.remove(link)),
            EventKind::IncidentLinked { reference, told } => {
                self.incidents.insert(reference.clone());
                self.incidents_told.extend(told.then(|| reference.clone()));
            }
            EventKind::IncidentUnlinked { reference } => self.forget_incident(reference),
            EventKind::IncidentEnded { reference } => drop(self.retests.insert(reference.clone())),
            EventKind::IncidentReopened { reference } | EventKind::Retested { reference, .. } => {
                self.retests.remove(reference);
            }
            EventKind::Moved { to } => self.state = to.clone(),
            EventKind::Snoozed { until } => self.snoozed_until = Some(*until),
            EventKind::Woken => self.snoozed_until = None,
            EventKind::Absorbed { participants, .. } => self.participants.extend(participants),
            EventKind::Released { participants, .. } => self.participants.retain(|id| !participants.contains(id)),
            EventKind::Opened { .. }
            | EventKind::MessageAdded { .. }
            | EventKind::CallLogged { .. }
            | EventKind::CustomFieldsChanged { .. }
            | EventKind::SubjectChanged
            | EventKind::WaitingOver
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
}

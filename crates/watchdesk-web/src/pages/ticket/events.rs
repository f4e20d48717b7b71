//! Events as lines: who did what.

use watchdesk_core::case::AnswerOutcome;
use watchdesk_core::clock::{ClockRef, Objective, Outcome};
use watchdesk_core::command::RetestOutcome;
use watchdesk_core::event::{ActorRef, Event, EventKind, MessageKind, StepRef};
use watchdesk_core::ids::{AgentId, CaseId, ContactId, TeamId, TicketId};
use watchdesk_core::ticket::{Closing, Link, LinkKind, Severity, State, StateKind};
use watchdesk_core::{Instant, case::Case};
use watchdesk_templates::format::{self, Style};
use watchdesk_templates::names as words;
use watchdesk_templates::pages::{EventKind as Line, EventLine};

use super::load::Loaded;
use crate::pages::names;
use crate::pages::visit::Visit;

type Said = Option<(Line, String)>;

/// With their numbers. Messages stand for themselves, and what a triage sets is one line.
pub(super) fn lines(visit: &Visit, loaded: &Loaded) -> Vec<(i64, EventLine)> {
    let teller = Teller { visit, loaded };
    let mut events: Vec<&Event> = loaded.events.iter().collect();
    events.sort_by_key(|event| event.seq);
    let mut lines: Vec<(i64, EventLine)> = Vec::new();
    let mut was: Option<StateKind> = None;
    for (index, event) in events.iter().enumerate() {
        let before = index.checked_sub(1).map(|index| events[index]);
        let said = match &event.kind {
            EventKind::Triaged => {
                let set = set_by_triage(&events[..index], event);
                let kept = lines.iter().position(|(seq, _)| set.iter().any(|set| set.seq == *seq));
                lines.truncate(kept.unwrap_or(lines.len()));
                Some((Line::Triaged, teller.set(&set)))
            }
            EventKind::Moved { to } => teller.moved(event, to, was, before),
            kind => teller.say(kind),
        };
        if let EventKind::Moved { to } = &event.kind {
            was = Some(to.kind());
        }
        if let Some((kind, what)) = said {
            lines.push((event.seq, EventLine { event: kind, who: teller.who(event.actor), what, at: event.at }));
        }
    }
    lines
}

/// The changes right before a triage, made by the same person in the same breath.
fn set_by_triage<'e>(before: &[&'e Event], triaged: &Event) -> Vec<&'e Event> {
    let is_set = |event: &&&Event| {
        let kind = matches!(
            event.kind,
            EventKind::CategoryChanged { .. } | EventKind::ServiceChanged { .. } | EventKind::SeverityChanged { .. }
        );
        kind && event.recorded_at == triaged.recorded_at && event.actor == triaged.actor
    };
    let mut set: Vec<&Event> = before.iter().rev().take_while(is_set).copied().collect();
    set.reverse();
    set
}

pub(super) fn merged_into(state: &State) -> Option<TicketId> {
    match state {
        State::Closed { reason: Closing::Duplicate(merged), .. } => Some(merged.of),
        State::Open
        | State::Triaged
        | State::Waiting { .. }
        | State::Escalated
        | State::Resolved { .. }
        | State::Closed { .. } => None,
    }
}

struct Teller<'t> {
    visit: &'t Visit,
    loaded: &'t Loaded,
}

impl Teller<'_> {
    fn who(&self, actor: ActorRef) -> String {
        match actor {
            ActorRef::Agent(id) => self.agent(id),
            ActorRef::Contact(id) => self.contact(id),
            ActorRef::System => self.visit.app.options.desk_name.clone(),
        }
    }

    fn agent(&self, id: AgentId) -> String {
        self.loaded.staff.name(id)
    }

    fn contact(&self, id: ContactId) -> String {
        self.loaded.contacts.get(&id).map_or_else(|| "?".to_owned(), |contact| contact.name.clone())
    }

    fn team(&self, id: TeamId) -> String {
        self.loaded.staff.team(self.visit, id).unwrap_or_default()
    }

    /// A ticket that the reader may not see has no number for him.
    fn ticket(&self, id: TicketId) -> String {
        match self.loaded.others.get(&id) {
            Some(other) => format!("#{}", other.ticket.number),
            None => self.visit.say("told.another_ticket", &[]),
        }
    }

    fn case(&self, id: CaseId) -> Option<&Case> {
        self.loaded.cases.iter().find(|case| case.id == id)
    }

    fn reference(&self, id: CaseId) -> String {
        self.case(id).and_then(|case| case.reference.clone()).unwrap_or_default()
    }

    fn time(&self, at: Instant) -> String {
        format::instant(at, self.visit.locale, Style::Full)
    }

    fn objective(&self, objective: Objective) -> String {
        words::objective(self.visit.language(), objective).to_owned()
    }

    /// `B, Exchange Online`.
    fn set(&self, events: &[&Event]) -> String {
        let mut parts: Vec<String> = Vec::new();
        for event in events {
            match &event.kind {
                EventKind::SeverityChanged { to, .. } => parts.insert(0, to.as_str().to_owned()),
                EventKind::CategoryChanged { to } => parts.push(names::category(self.visit, to)),
                EventKind::ServiceChanged { to: Some(to) } => parts.push(names::service(self.visit, to)),
                _ => {}
            }
        }
        joined(parts.into_iter())
    }

    fn moved(&self, event: &Event, to: &State, was: Option<StateKind>, before: Option<&Event>) -> Said {
        let is_answer = |kind: &EventKind| matches!(kind, EventKind::MessageAdded { kind: MessageKind::Customer, .. });
        let by_customer = before.is_some_and(|before| is_answer(&before.kind));
        match to {
            State::Waiting { until } => {
                let until = until.map(|at| self.visit.say("told.until", &[("at", &self.time(at))])).unwrap_or_default();
                Some((Line::WaitingStarted, until))
            }
            State::Resolved { .. } => Some((Line::Resolved, String::new())),
            State::Closed { reason, .. } => Some(self.closed(event, reason)),
            // The line before says why it is with the operator.
            State::Escalated => None,
            State::Open | State::Triaged => {
                let caused = before.map(|before| &before.kind);
                match (was, caused) {
                    (_, Some(EventKind::Triaged | EventKind::WaitingOver)) => None,
                    (Some(StateKind::Closed), _) => Some((Line::Unmerged, String::new())),
                    (Some(StateKind::Resolved), _) if by_customer => Some((Line::ReopenedByCustomer, String::new())),
                    (Some(StateKind::Resolved), _) => Some((Line::Reopened, String::new())),
                    (Some(StateKind::Waiting), _) => Some((Line::WaitingEnded, String::new())),
                    (Some(StateKind::Escalated), _) => None,
                    (Some(StateKind::Open | StateKind::Triaged) | None, _) => {
                        Some((Line::Moved, words::state(self.visit.language(), to.kind()).to_owned()))
                    }
                }
            }
        }
    }

    fn closed(&self, event: &Event, reason: &Closing) -> (Line, String) {
        match (reason, event.actor) {
            (Closing::Duplicate(merged), _) => (Line::Merged, self.ticket(merged.of)),
            (Closing::Solved, ActorRef::System) => (Line::ClosedByTime, String::new()),
            (reason, _) => (Line::Closed, words::closing(self.visit.language(), reason).to_owned()),
        }
    }

    fn say(&self, kind: &EventKind) -> Said {
        match kind {
            EventKind::Opened { imported: true, .. } => Some((Line::Imported, String::new())),
            EventKind::Opened { .. } => Some((Line::Opened, String::new())),
            EventKind::MessageAdded { .. } | EventKind::CallLogged { .. } => None,
            EventKind::Triaged | EventKind::Moved { .. } => None,
            EventKind::Assigned { owner: None, team: None } => Some((Line::Unassigned, String::new())),
            EventKind::Assigned { owner, team } => {
                let parts = owner.map(|id| self.agent(id)).into_iter().chain(team.map(|id| self.team(id)));
                Some((Line::Assigned, joined(parts)))
            }
            EventKind::ParticipantAdded { contact } => Some((Line::ParticipantAdded, self.contact(*contact))),
            EventKind::Linked(link) => Some(self.linked(link)),
            EventKind::Unlinked(link) => Some((Line::Unlinked, self.ticket(link.to))),
            EventKind::IncidentLinked { reference, .. } => Some((Line::IncidentLinked, reference.clone())),
            EventKind::IncidentEnded { reference } => Some((Line::IncidentEnded, reference.clone())),
            EventKind::IncidentReopened { reference } => Some((Line::IncidentReopened, reference.clone())),
            EventKind::Retested { reference, outcome: RetestOutcome::Persists } => {
                Some((Line::RetestedPersists, reference.clone()))
            }
            EventKind::Retested { reference, outcome: RetestOutcome::Gone } => {
                Some((Line::RetestedGone, reference.clone()))
            }
            EventKind::IncidentUnlinked { reference } => Some((Line::IncidentUnlinked, reference.clone())),
            EventKind::WaitingOver => Some((Line::WaitingOver, String::new())),
            EventKind::Snoozed { until } => Some((Line::Snoozed, self.time(*until))),
            EventKind::Woken => Some((Line::Woken, String::new())),
            EventKind::Absorbed { ticket, .. } => Some((Line::Absorbed, self.ticket(*ticket))),
            EventKind::Released { ticket, .. } => Some((Line::Released, self.ticket(*ticket))),
            EventKind::SplitOff { into, .. } => Some((Line::SplitOff, self.ticket(*into))),
            EventKind::DeliveryFailed { .. } => Some((Line::DeliveryFailed, String::new())),
            other => self
                .field(other)
                .or_else(|| self.clock(other))
                .or_else(|| self.step(other))
                .or_else(|| self.about_case(other)),
        }
    }

    fn linked(&self, link: &Link) -> (Line, String) {
        let to = self.ticket(link.to);
        match link.kind {
            LinkKind::FollowUpOf => (Line::FollowUp, to),
            LinkKind::SplitFrom => (Line::SplitFrom, to),
            kind => (Line::Linked, format!("{} {to}", words::link(self.visit.language(), kind))),
        }
    }

    fn field(&self, kind: &EventKind) -> Said {
        let none = || "–".to_owned();
        match kind {
            EventKind::SeverityChanged { from, to } => Some((Line::SeverityChanged, severities(*from, *to))),
            EventKind::CategoryChanged { to } => Some((Line::CategoryChanged, names::category(self.visit, to))),
            EventKind::ServiceChanged { to } => {
                Some((Line::ServiceChanged, to.as_ref().map_or_else(none, |slug| names::service(self.visit, slug))))
            }
            EventKind::CustomerChanged { to } => {
                let name = to.and_then(|id| self.loaded.customer_names.get(&id).cloned());
                Some((Line::CustomerChanged, name.unwrap_or_else(none)))
            }
            EventKind::TagsChanged { to } => Some((Line::TagsChanged, or_dash(joined(to.iter().cloned())))),
            EventKind::WatchersChanged { to } => {
                Some((Line::WatchersChanged, or_dash(joined(to.iter().map(|id| self.agent(*id))))))
            }
            EventKind::LabelChanged { to } => {
                Some((Line::LabelChanged, to.as_ref().map_or_else(none, ToString::to_string)))
            }
            EventKind::CustomFieldsChanged { names } => Some((Line::FieldsChanged, joined(names.iter().cloned()))),
            EventKind::SubjectChanged => Some((Line::SubjectChanged, String::new())),
            _ => None,
        }
    }

    fn clock(&self, kind: &EventKind) -> Said {
        let of = |clock: &ClockRef| self.objective(clock.objective);
        match kind {
            EventKind::ClockMissed { clock } => Some((Line::ClockMissed, of(clock))),
            EventKind::ClockCorrected { clock } => Some((Line::ClockCorrected, of(clock))),
            EventKind::ClockEnded { clock, outcome } => {
                let line = match outcome {
                    Outcome::Met => Line::ClockMet,
                    Outcome::MetLate => Line::ClockMetLate,
                    Outcome::Cancelled(_) | Outcome::Superseded => Line::ClockEnded,
                };
                Some((line, of(clock)))
            }
            EventKind::ClockSuperseded { clock } => Some((Line::ClockSuperseded, of(clock))),
            EventKind::ClockResumed { clock } => Some((Line::ClockResumed, of(clock))),
            EventKind::ClockExcused { clock } => Some((Line::ClockExcused, of(clock))),
            EventKind::ExcuseRevoked { clock } => Some((Line::ExcuseRevoked, of(clock))),
            EventKind::EscalationProposed { clock } => Some((Line::EscalationProposed, of(clock))),
            // That a clock starts is no news: it stands at the head of the page.
            _ => None,
        }
    }

    /// What the ladders did.
    fn step(&self, kind: &EventKind) -> Said {
        match kind {
            EventKind::StepFired { clock, step, told, elsewhere, .. } => {
                let elsewhere = (*elsewhere > 0).then(|| self.visit.say("told.elsewhere", &[("count", elsewhere)]));
                let told = joined(told.iter().map(|id| self.agent(*id)).chain(elsewhere));
                Some((Line::StepFired, self.of_step(clock, *step, told)))
            }
            EventKind::StepSuppressed { clock, step, why, .. } => {
                let why = words::suppression(self.visit.language(), *why).to_owned();
                Some((Line::StepSuppressed, self.of_step(clock, *step, why)))
            }
            EventKind::StepReachedNobody { clock, step, .. } => {
                Some((Line::StepReachedNobody, self.of_step(clock, *step, String::new())))
            }
            EventKind::StepUnanswered { clock, step } => {
                Some((Line::StepUnanswered, self.of_step(clock, *step, String::new())))
            }
            EventKind::StepAcknowledged { clock, step } => {
                Some((Line::StepAcknowledged, self.of_step(clock, *step, String::new())))
            }
            _ => None,
        }
    }

    /// `First response, step 2: Grace Chen`.
    fn of_step(&self, clock: &ClockRef, step: StepRef, more: String) -> String {
        let objective = self.objective(clock.objective);
        let number = step.step + 1;
        let key = if more.is_empty() { "told.step" } else { "told.step_to" };
        self.visit.say(key, &[("objective", &objective), ("step", &number), ("more", &more)])
    }

    fn about_case(&self, kind: &EventKind) -> Said {
        let language = self.visit.language();
        match kind {
            EventKind::CaseDrafted { reason, .. } => {
                Some((Line::CaseDrafted, words::reason(language, *reason).to_owned()))
            }
            EventKind::CaseAmended { reason, severity, .. } => {
                Some((Line::CaseAmended, format!("{severity}, {}", words::reason(language, *reason))))
            }
            EventKind::CaseDropped { .. } => Some((Line::CaseDropped, String::new())),
            EventKind::CaseJoined { case } => Some((Line::CaseJoined, self.reference(*case))),
            EventKind::CaseFiled { case, severity } => {
                let parts = [self.reference(*case), severity.as_str().to_owned()];
                Some((Line::CaseFiled, joined(parts.into_iter().filter(|part| !part.is_empty()))))
            }
            EventKind::CaseAcknowledged { case } => {
                let contact = self.case(*case).and_then(|case| case.words.operator_contact.clone());
                Some((Line::CaseAcknowledged, contact.unwrap_or_default()))
            }
            EventKind::CaseWaitsOnUs { .. } => Some((Line::CaseWaitsOnUs, String::new())),
            EventKind::CaseSeverityChanged { to, .. } => Some((Line::CaseSeverityChanged, to.as_str().to_owned())),
            EventKind::CaseAnswered { outcome, .. } => Some((Line::CaseAnswered, self.outcome(*outcome))),
            EventKind::CaseRefused { .. } => Some((Line::CaseRefused, String::new())),
            EventKind::CaseWithdrawn { .. } => Some((Line::CaseWithdrawn, String::new())),
            EventKind::CaseConfirmed { .. } => Some((Line::CaseConfirmed, String::new())),
            EventKind::CaseReopened { .. } => Some((Line::CaseReopened, String::new())),
            EventKind::CaseReferenceRecorded { case } => Some((Line::CaseReferenceRecorded, self.reference(*case))),
            EventKind::CaseLessonRecorded { measure, .. } => {
                Some((Line::CaseLessonRecorded, words::measure(language, *measure).to_owned()))
            }
            EventKind::CaseMoved { to, .. } => Some((Line::CaseMoved, self.ticket(*to))),
            _ => None,
        }
    }

    fn outcome(&self, outcome: AnswerOutcome) -> String {
        words::answer(self.visit.language(), outcome).to_owned()
    }
}

fn severities(from: Option<Severity>, to: Severity) -> String {
    from.map_or_else(|| to.to_string(), |from| format!("{from} → {to}"))
}

fn joined(parts: impl Iterator<Item = String>) -> String {
    parts.collect::<Vec<_>>().join(", ")
}

fn or_dash(text: String) -> String {
    if text.is_empty() { "–".to_owned() } else { text }
}

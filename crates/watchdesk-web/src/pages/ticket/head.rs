//! The head of the page: where the ticket stands, and its clocks.

use watchdesk_core::clock::{Clock, ClockState, StepRecord};
use watchdesk_core::rights::Verb;
use watchdesk_core::ticket::{Closing, State};
use watchdesk_store::incidents::Incident;
use watchdesk_templates::pages::{self, Choice, ClockCall, ClockExcuse, TicketHead, TicketIncident};

use super::load::Loaded;
use crate::pages::names;
use crate::pages::rows::{countdown, used_percent};
use crate::pages::visit::Visit;

pub(super) fn head(visit: &Visit, loaded: &Loaded) -> TicketHead {
    let ticket = loaded.ticket();
    let words = &loaded.record.words;
    TicketHead {
        number: ticket.number.0,
        version: ticket.version,
        subject: words.subject.clone(),
        state: ticket.state.kind().as_str().to_owned(),
        severity: ticket.severity.map(|severity| severity.as_str().to_owned()),
        channel: ticket.channel.as_str().to_owned(),
        opened_at: ticket.opened_at,
        category: ticket.category.as_ref().map(|slug| Choice::new(slug.as_str(), names::category(visit, slug))),
        service: ticket.service.as_ref().map(|slug| Choice::new(slug.as_str(), names::service(visit, slug))),
        owner: ticket.owner.map(|id| loaded.staff.person(id)),
        team: ticket.team.map(|id| Choice::new(id.to_string(), loaded.staff.team(visit, id).unwrap_or_default())),
        tags: ticket.tags.iter().cloned().collect(),
        watchers: ticket.watchers.iter().map(|id| loaded.staff.person(*id)).collect(),
        incidents: linked_incidents(loaded),
        offered_incidents: offered_incidents(loaded),
        label: ticket.label.as_ref().map(ToString::to_string),
        custom_fields: words.custom_fields.iter().map(|(name, value)| Choice::new(name, value)).collect(),
        snoozed_until: ticket.snoozed_until,
        waiting_until: waiting_until(&ticket.state),
        closing_reason: closing(&ticket.state).map(|reason| closing_slug(reason).to_owned()),
        merged_into: ticket.duplicate_of().and_then(|id| loaded.others.get(&id)).map(|other| other.ticket.number.0),
        reopens_until: reopens_until(visit, &ticket.state),
        imported: ticket.imported,
    }
}

/// Those it is linked to, also where nothing more is known of one.
fn linked_incidents(loaded: &Loaded) -> Vec<TicketIncident> {
    let ticket = loaded.ticket();
    let linked = |reference: &String| {
        let known = loaded.incidents.iter().find(|incident| incident.reference == *reference);
        let state = match known {
            Some(incident) if incident.is_open => "open",
            Some(_) | None if ticket.retests.contains(reference) => "retest",
            Some(_) | None => "over",
        };
        TicketIncident {
            reference: reference.clone(),
            title: known.map(|incident| incident.title.clone()).unwrap_or_default(),
            state: state.to_owned(),
            started_at: known.map(|incident| incident.started_at),
            ended_at: known.and_then(|incident| incident.ended_at),
        }
    };
    ticket.incidents.iter().map(linked).collect()
}

/// Open ones of its service, while somebody still works on it.
fn offered_incidents(loaded: &Loaded) -> Vec<TicketIncident> {
    let ticket = loaded.ticket();
    if ticket.state.kind().is_finished() {
        return Vec::new();
    }
    let is_offered = |incident: &&Incident| {
        incident.is_open
            && Some(&incident.service) == ticket.service.as_ref()
            && !ticket.incidents.contains(&incident.reference)
    };
    let offered = |incident: &Incident| TicketIncident {
        reference: incident.reference.clone(),
        title: incident.title.clone(),
        state: "open".to_owned(),
        started_at: Some(incident.started_at),
        ended_at: None,
    };
    loaded.incidents.iter().filter(is_offered).map(offered).collect()
}

fn waiting_until(state: &State) -> Option<watchdesk_core::Instant> {
    match state {
        State::Waiting { until } => *until,
        State::Open | State::Triaged | State::Escalated | State::Resolved { .. } | State::Closed { .. } => None,
    }
}

fn closing(state: &State) -> Option<&Closing> {
    match state {
        State::Closed { reason, .. } => Some(reason),
        State::Open | State::Triaged | State::Waiting { .. } | State::Escalated | State::Resolved { .. } => None,
    }
}

fn closing_slug(closing: &Closing) -> &'static str {
    match closing {
        Closing::Solved => "solved",
        Closing::Spam => "spam",
        Closing::Withdrawn => "withdrawn",
        Closing::Duplicate(_) => "duplicate",
        Closing::Imported => "imported",
    }
}

fn reopens_until(visit: &Visit, state: &State) -> Option<watchdesk_core::Instant> {
    match state {
        State::Resolved { at } => Some(*at + chrono::Duration::seconds(visit.desk.settings.reopening_window_s)),
        State::Open | State::Triaged | State::Waiting { .. } | State::Escalated | State::Closed { .. } => None,
    }
}

/// Of an objective that began again, or whose terms changed, the last one; and an earlier one as long as its miss can
/// be excused or it calls for somebody.
pub(super) fn clocks(visit: &Visit, loaded: &Loaded, all: &[Clock]) -> Vec<pages::Clock> {
    let later = |clock: &Clock, other: &Clock| {
        other.objective == clock.objective && (other.cycle, other.revision) > (clock.cycle, clock.revision)
    };
    let is_last = |clock: &Clock| !all.iter().any(|other| later(clock, other));
    let is_of_use = |clock: &Clock| clock.missed_at.is_some() && !clock.is_superseded();
    let kept = all.iter().filter(|clock| is_last(clock) || is_of_use(clock));
    kept.map(|clock| shown(visit, loaded, clock)).collect()
}

fn shown(visit: &Visit, loaded: &Loaded, clock: &Clock) -> pages::Clock {
    let ticket = loaded.ticket();
    let may_excuse = visit.may_with(Verb::ExcuseMiss, ticket);
    let excuse = clock.excuse.as_ref().map(|excuse| ClockExcuse {
        by: loaded.staff.name(excuse.by),
        at: excuse.at,
        reason: excuse.reason.clone(),
        may_revoke: may_excuse,
    });
    pages::Clock {
        objective: clock.objective.as_str().to_owned(),
        countdown: countdown(clock, visit.now),
        used_percent: used_percent(clock, visit.now),
        target_s: clock.target_s,
        missed_at: clock.missed_at,
        id: clock.id.to_string(),
        may_excuse: may_excuse && clock.is_missed() && excuse.is_none(),
        excuse,
        call: waiting_call(clock, visit.may_with(Verb::WorkTicket, ticket)),
    }
}

/// The latest step that waits for somebody who has seen it.
fn waiting_call(clock: &Clock, may_acknowledge: bool) -> Option<ClockCall> {
    let waits = |record: &&StepRecord| record.acknowledgement.as_ref().is_some_and(|wanted| wanted.by.is_none());
    let record = clock.steps.iter().filter(waits).max_by_key(|record| (record.repetition, record.step))?;
    let wanted = record.acknowledgement.as_ref()?;
    let within = chrono::Duration::seconds(wanted.within_s);
    let until = wanted.delivered_at.filter(|_| wanted.is_open()).map(|at| at + within);
    let is_over = clock.state == ClockState::Ended;
    (!is_over).then_some(ClockCall { step: record.step + 1, until, may_acknowledge })
}

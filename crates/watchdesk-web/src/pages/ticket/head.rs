//! The head of the page: where the ticket stands, and its clocks.

use watchdesk_core::clock::Clock;
use watchdesk_core::ticket::{Closing, State};
use watchdesk_templates::pages::{self, Choice, TicketHead};

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
        incidents: ticket.incidents.iter().cloned().collect(),
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

/// Of an objective that began again, the last cycle.
pub(super) fn clocks(visit: &Visit, loaded: &Loaded) -> Vec<pages::Clock> {
    let is_last = |clock: &&Clock| {
        let again = |other: &Clock| other.objective == clock.objective && other.cycle > clock.cycle;
        !loaded.clocks.iter().any(again)
    };
    let shown = |clock: &Clock| pages::Clock {
        objective: clock.objective.as_str().to_owned(),
        countdown: countdown(clock, visit.now),
        used_percent: used_percent(clock, visit.now),
        target_s: clock.target_s,
        missed_at: clock.missed_at,
    };
    loaded.clocks.iter().filter(is_last).map(shown).collect()
}

//! What happened to a clock, as dated lines.

use watchdesk_core::clock::Outcome;
use watchdesk_core::explain::{Happening, Recomputed, StartedBy, StoryLine};

use super::teller::Teller;
use super::{Line, Thing, Tone, delivery, ladder, way};
use crate::names;

pub(super) fn lines(teller: &Teller<'_>, story: &[StoryLine]) -> Vec<Line> {
    story.iter().flat_map(|line| std::iter::once(told(teller, line)).chain(deliveries(teller, line))).collect()
}

/// What became of the notices of a step, behind it.
fn deliveries(teller: &Teller<'_>, line: &StoryLine) -> Vec<Line> {
    let Happening::Step(step) = &line.what else { return Vec::new() };
    step.deliveries.iter().map(|one| delivery::line(teller, one)).collect()
}

fn told(teller: &Teller<'_>, line: &StoryLine) -> Line {
    let (what, tone) = happening(teller, &line.what);
    let what = match line.recorded_at {
        Some(at) => teller.say("recorded_late", &[("what", &what), ("at", &teller.moment(at))]),
        None => what,
    };
    Line { when: teller.moment(line.at), what, tone }
}

fn happening(teller: &Teller<'_>, what: &Happening) -> (String, Tone) {
    match what {
        Happening::Started { by } => (teller.say("story.started", &[("by", &started(teller, by))]), Tone::Plain),
        Happening::TookOver { why, .. } => (took_over(teller, why), Tone::Plain),
        Happening::Paused { by } => (sentence(&way::paused(teller, *by)), Tone::Still),
        Happening::Resumed => (teller.say("story.resumed", &[]), Tone::Plain),
        Happening::Step(step) => ladder::step(teller, step),
        Happening::StepUnanswered { step, repetition } => {
            let name = ladder::named(teller, *step, *repetition, None);
            (teller.say("story.unanswered", &[("name", &name)]), Tone::Late)
        }
        Happening::StepAcknowledged { step, repetition, by } => {
            let name = ladder::named(teller, *step, *repetition, None);
            (teller.say("story.acknowledged", &[("name", &name), ("who", &teller.agent(*by))]), Tone::Good)
        }
        Happening::EscalationProposed => (teller.say("story.escalation_proposed", &[]), Tone::Plain),
        Happening::Missed => (teller.say("story.missed", &[]), Tone::Bad),
        Happening::Corrected { by } => (teller.say("story.corrected", &[("who", &teller.who(*by))]), Tone::Good),
        Happening::Excused { by, reason: Some(reason) } => {
            (teller.say("story.excused", &[("who", &teller.who(*by)), ("reason", reason)]), Tone::Plain)
        }
        Happening::Excused { by, reason: None } => {
            (teller.say("story.excused_once", &[("who", &teller.who(*by))]), Tone::Plain)
        }
        Happening::ExcuseRevoked { by } => {
            (teller.say("story.excuse_revoked", &[("who", &teller.who(*by))]), Tone::Plain)
        }
        Happening::EndTakenBack => (teller.say("story.end_taken_back", &[]), Tone::Plain),
        Happening::Superseded => (teller.say("story.superseded", &[]), Tone::Still),
        Happening::Ended { outcome } => ended(teller, *outcome),
    }
}

/// What stands within an account in small letters begins a line of its own with a large one.
fn sentence(words: &str) -> String {
    let mut letters = words.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

fn ended(teller: &Teller<'_>, outcome: Outcome) -> (String, Tone) {
    match outcome {
        Outcome::Met => (teller.say("story.met", &[]), Tone::Good),
        Outcome::MetLate => (teller.say("story.met_late", &[]), Tone::Late),
        Outcome::Superseded => (teller.say("story.superseded", &[]), Tone::Still),
        Outcome::Cancelled(_) => {
            let outcome = names::outcome(teller.reader.language, outcome);
            (teller.say("story.cancelled", &[("outcome", &outcome)]), Tone::Still)
        }
    }
}

fn started(teller: &Teller<'_>, by: &StartedBy) -> String {
    match by {
        StartedBy::Opened => teller.say("started.opened", &[]),
        StartedBy::OpenedBefore { ticket } => {
            teller.say("started.opened_before", &[("ticket", &teller.ticket(*ticket))])
        }
        StartedBy::CustomerWrote { contact, .. } => {
            let who = contact.map_or_else(|| teller.say("customer", &[]), |id| teller.contact(id));
            teller.say("started.customer_wrote", &[("who", &who)])
        }
        StartedBy::StaffSpoke { agent, .. } => teller.say("started.staff_spoke", &[("who", &person(teller, *agent))]),
        StartedBy::CallLogged { agent, .. } => teller.say("started.call_logged", &[("who", &person(teller, *agent))]),
        StartedBy::PassedOn { case } => match teller.names.cases.get(case) {
            Some(reference) => teller.say("started.passed_on", &[("reference", reference)]),
            None => teller.say("started.passed_on_unnamed", &[]),
        },
        StartedBy::Reopened { at, continues } => reopened(teller, "started.reopened", *at, *continues),
        StartedBy::CaseFiled => teller.say("started.case_filed", &[]),
        StartedBy::OperatorSpoke => teller.say("started.operator_spoke", &[]),
        StartedBy::OperatorAsked => teller.say("started.operator_asked", &[]),
        StartedBy::CaseReopened { at, continues } => reopened(teller, "started.case_reopened", *at, *continues),
    }
}

fn reopened(teller: &Teller<'_>, key: &str, at: watchdesk_core::Instant, continues: bool) -> String {
    let key = if continues { format!("{key}_continues") } else { key.to_owned() };
    teller.say(&key, &[("at", &teller.moment(at))])
}

fn person(teller: &Teller<'_>, agent: Option<watchdesk_core::ids::AgentId>) -> String {
    agent.map_or_else(|| teller.say("somebody", &[]), |id| teller.agent(id))
}

fn took_over(teller: &Teller<'_>, why: &[Recomputed]) -> String {
    let why: Vec<String> = why.iter().map(|why| recomputed(teller, why)).collect();
    match why.is_empty() {
        true => teller.say("story.took_over", &[]),
        false => teller.say("story.took_over_why", &[("why", &teller.listed(why))]),
    }
}

fn recomputed(teller: &Teller<'_>, why: &Recomputed) -> String {
    let thing = |kind, slug: Option<&watchdesk_core::ids::Slug>| {
        slug.map_or_else(|| teller.say("nothing", &[]), |slug| teller.thing(kind, slug))
    };
    match why {
        Recomputed::Severity { from: Some(from), to, by } => {
            teller.say("recomputed.severity", &[("from", from), ("to", to), ("who", &teller.who(*by))])
        }
        Recomputed::Severity { from: None, to, by } => {
            teller.say("recomputed.severity_set", &[("to", to), ("who", &teller.who(*by))])
        }
        Recomputed::Category { to } => teller.say("recomputed.category", &[("to", &teller.thing(Thing::Category, to))]),
        Recomputed::Service { to } => teller.say("recomputed.service", &[("to", &thing(Thing::Service, to.as_ref()))]),
        Recomputed::Customer { to } => {
            let to = to.map_or_else(|| teller.say("nothing", &[]), |id| teller.customer(id));
            teller.say("recomputed.customer", &[("to", &to)])
        }
        Recomputed::Tags => teller.say("recomputed.tags", &[]),
        Recomputed::Contract { to: Some(tier) } => {
            teller.say("recomputed.contract", &[("tier", &teller.thing(Thing::Tier, tier))])
        }
        Recomputed::Contract { to: None } => teller.say("recomputed.contract_gone", &[]),
        Recomputed::CaseSeverity { to } => teller.say("recomputed.case_severity", &[("to", to)]),
        Recomputed::Policy { from, to } => teller.say("recomputed.policy", &[("from", from), ("to", to)]),
        Recomputed::Calendar { slug, from, to } => {
            let calendar = teller.thing(Thing::Calendar, slug);
            teller.say("recomputed.calendar", &[("calendar", &calendar), ("from", from), ("to", to)])
        }
        Recomputed::OwedAgain => teller.say("recomputed.owed_again", &[]),
    }
}

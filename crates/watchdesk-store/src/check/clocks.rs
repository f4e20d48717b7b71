//! Every clock against the policy and calendar versions it was computed under.

use std::collections::{BTreeMap, BTreeSet};

use chrono::Duration;
use watchdesk_core::Instant;
use watchdesk_core::case::Case;
use watchdesk_core::clock::{
    Clock, ClockRef, ClockState, Facts, Measured, Objective, StepFate, Subject, Terms, Timeline, clocks_fire_at,
    next_fire_at, read_clocks, terms_of_clock,
};
use watchdesk_core::desk::Desk;
use watchdesk_core::event::EventKind;

use super::CheckReport;
use super::tickets::Stored;

/// A ticket's clocks, and what lists and timers go by.
pub(super) fn of_ticket(report: &mut CheckReport, desk: &Desk, stored: &Stored) {
    let (record, clocks) = (&stored.record, &stored.clocks);
    let (id, now) = (stored.id(), record.ticket.updated_at);
    started_as_recorded(report, stored);
    let timeline = Timeline::of(&stored.events);
    measured(report, desk, Subject::Ticket(id), Facts::Ticket(&timeline), clocks, now);
    let running = clocks.iter().filter(|clock| clock.state == ClockState::Running);
    if record.due_at != running.filter_map(|clock| clock.deadline).min() {
        report.find("ticket", id, "due_at is not the earliest deadline that is still owed");
    }
    if record.next_fire_at != next_fire_at(desk, &record.ticket, clocks) {
        report.find("ticket", id, "next_fire_at is not when the next thing happens by itself");
    }
}

/// A case's clocks, and what timers go by.
pub(super) fn of_case(report: &mut CheckReport, desk: &Desk, case: &Case) {
    report.clocks += case.clocks.len() as u64;
    let now = last_known(case);
    measured(report, desk, Subject::Case(case.id), Facts::Case(&case.timeline), &case.clocks, now);
    if case.next_fire_at != clocks_fire_at(desk, &case.clocks) {
        report.find("operator_case", case.id, "next_fire_at is not when the next thing happens by itself");
    }
}

/// The clocks measured anew, at the time they were last measured and under what they were measured then.
fn measured(
    report: &mut CheckReport,
    desk: &Desk,
    subject: Subject,
    timeline: Facts<'_>,
    clocks: &[Clock],
    now: Instant,
) {
    for clock in clocks.iter().filter(|clock| terms_of_clock(desk, clock).is_none()) {
        report.find("clock", clock.id, "the policy, rule or calendar it was computed under is unknown");
    }
    let terms = terms(desk, clocks);
    let fresh = BTreeSet::new();
    let again = match read_clocks(&Measured { desk, subject, timeline, terms, before: clocks, fresh: &fresh, now }) {
        Ok(again) => again,
        Err(error) => return report.find("clock", subject_id(subject), error),
    };
    for clock in clocks {
        match again.iter().find(|again| again.id == clock.id) {
            Some(again) if is_same(again, clock) => {}
            Some(again) => report.find("clock", clock.id, difference(again, clock)),
            None => report.find("clock", clock.id, "no event started it"),
        }
    }
    for new in again.iter().filter(|again| clocks.iter().all(|clock| clock.id != again.id)) {
        report.find("clock", subject_id(subject), format_args!("{} is owed and missing", name(new.reference())));
    }
}

/// What is owed, as the clocks that still go on say.
fn terms<'a>(desk: &'a Desk, clocks: &[Clock]) -> BTreeMap<Objective, Terms<'a>> {
    let open = clocks.iter().filter(|clock| clock.state != ClockState::Ended);
    open.filter_map(|clock| Some((clock.objective, terms_of_clock(desk, clock)?))).collect()
}

/// A clock from before step m0011 has no figure of what it used, nor a word about steps that came too late to matter.
fn is_same(again: &Clock, stored: &Clock) -> bool {
    let moot = |clock: &Clock, from: usize| {
        clock.steps.iter().skip(from).all(|record| matches!(record.fate, StepFate::Suppressed(_)))
    };
    let steps = again.steps.starts_with(&stored.steps) && moot(again, stored.steps.len());
    let consumed_s = stored.consumed_s.and(again.consumed_s);
    steps && Clock { steps: stored.steps.clone(), consumed_s, ..again.clone() } == *stored
}

/// The latest instant that the record of a case tells of: whatever was to be seen by then was seen.
fn last_known(case: &Case) -> Instant {
    let beats = case.timeline.beats().map(|(at, _)| at);
    let of_clock = |clock: &Clock| {
        let missed = clock.missed_at.map(|at| at + Duration::seconds(1));
        let steps = clock.steps.iter().map(|record| record.at).max();
        [missed, clock.ended_at, steps].into_iter().flatten().max()
    };
    let known = beats.chain(case.clocks.iter().filter_map(of_clock)).max();
    known.unwrap_or(case.drafted_at)
}

fn started_as_recorded(report: &mut CheckReport, stored: &Stored) {
    for event in &stored.events {
        let EventKind::ClockStarted { clock } = event.kind else { continue };
        // The operator's clocks stand with the case.
        let ours = clock.case.is_none();
        if ours && !stored.clocks.iter().any(|one| one.reference() == clock) {
            report.find("clock", stored.id(), format_args!("{} was started and is missing", name(clock)));
        }
    }
}

fn name(clock: ClockRef) -> String {
    format!("{} number {}, revision {}", clock.objective, clock.cycle, clock.revision)
}

fn subject_id(subject: Subject) -> String {
    match subject {
        Subject::Ticket(id) => id.to_string(),
        Subject::Case(id) => id.to_string(),
    }
}

fn difference(again: &Clock, stored: &Clock) -> String {
    let fields = |clock: &Clock| serde_json::to_value(clock).unwrap_or_default();
    let (again, stored) = (fields(again), fields(stored));
    let differs = |name: &&String| again.get(name.as_str()) != stored.get(name.as_str());
    let name = again.as_object().and_then(|fields| fields.keys().find(differs)).cloned().unwrap_or_default();
    // What a person wrote is not shown.
    if name == "excuse" {
        return "excuse is not the one that was given".to_owned();
    }
    let value = |clock: &serde_json::Value| clock.get(&name).map(ToString::to_string).unwrap_or_default();
    format!("{name} is {}, measured anew {}", value(&stored), value(&again))
}

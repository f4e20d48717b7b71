//! What is true of every ticket and case, whatever happened to it.

use std::collections::{BTreeSet, HashMap};

use crate::Instant;
use crate::case::{Case, CaseStateKind};
use crate::clock::{
    Cancellation, Clock, ClockRef, ClockState, Measured, Objective, Outcome, StepFate, Suppression, Timeline,
    clocks_fire_at, next_fire_at, read_clocks,
};
use crate::decide::tests::world::{Stored, World};
use crate::division::{self, Shares};
use crate::event::EventKind;
use crate::ids::{CaseId, Slug, TicketId};
use crate::ticket::{StateKind, Ticket};

/// Holds, or why not.
pub type Checked = Result<(), String>;

pub fn ensure(holds: bool, what: impl FnOnce() -> String) -> Checked {
    if holds { Ok(()) } else { Err(what()) }
}

/// `latest` is the latest time that the store ever showed; its clock may have been set back since.
pub fn ticket(world: &World, id: TicketId, latest: Instant) -> Checked {
    let stored = &world.tickets[&id];
    let checked = is_the_fold(stored)
        .and_then(|()| stored.clocks.iter().try_for_each(|clock| instance(clock, latest)))
        .and_then(|()| chains(&stored.clocks))
        .and_then(|()| on_record(stored, latest))
        .and_then(|()| times_to_look(world, stored))
        .and_then(|()| finished(stored))
        .and_then(|()| divides(world, stored));
    checked.map_err(|why| format!("ticket {}: {why}", stored.ticket.number))
}

fn is_the_fold(stored: &Stored) -> Checked {
    let folded = Ticket::fold(stored.ticket.id, &stored.events).map_err(|error| error.to_string())?;
    ensure(folded == stored.ticket, || "the row is not the fold of its events".to_owned())
}

fn name(clock: &Clock) -> String {
    format!("{} {} revision {}", clock.objective, clock.cycle, clock.revision)
}

/// One clock by itself.
fn instance(clock: &Clock, latest: Instant) -> Checked {
    let wrong = |what: &str| format!("{} {what}: {clock:?}", name(clock));
    let ended = clock.state == ClockState::Ended;
    ensure(ended == clock.outcome.is_some() && ended == clock.ended_at.is_some(), || wrong("is half ended"))?;
    ensure(clock.ended_at.is_none_or(|at| at <= latest), || wrong("ends in the future"))?;
    let paused = clock.pauses.last().is_some_and(|pause| pause.to.is_none());
    match clock.state {
        ClockState::Running => ensure(!paused && clock.deadline.is_some(), || wrong("runs to no deadline"))?,
        ClockState::Paused => ensure(paused, || wrong("is paused by nothing"))?,
        ClockState::Ended => {}
    }
    if let Some(at) = clock.missed_at {
        ensure(clock.deadline == Some(at), || wrong("is missed at another time than its deadline"))?;
        ensure(at < latest, || wrong("is missed before its time"))?;
        // What ends a clock beside a fact ends it by the time of day, which may have been set back.
        let by_a_fact = matches!(clock.outcome, Some(Outcome::Met | Outcome::MetLate));
        ensure(!by_a_fact || Some(at) < clock.ended_at, || wrong("is missed after it was met"))?;
    }
    // Terms that came after it was over judge nothing.
    let used = clock.consumed_s.filter(|_| clock.revision == 1).unwrap_or(clock.target_s);
    match clock.outcome {
        Some(Outcome::Met) => {
            ensure(clock.missed_at.is_none() && used <= clock.target_s, || wrong("is met, and was missed"))?;
        }
        Some(Outcome::MetLate) => {
            ensure(clock.missed_at.is_some() && used >= clock.target_s, || wrong("is met late in time"))?;
        }
        Some(Outcome::Cancelled(_) | Outcome::Superseded) | None => {}
    }
    steps(clock, latest)
}

/// What its ladder did: each step once, in its time, and while this cycle was going on.
fn steps(clock: &Clock, latest: Instant) -> Checked {
    for (index, record) in clock.steps.iter().enumerate() {
        let wrong = |what: &str| format!("{} {what}: {record:?}", name(clock));
        let same =
            |other: &&crate::clock::StepRecord| (other.step, other.repetition) == (record.step, record.repetition);
        ensure(clock.steps.iter().take(index).find(same).is_none(), || wrong("did a step twice"))?;
        ensure(record.at <= latest, || wrong("did a step in the future"))?;
        if matches!(record.fate, StepFate::Fired | StepFate::Nobody) {
            ensure(record.due_at <= record.at, || wrong("did a step before its time"))?;
            ensure(clock.started_at <= record.at, || wrong("did a step before it began"))?;
        }
        if let Some(wanted) = &record.acknowledgement {
            let told = [StepFate::Fired, StepFate::Suppressed(Suppression::CarriedOver)].contains(&record.fate);
            ensure(told, || wrong("waits for nobody"))?;
            ensure(wanted.delivered_at.is_none_or(|at| record.at <= at), || wrong("was delivered before it was said"))?;
            let within = chrono::Duration::seconds(wanted.within_s);
            let patient = wanted.timed_out_at.is_none_or(|at| record.at + within <= at && at <= latest);
            ensure(patient, || wrong("timed out too early"))?;
        }
    }
    Ok(())
}

/// The instances of one subject together.
fn chains(clocks: &[Clock]) -> Checked {
    for objective in Objective::ALL {
        let of_objective = clocks.iter().filter(|clock| clock.objective == objective);
        let open = of_objective.clone().filter(|clock| clock.state != ClockState::Ended).count();
        ensure(open <= 1, || {
            let open: Vec<_> = of_objective.clone().filter(|clock| clock.state != ClockState::Ended).collect();
            format!("several clocks of {objective} are open: {open:?}")
        })?;
        let cycles: BTreeSet<u32> = of_objective.clone().map(|clock| clock.cycle).collect();
        for cycle in cycles {
            chain(objective, &of_objective.clone().filter(|clock| clock.cycle == cycle).collect::<Vec<_>>())?;
        }
    }
    Ok(())
}

fn chain(objective: Objective, instances: &[&Clock]) -> Checked {
    let revisions: Vec<u32> = instances.iter().map(|clock| clock.revision).collect();
    let expected: Vec<u32> = (1..).take(instances.len()).collect();
    ensure(revisions == expected, || format!("{objective}: revisions {revisions:?}"))?;
    let mut missed = false;
    for (index, clock) in instances.iter().enumerate() {
        let last = index + 1 == instances.len();
        let makes_way = match clock.outcome {
            Some(Outcome::Superseded) => !last,
            Some(Outcome::Cancelled(Cancellation::NoPolicy)) => true,
            Some(Outcome::Met | Outcome::MetLate | Outcome::Cancelled(_)) | None => last,
        };
        ensure(makes_way, || format!("{} is followed by another, or by none: {:?}", name(clock), clock.outcome))?;
        let lowered = missed && clock.missed_at.is_none();
        ensure(clock.lowered == lowered, || format!("{}: lowered is {}", name(clock), clock.lowered))?;
        missed |= clock.missed_at.is_some();
    }
    Ok(())
}

#[derive(Clone, Copy, Default)]
struct OnRecord {
    missed: bool,
    ended: bool,
}

/// The events tell the same as the clocks: started once, missed at most once at a time, ended or not.
fn on_record(stored: &Stored, latest: Instant) -> Checked {
    let mut clocks: HashMap<ClockRef, OnRecord> = HashMap::new();
    for event in &stored.events {
        ensure(event.at <= latest, || format!("a fact from the future: {event:?}"))?;
        let again = || format!("on record twice: {event:?}");
        match &event.kind {
            EventKind::ClockStarted { clock } if clock.case.is_none() => {
                ensure(clocks.insert(*clock, OnRecord::default()).is_none(), again)?;
            }
            EventKind::ClockMissed { clock } if clock.case.is_none() => {
                let known = clocks.get_mut(clock).ok_or_else(again)?;
                ensure(!known.missed, again)?;
                known.missed = true;
            }
            EventKind::ClockCorrected { clock } if clock.case.is_none() => {
                let known = clocks.get_mut(clock).ok_or_else(again)?;
                ensure(known.missed, again)?;
                known.missed = false;
            }
            EventKind::ClockEnded { clock, .. } | EventKind::ClockSuperseded { clock } if clock.case.is_none() => {
                clocks.get_mut(clock).ok_or_else(again)?.ended = true;
            }
            EventKind::ClockResumed { clock } if clock.case.is_none() => {
                clocks.get_mut(clock).ok_or_else(again)?.ended = false;
            }
            _ => {}
        }
    }
    ensure(clocks.len() == stored.clocks.len(), || "a clock that no event started, or that is gone".to_owned())?;
    for clock in &stored.clocks {
        let known = clocks.get(&clock.reference()).copied().unwrap_or_default();
        let same = known.missed == clock.missed_at.is_some() && known.ended == (clock.state == ClockState::Ended);
        ensure(same, || format!("{} is not what its events say: {clock:?}", name(clock)))?;
    }
    Ok(())
}

fn times_to_look(world: &World, stored: &Stored) -> Checked {
    let due_at = stored.clocks.iter().filter(|clock| clock.is_running()).filter_map(|clock| clock.deadline).min();
    ensure(stored.due_at == due_at, || format!("due_at is {:?} and not {due_at:?}", stored.due_at))?;
    let fire_at = next_fire_at(&world.desk, &stored.ticket, &stored.clocks);
    ensure(stored.next_fire_at == fire_at, || format!("next_fire_at is {:?} and not {fire_at:?}", stored.next_fire_at))
}

/// Nothing is owed for what is finished; only a message that was merged into a resolved ticket may wait for its answer.
fn finished(stored: &Stored) -> Checked {
    let open = stored.clocks.iter().filter(|clock| clock.state != ClockState::Ended);
    let left = match stored.ticket.state.kind() {
        StateKind::Closed => open.count(),
        StateKind::Resolved => open.filter(|clock| clock.objective != Objective::NextResponse).count(),
        StateKind::Open | StateKind::Triaged | StateKind::Waiting | StateKind::Escalated => 0,
    };
    ensure(left == 0, || format!("{left} clocks are open on a finished ticket"))
}

/// Every second is exactly one's.
fn divides(world: &World, stored: &Stored) -> Checked {
    let cases: Vec<Case> =
        world.cases.values().filter(|case| case.tickets.contains(&stored.ticket.id)).cloned().collect();
    let division = division::time(&world.desk, &stored.events, &stored.clocks, &cases, world.now);
    let division = division.ok_or("its time cannot be divided")?;
    let adds_up = |shares: &Shares| shares.whole_s == shares.customers_s + shares.operators_s + shares.ours_s;
    ensure(adds_up(&division.wall), || format!("the shares do not add up: {:?}", division.wall))?;
    ensure(division.wall.whole_s == (division.to - division.from).num_seconds(), || {
        format!("the shares are not the whole: {division:?}")
    })?;
    ensure(division.calendar.as_ref().is_none_or(|calendar| adds_up(&calendar.shares)), || {
        format!("the calendar's shares do not add up: {:?}", division.calendar)
    })?;
    let joined = division.intervals.windows(2).all(|pair| pair[0].to == pair[1].from && pair[0].whose != pair[1].whose);
    ensure(joined, || format!("the intervals leave a gap: {:?}", division.intervals))
}

pub fn case(world: &World, id: CaseId, latest: Instant) -> Checked {
    let case = &world.cases[&id];
    let fire_at = clocks_fire_at(&world.desk, &case.clocks);
    let checked = case.clocks.iter().try_for_each(|clock| instance(clock, latest));
    let checked = checked.and_then(|()| chains(&case.clocks)).and_then(|()| {
        ensure(case.next_fire_at == fire_at, || format!("next_fire_at is {:?} and not {fire_at:?}", case.next_fire_at))
    });
    let checked = checked.and_then(|()| {
        let open = case.clocks.iter().filter(|clock| clock.state != ClockState::Ended).count();
        let with_operator = case.state.kind().is_with_operator();
        ensure(with_operator || open == 0, || format!("{open} clocks are open on a case that is {}", case.state.kind()))
    });
    let checked = checked.and_then(|()| {
        let drafted = case.state.kind() == CaseStateKind::Drafted;
        ensure(!drafted || case.clocks.is_empty(), || "a draft has clocks".to_owned())
    });
    checked.map_err(|why| format!("case {id}: {why}"))
}

fn tier<'w>(world: &'w World, ticket: &Ticket) -> Option<&'w Slug> {
    ticket.customer.and_then(|id| world.customers.get(&id)).and_then(|customer| customer.tier.as_ref())
}

/// Read anew, now: exactly what is stored. True whenever nothing is due and nothing was published since.
pub fn ticket_read_anew(world: &World, id: TicketId) -> Checked {
    let stored = &world.tickets[&id];
    let timeline = Timeline::of(&stored.events);
    let tier = tier(world, &stored.ticket);
    let measured = Measured::ticket(&world.desk, &stored.ticket, tier, &timeline, &stored.clocks, world.now);
    let again = read_clocks(&measured).map_err(|fault| fault.to_string())?;
    same(&stored.clocks, &again).map_err(|why| format!("ticket {} read anew: {why}", stored.ticket.number))
}

pub fn case_read_anew(world: &World, id: CaseId) -> Checked {
    let case = &world.cases[&id];
    let Some(about) = case.tickets.first().and_then(|id| world.tickets.get(id)) else { return Ok(()) };
    let measured = Measured::case(&world.desk, case, &about.ticket, tier(world, &about.ticket), world.now);
    let again = read_clocks(&measured).map_err(|fault| fault.to_string())?;
    let number = about.ticket.number;
    same(&case.clocks, &again).map_err(|why| format!("the {} case about {number} read anew: {why}", case.state.kind()))
}

fn same(stored: &[Clock], again: &[Clock]) -> Checked {
    // Where nothing was ever promised, nothing is owed for what is over.
    if stored.is_empty() && again.iter().all(|clock| clock.state == ClockState::Ended) {
        return Ok(());
    }
    let differ = stored.iter().zip(again).find(|(stored, again)| stored != again);
    match differ {
        Some((stored, again)) => Err(format!("stored {stored:?}, and not {again:?}")),
        None => ensure(stored.len() == again.len(), || format!("{stored:?}, and not {again:?}")),
    }
}

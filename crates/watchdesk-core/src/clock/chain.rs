//! From spans and terms to the instances on record: what goes on, what is superseded, what is owed no more.

use std::collections::{BTreeMap, BTreeSet};

use crate::Instant;
use crate::calendar::Pause;
use crate::case::Case;
use crate::clock::reading::{Instance, read};
use crate::clock::{
    Cancellation, CaseTimeline, Clock, ClockFault, ClockState, Cycle, Habits, Objective, Outcome, Subject, Terms,
    Timeline, ladder, measure, measure_case, terms_of_case, terms_of_clock, terms_of_ticket,
};
use crate::desk::Desk;
use crate::ids::{ClockId, Slug};
use crate::policy::{Reopening, ordinary_pauses};
use crate::ticket::Ticket;

/// All that a reading of a subject's clocks looks at.
#[derive(Debug)]
pub struct Measured<'a> {
    pub desk: &'a Desk,
    pub subject: Subject,
    pub timeline: Facts<'a>,
    /// What is owed from now on, by objective.
    pub terms: BTreeMap<Objective, Terms<'a>>,
    /// What is on record.
    pub before: &'a [Clock],
    /// Of those, the ones that began in this very decision: nobody has relied on them yet, so they are not superseded.
    pub fresh: &'a BTreeSet<ClockId>,
    pub now: Instant,
}

#[derive(Debug, Clone, Copy)]
pub enum Facts<'a> {
    Ticket(&'a Timeline),
    Case(&'a CaseTimeline),
}

/// Every clock of the subject at `now`. Pure: the same facts give the same clocks.
pub fn read_clocks(measured: &Measured<'_>) -> Result<Vec<Clock>, ClockFault> {
    let mut clocks = Vec::new();
    for objective in Objective::ALL {
        clocks.extend(measured.objective(objective)?);
    }
    clocks.extend(abandoned(&clocks, measured.before, measured.now));
    clocks.sort_by_key(|clock| (clock.objective, clock.cycle, clock.revision));
    Ok(clocks)
}

static NOTHING_FRESH: BTreeSet<ClockId> = BTreeSet::new();

impl<'a> Measured<'a> {
    /// A ticket as it stands, under what is owed for it by now.
    pub fn ticket(
        desk: &'a Desk,
        ticket: &Ticket,
        tier: Option<&Slug>,
        timeline: &'a Timeline,
        before: &'a [Clock],
        now: Instant,
    ) -> Self {
        let terms = |objective| Some((objective, terms_of_ticket(desk, ticket, tier, objective)?));
        Self {
            desk,
            subject: Subject::Ticket(ticket.id),
            timeline: Facts::Ticket(timeline),
            terms: Objective::ALL.into_iter().filter_map(terms).collect(),
            before,
            fresh: &NOTHING_FRESH,
            now,
        }
    }

    /// A case, and a ticket that it is about.
    pub fn case(desk: &'a Desk, case: &'a Case, about: &Ticket, tier: Option<&Slug>, now: Instant) -> Self {
        let terms = |objective| Some((objective, terms_of_case(desk, case, about, tier, objective)?));
        Self {
            desk,
            subject: Subject::Case(case.id),
            timeline: Facts::Case(&case.timeline),
            terms: Objective::ALL.into_iter().filter_map(terms).collect(),
            before: &case.clocks,
            fresh: &NOTHING_FRESH,
            now,
        }
    }

    fn objective(&self, objective: Objective) -> Result<Vec<Clock>, ClockFault> {
        let ordinary = ordinary_pauses();
        let habits = Habits { reopening: Reopening::default(), pauses: &ordinary };
        let owed = self.terms.get(&objective);
        let mut clocks: Vec<Clock> = Vec::new();
        for cycle in self.cycles(objective, owed.map_or(habits, Terms::habits)) {
            let mut chain: Vec<&Clock> =
                self.before.iter().filter(|clock| is_of(clock, objective, cycle.number)).collect();
            chain.sort_by_key(|clock| clock.revision);
            let Some((latest, superseded)) = chain.split_last() else {
                if let Some(terms) = owed.filter(|_| self.belongs_on_record(&cycle, clocks.last())) {
                    clocks.push(self.first(objective, terms, &cycle, clocks.last())?);
                }
                continue;
            };
            let mut instances = Vec::with_capacity(chain.len() + 1);
            for old in superseded {
                // What was cancelled in between stays so.
                instances.push(match old.ended_at.filter(|_| old.is_superseded()) {
                    Some(stop) => self.superseded(old, stop)?,
                    None => Clock::clone(old),
                });
            }
            instances.extend(self.carry_on(latest, owed)?);
            keep_misses(&mut instances);
            clocks.extend(instances);
        }
        Ok(clocks)
    }

    fn cycles(&self, objective: Objective, habits: Habits<'_>) -> Vec<Cycle> {
        let cycles = match self.timeline {
            Facts::Ticket(timeline) => measure(objective, timeline, habits),
            Facts::Case(timeline) => measure_case(objective, timeline, habits),
        };
        let known: Vec<&Clock> = self.before.iter().filter(|clock| clock.objective == objective).collect();
        if begins_with_a_word(objective) { recognised(cycles, &known) } else { cycles }
    }

    /// What began and ended while nothing was promised is not owed afterwards, whatever is promised now. A cycle that is
    /// over and not on record is owed where a fact that is new on record brought it; of a case, where the one before is
    /// on record.
    fn belongs_on_record(&self, cycle: &Cycle, before: Option<&Clock>) -> bool {
        let Some((ended_at, _)) = cycle.end else { return true };
        self.before.is_empty()
            || match self.timeline {
                Facts::Ticket(timeline) => {
                    [cycle.started_at, ended_at].iter().any(|at| timeline.is_news(*at, self.now))
                }
                Facts::Case(_) => before.is_some(),
            }
    }

    /// The cycle of a clock, measured by the habits of the given terms.
    fn cycle(&self, clock: &Clock, terms: &Terms<'_>) -> Option<Cycle> {
        self.cycles(clock.objective, terms.habits()).into_iter().find(|cycle| cycle.number == clock.cycle)
    }

    fn first(
        &self,
        objective: Objective,
        terms: &Terms<'_>,
        cycle: &Cycle,
        before: Option<&Clock>,
    ) -> Result<Clock, ClockFault> {
        let instance = Instance { subject: self.subject, objective, revision: 1, terms };
        let mut clock = read(instance, cycle, self.now)?;
        if cycle.continues
            && let Some(before) = before
        {
            ladder::carry_over(&mut clock, before, self.now);
        }
        ladder::begin(&mut clock, terms, self.now);
        ladder::close(&mut clock, terms, self.now);
        Ok(clock)
    }

    /// The latest instance of a cycle, and the one that carries on from it where the terms have changed.
    fn carry_on(&self, latest: &Clock, owed: Option<&Terms<'_>>) -> Result<Vec<Clock>, ClockFault> {
        let Some(then) = terms_of_clock(self.desk, latest) else { return Ok(vec![latest.clone()]) };
        let Some(cycle) = self.cycle(latest, &then) else { return Ok(vec![latest.clone()]) };
        if latest.outcome == Some(Outcome::Cancelled(Cancellation::NoPolicy)) {
            return match owed.filter(|_| cycle.end.is_none()) {
                None => Ok(vec![latest.clone()]),
                Some(terms) => Ok(vec![latest.clone(), self.successor(latest, terms)?]),
            };
        }
        if cycle.end.is_some() {
            return Ok(vec![self.again(latest, &then, &cycle)?]);
        }
        match owed {
            None => {
                let clock = self.again(latest, &then, &cycle)?;
                Ok(vec![cancelled(clock, Cancellation::NoPolicy, self.now)])
            }
            Some(terms) if terms.are_those_of(latest, &then) => Ok(vec![self.again(latest, &then, &cycle)?]),
            Some(terms) if self.fresh.contains(&latest.id) => {
                let Some(cycle) = self.cycle(latest, terms) else { return Ok(vec![latest.clone()]) };
                let mut clock = self.again(latest, terms, &cycle)?;
                ladder::begin_again(&mut clock, terms, self.now);
                Ok(vec![clock])
            }
            Some(terms) => {
                let same = self.again(latest, &then, &cycle)?;
                let old = self.superseded(latest, self.now)?;
                let new = self.successor(&old, terms)?;
                let changes_nothing = terms.differ_in_version_alone(latest, &then) && is_due_as_before(&same, &new);
                Ok(if changes_nothing { vec![same] } else { vec![old, new] })
            }
        }
    }

    /// The same instance, read anew; what its ladder did stands.
    fn again(&self, clock: &Clock, terms: &Terms<'_>, cycle: &Cycle) -> Result<Clock, ClockFault> {
        let mut read = with_record(read(self.instance(clock, clock.revision, terms), cycle, self.now)?, clock);
        if read.state != ClockState::Ended && read.deadline == clock.missed_at {
            // A miss on record is not taken back because the time of day was set back.
            read.missed_at = clock.missed_at;
        }
        ladder::close(&mut read, terms, self.now);
        Ok(read)
    }

    /// The instance as it stood when other terms came, with what has become known about that time since.
    fn superseded(&self, clock: &Clock, stop: Instant) -> Result<Clock, ClockFault> {
        let Some(terms) = terms_of_clock(self.desk, clock) else { return Ok(clock.clone()) };
        let Some(cycle) = self.cycle(clock, &terms) else { return Ok(clock.clone()) };
        if cycle.started_at > stop {
            return Ok(never_begun(clock, stop));
        }
        let until = cut_off(cycle, stop);
        let read = read(self.instance(clock, clock.revision, &terms), &until, stop)?;
        let consumed_s = match read.consumed_s {
            Some(consumed) => Some(consumed),
            None => {
                let elapsed = terms.calendar.calendar.elapsed(until.started_at, stop, &until.pauses);
                elapsed.ok().map(|elapsed| elapsed.seconds.cast_signed())
            }
        };
        let mut clock = Clock {
            state: ClockState::Ended,
            outcome: Some(Outcome::Superseded),
            ended_at: Some(stop),
            consumed_s,
            ..with_record(read, clock)
        };
        ladder::close(&mut clock, &terms, self.now);
        Ok(clock)
    }

    fn successor(&self, old: &Clock, terms: &Terms<'_>) -> Result<Clock, ClockFault> {
        let Some(cycle) = self.cycle(old, terms) else { return Ok(old.clone()) };
        let mut new = read(self.instance(old, old.revision + 1, terms), &cycle, self.now)?;
        new.excuse.clone_from(&old.excuse);
        if let Some(then) = terms_of_clock(self.desk, old) {
            ladder::take_over(&mut new, old, terms, &then, self.now);
        }
        ladder::begin(&mut new, terms, self.now);
        Ok(new)
    }

    fn instance<'t>(&self, clock: &Clock, revision: u32, terms: &'t Terms<'t>) -> Instance<'t> {
        Instance { subject: self.subject, objective: clock.objective, revision, terms }
    }
}

/// Such an objective begins again and again, and a word that is recorded late may stand between two that are known.
fn begins_with_a_word(objective: Objective) -> bool {
    match objective {
        Objective::NextResponse | Objective::PeriodicUpdate | Objective::UpstreamUpdate => true,
        Objective::Triage
        | Objective::FirstResponse
        | Objective::Resolution
        | Objective::UpstreamAcknowledgement
        | Objective::UpstreamResolution => false,
    }
}

/// A cycle keeps its number, and with it what its ladder said, when another turns up before it or goes away.
fn recognised(mut cycles: Vec<Cycle>, known: &[&Clock]) -> Vec<Cycle> {
    let mut latest: BTreeMap<u32, &Clock> = BTreeMap::new();
    for clock in known.iter().copied() {
        let of_cycle = latest.entry(clock.cycle).or_insert(clock);
        if of_cycle.revision < clock.revision {
            *of_cycle = clock;
        }
    }
    let fresh = latest.keys().max().map_or(1, |number| number + 1);
    let mut open: Vec<&Clock> = latest.into_values().collect();
    // What is gone is recognised last, and only by its very start.
    open.sort_by_key(|clock| (is_gone(clock), clock.started_at, clock.cycle));
    let numbers: Vec<Option<u32>> =
        cycles.iter().map(|cycle| take(&mut open, |clock| clock.started_at == cycle.started_at)).collect();
    let fits = |clock: &Clock, cycle: &Cycle| {
        let said = known.iter().filter(|one| one.cycle == clock.cycle).flat_map(|one| &one.steps);
        !is_gone(clock) && said.map(|record| record.at).all(|at| cycle.started_at <= at)
    };
    let mut unused = fresh..;
    for (cycle, number) in cycles.iter_mut().zip(numbers) {
        let moved = number.or_else(|| take(&mut open, |clock| fits(clock, cycle)));
        cycle.number = moved.or_else(|| unused.next()).unwrap_or(fresh);
    }
    cycles
}

fn is_gone(clock: &Clock) -> bool {
    clock.outcome == Some(Outcome::Cancelled(Cancellation::NoLongerOwed))
}

fn take(clocks: &mut Vec<&Clock>, is_it: impl Fn(&Clock) -> bool) -> Option<u32> {
    let place = clocks.iter().position(|clock| is_it(clock))?;
    Some(clocks.remove(place).cycle)
}

fn is_of(clock: &Clock, objective: Objective, cycle: u32) -> bool {
    clock.objective == objective && clock.cycle == cycle
}

fn with_record(read: Clock, before: &Clock) -> Clock {
    Clock { excuse: before.excuse.clone(), steps: before.steps.clone(), ..read }
}

/// Another version of the same calendar may leave a clock where it was.
fn is_due_as_before(old: &Clock, new: &Clock) -> bool {
    (old.deadline, old.remaining_s, old.provisional) == (new.deadline, new.remaining_s, new.provisional)
}

/// A miss under a stricter target stays counted, once; and terms judge nothing that was over before they came.
fn keep_misses(instances: &mut [Clock]) {
    let mut missed = false;
    let mut in_force_from = None;
    for clock in instances {
        let was_over = clock.ended_at.zip(in_force_from).is_some_and(|(ended_at, from)| ended_at <= from);
        if was_over && clock.outcome == Some(Outcome::MetLate) {
            (clock.missed_at, clock.outcome) = (None, Some(Outcome::Met));
        }
        clock.lowered = missed && clock.missed_at.is_none();
        missed |= clock.missed_at.is_some();
        in_force_from = clock.ended_at.filter(|_| clock.is_superseded());
    }
}

/// The cycle as far as it was known to go at `stop`.
fn cut_off(cycle: Cycle, stop: Instant) -> Cycle {
    let pauses = cycle.pauses.into_iter().filter(|pause| pause.from < stop);
    let pauses = pauses.map(|pause| Pause { to: pause.to.filter(|to| *to <= stop), ..pause }).collect();
    Cycle { pauses, end: cycle.end.filter(|(at, _)| *at < stop), ..cycle }
}

/// Superseded before the instant that is now taken for its start.
fn never_begun(clock: &Clock, stop: Instant) -> Clock {
    match clock.state {
        ClockState::Ended => clock.clone(),
        ClockState::Running | ClockState::Paused => Clock {
            state: ClockState::Ended,
            outcome: Some(Outcome::Superseded),
            ended_at: Some(stop),
            consumed_s: Some(0),
            ..clock.clone()
        },
    }
}

fn cancelled(clock: Clock, why: Cancellation, now: Instant) -> Clock {
    Clock { state: ClockState::Ended, outcome: Some(Outcome::Cancelled(why)), ended_at: Some(now), ..clock }
}

/// On record, but measured no more: what began it went to another ticket.
fn abandoned(kept: &[Clock], before: &[Clock], now: Instant) -> Vec<Clock> {
    before
        .iter()
        .filter(|old| kept.iter().all(|clock| clock.id != old.id))
        .map(|old| match old.state {
            ClockState::Ended => old.clone(),
            ClockState::Running | ClockState::Paused => cancelled(old.clone(), Cancellation::NoLongerOwed, now),
        })
        .collect()
}

//! The end of a run: nothing goes wrong any more, and everything that was begun comes to its end.

use chrono::Duration;

use crate::Instant;
use crate::clock::{Clock, ClockState, Subject};
use crate::firing;
use crate::proof::invariants::{Checked, ensure};
use crate::proof::simulation::workers::{WORKERS, Worker};
use crate::proof::simulation::{Simulation, Weather};

/// Instants at which something is due; each ladder is short, and nobody starts anything new.
const ROUNDS_MAX: usize = 20_000;
/// What was set aside after its failures is looked at again after this at the latest.
const PATIENCE_S: i64 = 3_600;

impl Simulation {
    pub(super) fn drain(&mut self) -> Checked {
        let set_back = self.weather.set_back > 0;
        self.weather = Weather::CALM;
        // Half of the time they go on with what they hold; otherwise they are gone, and others come.
        if self.random.chance(500) {
            self.workers = Default::default();
        }
        self.workers.iter_mut().for_each(Worker::wake);
        let calm_since = self.world.now;
        for _ in 0..ROUNDS_MAX {
            self.do_all_that_can_be_done()?;
            if !set_back && self.world.now >= calm_since + Duration::seconds(PATIENCE_S) {
                self.nothing_is_overdue()?;
            }
            let Some(next) = self.next_instant() else { return self.is_at_rest() };
            self.world.now = self.world.now.max(next);
            self.latest = self.latest.max(self.world.now);
        }
        Err("it does not come to rest".to_owned())
    }

    fn do_all_that_can_be_done(&mut self) -> Checked {
        while !self.to_measure.is_empty() {
            self.measure_next()?;
        }
        loop {
            self.deliver_all()?;
            let mut busy = false;
            for worker in 0..WORKERS {
                busy |= self.work(worker)?;
            }
            if !busy {
                return Ok(());
            }
        }
    }

    /// Whatever is due is done, as soon as nobody who died can hold it any more.
    fn nothing_is_overdue(&self) -> Checked {
        let overdue = self.subjects().into_iter().find(|subject| self.next_fire_at(*subject) <= Some(self.world.now));
        let overdue = overdue.filter(|subject| self.next_fire_at(*subject).is_some());
        ensure(overdue.is_none(), || {
            let subject =
                overdue.map(|subject| (self.name(subject), self.next_fire_at(subject), self.standings.get(&subject)));
            format!("still due: {subject:?}")
        })
    }

    fn next_instant(&self) -> Option<Instant> {
        let now = self.world.now;
        let subject = |subject: Subject| {
            let due = self.next_fire_at(subject)?;
            let free = self.standings.get(&subject).and_then(|standing| standing.claimed_until);
            Some(due.max(free.unwrap_or(due)))
        };
        let next = self.subjects().into_iter().filter_map(subject).chain(self.outbox.next_at()).min();
        next.map(|at| at.max(now + Duration::seconds(1)))
    }

    fn is_at_rest(&self) -> Checked {
        self.look_at_all()?;
        self.outbox.is_drained()?;
        for (subject, standing) in &self.standings {
            ensure(firing::is_free(standing, self.world.now), || {
                format!("{} is held: {standing:?}", self.name(*subject))
            })?;
        }
        let tickets = self.world.tickets.values().flat_map(|stored| &stored.clocks);
        let cases = self.world.cases.values().flat_map(|case| &case.clocks);
        tickets.chain(cases).filter(|clock| clock.state != ClockState::Ended).try_for_each(is_answered)
    }
}

fn is_answered(clock: &Clock) -> Checked {
    let open = clock.steps.iter().filter_map(|record| record.acknowledgement.as_ref()).any(|wanted| wanted.is_open());
    ensure(!open, || format!("somebody is still waited for: {clock:?}"))
}

//! A whole desk in virtual time, by a seed: people, customers, an operator, several workers and a mail server, and
//! whatever can go wrong between them.
//!
//! The seed decides everything. A run that fails names its seed and what was done last; this repeats it, and nothing
//! else:
//!
//! ```text
//! WATCHDESK_SIM_SEED=4711 cargo test -p watchdesk-core proof::simulation::by_seed
//! WATCHDESK_SIM_RUNS=500 cargo test --release -p watchdesk-core proof::simulation
//! ```
//!
//! Both are read when the test is compiled (cargo sees to it that it is): the core does not look at its surroundings,
//! not even in its tests.

mod cases;
mod drain;
mod operations;
mod outbox;
mod people;
mod publishing;
pub(super) mod random;
mod store;
mod tests;
mod workers;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use chrono::Duration;

use crate::Instant;
use crate::clock::Subject;
use crate::decide::tests::world::World;
use crate::desk::Desk;
use crate::firing::Standing;
use crate::ids::{CaseId, TicketId};
use crate::proof::desk;
use crate::proof::invariants::{self, Checked};
use outbox::Outbox;
use random::Random;
use workers::{WORKERS, Worker};

/// What was done last is told when a run fails.
const TOLD_MAX: usize = 60;
/// Between two looks at everything there is.
const LOOK_AT_ALL_EVERY: usize = 8;

/// What may go wrong, in thousandths.
#[derive(Debug, Clone, Copy, Default)]
struct Weather {
    /// A worker dies, at each of its steps.
    death: u64,
    /// It sleeps for up to ten minutes.
    sleep: u64,
    /// A decision cannot be made.
    poison: u64,
    /// A mail is refused, lost or slow.
    mail: u64,
    /// The store's clock is set back.
    set_back: u64,
}

impl Weather {
    const CALM: Self = Self { death: 0, sleep: 0, poison: 0, mail: 0, set_back: 0 };
    const STORM: Self = Self { death: 40, sleep: 40, poison: 20, mail: 300, set_back: 0 };
    /// As a storm, and not even the database's clock can be trusted.
    const WRONG_CLOCKS: Self = Self { set_back: 8, ..Self::STORM };
}

struct Simulation {
    world: World,
    /// What decisions see; a copy of the world's, made anew when something is published.
    desk: Arc<Desk>,
    desk_version: u32,
    random: Random,
    weather: Weather,
    /// The latest time that the store ever showed.
    latest: Instant,
    standings: BTreeMap<Subject, Standing>,
    /// Who claimed it last, and when: kept beside the protocol, to judge it.
    holders: BTreeMap<Subject, (usize, Instant)>,
    workers: [Worker; WORKERS],
    effect_keys: BTreeSet<String>,
    outbox: Outbox,
    /// What the job that follows a publication has still to measure anew.
    to_measure: VecDeque<Subject>,
    /// Cases whose first ticket changed while it was not at hand: measured anew with the next word about them.
    out_of_sight: BTreeSet<CaseId>,
    told: VecDeque<String>,
    counts: Counts,
}

/// What a run did, so that nobody takes an idle one for a proof.
#[derive(Debug, Clone, Default)]
struct Counts {
    done: BTreeMap<&'static str, u64>,
    refused: u64,
    fired: u64,
    turned_away: u64,
    deaths: u64,
    delivered: u64,
    missed: u64,
}

impl Simulation {
    fn new(seed: u64, weather: Weather) -> Self {
        let world = desk::world();
        Self {
            desk: Arc::new(world.desk.clone()),
            desk_version: 0,
            latest: world.now,
            random: Random::new(seed),
            weather,
            standings: BTreeMap::new(),
            holders: BTreeMap::new(),
            workers: Default::default(),
            effect_keys: BTreeSet::new(),
            outbox: Outbox::default(),
            to_measure: VecDeque::new(),
            out_of_sight: BTreeSet::new(),
            told: VecDeque::new(),
            counts: Counts::default(),
            world,
        }
    }

    /// So many steps with everything that can go wrong, and then calm until nothing is left to do.
    fn run(&mut self, steps: usize) -> Checked {
        for step in 0..steps {
            self.pass();
            match self.random.below(20) {
                0..9 => self.operate()?,
                9..16 => self.let_workers_work()?,
                16..19 => self.let_mail_flow()?,
                _ => self.measure_next()?,
            }
            if step % LOOK_AT_ALL_EVERY == 0 {
                self.look_at_all()?;
            }
        }
        self.drain()
    }

    /// Mostly seconds and minutes, sometimes a night, seldom days; now and then the clock is set back.
    fn pass(&mut self) {
        let seconds = match self.random.below(100) {
            0..60 => self.random.between(0, 30),
            60..88 => self.random.between(30, 1_200),
            88..97 => self.random.between(1_200, 10_800),
            97..99 => self.random.between(10_800, 86_400),
            _ => self.random.between(86_400, 4 * 86_400),
        };
        self.world.advance(Duration::seconds(seconds));
        if self.random.chance(self.weather.set_back) {
            let back_s = self.random.between(1, 3_600);
            self.world.advance(Duration::seconds(-back_s));
            self.tell(|| format!("the store's clock is set back by {back_s} s"));
        }
        self.latest = self.latest.max(self.world.now);
    }

    fn tell(&mut self, what: impl FnOnce() -> String) {
        if self.told.len() == TOLD_MAX {
            self.told.pop_front();
        }
        let now = self.world.now.format("%m-%d %H:%M:%S");
        self.told.push_back(format!("{now} {}", what()));
    }

    fn count(&mut self, what: &'static str) {
        *self.counts.done.entry(what).or_default() += 1;
    }

    /// As people call it.
    fn name(&self, subject: Subject) -> String {
        match subject {
            Subject::Ticket(id) => self.ticket_name(id),
            Subject::Case(id) => {
                let tickets = self.world.cases.get(&id).map(|case| case.tickets.clone()).unwrap_or_default();
                let names: Vec<_> = tickets.into_iter().map(|id| self.ticket_name(id)).collect();
                format!("the case of {}", names.join(", "))
            }
        }
    }

    fn ticket_name(&self, id: TicketId) -> String {
        self.world.tickets.get(&id).map_or_else(|| "a new one".to_owned(), |stored| stored.ticket.number.to_string())
    }

    fn next_fire_at(&self, subject: Subject) -> Option<Instant> {
        match subject {
            Subject::Ticket(id) => self.world.tickets.get(&id)?.next_fire_at,
            Subject::Case(id) => self.world.cases.get(&id)?.next_fire_at,
        }
    }

    fn subjects(&self) -> Vec<Subject> {
        let tickets = self.world.tickets.keys().copied().map(Subject::Ticket);
        tickets.chain(self.world.cases.keys().copied().map(Subject::Case)).collect()
    }

    fn look_at_all(&self) -> Checked {
        self.subjects().into_iter().try_for_each(|subject| self.look_at(subject))
    }

    /// Where nothing is due and nothing was published since, what is stored is what would be read anew.
    fn look_at(&self, subject: Subject) -> Checked {
        let quiet = self.next_fire_at(subject).is_none_or(|at| at > self.world.now);
        let read_anew = quiet && !self.to_measure.contains(&subject);
        match subject {
            Subject::Ticket(id) => {
                invariants::ticket(&self.world, id, self.latest)?;
                if read_anew { invariants::ticket_read_anew(&self.world, id) } else { Ok(()) }
            }
            Subject::Case(id) => {
                invariants::case(&self.world, id, self.latest)?;
                if read_anew && !self.out_of_sight.contains(&id) {
                    invariants::case_read_anew(&self.world, id)
                } else {
                    Ok(())
                }
            }
        }
    }
}

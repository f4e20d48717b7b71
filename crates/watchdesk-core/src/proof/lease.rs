//! The lease protocol of [`crate::firing`], in every order in which workers, their deaths and the clock can meet.
//!
//! Two workers claim, decide, save and release; between any two of these time may pass, the other worker may act, and
//! the worker may die or sleep past its lease. Whatever stands in the way of exactly one effect for each step is found.

use stateright::{Checker, Model, Property};
use uuid::Uuid;

use crate::Instant;
use crate::clock::Subject;
use crate::firing::{self, Claim, LEASE_S, Standing};
use crate::ids::TicketId;

/// Time passes by half leases.
const PASS_S: i64 = LEASE_S / 2;
/// When the two steps of every subject are due.
const STEPS_S: [i64; 2] = [0, 50];
const WORKERS: usize = 2;
/// After the last fault: a lease and the back-off of two failures, and the time of the second step.
const RECOVERY_S: i64 = LEASE_S + 2 * LEASE_S + 50 + 3 * PASS_S;

#[derive(Debug, Clone, Copy, PartialEq)]
enum Time {
    /// Every worker takes the database's.
    Stores,
    /// Every worker believes its own clock, which is wrong by so many seconds.
    Believed([i64; WORKERS]),
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Release {
    /// In the transaction of the save, as the program does.
    WithSave,
    /// In one of its own, so that the worker may die in between.
    Later,
}

#[derive(Debug, Clone, Copy)]
struct Protocol {
    subjects: usize,
    time: Time,
    release: Release,
    /// Whether a save asks [`firing::admits`] at all; without it the checker has to find what goes wrong.
    fenced: bool,
    crashes: u8,
    failures: u8,
    /// So many leases can run out one after the other.
    leases: i64,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Moment {
    now_s: i64,
    rows: Vec<Row>,
    workers: [Worker; WORKERS],
    crashes_left: u8,
    failures_left: u8,
    seen: Seen,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
struct Row {
    standing: Standing,
    /// Steps that are on record.
    fired: usize,
    /// How often an effect row was written for each step; the unique key would refuse the second.
    effects: [u8; STEPS_S.len()],
    /// Who claimed it last, and when: kept beside the protocol, to judge it.
    holder: Option<(usize, i64)>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
struct Worker {
    /// What it holds, or believes to hold; the first is being worked on.
    claims: Vec<Claim>,
    stage: Stage,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
enum Stage {
    #[default]
    Fresh,
    /// It knows what to save: the steps from one to another.
    Decided {
        from: usize,
        to: usize,
    },
    Saved,
}

/// What happened on the way here.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
struct Seen {
    early: bool,
    /// Saved although somebody else had claimed it since.
    usurped: bool,
    /// Saved although the lease was over.
    overdue: bool,
    turned_away: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Act {
    Claim(usize),
    Decide(usize),
    Save(usize),
    Release(usize),
    Fail(usize),
    Crash(usize),
    Pass,
}

fn instant(second: i64) -> Instant {
    Instant::from_timestamp(1_000_000 + second, 0).expect("an instant")
}

fn subject(index: usize) -> Subject {
    Subject::Ticket(TicketId(Uuid::from_u128(index as u128)))
}

fn index(subject: Subject) -> usize {
    match subject {
        Subject::Ticket(id) => usize::try_from(id.0.as_u128()).expect("a small number"),
        Subject::Case(_) => unreachable!("there are only tickets here"),
    }
}

impl Protocol {
    fn now(&self, moment: &Moment, worker: usize) -> Instant {
        let skew_s = match self.time {
            Time::Stores => 0,
            Time::Believed(skews_s) => skews_s[worker],
        };
        instant(moment.now_s + skew_s)
    }

    fn act(&self, moment: &mut Moment, act: Act) -> bool {
        match act {
            Act::Claim(worker) => self.claim(moment, worker),
            Act::Decide(worker) => self.decide(moment, worker),
            Act::Save(worker) => self.save(moment, worker),
            Act::Release(worker) => release(moment, worker),
            Act::Fail(worker) => self.fail(moment, worker),
            Act::Crash(worker) => crash(moment, worker),
            Act::Pass => {
                moment.now_s += PASS_S;
                moment.now_s <= self.leases * LEASE_S
            }
        }
    }

    fn claim(&self, moment: &mut Moment, worker: usize) -> bool {
        if !moment.workers[worker].claims.is_empty() {
            return false;
        }
        let now = self.now(moment, worker);
        let rows = moment.rows.iter().enumerate();
        let due: Vec<_> = rows
            .filter_map(|(index, row)| Some((subject(index), instant(*STEPS_S.get(row.fired)?), row.standing)))
            .collect();
        let claims = firing::claim(&due, now);
        for (claim, standing) in &claims {
            let row = &mut moment.rows[index(claim.subject)];
            row.standing = *standing;
            row.holder = Some((worker, moment.now_s));
        }
        moment.workers[worker].claims = claims.into_iter().map(|(claim, _)| claim).collect();
        !moment.workers[worker].claims.is_empty()
    }

    fn decide(&self, moment: &mut Moment, worker: usize) -> bool {
        let now = self.now(moment, worker);
        let Worker { claims, stage } = &mut moment.workers[worker];
        let (Some(claim), Stage::Fresh) = (claims.first(), *stage) else { return false };
        let to = STEPS_S.iter().filter(|due_s| instant(**due_s) <= now).count();
        *stage = Stage::Decided { from: moment.rows[index(claim.subject)].fired, to };
        true
    }

    fn save(&self, moment: &mut Moment, worker: usize) -> bool {
        let now = self.now(moment, worker);
        let (Some(claim), Stage::Decided { from, to }) =
            (moment.workers[worker].claims.first().copied(), moment.workers[worker].stage)
        else {
            return false;
        };
        let row = &mut moment.rows[index(claim.subject)];
        if self.fenced && !firing::admits(&row.standing, &claim, now) {
            moment.seen.turned_away = true;
            finish(&mut moment.workers[worker]);
            return true;
        }
        let (holder, since_s) = row.holder.expect("somebody claimed it");
        moment.seen.usurped |= holder != worker;
        moment.seen.overdue |= holder == worker && moment.now_s >= since_s + LEASE_S;
        for (effects, due_s) in row.effects.iter_mut().zip(STEPS_S).take(to).skip(from) {
            *effects += 1;
            moment.seen.early |= due_s > moment.now_s;
        }
        row.fired = row.fired.max(to);
        moment.workers[worker].stage = Stage::Saved;
        match self.release {
            Release::WithSave => release(moment, worker),
            Release::Later => true,
        }
    }

    /// The decision could not be made: the subject is poisoned.
    fn fail(&self, moment: &mut Moment, worker: usize) -> bool {
        let now = self.now(moment, worker);
        let (Some(claim), Stage::Fresh) =
            (moment.workers[worker].claims.first().copied(), moment.workers[worker].stage)
        else {
            return false;
        };
        if moment.failures_left == 0 {
            return false;
        }
        moment.failures_left -= 1;
        let row = &mut moment.rows[index(claim.subject)];
        if row.standing.fence == claim.fence {
            row.standing = firing::failed(&row.standing, now);
        }
        finish(&mut moment.workers[worker]);
        true
    }

    /// With no further fault, whether the workers that hold something go on or are gone for good: everything is fired,
    /// once, and nobody holds anything, in the time that a lease and its back-off take.
    fn recovers(&self, moment: &Moment) -> bool {
        let gone = Moment { workers: Default::default(), ..moment.clone() };
        [moment.clone(), gone].into_iter().all(|mut moment| {
            let end_s = moment.now_s + RECOVERY_S;
            while moment.now_s < end_s && !is_drained(&moment) {
                for worker in 0..WORKERS {
                    self.work(&mut moment, worker);
                }
                moment.now_s += PASS_S;
            }
            is_drained(&moment)
        })
    }

    /// All that a worker can do now.
    fn work(&self, moment: &mut Moment, worker: usize) {
        let acts = [Act::Release(worker), Act::Save(worker), Act::Decide(worker), Act::Claim(worker)];
        while acts.into_iter().any(|act| self.act(moment, act)) {}
    }
}

fn finish(worker: &mut Worker) {
    worker.claims.remove(0);
    worker.stage = Stage::Fresh;
}

fn release(moment: &mut Moment, worker: usize) -> bool {
    let (Some(claim), Stage::Saved) = (moment.workers[worker].claims.first().copied(), moment.workers[worker].stage)
    else {
        return false;
    };
    let row = &mut moment.rows[index(claim.subject)];
    if row.standing.fence == claim.fence {
        row.standing = firing::done(&row.standing);
    }
    finish(&mut moment.workers[worker]);
    true
}

fn crash(moment: &mut Moment, worker: usize) -> bool {
    if moment.crashes_left == 0 || moment.workers[worker].claims.is_empty() {
        return false;
    }
    moment.crashes_left -= 1;
    moment.workers[worker] = Worker::default();
    true
}

fn is_drained(moment: &Moment) -> bool {
    let free = |row: &Row| firing::is_free(&row.standing, instant(moment.now_s));
    moment.rows.iter().all(|row| row.effects == [1; STEPS_S.len()] && free(row))
}

impl Model for Protocol {
    type State = Moment;
    type Action = Act;

    fn init_states(&self) -> Vec<Moment> {
        vec![Moment {
            now_s: 0,
            rows: vec![Row::default(); self.subjects],
            workers: Default::default(),
            crashes_left: self.crashes,
            failures_left: self.failures,
            seen: Seen::default(),
        }]
    }

    fn actions(&self, _: &Moment, actions: &mut Vec<Act>) {
        for worker in 0..WORKERS {
            let of_worker = [Act::Claim, Act::Decide, Act::Save, Act::Release, Act::Fail, Act::Crash];
            actions.extend(of_worker.map(|act| act(worker)));
        }
        actions.push(Act::Pass);
    }

    fn next_state(&self, last: &Moment, act: Act) -> Option<Moment> {
        let mut next = last.clone();
        self.act(&mut next, act).then_some(next)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        let mut properties = vec![
            Property::always(ONCE, |_, moment: &Moment| {
                moment.rows.iter().all(|row| row.effects.iter().all(|effects| *effects <= 1))
            }),
            Property::always(NOT_USURPED, |_, moment: &Moment| !moment.seen.usurped),
            Property::always(RECOVERS, |protocol: &Self, moment: &Moment| protocol.recovers(moment)),
            Property::sometimes(ALL_FIRED, |_, moment: &Moment| is_drained(moment)),
            Property::sometimes(TURNED_AWAY, |_, moment: &Moment| moment.seen.turned_away),
        ];
        match self.time {
            Time::Stores => properties.extend([
                Property::always(NEVER_EARLY, |_, moment: &Moment| !moment.seen.early),
                Property::always(IN_TIME, |_, moment: &Moment| !moment.seen.overdue),
            ]),
            Time::Believed(_) => {
                properties.push(Property::sometimes(EARLY, |_, moment: &Moment| moment.seen.early));
            }
        }
        properties
    }
}

const ONCE: &str = "each step has at most one effect";
const NOT_USURPED: &str = "nobody saves what somebody else has claimed since";
const RECOVERS: &str = "once faults stop everything that is due is fired, and nothing is held";
const NEVER_EARLY: &str = "nothing is fired before its time";
const IN_TIME: &str = "nobody saves when its lease is over";
const ALL_FIRED: &str = "everything is fired";
const TURNED_AWAY: &str = "a worker that wakes up too late is turned away";
const EARLY: &str = "a worker that believes its own clock fires too early";

const ORDINARY: Protocol = Protocol {
    subjects: 1,
    time: Time::Stores,
    release: Release::WithSave,
    fenced: true,
    crashes: 2,
    failures: 2,
    leases: 4,
};

/// Explores all of it; `states_min` says that it was a world and not a corner of one.
fn check(protocol: Protocol, states_min: usize) {
    let checker = protocol.checker().spawn_bfs().join();
    checker.assert_properties();
    let states = checker.unique_state_count();
    assert!(states >= states_min, "only {states} states of {protocol:?}");
}

#[test]
fn one_subject_is_fired_once_whoever_dies_or_sleeps() {
    check(ORDINARY, 500);
}

#[test]
fn two_subjects_are_shared() {
    check(Protocol { subjects: 2, crashes: 1, failures: 1, leases: 2, ..ORDINARY }, 4_000);
}

#[test]
fn a_worker_may_die_between_saving_and_letting_go() {
    check(Protocol { release: Release::Later, ..ORDINARY }, 500);
}

#[test]
fn clocks_that_disagree_cost_time_and_repeat_nothing() {
    for skews_s in [[0, 2 * LEASE_S], [-LEASE_S, LEASE_S]] {
        check(Protocol { time: Time::Believed(skews_s), ..ORDINARY }, 500);
    }
}

#[test]
fn without_the_fence_the_checker_finds_the_second_effect() {
    let checker = Protocol { fenced: false, ..ORDINARY }.checker().spawn_bfs().join();
    assert!(checker.discovery(ONCE).is_some());
    assert!(checker.discovery(NOT_USURPED).is_some());
}

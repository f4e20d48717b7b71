//! Workers: they claim what is due, decide, save and let go, and may die or sleep between any two of these.

use std::collections::VecDeque;

use chrono::Duration;

use crate::Instant;
use crate::clock::Subject;
use crate::command::{CaseCommand, Command, Unit};
use crate::decide::decide;
use crate::decision::Decision;
use crate::event::EventKind;
use crate::firing::{self, Claim, LEASE_S};
use crate::proof::invariants::{Checked, ensure};
use crate::proof::simulation::Simulation;
use crate::proof::simulation::store::Versions;
use crate::proof::spoken;
use crate::rights::Actor;

pub(super) const WORKERS: usize = 3;
/// Subjects that one worker claims together; small, so that the others find something.
const BATCH_MAX: i64 = 4;
const SLEEP_S_MAX: i64 = 600;

#[derive(Debug, Default)]
pub(super) struct Worker {
    claims: VecDeque<Claim>,
    stage: Stage,
    wakes_at: Option<Instant>,
}

#[derive(Debug, Default)]
enum Stage {
    #[default]
    Fresh,
    Decided(Box<Decided>),
    Saved,
}

#[derive(Debug)]
struct Decided {
    decision: Decision,
    at: Instant,
    on: Versions,
}

pub(super) fn firing_of(subject: Subject) -> Unit {
    match subject {
        Subject::Ticket(id) => Unit::ticket(id, Command::FireTimers),
        Subject::Case(id) => Unit::case(id, CaseCommand::FireTimers),
    }
}

impl Simulation {
    pub(super) fn let_workers_work(&mut self) -> Checked {
        for _ in 0..self.random.between(1, 30) {
            let worker = self.random.below(WORKERS);
            self.work(worker)?;
        }
        Ok(())
    }

    /// One step of one worker. True if it did something.
    pub(super) fn work(&mut self, worker: usize) -> Result<bool, String> {
        if self.workers[worker].wakes_at.is_some_and(|at| at > self.world.now) {
            return Ok(false);
        }
        if self.random.chance(self.weather.death) {
            let was = std::mem::take(&mut self.workers[worker]);
            self.counts.deaths += u64::from(!was.claims.is_empty());
            self.tell(|| format!("worker {worker} dies over {:?}", was.claims));
            return Ok(true);
        }
        if self.random.chance(self.weather.sleep) {
            let sleeps_s = self.random.between(1, SLEEP_S_MAX);
            self.workers[worker].wakes_at = Some(self.world.now + Duration::seconds(sleeps_s));
            return Ok(true);
        }
        let Some(claim) = self.workers[worker].claims.front().copied() else { return Ok(self.claim(worker)) };
        match std::mem::take(&mut self.workers[worker].stage) {
            Stage::Fresh => self.decide(worker, claim).map(|()| true),
            Stage::Decided(decided) => self.save_under(worker, claim, *decided).map(|()| true),
            Stage::Saved => {
                self.release(worker, claim);
                Ok(true)
            }
        }
    }

    fn claim(&mut self, worker: usize) -> bool {
        let now = self.world.now;
        let due: Vec<_> = self
            .subjects()
            .into_iter()
            .filter_map(|subject| {
                let at = self.next_fire_at(subject).filter(|at| *at <= now)?;
                Some((subject, at, self.standings.get(&subject).copied().unwrap_or_default()))
            })
            .collect();
        let batch = usize::try_from(self.random.between(1, BATCH_MAX)).expect("a small number");
        for (claim, standing) in firing::claim(&due, now).into_iter().take(batch) {
            self.standings.insert(claim.subject, standing);
            self.holders.insert(claim.subject, (worker, now));
            self.workers[worker].claims.push_back(claim);
        }
        !self.workers[worker].claims.is_empty()
    }

    fn decide(&mut self, worker: usize, claim: Claim) -> Checked {
        let now = self.world.now;
        if self.random.chance(self.weather.poison) {
            self.tell(|| format!("worker {worker} fails over {claim:?}"));
            self.fail(claim);
            self.drop_claim(worker);
            return Ok(());
        }
        let facts = self.facts(&firing_of(claim.subject));
        let on = self.versions(&facts);
        let decision = decide(&facts, &firing_of(claim.subject), &Actor::System, now)
            .map_err(|refusal| format!("timers are refused for {}: {refusal}", self.name(claim.subject)))?;
        self.workers[worker].stage = Stage::Decided(Box::new(Decided { decision, at: now, on }));
        Ok(())
    }

    fn fail(&mut self, claim: Claim) {
        let now = self.world.now;
        if let Some(standing) = self.standings.get_mut(&claim.subject).filter(|one| one.fence == claim.fence) {
            *standing = firing::failed(standing, now);
        }
    }

    fn save_under(&mut self, worker: usize, claim: Claim, decided: Decided) -> Checked {
        let now = self.world.now;
        let standing = self.standings.get(&claim.subject).copied().unwrap_or_default();
        if !firing::admits(&standing, &claim, now) {
            self.counts.turned_away += 1;
            self.tell(|| format!("worker {worker} comes too late with {claim:?}"));
            self.drop_claim(worker);
            return Ok(());
        }
        let (holder, since) = self.holders[&claim.subject];
        ensure(holder == worker, || format!("worker {worker} saves what {holder} holds"))?;
        ensure(now < since + Duration::seconds(LEASE_S), || format!("worker {worker} saves after its lease"))?;
        let facts = self.facts(&firing_of(claim.subject));
        if self.versions(&facts) != decided.on {
            // Somebody changed it meanwhile: decided again, as long as the claim holds.
            return Ok(());
        }
        self.save(&decided.decision)?;
        self.note_what_was_seen(&facts, &decided.decision);
        let name = self.name(claim.subject);
        self.tell(|| format!("worker {worker} fires {name}"));
        self.check_fired(claim.subject, &decided)?;
        self.check_saved(&decided.decision)?;
        self.workers[worker].stage = Stage::Saved;
        if self.random.chance(700) {
            // In the same transaction, as the program does; otherwise the worker may die in between.
            self.release(worker, claim);
        }
        Ok(())
    }

    fn check_fired(&mut self, subject: Subject, decided: &Decided) -> Checked {
        spoken::check(&self.desk, &decided.decision, decided.at)?;
        let next = self.next_fire_at(subject);
        ensure(next.is_none_or(|at| at > decided.at), || {
            format!("{} is still due after firing: {next:?}", self.name(subject))
        })?;
        let events = decided.decision.tickets.iter().flat_map(|change| &change.events);
        let fired = events.filter(|event| matches!(event.kind, EventKind::StepFired { .. })).count();
        self.counts.fired += fired as u64;
        Ok(())
    }

    fn release(&mut self, worker: usize, claim: Claim) {
        if let Some(standing) = self.standings.get_mut(&claim.subject).filter(|one| one.fence == claim.fence) {
            *standing = firing::done(standing);
        }
        self.drop_claim(worker);
    }

    fn drop_claim(&mut self, worker: usize) {
        self.workers[worker].claims.pop_front();
        self.workers[worker].stage = Stage::Fresh;
    }
}

impl Worker {
    pub(super) fn wake(&mut self) {
        self.wakes_at = None;
    }
}

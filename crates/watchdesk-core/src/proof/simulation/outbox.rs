//! The mail server and what leads there: deliveries at least once under one identity; receipts late or never.

use std::collections::{BTreeMap, BTreeSet};

use chrono::Duration;

use crate::Instant;
use crate::clock::Subject;
use crate::command::{CaseCommand, Command, Unit};
use crate::effect::{Effect, Notice, Recipient};
use crate::event::StepRef;
use crate::ids::ClockId;
use crate::proof::invariants::{Checked, ensure};
use crate::proof::simulation::Simulation;
use crate::proof::spoken::call_of;
use crate::rights::Actor;

#[derive(Debug, Default)]
pub(super) struct Outbox {
    /// By the key of the effect, which is also the identity of every delivery.
    posts: BTreeMap<String, Post>,
    receipts: Vec<Receipt>,
    digests: u32,
}

#[derive(Debug)]
struct Post {
    effect: Effect,
    state: PostState,
    deliveries: u32,
    /// Times that nobody could tell whether the server had taken it.
    ambiguous: u32,
}

#[derive(Debug, PartialEq)]
enum PostState {
    Waiting {
        not_before: Instant,
    },
    /// For a digest.
    Held,
    Grouped,
    Sent,
}

#[derive(Debug)]
struct Receipt {
    clock: ClockId,
    step: StepRef,
    at: Instant,
}

impl Outbox {
    pub fn take(&mut self, effect: Effect, now: Instant) {
        let state = if effect.held { PostState::Held } else { PostState::Waiting { not_before: now } };
        self.posts.insert(effect.key.clone(), Post { effect, state, deliveries: 0, ambiguous: 0 });
    }

    fn ready(&self, now: Instant) -> Vec<String> {
        let is_ready = |post: &Post| matches!(post.state, PostState::Waiting { not_before } if not_before <= now);
        self.posts.iter().filter(|(_, post)| is_ready(post)).map(|(key, _)| key.clone()).collect()
    }

    /// Everything that piled up, in one mail for each.
    fn compose(&mut self, now: Instant) {
        let mut recipients: BTreeSet<Recipient> = BTreeSet::new();
        let mut about = None;
        for post in self.posts.values_mut().filter(|post| post.state == PostState::Held) {
            post.state = PostState::Grouped;
            recipients.insert(post.effect.to.clone());
            about = Some(post.effect.ticket);
        }
        let Some(ticket) = about else { return };
        self.digests += 1;
        for to in recipients {
            let key = format!("digest:{}:{to}", self.digests);
            self.take(Effect { key, ticket, to, notice: Notice::Digest, held: false }, now);
        }
    }

    /// When the mail server takes more.
    pub fn next_at(&self) -> Option<Instant> {
        let waiting = self.posts.values().filter_map(|post| match post.state {
            PostState::Waiting { not_before } => Some(not_before),
            PostState::Held | PostState::Grouped | PostState::Sent => None,
        });
        waiting.min()
    }

    pub fn is_drained(&self) -> Checked {
        ensure(self.receipts.is_empty(), || "receipts are left".to_owned())?;
        for (key, post) in &self.posts {
            let fits = match post.state {
                PostState::Sent => (1..=1 + post.ambiguous).contains(&post.deliveries),
                PostState::Grouped => post.deliveries == 0,
                PostState::Waiting { .. } | PostState::Held => false,
            };
            ensure(fits, || format!("{key} is {:?} after {} deliveries", post.state, post.deliveries))?;
        }
        Ok(())
    }
}

impl Simulation {
    pub(super) fn let_mail_flow(&mut self) -> Checked {
        for _ in 0..self.random.between(1, 8) {
            match self.random.below(10) {
                0..7 => self.deliver_one(),
                7..9 => self.note_one_receipt()?,
                _ => self.outbox.compose(self.world.now),
            }
        }
        Ok(())
    }

    fn deliver_one(&mut self) {
        let now = self.world.now;
        let Some(key) = self.random.pick(&self.outbox.ready(now)) else { return };
        let trouble = self.random.chance(self.weather.mail);
        let (kind, wait_s) = (self.random.below(3), self.random.between(30, 7_200));
        let lost = self.random.chance(self.weather.mail / 2);
        let behind_s = if self.random.chance(self.weather.mail) { self.random.between(0, 3_600) } else { 0 };
        let Some(post) = self.outbox.posts.get_mut(&key) else { return };
        match (trouble, kind) {
            (true, 0) => post.state = PostState::Waiting { not_before: now + Duration::seconds(wait_s) },
            (true, _) => {
                post.deliveries += 1;
                post.ambiguous += 1;
            }
            (false, _) => {
                post.deliveries += 1;
                post.state = PostState::Sent;
                self.counts.delivered += 1;
                let call = call_of(&post.effect.notice).filter(|(_, call)| call.acknowledge && !lost);
                if let Some((clock, call)) = call {
                    // As the sender believes, whose clock may be behind.
                    let at = now - Duration::seconds(behind_s);
                    self.outbox.receipts.push(Receipt { clock, step: call.step, at });
                }
            }
        }
    }

    fn note_one_receipt(&mut self) -> Checked {
        if self.outbox.receipts.is_empty() {
            return Ok(());
        }
        let index = self.random.below(self.outbox.receipts.len());
        let Receipt { clock, step, at } = self.outbox.receipts.swap_remove(index);
        let subject = self.subject_of(clock).ok_or_else(|| format!("clock {clock} is gone"))?;
        let name = self.name(subject);
        self.tell(|| format!("step {} round {} of {name} was delivered at {at}", step.step, step.repetition));
        let unit = match subject {
            Subject::Ticket(id) => Unit::ticket(id, Command::StepDelivered { clock, step, at }),
            Subject::Case(id) => Unit::case(id, CaseCommand::StepDelivered { clock, step, at }),
        };
        match self.execute(&Actor::System, &unit)? {
            None => Ok(()),
            Some(refusal) => Err(format!("a receipt is refused: {refusal}")),
        }
    }

    fn subject_of(&self, clock: ClockId) -> Option<Subject> {
        let has = |clocks: &[crate::clock::Clock]| clocks.iter().any(|one| one.id == clock);
        let ticket = self.world.tickets.values().find(|stored| has(&stored.clocks));
        let case = self.world.cases.values().find(|case| has(&case.clocks));
        ticket.map(|stored| Subject::Ticket(stored.ticket.id)).or(case.map(|case| Subject::Case(case.id)))
    }

    /// All that can be sent now, with nothing going wrong.
    pub(super) fn deliver_all(&mut self) -> Checked {
        self.outbox.compose(self.world.now);
        while !self.outbox.ready(self.world.now).is_empty() {
            self.deliver_one();
        }
        while !self.outbox.receipts.is_empty() {
            self.note_one_receipt()?;
        }
        Ok(())
    }
}

//! The plan is carried out: time goes by, timers fire, people act. Everything through the desk's one write path.

use std::collections::{BTreeSet, HashMap};

use anyhow::Context;
use chrono::Duration;
use watchdesk_core::Instant;
use watchdesk_core::clock::Subject;
use watchdesk_core::command::{Assignment, CaseCommand, Command, FieldChanges, RetestOutcome, Step, Unit, Words};
use watchdesk_core::ids::{CaseId, ContactId, MessageId, TicketId};
use watchdesk_core::rights::Actor;
use watchdesk_core::ticket::Severity;
use watchdesk_store::desk::{Health, set_health};
use watchdesk_store::{ManualClock, Request, Store, firing, fresh_id, tickets};

use crate::demo::cast::Cast;
use crate::demo::conversations::HealthCheck;
use crate::demo::files::{self, File};
use crate::demo::mail;
use crate::demo::people::Directory;
use crate::demo::plan::{Act, Deed, Plan, Planned, Thread};
use crate::demo::rng::Rng;
use crate::demo::roster::{Roster, StaffIndex};
use crate::demo::{Progress, deliveries, duty, review};

/// Tickets and cases whose timers are fired in one go.
const DUE_MAX: u64 = 200;
/// A timer that fired and is due again at once would go on for ever.
const ROUNDS_MAX: usize = 1_000;
/// The bytes of mails are kept for the tickets of these days; the older ones are there without them.
const MAIL_DAYS: i64 = 10;

pub struct Teller<'a> {
    pub store: &'a Store,
    pub clock: ManualClock,
    pub now: Instant,
    pub cast: &'a Cast,
    pub directory: &'a Directory,
    pub roster: Roster<'a>,
    pub plan: &'a Plan,
    pub rng: Rng,
    /// What became of the threads; none has not begun.
    pub told: Vec<Option<Told>>,
    pub cases: HashMap<String, CaseId>,
    /// People who left; mail to them comes back.
    pub gone: BTreeSet<ContactId>,
}

/// A thread that is a ticket.
#[derive(Debug, Clone)]
pub struct Told {
    pub ticket: TicketId,
    pub owner: Option<StaffIndex>,
    pub escalated: bool,
    /// The customer's last.
    pub last_message: MessageId,
    pub mail_id: Option<String>,
}

impl<'a> Teller<'a> {
    pub fn new(
        store: &'a Store,
        clock: ManualClock,
        now: Instant,
        (cast, directory, plan): (&'a Cast, &'a Directory, &'a Plan),
        rng: Rng,
    ) -> Self {
        Self {
            store,
            clock,
            now,
            cast,
            directory,
            roster: Roster::new(cast, directory),
            plan,
            rng,
            told: vec![None; plan.threads.len()],
            cases: HashMap::new(),
            gone: BTreeSet::new(),
        }
    }

    pub async fn tell(&mut self, progress: &mut (dyn FnMut(Progress) + Send)) -> anyhow::Result<()> {
        let plan = self.plan;
        for (done, planned) in plan.acts.iter().enumerate() {
            progress(Progress { done, of: plan.acts.len() });
            self.time_passes(planned.at).await?;
            self.act(planned).await?;
        }
        self.time_passes(self.now).await?;
        deliveries::deliver_all_but_the_last(self).await?;
        progress(Progress { done: plan.acts.len(), of: plan.acts.len() });
        Ok(())
    }

    /// Every timer fires at its time.
    async fn time_passes(&mut self, until: Instant) -> anyhow::Result<()> {
        for _ in 0..ROUNDS_MAX {
            let Some(due) = firing::oldest_due(self.store).await?.filter(|due| *due <= until) else {
                self.clock.set(until);
                return Ok(());
            };
            self.clock.set(due.max(self.clock.now()));
            for subject in firing::due(self.store, self.clock.now(), DUE_MAX).await? {
                self.fire(subject).await?;
            }
        }
        anyhow::bail!("timers fire for ever at {until}")
    }

    /// Whoever is called and has to say that he has seen it gets his mail at once.
    async fn fire(&mut self, subject: Subject) -> anyhow::Result<()> {
        let at = self.clock.now();
        match subject {
            Subject::Case(id) => self.execute(&Actor::System, Unit::case(id, CaseCommand::FireTimers)).await,
            Subject::Ticket(id) => {
                self.execute(&Actor::System, Unit::ticket(id, Command::FireTimers)).await?;
                let clocks = tickets::clocks(self.store, id).await?;
                let mut calls =
                    clocks.iter().flat_map(|clock| &clock.steps).filter_map(|step| step.acknowledgement.as_ref());
                if calls.any(|call| call.is_open() && call.delivered_at.is_none()) {
                    deliveries::deliver_all(self, at).await?;
                }
                Ok(())
            }
        }
    }

    async fn act(&mut self, planned: &Planned) -> anyhow::Result<()> {
        let at = planned.at;
        match &planned.act {
            Act::Health(check) => self.look_up(check, at).await,
            Act::Mail(stray) => mail::receive_stray(self.store, stray, &self.directory.mailbox.address, at).await,
            Act::Review { excuses } => review::excuse_misses(self, excuses, at).await,
            Act::Coverage => duty::report_gaps(self.store).await,
            Act::Thread(thread, deed) => {
                let done = self.deed(*thread, deed, at).await;
                done.with_context(|| format!("{} at {at}: {deed:?}", self.plan.threads[*thread].scenario))
            }
        }
    }

    async fn deed(&mut self, thread: usize, deed: &Deed, at: Instant) -> anyhow::Result<()> {
        match deed {
            Deed::Open { text, file, follow_up_of } => self.open(thread, text, file.as_ref(), *follow_up_of, at).await,
            Deed::Triage => self.triage(thread, at).await,
            Deed::Customer { text, file } => self.customer_writes(thread, text, file.as_ref(), at).await,
            Deed::Automatic { text } => self.automatic(thread, text, at).await,
            Deed::Reply { text, file, then } => {
                let words = self.words(thread, text, file.as_ref(), at).await?;
                self.by_staff(thread, at, Command::Reply { words, then: *then }).await
            }
            Deed::Solve { text, file } => {
                self.try_again(thread, RetestOutcome::Gone, at).await?;
                let words = self.words(thread, text, file.as_ref(), at).await?;
                self.by_staff(thread, at, Command::Resolve { words }).await
            }
            Deed::Note { text, file } => {
                let words = self.words(thread, text, file.as_ref(), at).await?;
                self.by_staff(thread, at, Command::Note { words }).await
            }
            Deed::Call { text, direction } => {
                let words = Words::text(MessageId(fresh_id()), text.as_str());
                self.by_staff(thread, at, Command::LogCall { words, direction: *direction, at }).await
            }
            Deed::HandOver { text } => self.hand_over(thread, text, at).await,
            Deed::Snooze { until } => self.by_staff(thread, at, Command::Snooze { until: *until }).await,
            Deed::Severity { to } => {
                let changes = FieldChanges { severity: Some(*to), ..FieldChanges::default() };
                self.by_staff(thread, at, Command::Change(Box::new(changes))).await
            }
            Deed::Incident { reference } => self.link_incident(thread, reference, at).await,
            Deed::Bounced => deliveries::bounce(self, thread, at).await,
            Deed::Close(reason) => self.close(thread, *reason, at).await,
            Deed::Merge { into } => self.merge(thread, *into, at).await,
            Deed::SplitFrom { thread: from } => self.split(*from, thread, at).await,
            Deed::Link { to } => self.link(thread, *to, at).await,
            Deed::Draft
            | Deed::Filed { .. }
            | Deed::Joins { .. }
            | Deed::Acknowledged { .. }
            | Deed::Operator { .. }
            | Deed::ToOperator { .. }
            | Deed::WaitingOnUs
            | Deed::Answered { .. }
            | Deed::Refused { .. }
            | Deed::Withdrawn { .. }
            | Deed::Confirmed
            | Deed::Reopened
            | Deed::Learned { .. } => self.case_deed(thread, deed, at).await,
        }
    }

    async fn look_up(&mut self, check: &HealthCheck, at: Instant) -> anyhow::Result<()> {
        let by = self.roster.somebody(true, at, &mut self.rng);
        let health = Health {
            service: check.service.clone(),
            customer: None,
            status: check.status,
            note: check.note.clone(),
            incident: check.incident.clone(),
            checked_at: at,
            checked_by: Some(self.directory.staff[by].id),
        };
        set_health(self.store, &health).await?;
        self.hear_of_incidents().await
    }

    /// Severity A has the eyes of a lead on it.
    async fn triage(&mut self, thread: usize, at: Instant) -> anyhow::Result<()> {
        let planned = &self.plan.threads[thread];
        let agent = self.roster.somebody(false, at, &mut self.rng);
        let owner = if self.rng.chance(70) { agent } else { self.roster.somebody(false, at, &mut self.rng) };
        let ticket = self.told(thread)?.ticket;
        let triage = Command::Triage {
            category: planned.category.clone(),
            service: planned.service.clone(),
            severity: planned.severity,
            assignment: Assignment {
                owner: Some(Some(self.directory.staff[owner].id)),
                team: Some(Some(self.directory.first_line)),
            },
        };
        let mut unit = Unit::ticket(ticket, triage);
        if let Some(changes) = self.beside_triage(planned, at) {
            unit = unit.then(Step::Ticket(ticket, Command::Change(Box::new(changes))));
        }
        let actor = self.roster.actor(agent);
        self.execute(actor, unit).await?;
        self.told_mut(thread)?.owner = Some(owner);
        Ok(())
    }

    fn beside_triage(&self, planned: &Thread, at: Instant) -> Option<FieldChanges> {
        let watched = planned.severity == Severity::A;
        let lead = self.directory.staff[self.roster.lead(at)].id;
        let tags = (!planned.tags.is_empty()).then(|| planned.tags.iter().cloned().collect());
        (watched || tags.is_some()).then(|| FieldChanges {
            tags,
            watchers: watched.then(|| [lead].into()),
            ..FieldChanges::default()
        })
    }

    /// Who works on it is the one to act; a colleague on shift while he sleeps.
    pub fn worker(&mut self, thread: usize, at: Instant) -> anyhow::Result<StaffIndex> {
        let told = self.told(thread)?;
        let (owner, escalated) = (told.owner, told.escalated);
        let there = owner.filter(|owner| self.roster.is_on_shift(*owner, at));
        Ok(there.unwrap_or_else(|| self.roster.somebody(escalated, at, &mut self.rng)))
    }

    pub async fn by_staff(&mut self, thread: usize, at: Instant, command: Command) -> anyhow::Result<()> {
        let worker = self.worker(thread, at)?;
        let ticket = self.told(thread)?.ticket;
        self.execute(self.roster.actor(worker), Unit::ticket(ticket, command)).await
    }

    pub async fn execute(&self, actor: &Actor, request: impl Into<Request>) -> anyhow::Result<()> {
        self.store.execute(actor, request).await?;
        Ok(())
    }

    async fn words(&mut self, thread: usize, text: &str, file: Option<&File>, at: Instant) -> anyhow::Result<Words> {
        let mut words = Words::text(MessageId(fresh_id()), text);
        if let Some(file) = file {
            let worker = self.worker(thread, at)?;
            let uploader = self.roster.actor(worker).reference();
            words.attachments.push(files::attach(self.store, file, uploader).await?);
        }
        Ok(words)
    }

    pub fn told(&self, thread: usize) -> anyhow::Result<&Told> {
        self.told.get(thread).and_then(Option::as_ref).context("the story speaks of a ticket that is not there")
    }

    pub fn told_mut(&mut self, thread: usize) -> anyhow::Result<&mut Told> {
        self.told.get_mut(thread).and_then(Option::as_mut).context("the story speaks of a ticket that is not there")
    }

    pub fn keeps_mail(&self, at: Instant) -> bool {
        at > self.now - Duration::days(MAIL_DAYS)
    }
}

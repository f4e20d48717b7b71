//! What customers do, and what the desk does with whole tickets.

use std::collections::BTreeMap;

use watchdesk_core::Instant;
use watchdesk_core::command::{Assignment, CloseReason, Command, OpenTicket, Step, Unit, Words};
use watchdesk_core::event::ActorRef;
use watchdesk_core::ids::{MessageId, RawMailId, TicketId};
use watchdesk_core::rights::Actor;
use watchdesk_core::ticket::{Channel, LinkKind};
use watchdesk_store::mail::Fate;
use watchdesk_store::{Request, fresh_id};

use crate::demo::files::{self, File};
use crate::demo::mail::{self, Letter};
use crate::demo::story::{Teller, Told};

/// How many of the calls that sales could take it takes.
const SALES_CALLS_PERCENT: i64 = 40;

impl Teller<'_> {
    pub(super) async fn open(
        &mut self,
        thread: usize,
        text: &str,
        file: Option<&File>,
        follow_up_of: Option<usize>,
        at: Instant,
    ) -> anyhow::Result<()> {
        let planned = &self.plan.threads[thread];
        let by_mail = planned.channel == Channel::Mail;
        let (words, raw) = self.customers_words(thread, text, file, by_mail, at).await?;
        let ticket = TicketId(fresh_id());
        let told =
            Told { ticket, owner: None, escalated: false, last_message: words.id, mail_id: words.mail_id.clone() };
        let fate = raw.map(|mail| (mail, Fate::Ticket { ticket, message: words.id }));
        let customer = self.cast.contacts[planned.contact].customer;
        let open = OpenTicket {
            subject: planned.subject.clone(),
            words,
            requester: self.directory.contacts[planned.contact],
            customer: customer.map(|index| self.directory.customers[index].id),
            mailbox: Some(self.directory.mailbox_id()),
            channel: planned.channel,
            at,
            category: None,
            service: None,
            severity: None,
            team: Some(self.directory.first_line),
            custom_fields: BTreeMap::new(),
            acknowledge: customer.is_some(),
            follow_up_of: follow_up_of.map(|earlier| self.told(earlier).map(|told| told.ticket)).transpose()?,
            imported: false,
        };
        let actor = self.opener(planned.channel, customer, at);
        let unit = Unit::ticket(ticket, Command::Open(Box::new(open)));
        self.execute(&actor, Request { settle_mail: fate, ..Request::from(unit) }).await?;
        self.told[thread] = Some(told);
        Ok(())
    }

    /// Calls are taken by people, everything else comes by itself.
    fn opener(&mut self, channel: Channel, customer: Option<usize>, at: Instant) -> Actor {
        match channel {
            Channel::Mail | Channel::Web | Channel::Api => Actor::System,
            Channel::Phone => {
                let seller = customer.and_then(|customer| self.roster.seller(customer));
                let seller = seller.filter(|_| self.rng.chance(SALES_CALLS_PERCENT));
                let agent = seller.unwrap_or_else(|| self.roster.somebody(false, at, &mut self.rng));
                self.roster.actor(agent).clone()
            }
        }
    }

    /// The words, and the mail they came in where its bytes are kept.
    async fn customers_words(
        &mut self,
        thread: usize,
        text: &str,
        file: Option<&File>,
        by_mail: bool,
        at: Instant,
    ) -> anyhow::Result<(Words, Option<RawMailId>)> {
        let planned = &self.plan.threads[thread];
        let person = &self.cast.contacts[planned.contact];
        let mut words = Words::text(MessageId(fresh_id()), text);
        if let Some(file) = file {
            let uploader = ActorRef::Contact(self.directory.contacts[planned.contact]);
            words.attachments.push(files::attach(self.store, file, uploader).await?);
        }
        if !by_mail {
            return Ok((words, None));
        }
        let mail_id = mail::fresh_mail_id(&person.email);
        let earlier = self.told[thread].as_ref().and_then(|told| told.mail_id.clone());
        let letter = Letter {
            name: &person.name,
            from: &person.email,
            to: &self.directory.mailbox.address,
            subject: &planned.subject,
            body: text,
            mail_id: &mail_id,
            in_reply_to: earlier.as_deref(),
            at,
        };
        // A file would have come inside the mail; such bytes are not made up.
        let kept = self.keeps_mail(at) && file.is_none();
        let raw = if kept { Some(mail::receive(self.store, &letter).await?) } else { None };
        words.mail_id = Some(mail_id);
        Ok((words, raw))
    }

    pub(super) async fn customer_writes(
        &mut self,
        thread: usize,
        text: &str,
        file: Option<&File>,
        at: Instant,
    ) -> anyhow::Result<()> {
        let (words, raw) = self.customers_words(thread, text, file, true, at).await?;
        let from = self.directory.contacts[self.plan.threads[thread].contact];
        let (ticket, message) = (self.told(thread)?.ticket, words.id);
        let unit = Unit::ticket(ticket, Command::CustomerMessage { from, words, at });
        let fate = raw.map(|mail| (mail, Fate::Reply { ticket, message }));
        self.execute(&Actor::System, Request { settle_mail: fate, ..Request::from(unit) }).await?;
        self.told_mut(thread)?.last_message = message;
        Ok(())
    }

    pub(super) async fn automatic(&mut self, thread: usize, text: &str, at: Instant) -> anyhow::Result<()> {
        let (words, raw) = self.customers_words(thread, text, None, true, at).await?;
        let from = Some(self.directory.contacts[self.plan.threads[thread].contact]);
        let (ticket, message) = (self.told(thread)?.ticket, words.id);
        let unit = Unit::ticket(ticket, Command::AutomaticMail { from, words, at });
        let fate = raw.map(|mail| (mail, Fate::Reply { ticket, message }));
        self.execute(&Actor::System, Request { settle_mail: fate, ..Request::from(unit) }).await
    }

    /// The next shift takes it over, if the owner's has ended.
    pub(super) async fn hand_over(&mut self, thread: usize, text: &str, at: Instant) -> anyhow::Result<()> {
        let told = self.told(thread)?.clone();
        let Some(owner) = told.owner else { return Ok(()) };
        let mut unit = Unit::ticket(told.ticket, Command::Note { words: Words::text(MessageId(fresh_id()), text) });
        if !self.roster.is_on_shift(owner, at) {
            let next = self.roster.somebody(told.escalated, at, &mut self.rng);
            let assignment = Assignment::to(self.directory.staff[next].id);
            unit = unit.then(Step::Ticket(told.ticket, Command::Assign(assignment)));
            self.told_mut(thread)?.owner = Some(next);
        }
        self.execute(self.roster.actor(owner), unit).await
    }

    /// What is solved and quiet is closed by itself, the rest by people.
    pub(super) async fn close(&mut self, thread: usize, reason: CloseReason, at: Instant) -> anyhow::Result<()> {
        match reason {
            CloseReason::Solved => {
                let unit = Unit::ticket(self.told(thread)?.ticket, Command::Close { reason });
                self.execute(&Actor::System, unit).await
            }
            CloseReason::Spam | CloseReason::Withdrawn => self.by_staff(thread, at, Command::Close { reason }).await,
        }
    }

    pub(super) async fn merge(&mut self, thread: usize, into: usize, at: Instant) -> anyhow::Result<()> {
        let (ticket, into) = (self.told(thread)?.ticket, self.told(into)?.ticket);
        let lead = self.roster.lead(at);
        self.execute(self.roster.actor(lead), Unit::ticket(ticket, Command::Merge { into })).await
    }

    pub(super) async fn split(&mut self, from: usize, new: usize, at: Instant) -> anyhow::Result<()> {
        let source = self.told(from)?.clone();
        let into = TicketId(fresh_id());
        let command = Command::Split {
            messages: [source.last_message].into(),
            into,
            subject: self.plan.threads[new].subject.clone(),
        };
        self.by_staff(from, at, command).await?;
        self.told[new] = Some(Told { ticket: into, owner: None, ..source });
        Ok(())
    }

    pub(super) async fn link(&mut self, thread: usize, to: usize, at: Instant) -> anyhow::Result<()> {
        let (ticket, to) = (self.told(thread)?.ticket, self.told(to)?.ticket);
        let lead = self.roster.lead(at);
        let command = Command::Link { to, kind: LinkKind::Related };
        self.execute(self.roster.actor(lead), Unit::ticket(ticket, command)).await
    }
}

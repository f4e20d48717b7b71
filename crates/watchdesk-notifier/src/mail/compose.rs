//! One row of the outbox becomes one letter, or a reason why it will not.

use std::collections::BTreeSet;
use std::sync::Arc;

use chrono_tz::Tz;
use lettre::message::Mailbox as Named;
use watchdesk_core::Instant;
use watchdesk_core::effect::{Notice, Recipient};
use watchdesk_core::event::MessageKind;
use watchdesk_core::ids::{AgentId, ContactId, MessageId, TicketId};
use watchdesk_core::mail::ReplyTokens;
use watchdesk_core::rights::{Object, Verb, authorize, may_see_cases};
use watchdesk_store::attachments::AttachmentMeta;
use watchdesk_store::directory::{Agent, Contact, Mailbox};
use watchdesk_store::outbox::OutboxItem;
use watchdesk_store::tickets::MessageRecord;
use watchdesk_store::{PAGE_ITEMS_MAX, Store, StoreError, attachments, auth, directory, outbox, tickets};
use watchdesk_templates::{Engine, MailContext, ReaderLocale, TemplateError};

use super::facts::{About, locale_of_agent, sender};
use super::ladder::Reader;
use super::letter::{Attachment, Automatic, Letter};
use super::thread::{Known, Thread};
use super::{address, customers, duty, staff};

/// Further recipients of one mail.
const CC_MAX: usize = 50;
/// Mails of a conversation that are looked at for its thread.
const MAILS_LOOKED_AT_MAX: u64 = 50;

pub(super) const NOT_ACTIVE: &str = "the colleague is not active any more";

#[derive(Debug, Clone)]
pub(crate) struct Composer {
    pub store: Store,
    pub engine: Arc<Engine>,
    pub base_url: String,
    pub reply_tokens: ReplyTokens,
    pub zone: Tz,
    pub mail_bytes_max: usize,
}

#[derive(Debug)]
pub(crate) enum Composed {
    Letter(Box<Letter>),
    /// Nothing is to be sent after all, and why.
    Moot(String),
}

#[derive(Debug, thiserror::Error)]
pub(crate) enum ComposeError {
    #[error("the store failed")]
    Store(#[from] StoreError),
    #[error("the words could not be made: {0}")]
    Words(#[from] TemplateError),
    #[error("{0}")]
    Impossible(String),
}

impl ComposeError {
    pub fn gone(what: &str) -> Self {
        Self::Impossible(format!("the {what} it is about is gone"))
    }

    /// The database may be back in a moment; everything else stays as it is.
    pub fn passes(&self) -> bool {
        match self {
            Self::Store(StoreError::Corrupt { .. } | StoreError::Missing { .. })
            | Self::Words(_)
            | Self::Impossible(_) => false,
            Self::Store(_) => true,
        }
    }
}

/// What is the same at every attempt.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stamp<'a> {
    mail_id: &'a str,
    written_at: Instant,
    automatic: Option<Automatic>,
}

impl<'a> Stamp<'a> {
    pub fn of(item: &'a OutboxItem) -> Self {
        Self { mail_id: &item.mail_id, written_at: item.created_at, automatic: automatic(&item.notice) }
    }
}

/// Who gets it, besides what it says.
pub(super) struct Addressed {
    to: Named,
    cc: Vec<Named>,
    remark: Option<String>,
}

impl Addressed {
    /// To nobody else.
    pub fn to(name: &str, email: &str) -> Result<Self, ComposeError> {
        let to = address::mailbox(name, email);
        let to = to.ok_or_else(|| ComposeError::Impossible("the recipient has no usable address".to_owned()))?;
        Ok(Self { to, cc: Vec::new(), remark: None })
    }
}

impl Composer {
    pub async fn compose(&self, item: &OutboxItem, now: Instant) -> Result<Composed, ComposeError> {
        match (item.ticket, &item.recipient) {
            (Some(ticket), Recipient::Contact(contact)) => self.to_customer(item, ticket, *contact, now).await,
            (Some(ticket), Recipient::Agent(agent)) => self.to_staff(item, ticket, *agent, now).await,
            (Some(ticket), Recipient::Address(address)) if matches!(item.notice, Notice::ToOperator { .. }) => {
                self.to_operator(item, ticket, address).await
            }
            (Some(ticket), Recipient::Address(address)) => self.to_outside(item, ticket, address, now).await,
            (None, Recipient::Agent(agent)) => self.to_colleague(item, *agent, now).await,
            (None, Recipient::Address(address)) => self.to_address(item, address, now).await,
            (None, Recipient::Contact(_)) => Err(ComposeError::Impossible("customers hear of tickets only".to_owned())),
            (_, Recipient::Operator(_)) => {
                Err(ComposeError::Impossible("an interface for service requests takes no mail".to_owned()))
            }
            (_, Recipient::Webhook(_)) => Err(ComposeError::Impossible("a webhook takes no mail".to_owned())),
        }
    }

    /// A page of the desk's.
    pub fn page(&self, name: &str) -> String {
        format!("{}/{name}", self.base_url.trim_end_matches('/'))
    }

    async fn to_customer(
        &self,
        item: &OutboxItem,
        ticket: TicketId,
        contact: ContactId,
        now: Instant,
    ) -> Result<Composed, ComposeError> {
        let contact = directory::contact(&self.store, contact).await?.ok_or_else(|| ComposeError::gone("contact"))?;
        if let Some(reason) = &contact.suppressed {
            return Ok(Composed::Moot(format!("nothing is sent to this address: {reason}")));
        }
        let about = About::load(&self.store, ticket).await?;
        let message = self.spoken(&item.notice).await?;
        let locale = about.locale_of(&contact, self.zone);
        let context = match customers::context(self, item, &about, message.as_ref(), locale, now).await? {
            Ok(context) => context,
            Err(moot) => return Ok(Composed::Moot(moot)),
        };
        let mut addressed = Addressed::to(&contact.name, &contact.email)?;
        let mut files = Vec::new();
        if let Some(message) = message.filter(|_| !item.notice.is_automatic()) {
            self.copy_to(&mut addressed, &message.cc).await?;
            files = self.files(&message).await?;
        }
        let thread = self.thread(item, &about, contact.id).await?;
        let mut letter = self.letter(Stamp::of(item), &about.mailbox, addressed, thread, locale, &context)?;
        let tag = self.reply_tokens.tag(about.ticket().number, about.ticket().id);
        letter.reply_to = address::tagged(&letter.from.email, &tag);
        letter.attachments = files;
        Ok(Composed::Letter(Box::new(letter)))
    }

    async fn to_staff(
        &self,
        item: &OutboxItem,
        ticket: TicketId,
        agent: AgentId,
        now: Instant,
    ) -> Result<Composed, ComposeError> {
        let agent = self.colleague(agent).await?;
        let Some(actor) = auth::actor_of_agent(&self.store, agent.id).await? else {
            return Ok(Composed::Moot(NOT_ACTIVE.to_owned()));
        };
        if item.notice == Notice::TimersStuck {
            return self.about_timers(item, &agent).await;
        }
        let about = About::load(&self.store, ticket).await?;
        if !authorize(&actor, Verb::ReadInternal, Object::Ticket(about.ticket())) {
            return Ok(Composed::Moot("the colleague may not see the ticket any more".to_owned()));
        }
        if matches!(item.notice, Notice::CaseAnswered { .. }) && !may_see_cases(&actor) {
            return Ok(Composed::Moot("sales see no cases".to_owned()));
        }
        let locale = locale_of_agent(&agent, self.zone);
        let reader = Reader { agent: agent.id, actor: &actor, locale };
        let context = match staff::context(self, item, &about, reader, now).await? {
            Ok(context) => context,
            Err(moot) => return Ok(Composed::Moot(moot)),
        };
        let addressed = Addressed::to(&agent.name, &agent.email)?;
        let thread = staff_thread(item, ticket);
        let letter = self.letter(Stamp::of(item), &about.mailbox, addressed, thread, locale, &context)?;
        Ok(Composed::Letter(Box::new(letter)))
    }

    /// Whose timers are stuck may be unreadable, so nothing else is read of it.
    pub(super) async fn about_timers(&self, item: &OutboxItem, agent: &Agent) -> Result<Composed, ComposeError> {
        let mailbox = sender(&self.store, None).await?;
        let locale = locale_of_agent(agent, self.zone);
        let context = match duty::timers_stuck(self, item, mailbox.name.clone()).await? {
            Ok(context) => context,
            Err(moot) => return Ok(Composed::Moot(moot)),
        };
        let addressed = Addressed::to(&agent.name, &agent.email)?;
        let thread = desk_thread(item);
        let letter = self.letter(Stamp::of(item), &mailbox, addressed, thread, locale, &context)?;
        Ok(Composed::Letter(Box::new(letter)))
    }

    pub(super) async fn colleague(&self, id: AgentId) -> Result<Agent, ComposeError> {
        directory::agent(&self.store, id).await?.ok_or_else(|| ComposeError::gone("colleague"))
    }

    pub(super) fn letter(
        &self,
        stamp: Stamp<'_>,
        mailbox: &Mailbox,
        addressed: Addressed,
        thread: Thread,
        locale: ReaderLocale,
        context: &MailContext,
    ) -> Result<Letter, ComposeError> {
        let from = address::mailbox(&mailbox.name, &mailbox.address)
            .ok_or_else(|| ComposeError::Impossible("the mailbox has no usable address".to_owned()))?;
        let rendered = self.engine.mail(locale.language, locale.zone, context)?;
        Ok(Letter {
            from,
            reply_to: None,
            to: addressed.to,
            cc: addressed.cc,
            subject: rendered.subject,
            text: rendered.text,
            html: rendered.html,
            mail_id: stamp.mail_id.to_owned(),
            written_at: stamp.written_at,
            thread,
            automatic: stamp.automatic,
            attachments: Vec::new(),
            remark: addressed.remark,
        })
    }

    /// The message that a notice carries to the customer. Anything but a public word of ours stays in the house.
    async fn spoken(&self, notice: &Notice) -> Result<Option<MessageRecord>, ComposeError> {
        let (Notice::Reply { message } | Notice::Resolved { message }) = notice else { return Ok(None) };
        let message = self.message(*message).await?;
        if message.kind != MessageKind::Public {
            return Err(ComposeError::Impossible("only public messages go to customers".to_owned()));
        }
        Ok(Some(message))
    }

    pub(super) async fn message(&self, id: MessageId) -> Result<MessageRecord, ComposeError> {
        tickets::message(&self.store, id).await?.ok_or_else(|| ComposeError::gone("message"))
    }

    /// Cc as the writer typed it, without those who get it anyway, ourselves, and addresses that bounced for good.
    async fn copy_to(&self, addressed: &mut Addressed, typed: &[String]) -> Result<(), ComposeError> {
        let own = directory::mailboxes(&self.store).await?;
        let mut seen = BTreeSet::from([addressed.to.email.to_string().to_lowercase()]);
        let (mut unusable, mut suppressed) = (0, 0);
        for text in typed {
            let Some(mailbox) = address::typed(text).filter(|_| addressed.cc.len() < CC_MAX) else {
                unusable += 1;
                continue;
            };
            let email = mailbox.email.to_string();
            if own.iter().any(|own| address::is_of_mailbox(&mailbox.email, &own.address))
                || !seen.insert(email.to_lowercase())
            {
                continue;
            }
            let known = directory::contact_by_email(&self.store, &email).await?;
            if known.is_some_and(|contact: Contact| contact.suppressed.is_some()) {
                suppressed += 1;
                continue;
            }
            addressed.cc.push(mailbox);
        }
        if unusable + suppressed > 0 {
            addressed.remark = Some(format!("Cc left out: {unusable} not usable, {suppressed} suppressed"));
        }
        Ok(())
    }

    async fn files(&self, message: &MessageRecord) -> Result<Vec<Attachment>, ComposeError> {
        self.attached(&message.attachments).await
    }

    pub(super) async fn attached(&self, metas: &[AttachmentMeta]) -> Result<Vec<Attachment>, ComposeError> {
        let size: i64 = metas.iter().map(|file| file.size).sum();
        if usize::try_from(size).is_ok_and(|size| size > self.mail_bytes_max) {
            return Err(too_large(self.mail_bytes_max));
        }
        let mut files = Vec::new();
        for meta in metas {
            let found = attachments::get(&self.store, meta.id).await?;
            let (meta, bytes) = found.ok_or_else(|| ComposeError::gone("attachment"))?;
            files.push(Attachment { filename: meta.filename, content_type: meta.content_type, bytes });
        }
        Ok(files)
    }

    /// The conversation by mail as it was when the notice was decided.
    async fn thread(&self, item: &OutboxItem, about: &About, contact: ContactId) -> Result<Thread, ComposeError> {
        let ticket = about.ticket();
        let mut messages = tickets::messages(&self.store, ticket.id, 1, None).await?.items;
        messages.extend(tickets::latest_messages(&self.store, ticket.id, MAILS_LOOKED_AT_MAX).await?);
        let incoming = messages.into_iter().filter(|message| message.kind == MessageKind::Customer);
        let mut known: Vec<Known> = incoming
            .filter_map(|message| Some(Known { id: message.mail_id?, at: message.at, ours: false }))
            .filter(|mail| mail.at <= item.created_at)
            .collect();
        let parent = known.iter().max_by_key(|mail| mail.at).cloned();
        let ours = outbox::of_ticket(&self.store, ticket.id, PAGE_ITEMS_MAX).await?;
        let earlier = ours.into_iter().filter(|row| {
            row.recipient == Recipient::Contact(contact) && row.created_at <= item.created_at && row.id != item.id
        });
        known.extend(earlier.map(|row| Known { id: row.mail_id, at: row.created_at, ours: true }));
        let root = format!("ticket.{}@{}", ticket.id.0.simple(), domain(&item.mail_id));
        Ok(Thread::answering(parent.as_ref(), &known, root))
    }
}

pub(crate) fn too_large(bytes_max: usize) -> ComposeError {
    let mib = bytes_max / (1024 * 1024);
    ComposeError::Impossible(format!("the mail with its attachments is larger than {mib} MiB: send them another way"))
}

/// Mails to staff about one ticket hang together.
pub(super) fn staff_thread(item: &OutboxItem, ticket: TicketId) -> Thread {
    Thread::rooted(format!("staff.{}@{}", ticket.0.simple(), domain(&item.mail_id)))
}

/// So do those about the desk, each kind by itself.
pub(super) fn desk_thread(item: &OutboxItem) -> Thread {
    Thread::rooted(format!("{}@{}", item.notice.name().replace('_', "-"), domain(&item.mail_id)))
}

fn automatic(notice: &Notice) -> Option<Automatic> {
    match notice {
        Notice::Received { .. } => Some(Automatic::Replied),
        Notice::Reply { .. } | Notice::Resolved { .. } | Notice::ToOperator { .. } => None,
        Notice::PassedOn { .. }
        | Notice::IncidentLinked { .. }
        | Notice::IncidentOver { .. }
        | Notice::RetestWanted { .. }
        | Notice::Closed
        | Notice::Assigned
        | Notice::CustomerWrote { .. }
        | Notice::WaitingOver
        | Notice::TargetNear { .. }
        | Notice::TargetMissed { .. }
        | Notice::NobodyToCall { .. }
        | Notice::EscalationProposed { .. }
        | Notice::Digest
        | Notice::RotaGap { .. }
        | Notice::HandOver { .. }
        | Notice::TimersStuck
        | Notice::CaseAnswered { .. }
        | Notice::DailySummary { .. } => Some(Automatic::Generated),
    }
}

pub(super) fn domain(mail_id: &str) -> &str {
    mail_id.rsplit_once('@').map_or("watchdesk.invalid", |(_, domain)| domain)
}

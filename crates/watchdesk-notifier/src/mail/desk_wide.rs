//! What is about the desk as a whole, and what goes to addresses outside it.

use watchdesk_core::Instant;
use watchdesk_core::effect::Notice;
use watchdesk_core::ids::{AgentId, TicketId};
use watchdesk_store::auth;
use watchdesk_store::directory::{Agent, Mailbox};
use watchdesk_store::outbox::OutboxItem;
use watchdesk_templates::{MailContext, ReaderLocale};

use super::compose::{Addressed, ComposeError, Composed, Composer, NOT_ACTIVE, Stamp, desk_thread, staff_thread};
use super::duty::Post;
use super::facts::{About, locale_of_agent, sender};
use super::{digest, duty, ladder, summary};
use crate::owed::Spoken;

const MANAGES_NO_MORE: &str = "the colleague does not manage the desk any more";

impl Composer {
    pub(super) async fn to_colleague(
        &self,
        item: &OutboxItem,
        agent: AgentId,
        now: Instant,
    ) -> Result<Composed, ComposeError> {
        let agent = self.colleague(agent).await?;
        if !agent.active {
            return Ok(Composed::Moot(NOT_ACTIVE.to_owned()));
        }
        if item.notice == Notice::TimersStuck {
            return self.about_timers(item, &agent).await;
        }
        let mailbox = sender(&self.store, None).await?;
        let locale = locale_of_agent(&agent, self.zone);
        let context = match self.about_the_desk(item, &agent, &mailbox, locale, now).await? {
            Ok(context) => context,
            Err(moot) => return Ok(Composed::Moot(moot)),
        };
        let addressed = Addressed::to(&agent.name, &agent.email)?;
        let letter = self.letter(Stamp::of(item), &mailbox, addressed, desk_thread(item), locale, &context)?;
        Ok(Composed::Letter(Box::new(letter)))
    }

    /// The figures are those of the moment.
    async fn about_the_desk(
        &self,
        item: &OutboxItem,
        agent: &Agent,
        mailbox: &Mailbox,
        locale: ReaderLocale,
        now: Instant,
    ) -> Result<Result<MailContext, String>, ComposeError> {
        let desk = mailbox.name.clone();
        match &item.notice {
            Notice::DailySummary { .. } | Notice::RotaGap { .. } if !summary::is_for(agent.role) => {
                Ok(Err(MANAGES_NO_MORE.to_owned()))
            }
            Notice::DailySummary { day } => Ok(Ok(summary::context(self, &desk, *day, locale, now).await?)),
            Notice::RotaGap { rota, level, from, to } => {
                duty::rota_gap(self, &Post { rota, level: *level }, (*from, *to), desk, locale, now).await
            }
            Notice::HandOver { rota, level, at } => {
                let Some(actor) = auth::actor_of_agent(&self.store, agent.id).await? else {
                    return Ok(Err(NOT_ACTIVE.to_owned()));
                };
                let post = Post { rota, level: *level };
                duty::hand_over(self, &post, *at, desk, (agent.id, &actor), locale).await
            }
            Notice::Digest => {
                let Some(actor) = auth::actor_of_agent(&self.store, agent.id).await? else {
                    return Ok(Err(NOT_ACTIVE.to_owned()));
                };
                let reader = digest::Reader::Colleague(agent.id, &actor);
                digest::context(self, item.id, desk, reader, locale.language, now).await
            }
            Notice::Received { .. }
            | Notice::Reply { .. }
            | Notice::PassedOn { .. }
            | Notice::IncidentLinked { .. }
            | Notice::IncidentOver { .. }
            | Notice::RetestWanted { .. }
            | Notice::Resolved { .. }
            | Notice::Closed
            | Notice::Assigned
            | Notice::CustomerWrote { .. }
            | Notice::WaitingOver
            | Notice::TargetNear { .. }
            | Notice::TargetMissed { .. }
            | Notice::NobodyToCall { .. }
            | Notice::EscalationProposed { .. }
            | Notice::TimersStuck
            | Notice::CaseAnswered { .. }
            | Notice::ToOperator { .. } => {
                Err(ComposeError::Impossible(format!("\"{}\" names no ticket", item.notice.name())))
            }
        }
    }

    /// A ladder's step to somebody outside, in the mailbox's language.
    pub(super) async fn to_outside(
        &self,
        item: &OutboxItem,
        ticket: TicketId,
        address: &str,
        now: Instant,
    ) -> Result<Composed, ComposeError> {
        let not_for_outside = || format!("\"{}\" is not for addresses outside", item.notice.name());
        let spoken = Spoken::of(&item.notice).ok_or_else(|| ComposeError::Impossible(not_for_outside()))?;
        let about = About::load(&self.store, ticket).await?;
        let locale = ReaderLocale::new(about.mailbox.language, self.zone);
        let context = match ladder::outside(self, item, &about, &spoken, locale, now).await? {
            Ok(context) => context,
            Err(moot) => return Ok(Composed::Moot(moot)),
        };
        let (addressed, thread) = (Addressed::to("", address)?, staff_thread(item, ticket));
        let letter = self.letter(Stamp::of(item), &about.mailbox, addressed, thread, locale, &context)?;
        Ok(Composed::Letter(Box::new(letter)))
    }

    /// What piled up for somebody outside.
    pub(super) async fn to_address(
        &self,
        item: &OutboxItem,
        address: &str,
        now: Instant,
    ) -> Result<Composed, ComposeError> {
        if item.notice != Notice::Digest {
            let why = format!("\"{}\" is not for addresses outside", item.notice.name());
            return Err(ComposeError::Impossible(why));
        }
        let mailbox = sender(&self.store, None).await?;
        let locale = ReaderLocale::new(mailbox.language, self.zone);
        let (desk, reader) = (mailbox.name.clone(), digest::Reader::Outside);
        let context = match digest::context(self, item.id, desk, reader, locale.language, now).await? {
            Ok(context) => context,
            Err(moot) => return Ok(Composed::Moot(moot)),
        };
        let addressed = Addressed::to("", address)?;
        let letter = self.letter(Stamp::of(item), &mailbox, addressed, desk_thread(item), locale, &context)?;
        Ok(Composed::Letter(Box::new(letter)))
    }
}

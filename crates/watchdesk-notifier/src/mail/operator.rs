//! A letter to an operator that takes mail: our words as they stand in the case's thread, and the files that go along.

use watchdesk_core::case::Case;
use watchdesk_core::effect::Notice;
use watchdesk_core::event::MessageKind;
use watchdesk_core::ids::TicketId;
use watchdesk_core::operator::Takes;
use watchdesk_store::attachments;
use watchdesk_store::cases;
use watchdesk_store::outbox::OutboxItem;
use watchdesk_store::tickets::MessageRecord;
use watchdesk_templates::mail::ToOperator;
use watchdesk_templates::{MailContext, ReaderLocale, redacted};

use super::compose::{Addressed, ComposeError, Composed, Composer, Stamp, domain};
use super::facts::About;
use super::letter::Attachment;
use super::thread::Thread;

impl Composer {
    pub(super) async fn to_operator(
        &self,
        item: &OutboxItem,
        ticket: TicketId,
        address: &str,
    ) -> Result<Composed, ComposeError> {
        let Notice::ToOperator { case, message, is_packet } = &item.notice else {
            return Err(ComposeError::Impossible(format!("\"{}\" is not for the operator", item.notice.name())));
        };
        let case = cases::by_id(&self.store, *case).await?.ok_or_else(|| ComposeError::gone("case"))?;
        if !case.state.kind().is_with_operator() {
            return Ok(Composed::Moot("the case is not with the operator any more".to_owned()));
        }
        let message = self.message(*message).await?;
        if message.kind != MessageKind::Operator || message.case != Some(case.id) {
            return Err(ComposeError::Impossible("only words of the case go to its operator".to_owned()));
        }
        let about = About::load(&self.store, ticket).await?;
        let operator = about.desk.operator(&case.operator);
        let signature = if *is_packet { String::new() } else { signature(&about, &message) };
        let context = MailContext::ToOperator(ToOperator {
            desk: about.mailbox.name.clone(),
            number: about.ticket().number.0,
            reference: case.reference.clone(),
            summary: redacted(operator.language, &case.words.summary),
            body: message.body.clone(),
            signature,
        });
        let locale = ReaderLocale::new(operator.language, operator.time_zone);
        // A wrong address is corrected in the configuration, and the letter sent again.
        let address = match &operator.takes {
            Takes::Mail { address } => address.as_str(),
            Takes::ByPerson | Takes::ServiceRequests { .. } => address,
        };
        let addressed = Addressed::to("", address)?;
        // All letters about a case hang together, and answers to any of them find it.
        let thread = Thread::rooted(format!("case.{}@{}", case.id.0.simple(), domain(&item.mail_id)));
        let mut letter = self.letter(Stamp::of(item), &about.mailbox, addressed, thread, locale, &context)?;
        letter.attachments =
            if *is_packet { self.chosen(&case).await? } else { self.attached(&message.attachments).await? };
        Ok(Composed::Letter(Box::new(letter)))
    }

    /// The files that were chosen for the packet, as long as they belong to its tickets.
    async fn chosen(&self, case: &Case) -> Result<Vec<Attachment>, ComposeError> {
        let mut files = attachments::metas_by_ids(&self.store, &case.words.handing.attachments).await?;
        files.retain(|file| file.ticket.is_some_and(|ticket| case.tickets.contains(&ticket)));
        self.attached(&files).await
    }
}

/// Who wrote it, and for whom.
fn signature(about: &About, message: &MessageRecord) -> String {
    [message.author_name.as_str(), about.mailbox.name.as_str()]
        .into_iter()
        .filter(|line| !line.is_empty())
        .collect::<Vec<_>>()
        .join("\n")
}

//! What the listener asks: is this address ours, and is this mail safe with us?

use watchdesk_store::mail::{Envelope, Source};

use super::Intake;
use crate::IntakeError;
use crate::listener::{self, Accept, Protocol, Verdict};

/// The intake as one listener sees it.
#[derive(Clone)]
pub struct Reception {
    intake: Intake,
    source: Source,
}

impl Intake {
    /// For a listener of this protocol. Accepted mail wakes [`Intake::run`].
    #[must_use]
    pub fn reception(&self, protocol: Protocol) -> Reception {
        let source = match protocol {
            Protocol::Smtp => Source::Smtp,
            Protocol::Lmtp => Source::Lmtp,
        };
        Reception { intake: self.clone(), source }
    }
}

impl Accept for Reception {
    async fn recipient(&self, address: &str) -> Verdict {
        match self.intake.mailboxes().await {
            Ok(mailboxes) if mailboxes.taking(address).is_some() || mailboxes.is_postmaster(address) => {
                Verdict::Accepted
            }
            Ok(_) => Verdict::Rejected { code: 550, text: "No such mailbox at this desk".to_owned() },
            Err(error) => {
                tracing::warn!(%error, "the listener could not look up a mailbox; its peer will retry");
                try_later()
            }
        }
    }

    async fn message(&self, envelope: listener::Envelope) -> Verdict {
        let listener::Envelope { mail_from, rcpt_to, body, .. } = envelope;
        let envelope = Envelope { from: Some(mail_from).filter(|sender| !sender.is_empty()), to: rcpt_to };
        match self.intake.keep(self.source, &envelope, &body).await {
            Ok(_) => {
                self.intake.shared.wake.notify_one();
                Verdict::Accepted
            }
            Err(error @ IntakeError::TooLarge { .. }) => Verdict::Rejected { code: 552, text: error.to_string() },
            Err(error) => {
                let error = &error as &dyn std::error::Error;
                tracing::error!(error, "a mail could not be kept and was not accepted; its peer will retry");
                try_later()
            }
        }
    }
}

fn try_later() -> Verdict {
    Verdict::TryLater { text: "The desk cannot keep mail at the moment, try again".to_owned() }
}

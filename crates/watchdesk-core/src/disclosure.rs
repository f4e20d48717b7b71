//! What was handed to the operator, as it is kept on record: names of fields and files, and never what stood in them.
//!
//! Whoever gives personal data to another handler has to be able to say what, to whom and when (PIPL art. 23).

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::Instant;
use crate::case::FilingChannel;
use crate::event::ActorRef;
use crate::ids::{AttachmentId, CaseId, Slug, TicketId};

/// What a packet gave away.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Handed {
    pub fields: Vec<HandedField>,
    /// SHA-256 of the whole text in hexadecimal: it proves which text it was, and does not tell it.
    pub digest: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HandedField {
    /// As the packet calls it: `tenant_id`.
    pub name: String,
    /// Somebody's data stood in it.
    pub personal: bool,
}

impl Handed {
    pub fn of(fields: Vec<HandedField>, whole: &str) -> Self {
        let digest = Sha256::digest(whole.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect();
        Self { fields, digest }
    }
}

/// How it left the house.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    Filed(FilingChannel),
    /// Somebody copied the text, to be filed or not.
    Copied,
}

impl Way {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Filed(channel) => channel.as_str(),
            Self::Copied => "copied",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "copied" => Some(Self::Copied),
            channel => FilingChannel::parse(channel).map(Self::Filed),
        }
    }
}

/// One handing over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Disclosure {
    pub case: CaseId,
    /// The ticket that the packet was about.
    pub ticket: TicketId,
    pub operator: Slug,
    pub at: Instant,
    pub by: ActorRef,
    pub way: Way,
    pub handed: Handed,
    pub attachments: Vec<AttachmentId>,
}

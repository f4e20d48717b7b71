//! Identifiers. Inside the house things have UUIDs; people see a ticket number that is never reused.

use std::fmt;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({})", stringify!($name), self.0)
            }
        }

        impl From<Uuid> for $name {
            fn from(id: Uuid) -> Self {
                Self(id)
            }
        }
    )+};
}

ids! {
    /// A ticket, as the program knows it; people use its [`TicketNumber`].
    TicketId,
    /// A case with the operator.
    CaseId,
    /// One message of a conversation: a mail, a note, a logged call, an operator's word.
    MessageId,
    AttachmentId,
    /// A clock instance: one objective of one ticket, one cycle.
    ClockId,
    CustomerId,
    ContactId,
    AgentId,
    TeamId,
    MailboxId,
    /// Bytes as they arrived, before anything looked at them.
    RawMailId,
    /// Something to be sent.
    OutboxId,
    ContractId,
    SubscriptionId,
}

/// What people call a ticket by. Never reused, also not after deletion.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TicketNumber(pub i64);

impl fmt::Display for TicketNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A short name in configuration and addresses: `exchange-online`, `how-to`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Slug(String);

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("\"{0}\" is not a slug: use 1 to 64 of a-z, 0-9 and single hyphens, such as \"exchange-online\"")]
pub struct NotASlug(pub String);

impl Slug {
    pub const LENGTH_MAX: usize = 64;

    pub fn new(text: impl Into<String>) -> Result<Self, NotASlug> {
        let text = text.into();
        let legal = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        let fits = !text.is_empty() && text.len() <= Self::LENGTH_MAX;
        let hyphens = text.starts_with('-') || text.ends_with('-') || text.contains("--");
        if fits && !hyphens && text.bytes().all(legal) { Ok(Self(text)) } else { Err(NotASlug(text)) }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Slug {
    type Error = NotASlug;
    fn try_from(text: String) -> Result<Self, NotASlug> {
        Self::new(text)
    }
}

impl From<Slug> for String {
    fn from(slug: Slug) -> Self {
        slug.0
    }
}

impl fmt::Display for Slug {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

//! Which ticket a mail belongs to, and whether a machine may answer it.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use subtle::ConstantTimeEq;

use crate::Instant;
use crate::desk::Settings;
use crate::ids::{TicketId, TicketNumber};
use crate::ticket::{State, Ticket};

/// Proves that whoever answers had a mail of ours: it stands in the address he answers to.
///
/// `support+1042.mvvk5…@desk.example`; lower case only, because local parts get folded on the way.
#[derive(Clone)]
pub struct ReplyTokens {
    secret: Vec<u8>,
}

/// 26 characters of 5 bits: 128 bits and a bit.
const TOKEN_LENGTH: usize = 26;
const ALPHABET: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";

impl ReplyTokens {
    pub fn new(secret: impl Into<Vec<u8>>) -> Self {
        Self { secret: secret.into() }
    }

    /// What goes behind the plus sign of the mailbox's address.
    pub fn tag(&self, number: TicketNumber, ticket: TicketId) -> String {
        format!("{number}.{}", self.token(ticket))
    }

    /// The ticket number that a tag claims; [`ReplyTokens::proves`] says whether it may.
    pub fn claimed(tag: &str) -> Option<(TicketNumber, &str)> {
        let (number, token) = tag.split_once('.')?;
        let digits = !number.is_empty() && number.len() <= 18 && number.bytes().all(|b| b.is_ascii_digit());
        let number = number.parse().ok().filter(|_| digits)?;
        (token.len() == TOKEN_LENGTH).then_some((TicketNumber(number), token))
    }

    pub fn proves(&self, token: &str, ticket: TicketId) -> bool {
        let expected = self.token(ticket);
        expected.as_bytes().ct_eq(token.to_ascii_lowercase().as_bytes()).into()
    }

    /// The secret part of a link in a mail, 256 bits. Always the same for the same `what`, so that a mail that is written
    /// again, because it could not be sent, opens with the link that it had.
    pub fn link_secret(&self, what: &str) -> String {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.secret).expect("HMAC takes keys of any length");
        mac.update(b"link ");
        mac.update(what.as_bytes());
        mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect()
    }

    fn token(&self, ticket: TicketId) -> String {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.secret).expect("HMAC takes keys of any length");
        mac.update(b"reply-to ticket ");
        mac.update(ticket.0.as_bytes());
        let digest = mac.finalize().into_bytes();
        (0..TOKEN_LENGTH).map(|index| char::from(ALPHABET[five_bits(&digest, index)])).collect()
    }
}

fn five_bits(bytes: &[u8], index: usize) -> usize {
    let bit = index * 5;
    let pair = (usize::from(bytes[bit / 8]) << 8) | usize::from(bytes[bit / 8 + 1]);
    (pair >> (11 - bit % 8)) & 31
}

impl std::fmt::Debug for ReplyTokens {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ReplyTokens(..)")
    }
}

/// The part between plus and at: `support+TAG@example.cn`.
pub fn plus_tag<'a>(address: &'a str, mailbox: &str) -> Option<&'a str> {
    let (local, domain) = address.rsplit_once('@')?;
    let (base, tag) = local.split_once('+')?;
    let (own_local, own_domain) = mailbox.rsplit_once('@')?;
    (base.eq_ignore_ascii_case(own_local) && domain.eq_ignore_ascii_case(own_domain)).then_some(tag)
}

/// A ticket that a mail may belong to, and why we think so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Candidate {
    pub ticket: TicketId,
    pub proof: Proof,
    /// The sender is the requester or another participant of that ticket.
    pub sender_takes_part: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Proof {
    /// It answers to an address that only a mail of ours gave.
    Token,
    /// It names a Message-ID of the ticket in `In-Reply-To` or `References`.
    Reference,
}

/// Where a mail goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Route {
    Reply(TicketId),
    /// A ticket of its own; staff see that it quoted another one.
    New {
        quoted: Option<TicketId>,
    },
}

/// Our own ids **and** a sender who takes part; quoting a number gives nobody access.
pub fn route(candidates: &[Candidate]) -> Route {
    let proven = |proof| candidates.iter().find(move |c| c.proof == proof && c.sender_takes_part);
    match proven(Proof::Token).or_else(|| proven(Proof::Reference)) {
        Some(candidate) => Route::Reply(candidate.ticket),
        None => Route::New { quoted: candidates.first().map(|candidate| candidate.ticket) },
    }
}

/// Whether the customer's message still belongs into this ticket, or begins a follow-up.
pub fn takes_customer_message(ticket: &Ticket, settings: &Settings, now: Instant) -> bool {
    match &ticket.state {
        State::Open | State::Triaged | State::Waiting { .. } | State::Escalated => true,
        State::Resolved { at } => now < *at + chrono::Duration::seconds(settings.reopening_window_s),
        State::Closed { .. } => false,
    }
}

/// What RFC 3834 asks before a machine answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct AutomaticAnswer {
    /// Auto-reply, bounce, list, receipt.
    pub mail_is_automatic: bool,
    pub null_sender: bool,
    pub from_ourselves: bool,
    /// How many automatic answers the sender got lately.
    pub answered_lately: u32,
}

/// Automatic answers that one sender gets in a period.
pub const AUTOMATIC_ANSWERS_MAX: u32 = 5;

impl AutomaticAnswer {
    pub fn is_allowed(self) -> bool {
        !self.mail_is_automatic
            && !self.null_sender
            && !self.from_ourselves
            && self.answered_lately < AUTOMATIC_ANSWERS_MAX
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn ticket(n: u128) -> TicketId {
        TicketId(Uuid::from_u128(n))
    }

    #[test]
    fn a_tag_proves_its_own_ticket_and_no_other() {
        let tokens = ReplyTokens::new("a secret");
        let tag = tokens.tag(TicketNumber(1042), ticket(1));
        let address = format!("support+{tag}@desk.example");
        let found = plus_tag(&address, "Support@Desk.Example").expect("a tag");
        let (number, token) = ReplyTokens::claimed(found).expect("a claim");
        assert_eq!(number, TicketNumber(1042));
        assert!(tokens.proves(token, ticket(1)));
        assert!(tokens.proves(&token.to_uppercase(), ticket(1)), "mail systems fold case");
        assert!(!tokens.proves(token, ticket(2)));
        assert!(!ReplyTokens::new("another").proves(token, ticket(1)));
    }

    #[test]
    fn what_is_not_a_tag_claims_nothing() {
        for tag in [
            "",
            "1042",
            "1042.",
            "x.abcdefghijklmnopqrstuvwxyz",
            "1042.short",
            "99999999999999999999.abcdefghijklmnopqrstuvwxyz",
        ] {
            assert_eq!(ReplyTokens::claimed(tag), None, "{tag}");
        }
        assert_eq!(plus_tag("sales+1.a@desk.example", "support@desk.example"), None);
    }

    #[test]
    fn a_reply_needs_proof_and_a_sender_who_takes_part() {
        let candidate = |n, proof, sender_takes_part| Candidate { ticket: ticket(n), proof, sender_takes_part };
        let table = [
            (vec![], Route::New { quoted: None }),
            (vec![candidate(1, Proof::Token, true)], Route::Reply(ticket(1))),
            (vec![candidate(1, Proof::Token, false)], Route::New { quoted: Some(ticket(1)) }),
            (vec![candidate(1, Proof::Reference, false)], Route::New { quoted: Some(ticket(1)) }),
            (vec![candidate(1, Proof::Reference, true), candidate(2, Proof::Token, true)], Route::Reply(ticket(2))),
        ];
        for (candidates, expected) in table {
            assert_eq!(route(&candidates), expected, "{candidates:?}");
        }
    }

    #[test]
    fn machines_do_not_answer_machines() {
        let human = AutomaticAnswer::default();
        assert!(human.is_allowed());
        assert!(!AutomaticAnswer { mail_is_automatic: true, ..human }.is_allowed());
        assert!(!AutomaticAnswer { null_sender: true, ..human }.is_allowed());
        assert!(!AutomaticAnswer { from_ourselves: true, ..human }.is_allowed());
        assert!(!AutomaticAnswer { answered_lately: AUTOMATIC_ANSWERS_MAX, ..human }.is_allowed());
    }
}

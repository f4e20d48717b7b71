//! Which addresses are ours.

use watchdesk_core::mail::plus_tag;
use watchdesk_store::directory::Mailbox;

/// The desk's mailboxes at the time of asking.
#[derive(Debug, Clone)]
pub(super) struct Mailboxes(Vec<Mailbox>);

impl Mailboxes {
    pub fn new(mailboxes: Vec<Mailbox>) -> Self {
        Self(mailboxes)
    }

    /// The active mailbox that takes mail for this address: its own, or one with a plus tag.
    pub fn taking(&self, address: &str) -> Option<&Mailbox> {
        self.0.iter().filter(|mailbox| mailbox.active).find(|mailbox| belongs(address, mailbox))
    }

    /// A mail server must take mail for its postmaster (RFC 5321 §4.5.1), with and without the domain.
    pub fn is_postmaster(&self, address: &str) -> bool {
        let active = || self.0.iter().filter(|mailbox| mailbox.active);
        match address.rsplit_once('@') {
            None => address.eq_ignore_ascii_case("postmaster") && active().next().is_some(),
            Some((local, domain)) => {
                local.eq_ignore_ascii_case("postmaster")
                    && active().any(|mailbox| domain_of(&mailbox.address).eq_ignore_ascii_case(domain))
            }
        }
    }

    /// Whether mail from this address is our own; also of a mailbox that is not in use any more.
    pub fn contain(&self, address: &str) -> bool {
        self.0.iter().any(|mailbox| belongs(address, mailbox))
    }

    /// What stands behind the plus sign, if the address is one of ours.
    pub fn tag<'a>(&self, address: &'a str) -> Option<&'a str> {
        self.0.iter().find_map(|mailbox| plus_tag(address, &mailbox.address))
    }

    pub fn first_active(&self) -> Option<&Mailbox> {
        self.0.iter().find(|mailbox| mailbox.active)
    }
}

fn belongs(address: &str, mailbox: &Mailbox) -> bool {
    address.to_lowercase() == mailbox.address.to_lowercase() || plus_tag(address, &mailbox.address).is_some()
}

fn domain_of(address: &str) -> &str {
    address.rsplit_once('@').map_or("", |(_, domain)| domain)
}

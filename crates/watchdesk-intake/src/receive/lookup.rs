//! Which tickets a mail may belong to. What proves it is core's matter; the rows are found here.

use std::collections::BTreeMap;

use watchdesk_core::ids::{ContactId, TicketId, TicketNumber};
use watchdesk_core::mail::{Candidate, Proof, ReplyTokens, Route, route};
use watchdesk_store::tickets::{self, TicketRecord};
use watchdesk_store::{StoreError, mail};

use super::Intake;
use super::letter::Letter;

/// Merges that are followed from one ticket.
const MERGES_MAX: usize = 20;

/// Where a mail goes, with what is known of it.
#[derive(Debug)]
pub(super) enum Destination {
    Reply(Box<TicketRecord>),
    New { quoted: Option<Quoted> },
}

/// A ticket that the mail speaks of and does not get into.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Quoted {
    pub number: TicketNumber,
    pub sender_takes_part: bool,
}

#[derive(Default)]
struct Found {
    candidates: Vec<Candidate>,
    tickets: BTreeMap<TicketId, TicketRecord>,
    /// Named by its number, without proof.
    named: Option<TicketId>,
}

impl Intake {
    /// `sender` is the contact that `From` claims to be, if we know one.
    pub(super) async fn destination(
        &self,
        letter: &Letter,
        sender: Option<ContactId>,
    ) -> Result<Destination, StoreError> {
        let mut found = Found::default();
        self.look_up_tags(letter, sender, &mut found).await?;
        self.look_up_references(letter, sender, &mut found).await?;
        let quoted = match route(&found.candidates) {
            Route::Reply(id) => {
                if let Some(record) = found.tickets.remove(&id) {
                    return Ok(Destination::Reply(Box::new(record)));
                }
                None
            }
            Route::New { quoted } => quoted,
        };
        if quoted.is_none() && found.named.is_none() {
            self.look_up_subject(letter, &mut found).await?;
        }
        let record = quoted.or(found.named).and_then(|id| found.tickets.get(&id));
        let quoted =
            record.map(|record| Quoted { number: record.ticket.number, sender_takes_part: takes_part(record, sender) });
        Ok(Destination::New { quoted })
    }

    async fn look_up_tags(
        &self,
        letter: &Letter,
        sender: Option<ContactId>,
        found: &mut Found,
    ) -> Result<(), StoreError> {
        for tag in letter.tags() {
            let Some((number, token)) = ReplyTokens::claimed(tag) else { continue };
            let Some(record) = tickets::by_number(self.store(), number).await? else { continue };
            let proven = self.options().reply_tokens.proves(token, record.ticket.id);
            let record = self.survivor(record).await?;
            if proven {
                found.add(record, Proof::Token, sender);
            } else {
                found.name(record);
            }
        }
        Ok(())
    }

    async fn look_up_references(
        &self,
        letter: &Letter,
        sender: Option<ContactId>,
        found: &mut Found,
    ) -> Result<(), StoreError> {
        let ids = letter.answered_ids();
        if ids.is_empty() {
            return Ok(());
        }
        let mut known = mail::tickets_by_mail_ids(self.store(), &ids).await?;
        // The nearest mail first.
        known.sort_by_key(|(id, _)| ids.iter().position(|asked| asked == id));
        let mut seen: Vec<TicketId> = Vec::new();
        for (_, ticket) in known {
            if seen.contains(&ticket) {
                continue;
            }
            seen.push(ticket);
            if let Some(record) = tickets::by_id(self.store(), ticket).await? {
                let record = self.survivor(record).await?;
                found.add(record, Proof::Reference, sender);
            }
        }
        Ok(())
    }

    /// `[#1042]` proves nothing; it is a hint for the people who read the new ticket.
    async fn look_up_subject(&self, letter: &Letter, found: &mut Found) -> Result<(), StoreError> {
        if let Some(number) = number_in(&letter.mail.subject)
            && let Some(record) = tickets::by_number(self.store(), number).await?
        {
            let record = self.survivor(record).await?;
            found.name(record);
        }
        Ok(())
    }

    /// The ticket that goes on for one that was merged away.
    pub(super) async fn survivor(&self, record: TicketRecord) -> Result<TicketRecord, StoreError> {
        let mut record = record;
        for _ in 0..MERGES_MAX {
            let Some(next) = record.ticket.duplicate_of() else { break };
            match tickets::by_id(self.store(), next).await? {
                Some(next) => record = next,
                None => break,
            }
        }
        Ok(record)
    }
}

impl Found {
    fn add(&mut self, record: TicketRecord, proof: Proof, sender: Option<ContactId>) {
        let sender_takes_part = takes_part(&record, sender);
        self.candidates.push(Candidate { ticket: record.ticket.id, proof, sender_takes_part });
        self.tickets.insert(record.ticket.id, record);
    }

    fn name(&mut self, record: TicketRecord) {
        self.named.get_or_insert(record.ticket.id);
        self.tickets.insert(record.ticket.id, record);
    }
}

fn takes_part(record: &TicketRecord, sender: Option<ContactId>) -> bool {
    sender.is_some_and(|sender| record.ticket.participants.contains(&sender))
}

/// The number in the first `[#1042]`.
fn number_in(subject: &str) -> Option<TicketNumber> {
    subject.split("[#").skip(1).find_map(|rest| {
        let (digits, _) = rest.split_once(']')?;
        let is_number = !digits.is_empty() && digits.len() <= 18 && digits.bytes().all(|byte| byte.is_ascii_digit());
        digits.parse().ok().filter(|_| is_number).map(TicketNumber)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subject_names_a_ticket_in_our_own_way_only() {
        let table = [
            ("Re: Outlook [#1042]", Some(1042)),
            ("[#x] [#7]", Some(7)),
            ("Outlook #1042", None),
            ("[#]", None),
            ("[#1042", None),
            ("[#9999999999999999999]", None),
            ("[#+5]", None),
        ];
        for (subject, expected) in table {
            assert_eq!(number_in(subject), expected.map(TicketNumber), "{subject}");
        }
    }
}

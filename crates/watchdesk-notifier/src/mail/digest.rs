//! What piled up for one recipient while nobody could send.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::sync::Arc;

use watchdesk_core::Instant;
use watchdesk_core::case::Case;
use watchdesk_core::clock::Clock;
use watchdesk_core::desk::{Desk, Language};
use watchdesk_core::effect::Call;
use watchdesk_core::ids::{AgentId, ClockId, CustomerId, OutboxId, TicketId};
use watchdesk_core::rights::{Actor, Object, Verb, authorize};
use watchdesk_core::ticket::Ticket;
use watchdesk_store::outbox::{self, OutboxRecord};
use watchdesk_store::tickets::TicketRecord;
use watchdesk_store::{Store, StoreError, cases, desk, directory, tickets};
use watchdesk_templates::MailContext;
use watchdesk_templates::mail::{Digest, DigestLine, DigestNow, DigestTicket, DigestWhat, ticket_url};

use super::compose::{ComposeError, Composer};
use super::ladder;
use crate::owed::{self, Owed, Spoken};

const NOTHING_LEFT: &str = "nothing of it is this recipient's to know any more";

/// Who reads it.
#[derive(Debug, Clone, Copy)]
pub(super) enum Reader<'a> {
    Colleague(AgentId, &'a Actor),
    /// An address outside: no words of a customer's, and no names.
    Outside,
}

pub(super) async fn context(
    composer: &Composer,
    digest: OutboxId,
    desk_name: String,
    reader: Reader<'_>,
    language: Language,
    now: Instant,
) -> Result<Result<MailContext, String>, ComposeError> {
    let entries = outbox::digest_entries(&composer.store, digest).await?;
    let mut facts = Facts::load(&composer.store, &entries).await?;
    let mut notices = Vec::new();
    for entry in &entries {
        let (Some(ticket), Some(spoken)) = (entry.ticket, Spoken::of(&entry.notice)) else { continue };
        let Some(owed) = facts.owed(&composer.store, ticket, spoken.clock).await? else { continue };
        let Some(record) = facts.tickets.get(&ticket).filter(|record| reader.may_read(&record.ticket)) else {
            continue;
        };
        let line = DigestLine {
            objective: spoken.objective,
            reference: owed.case.and_then(|case| case.reference),
            what: if spoken.is_miss { DigestWhat::Missed } else { DigestWhat::Near },
            due_at: spoken.call.due_at,
            now: DigestNow::of(&owed.clock),
            unseen: reader.unseen(&record.ticket, &owed.clock, &spoken.call),
            seen_url: None,
        };
        notices.push((facts.row(composer, record, reader, language), line));
    }
    let of_notices = Digest::of(desk_name, composer.page("queue"), now, notices);
    let Some(mut told) = of_notices else { return Ok(Err(NOTHING_LEFT.to_owned())) };
    if let Reader::Colleague(agent, _) = reader {
        link(composer, digest, agent, &mut told).await?;
    }
    Ok(Ok(MailContext::Digest(told)))
}

/// A link beside each line that waits for somebody, of those that the mail shows.
async fn link(composer: &Composer, mail: OutboxId, agent: AgentId, digest: &mut Digest) -> Result<(), ComposeError> {
    for line in digest.open.iter_mut().flat_map(|ticket| &mut ticket.lines) {
        if let Some(clock) = line.unseen {
            line.seen_url = Some(ladder::seen_url(composer, mail, agent, clock).await?);
        }
    }
    Ok(())
}

impl Reader<'_> {
    /// The clock on which he may say that he has seen it, where a step of its waits for somebody.
    fn unseen(self, ticket: &Ticket, clock: &Clock, call: &Call) -> Option<ClockId> {
        let may_say_so = match self {
            Self::Colleague(_, actor) => authorize(actor, Verb::WorkTicket, Object::Ticket(ticket)),
            Self::Outside => false,
        };
        ladder::wanted(clock, call).filter(|_| may_say_so).map(|_| clock.id)
    }

    fn may_read(self, ticket: &Ticket) -> bool {
        match self {
            Self::Colleague(_, actor) => authorize(actor, Verb::ReadInternal, Object::Ticket(ticket)),
            Self::Outside => true,
        }
    }
}

/// What the entries are about, read once.
struct Facts {
    desk: Arc<Desk>,
    tickets: BTreeMap<TicketId, TicketRecord>,
    /// By the id of any instance; what it tells of is the latest one of its cycle.
    clocks: BTreeMap<ClockId, Clock>,
    customers: BTreeMap<CustomerId, String>,
    /// Of the tickets on which the operator owes something.
    cases: BTreeMap<TicketId, Vec<Case>>,
}

fn as_they_stand(mut clocks: Vec<Clock>) -> BTreeMap<ClockId, Clock> {
    clocks.sort_by_key(|clock| clock.revision);
    let cycle = |clock: &Clock| (clock.subject, clock.objective, clock.cycle);
    let latest: BTreeMap<_, &Clock> = clocks.iter().map(|clock| (cycle(clock), clock)).collect();
    clocks.iter().filter_map(|clock| Some((clock.id, (*latest.get(&cycle(clock))?).clone()))).collect()
}

impl Facts {
    async fn load(store: &Store, entries: &[OutboxRecord]) -> Result<Self, StoreError> {
        let mut ids: Vec<TicketId> = entries.iter().filter_map(|entry| entry.ticket).collect();
        ids.sort();
        ids.dedup();
        let records = tickets::by_ids(store, &ids).await?;
        let mut customers: Vec<CustomerId> = records.iter().filter_map(|record| record.ticket.customer).collect();
        customers.sort();
        customers.dedup();
        let customers = directory::customers_by_ids(store, &customers).await?;
        let clocks = tickets::clocks_of_many(store, &ids).await?;
        Ok(Self {
            desk: desk::load(store).await?,
            tickets: records.into_iter().map(|record| (record.ticket.id, record)).collect(),
            clocks: as_they_stand(clocks),
            customers: customers.into_iter().map(|customer| (customer.id, customer.name)).collect(),
            cases: BTreeMap::new(),
        })
    }

    async fn owed(&mut self, store: &Store, ticket: TicketId, id: ClockId) -> Result<Option<Owed>, StoreError> {
        if let Some(clock) = self.clocks.get(&id) {
            return Ok(Some(Owed { clock: clock.clone(), case: None }));
        }
        let cases = match self.cases.entry(ticket) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(unknown) => unknown.insert(cases::of_ticket(store, ticket).await?),
        };
        Ok(owed::of_cases(cases, id))
    }

    fn row(&self, composer: &Composer, record: &TicketRecord, reader: Reader<'_>, language: Language) -> DigestTicket {
        let ticket = &record.ticket;
        let (subject, customer) = match reader {
            Reader::Colleague(..) => {
                let customer = ticket.customer.and_then(|id| self.customers.get(&id).cloned());
                (record.words.subject.clone(), customer)
            }
            Reader::Outside => {
                let service = ticket.service.as_ref().and_then(|slug| self.desk.services.get(slug));
                (service.map(|service| service.name.in_language(language).to_owned()).unwrap_or_default(), None)
            }
        };
        DigestTicket {
            number: ticket.number.0,
            url: ticket_url(&composer.base_url, ticket.number.0),
            subject,
            customer,
            severity: ticket.severity,
            lines: Vec::new(),
        }
    }
}

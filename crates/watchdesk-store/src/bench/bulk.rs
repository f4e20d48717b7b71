//! A desk full of tickets whose clocks run. The core decides each of them as it decides any; only the rows of many are
//! written together. They are not in the search index, which no timer looks at.

use std::collections::BTreeMap;
use std::sync::Arc;

use sea_orm::sea_query::{Expr, ExprTrait, Query};
use sea_orm::{ConnectionTrait, DatabaseTransaction, EntityTrait, QueryOrder, QuerySelect};
use uuid::Uuid;
use watchdesk_core::command::{Command, OpenTicket, Unit, Words};
use watchdesk_core::desk::Desk;
use watchdesk_core::facts::ContactFact;
use watchdesk_core::firing::Standing;
use watchdesk_core::ids::{ContactId, MessageId, TeamId, TicketId, TicketNumber};
use watchdesk_core::rights::Actor;
use watchdesk_core::ticket::Channel;
use watchdesk_core::{Decision, Facts, Instant, decide};

use crate::entities::{participant, ticket};
use crate::firing::Table;
use crate::outbox::insert_effects;
use crate::rows::{clock_row, event_row, insert_all, message_row, ticket_row};
use crate::{ExecuteError, Store, StoreError, desk, dialect, fresh_id};

/// Tickets that are written in one transaction.
pub const BATCH_TICKETS: usize = 500;

const SUBJECT: &str = "Outlook keeps asking for a password";
const BODY: &str = "Since this morning about forty people are asked for their password again and again.";

/// How much was written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Written {
    pub tickets: usize,
    pub running_clocks: usize,
}

/// Writes tickets of one requester, all of one team.
#[derive(Debug)]
pub struct Bulk {
    store: Store,
    desk: Arc<Desk>,
    requester: ContactId,
    team: Option<TeamId>,
}

impl Bulk {
    pub async fn new(store: &Store, requester: ContactId, team: Option<TeamId>) -> Result<Self, StoreError> {
        Ok(Self { store: store.clone(), desk: desk::load(store).await?, requester, team })
    }

    /// So many tickets, opened at that instant and untouched since. At most [`BATCH_TICKETS`] at once.
    pub async fn write(&self, tickets: usize, opened_at: Instant) -> Result<Written, ExecuteError> {
        let transaction = self.store.begin().await?;
        let numbers = dialect::fresh_numbers(&transaction, tickets.min(BATCH_TICKETS)).await?;
        let decisions = numbers.into_iter().map(|number| self.decide(number, opened_at));
        let decisions = decisions.collect::<Result<Vec<_>, _>>()?;
        let written = self.save(&transaction, &decisions, opened_at).await?;
        transaction.commit().await?;
        Ok(written)
    }

    fn decide(&self, number: TicketNumber, opened_at: Instant) -> Result<Decision, ExecuteError> {
        let requester = ContactFact { id: self.requester, customer: None, suppressed: false };
        let facts = Facts {
            desk: Arc::clone(&self.desk),
            tickets: BTreeMap::new(),
            cases: BTreeMap::new(),
            fresh_numbers: vec![number],
            customers: BTreeMap::new(),
            contacts: BTreeMap::from([(self.requester, requester)]),
        };
        let unit = Unit::ticket(TicketId(fresh_id()), Command::Open(Box::new(self.opening(opened_at))));
        Ok(decide(&facts, &unit, &Actor::System, opened_at)?)
    }

    fn opening(&self, at: Instant) -> OpenTicket {
        OpenTicket {
            subject: SUBJECT.to_owned(),
            words: Words::text(MessageId(fresh_id()), BODY),
            requester: self.requester,
            customer: None,
            mailbox: None,
            channel: Channel::Api,
            at,
            category: None,
            service: None,
            severity: None,
            team: self.team,
            custom_fields: BTreeMap::new(),
            acknowledge: false,
            follow_up_of: None,
            imported: false,
        }
    }

    async fn save(
        &self,
        transaction: &DatabaseTransaction,
        decisions: &[Decision],
        now: Instant,
    ) -> Result<Written, StoreError> {
        let changes = || decisions.iter().flat_map(|decision| &decision.tickets);
        let participants = changes().flat_map(|change| {
            let ticket_id = change.ticket.id.0;
            change.ticket.participants.iter().map(move |id| participant::Model { ticket_id, contact_id: id.0 })
        });
        let clocks = || changes().flat_map(|change| &change.clocks);
        let messages = decisions.iter().flat_map(|decision| &decision.messages);
        let effects: Vec<_> = decisions.iter().flat_map(|decision| &decision.effects).collect();
        insert_all(transaction, changes().map(|change| ticket_row(change, &Standing::default())).collect()).await?;
        insert_all(transaction, participants.collect()).await?;
        insert_all(transaction, clocks().map(clock_row).collect()).await?;
        insert_all(transaction, changes().flat_map(|change| change.events.iter().map(event_row)).collect()).await?;
        insert_all(transaction, messages.map(message_row).collect()).await?;
        insert_effects(&self.store.shared, transaction, &effects, now).await?;
        let running_clocks = clocks().filter(|clock| clock.is_running()).count();
        Ok(Written { tickets: changes().count(), running_clocks })
    }
}

/// As many looks at an index as a tick with nothing due takes, and nothing else.
pub async fn bare_probes(store: &Store) -> Result<(), StoreError> {
    for table in Table::BOTH {
        let probe =
            Query::select().column("id").from(table.name()).and_where(Expr::col("id").eq(Uuid::nil())).to_owned();
        store.reader().query_one(&probe).await?;
    }
    Ok(())
}

/// One row changed and committed for each of so many tickets, and nothing else. Answers how many there were.
pub async fn bare_commits(store: &Store, count: usize) -> Result<usize, StoreError> {
    let ids: Vec<Uuid> = ticket::Entity::find()
        .select_only()
        .column(ticket::Column::Id)
        .order_by_asc(ticket::Column::Number)
        .limit(count as u64)
        .into_tuple()
        .all(store.reader())
        .await?;
    for id in &ids {
        let touch = Query::update()
            .table(Table::Tickets.name())
            .value("fire_failures", Expr::col("fire_failures"))
            .and_where(Expr::col("id").eq(*id))
            .to_owned();
        let transaction = store.begin().await?;
        transaction.execute(&touch).await?;
        transaction.commit().await?;
    }
    Ok(ids.len())
}

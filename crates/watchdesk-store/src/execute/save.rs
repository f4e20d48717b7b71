//! A decision becomes rows. Parents come before children, because the databases check references at once.

use std::collections::BTreeSet;

use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, DatabaseTransaction, EntityTrait, IntoActiveModel, Iterable, QueryFilter,
    QuerySelect,
};
use watchdesk_core::case::Case;
use watchdesk_core::clock::Clock;
use watchdesk_core::decision::{CaseChange, MovedMessages, NewMessage, TicketChange};
use watchdesk_core::event::{Event, EventKind};
use watchdesk_core::ids::{MessageId, TicketId};
use watchdesk_core::{Decision, Facts, Instant};

use crate::entities::{attachment, case_ticket, clock, message, operator_case, participant, ticket};
use crate::execute::stale;
use crate::incidents::save_links;
use crate::mail;
use crate::outbox::insert_effects;
use crate::rows::{
    ROWS_PER_INSERT, case_row, clock_row, event_row, insert_all, message_row, message_words, ticket_row,
};
use crate::search::Indexing;
use crate::store::Shared;
use crate::{ExecuteError, StoreError};

pub(super) async fn decision(
    shared: &Shared,
    transaction: &DatabaseTransaction,
    facts: &Facts,
    decision: &Decision,
    now: Instant,
) -> Result<(), ExecuteError> {
    for change in &decision.tickets {
        ticket(transaction, change).await?;
        participants(transaction, facts, change).await?;
        let before = facts.tickets.get(&change.ticket.id).map(|facts| &facts.ticket);
        save_links(transaction, before, &change.ticket).await?;
        let before = facts.tickets.get(&change.ticket.id).map_or(&[][..], |facts| &facts.clocks);
        clocks(transaction, before, &change.clocks).await?;
    }
    for change in &decision.cases {
        case(transaction, facts, change).await?;
        let known = facts.cases.get(&change.case.id).and_then(|case| case.reference.as_ref());
        if let Some(reference) = change.case.reference.as_ref().filter(|reference| known != Some(*reference)) {
            mail::look_again(transaction, reference, now).await?;
        }
        let before = facts.cases.get(&change.case.id).map_or(&[][..], |case| &case.clocks);
        clocks(transaction, before, &change.case.clocks).await?;
    }
    let events = decision.tickets.iter().flat_map(|change| change.events.iter().map(event_row)).collect();
    insert_all(transaction, events).await?;
    insert_all(transaction, decision.messages.iter().map(message_row).collect()).await?;
    for message in &decision.messages {
        attach(transaction, message).await?;
    }
    for moved in &decision.moved_messages {
        move_messages(transaction, moved).await?;
    }
    insert_effects(shared, transaction, &decision.effects, now).await?;
    words(transaction, decision).await?;
    Ok(())
}

async fn ticket(transaction: &DatabaseTransaction, change: &TicketChange) -> Result<(), ExecuteError> {
    use ticket::Column::{FireClaimedUntil, FireFailures, FireFence};
    let row = ticket_row(change);
    if change.from_version == 0 {
        return Ok(insert_all(transaction, vec![row]).await?);
    }
    let id = row.id;
    let mut row = row.into_active_model().reset_all();
    [FireClaimedUntil, FireFence, FireFailures].into_iter().for_each(|column| row.not_set(column));
    let updated = ticket::Entity::update_many()
        .set(row)
        .filter(ticket::Column::Id.eq(id))
        .filter(ticket::Column::Version.eq(change.from_version))
        .exec(transaction)
        .await?;
    if updated.rows_affected == 1 {
        return Ok(());
    }
    let current = ticket::Entity::find_by_id(id).one(transaction).await?;
    Err(stale(current.map(|row| row.version)))
}

async fn participants(
    transaction: &DatabaseTransaction,
    facts: &Facts,
    change: &TicketChange,
) -> Result<(), StoreError> {
    let none = BTreeSet::new();
    let id = change.ticket.id;
    let before = facts.tickets.get(&id).map_or(&none, |facts| &facts.ticket.participants);
    let after = &change.ticket.participants;
    let fresh = after.difference(before).map(|contact| participant::Model { ticket_id: id.0, contact_id: contact.0 });
    insert_all(transaction, fresh.collect()).await?;
    let gone: Vec<_> = before.difference(after).map(|contact| contact.0).collect();
    if !gone.is_empty() {
        participant::Entity::delete_many()
            .filter(participant::Column::TicketId.eq(id.0))
            .filter(participant::Column::ContactId.is_in(gone))
            .exec(transaction)
            .await?;
    }
    Ok(())
}

/// Clocks are measured anew after every command; only those that read differently are written.
async fn clocks(transaction: &DatabaseTransaction, before: &[Clock], after: &[Clock]) -> Result<(), StoreError> {
    let differs = |clock: &&Clock| !before.contains(clock);
    let rows: Vec<_> = after.iter().filter(differs).map(|clock| clock_row(clock).into_active_model()).collect();
    for rows in rows.chunks(ROWS_PER_INSERT) {
        let columns = clock::Column::iter().filter(|column| !matches!(column, clock::Column::Id));
        clock::Entity::insert_many(rows.iter().cloned())
            .on_conflict(OnConflict::column(clock::Column::Id).update_columns(columns).to_owned())
            .exec_without_returning(transaction)
            .await?;
    }
    Ok(())
}

async fn case(transaction: &DatabaseTransaction, facts: &Facts, change: &CaseChange) -> Result<(), ExecuteError> {
    let row = case_row(&change.case);
    let id = row.id;
    if change.from_version == 0 {
        insert_all(transaction, vec![row]).await?;
    } else {
        use operator_case::Column::{FireClaimedUntil, FireFailures, FireFence};
        let mut row = row.into_active_model().reset_all();
        [FireClaimedUntil, FireFence, FireFailures].into_iter().for_each(|column| row.not_set(column));
        let updated = operator_case::Entity::update_many()
            .set(row)
            .filter(operator_case::Column::Id.eq(id))
            .filter(operator_case::Column::Version.eq(change.from_version))
            .exec(transaction)
            .await?;
        if updated.rows_affected != 1 {
            let current = operator_case::Entity::find_by_id(id).one(transaction).await?;
            return Err(stale(current.map(|row| row.version)));
        }
    }
    Ok(case_links(transaction, facts.cases.get(&change.case.id), &change.case).await?)
}

async fn case_links(transaction: &DatabaseTransaction, before: Option<&Case>, case: &Case) -> Result<(), StoreError> {
    let none = BTreeSet::new();
    let before = before.map_or(&none, |case| &case.tickets);
    let fresh =
        case.tickets.difference(before).map(|ticket| case_ticket::Model { case_id: case.id.0, ticket_id: ticket.0 });
    insert_all(transaction, fresh.collect()).await?;
    let gone: Vec<_> = before.difference(&case.tickets).map(|ticket| ticket.0).collect();
    if !gone.is_empty() {
        case_ticket::Entity::delete_many()
            .filter(case_ticket::Column::CaseId.eq(case.id.0))
            .filter(case_ticket::Column::TicketId.is_in(gone))
            .exec(transaction)
            .await?;
    }
    Ok(())
}

/// An attachment belongs to one message, for good.
async fn attach(transaction: &DatabaseTransaction, message: &NewMessage) -> Result<(), ExecuteError> {
    let ids: BTreeSet<_> = message.words.attachments.iter().map(|id| id.0).collect();
    if ids.is_empty() {
        return Ok(());
    }
    let wanted = ids.len() as u64;
    let updated = attachment::Entity::update_many()
        .col_expr(attachment::Column::MessageId, Expr::value(message.words.id.0))
        .filter(attachment::Column::Id.is_in(ids))
        .filter(attachment::Column::MessageId.is_null())
        .exec(transaction)
        .await?;
    if updated.rows_affected == wanted { Ok(()) } else { Err(ExecuteError::UnknownAttachment) }
}

/// `origins` is the path of tickets that a message came from by merging, such as `/A/B`; taking a merge back takes the
/// last one off.
async fn move_messages(transaction: &DatabaseTransaction, moved: &MovedMessages) -> Result<(), StoreError> {
    match moved {
        MovedMessages::All { from, to } => {
            move_by_origin(transaction, *from, *to, |path| Some(format!("{path}{}", origin(*from)))).await
        }
        MovedMessages::Back { from, origin: to } => {
            move_by_origin(transaction, *from, *to, |path| path.strip_suffix(&origin(*to)).map(str::to_owned)).await
        }
        MovedMessages::Some { from, to, messages } => {
            message::Entity::update_many()
                .col_expr(message::Column::TicketId, Expr::value(to.0))
                .filter(message::Column::TicketId.eq(from.0))
                .filter(message::Column::Id.is_in(messages.iter().map(|MessageId(id)| *id)))
                .exec(transaction)
                .await?;
            Ok(())
        }
    }
}

/// Moves the messages whose path has a next one. A ticket has few different paths: one for each merge it has seen.
async fn move_by_origin(
    transaction: &DatabaseTransaction,
    from: TicketId,
    to: TicketId,
    next_path: impl Fn(&str) -> Option<String>,
) -> Result<(), StoreError> {
    let paths: Vec<String> = message::Entity::find()
        .select_only()
        .column(message::Column::Origins)
        .distinct()
        .filter(message::Column::TicketId.eq(from.0))
        .into_tuple()
        .all(transaction)
        .await?;
    for path in paths {
        let Some(next) = next_path(&path) else { continue };
        message::Entity::update_many()
            .col_expr(message::Column::TicketId, Expr::value(to.0))
            .col_expr(message::Column::Origins, Expr::value(next))
            .filter(message::Column::TicketId.eq(from.0))
            .filter(message::Column::Origins.eq(path))
            .exec(transaction)
            .await?;
    }
    Ok(())
}

fn origin(ticket: TicketId) -> String {
    format!("/{ticket}")
}

/// New subjects and messages are found by search from the same transaction on.
async fn words(transaction: &DatabaseTransaction, decision: &Decision) -> Result<(), StoreError> {
    for change in &decision.tickets {
        let mut indexing = Indexing::of(change.ticket.number, change.from_version == 0);
        if change.events.iter().any(names_subject) {
            indexing.public(&change.words.subject);
        }
        for message in decision.messages.iter().filter(|message| message.ticket == change.ticket.id) {
            let (public, internal) = message_words(message);
            indexing.public(public);
            indexing.internal(internal);
        }
        indexing.save(transaction).await?;
    }
    Ok(())
}

fn names_subject(event: &Event) -> bool {
    matches!(event.kind, EventKind::Opened { .. } | EventKind::SubjectChanged)
}

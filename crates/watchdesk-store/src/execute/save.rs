//! A decision becomes rows. Parents come before children, because the databases check references at once.

use std::collections::BTreeSet;

use sea_orm::sea_query::{Expr, ExprTrait, OnConflict};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, DatabaseTransaction, EntityTrait, IdenStatic, IntoActiveModel, Iterable, JoinType,
    QueryFilter, QuerySelect,
};
use uuid::Uuid;
use watchdesk_core::case::Case;
use watchdesk_core::clock::{Clock, Subject};
use watchdesk_core::decision::{MovedMessages, NewMessage};
use watchdesk_core::event::{Event, EventKind, MessageKind};
use watchdesk_core::ids::{ContactId, MessageId, TicketId};
use watchdesk_core::{Decision, Instant};

use crate::disclosures;
use crate::entities::{attachment, case_ticket, clock, message, operator_case, participant, ticket};
use crate::execute::together::Decided;
use crate::incidents::save_links;
use crate::outbox::insert_effects;
use crate::rows::{
    ROWS_PER_INSERT, case_row, clock_row, event_row, insert_all, message_row, message_words, ticket_row,
};
use crate::search::Indexing;
use crate::store::Shared;
use crate::{ExecuteError, StoreError, firing, mail};

/// All that was decided in one transaction. No ticket and no case is in two of them.
pub(super) async fn all(
    shared: &Shared,
    transaction: &DatabaseTransaction,
    all: &[Decided],
    now: Instant,
) -> Result<(), ExecuteError> {
    tickets_and_cases(transaction, all).await?;
    participants(transaction, all).await?;
    for Decided { facts, decision, .. } in all {
        for change in &decision.tickets {
            let before = facts.tickets.get(&change.ticket.id).map(|facts| &facts.ticket);
            save_links(transaction, before, &change.ticket).await?;
        }
        for change in &decision.cases {
            let before = facts.cases.get(&change.case.id);
            files_of_case(transaction, before, &change.case).await?;
            case_links(transaction, before, &change.case).await?;
            let known = before.and_then(|case| case.reference.as_ref());
            if let Some(reference) = change.case.reference.as_ref().filter(|reference| known != Some(*reference)) {
                mail::look_again(transaction, reference, now).await?;
            }
        }
    }
    clocks(transaction, all).await?;
    let decisions = || all.iter().map(|decided| &decided.decision);
    let changes = || decisions().flat_map(|decision| &decision.tickets);
    insert_all(transaction, changes().flat_map(|change| &change.events).map(event_row).collect()).await?;
    insert_all(transaction, decisions().flat_map(|decision| &decision.messages).map(message_row).collect()).await?;
    for decision in decisions() {
        for message in &decision.messages {
            attach(transaction, message).await?;
        }
        for moved in &decision.moved_messages {
            move_messages(transaction, moved).await?;
        }
        disclosures::write(transaction, &decision.disclosures).await?;
        words(transaction, decision).await?;
    }
    let effects = decisions().flat_map(|decision| &decision.effects).collect::<Vec<_>>();
    insert_effects(shared, transaction, &effects, now).await?;
    Ok(())
}

/// With who holds them for firing, and cases after the tickets that they are linked to.
async fn tickets_and_cases(transaction: &DatabaseTransaction, all: &[Decided]) -> Result<(), StoreError> {
    let (mut new, mut changed) = (Vec::new(), Vec::new());
    let (mut new_cases, mut changed_cases) = (Vec::new(), Vec::new());
    for decided in all {
        for change in &decided.decision.tickets {
            let row = ticket_row(change, &decided.standing(Subject::Ticket(change.ticket.id)));
            if change.from_version == 0 { new.push(row) } else { changed.push(row) }
        }
        for change in &decided.decision.cases {
            let row = case_row(&change.case, &decided.standing(Subject::Case(change.case.id)));
            if change.from_version == 0 { new_cases.push(row) } else { changed_cases.push(row) }
        }
        if let Some(subject) = decided.answered.filter(|subject| !decided.changes(*subject)) {
            firing::write(transaction, subject, &decided.standing(subject)).await?;
        }
    }
    insert_all(transaction, new).await?;
    overwrite(transaction, changed, ticket::Column::Id, ticket::Column::Version).await?;
    insert_all(transaction, new_cases).await?;
    overwrite(transaction, changed_cases, operator_case::Column::Id, operator_case::Column::Version).await
}

/// Rows that are there and locked. One that somebody changed all the same is a lost race, and tried again.
async fn overwrite<M, A>(
    transaction: &DatabaseTransaction,
    rows: Vec<M>,
    id: <A::Entity as EntityTrait>::Column,
    version: <A::Entity as EntityTrait>::Column,
) -> Result<(), StoreError>
where
    M: IntoActiveModel<A> + Clone,
    A: ActiveModelTrait,
{
    let others = || <A::Entity as EntityTrait>::Column::iter().filter(|column| column.as_str() != id.as_str());
    for rows in rows.chunks(ROWS_PER_INSERT) {
        let is_older = Expr::col((A::Entity::default(), version)).lte(Expr::col(("excluded", version)));
        let written = A::Entity::insert_many(rows.iter().cloned().map(IntoActiveModel::into_active_model))
            .on_conflict(OnConflict::column(id).update_columns(others()).action_and_where(is_older).to_owned())
            .exec_without_returning(transaction)
            .await?;
        if written != rows.len() as u64 {
            return Err(StoreError::Busy);
        }
    }
    Ok(())
}

async fn participants(transaction: &DatabaseTransaction, all: &[Decided]) -> Result<(), StoreError> {
    let (none, mut fresh) = (BTreeSet::new(), Vec::new());
    for Decided { facts, decision, .. } in all {
        for change in &decision.tickets {
            let (id, after) = (change.ticket.id, &change.ticket.participants);
            let before = facts.tickets.get(&id).map_or(&none, |facts| &facts.ticket.participants);
            let model = |contact: &ContactId| participant::Model { ticket_id: id.0, contact_id: contact.0 };
            fresh.extend(after.difference(before).map(model));
            let gone: Vec<_> = before.difference(after).map(|contact| contact.0).collect();
            if !gone.is_empty() {
                participant::Entity::delete_many()
                    .filter(participant::Column::TicketId.eq(id.0))
                    .filter(participant::Column::ContactId.is_in(gone))
                    .exec(transaction)
                    .await?;
            }
        }
    }
    insert_all(transaction, fresh).await
}

/// Clocks are measured anew after every command; only those that read differently are written.
async fn clocks(transaction: &DatabaseTransaction, all: &[Decided]) -> Result<(), StoreError> {
    let mut rows = Vec::new();
    for Decided { facts, decision, .. } in all {
        for change in &decision.tickets {
            let before = facts.tickets.get(&change.ticket.id).map_or(&[][..], |facts| &facts.clocks);
            rows.extend(differing(before, &change.clocks));
        }
        for change in &decision.cases {
            let before = facts.cases.get(&change.case.id).map_or(&[][..], |case| &case.clocks);
            rows.extend(differing(before, &change.case.clocks));
        }
    }
    for rows in rows.chunks(ROWS_PER_INSERT) {
        let columns = clock::Column::iter().filter(|column| !matches!(column, clock::Column::Id));
        clock::Entity::insert_many(rows.iter().cloned().map(IntoActiveModel::into_active_model))
            .on_conflict(OnConflict::column(clock::Column::Id).update_columns(columns).to_owned())
            .exec_without_returning(transaction)
            .await?;
    }
    Ok(())
}

fn differing<'a>(before: &'a [Clock], after: &'a [Clock]) -> impl Iterator<Item = clock::Model> + 'a {
    after.iter().filter(|clock| !before.contains(clock)).map(clock_row)
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

/// Only files of its own tickets go along with a case, and never those that came from the operator.
async fn files_of_case(
    transaction: &DatabaseTransaction,
    before: Option<&Case>,
    case: &Case,
) -> Result<(), ExecuteError> {
    let chosen = &case.words.handing.attachments;
    if before.is_some_and(|before| before.words.handing.attachments == *chosen) || chosen.is_empty() {
        return Ok(());
    }
    let wanted: BTreeSet<_> = chosen.iter().map(|id| id.0).collect();
    let found: Vec<Uuid> = attachment::Entity::find()
        .select_only()
        .column(attachment::Column::Id)
        .join(
            JoinType::InnerJoin,
            attachment::Entity::belongs_to(message::Entity)
                .from(attachment::Column::MessageId)
                .to(message::Column::Id)
                .into(),
        )
        .filter(attachment::Column::Id.is_in(wanted.iter().copied()))
        .filter(message::Column::TicketId.is_in(case.tickets.iter().map(|id| id.0)))
        .filter(message::Column::Kind.ne(MessageKind::Operator.as_str()))
        .filter(message::Column::Restricted.eq(false))
        .into_tuple()
        .all(transaction)
        .await?;
    if found.len() == wanted.len() { Ok(()) } else { Err(ExecuteError::UnknownAttachment) }
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

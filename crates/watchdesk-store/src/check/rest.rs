//! Mails, outbox, cases, rows whose owner is gone, and rotas that are called and not there.

use sea_orm::sea_query::{Expr, ExprTrait, IntoCondition};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait};
use uuid::Uuid;
use watchdesk_core::effect::Notice;
use watchdesk_core::ids::TicketId;

use super::{BATCH, CheckReport, FINDINGS_MAX, clocks, one_moment};
use crate::entities::{
    case_ticket, clock, event, message, operator_case, outbox, participant, raw_mail, raw_mail_fate, ticket,
};
use crate::execute::{clocks_of_cases, links_of_cases};
use crate::mail::Fate;
use crate::outbox::{OutboxRecord, OutboxState};
use crate::rows::Place;
use crate::{Store, StoreError, desk};
use watchdesk_core::ids::CaseId;

type Progress<'a> = &'a mut (dyn FnMut(u64) + Send);

/// Each has one current fate, which is the last of its history.
pub(super) async fn mails(store: &Store, report: &mut CheckReport, progress: Progress<'_>) -> Result<(), StoreError> {
    let mut after = Uuid::nil();
    loop {
        let transaction = one_moment(store).await?;
        let rows: Vec<(Uuid, String, String, i32, Option<String>)> = raw_mail::Entity::find()
            .select_only()
            .columns([
                raw_mail::Column::Id,
                raw_mail::Column::Fate,
                raw_mail::Column::FateData,
                raw_mail::Column::FateSeq,
            ])
            .column_as(raw_mail_fate::Column::FateData, "recorded")
            .join(sea_orm::JoinType::LeftJoin, last_fate())
            .filter(raw_mail::Column::Id.gt(after))
            .order_by_asc(raw_mail::Column::Id)
            .limit(BATCH)
            .into_tuple()
            .all(&transaction)
            .await?;
        let Some(last) = rows.last().map(|row| row.0) else { break };
        after = last;
        for (id, kind, data, _, recorded) in rows {
            report.mails += 1;
            match (Place { table: "raw_mail", id: &id }).json::<Fate>("fate_data", &data) {
                Ok(fate) if fate.kind().as_str() != kind => report.find("raw_mail", id, "fate and fate_data differ"),
                Ok(_) if recorded.as_deref() != Some(data.as_str()) => {
                    report.find("raw_mail", id, "the fate is not the last of its history");
                }
                Ok(fate) => ticket_of_fate(&transaction, report, id, &fate).await?,
                Err(error) => report.find_corrupt(error)?,
            }
        }
        transaction.commit().await?;
        progress(report.mails);
    }
    Ok(())
}

fn last_fate() -> sea_orm::RelationDef {
    let mut relation = raw_mail::Entity::belongs_to(raw_mail_fate::Entity)
        .from(raw_mail::Column::Id)
        .to(raw_mail_fate::Column::MailId);
    relation = relation.on_condition(|mail, fate| {
        let current = Expr::col((mail, raw_mail::Column::FateSeq));
        Expr::col((fate, raw_mail_fate::Column::Seq)).eq(current).into_condition()
    });
    relation.into()
}

async fn ticket_of_fate(
    connection: &impl sea_orm::ConnectionTrait,
    report: &mut CheckReport,
    mail: Uuid,
    fate: &Fate,
) -> Result<(), StoreError> {
    let (Fate::Ticket { ticket: TicketId(id), .. } | Fate::Reply { ticket: TicketId(id), .. }) = fate else {
        return Ok(());
    };
    if ticket::Entity::find_by_id(*id).one(connection).await?.is_none() {
        report.find("raw_mail", mail, format_args!("its ticket {id} is missing"));
    }
    Ok(())
}

/// Each row can be read, names a ticket if and only if it is about one, and is due if and only if something is left to
/// do.
pub(super) async fn outbox(store: &Store, report: &mut CheckReport, progress: Progress<'_>) -> Result<(), StoreError> {
    let mut after = Uuid::nil();
    loop {
        let rows = outbox::Entity::find()
            .filter(outbox::Column::Id.gt(after))
            .order_by_asc(outbox::Column::Id)
            .limit(BATCH)
            .all(store.reader())
            .await?;
        let Some(last) = rows.last().map(|row| row.id) else { break };
        after = last;
        for row in rows {
            report.outbox += 1;
            let id = row.id;
            match OutboxRecord::try_from(row) {
                Ok(record) => {
                    let left = matches!(record.state, OutboxState::Pending | OutboxState::Sending);
                    if left != record.next_attempt_at.is_some() {
                        report.find("outbox", id, "next_attempt_at does not fit the state");
                    }
                    if (record.state == OutboxState::InDigest) != record.digest.is_some() {
                        report.find("outbox", id, "digest_id does not fit the state");
                    }
                    if record.notice.is_about_ticket() != record.ticket.is_some() {
                        report.find("outbox", id, "ticket_id does not fit the notice");
                    }
                }
                Err(error) => report.find_corrupt(error)?,
            }
        }
        progress(report.outbox);
    }
    twice(store, report).await?;
    digests(store, report).await
}

/// What a digest is said to speak for needs the digest.
async fn digests(store: &Store, report: &mut CheckReport) -> Result<(), StoreError> {
    let digests = outbox::Entity::find().select_only().column(outbox::Column::Id);
    let digests = digests.filter(outbox::Column::Notice.eq(Notice::Digest.name()));
    let ids: Vec<Uuid> = outbox::Entity::find()
        .select_only()
        .column(outbox::Column::Id)
        .filter(outbox::Column::DigestId.is_not_null())
        .filter(outbox::Column::DigestId.not_in_subquery(digests.into_query()))
        .limit(FINDINGS_MAX as u64)
        .into_tuple()
        .all(store.reader())
        .await?;
    ids.into_iter().for_each(|id| report.find("outbox", id, "the digest that speaks for it is not there"));
    Ok(())
}

/// A unique index forbids it; an index can be broken.
async fn twice(store: &Store, report: &mut CheckReport) -> Result<(), StoreError> {
    let keys: Vec<String> = outbox::Entity::find()
        .select_only()
        .column(outbox::Column::Key)
        .group_by(outbox::Column::Key)
        .having(outbox::Column::Id.count().gt(1))
        .limit(FINDINGS_MAX as u64)
        .into_tuple()
        .all(store.reader())
        .await?;
    keys.into_iter().for_each(|key| report.find("outbox", key, "the key is there more than once"));
    Ok(())
}

pub(super) async fn cases(store: &Store, report: &mut CheckReport) -> Result<(), StoreError> {
    let mut after = Uuid::nil();
    loop {
        let transaction = one_moment(store).await?;
        let rows = operator_case::Entity::find()
            .filter(operator_case::Column::Id.gt(after))
            .order_by_asc(operator_case::Column::Id)
            .limit(BATCH)
            .all(&transaction)
            .await?;
        let Some(last) = rows.last().map(|row| row.id) else { break };
        after = last;
        let desk = desk::within(&store.shared, &transaction).await?;
        let ids = rows.iter().map(|row| CaseId(row.id)).collect();
        let mut links = links_of_cases(&transaction, &ids).await?;
        let mut owed = match clocks_of_cases(&transaction, &ids).await {
            Ok(owed) => owed,
            Err(error) => {
                report.find_corrupt(error)?;
                continue;
            }
        };
        for row in rows {
            let id = CaseId(row.id);
            match row.with_parts(links.remove(&id).unwrap_or_default(), owed.remove(&id).unwrap_or_default()) {
                Ok(case) => clocks::of_case(report, &desk, &case),
                Err(error) => report.find_corrupt(error)?,
            }
        }
        transaction.commit().await?;
    }
    Ok(())
}

/// A rota that is taken away is still named by the ladders of a policy.
pub(super) async fn rotas(store: &Store, report: &mut CheckReport) -> Result<(), StoreError> {
    let desk = desk::load(store).await?;
    desk.ladders_that_call_nobody().iter().for_each(|nobody| report.find("rota", &nobody.rota, nobody));
    Ok(())
}

/// Rows about tickets that are not there; references forbid it, but can be switched off.
pub(super) async fn orphans(store: &Store, report: &mut CheckReport) -> Result<(), StoreError> {
    orphans_in::<event::Entity>(store, report, "event", event::Column::TicketId).await?;
    orphans_in::<clock::Entity>(store, report, "clock", clock::Column::TicketId).await?;
    orphans_in::<message::Entity>(store, report, "message", message::Column::TicketId).await?;
    orphans_in::<participant::Entity>(store, report, "participant", participant::Column::TicketId).await?;
    orphans_in::<case_ticket::Entity>(store, report, "case_ticket", case_ticket::Column::TicketId).await?;
    orphans_in::<outbox::Entity>(store, report, "outbox", outbox::Column::TicketId).await
}

async fn orphans_in<E: EntityTrait>(
    store: &Store,
    report: &mut CheckReport,
    table: &'static str,
    column: E::Column,
) -> Result<(), StoreError> {
    let tickets = ticket::Entity::find().select_only().column(ticket::Column::Id);
    let ids: Vec<Uuid> = E::find()
        .select_only()
        .column(column)
        .distinct()
        .filter(column.is_not_null())
        .filter(column.not_in_subquery(tickets.into_query()))
        .limit(FINDINGS_MAX as u64)
        .into_tuple()
        .all(store.reader())
        .await?;
    ids.into_iter().for_each(|id| report.find(table, id, "rows of a ticket that is not there"));
    Ok(())
}

//! Mail of the operator's that names no case we know. It waits until somebody says where it belongs, or until the
//! number that it names is recorded; a row here is as long as the mail is held for that.

use std::collections::{BTreeMap, BTreeSet};

use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect};
use uuid::Uuid;
use watchdesk_core::Instant;
use watchdesk_core::event::MessageKind;
use watchdesk_core::ids::{CaseId, RawMailId};
use watchdesk_core::operator_mail::{NoCase, REFERENCES_MAX, normal};

use super::raw::{change_fate, locked, settle_within};
use super::{Fate, FateKind};
use crate::entities::{message, operator_mail, operator_mail_reference, outbox};
use crate::page::{after, clamped};
use crate::rows::{Place, insert_all, seconds, without_nul};
use crate::{Cursor, Page, Store, StoreError};

/// Mails that one newly recorded reference has looked at again.
const LOOK_AGAIN_MAX: u64 = 100;
/// Mails that one mail is looked up as an answer to.
const ANSWERED_MAX: usize = 100;

/// The operator is no contact and no colleague.
const TO_ADDRESS: &str = "address";

const LIST: &str = "operator_mail";

/// What is kept beside a mail that waits for its case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeldForCase {
    pub sender: String,
    pub subject: String,
    /// The beginning of what it says.
    pub excerpt: String,
    pub why: NoCase,
    pub received_at: Instant,
    /// The numbers that it names.
    pub references: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OperatorMail {
    pub id: RawMailId,
    pub held: HeldForCase,
}

/// Holds a pending mail until its case is known; `false` where it had a fate already.
pub async fn hold_for_case(store: &Store, id: RawMailId, held: &HeldForCase) -> Result<bool, StoreError> {
    let transaction = store.begin().await?;
    let now = store.shared.now(&transaction).await?;
    let fate = Fate::Held { reason: held.why.reason().to_owned() };
    let settled = settle_within(&transaction, id, &fate, now).await?.is_ok();
    if settled {
        insert(&transaction, id, held).await?;
    }
    transaction.commit().await?;
    Ok(settled)
}

async fn insert(connection: &impl ConnectionTrait, id: RawMailId, held: &HeldForCase) -> Result<(), StoreError> {
    let row = operator_mail::Model {
        mail_id: id.0,
        sender: without_nul(held.sender.as_str()),
        subject: without_nul(held.subject.as_str()),
        excerpt: without_nul(held.excerpt.as_str()),
        why: held.why.as_str().to_owned(),
        received_at: seconds(held.received_at),
        case_id: None,
    };
    use operator_mail::Column;
    operator_mail::Entity::insert(row.into_active_model())
        .on_conflict(OnConflict::column(Column::MailId).update_columns([Column::Why, Column::CaseId]).to_owned())
        .exec_without_returning(connection)
        .await?;
    forget_references(connection, id.0).await?;
    let references: BTreeSet<String> = held.references.iter().take(REFERENCES_MAX).map(|one| normal(one)).collect();
    let rows = references
        .into_iter()
        .map(|reference| operator_mail_reference::Model { reference: without_nul(reference.as_str()), mail_id: id.0 });
    insert_all(connection, rows.collect()).await
}

async fn forget_references(connection: &impl ConnectionTrait, mail: Uuid) -> Result<(), StoreError> {
    operator_mail_reference::Entity::delete_many()
        .filter(operator_mail_reference::Column::MailId.eq(mail))
        .exec(connection)
        .await?;
    Ok(())
}

/// To be called with every new fate: what waits no longer is not on the list.
pub(super) async fn follow(connection: &impl ConnectionTrait, mail: Uuid, fate: &Fate) -> Result<(), StoreError> {
    match fate.kind() {
        // What a person said about it goes along.
        FateKind::Pending => Ok(()),
        // It could not be taken there: the choice is open again.
        FateKind::Held => {
            operator_mail::Entity::update_many()
                .col_expr(operator_mail::Column::CaseId, Expr::value(None::<Uuid>))
                .filter(operator_mail::Column::MailId.eq(mail))
                .exec(connection)
                .await?;
            Ok(())
        }
        FateKind::Ticket
        | FateKind::Reply
        | FateKind::Operator
        | FateKind::Bounce
        | FateKind::Duplicate
        | FateKind::Ignored
        | FateKind::Quarantined => {
            forget_references(connection, mail).await?;
            operator_mail::Entity::delete_by_id(mail).exec(connection).await?;
            Ok(())
        }
    }
}

/// What waits, the newest first.
pub async fn waiting_for_case(
    store: &Store,
    limit: u64,
    cursor: Option<&Cursor>,
) -> Result<Page<OperatorMail>, StoreError> {
    let limit = clamped(limit);
    let mut query = operator_mail::Entity::find()
        .filter(operator_mail::Column::CaseId.is_null())
        .order_by_desc(operator_mail::Column::MailId);
    if let Some(id) = after::<Uuid>(cursor, LIST)? {
        query = query.filter(operator_mail::Column::MailId.lt(id));
    }
    let rows = query.limit(limit + 1).all(store.reader()).await?;
    let page = Page::cut(rows, limit, |row| Cursor::of(LIST, &row.mail_id));
    let mut references: BTreeMap<Uuid, Vec<String>> = BTreeMap::new();
    let ids: Vec<Uuid> = page.items.iter().map(|row| row.mail_id).collect();
    if !ids.is_empty() {
        let named = operator_mail_reference::Entity::find()
            .filter(operator_mail_reference::Column::MailId.is_in(ids))
            .order_by_asc(operator_mail_reference::Column::Reference);
        for row in named.all(store.reader()).await? {
            references.entry(row.mail_id).or_default().push(row.reference);
        }
    }
    page.try_map(|row| {
        let named = references.remove(&row.mail_id).unwrap_or_default();
        with_references(row, named)
    })
}

fn with_references(row: operator_mail::Model, references: Vec<String>) -> Result<OperatorMail, StoreError> {
    let place = Place { table: "operator_mail", id: &row.mail_id };
    let held = HeldForCase {
        why: place.word("why", &row.why, NoCase::parse)?,
        received_at: place.instant("received_at", row.received_at)?,
        sender: row.sender,
        subject: row.subject,
        excerpt: row.excerpt,
        references,
    };
    Ok(OperatorMail { id: RawMailId(row.mail_id), held })
}

/// A person says which case a waiting mail belongs to: it is looked at again, and goes there. `false` where it does not
/// wait any more.
pub async fn match_by_hand(store: &Store, id: RawMailId, case: CaseId) -> Result<bool, StoreError> {
    let transaction = store.begin().await?;
    let now = store.shared.now(&transaction).await?;
    let waits = operator_mail::Entity::find_by_id(id.0).one(&transaction).await?.is_some();
    let row = locked(&transaction, id).await?.filter(|_| waits);
    let Some(row) = row else { return Ok(false) };
    if row.fate()?.kind() != FateKind::Held {
        return Ok(false);
    }
    operator_mail::Entity::update_many()
        .col_expr(operator_mail::Column::CaseId, Expr::value(Some(case.0)))
        .filter(operator_mail::Column::MailId.eq(id.0))
        .exec(&transaction)
        .await?;
    change_fate(&transaction, &row, &Fate::Pending, now).await?;
    transaction.commit().await?;
    Ok(true)
}

/// What a person said about a mail that is looked at now.
pub async fn matched_case(store: &Store, id: RawMailId) -> Result<Option<CaseId>, StoreError> {
    let row = operator_mail::Entity::find_by_id(id.0).one(store.reader()).await?;
    Ok(row.and_then(|row| row.case_id).map(CaseId))
}

/// A reference became known: what waits for it is looked at again.
pub(crate) async fn look_again(
    connection: &impl ConnectionTrait,
    reference: &str,
    now: Instant,
) -> Result<(), StoreError> {
    let mails: Vec<Uuid> = operator_mail_reference::Entity::find()
        .select_only()
        .column(operator_mail_reference::Column::MailId)
        .filter(operator_mail_reference::Column::Reference.eq(normal(reference)))
        .order_by_asc(operator_mail_reference::Column::MailId)
        .limit(LOOK_AGAIN_MAX)
        .into_tuple()
        .all(connection)
        .await?;
    for mail in mails {
        let Some(row) = locked(connection, RawMailId(mail)).await? else { continue };
        if row.fate()?.kind() == FateKind::Held {
            change_fate(connection, &row, &Fate::Pending, now).await?;
        }
    }
    Ok(())
}

/// The cases whose mail from the operator, or to him, has one of these Message-IDs; in the order of the ids given.
pub async fn cases_by_mail_ids(store: &Store, mail_ids: &[String]) -> Result<Vec<CaseId>, StoreError> {
    let wanted = &mail_ids[..mail_ids.len().min(ANSWERED_MAX)];
    if wanted.is_empty() {
        return Ok(Vec::new());
    }
    let rows: Vec<(String, Uuid)> = message::Entity::find()
        .select_only()
        .columns([message::Column::MailId, message::Column::CaseId])
        .filter(message::Column::MailId.is_in(wanted))
        .filter(message::Column::Kind.eq(MessageKind::Operator.as_str()))
        .filter(message::Column::CaseId.is_not_null())
        .limit(ANSWERED_MAX as u64)
        .into_tuple()
        .all(store.reader())
        .await?;
    let sent: Vec<(String, Uuid)> = outbox::Entity::find()
        .select_only()
        .columns([outbox::Column::MailId, outbox::Column::CaseId])
        .filter(outbox::Column::MailId.is_in(wanted))
        .filter(outbox::Column::RecipientKind.eq(TO_ADDRESS))
        .filter(outbox::Column::CaseId.is_not_null())
        .into_tuple()
        .all(store.reader())
        .await?;
    let rows: Vec<(String, Uuid)> = rows.into_iter().chain(sent).collect();
    let mut found: Vec<CaseId> = Vec::new();
    for id in wanted {
        let of_mail = rows.iter().filter(|(mail, _)| mail == id).map(|(_, case)| CaseId(*case));
        for case in of_mail {
            if !found.contains(&case) {
                found.push(case);
            }
        }
    }
    Ok(found)
}

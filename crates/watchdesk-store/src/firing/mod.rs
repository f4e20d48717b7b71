//! Tickets and cases whose time has come, shared between workers. What a claim means is [`watchdesk_core::firing`]'s
//! matter; here it is read and written.
//!
//! A subject can be claimed from `max(next_fire_at, fire_claimed_until)` on, and an index holds just that: what others
//! hold, or what was set aside, stands behind what can be taken, so a look at a desk with nothing due costs one probe.

mod subjects;

use std::collections::BTreeMap;

use sea_orm::sea_query::SelectStatement;
use sea_orm::{ConnectionTrait, QueryResult};
use watchdesk_core::Instant;
use watchdesk_core::clock::Subject;
use watchdesk_core::firing::{self, CLAIMS_MAX, Claim, Standing};

use crate::page::clamped;
use crate::rows::Place;
use crate::{Store, StoreError};

pub(crate) use subjects::Table;

/// A subject that failed so often that it is tried but rarely. An alarm said so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SetAside {
    pub subject: Subject,
    /// Since when it is due.
    pub due_at: Option<Instant>,
    pub standing: Standing,
}

/// A row that something happens to by itself.
struct Due {
    subject: Subject,
    at: Instant,
    standing: Standing,
}

/// A claim, and since when what is claimed was due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timed {
    pub claim: Claim,
    pub due_at: Instant,
}

/// Takes what is due and free, the longest due first; at most [`CLAIMS_MAX`] at once. Never what somebody else holds.
pub async fn claim_due(store: &Store, now: Instant, limit: u64) -> Result<Vec<Claim>, StoreError> {
    Ok(claim_timed(store, now, limit).await?.into_iter().map(|timed| timed.claim).collect())
}

/// The same, with the times.
pub async fn claim_timed(store: &Store, now: Instant, limit: u64) -> Result<Vec<Timed>, StoreError> {
    // A desk is asked every second; only when something is due does anybody wait for a lock.
    if !anything_due(store, now).await? {
        return Ok(Vec::new());
    }
    let limit = usize::try_from(limit).unwrap_or(CLAIMS_MAX).clamp(1, CLAIMS_MAX);
    let transaction = store.begin().await?;
    let mut due = Vec::new();
    for table in Table::BOTH {
        let rows = transaction.query_all(&table.free_for_update(now, limit as u64)).await?;
        due.extend(rows.iter().map(|row| table.due(row)).collect::<Result<Vec<_>, _>>()?);
    }
    let due: Vec<_> = due.into_iter().map(|due| (due.subject, due.at, due.standing)).collect();
    let claims: Vec<Claim> =
        firing::claim_for(&due, now, store.lease()).into_iter().take(limit).map(|(claim, _)| claim).collect();
    for table in Table::BOTH {
        let ids: Vec<_> = claims.iter().filter_map(|claim| table.id(claim.subject)).collect();
        if let Some(claim) = claims.first().filter(|_| !ids.is_empty()) {
            transaction.execute(&table.take(&ids, claim.until)).await?;
        }
    }
    transaction.commit().await?;
    let due_at: BTreeMap<Subject, Instant> = due.into_iter().map(|(subject, at, _)| (subject, at)).collect();
    let timed = |claim: Claim| Timed { due_at: due_at.get(&claim.subject).copied().unwrap_or(now), claim };
    Ok(claims.into_iter().map(timed).collect())
}

async fn anything_due(store: &Store, now: Instant) -> Result<bool, StoreError> {
    Ok(first(store, &first_free(now)).await?.is_some())
}

/// Since when the first is due that is free, of tickets and of cases: one statement for both, for that is what each second
/// of an idle desk costs.
pub(crate) fn first_free(now: Instant) -> SelectStatement {
    subjects::of_both(|table| table.free(now, 1))
}

pub(crate) fn oldest() -> SelectStatement {
    subjects::of_both(Table::oldest)
}

/// The earlier of the two.
async fn first(store: &Store, of_both: &SelectStatement) -> Result<Option<Instant>, StoreError> {
    let Some(row) = store.reader().query_one(of_both).await? else { return Ok(None) };
    let mut first = None;
    for table in Table::BOTH {
        let at = table.place(&"that is due first").instant_or_none("next_fire_at", row.try_get("", table.name())?)?;
        first = first.into_iter().chain(at).min();
    }
    Ok(first)
}

/// It could not be fired: left alone for a while, ever longer. None: somebody else has claimed it since.
pub async fn failed(store: &Store, claim: &Claim, now: Instant) -> Result<Option<Standing>, StoreError> {
    let table = Table::of(claim.subject);
    let transaction = store.begin().await?;
    let row = transaction.query_one(&table.by_subject(claim.subject)).await?;
    let standing = row.map(|row| table.standing(&row)).transpose()?;
    // What was done after all, although nobody heard of it, has not failed.
    let standing =
        standing.filter(|standing| standing.fence == claim.fence && standing.claimed_until == Some(claim.until));
    let standing = standing.map(|standing| firing::failed(&standing, now));
    if let Some(standing) = &standing {
        transaction.execute(&table.write(claim.subject, standing)).await?;
    }
    transaction.commit().await?;
    Ok(standing)
}

/// What is due by now and free, the longest due first; changes nothing.
pub async fn due(store: &Store, now: Instant, limit: u64) -> Result<Vec<Subject>, StoreError> {
    let mut due = BTreeMap::new();
    for table in Table::BOTH {
        for row in store.reader().query_all(&table.free(now, clamped(limit))).await? {
            let found = table.due(&row)?;
            due.insert((found.at, found.subject), found.subject);
        }
    }
    Ok(due.into_values().take(usize::try_from(limit).unwrap_or(usize::MAX)).collect())
}

/// When the next thing happens by itself on the whole desk, or since when one is due; what was set aside has its own
/// list.
pub async fn oldest_due(store: &Store) -> Result<Option<Instant>, StoreError> {
    first(store, &oldest()).await
}

/// What was set aside, tickets before cases.
pub async fn set_aside(store: &Store, limit: u64) -> Result<Vec<SetAside>, StoreError> {
    let mut found = Vec::new();
    for table in Table::BOTH {
        for row in store.reader().query_all(&table.set_aside(clamped(limit))).await? {
            let (subject, due_at) = (table.subject(&row)?, table.due_at(&row)?);
            found.push(SetAside { subject, due_at, standing: table.standing(&row)? });
        }
    }
    Ok(found)
}

/// The claim is answered, in the transaction of what was done under it, where nothing else of the row is saved.
pub(crate) async fn write(
    connection: &impl ConnectionTrait,
    subject: Subject,
    standing: &Standing,
) -> Result<(), StoreError> {
    connection.execute(&Table::of(subject).write(subject, standing)).await?;
    Ok(())
}

/// A standing from its columns.
pub(crate) fn standing(
    place: Place<'_>,
    claimed_until: Option<i64>,
    fence: i64,
    failures: i32,
) -> Result<Standing, StoreError> {
    Ok(Standing {
        claimed_until: place.instant_or_none("fire_claimed_until", claimed_until)?,
        fence,
        failures: u32::try_from(failures).map_err(|error| place.corrupt("fire_failures", error))?,
    })
}

/// How many failures are kept; what is above is as bad.
pub(crate) fn failures(standing: &Standing) -> i32 {
    i32::try_from(standing.failures).unwrap_or(i32::MAX)
}

impl Table {
    fn due(self, row: &QueryResult) -> Result<Due, StoreError> {
        let subject = self.subject(row)?;
        let missing = || self.place(&subject_id(subject)).corrupt("next_fire_at", "it is due and has no time");
        Ok(Due { subject, at: self.due_at(row)?.ok_or_else(missing)?, standing: self.standing(row)? })
    }

    fn due_at(self, row: &QueryResult) -> Result<Option<Instant>, StoreError> {
        let id = subject_id(self.subject(row)?);
        self.place(&id).instant_or_none("next_fire_at", row.try_get("", "next_fire_at")?)
    }

    fn standing(self, row: &QueryResult) -> Result<Standing, StoreError> {
        let id = subject_id(self.subject(row)?);
        let claimed_until = row.try_get("", "fire_claimed_until")?;
        standing(self.place(&id), claimed_until, row.try_get("", "fire_fence")?, row.try_get("", "fire_failures")?)
    }
}

fn subject_id(subject: Subject) -> sea_orm::prelude::Uuid {
    match subject {
        Subject::Ticket(id) => id.0,
        Subject::Case(id) => id.0,
    }
}

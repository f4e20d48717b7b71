//! The one way through: lock, load the facts, let the core decide, save where the version is unchanged, enqueue what is to
//! be sent. One transaction, used by pages, mail, API and timers alike.

mod load;
mod queue;
mod save;

use std::collections::BTreeMap;
use std::sync::Arc;

use sea_orm::DatabaseTransaction;
use serde::{Deserialize, Serialize};
use watchdesk_core::Instant;
use watchdesk_core::clock::Subject;
use watchdesk_core::command::{Step, Unit};
use watchdesk_core::firing::{self, Standing};
use watchdesk_core::ids::{CaseId, RawMailId, TicketId, TicketNumber};
use watchdesk_core::rights::Actor;

use crate::changes::Publisher;
use crate::idempotency::{self, Claim};
use crate::mail::{self, Fate};
use crate::store::Shared;
use crate::{ExecuteError, StoreError};

use load::Locked;
pub(crate) use load::{clocks_of_cases, links_of_cases};
pub(crate) use queue::Queue;

/// A deadlock or a lost serialization race is tried so often.
const ATTEMPTS_MAX: u32 = 3;

/// What is to be carried out in one transaction.
#[derive(Debug, Clone, Default)]
pub struct Request {
    pub unit: Unit,
    /// `If-Match`: the version that the ticket (or the case) of the first step must have.
    pub expected_version: Option<i64>,
    /// The versions that further tickets of the unit must have.
    pub expected_versions: BTreeMap<TicketId, i64>,
    /// The mail that asks for it gets its fate in the same transaction, so that it can never be taken twice.
    pub settle_mail: Option<(RawMailId, Fate)>,
    pub idempotency: Option<IdempotencyKey>,
    /// The claim under which timers are fired: what is late is not saved, and what is saved answers it.
    pub claim: Option<firing::Claim>,
}

/// `Idempotency-Key` of a request: whose it is, the key, and a hash of the body that it is bound to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdempotencyKey {
    pub owner: String,
    pub key: String,
    pub body_hash: String,
}

impl From<Unit> for Request {
    fn from(unit: Unit) -> Self {
        Self { unit, ..Self::default() }
    }
}

/// What was done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Executed {
    pub at: Instant,
    /// Every ticket that changed; those that the unit names come first, in the order of its steps.
    pub tickets: Vec<TicketRef>,
    pub cases: Vec<CaseId>,
    /// The idempotency key was known: this is what the first request did, and nothing was done now.
    #[serde(skip)]
    pub repeated: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct TicketRef {
    pub id: TicketId,
    pub number: TicketNumber,
    pub version: i64,
}

/// A request in a transaction of its own.
pub(crate) async fn alone(
    shared: &Arc<Shared>,
    publisher: &Publisher,
    actor: &Actor,
    request: &Request,
) -> Result<Executed, ExecuteError> {
    let mut attempt = 1;
    loop {
        match once(shared, publisher, actor, request).await {
            Err(ExecuteError::Store(error)) if error.is_passing() && attempt < ATTEMPTS_MAX => attempt += 1,
            result => return result,
        }
    }
}

async fn once(
    shared: &Shared,
    publisher: &Publisher,
    actor: &Actor,
    request: &Request,
) -> Result<Executed, ExecuteError> {
    let transaction = shared.begin().await?;
    match carry_out(shared, &transaction, actor, request).await {
        Ok(executed) => {
            transaction.commit().await?;
            publisher.publish(&executed);
            Ok(executed)
        }
        Err(error) => {
            // The answer is the same whether the database could still be told or not.
            transaction.rollback().await.ok();
            Err(error)
        }
    }
}

/// Everything between `begin` and `commit`.
async fn carry_out(
    shared: &Shared,
    transaction: &DatabaseTransaction,
    actor: &Actor,
    request: &Request,
) -> Result<Executed, ExecuteError> {
    if let Some(key) = &request.idempotency {
        let now = shared.now(transaction).await?;
        match idempotency::claim(transaction, key, now).await? {
            Claim::Fresh => {}
            Claim::Known { response } => return repeated(&response),
            Claim::OtherBody => return Err(ExecuteError::KeyReused),
        }
    }
    let locked = load::lock(transaction, &request.unit).await?;
    let now = shared.now(transaction).await?;
    require_version(request, &locked)?;
    let done = require_claim(request, &locked, now)?;
    if let Some((mail, fate)) = &request.settle_mail {
        mail::settle_within(transaction, *mail, fate, now).await?.map_err(ExecuteError::AlreadySettled)?;
    }
    let facts = load::facts(shared, transaction, &request.unit, actor, locked, now).await?;
    let decision = watchdesk_core::decide(&facts, &request.unit, actor, now)?;
    save::decision(shared, transaction, &facts, &decision, now).await?;
    if let Some((subject, standing)) = done {
        crate::firing::write(transaction, subject, &standing).await?;
    }
    let executed = Executed {
        at: now,
        tickets: changed_tickets(&request.unit, &decision),
        cases: decision.cases.iter().map(|change| change.case.id).collect(),
        repeated: false,
    };
    if let Some(key) = &request.idempotency {
        idempotency::answer(transaction, key, &crate::rows::json(&executed)).await?;
    }
    Ok(executed)
}

fn repeated(response: &str) -> Result<Executed, ExecuteError> {
    // Another kind of request may have used the key: its answer is no answer to this one.
    let executed: Executed = serde_json::from_str(response).map_err(|_| ExecuteError::KeyReused)?;
    Ok(Executed { repeated: true, ..executed })
}

fn require_version(request: &Request, locked: &Locked) -> Result<(), ExecuteError> {
    for (id, expected) in &request.expected_versions {
        let current = locked.tickets.get(id).map(|record| record.ticket.version);
        if let Some(current) = current.filter(|current| current != expected) {
            return Err(ExecuteError::Stale { current });
        }
    }
    let (Some(expected), Some(first)) = (request.expected_version, request.unit.steps.first()) else {
        return Ok(());
    };
    let current = match first {
        Step::Ticket(id, _) => locked.tickets.get(id).map(|record| record.ticket.version),
        Step::Case(id, _) => locked.cases.get(id).map(|case| case.version),
    };
    match current {
        Some(current) if current != expected => Err(ExecuteError::Stale { current }),
        Some(_) | None => Ok(()),
    }
}

/// The standing with which the claim is answered, if the request has one and it still holds.
fn require_claim(
    request: &Request,
    locked: &Locked,
    now: Instant,
) -> Result<Option<(Subject, Standing)>, ExecuteError> {
    let Some(claim) = &request.claim else { return Ok(None) };
    match locked.standings.get(&claim.subject) {
        Some(standing) if firing::admits(standing, claim, now) => Ok(Some((claim.subject, firing::done(standing)))),
        Some(_) | None => Err(ExecuteError::ClaimLost),
    }
}

fn changed_tickets(unit: &Unit, decision: &watchdesk_core::Decision) -> Vec<TicketRef> {
    let named = |id: TicketId| {
        let position = unit.steps.iter().position(|step| matches!(step, Step::Ticket(named, _) if *named == id));
        position.unwrap_or(usize::MAX)
    };
    let mut tickets: Vec<TicketRef> = decision
        .tickets
        .iter()
        .map(|change| TicketRef { id: change.ticket.id, number: change.ticket.number, version: change.ticket.version })
        .collect();
    tickets.sort_by_key(|ticket| named(ticket.id));
    tickets
}

/// A lost race that locks should have prevented.
fn stale(current: Option<i64>) -> ExecuteError {
    match current {
        Some(current) => ExecuteError::Stale { current },
        None => ExecuteError::Store(StoreError::Busy),
    }
}

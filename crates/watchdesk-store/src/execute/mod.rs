//! The one way through: lock, load the facts, let the core decide, save where the version is unchanged, enqueue what is to
//! be sent. One transaction, used by pages, mail, API and timers alike.

mod facts;
mod lock;
mod queue;
mod save;
mod together;

use std::collections::BTreeMap;

use sea_orm::DatabaseTransaction;
use serde::{Deserialize, Serialize};
use watchdesk_core::Instant;
use watchdesk_core::command::Unit;
use watchdesk_core::firing;
use watchdesk_core::ids::{CaseId, RawMailId, TicketId, TicketNumber};
use watchdesk_core::rights::Actor;

use crate::changes::Publisher;
use crate::idempotency::{self, Claim};
use crate::mail::Fate;
use crate::store::Shared;
use crate::{ExecuteError, StoreError};

pub(crate) use lock::{clocks_of_cases, links_of_cases};
pub(crate) use queue::Queue;
pub(crate) use together::{Answer, in_batches};

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

impl Request {
    /// Nothing of it is written before it is decided, so that a refusal leaves no trace.
    fn is_plain(&self) -> bool {
        self.settle_mail.is_none() && self.idempotency.is_none()
    }
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

/// A request, and who makes it.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    pub actor: Actor,
    pub request: Request,
}

/// A request in a transaction of its own.
pub(crate) async fn alone(shared: &Shared, publisher: &Publisher, asked: &Asked) -> Answer {
    let mut attempt = 1;
    loop {
        match once(shared, publisher, asked).await {
            Err(ExecuteError::Store(error)) if error.is_passing() && attempt < ATTEMPTS_MAX => attempt += 1,
            result => return result,
        }
    }
}

async fn once(shared: &Shared, publisher: &Publisher, asked: &Asked) -> Answer {
    let transaction = shared.begin().await?;
    match carry_out(shared, &transaction, asked).await {
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
async fn carry_out(shared: &Shared, transaction: &DatabaseTransaction, asked: &Asked) -> Answer {
    if let Some(key) = &asked.request.idempotency {
        let now = shared.now(transaction).await?;
        match idempotency::claim(transaction, key, now).await? {
            Claim::Fresh => {}
            Claim::Known { response } => return repeated(&response),
            Claim::OtherBody => return Err(ExecuteError::KeyReused),
        }
    }
    // The first always has its answer.
    let answer = together::carry_out(shared, transaction, &[asked]).await?.pop().flatten();
    let executed = answer.unwrap_or(Err(ExecuteError::Store(StoreError::Busy)))?;
    if let Some(key) = &asked.request.idempotency {
        idempotency::answer(transaction, key, &crate::rows::json(&executed)).await?;
    }
    Ok(executed)
}

fn repeated(response: &str) -> Result<Executed, ExecuteError> {
    // Another kind of request may have used the key: its answer is no answer to this one.
    let executed: Executed = serde_json::from_str(response).map_err(|_| ExecuteError::KeyReused)?;
    Ok(Executed { repeated: true, ..executed })
}

//! Requests that touch nothing of each other share a transaction with its reads and writes: what a hundred tickets are
//! owed is read at once, each is decided by itself, and what was decided is written at once.

use std::collections::BTreeMap;
use std::sync::Arc;

use sea_orm::{DatabaseTransaction, TransactionTrait};
use watchdesk_core::clock::Subject;
use watchdesk_core::command::{Step, Unit};
use watchdesk_core::firing::{self, Standing};
use watchdesk_core::ids::TicketId;
use watchdesk_core::{Decision, Facts, Instant};

use crate::changes::Publisher;
use crate::execute::facts::{Part, facts};
use crate::execute::lock::{Locked, lock};
use crate::execute::{self, Asked, Executed, Request, TicketRef, alone, save};
use crate::store::Shared;
use crate::{ExecuteError, StoreError, mail};

/// More do not wait less: the disk is shared by then, and the last of them waits for all.
pub(crate) const TOGETHER_MAX: usize = 64;

pub(crate) type Answer = Result<Executed, ExecuteError>;

/// What was decided and is to be saved.
pub(super) struct Decided {
    pub facts: Facts,
    pub decision: Decision,
    /// Who holds what of it for firing, its own claim answered.
    pub standings: BTreeMap<Subject, Standing>,
    /// What it was claimed for, if it was made under a claim.
    pub answered: Option<Subject>,
}

impl Decided {
    /// Nobody holds what is new.
    pub fn standing(&self, subject: Subject) -> Standing {
        self.standings.get(&subject).copied().unwrap_or_default()
    }

    pub fn changes(&self, subject: Subject) -> bool {
        match subject {
            Subject::Ticket(id) => self.decision.tickets.iter().any(|change| change.ticket.id == id),
            Subject::Case(id) => self.decision.cases.iter().any(|change| change.case.id == id),
        }
    }
}

/// An answer for each, in order.
pub(crate) async fn in_batches(shared: &Arc<Shared>, publisher: &Publisher, asked: Vec<Asked>) -> Vec<Answer> {
    let mut answers = Vec::with_capacity(asked.len());
    for asked in asked.chunks(TOGETHER_MAX) {
        answers.extend(batch(shared, publisher, asked.to_vec()).await);
    }
    answers
}

/// A fault may have ended the transaction, or concern only one of them. So after one nothing of the batch stands, and
/// each request is tried alone.
pub(super) async fn batch(shared: &Arc<Shared>, publisher: &Publisher, asked: Vec<Asked>) -> Vec<Answer> {
    let asked: Vec<Arc<Asked>> = asked.into_iter().map(Arc::new).collect();
    if asked.len() > 1 {
        let (shared, batch) = (Arc::clone(shared), asked.clone());
        // In a task of its own: whatever breaks off in there, the others are carried out all the same.
        match tokio::spawn(async move { in_one_transaction(&shared, &batch).await }).await {
            Ok(Ok(answers)) => {
                answers.iter().flatten().for_each(|executed| publisher.publish(executed));
                return answers;
            }
            Ok(Err(Broken::NotBegun(error))) => {
                return asked.iter().map(|_| Err(ExecuteError::Store(error.clone()))).collect();
            }
            Ok(Err(Broken::Within)) | Err(_) => {}
        }
    }
    let mut answers = Vec::with_capacity(asked.len());
    for one in asked {
        let (shared, publisher) = (Arc::clone(shared), publisher.clone());
        let answer = tokio::spawn(async move { alone(&shared, &publisher, &one).await }).await;
        answers.push(answer.unwrap_or(Err(ExecuteError::BrokeOff)));
    }
    answers
}

/// Why nothing of a batch stands.
enum Broken {
    /// Whoever holds the lock holds it against each of them, and a database that is away is so for each.
    NotBegun(StoreError),
    Within,
}

async fn in_one_transaction(shared: &Shared, asked: &[Arc<Asked>]) -> Result<Vec<Answer>, Broken> {
    let transaction = shared.begin().await.map_err(Broken::NotBegun)?;
    match carry_out_each(shared, &transaction, asked).await {
        Ok(answers) => match transaction.commit().await {
            Ok(()) => Ok(answers),
            Err(_) => Err(Broken::Within),
        },
        Err(_) => {
            transaction.rollback().await.ok();
            Err(Broken::Within)
        }
    }
}

async fn carry_out_each(
    shared: &Shared,
    transaction: &DatabaseTransaction,
    asked: &[Arc<Asked>],
) -> Result<Vec<Answer>, ExecuteError> {
    let mut answers: Vec<Option<Answer>> = asked.iter().map(|_| None).collect();
    let plain: Vec<usize> = (0..asked.len()).filter(|place| asked[*place].request.is_plain()).collect();
    let together: Vec<&Asked> = plain.iter().map(|place| &*asked[*place]).collect();
    for (place, answer) in plain.into_iter().zip(carry_out(shared, transaction, &together).await?) {
        answers[place] = answer;
    }
    let mut all = Vec::with_capacity(asked.len());
    for (answer, one) in answers.into_iter().zip(asked) {
        all.push(match answer {
            Some(answer) => answer,
            None => behind_savepoint(shared, transaction, one).await?,
        });
    }
    Ok(all)
}

/// One that is refused leaves no trace in the others.
async fn behind_savepoint(
    shared: &Shared,
    transaction: &DatabaseTransaction,
    one: &Asked,
) -> Result<Answer, StoreError> {
    let savepoint = transaction.begin().await?;
    match execute::carry_out(shared, &savepoint, one).await {
        Ok(executed) => {
            savepoint.commit().await?;
            Ok(Ok(executed))
        }
        Err(ExecuteError::Store(error)) => Err(error),
        Err(error) => {
            savepoint.rollback().await?;
            Ok(Err(error))
        }
    }
}

/// Those that touch nothing of an earlier one; the others have no answer yet. An error is one of them all, and nothing
/// of what was written may stand.
pub(super) async fn carry_out(
    shared: &Shared,
    transaction: &DatabaseTransaction,
    asked: &[&Asked],
) -> Result<Vec<Option<Answer>>, ExecuteError> {
    let units: Vec<&Unit> = asked.iter().map(|one| &one.request.unit).collect();
    let locked = lock(transaction, &units).await?;
    let now = shared.now(transaction).await?;
    let mut answers: Vec<Option<Answer>> = Vec::with_capacity(asked.len());
    let (mut parts, mut admitted) = (Vec::new(), Vec::new());
    for (place, (one, locked)) in asked.iter().zip(locked).enumerate() {
        answers.push(None);
        let Some(mut locked) = locked else { continue };
        match admit(transaction, &one.request, &mut locked, now).await {
            Ok(()) => {
                admitted.push((place, std::mem::take(&mut locked.standings)));
                parts.push(Part { unit: &one.request.unit, actor: &one.actor, locked });
            }
            Err(ExecuteError::Store(error)) => return Err(error.into()),
            Err(error) => answers[place] = Some(Err(error)),
        }
    }
    let mut all_decided = Vec::with_capacity(parts.len());
    for (facts, (place, standings)) in facts(shared, transaction, parts, now).await?.into_iter().zip(admitted) {
        let Asked { actor, request } = asked[place];
        answers[place] = Some(match watchdesk_core::decide(&facts, &request.unit, actor, now) {
            Ok(decision) => {
                let executed = executed(&request.unit, &decision, now);
                let answered = request.claim.map(|claim| claim.subject);
                all_decided.push(Decided { facts, decision, standings, answered });
                Ok(executed)
            }
            Err(refusal) => Err(refusal.into()),
        });
    }
    save::all(shared, transaction, &all_decided, now).await?;
    Ok(answers)
}

/// Whether it may be decided; if so, its claim is answered.
async fn admit(
    transaction: &DatabaseTransaction,
    request: &Request,
    locked: &mut Locked,
    now: Instant,
) -> Result<(), ExecuteError> {
    require_version(request, locked)?;
    answer_claim(request, locked, now)?;
    if let Some((mail, fate)) = &request.settle_mail {
        mail::settle_within(transaction, *mail, fate, now).await?.map_err(ExecuteError::AlreadySettled)?;
    }
    Ok(())
}

fn executed(unit: &Unit, decision: &Decision, now: Instant) -> Executed {
    Executed {
        at: now,
        tickets: changed_tickets(unit, decision),
        cases: decision.cases.iter().map(|change| change.case.id).collect(),
        repeated: false,
    }
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

fn answer_claim(request: &Request, locked: &mut Locked, now: Instant) -> Result<(), ExecuteError> {
    let Some(claim) = &request.claim else { return Ok(()) };
    match locked.standings.get_mut(&claim.subject) {
        Some(standing) if firing::admits(standing, claim, now) => *standing = firing::done(standing),
        Some(_) | None => return Err(ExecuteError::ClaimLost),
    }
    Ok(())
}

fn changed_tickets(unit: &Unit, decision: &Decision) -> Vec<TicketRef> {
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

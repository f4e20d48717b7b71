//! SQLite has one writer, and a commit waits for the disk. So requests that wait at the same time share a transaction,
//! each behind a savepoint of its own: one that fails leaves no trace in the others.

use std::sync::Arc;

use sea_orm::{DatabaseTransaction, TransactionTrait};
use tokio::sync::{mpsc, oneshot};
use watchdesk_core::rights::Actor;

use crate::changes::Publisher;
use crate::execute::{Executed, Request, alone, carry_out};
use crate::store::Shared;
use crate::{ExecuteError, StoreError};

/// More do not wait less: the disk is shared by then, and the last of them waits for all.
const BATCH_MAX: usize = 64;

/// Who comes when so many wait already has to wait for a place.
const WAITING_MAX: usize = 1024;

#[derive(Debug, Clone)]
pub(crate) struct Queue(mpsc::Sender<Job>);

#[derive(Debug)]
struct Job {
    actor: Actor,
    request: Request,
    answer: oneshot::Sender<Result<Executed, ExecuteError>>,
}

impl Queue {
    /// The task ends when the last clone of the store is gone.
    pub fn start(shared: Arc<Shared>, publisher: Publisher) -> Self {
        let (sender, receiver) = mpsc::channel(WAITING_MAX);
        tokio::spawn(work(shared, publisher, receiver));
        Self(sender)
    }

    /// A request that was taken is carried out even if nobody waits for the answer any more.
    pub async fn execute(&self, actor: Actor, request: Request) -> Result<Executed, ExecuteError> {
        let (answer, answered) = oneshot::channel();
        self.0.send(Job { actor, request, answer }).await.map_err(|_| ExecuteError::Store(StoreError::Busy))?;
        answered.await.map_err(|_| ExecuteError::Store(StoreError::Busy))?
    }
}

async fn work(shared: Arc<Shared>, publisher: Publisher, mut waiting: mpsc::Receiver<Job>) {
    let mut jobs = Vec::with_capacity(BATCH_MAX);
    while waiting.recv_many(&mut jobs, BATCH_MAX).await > 0 {
        if jobs.len() > 1 {
            together(&shared, &publisher, std::mem::take(&mut jobs)).await;
        } else if let Some(job) = jobs.pop() {
            let result = alone(&shared, &publisher, &job.actor, &job.request).await;
            job.answer.send(result).ok();
        }
    }
}

/// A fault of the database may have ended the transaction, and its savepoints with it. So after one nothing of the batch
/// stands, and each request is tried alone.
async fn together(shared: &Arc<Shared>, publisher: &Publisher, jobs: Vec<Job>) {
    match in_one_transaction(shared, &jobs).await {
        Ok(results) => {
            for (job, result) in jobs.into_iter().zip(results) {
                if let Ok(executed) = &result {
                    publisher.publish(executed);
                }
                job.answer.send(result).ok();
            }
        }
        // Whoever holds the lock holds it against each of them.
        Err(StoreError::Busy) => {
            for job in jobs {
                job.answer.send(Err(ExecuteError::Store(StoreError::Busy))).ok();
            }
        }
        Err(_) => {
            for job in jobs {
                let result = alone(shared, publisher, &job.actor, &job.request).await;
                job.answer.send(result).ok();
            }
        }
    }
}

async fn in_one_transaction(shared: &Shared, jobs: &[Job]) -> Result<Vec<Result<Executed, ExecuteError>>, StoreError> {
    let transaction = shared.begin().await?;
    let mut results = Vec::with_capacity(jobs.len());
    for job in jobs {
        match behind_savepoint(shared, &transaction, job).await {
            Err(ExecuteError::Store(error)) => {
                transaction.rollback().await?;
                return Err(error);
            }
            result => results.push(result),
        }
    }
    transaction.commit().await?;
    Ok(results)
}

async fn behind_savepoint(
    shared: &Shared,
    transaction: &DatabaseTransaction,
    job: &Job,
) -> Result<Executed, ExecuteError> {
    let savepoint = transaction.begin().await?;
    match carry_out(shared, &savepoint, &job.actor, &job.request).await {
        Ok(executed) => {
            savepoint.commit().await?;
            Ok(executed)
        }
        Err(error) => {
            savepoint.rollback().await?;
            Err(error)
        }
    }
}

//! SQLite has one writer, and a commit waits for the disk. So requests that wait at the same time share a transaction.

use std::sync::Arc;

use tokio::sync::{mpsc, oneshot};

use crate::changes::Publisher;
use crate::execute::Asked;
use crate::execute::together::{Answer, TOGETHER_MAX, batch};
use crate::store::Shared;
use crate::{ExecuteError, StoreError};

/// Who comes when so many wait already has to wait for a place.
const WAITING_MAX: usize = 1024;

#[derive(Debug, Clone)]
pub(crate) struct Queue(mpsc::Sender<Job>);

#[derive(Debug)]
struct Job {
    asked: Asked,
    answer: oneshot::Sender<Answer>,
}

impl Queue {
    /// The task ends when the last clone of the store is gone.
    pub fn start(shared: Arc<Shared>, publisher: Publisher) -> Self {
        let (sender, receiver) = mpsc::channel(WAITING_MAX);
        tokio::spawn(work(shared, publisher, receiver));
        Self(sender)
    }

    /// A request that was taken is carried out even if nobody waits for the answer any more.
    pub async fn execute(&self, asked: Asked) -> Answer {
        let (answer, answered) = oneshot::channel();
        self.0.send(Job { asked, answer }).await.map_err(|_| ExecuteError::Store(StoreError::Busy))?;
        answered.await.map_err(|_| ExecuteError::Store(StoreError::Busy))?
    }
}

async fn work(shared: Arc<Shared>, publisher: Publisher, mut waiting: mpsc::Receiver<Job>) {
    let mut jobs = Vec::with_capacity(TOGETHER_MAX);
    while waiting.recv_many(&mut jobs, TOGETHER_MAX).await > 0 {
        let (asked, waiting): (Vec<_>, Vec<_>) = jobs.drain(..).map(|job| (job.asked, job.answer)).unzip();
        for (answer, waiting) in batch(&shared, &publisher, asked).await.into_iter().zip(waiting) {
            waiting.send(answer).ok();
        }
    }
}

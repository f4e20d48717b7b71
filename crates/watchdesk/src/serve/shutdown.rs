//! Stopping: on a signal, or when a part ends that should not.

use std::time::Duration;

use tokio::signal::unix::{SignalKind, signal};
use tokio::task::JoinSet;
use tracing::{error, warn};

/// What is in hand gets this long.
const FINISH_WITHIN: Duration = Duration::from_secs(30);

pub async fn wait_for_signal(tasks: &mut JoinSet<()>) {
    let (Ok(mut interrupt), Ok(mut terminate)) = (signal(SignalKind::interrupt()), signal(SignalKind::terminate()))
    else {
        error!("this system gives no signals; stop the program by killing it, nothing is lost by that");
        while tasks.join_next().await.is_some() {}
        return;
    };
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
        ended = tasks.join_next() => {
            if let Some(Err(failure)) = ended {
                error!(%failure, "a part of the program failed; the rest is stopped");
            }
        }
    }
}

pub async fn finish(mut tasks: JoinSet<()>) {
    let all = async { while tasks.join_next().await.is_some() {} };
    if tokio::time::timeout(FINISH_WITHIN, all).await.is_err() {
        warn!("some work did not finish in time; it goes on after the next start");
    }
}

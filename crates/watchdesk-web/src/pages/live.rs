//! "This ticket changed", while it happens, to those who may see it.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::Extension;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::Stream;
use futures_util::stream::unfold;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::{RecvError, TryRecvError};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Interval, MissedTickBehavior, interval};
use uuid::Uuid;
use watchdesk_core::ids::{AgentId, TicketId};
use watchdesk_core::rights::{Visibility, visibility};
use watchdesk_store::{Store, StoreError, TicketChanged, auth, tickets};

use super::visit::Visit;
use crate::problem::Problem;
use crate::serve::Closing;

/// Streams of one process that are open at once.
const STREAMS_MAX: usize = 2_000;
/// A session that ended ends its streams by then, well within five seconds.
const LOOK_EVERY: Duration = Duration::from_secs(2);
/// Changes that are told together.
const TOLD_AT_ONCE_MAX: usize = 100;
/// Then the browser connects again, perhaps to another node.
const LOOKS_MAX: u32 = 1_800;
const HEARTBEAT: Duration = Duration::from_secs(15);
const RETRY_AFTER_S: i64 = 30;

#[derive(Clone)]
pub(super) struct Streams(Arc<Semaphore>);

impl Default for Streams {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(STREAMS_MAX)))
    }
}

pub(super) async fn live(
    visit: Visit,
    Extension(streams): Extension<Streams>,
    closing: Option<Extension<Closing>>,
) -> Result<Response, Problem> {
    let busy = || Problem::TooManyRequests { retry_after_s: RETRY_AFTER_S };
    let place = streams.0.try_acquire_owned().map_err(|_| busy())?;
    let mut look = interval(LOOK_EVERY);
    look.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let listener = Listener {
        store: visit.app.store.clone(),
        changes: visit.app.store.changes(),
        closing: closing.map(|Extension(closing)| closing),
        session: visit.actor.session().id,
        agent: visit.actor.agent(),
        sees: visit.visibility(),
        look,
        looks: 0,
        pending: Vec::new(),
        over: false,
        _place: place,
    };
    let keep_alive = KeepAlive::new().interval(HEARTBEAT);
    Ok(Sse::new(events(listener)).keep_alive(keep_alive).into_response())
}

struct Listener {
    store: Store,
    changes: Receiver<TicketChanged>,
    closing: Option<Closing>,
    session: Uuid,
    agent: AgentId,
    sees: Visibility,
    look: Interval,
    looks: u32,
    /// Ready to be told.
    pending: Vec<TicketChanged>,
    over: bool,
    _place: OwnedSemaphorePermit,
}

enum News {
    Changed(TicketChanged),
    /// Time to see whether the session still holds.
    Look,
    /// The desk closes, or the reader fell behind: the browser connects again and loads what is new.
    Over,
}

fn events(listener: Listener) -> impl Stream<Item = Result<Event, Infallible>> {
    unfold(listener, |mut listener| async move {
        let event = listener.next().await?;
        Some((Ok(event), listener))
    })
}

impl Listener {
    /// The next thing to tell; none ends the stream.
    async fn next(&mut self) -> Option<Event> {
        while !self.over {
            if let Some(change) = self.pending.pop() {
                return Some(told(&change));
            }
            match self.news().await {
                News::Changed(change) => self.pending = self.visible(change).await.ok()?,
                News::Look => match self.still_here().await {
                    Ok(true) => {}
                    Ok(false) => {
                        self.over = true;
                        return Some(Event::default().event("bye").data("{}"));
                    }
                    Err(_) => return None,
                },
                News::Over => return None,
            }
        }
        None
    }

    async fn news(&mut self) -> News {
        tokio::select! {
            biased;
            () = closing(&mut self.closing) => News::Over,
            _ = self.look.tick() => News::Look,
            change = self.changes.recv() => match change {
                Ok(change) => News::Changed(change),
                Err(RecvError::Lagged(_) | RecvError::Closed) => News::Over,
            },
        }
    }

    /// The rights are read anew, too. A stream that lived long enough ends without a word.
    async fn still_here(&mut self) -> Result<bool, StoreError> {
        self.looks += 1;
        if !auth::session_alive(&self.store, self.session).await? {
            return Ok(false);
        }
        let Some(actor) = auth::actor_of_agent(&self.store, self.agent).await? else { return Ok(false) };
        self.sees = visibility(&actor);
        self.over = self.looks >= LOOKS_MAX;
        Ok(true)
    }

    /// This change and those that wait behind it, as far as the reader may know of them: one query for all.
    async fn visible(&mut self, first: TicketChanged) -> Result<Vec<TicketChanged>, StoreError> {
        let mut changes = vec![first];
        while changes.len() < TOLD_AT_ONCE_MAX {
            match self.changes.try_recv() {
                Ok(change) => changes.push(change),
                Err(TryRecvError::Empty | TryRecvError::Closed | TryRecvError::Lagged(_)) => break,
            }
        }
        let ids: Vec<TicketId> = changes.iter().map(|change| change.ticket).collect();
        let records = tickets::by_ids(&self.store, &ids).await?;
        let seen = |change: &TicketChanged| {
            records.iter().any(|record| record.ticket.id == change.ticket && self.sees.admits(&record.ticket))
        };
        changes.retain(seen);
        // Of each ticket the last version; they are taken from the end.
        let mut told: Vec<TicketChanged> = Vec::new();
        for change in changes.into_iter().rev() {
            if told.iter().all(|known| known.ticket != change.ticket) {
                told.push(change);
            }
        }
        Ok(told)
    }
}

/// Without a listener of ours around it, as in tests, the desk never closes.
async fn closing(closing: &mut Option<Closing>) {
    match closing {
        Some(closing) => closing.wait().await,
        None => std::future::pending().await,
    }
}

fn told(change: &TicketChanged) -> Event {
    let data = serde_json::json!({ "number": change.number.0, "version": change.version });
    Event::default().event("ticket").data(data.to_string())
}

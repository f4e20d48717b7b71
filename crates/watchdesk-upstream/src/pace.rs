//! Never more than so many requests in any sliding minute.
//!
//! A request counts from the moment it may be sent until a minute after its answer came. It reached the operator
//! somewhere in between, so that no minute by the operator's clock holds more than the limit, however slow the way is.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;

use crate::timer::Timer;

/// A minute, and a little for clocks that run differently.
const WINDOW: Duration = Duration::from_millis(60_500);

pub(crate) struct Pace {
    limit: usize,
    timer: Arc<dyn Timer>,
    state: Mutex<State>,
    finished: Notify,
}

#[derive(Default)]
struct State {
    under_way: usize,
    /// When the last ones ended, oldest first; never more than the limit.
    ended: VecDeque<Duration>,
    held_until: Duration,
}

/// One request may be on its way while this lives.
pub(crate) struct Permit {
    pace: Arc<Pace>,
}

enum Turn {
    Now,
    After(Duration),
    /// When one that is under way has ended.
    Later,
}

impl Pace {
    pub fn new(limit: usize, timer: Arc<dyn Timer>) -> Self {
        Self { limit: limit.max(1), timer, state: Mutex::default(), finished: Notify::new() }
    }

    /// Waits for its turn. Where the operator told us to keep away for longer than `patience`, says for how long.
    pub async fn turn(self: &Arc<Self>, patience: Duration) -> Result<Permit, Duration> {
        loop {
            // Registered before the look, so that no ending goes unnoticed in between.
            let mut ending = std::pin::pin!(self.finished.notified());
            ending.as_mut().enable();
            if let Some(held) = self.held().filter(|held| *held > patience) {
                return Err(held);
            }
            match self.look() {
                Turn::Now => return Ok(Permit { pace: Arc::clone(self) }),
                Turn::After(length) => self.timer.rest(length).await,
                Turn::Later => ending.await,
            }
        }
    }

    /// The operator wants to be left alone for so long.
    pub fn hold(&self, length: Duration) {
        let until = self.timer.now().saturating_add(length);
        let mut state = self.state();
        state.held_until = state.held_until.max(until);
    }

    /// Whether anything would be forgotten with it.
    pub fn is_idle(&self) -> bool {
        let now = self.timer.now();
        let state = self.state();
        let quiet = state.ended.back().is_none_or(|ended| now.saturating_sub(*ended) >= WINDOW);
        state.under_way == 0 && state.held_until <= now && quiet
    }

    fn held(&self) -> Option<Duration> {
        let now = self.timer.now();
        self.state().held_until.checked_sub(now).filter(|left| !left.is_zero())
    }

    fn look(&self) -> Turn {
        if let Some(held) = self.held() {
            return Turn::After(held);
        }
        let now = self.timer.now();
        let mut state = self.state();
        while state.ended.front().is_some_and(|ended| now.saturating_sub(*ended) >= WINDOW) {
            state.ended.pop_front();
        }
        if state.under_way + state.ended.len() < self.limit {
            state.under_way += 1;
            return Turn::Now;
        }
        match state.ended.front() {
            Some(oldest) => Turn::After((*oldest + WINDOW).saturating_sub(now)),
            None => Turn::Later,
        }
    }

    fn end_one(&self) {
        let now = self.timer.now();
        let mut state = self.state();
        state.under_way = state.under_way.saturating_sub(1);
        state.ended.push_back(now);
        drop(state);
        self.finished.notify_waiters();
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.pace.end_one();
    }
}

impl fmt::Debug for Pace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pace").field("limit", &self.limit).finish_non_exhaustive()
    }
}

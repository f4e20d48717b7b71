//! The dead-man's switch: somebody outside is called again and again, and raises the alarm when the calls stop.
//!
//! It runs in a task of its own and looks only at when the last tick was completed, by a clock that nobody sets, and at
//! what that tick left unfired. A worker that hangs, a database that hangs it, a process or a machine that is gone, ticks
//! that go on and fire nothing: each ends the calls.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use hyper::Method;
use tokio::sync::watch;
use tokio::time::timeout;

use crate::NotifierError;
use crate::outward::{AllowedAddresses, Call, CallFailure, Outward, Target};
use crate::status::{DeadManSwitch, Status};

#[derive(Clone)]
pub struct DeadManOptions {
    /// Called with GET. Often holds the secret by which the other side knows us.
    pub url: String,
    pub every: Duration,
    /// A last tick that is older means that nobody watches the clocks.
    pub tick_age_max: Duration,
    /// A timer that has been due for longer means that nobody fires them, although somebody looks.
    pub overdue_max: Duration,
    /// Of one call.
    pub timeout: Duration,
}

impl DeadManOptions {
    /// Whether it can be called at all, as far as that can be said without a network.
    pub fn check(&self, allow: &AllowedAddresses) -> Result<Target, NotifierError> {
        Target::parse(&self.url, allow)
            .map_err(|error| NotifierError::Setting { key: "watchdog.dead_man_url".to_owned(), why: error.to_string() })
    }

    /// Why nobody may be told that all is well.
    fn wrong(&self, tick_age: Option<Duration>, overdue_s: i64) -> Option<String> {
        let Some(age) = tick_age else { return Some("the timers were not looked at yet".to_owned()) };
        let (age_max, overdue_s_max) = (self.tick_age_max, self.overdue_max.as_secs());
        if age > age_max {
            let (age_s, age_s_max) = (age.as_secs(), age_max.as_secs());
            return Some(format!("the timers were not looked at for {age_s} s, where {age_s_max} s are allowed"));
        }
        let is_stuck = u64::try_from(overdue_s).is_ok_and(|overdue_s| overdue_s > overdue_s_max);
        is_stuck.then(|| format!("a timer has been due for {overdue_s} s, where {overdue_s_max} s are allowed"))
    }
}

/// Ready to [`DeadMan::run`].
pub struct DeadMan {
    target: Target,
    options: DeadManOptions,
    outward: Outward,
}

impl DeadMan {
    /// Fails naming the key that is wrong.
    pub fn new(options: DeadManOptions, outward: &Outward) -> Result<Self, NotifierError> {
        let target = options.check(outward.allowed())?;
        Ok(Self { target, options, outward: outward.clone() })
    }

    /// Until `shutdown` says true, or its sender is gone. A node that stops falls silent, too: it is not there to see.
    pub async fn run(self, status: Arc<Status>, mut shutdown: watch::Receiver<bool>) {
        status.change(|now| now.dead_man = DeadManSwitch::NotCalledYet);
        tokio::select! {
            () = self.call_again_and_again(&status) => {}
            // A sender that is gone means the end, too.
            _ = shutdown.wait_for(|stop| *stop) => {}
        }
    }

    async fn call_again_and_again(&self, status: &Status) {
        let mut ticks = status.ticks();
        // A node that has only begun is not stuck; it is not well either.
        while ticks.wait_for(Option::is_some).await.is_ok() {
            let state = self.look(status).await;
            match state {
                // A worker that goes on is news, and ends the rest.
                DeadManSwitch::Silent => _ = timeout(self.options.every, ticks.changed()).await,
                DeadManSwitch::NotConfigured
                | DeadManSwitch::NotCalledYet
                | DeadManSwitch::Heard
                | DeadManSwitch::Unheard => rest(self.options.every).await,
            }
        }
    }

    async fn look(&self, status: &Status) -> DeadManSwitch {
        let (state, why) = match self.options.wrong(status.tick_age(), status.snapshot().overdue_s) {
            Some(why) => (DeadManSwitch::Silent, why),
            None => match self.call().await {
                Ok(()) => (DeadManSwitch::Heard, String::new()),
                Err(why) => (DeadManSwitch::Unheard, why),
            },
        };
        let before = status.snapshot().dead_man;
        status.change(|now| now.dead_man = state);
        if before != state {
            say(before, state, &why);
        }
        state
    }

    async fn call(&self) -> Result<(), String> {
        let call = Call {
            method: Method::GET,
            target: &self.target,
            headers: vec![],
            body: vec![],
            timeout: self.options.timeout,
        };
        match self.outward.call(call).await {
            Ok(answer) if answer.status.is_success() => Ok(()),
            Ok(answer) => Err(format!("{} answered {}", self.target.host(), answer.status.as_u16())),
            Err(CallFailure::Forbidden(why) | CallFailure::Failed(why)) => Err(why),
        }
    }
}

/// Nothing ends it but its time.
async fn rest(pause: Duration) {
    _ = timeout(pause, std::future::pending::<()>()).await;
}

/// Once per change.
fn say(before: DeadManSwitch, state: DeadManSwitch, why: &str) {
    match state {
        DeadManSwitch::Heard if before == DeadManSwitch::NotCalledYet => {
            tracing::info!("the dead-man's switch is held: its address hears from this node");
        }
        DeadManSwitch::Heard => tracing::info!("the dead-man's switch is held again"),
        DeadManSwitch::Unheard => {
            tracing::error!(why, "the address of the dead-man's switch does not hear us; it may raise a false alarm");
        }
        DeadManSwitch::Silent => {
            tracing::error!(why, "nobody watches the clocks as they should be; the dead-man's switch is let go");
        }
        DeadManSwitch::NotConfigured | DeadManSwitch::NotCalledYet => {}
    }
}

impl fmt::Debug for DeadManOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DeadManOptions").field("every", &self.every).finish_non_exhaustive()
    }
}

impl fmt::Debug for DeadMan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("DeadMan").field(&self.target).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_fresh_tick_that_left_nothing_is_a_sign_of_life() {
        let second = Duration::from_secs;
        let options = DeadManOptions {
            url: String::new(),
            every: second(60),
            tick_age_max: second(60),
            overdue_max: second(1_200),
            timeout: second(10),
        };
        let table = [
            (None, 0, Some("not looked at yet")),
            (Some(second(0)), 0, None),
            (Some(second(60)), 1_200, None),
            (Some(Duration::from_millis(60_001)), 0, Some("not looked at for 60 s")),
            (Some(second(0)), 1_201, Some("due for 1201 s, where 1200 s")),
        ];
        for (age, overdue_s, wrong) in table {
            let said = options.wrong(age, overdue_s);
            assert_eq!(said.is_some(), wrong.is_some(), "{age:?} {overdue_s}: {said:?}");
            assert!(said.unwrap_or_default().contains(wrong.unwrap_or_default()), "{age:?} {overdue_s}");
        }
    }
}

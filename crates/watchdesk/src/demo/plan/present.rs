//! What is on the desk right now: every state, clocks that run, stand still, are near and are missed.

use chrono::Duration;
use watchdesk_core::command::Then;
use watchdesk_core::desk::Language;

use crate::demo::Volume;
use crate::demo::conversations::{Ending, Say, Scenario};
use crate::demo::plan::pace::{self, Mood};
use crate::demo::plan::past::Deck;
use crate::demo::plan::{Act, Deed, Planner};
use crate::demo::time;

/// How a ticket of today stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Nobody has looked at it yet.
    Open(Lateness),
    /// Triaged, and the first answer is owed.
    Triaged(Lateness),
    /// The customer wrote, and the next answer is owed.
    Answering(Lateness),
    /// Answered, and the solution is owed.
    Working(Lateness),
    Waiting,
    /// ... without an end.
    WaitingLong,
    Snoozed,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lateness {
    InTime,
    Near,
    Missed,
}

use Lateness::{InTime, Missed, Near};
use Standing::{Answering, Open, Snoozed, Triaged, Waiting, WaitingLong, Working};

/// How many of them there are in the full demo and in the small one.
const STANDINGS: [(Standing, usize, usize); 15] = [
    (Open(InTime), 6, 2),
    (Open(Near), 3, 1),
    (Open(Missed), 2, 1),
    (Triaged(InTime), 11, 2),
    (Triaged(Near), 3, 1),
    (Triaged(Missed), 2, 1),
    (Answering(InTime), 11, 2),
    (Answering(Near), 3, 1),
    (Answering(Missed), 3, 1),
    (Working(InTime), 8, 1),
    (Working(Near), 2, 1),
    (Working(Missed), 3, 1),
    (Waiting, 18, 3),
    (WaitingLong, 4, 1),
    (Snoozed, 4, 1),
];

/// Categories with hours of their own, as `data/rules.toml` says.
const WORKING_DAYS: [&str; 2] = ["billing", "subscription-change"];

/// Draws until a conversation fits.
const DRAWS_MAX: usize = 300;

impl Lateness {
    /// Percent of the target that is used up.
    fn percents(self) -> (i64, i64) {
        match self {
            InTime => (4, 66),
            Near => (78, 95),
            Missed => (108, 190),
        }
    }
}

impl Standing {
    /// The last step that has been taken, if the conversation has such a one.
    fn last_step(self, scenario: &Scenario) -> Option<usize> {
        let steps = &scenario.steps;
        let last = |wanted: fn(&Say) -> bool, from: usize| (from..steps.len()).find(|index| wanted(&steps[*index].say));
        match self {
            Open(_) | Triaged(_) => Some(0),
            Answering(_) => {
                let answered = last(Say::is_by_staff, 1)?;
                last(|say| matches!(say, Say::Customer(_)), answered)
            }
            Working(_) | Snoozed => last(|say| matches!(say, Say::Reply(_)), 1),
            Waiting | WaitingLong => last(|say| matches!(say, Say::Ask(_)), 1),
        }
    }

    fn is_triaged(self) -> bool {
        !matches!(self, Open(_))
    }

    /// What is owed on working days only is late at no time that could be planned here.
    fn suits(self, scenario: &Scenario) -> bool {
        match self {
            Open(_) | Waiting | WaitingLong | Snoozed => true,
            Triaged(lateness) | Answering(lateness) | Working(lateness) => {
                lateness == InTime || !WORKING_DAYS.contains(&scenario.category.as_str())
            }
        }
    }
}

impl Planner<'_> {
    pub(super) fn present(&mut self, volume: Volume) -> anyhow::Result<()> {
        let (mut chinese, mut english) = (Deck::default(), Deck::default());
        for (standing, full, small) in STANDINGS {
            for _ in 0..volume.of(full, small) {
                let (deck, language) = if self.rng.chance(62) {
                    (&mut chinese, Language::Chinese)
                } else {
                    (&mut english, Language::English)
                };
                let drawn = (0..DRAWS_MAX).find_map(|_| {
                    let scenario = self.draw(deck, language)?;
                    let fits = scenario.ending == Ending::Steps && standing.suits(scenario);
                    Some((scenario, standing.last_step(scenario).filter(|_| fits)?))
                });
                if let Some((scenario, last)) = drawn {
                    self.today(standing, scenario, last)?;
                }
            }
        }
        Ok(())
    }

    fn today(&mut self, standing: Standing, scenario: &Scenario, last: usize) -> anyhow::Result<()> {
        let (Some(contact), Some(first)) = (self.writer(scenario), scenario.steps.first()) else { return Ok(()) };
        let steps = &scenario.steps[..=last];
        let mut times = pace::times(steps, scenario.severity, self.now, Mood::Normal, false, &mut self.rng);
        let by = self.placed(standing, scenario, &times);
        times.shift(by);
        let (thread, values) = self.begin(scenario, contact, times.steps[0]);
        self.open(thread, first, &values, None)?;
        if standing.is_triaged() {
            // Not later than now, also where the ticket is that young.
            let triaged_at = times.triage.min(self.now - Duration::seconds(20)).max(times.steps[0]);
            self.push(thread, triaged_at, Deed::Triage);
        }
        self.play(thread, steps, &values, &times)?;
        match standing {
            WaitingLong => self.wait_without_end(),
            Snoozed => {
                let until = time::at_time(self.now + Duration::hours(14), 9, 0).max(self.now + Duration::hours(1));
                self.push(thread, times.last() + Duration::minutes(3), Deed::Snooze { until });
            }
            Open(_) | Triaged(_) | Answering(_) | Working(_) | Waiting => {}
        }
        Ok(())
    }

    /// The last answer that was planned lets the customer take his time.
    fn wait_without_end(&mut self) {
        if let Some(Act::Thread(_, Deed::Reply { then, .. })) =
            self.plan.acts.last_mut().map(|planned| &mut planned.act)
        {
            *then = Then::Wait { until: None };
        }
    }

    /// By how much the conversation, as planned from now on, lies in the past.
    fn placed(&mut self, standing: Standing, scenario: &Scenario, times: &pace::Times) -> Duration {
        let answer = pace::answer_minutes(scenario.severity);
        let whole = times.last() - self.now;
        let minutes = |minutes: i64| Duration::minutes(minutes);
        let used = |rng: &mut crate::demo::rng::Rng, lateness: Lateness, target: i64| {
            let (low, high) = lateness.percents();
            Duration::seconds(target * 60 * rng.between(low, high) / 100)
        };
        let rng = &mut self.rng;
        match standing {
            // Held to severity B until somebody says otherwise.
            Open(InTime) => -Duration::seconds(rng.between(70, 22 * 60)),
            Open(lateness) => -used(rng, lateness, pace::answer_minutes(watchdesk_core::ticket::Severity::B)),
            Triaged(InTime) => -(used(rng, InTime, answer).max(minutes(26))),
            Triaged(lateness) => -used(rng, lateness, answer),
            Answering(lateness) => -(whole + used(rng, lateness, answer)),
            Working(InTime) => -(whole + Duration::seconds(rng.between(10 * 60, 150 * 60))),
            Working(lateness) => {
                let target = pace::resolution_minutes(scenario.severity);
                -used(rng, lateness, target).max(whole + minutes(5))
            }
            Waiting => -(whole + Duration::seconds(rng.between(20 * 60, 40 * 3600))),
            WaitingLong => -(whole + Duration::seconds(rng.between(20 * 3600, 120 * 3600))),
            Snoozed => -(whole + Duration::seconds(rng.between(30 * 60, 200 * 60))),
        }
    }
}

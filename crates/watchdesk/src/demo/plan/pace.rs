//! How fast a conversation goes.

use chrono::Duration;
use watchdesk_core::Instant;
use watchdesk_core::ticket::Severity;

use crate::demo::conversations::{Say, Step};
use crate::demo::rng::Rng;
use crate::demo::time;

/// When each step happens; the first is the opening.
#[derive(Debug, Clone)]
pub struct Times {
    pub triage: Instant,
    pub steps: Vec<Instant>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mood {
    Normal,
    /// One answer of ours comes too late.
    Late,
}

impl Times {
    pub fn last(&self) -> Instant {
        self.steps.last().copied().unwrap_or(self.triage)
    }

    pub fn shift(&mut self, by: Duration) {
        self.triage += by;
        self.steps.iter_mut().for_each(|at| *at += by);
    }
}

/// Minutes until we owe an answer, as the shipped policy says.
pub fn answer_minutes(severity: Severity) -> i64 {
    match severity {
        Severity::A => 60,
        Severity::B => 240,
        Severity::C => 480,
    }
}

pub fn resolution_minutes(severity: Severity) -> i64 {
    match severity {
        Severity::A => 8 * 60,
        Severity::B => 24 * 60,
        Severity::C => 72 * 60,
    }
}

/// `snap`: customers sleep at night. What must end at a certain time is moved as a whole afterwards, and does not.
pub fn times(steps: &[Step], severity: Severity, opened_at: Instant, mood: Mood, snap: bool, rng: &mut Rng) -> Times {
    let triage = opened_at + seconds(rng.between(3 * 60, 24 * 60));
    let late = (mood == Mood::Late).then(|| late_step(steps, rng)).flatten();
    let mut times = vec![opened_at];
    let mut from = triage;
    for (index, step) in steps.iter().enumerate().skip(1) {
        let gap = match step.after {
            Some(minutes) => seconds(minutes * 60),
            None => gap(step, &steps[index - 1], severity, late == Some(index), rng),
        };
        let base = if step.after.is_some() { times.last().copied().unwrap_or(opened_at) } else { from };
        let mut at = base + gap;
        if snap && matches!(step.say, Say::Customer(_)) && severity != Severity::A && step.after.is_none() {
            at = in_the_day(at, rng);
        }
        times.push(at);
        from = at;
    }
    Times { triage, steps: times }
}

fn seconds(seconds: i64) -> Duration {
    Duration::seconds(seconds)
}

/// Which of our answers comes late.
fn late_step(steps: &[Step], rng: &mut Rng) -> Option<usize> {
    let ours: Vec<usize> = (1..steps.len()).filter(|index| steps[*index].say.is_by_staff()).collect();
    rng.pick(&ours).copied()
}

fn gap(step: &Step, before: &Step, severity: Severity, late: bool, rng: &mut Rng) -> Duration {
    let target = answer_minutes(severity) * 60;
    let gap = match &step.say {
        Say::Reply(_) | Say::Ask(_) | Say::Solve(_) if late => target * rng.between(105, 175) / 100,
        Say::Reply(_) | Say::Ask(_) | Say::Solve(_) if matches!(before.say, Say::Customer(_)) => {
            target * rng.between(8, 55) / 100
        }
        Say::Reply(_) | Say::Ask(_) | Say::Solve(_) => target * rng.between(15, 45) / 100,
        Say::Customer(_) => match severity {
            Severity::A => rng.between(5 * 60, 35 * 60),
            Severity::B => rng.between(20 * 60, 200 * 60),
            Severity::C => rng.between(30 * 60, 540 * 60),
        },
        Say::Note(_) | Say::CallIn(_) | Say::CallOut(_) => rng.between(4 * 60, target / 8 + 300),
        Say::Severity(_)
        | Say::Incident(_)
        | Say::Bounced(_)
        | Say::Draft(_)
        | Say::Filed(_)
        | Say::Joins(_)
        | Say::Acknowledged(_)
        | Say::Operator(_)
        | Say::ToOperator(_)
        | Say::WaitingOnUs(_)
        | Say::AnswerSolved(_)
        | Say::AnswerNotSolved(_)
        | Say::Refused(_)
        | Say::Learned(_)
        | Say::Withdrawn(_)
        | Say::Confirmed(_)
        | Say::Reopened(_) => rng.between(10 * 60, 60 * 60),
    };
    seconds(gap)
}

/// Not between eight in the evening and half past eight in the morning.
fn in_the_day(at: Instant, rng: &mut Rng) -> Instant {
    let (hour, minutes) = (8, rng.between(31, 95));
    match time::hour(at) {
        0..=7 => time::at_time(at, hour, minutes) + seconds(rng.between(0, 59)),
        20.. => time::at_time(at + Duration::days(1), hour, minutes) + seconds(rng.between(0, 59)),
        8..=19 => at,
    }
}

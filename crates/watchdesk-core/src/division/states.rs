//! When a ticket was worked on, waited for its customer, or was finished.

use crate::Instant;
use crate::division::Span;
use crate::event::{Event, EventKind};
use crate::ticket::{Closing, State};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Standing {
    Worked,
    Waiting,
    Finished,
}

impl Standing {
    fn of(state: &State) -> Self {
        match state {
            State::Open | State::Triaged | State::Escalated => Self::Worked,
            State::Waiting { .. } => Self::Waiting,
            State::Resolved { .. } | State::Closed { .. } => Self::Finished,
        }
    }
}

/// In the order of the facts; no two neighbours are the same.
#[derive(Debug, Default)]
pub(super) struct States {
    changes: Vec<(Instant, Standing)>,
}

impl States {
    pub fn of(events: &[Event]) -> Self {
        let mut facts: Vec<(Instant, &State)> = Vec::new();
        for event in events {
            let EventKind::Moved { to } = &event.kind else { continue };
            // A merge that is taken back never happened; only what the ticket went back to counts, from then on.
            if let Some(index) = facts.iter().position(|(_, state)| is_merged(state)) {
                facts.remove(index);
            }
            facts.push((event.at, to));
        }
        facts.sort_by_key(|(at, _)| *at);
        let mut states = Self::default();
        for (at, state) in facts {
            states.change(at, Standing::of(state));
        }
        states
    }

    fn change(&mut self, at: Instant, to: Standing) {
        if self.changes.last().map_or(Standing::Worked, |(_, standing)| *standing) != to {
            self.changes.push((at, to));
        }
    }

    /// When it was last finished, if it still is.
    pub fn finished_at(&self) -> Option<Instant> {
        self.changes.last().filter(|(_, standing)| *standing == Standing::Finished).map(|(at, _)| *at)
    }

    /// While the ticket waited for its customer, or rested until it was taken up again.
    pub fn customers(&self, to: Instant) -> Vec<Span> {
        let ends = self.changes.iter().skip(1).map(|(at, _)| *at).chain([to]);
        let spans = self.changes.iter().zip(ends);
        let customers = spans.filter(|((_, standing), _)| match standing {
            Standing::Waiting | Standing::Finished => true,
            Standing::Worked => false,
        });
        customers.map(|((from, _), to)| (*from, to)).filter(|(from, to)| from < to).collect()
    }
}

fn is_merged(state: &State) -> bool {
    match state {
        State::Closed { reason: Closing::Duplicate(_), .. } => true,
        State::Open
        | State::Triaged
        | State::Waiting { .. }
        | State::Escalated
        | State::Resolved { .. }
        | State::Closed { .. } => false,
    }
}

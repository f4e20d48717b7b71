//! A rota over a span of time: its shifts, its gaps and its hand-overs.
//!
//! Between two changes of a level (hand-overs, hours, overrides) the answer stays the same, so a span is cut there
//! and equal neighbours are joined again.

use chrono::{DateTime, TimeDelta};
use serde::Serialize;

use super::{IsActive, Rota, RotaError};
use crate::Instant;
use crate::ids::AgentId;

/// The longest span of one answer, and how far the next change is looked for.
pub const SPAN_DAYS_MAX: i64 = 400;
/// Pieces into which a level may fall in one span.
pub const PIECES_MAX: usize = 20_000;
/// Level 1 is owed around the clock, also by a rota that has no such layer.
const LEVEL_OWED: u32 = 1;

/// A stretch `[from, to)` with the same person on call, or nobody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Shift {
    pub agent: Option<AgentId>,
    pub from: Instant,
    pub to: Instant,
}

/// A stretch `[from, to)` in which nobody is on call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Gap {
    pub level: u32,
    pub from: Instant,
    pub to: Instant,
}

/// One person goes off duty, or another comes on, or both.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct HandOver {
    pub level: u32,
    pub at: Instant,
    pub leaving: Option<AgentId>,
    pub coming: Option<AgentId>,
}

/// Who is on call, since when and until when; what lies further away than [`SPAN_DAYS_MAX`] days is left open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Standing {
    pub agent: Option<AgentId>,
    pub since: Option<Instant>,
    pub until: Option<Instant>,
}

impl Rota {
    /// Who is on call at a level from one instant to another: shifts without a hole between them, neighbours with
    /// different people. Nothing if `to` is not after `from`; longer than [`SPAN_DAYS_MAX`] days is refused.
    pub fn shifts(&self, level: u32, from: Instant, to: Instant, is_active: IsActive) -> Result<Vec<Shift>, RotaError> {
        check_span(from, to)?;
        let mut shifts: Vec<Shift> = Vec::new();
        let mut at = from;
        for _ in 0..PIECES_MAX {
            if at >= to {
                return Ok(shifts);
            }
            let agent = self.on_call(level, at, is_active);
            let piece_to = self.change_after(level, at).map_or(to, |change| change.min(to));
            match shifts.last_mut() {
                Some(last) if last.agent == agent => last.to = piece_to,
                Some(_) | None => shifts.push(Shift { agent, from: at, to: piece_to }),
            }
            at = piece_to;
        }
        if at >= to { Ok(shifts) } else { Err(RotaError::TooManyPieces { level }) }
    }

    /// Every gap of level 1 and of the other levels the rota has, in order of time.
    pub fn coverage(&self, from: Instant, to: Instant, is_active: IsActive) -> Result<Vec<Gap>, RotaError> {
        let mut levels = self.levels();
        levels.insert(LEVEL_OWED);
        let mut gaps = Vec::new();
        for level in levels {
            let shifts = self.shifts(level, from, to, is_active)?;
            let holes = shifts.iter().filter(|shift| shift.agent.is_none());
            gaps.extend(holes.map(|hole| Gap { level, from: hole.from, to: hole.to }));
        }
        gaps.sort_by_key(|gap| (gap.from, gap.level));
        Ok(gaps)
    }

    /// The hand-overs of all levels at instants in `[from, to)`, in order of time. Of neighbouring spans each
    /// hand-over belongs to exactly one.
    pub fn hand_overs(&self, from: Instant, to: Instant, is_active: IsActive) -> Result<Vec<HandOver>, RotaError> {
        let just_before = from.checked_sub_signed(TimeDelta::seconds(1)).unwrap_or(from);
        let mut hand_overs = Vec::new();
        for level in self.levels() {
            let shifts = self.shifts(level, just_before, to, is_active)?;
            let changes = shifts.windows(2).filter(|pair| pair[1].from >= from);
            hand_overs.extend(changes.map(|pair| HandOver {
                level,
                at: pair[1].from,
                leaving: pair[0].agent,
                coming: pair[1].agent,
            }));
        }
        hand_overs.sort_by_key(|hand_over| (hand_over.at, hand_over.level));
        Ok(hand_overs)
    }

    /// The next instant at which somebody else, or nobody, is on call; none if that is more than [`SPAN_DAYS_MAX`]
    /// days away.
    pub fn next_change_after(&self, level: u32, instant: Instant, is_active: IsActive) -> Option<Instant> {
        let agent = self.on_call(level, instant, is_active);
        let horizon = instant.checked_add_signed(TimeDelta::days(SPAN_DAYS_MAX))?;
        let changes = std::iter::successors(Some(instant), |at| self.change_after(level, *at));
        let mut changes = changes.skip(1).take(PIECES_MAX).take_while(|change| *change <= horizon);
        changes.find(|change| self.on_call(level, *change, is_active) != agent)
    }

    /// Who is on call at an instant, with the whole shift around it.
    pub fn standing(&self, level: u32, instant: Instant, is_active: IsActive) -> Standing {
        Standing {
            agent: self.on_call(level, instant, is_active),
            since: self.last_change_until(level, instant, is_active),
            until: self.next_change_after(level, instant, is_active),
        }
    }

    fn last_change_until(&self, level: u32, instant: Instant, is_active: IsActive) -> Option<Instant> {
        let agent = self.on_call(level, instant, is_active);
        let horizon = instant.checked_sub_signed(TimeDelta::days(SPAN_DAYS_MAX))?;
        let before = |change: Instant| change - TimeDelta::seconds(1);
        let changes =
            std::iter::successors(self.change_until(level, instant), |at| self.change_until(level, before(*at)));
        let mut changes = changes.take(PIECES_MAX).take_while(|change| *change >= horizon);
        changes.find(|change| self.on_call(level, before(*change), is_active) != agent)
    }

    /// The first instant after this one at which a layer or an override may change the answer.
    fn change_after(&self, level: u32, instant: Instant) -> Option<Instant> {
        let at_s = instant.timestamp();
        let layers = self.layers_of(level).filter_map(|layer| layer.change_after(at_s));
        let overrides = self.override_edges(level).filter(|edge_s| *edge_s > at_s);
        layers.chain(overrides).min().and_then(in_utc)
    }

    /// The last instant, up to and including this one, at which a layer or an override may have changed the answer.
    fn change_until(&self, level: u32, instant: Instant) -> Option<Instant> {
        let at_s = instant.timestamp();
        let layers = self.layers_of(level).filter_map(|layer| layer.change_until(at_s));
        let overrides = self.override_edges(level).filter(|edge_s| *edge_s <= at_s);
        layers.chain(overrides).max().and_then(in_utc)
    }

    fn override_edges(&self, level: u32) -> impl Iterator<Item = i64> {
        self.overrides_of(level).flat_map(|swap| [swap.from_s, swap.to_s])
    }
}

fn check_span(from: Instant, to: Instant) -> Result<(), RotaError> {
    let days = to.signed_duration_since(from).num_days();
    if days > SPAN_DAYS_MAX { Err(RotaError::SpanTooLong { days }) } else { Ok(()) }
}

fn in_utc(instant_s: i64) -> Option<Instant> {
    DateTime::from_timestamp(instant_s, 0)
}

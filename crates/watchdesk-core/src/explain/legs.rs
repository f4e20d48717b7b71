//! How a deadline follows: the way from the start to it, leg by leg.

use crate::Instant;
use crate::calendar::{Calendar, Closed, Pause, Stretch, StretchKind};
use crate::explain::{Leg, LegKind, PausedBy};

/// Legs of one account; of more, the middle is summed.
pub const LEGS_MAX: usize = 40;
/// Up to so many legs each night is told; in a longer account nights lie within the stretch that is worked.
pub const LEGS_WITH_NIGHTS_MAX: usize = 12;

/// The way from one instant to another with its pauses, which may be in any order and overlap.
pub(super) fn legs(calendar: &Calendar, from: Instant, to: Instant, pauses: &[(Pause, PausedBy)]) -> Vec<Leg> {
    let mut sorted: Vec<&(Pause, PausedBy)> = pauses.iter().collect();
    sorted.sort_by_key(|(pause, _)| pause.from);
    let mut legs = Vec::new();
    let mut told = from;
    for (pause, by) in sorted {
        let (begins, ends) = (pause.from.max(told), pause.to.unwrap_or(to).min(to));
        if begins >= ends {
            continue;
        }
        worked(calendar, told, begins, &mut legs);
        legs.push(Leg { from: begins, to: ends, counted_s: 0, kind: LegKind::Paused { by: *by } });
        told = ends;
    }
    worked(calendar, told, to, &mut legs);
    if legs.len() > LEGS_WITH_NIGHTS_MAX {
        legs = without_nights(legs);
    }
    summed(legs)
}

fn worked(calendar: &Calendar, from: Instant, to: Instant, legs: &mut Vec<Leg>) {
    let mut told = from;
    for stretch in calendar.stretches(from, to) {
        told = stretch.to;
        legs.push(leg(stretch));
    }
    if told < to {
        let counted_s = calendar.elapsed(told, to, &[]).map_or(0, |elapsed| elapsed.seconds.cast_signed());
        legs.push(Leg { from: told, to, counted_s, kind: LegKind::Summed { legs: 1 } });
    }
}

fn leg(Stretch { from, to, kind }: Stretch) -> Leg {
    match kind {
        StretchKind::Open { make_up_days } => {
            let kind = LegKind::Open { nights_closed: false, make_up_days };
            Leg { from, to, counted_s: (to - from).num_seconds(), kind }
        }
        StretchKind::Closed { because } => Leg { from, to, counted_s: 0, kind: LegKind::Closed { because } },
    }
}

/// Days that follow each other, with nothing but nights and breaks between them, become one leg.
fn without_nights(legs: Vec<Leg>) -> Vec<Leg> {
    let mut folded: Vec<Leg> = Vec::new();
    let mut legs = legs.into_iter().peekable();
    while let Some(leg) = legs.next() {
        if is_night(&leg)
            && let Some(worked) = folded.last_mut().filter(|last| is_open(last))
            && let Some(next) = legs.next_if(is_open)
        {
            go_on(worked, next);
        } else {
            folded.push(leg);
        }
    }
    folded
}

fn is_open(leg: &Leg) -> bool {
    matches!(leg.kind, LegKind::Open { .. })
}

fn is_night(leg: &Leg) -> bool {
    match &leg.kind {
        LegKind::Closed { because } => because.iter().all(|why| matches!(why, Closed::Night | Closed::OutsideHours)),
        LegKind::Open { .. } | LegKind::Paused { .. } | LegKind::Summed { .. } => false,
    }
}

fn go_on(worked: &mut Leg, next: Leg) {
    worked.to = next.to;
    worked.counted_s += next.counted_s;
    if let (LegKind::Open { nights_closed, make_up_days }, LegKind::Open { make_up_days: more, .. }) =
        (&mut worked.kind, next.kind)
    {
        *nights_closed = true;
        make_up_days.extend(more);
    }
}

/// The beginning and the end are told; what lies between is added up.
fn summed(mut legs: Vec<Leg>) -> Vec<Leg> {
    if legs.len() <= LEGS_MAX {
        return legs;
    }
    let (first, last) = (LEGS_MAX / 2, legs.len() - (LEGS_MAX - LEGS_MAX / 2 - 1));
    let middle: Vec<Leg> = legs.drain(first..last).collect();
    let (Some(begin), Some(end)) = (middle.first(), middle.last()) else { return legs };
    let counted_s = middle.iter().map(|leg| leg.counted_s).sum();
    let kind = LegKind::Summed { legs: middle.len() };
    legs.insert(first, Leg { from: begin.from, to: end.to, counted_s, kind });
    legs
}

//! When a case of the ticket was with the operator.

use std::collections::{BTreeMap, BTreeSet};

use crate::Instant;
use crate::case::Case;
use crate::clock::CaseBeat;
use crate::division::Span;
use crate::event::{Event, EventKind};
use crate::ids::{CaseId, TicketId};

/// What an event says about a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mark {
    /// The ticket joined it: it stands where it stood.
    Joined,
    /// It was not filed yet.
    Drafted,
    /// For this ticket: one that joins a filed case has it filed at once, where the case stands as it stood.
    Filed,
    WithOperator,
    /// It waits on us, was answered, refused or withdrawn.
    NotWithOperator,
    /// It went to another ticket.
    Left,
}

/// Of all its cases; the spans may overlap, and one that has not ended reaches to the end of time.
pub(super) fn with_operator(events: &[Event], cases: &[Case]) -> Vec<Span> {
    let mut marks: BTreeMap<CaseId, Vec<(Instant, Mark)>> = BTreeMap::new();
    let mut released: BTreeSet<TicketId> = BTreeSet::new();
    for event in events {
        match &event.kind {
            EventKind::Released { ticket, .. } => drop(released.insert(*ticket)),
            // It came with a merge that is taken back, so it never was here.
            EventKind::CaseMoved { case, to } if released.contains(to) => {
                forget_stay(marks.entry(*case).or_default());
            }
            kind => {
                if let Some((case, mark)) = mark_of(kind) {
                    marks.entry(case).or_default().push((event.at, mark));
                }
            }
        }
    }
    let known = |id: CaseId| cases.iter().find(|case| case.id == id);
    marks.into_iter().flat_map(|(id, marks)| spans(resolved(marks, known(id)))).collect()
}

fn forget_stay(marks: &mut Vec<(Instant, Mark)>) {
    let joined = marks.iter().rposition(|(_, mark)| *mark == Mark::Joined).unwrap_or_default();
    marks.truncate(joined);
}

fn mark_of(kind: &EventKind) -> Option<(CaseId, Mark)> {
    match kind {
        EventKind::CaseDrafted { case, .. } | EventKind::CaseAmended { case, .. } => Some((*case, Mark::Drafted)),
        EventKind::CaseJoined { case } => Some((*case, Mark::Joined)),
        EventKind::CaseFiled { case, .. } => Some((*case, Mark::Filed)),
        EventKind::CaseAcknowledged { case } | EventKind::CaseReopened { case } => Some((*case, Mark::WithOperator)),
        EventKind::CaseWaitsOnUs { case }
        | EventKind::CaseAnswered { case, .. }
        | EventKind::CaseRefused { case }
        | EventKind::CaseWithdrawn { case }
        | EventKind::CaseDropped { case } => Some((*case, Mark::NotWithOperator)),
        EventKind::CaseMoved { case, .. } => Some((*case, Mark::Left)),
        _ => None,
    }
}

/// Whether the case was with the operator, from when on. A case that left with a merge and came back was never away.
fn resolved(marks: Vec<(Instant, Mark)>, case: Option<&Case>) -> Vec<(Instant, bool)> {
    let mut facts: Vec<(Instant, bool)> = Vec::new();
    for (index, (at, mark)) in marks.iter().enumerate() {
        let later = marks.get(index + 1..).unwrap_or_default();
        match mark {
            Mark::Drafted | Mark::NotWithOperator => facts.push((*at, false)),
            Mark::WithOperator => facts.push((*at, true)),
            Mark::Filed => facts.push((*at, case.is_none_or(|case| stands_at(case, *at)))),
            Mark::Left if later.iter().any(|(_, mark)| *mark == Mark::Joined) => {}
            Mark::Left => facts.push((*at, false)),
            Mark::Joined => {
                let left = marks.get(..index).unwrap_or_default().iter().rfind(|(_, mark)| *mark == Mark::Left);
                facts.extend(at_joining(*at, left.map(|(at, _)| *at), case, later));
            }
        }
    }
    // What was so before the ticket joined was not about it.
    if let Some((joined_at, Mark::Joined)) = marks.first() {
        facts.retain(|(at, _)| at >= joined_at);
    }
    facts.sort_by_key(|(at, _)| *at);
    facts
}

/// Where the case stood when the ticket joined it, or what became of it while it was away.
fn at_joining(
    at: Instant,
    left: Option<Instant>,
    case: Option<&Case>,
    later: &[(Instant, Mark)],
) -> Vec<(Instant, bool)> {
    match (case, left) {
        (None, _) => vec![(at, was_filed(later))],
        (Some(case), None) => vec![(at, stands_at(case, at))],
        (Some(case), Some(left)) => {
            let away = case.timeline.beats().filter(|(beat_at, _)| (left..=at).contains(beat_at));
            away.map(|(at, beat)| (at, is_with_operator(beat))).collect()
        }
    }
}

/// Whether it was with the operator then.
fn stands_at(case: &Case, at: Instant) -> bool {
    let beats = case.timeline.beats().take_while(|(beat_at, _)| *beat_at <= at);
    beats.last().is_some_and(|(_, beat)| is_with_operator(beat))
}

/// Nobody knows the case any more: one that is filed or dropped later was a draft.
fn was_filed(later: &[(Instant, Mark)]) -> bool {
    match later.first() {
        Some((_, Mark::Drafted | Mark::Filed)) => false,
        Some((_, Mark::WithOperator | Mark::NotWithOperator | Mark::Left | Mark::Joined)) | None => true,
    }
}

fn is_with_operator(beat: CaseBeat) -> bool {
    match beat {
        CaseBeat::Filed | CaseBeat::OperatorSpoke | CaseBeat::WeAnswered | CaseBeat::Reopened => true,
        CaseBeat::WaitsOnUs | CaseBeat::Solved | CaseBeat::NotSolved | CaseBeat::Refused | CaseBeat::Withdrawn => false,
    }
}

fn spans(facts: Vec<(Instant, bool)>) -> Vec<Span> {
    let ends = facts.iter().skip(1).map(|(at, _)| *at).chain([Instant::MAX_UTC]).collect::<Vec<_>>();
    let spans = facts.into_iter().zip(ends);
    spans.filter(|((from, with_operator), to)| *with_operator && from < to).map(|((from, _), to)| (from, to)).collect()
}

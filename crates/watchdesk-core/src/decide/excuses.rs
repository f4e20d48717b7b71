//! A miss that was nobody's fault here: said by a lead or a manager, with a reason, and taken back the same way.

use crate::clock::{Clock, Excuse, Subject};
use crate::decide::calls;
use crate::decide::work::Work;
use crate::event::{ActorRef, EventKind};
use crate::ids::ClockId;
use crate::refusal::Because;

/// Characters of a reason.
pub const REASON_CHARS_MAX: usize = 2_000;

pub(super) fn excuse(work: &mut Work<'_>, subject: Subject, id: ClockId, reason: Option<&str>) -> Result<(), Because> {
    let now = work.now;
    let by = match work.actor.reference() {
        ActorRef::Agent(by) => by,
        ActorRef::Contact(_) | ActorRef::System => return Err(work.not_allowed()),
    };
    let excuse = reason.map(|reason| words(reason).map(|reason| Excuse { reason, by, at: now })).transpose()?;
    let taken_back = excuse.is_none();
    let clock = calls::change(work, subject, id, |clock| {
        check(clock, taken_back)?;
        clock.excuse = excuse;
        Ok(clock.reference())
    })?;
    let kind = if taken_back { EventKind::ExcuseRevoked { clock } } else { EventKind::ClockExcused { clock } };
    calls::record(work, subject, now, work.actor.reference(), &kind)
}

fn check(clock: &Clock, taken_back: bool) -> Result<(), Because> {
    match (taken_back, clock.is_missed(), &clock.excuse) {
        (true, _, None) => Err(Because::NotExcused),
        (true, _, Some(_)) | (false, true, _) => Ok(()),
        (false, false, _) => Err(Because::NotMissed),
    }
}

fn words(reason: &str) -> Result<String, Because> {
    let reason = reason.trim();
    super::triage::limit("characters of a reason", reason.chars().count(), REASON_CHARS_MAX)?;
    if reason.is_empty() { Err(Because::NothingSaid) } else { Ok(reason.to_owned()) }
}

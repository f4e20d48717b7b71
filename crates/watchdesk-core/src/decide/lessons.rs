//! What the desk learns from a case that came back: said by a person, on record in every ticket it is linked to.

use crate::case::{Lesson, Measure};
use crate::decide::cases::record;
use crate::decide::triage::{check_owner, limit};
use crate::decide::work::Work;
use crate::event::{ActorRef, EventKind};
use crate::ids::{AgentId, CaseId};
use crate::refusal::Because;

/// Characters of a lesson.
pub const LESSON_CHARS_MAX: usize = 4_000;

pub(super) fn learn(
    work: &mut Work<'_>,
    id: CaseId,
    body: &str,
    measure: Measure,
    owner: Option<AgentId>,
) -> Result<(), Because> {
    let body = body.trim();
    limit("characters", body.chars().count(), LESSON_CHARS_MAX)?;
    if body.is_empty() {
        return Err(Because::NothingSaid);
    }
    let by = match work.actor.reference() {
        ActorRef::Agent(by) => by,
        ActorRef::Contact(_) | ActorRef::System => return Err(work.not_allowed()),
    };
    check_owner(work, owner)?;
    let now = work.now;
    let case = work.change_case(id)?;
    case.words.lesson = Some(Lesson { body: body.to_owned(), measure, owner, by, at: now });
    let case = case.clone();
    record(work, &case, now, &EventKind::CaseLessonRecorded { case: id, measure, owner })
}

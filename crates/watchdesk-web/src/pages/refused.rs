//! A form that was refused is shown again: why, what to do instead, and what was typed.

use std::collections::BTreeMap;

use axum::http::StatusCode;
use watchdesk_core::gate::Missing;
use watchdesk_templates::pages::Refused;
use watchdesk_templates::{missing_text, refusal_text};

use super::visit::Visit;
use crate::forms::FormFields;
use crate::input::Wrong;
use crate::problem::{InvalidFields, Problem, Reasons};

/// A problem that the reader can do something about on the same page; any other is a page of its own.
pub(super) fn is_for_the_form(problem: &Problem) -> bool {
    match problem {
        Problem::Refused(_) | Problem::Invalid(_) | Problem::Stale { .. } => true,
        Problem::Unauthorized
        | Problem::SignedOut { .. }
        | Problem::ScopeMissing { .. }
        | Problem::CrossSite
        | Problem::NotFound
        | Problem::LinkOver
        | Problem::MethodNotAllowed
        | Problem::Malformed { .. }
        | Problem::UnsupportedMediaType
        | Problem::TooLarge { .. }
        | Problem::Conflict(_)
        | Problem::VersionNeeded
        | Problem::KeyReused
        | Problem::TooManyRequests { .. }
        | Problem::TimedOut
        | Problem::Unavailable(_)
        | Problem::Internal(_) => false,
    }
}

/// A page has no `If-Match`: that it changed meanwhile is a conflict.
pub(super) fn status(problem: &Problem) -> StatusCode {
    match problem {
        Problem::Stale { .. } => StatusCode::CONFLICT,
        problem => problem.status(),
    }
}

pub(super) fn refused(visit: &Visit, form: &str, fields: &FormFields, problem: &Problem) -> Refused {
    let language = visit.language();
    let mut errors: BTreeMap<String, String> = BTreeMap::new();
    for fault in problem.field_faults() {
        errors.entry(fault.field.clone()).or_insert_with(|| fault.wrong.in_language(language));
    }
    if let Problem::Invalid(InvalidFields(Reasons::Refusal { field, refusal })) = problem {
        errors.insert((*field).to_owned(), refusal_text(language, refusal).0);
    }
    for missing in missing(problem) {
        errors.insert(field_of(missing), missing_text(language, missing).1);
    }
    Refused {
        form: form.to_owned(),
        text: problem.detail(language),
        way_out: Some(problem.way_out(language)).filter(|way_out| !way_out.is_empty()),
        fields: fields.typed(),
        errors,
    }
}

/// The store says what is taken in its own words; the form has another name for it.
pub(super) fn taken_in(problem: Problem, field: &str) -> Problem {
    let is_taken = problem.field_faults().any(|fault| fault.wrong == Wrong::Taken);
    if is_taken { Problem::invalid(field, Wrong::Taken) } else { problem }
}

/// What keeps the gate shut.
fn missing(problem: &Problem) -> &[Missing] {
    match problem {
        Problem::Refused(refusal) => refusal.missing(),
        _ => &[],
    }
}

/// `evidence.tried` is `evidence_tried` in a form.
fn field_of(missing: &Missing) -> String {
    missing.field.replace('.', "_")
}

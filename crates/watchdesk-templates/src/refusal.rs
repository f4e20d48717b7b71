//! Refusals in the reader's language. English is core's own; Chinese stands in `refusal.zh-CN.toml`, by code.

use std::fmt::Display;

use watchdesk_core::case::CaseStateKind;
use watchdesk_core::clock::Objective;
use watchdesk_core::desk::Language;
use watchdesk_core::gate::Missing;
use watchdesk_core::refusal::{Asked, Because, Refusal};
use watchdesk_core::rights::Role;
use watchdesk_core::ticket::StateKind;

use crate::catalogue::words;
use crate::names;

/// What was refused and why, and what to do instead.
pub fn refusal_text(language: Language, refusal: &Refusal) -> (String, String) {
    match language {
        Language::English => (refusal.to_string(), refusal.way_out()),
        Language::Chinese => (sentence(refusal), way_out(refusal)),
    }
}

/// One thing that keeps the gate shut, and how to supply it.
pub fn missing_text(language: Language, missing: &Missing) -> (String, String) {
    match language {
        Language::English => (missing.what.clone(), missing.way_out.clone()),
        Language::Chinese => (missing_sentence(missing), missing_way_out(missing)),
    }
}

const CHINESE: Language = Language::Chinese;

fn sentence(refusal: &Refusal) -> String {
    let code = refusal.code();
    let (key, mut values) = match &refusal.because {
        Because::Gate(missing) => {
            let all: String = missing.iter().map(missing_sentence).collect();
            ("gate", vec![("missing", all)])
        }
        Because::SeverityNotAllowed(missing) => return missing_sentence(missing),
        Because::CaseOpen { reference: None } => ("case_open_unnamed", Vec::new()),
        Because::NotAllowed { role: None } => ("not_allowed_nobody", Vec::new()),
        _ => (code.code, code.parameters.into_iter().map(|(name, value)| (name, named(name, value))).collect()),
    };
    values.push(("action", action(refusal.command)));
    say(&format!("refusal.{key}"), &values)
}

/// Slugs of ours become words; what people typed stays.
fn named(parameter: &str, value: String) -> String {
    let ticket = |slug: &str| StateKind::parse(slug).map(|state| names::state(CHINESE, state));
    let case = |slug: &str| CaseStateKind::parse(slug).map(|state| names::case_state(CHINESE, state));
    let name = match parameter {
        "state" => ticket(&value).or_else(|| case(&value)).map(|name| format!("“{name}”")),
        "role" => Role::parse(&value).map(|role| names::role(CHINESE, role).to_owned()),
        "objective" => Objective::parse(&value).map(|objective| names::objective(CHINESE, objective).to_owned()),
        _ => None,
    };
    name.unwrap_or(value)
}

fn action(command: Asked) -> String {
    match command {
        Asked::Ticket(action) => say(&format!("refusal.action.{}", action.as_str()), &[]),
        Asked::Case(action) => say(&format!("refusal.case_action.{}", action.as_str()), &[]),
        Asked::Unit => String::new(),
    }
}

/// Core's English sentence is the key; one that the catalogue lacks is shown as it is.
fn way_out(refusal: &Refusal) -> String {
    if let Because::SeverityNotAllowed(missing) = &refusal.because {
        return missing_way_out(missing);
    }
    let english = refusal.way_out();
    words().get(CHINESE, &format!("way_out.{english}")).map_or(english, str::to_owned)
}

fn missing_sentence(missing: &Missing) -> String {
    let has_no_service = missing.parameters.iter().any(|(name, value)| *name == "service" && value.is_empty());
    let suffix = if missing.code == "gate_health" && has_no_service { "_no_service" } else { "" };
    let key = format!("refusal.missing.{}{suffix}", missing.code);
    say_or(&key, &missing.parameters, &missing.what)
}

fn missing_way_out(missing: &Missing) -> String {
    say_or(&format!("refusal.missing_way_out.{}", missing.code), &missing.parameters, &missing.way_out)
}

fn say_or(key: &str, values: &[(&str, String)], english: &str) -> String {
    match words().get(CHINESE, key) {
        Some(_) => say(key, values),
        None => english.to_owned(),
    }
}

fn say(key: &str, values: &[(&str, String)]) -> String {
    let values: Vec<(&str, &dyn Display)> = values.iter().map(|(name, value)| (*name, value as &dyn Display)).collect();
    words().say(CHINESE, key, &values)
}

#[cfg(test)]
mod tests;

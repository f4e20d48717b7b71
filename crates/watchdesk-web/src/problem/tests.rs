use axum::body::to_bytes;
use serde_json::{Value, json};
use watchdesk_core::desk::Language;
use watchdesk_core::ids::Slug;
use watchdesk_core::lifecycle::TicketAction;
use watchdesk_core::refusal::Because;
use watchdesk_core::ticket::StateKind;

use super::*;
use crate::input::{Place, Wrong};

async fn body(problem: &Problem, language: Language) -> Value {
    let response = as_json(problem, language);
    assert_eq!(response.headers()["content-type"], "application/problem+json");
    serde_json::from_slice(&to_bytes(response.into_body(), 10_000).await.unwrap()).unwrap()
}

#[tokio::test]
async fn a_refusal_says_state_command_and_way_out() {
    let problem = Problem::from(Refusal::ticket(TicketAction::Resolve, Because::State(StateKind::Escalated)));
    let said = body(&problem, Language::English).await;
    assert_eq!(said["status"], 409);
    assert_eq!(said["code"], "state");
    assert_eq!(said["state"], "escalated");
    assert_eq!(said["command"], "resolve");
    assert_eq!(said["detail"], "A ticket that is escalated cannot be resolved.");
    assert!(said["way_out"].as_str().unwrap().starts_with("End the case first"));
    let said = body(&problem, Language::Chinese).await;
    assert!(!said["detail"].as_str().unwrap().is_ascii(), "{said}");
}

#[tokio::test]
async fn what_a_field_says_is_a_validation_error() {
    let slug = Slug::new("nonsense").unwrap();
    let problem = Problem::from(Refusal::ticket(TicketAction::Triage, Because::UnknownCategory(slug)));
    let said = body(&problem, Language::English).await;
    assert_eq!(said["status"], 422);
    assert_eq!(said["errors"][0]["field"], "category");
}

#[tokio::test]
async fn every_fault_is_listed_in_the_readers_language() {
    let mut faults = Faults::default();
    faults.add(&Place::Field(&Place::Request, "body"), Wrong::Missing);
    faults.add(&Place::Field(&Place::Request, "colour"), Wrong::Unknown);
    let problem = Problem::from(faults);
    let said = body(&problem, Language::English).await;
    let expected = json!([
        {"field": "body", "message": "is missing"}, {"field": "colour", "message": "is not a field of this request"},
    ]);
    assert_eq!(said["errors"], expected);
    assert_eq!(body(&problem, Language::Chinese).await["errors"][0]["message"], "缺少此项");
}

#[test]
fn absent_and_forbidden_look_the_same() {
    let refusal = |because| Problem::from(Refusal::ticket(TicketAction::Note, because));
    assert!(matches!(refusal(Because::NoSuchTicket), Problem::NotFound));
    assert!(matches!(refusal(Because::NoSuchCase), Problem::NotFound));
}

#[test]
fn a_database_that_is_away_passes() {
    let problem = Problem::from(StoreError::Busy);
    assert_eq!(problem.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(problem.retry_after_s(), Some(RETRY_AFTER_S));
}

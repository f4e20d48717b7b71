use watchdesk_core::clock::ClockFault;
use watchdesk_core::ids::{Slug, TicketNumber};
use watchdesk_core::lifecycle::{CaseAction, TicketAction};

use super::*;

fn slug(text: &str) -> Slug {
    Slug::new(text).expect("a slug")
}

fn missing(code: &'static str, parameters: &[(&'static str, &str)]) -> Missing {
    Missing {
        field: "field",
        code,
        what: "English.".to_owned(),
        way_out: "English.".to_owned(),
        parameters: parameters.iter().map(|(name, value)| (*name, (*value).to_owned())).collect(),
    }
}

/// One of each; [`must_be_listed`] makes a new reason for a refusal show up here.
fn one_of_each() -> Vec<Because> {
    let number = TicketNumber(7);
    let all = vec![
        Because::State(StateKind::Closed),
        Because::CaseState(CaseStateKind::Answered),
        Because::NotAllowed { role: Some(Role::Sales) },
        Because::NotAllowed { role: None },
        Because::NoSuchTicket,
        Because::NoSuchCase,
        Because::TicketExists,
        Because::UnknownCategory(slug("how-to")),
        Because::UnknownService(slug("azure")),
        Because::ServiceNeeded(slug("how-to")),
        Because::UnknownAgent,
        Because::AgentInactive,
        Because::AuditorCannotOwn,
        Because::UnknownTeam,
        Because::UnknownCustomer,
        Because::UnknownContact,
        Because::NothingSaid,
        Because::InTheFuture,
        Because::InThePast,
        Because::BeforeOpening,
        Because::BeforeFiling,
        Because::OwnerNeeded,
        Because::CaseOpen { reference: Some("21V-1".to_owned()) },
        Because::CaseOpen { reference: None },
        Because::NoTicketInCase,
        Because::ReferenceMissing,
        Because::OperatorTakesByPerson(slug("azure")),
        Because::Gate(vec![missing("gate_triage", &[]), missing("gate_tried", &[])]),
        Because::SeverityNotAllowed(missing("gate_severity_contract", &[])),
        Because::OtherCustomer { number },
        Because::WithItself,
        Because::MergedElsewhere { number },
        Because::NotMerged,
        Because::NoMessagesChosen,
        Because::MessageNotHere,
        Because::AlreadyLinked,
        Because::NotLinked,
        Because::UnknownIncident("EX226792".to_owned()),
        Because::NothingToRetest,
        Because::TicketFinished { number },
        Because::NotTriaged { number },
        Because::NothingToChange,
        Because::NoSuchClock,
        Because::NotMissed,
        Because::NotExcused,
        Because::NothingToAcknowledge,
        Because::TooMany { what: "messages", max: 5 },
        Because::Clock(ClockFault { objective: Objective::Resolution, target_s: 5, why: "no hours".to_owned() }),
    ];
    all.iter().for_each(must_be_listed);
    all
}

/// A new reason does not compile here, and whoever adds it adds it above too.
fn must_be_listed(because: &Because) {
    match because {
        Because::State(_)
        | Because::CaseState(_)
        | Because::NotAllowed { .. }
        | Because::NoSuchTicket
        | Because::NoSuchCase
        | Because::TicketExists
        | Because::UnknownCategory(_)
        | Because::UnknownService(_)
        | Because::ServiceNeeded(_)
        | Because::UnknownAgent
        | Because::AgentInactive
        | Because::AuditorCannotOwn
        | Because::UnknownTeam
        | Because::UnknownCustomer
        | Because::UnknownContact
        | Because::NothingSaid
        | Because::InTheFuture
        | Because::InThePast
        | Because::BeforeOpening
        | Because::BeforeFiling
        | Because::OwnerNeeded
        | Because::CaseOpen { .. }
        | Because::NoTicketInCase
        | Because::ReferenceMissing
        | Because::OperatorTakesByPerson(_)
        | Because::Gate(_)
        | Because::SeverityNotAllowed(_)
        | Because::OtherCustomer { .. }
        | Because::WithItself
        | Because::MergedElsewhere { .. }
        | Because::NotMerged
        | Because::NoMessagesChosen
        | Because::MessageNotHere
        | Because::AlreadyLinked
        | Because::NotLinked
        | Because::UnknownIncident(_)
        | Because::NothingToRetest
        | Because::TicketFinished { .. }
        | Because::NotTriaged { .. }
        | Because::NothingToChange
        | Because::NoSuchClock
        | Because::NotMissed
        | Because::NotExcused
        | Because::NothingToAcknowledge
        | Because::TooMany { .. }
        | Because::Clock(_) => {}
    }
}

/// Chinese throughout: no word of English but names, and nothing left to fill in.
fn assert_chinese(text: &str) {
    let names = ["ID", "21V-1", "azure", "how-to", "EX226792"];
    let rest = names.iter().fold(text.to_owned(), |rest, name| rest.replace(name, ""));
    let words = rest.split(|c: char| !c.is_ascii_alphabetic()).filter(|word| word.len() > 1).count();
    assert_eq!(words, 0, "{text}");
    assert!(!text.is_empty() && !text.contains(['{', '}']), "{text}");
}

#[test]
fn every_refusal_has_a_chinese_sentence_and_way_out() {
    for because in one_of_each() {
        let (sentence, way_out) = refusal_text(CHINESE, &Refusal::ticket(TicketAction::Merge, because.clone()));
        assert_chinese(&sentence);
        assert_chinese(&way_out);
        let refused = Refusal { command: Asked::Unit, because };
        let (sentence, way_out) = refusal_text(Language::English, &refused);
        assert_eq!((sentence, way_out), (refused.to_string(), refused.way_out()));
    }
}

#[test]
fn every_cell_of_the_lifecycle_is_refused_in_chinese() {
    let actions = TicketAction::TABLE.into_iter().chain([
        TicketAction::Open,
        TicketAction::FireTimers,
        TicketAction::ExcuseMiss,
        TicketAction::AcknowledgeLadder,
    ]);
    for action in actions {
        for state in StateKind::ALL {
            let (sentence, way_out) = refusal_text(CHINESE, &Refusal::ticket(action, Because::State(state)));
            assert_chinese(&sentence);
            assert_chinese(&way_out);
        }
    }
    let standing = [CaseAction::ExcuseMiss, CaseAction::AcknowledgeLadder, CaseAction::FireTimers];
    for action in CaseAction::TABLE.into_iter().chain(standing) {
        for state in CaseStateKind::ALL {
            let (sentence, way_out) = refusal_text(CHINESE, &Refusal::case(action, Because::CaseState(state)));
            assert_chinese(&sentence);
            assert_chinese(&way_out);
        }
    }
}

#[test]
fn what_the_gate_misses_is_said_in_chinese() {
    let health = [("service", "azure"), ("minutes", "60")];
    let category = [("category", "how-to"), ("severity", "B")];
    let incident = [("incident", "EX226792")];
    let all = [
        missing("gate_triage", &[]),
        missing("gate_reason", &[]),
        missing("gate_summary", &[]),
        missing("gate_tried", &[]),
        missing("gate_impact", &[]),
        missing("gate_affected_users", &[]),
        missing("gate_since", &[]),
        missing("gate_error_texts", &[]),
        missing("gate_tenant_id", &[]),
        missing("gate_subscription_id", &[]),
        missing("gate_order_id", &[]),
        missing("gate_delegated_admin", &[]),
        missing("gate_customer_id", &[]),
        missing("gate_mpn_id", &[]),
        missing("gate_domain_name", &[]),
        missing("gate_invoice_number", &[]),
        missing("gate_invoice_or_order", &[]),
        missing("gate_health", &health),
        missing("gate_health", &[("service", ""), ("minutes", "60")]),
        missing("gate_linked_incident", &incident),
        missing("gate_other_incident", &incident),
        missing("gate_severity_category", &category),
        missing("gate_severity_contract", &[]),
    ];
    for missing in all {
        let (what, way_out) = missing_text(CHINESE, &missing);
        assert_chinese(&what);
        assert_chinese(&way_out);
    }
}

#[test]
fn some_refusals_as_a_person_reads_them() {
    let cases = [
        (
            Refusal::ticket(TicketAction::Reply, Because::State(StateKind::Closed)),
            "“已关闭”的工单不能回复。",
            "请建立后续工单。",
        ),
        (
            Refusal::ticket(
                TicketAction::FileCase,
                Because::Gate(vec![missing("gate_triage", &[]), missing("gate_tried", &[])]),
            ),
            "该个案还不能提交给运营商：工单尚未分诊。没有填写已尝试的措施。",
            "请补齐所列内容后重试。",
        ),
        (
            Refusal::case(CaseAction::File, Because::CaseState(CaseStateKind::Acknowledged)),
            "“已受理”的个案不能提交。",
            "个案已在运营商处；请将往来内容记录为进展。",
        ),
        (
            Refusal::ticket(TicketAction::Merge, Because::NotAllowed { role: Some(Role::Auditor) }),
            "审计员无权在此执行这项操作。",
            "请联系组长或经理办理。",
        ),
    ];
    for (refusal, sentence, way_out) in cases {
        assert_eq!(refusal_text(CHINESE, &refusal), (sentence.to_owned(), way_out.to_owned()));
    }
}

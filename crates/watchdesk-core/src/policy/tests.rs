//! A policy that is wrong is told where, all of it at once; the shipped ones are right.

use std::collections::BTreeSet;

use super::{Known, Ladder, Policy, StepTime, Target, Whom};
use crate::ids::Slug;

fn slugs(names: &[&str]) -> BTreeSet<Slug> {
    names.iter().map(|name| Slug::new(*name).expect("a slug")).collect()
}

fn known() -> Known {
    Known {
        calendars: slugs(&["always", "cn-working-days", "operator-daily"]),
        categories: slugs(&["billing", "account-setup", "subscription-change", "data-request"]),
        services: slugs(&["azure", "dynamics-365"]),
        teams: slugs(&["first-line"]),
        rotas: slugs(&["desk"]),
        webhooks: slugs(&["pager"]),
    }
}

fn faults(policy: &str) -> Vec<String> {
    let policy: Policy = serde_json::from_str(policy).expect("it can be read");
    policy.faults(&known()).iter().map(ToString::to_string).collect()
}

fn with_step(step: &str) -> String {
    r#"{"slug": "standard", "rules": [{"name": "one", "calendar": "always", "targets": {"resolution": {"A": 60}},
        "ladders": {"resolution": [STEP]}}]}"#
        .replace("STEP", step)
}

#[test]
fn every_wrong_entry_is_named() {
    let cases = [
        (r#"{"slug": "standard", "rules": []}"#, "rules: there is no rule"),
        (
            r#"{"slug": "standard", "rules": [{"name": "one", "targets": {"resolution": {"A": 60}}}]}"#,
            r#"rules[0] "one": it has no `calendar`"#,
        ),
        (
            r#"{"slug": "standard", "rules": [{"name": "one", "calendar": "moon", "targets": {"resolution": {"A": 60}}}]}"#,
            r#"rules[0] "one".calendar: there is no calendar moon"#,
        ),
        (
            r#"{"slug": "standard", "rules": [{"name": "one", "calendar": "always", "targets": {"resolution": {"A": 0}}}]}"#,
            r#"rules[0] "one".targets.resolution.A: a target is more than nothing"#,
        ),
        (
            r#"{"slug": "standard", "rules": [{"name": "all", "no_sla": true}, {"name": "two", "no_sla": true}]}"#,
            r#"rules[0] "all": it matches every ticket"#,
        ),
        (
            r#"{"slug": "standard", "rules": [{"name": "a", "when": {"tags": ["x"]}, "no_sla": true}, {"name": "a", "no_sla": true}]}"#,
            r#"rules[1] "a": another rule has the same name"#,
        ),
        (
            r#"{"slug": "standard", "rules": [{"name": "one", "when": {"services": ["gmail"]}, "no_sla": true}]}"#,
            r#"rules[0] "one".when.services: there is no service gmail"#,
        ),
        (
            r#"{"slug": "standard", "pauses": {"first_response": ["waiting"]}, "rules": [{"name": "one", "no_sla": true}]}"#,
            "pauses.first_response: an answer that is owed never stands still",
        ),
        (
            r#"{"slug": "standard", "pauses": {"resolution": ["waiting_on_us"]}, "rules": [{"name": "one", "no_sla": true}]}"#,
            "pauses.resolution: the customer's clocks never stop for the operator",
        ),
        (
            r#"{"slug": "operator", "side": "operator", "severity_untriaged": "B", "rules": []}"#,
            "severity_untriaged: a case is filed with its severity",
        ),
        (
            r#"{"slug": "operator", "side": "operator", "rules": [{"name": "one", "calendar": "always", "targets": {"resolution": {"A": 60}}}]}"#,
            r#"rules[0] "one".targets.resolution: resolution is no objective of a policy of the operator's side"#,
        ),
    ];
    for (policy, expected) in cases {
        let faults = faults(policy);
        assert!(faults.iter().any(|fault| fault.starts_with(expected)), "{expected}\nin {faults:#?}");
    }
}

#[test]
fn every_wrong_step_is_named() {
    let cases = [
        (r#"{"tell": ["team"]}"#, "say when"),
        (r#"{"percent": 50, "after_s": 5, "tell": ["team"]}"#, "say when"),
        (r#"{"percent": 50}"#, "it tells nobody and does nothing"),
        (r#"{"percent": 5000, "tell": ["team"]}"#, "percent is 5000"),
        (r#"{"after_s": -5, "tell": ["team"]}"#, "an offset is no less than 0"),
        (r#"{"percent": 50, "tell": ["team"], "acknowledge_within_s": 5}"#, "`acknowledge_within_s` is at least 60"),
        (r#"{"percent": 50, "tell": [{"on_call": {"rota": "night"}}]}"#, "there is no rota night"),
        (r#"{"percent": 50, "tell": [{"on_call": {"rota": "desk", "level": 0}}]}"#, "levels of a rota count from 1"),
        (r#"{"percent": 50, "tell": [{"webhook": "horn"}]}"#, "the configuration has no webhook horn"),
        (r#"{"percent": 50, "tell": [{"address": "nobody"}]}"#, "\"nobody\" is no mail address"),
        (r#"{"percent": 50, "assign": {"team": "moon"}}"#, "there is no team moon"),
    ];
    for (step, expected) in cases {
        let faults = faults(&with_step(step));
        let entry = format!("rules[0] \"one\".ladders.resolution[0]: {expected}");
        assert!(faults.iter().any(|fault| fault.starts_with(&entry)), "{entry}\nin {faults:#?}");
    }
}

#[test]
fn a_ladder_is_a_list_or_a_table_and_a_target_seconds_or_working_days() {
    let list: Ladder = serde_json::from_str(r#"[{"percent": 75, "tell": ["owner"]}]"#).expect("a list");
    let table: Ladder =
        serde_json::from_str(r#"{"steps": [{"percent": 75, "tell": ["assignee"]}], "repeat": 2}"#).expect("a table");
    assert_eq!(list.steps, table.steps);
    assert_eq!((list.repeat, table.repeat), (0, 2));
    assert_eq!(table.steps[0].time(), Some(StepTime::Percent(75)));
    assert_eq!(table.steps[0].tell, [Whom::Assignee]);
    for target in [Target::Seconds(60), Target::WorkingDays(2)] {
        let written = serde_json::to_string(&target).expect("written");
        assert_eq!(serde_json::from_str::<Target>(&written).expect("read back"), target, "{written}");
    }
    let wrong = serde_json::from_str::<Target>(r#"{"days": 1}"#).expect_err("another key");
    assert!(wrong.to_string().contains("working_days"), "{wrong}");
}

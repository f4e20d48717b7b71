use std::path::PathBuf;

use watchdesk_core::ids::TicketNumber;
use watchdesk_core::ticket::Severity;

use super::*;
use crate::commands::sla::stage::{Stage, shanghai};
use crate::exit::{DATA, NO_INPUT, code_of};

/// The shipped policy of the customer's side, with one hour for every first answer.
fn stricter() -> String {
    let shipped = include_str!("../../../../../../config/policies/standard.toml");
    let (before, after) = shipped.split_once("[rules.targets.first_response]").expect("it has first answers");
    let (_, after) = after.split_once("[rules.targets.next_response]").expect("and next ones");
    format!(
        "{before}[rules.targets.first_response]\nA = 3600\nB = 3600\nC = 3600\n\n[rules.targets.next_response]{after}"
    )
}

fn options(policy: PathBuf) -> Replay {
    Replay { policy, from: None, to: None, json: false }
}

fn written(stage: &Stage, text: &str) -> Replay {
    let path = stage.folder.path().join("policy.toml");
    std::fs::write(&path, text).expect("a file");
    options(path)
}

async fn tried(stage: &Stage, options: &Replay) -> anyhow::Result<serde_json::Value> {
    let policy = policy_file::read(&options.policy)?;
    let span = Span::of(&stage.config, options)?;
    Ok(serde_json::to_value(replay(&stage.store, &stage.config, options, policy, span).await?)?)
}

fn line<'a>(report: &'a serde_json::Value, objective: &str) -> &'a serde_json::Value {
    let lines = report["objectives"].as_array().expect("lines");
    lines.iter().find(|line| line["objective"] == objective).unwrap_or_else(|| panic!("no {objective} in {report}"))
}

/// Answered after two hours and after half an hour, the first on the first of March.
async fn two_tickets(stage: &Stage) -> (TicketNumber, TicketNumber) {
    let (slow, slow_number) = stage.opened("2026-03-01 23:59", "Slow").await;
    stage.triaged("2026-03-02 00:05", slow, Severity::B).await;
    stage.answered("2026-03-02 01:59", slow).await;
    stage.resolved("2026-03-02 03:00", slow).await;
    let (quick, quick_number) = stage.opened("2026-03-02 09:00", "Quick").await;
    stage.triaged("2026-03-02 09:05", quick, Severity::B).await;
    stage.answered("2026-03-02 09:30", quick).await;
    stage.now("2026-03-02 12:00");
    (slow_number, quick_number)
}

#[tokio::test]
async fn a_stricter_policy_would_have_been_missed() {
    let stage = Stage::new().await;
    let (slow, _) = two_tickets(&stage).await;
    let report = tried(&stage, &written(&stage, &stricter())).await.expect("a report");
    assert_eq!((&report["looked_at"], &report["side"]), (&2.into(), &"customer".into()));
    let first = line(&report, "first_response");
    assert_eq!((&first["was"]["met"], &first["was"]["missed"]), (&2.into(), &0.into()));
    assert_eq!((&first["would_be"]["met"], &first["would_be"]["missed"]), (&1.into(), &1.into()));
    assert_eq!(first["newly_missed"], serde_json::json!({ "count": 1, "tickets": [slow.0] }));
    assert_eq!(first["no_longer_missed"]["count"], 0);
    let resolution = line(&report, "resolution");
    assert_eq!((&resolution["was"]["met"], &resolution["would_be"]["running"]), (&1.into(), &1.into()));
    let clean = watchdesk_store::check(&stage.store, &mut |_| {}).await.expect("a check");
    assert!(clean.is_clean(), "nothing was written: {:?}", clean.findings);
}

#[tokio::test]
async fn days_are_those_of_the_desk_and_both_are_included() {
    let stage = Stage::new().await;
    two_tickets(&stage).await;
    let day = |text: &str| Some(text.parse().expect("a day"));
    for (from, to, looked_at) in [
        (None, None, 2),
        (day("2026-03-02"), None, 1),
        (None, day("2026-03-01"), 1),
        (day("2026-03-01"), day("2026-03-02"), 2),
        (day("2026-03-03"), None, 0),
    ] {
        let options = Replay { from, to, ..written(&stage, &stricter()) };
        let report = tried(&stage, &options).await.expect("a report");
        assert_eq!(report["looked_at"], looked_at, "{from:?} to {to:?}");
    }
    let backwards = Replay { from: day("2026-03-02"), to: day("2026-03-01"), ..written(&stage, &stricter()) };
    assert_eq!(code_of(&tried(&stage, &backwards).await.expect_err("backwards")), USAGE);
}

#[tokio::test]
async fn a_policy_of_the_operators_side_is_tried_on_cases() {
    let stage = Stage::new().await;
    let (ticket, number) = stage.opened("2026-03-02 09:00", "Slow").await;
    stage.triaged("2026-03-02 09:05", ticket, Severity::B).await;
    stage.passed_on("2026-03-02 10:00", ticket, "21V-1").await;
    stage.now("2026-03-02 12:00");
    let shipped = include_str!("../../../../../../config/policies/operator.toml");
    let report = tried(&stage, &written(&stage, shipped)).await.expect("a report");
    let same = line(&report, "upstream_acknowledgement");
    assert_eq!((&same["was"], &same["newly_missed"]["count"]), (&same["would_be"], &0.into()));
    let hasty = "slug = \"hasty\"\nside = \"operator\"\n[[rules]]\nname = \"An hour\"\ncalendar = \"always\"\n\
                 targets = { upstream_acknowledgement = { A = 3600, B = 3600, C = 3600 } }\n";
    let report = tried(&stage, &written(&stage, hasty)).await.expect("a report");
    assert_eq!((&report["looked_at"], &report["side"]), (&1.into(), &"operator".into()));
    assert_eq!(line(&report, "upstream_acknowledgement")["newly_missed"]["tickets"], serde_json::json!([number.0]));
    assert_eq!(line(&report, "upstream_update")["would_be"]["not_owed"], 1);
}

#[tokio::test]
async fn what_is_wrong_with_a_file_is_said_before_anything_is_done() {
    let stage = Stage::new().await;
    let said = async |options: Replay| {
        let error = tried(&stage, &options).await.expect_err("it cannot be tried");
        (code_of(&error), format!("{error:#}"))
    };
    let (code, message) = said(options(stage.folder.path().join("nowhere.toml"))).await;
    assert!(code == NO_INPUT && message.contains("nowhere.toml"), "{code} {message}");

    let (code, message) = said(written(&stage, "slug = \"x\"\nside = \"customer\"\nrulez = []\n")).await;
    assert!(code == DATA && message.contains("policy.toml, line 3") && message.contains("rulez"), "{code} {message}");

    let unsound = "slug = \"x\"\n[[rules]]\nname = \"All\"\ncalendar = \"lunar\"\n\
                   targets = { first_response = { A = 0 }, upstream_update = { B = 60 } }\n";
    let (code, message) = said(written(&stage, unsound)).await;
    assert_eq!(code, DATA);
    for part in [
        "policy.toml",
        "line 4, rules[0] \"All\".calendar: there is no calendar lunar",
        "line 5, rules[0] \"All\".targets.first_response.A",
    ] {
        assert!(message.contains(part), "\"{part}\" is not in {message}");
    }
    assert!(message.contains("line 5, rules[0] \"All\".targets.upstream_update"), "{message}");
}

#[test]
fn a_day_begins_with_the_first_hour_that_there_is() {
    let day = |text: &str| text.parse::<NaiveDate>().expect("a day");
    let beginning =
        |zone: &str, date: &str| beginning(zone.parse().expect("a zone"), day(date)).map(|at| at.to_rfc3339());
    assert_eq!(beginning("Asia/Shanghai", "2026-03-01"), Some(shanghai("2026-03-01 00:00").to_rfc3339()));
    // Clocks there went from 00:00 to 01:00.
    assert_eq!(beginning("America/Sao_Paulo", "2018-11-04").as_deref(), Some("2018-11-04T03:00:00+00:00"));
}

#[test]
fn the_report_reads_as_a_table() {
    let policy: watchdesk_core::policy::Policy = toml::from_str(&stricter()).expect("a policy");
    let mut report = Report::new(&policy, None, None);
    assert!(report.to_string().contains("Nothing was promised"));
    let missed = watchdesk_core::what_if::Replayed {
        objective: watchdesk_core::clock::Objective::FirstResponse,
        cycle: 1,
        was: watchdesk_core::what_if::Verdict::Met,
        would_be: watchdesk_core::what_if::Verdict::Missed,
    };
    for number in 0..60 {
        report.add(TicketNumber(1_060 - number), std::slice::from_ref(&missed));
    }
    let text = report.to_string();
    assert!(text.contains("tried on 60 tickets"), "{text}");
    assert!(text.contains("first_response, newly missed: 1060, 1059"), "{text}");
    assert!(text.contains("1011 ...") && !text.contains("1010"), "fifty are named: {text}");
}

//! What a manager asks on the command line about clocks, and what a benchmark leaves behind.

use serde_json::Value;
use watchdesk_tests::Backend;
use watchdesk_tests::desk::{Desk, SUPPORT};

use super::on_both_databases;

on_both_databases!(a_ticket_is_explained_and_a_policy_tried, a_benchmark_leaves_no_trace);

const STANDARD: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../config/policies/standard.toml");

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

async fn a_ticket_is_explained_and_a_policy_tried(backend: Backend) {
    let desk = Desk::start(backend).await;
    let message = "From: li@customer.example\r\nTo: support@desk.example\r\nSubject: Help\r\n\
                   Message-ID: <1@customer.example>\r\n\r\nIt does not work.\r\n";
    desk.deliver("li@customer.example", SUPPORT, message).await;
    let tickets =
        desk.until("/api/v1/tickets", |page| page["items"].as_array().is_some_and(|all| all.len() == 1)).await;
    let number = tickets["items"][0]["number"].to_string();

    let told = desk.run(&["sla", "explain", &number, "--language", "en"], "").await.expect_success().out;
    assert!(told.contains(&number) && told.contains("Standard, around the clock"), "{told}");
    let told = desk.run(&["sla", "explain", &number, "--json"], "").await.expect_success().out;
    let account = json(&told);
    assert_eq!((account["number"].to_string(), account["chains"].as_array().map(Vec::len)), (number, Some(3)));
    assert_eq!(account["time"]["wall"]["whole_s"], account["time"]["wall"]["ours_s"], "nobody else had it yet");
    let nothing = desk.run(&["sla", "explain", "4711"], "").await;
    assert_eq!((nothing.code, nothing.err.trim()), (Some(65), "watchdesk: there is no ticket 4711"));

    let tried = desk.run(&["sla", "replay", "--policy", STANDARD, "--json"], "").await.expect_success().out;
    assert_eq!(json(&tried)["looked_at"], 1);
    let tried = desk.run(&["sla", "replay", "--policy", STANDARD, "--to", "2020-01-01"], "").await.expect_success().out;
    assert!(tried.contains("tried on 0 tickets opened up to 2020-01-01. Nothing was changed."), "{tried}");
    let nowhere = desk.run(&["sla", "replay", "--policy", "/nowhere.toml"], "").await;
    assert!(nowhere.code == Some(66) && nowhere.err.contains("/nowhere.toml"), "{nowhere:?}");
    let file = desk.folder().join("wrong.toml");
    std::fs::write(&file, "slug = \"x\"\nrules = 7\n").expect("a file");
    let wrong = desk.run(&["sla", "replay", "--policy", &file.display().to_string()], "").await;
    assert!(wrong.code == Some(65) && wrong.err.contains("wrong.toml, line 2"), "{wrong:?}");
    desk.check().await;
}

async fn a_benchmark_leaves_no_trace(backend: Backend) {
    let desk = Desk::start(backend).await;
    let tick = ["bench", "tick", "--clocks", "60,120", "--due", "20", "--check", "--json"];
    let report = json(&desk.run(&tick, "").await.expect_success().out);
    assert_eq!(report["findings"], 0);
    let clocks: Vec<_> = report["rows"].as_array().expect("rows").iter().map(|row| row["clocks"].as_u64()).collect();
    assert!(clocks[0] >= Some(60) && clocks[1] >= Some(120), "{report}");
    let synchronise =
        ["bench", "synchronise", "--customers", "45", "--subscriptions", "180", "--uninterrupted", "--json"];
    let report = json(&desk.run(&synchronise, "").await.expect_success().out);
    assert_eq!(
        (&report["customers"], &report["subscriptions"], &report["duplicates"]),
        (&45.into(), &180.into(), &0.into())
    );
    assert_eq!(desk.http.get("/api/v1/tickets").await.json()["items"], serde_json::json!([]), "the desk is as it was");
    desk.check().await;
}

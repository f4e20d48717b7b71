use chrono_tz::Asia::Shanghai;
use watchdesk_core::desk::Language;
use watchdesk_core::ids::TicketNumber;
use watchdesk_core::ticket::Severity;
use watchdesk_templates::ReaderLocale;

use super::explain::account;
use super::forecast::{as_data, in_words};
use super::stage::Stage;
use super::time::time;
use crate::exit::{DATA, code_of};

fn reader(language: Language) -> ReaderLocale {
    ReaderLocale::new(language, Shanghai)
}

async fn told(stage: &Stage, number: TicketNumber, language: Language) -> String {
    let account = account(&stage.store, &stage.config, number, reader(language)).await;
    account.unwrap_or_else(|error| panic!("{error:#}")).to_string()
}

#[track_caller]
fn expect(text: &str, wanted: &[&str]) {
    for part in wanted {
        assert!(text.contains(part), "\"{part}\" is not in:\n{text}");
    }
}

#[tokio::test]
async fn a_ticket_that_crossed_the_spring_festival_is_told_as_it_was() {
    let stage = Stage::new().await;
    let (ticket, number) = stage.opened("2026-02-14 15:50", "Saving an order takes a minute").await;
    stage.triaged("2026-02-14 16:00", ticket, Severity::B).await;
    stage.answered("2026-02-14 16:20", ticket).await;
    stage.passed_on("2026-02-14 16:40", ticket, "21V-88126402").await;
    stage.now("2026-02-24 10:00");
    let english = told(&stage, number, Language::English).await;
    expect(&english, &["21V-88126402", "cn-working-days", "Spring Festival", "15–23 Feb", "Tue 24 Feb, 16:40"]);
    expect(&english, &["Li Na", "Dynamics 365"]);
    let chinese = told(&stage, number, Language::Chinese).await;
    expect(&chinese, &["21V-88126402", "春节", "2月24日（周二）"]);
}

#[tokio::test]
async fn the_division_of_time_stands_at_the_end_and_adds_up() {
    let stage = Stage::new().await;
    let (ticket, number) = stage.opened("2026-03-02 09:00", "Slow").await;
    stage.triaged("2026-03-02 09:10", ticket, Severity::C).await;
    stage.answered("2026-03-02 09:30", ticket).await;
    stage.passed_on("2026-03-02 10:00", ticket, "21V-1").await;
    stage.now("2026-03-02 12:00");
    let text = told(&stage, number, Language::English).await;
    let explained = text.find("21V-1").expect("the case is told");
    let divided = text.rfind("3:00:00").expect("the whole is three hours");
    assert!(explained < divided, "{text}");

    let account = account(&stage.store, &stage.config, number, reader(Language::English)).await.expect("an account");
    let data = serde_json::to_value(&account).expect("JSON");
    assert_eq!(data["number"], number.0);
    assert_eq!(data["chains"][0]["objective"], "triage");
    let wall = &data["time"]["wall"];
    assert_eq!(
        (&wall["whole_s"], &wall["operators_s"], &wall["ours_s"]),
        (&10_800.into(), &7_200.into(), &3_600.into())
    );
    assert!(data.get("names").is_none() && data.get("reader").is_none());
}

#[tokio::test]
async fn a_change_of_severity_is_explained() {
    let stage = Stage::new().await;
    let (ticket, number) = stage.opened("2026-03-02 09:00", "Slow").await;
    stage.triaged("2026-03-02 09:05", ticket, Severity::C).await;
    stage.raised("2026-03-02 11:00", ticket, Severity::A).await;
    let text = told(&stage, number, Language::English).await;
    expect(&text, &["10:00:00", "11:00:00", "Li Na"]);
    let account = account(&stage.store, &stage.config, number, reader(Language::English)).await.expect("an account");
    let data = serde_json::to_value(&account).expect("JSON");
    let chains = data["chains"].as_array().expect("chains");
    let first_response = chains.iter().find(|chain| chain["objective"] == "first_response").expect("it is owed");
    let instances = first_response["instances"].as_array().expect("instances");
    assert_eq!(instances.last().expect("the last")["missed_at"], "2026-03-02T02:00:00Z", "an hour after it was opened");
    assert!(instances.len() >= 2, "the old reckoning is kept");
}

#[tokio::test]
async fn a_ticket_that_is_not_there_is_said_to_be_so() {
    let stage = Stage::new().await;
    let nothing = account(&stage.store, &stage.config, TicketNumber(4_711), reader(Language::English)).await;
    let error = nothing.expect_err("no such ticket");
    assert_eq!((code_of(&error), error.to_string().as_str()), (DATA, "there is no ticket 4711"));
}

#[tokio::test]
async fn the_minutes_of_a_ticket_are_divided_on_request() {
    let stage = Stage::new().await;
    let (ticket, number) = stage.opened("2026-03-02 09:00", "Slow").await;
    stage.triaged("2026-03-02 09:10", ticket, Severity::C).await;
    stage.passed_on("2026-03-02 10:00", ticket, "21V-1").await;
    stage.now("2026-03-02 12:00");
    let told = time(&stage.store, &stage.config, number, reader(Language::English)).await;
    let (division, names) = told.unwrap_or_else(|error| panic!("{error:#}"));
    let data = serde_json::to_value(&division).expect("JSON");
    assert_eq!((&data["wall"]["whole_s"], &data["wall"]["operators_s"]), (&10_800.into(), &7_200.into()));
    let text = watchdesk_templates::explain::time_text(&division, number.0, reader(Language::English), &names);
    expect(&text, &["where the time went", "3:00:00", "2:00:00"]);

    let nothing = time(&stage.store, &stage.config, TicketNumber(4_711), reader(Language::English)).await;
    let error = nothing.expect_err("no such ticket");
    assert_eq!((code_of(&error), error.to_string().as_str()), (DATA, "there is no ticket 4711"));
}

#[tokio::test]
async fn what_will_be_missed_is_told_in_words_and_as_the_api_tells_it() {
    let stage = Stage::new().await;
    let (ticket, number) = stage.opened("2026-03-02 09:00", "Slow").await;
    stage.triaged("2026-03-02 09:10", ticket, Severity::A).await;
    let data = as_data(&stage.store, 8).await.unwrap_or_else(|error| panic!("{error:#}"));
    let data: serde_json::Value = serde_json::from_str(&data).expect("JSON");
    assert_eq!((&data["until"], &data["is_cut"]), (&"2026-03-02T09:10:00Z".into(), &false.into()));
    let queue = &data["queues"][0];
    assert_eq!((&queue["team"]["name"].is_string(), &queue["items"][0]["ticket"]), (&true, &number.0.into()));
    let text = |language| in_words(&stage.store, 8, reader(language));
    let english = text(Language::English).await.unwrap_or_else(|error| panic!("{error:#}"));
    expect(&english, &["Mon 2 Mar, 17:10", &format!("#{} First response", number.0), "By team"]);
    let chinese = text(Language::Chinese).await.unwrap_or_else(|error| panic!("{error:#}"));
    expect(&chinese, &["按团队", &format!("#{}", number.0)]);
    let quiet = in_words(&Stage::new().await.store, 8, reader(Language::English)).await;
    expect(&quiet.unwrap_or_else(|error| panic!("{error:#}")), &["Nothing falls due"]);
}

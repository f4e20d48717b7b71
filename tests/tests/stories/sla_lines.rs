//! `watchdesk sla deadline|elapsed`, as a program would use them.

use std::process::Stdio;

use tokio::io::AsyncWriteExt;
use tokio::process::Command;
use watchdesk_tests::desk::binary;

async fn ask(command: &str, lines: &str) -> (Option<i32>, Vec<String>) {
    let mut child = Command::new(binary())
        .args(["sla", command])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let mut stdin = child.stdin.take().expect("standard input");
    stdin.write_all(lines.as_bytes()).await.expect("it reads");
    drop(stdin);
    let output = child.wait_with_output().await.expect("it ends");
    let text = String::from_utf8(output.stdout).expect("text");
    (output.status.code(), text.lines().map(str::to_owned).collect())
}

/// The calendar that is shipped for the operator's working days, as a line carries it.
fn chinese_calendar() -> String {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../config/calendars/cn-working-days.toml");
    let file: toml::Table = std::fs::read_to_string(path).expect("a file").parse().expect("TOML");
    serde_json::to_string(&file["spec"]).expect("JSON")
}

#[tokio::test]
async fn the_examples_of_the_chinese_working_calendar() {
    let calendar = chinese_calendar();
    let line = |id: &str, start: &str, target: u32| {
        format!(r#"{{"id":"{id}","calendar":{calendar},"start":"{start}","target_s":{target}}}"#)
    };
    let lines = [
        line("make-up day", "2026-02-13T17:30:00+08:00", 8 * 3600),
        line("spring festival", "2026-02-14T17:00:00+08:00", 4 * 3600),
        line("national day", "2026-09-30T17:30:00+08:00", 3600),
        line("unknown year", "2026-12-31T17:30:00+08:00", 8 * 3600),
    ];
    let (code, answers) = ask("deadline", &lines.join("\n")).await;
    assert_eq!(code, Some(0));
    assert_eq!(answers[0], r#"{"id":"make-up day","deadline":"2026-02-14T08:30:00Z"}"#);
    assert_eq!(answers[1], r#"{"id":"spring festival","deadline":"2026-02-24T04:00:00Z"}"#);
    assert_eq!(answers[2], r#"{"id":"national day","deadline":"2026-10-08T01:30:00Z"}"#);
    assert!(answers[3].ends_with(r#""provisional":true}"#), "{}", answers[3]);
}

#[tokio::test]
async fn the_example_of_the_interface() {
    let calendar = r#"{"time_zone":"Asia/Shanghai","hours":{"mon":[["09:00","18:00"]],"tue":[["09:00","18:00"]],"wed":[["09:00","18:00"]],"thu":[["09:00","18:00"]],"fri":[["09:00","18:00"]]},"holidays":["2026-02-16"],"yearly_holidays":["12-25"],"extra_days":{"2026-02-14":"mon"}}"#;
    let pauses = r#""pauses":[["2026-02-14T02:00:00Z","2026-02-14T02:15:00Z"]]"#;
    let start = "2026-02-13T09:30:00Z";
    let deadline = format!(r#"{{"id":"x","calendar":{calendar},"start":"{start}","target_s":28800,{pauses}}}"#);
    let (code, answers) = ask("deadline", &deadline).await;
    assert_eq!((code, answers[0].as_str()), (Some(0), r#"{"id":"x","deadline":"2026-02-14T08:45:00Z"}"#));
    let elapsed =
        format!(r#"{{"id":"x","calendar":{calendar},"from":"{start}","to":"2026-02-14T08:45:00Z",{pauses}}}"#);
    let (code, answers) = ask("elapsed", &elapsed).await;
    assert_eq!((code, answers[0].as_str()), (Some(0), r#"{"id":"x","elapsed_s":28800}"#));
}

#[tokio::test]
async fn a_pause_without_an_end_leaves_the_seconds_that_remain() {
    let line = r#"{"id":1,"calendar":{"always":true},"start":"2026-03-01T00:00:00Z","target_s":3600,"pauses":[["2026-03-01T00:20:00Z",null]]}"#;
    let (code, answers) = ask("deadline", line).await;
    assert_eq!((code, answers[0].as_str()), (Some(0), r#"{"id":1,"deadline":null,"remaining_s":2400}"#));
}

#[tokio::test]
async fn a_bad_line_is_answered_and_the_rest_goes_on() {
    let good = r#"{"id":"good","calendar":{"always":true},"start":"2026-03-01T00:00:00Z","target_s":60}"#;
    let bad = r#"{"id":"bad","calendar":{"always":true},"start":"yesterday","target_s":60}"#;
    let (code, answers) = ask("deadline", &format!("{bad}\n{good}\n")).await;
    assert_eq!(code, Some(65));
    assert!(answers[0].starts_with(r#"{"id":"bad","error":"#), "{}", answers[0]);
    assert_eq!(answers[1], r#"{"id":"good","deadline":"2026-03-01T00:01:00Z"}"#);
}

//! The lines of `sla deadline` and `sla elapsed`.

use super::super::{LineReader, deadline_line, elapsed_line};

const ALWAYS: &str = r#"{"always":true}"#;
const OFFICE: &str = r#"{"time_zone":"Asia/Shanghai","hours":{"mon":[["09:00","18:00"]],"tue":[["09:00","18:00"]],"wed":[["09:00","18:00"]],"thu":[["09:00","18:00"]],"fri":[["09:00","18:00"]]},"schedule_years":[2025,2026]}"#;

/// The example of the design.
const EXAMPLE: &str = r#"{"id":"x","calendar":{"time_zone":"Asia/Shanghai","hours":{"mon":[["09:00","18:00"]],"tue":[["09:00","18:00"]],"wed":[["09:00","18:00"]],"thu":[["09:00","18:00"]],"fri":[["09:00","18:00"]]},"holidays":["2026-02-16"],"yearly_holidays":["12-25"],"extra_days":{"2026-02-14":"mon"}},"start":"2026-02-13T09:30:00Z","target_s":28800,"pauses":[["2026-02-14T02:00:00Z","2026-02-14T02:15:00Z"]]}"#;

#[test]
fn the_example_of_the_design() {
    let answer = deadline_line(EXAMPLE);
    assert_eq!(answer.json, r#"{"id":"x","deadline":"2026-02-14T08:45:00Z"}"#);
    assert!(answer.ok);
}

#[test]
fn deadlines_are_answered_in_utc() {
    let rows = [
        (
            format!(r#"{{"id":7,"calendar":{ALWAYS},"start":"2026-02-13T17:30:00.999+08:00","target_s":60}}"#),
            r#"{"id":7,"deadline":"2026-02-13T09:31:00Z"}"#,
        ),
        (
            format!(r#"{{"calendar":{ALWAYS},"start":"2026-02-13T09:30:00Z","target_s":0,"pauses":[]}}"#),
            r#"{"id":null,"deadline":"2026-02-13T09:30:00Z"}"#,
        ),
        (
            format!(
                r#"{{"id":"p","calendar":{OFFICE},"start":"2026-02-13T09:30:00Z","target_s":3600,"pauses":[["2026-02-13T09:45:00Z",null]]}}"#
            ),
            r#"{"id":"p","deadline":null,"remaining_s":2700}"#,
        ),
        (
            format!(r#"{{"id":"y","calendar":{OFFICE},"start":"2026-12-31T09:30:00Z","target_s":3600}}"#),
            r#"{"id":"y","deadline":"2027-01-01T01:30:00Z","provisional":true}"#,
        ),
    ];
    let mut reader = LineReader::default();
    for (line, expected) in rows {
        let answer = reader.deadline_line(&line);
        assert_eq!(answer.json, expected, "{line}");
        assert!(answer.ok);
    }
}

#[test]
fn elapsed_counts_open_seconds() {
    let line = |calendar: &str, from: &str, to: &str, pauses: &str| {
        format!(r#"{{"id":"e","calendar":{calendar},"from":"{from}","to":"{to}"{pauses}}}"#)
    };
    let paused = r#","pauses":[["2026-02-13T01:00:00Z","2026-02-13T02:00:00Z"],["2026-02-13T09:00:00Z",null]]"#;
    let rows = [
        (line(ALWAYS, "2026-02-13T00:00:00Z", "2026-02-14T00:00:00+08:00", ""), r#"{"id":"e","elapsed_s":57600}"#),
        (line(OFFICE, "2026-02-13T00:00:00Z", "2026-02-14T00:00:00Z", paused), r#"{"id":"e","elapsed_s":25200}"#),
        (line(OFFICE, "2026-02-14T00:00:00Z", "2026-02-13T00:00:00Z", ""), r#"{"id":"e","elapsed_s":0}"#),
        (
            line(OFFICE, "2026-12-31T09:00:00Z", "2027-01-01T00:00:00Z", ""),
            r#"{"id":"e","elapsed_s":3600,"provisional":true}"#,
        ),
    ];
    for (line, expected) in rows {
        let answer = elapsed_line(&line);
        assert_eq!(answer.json, expected, "{line}");
        assert!(answer.ok);
    }
}

#[test]
fn a_bad_line_names_the_key_and_echoes_the_id() {
    let line = |rest: &str| format!(r#"{{"id":"b","calendar":{ALWAYS},{rest}}}"#);
    let start = r#""start":"2026-02-13T09:30:00Z""#;
    let rows = [
        (String::new(), "null", "the line is not JSON"),
        ("{\"id\":\"b\"".to_owned(), "null", "the line is not JSON"),
        ("[1]".to_owned(), "null", "the line is not a JSON object"),
        (r#"{"id":{"a":1}}"#.to_owned(), "null", "`id` must be"),
        (r#"{"id":"b"}"#.to_owned(), r#""b""#, "`calendar` is missing"),
        (r#"{"id":12,"calendar":{}}"#.to_owned(), "12", "`calendar` is not understood: time_zone is missing"),
        (
            r#"{"id":"b","calendar":{"time_zone":"Asia/Beijing","hours":{"mon":[["09:00","18:00"]]}}}"#.to_owned(),
            r#""b""#,
            "`calendar` is refused: time_zone: \\\"Asia/Beijing\\\"",
        ),
        (line(r#""start":"yesterday","target_s":1"#), r#""b""#, "`start` must be an instant"),
        (line(r#""start":1770975000,"target_s":1"#), r#""b""#, "`start` must be an instant"),
        (line(r#""target_s":1"#), r#""b""#, "`start` is missing"),
        (line(start), r#""b""#, "`target_s` is missing"),
        (line(&format!(r#"{start},"target_s":-1"#)), r#""b""#, "`target_s` must be"),
        (line(&format!(r#"{start},"target_s":1.5"#)), r#""b""#, "`target_s` must be"),
        (line(&format!(r#"{start},"target_s":"1""#)), r#""b""#, "`target_s` must be"),
        (
            line(&format!(r#"{start},"target_s":18446744073709551615"#)),
            r#""b""#,
            "`start` and `target_s` have no answer",
        ),
        (line(&format!(r#"{start},"target_s":1,"target":2"#)), r#""b""#, "`target` is not a key"),
        (line(&format!(r#"{start},"target_s":1,"pauses":{{}}"#)), r#""b""#, "`pauses` must be"),
        (line(&format!(r#"{start},"target_s":1,"pauses":[[]]"#)), r#""b""#, "`pauses[0]` must be"),
        (
            line(&format!(r#"{start},"target_s":1,"pauses":[["2026-02-13T09:30:00Z","2026-02-13T09:00:00Z"]]"#)),
            r#""b""#,
            "`pauses[0]` ends before it begins",
        ),
        (
            line(&format!(r#"{start},"target_s":1,"pauses":[["2026-02-13T09:30:00Z",null],[null,null]]"#)),
            r#""b""#,
            "`pauses[1]` must be an instant",
        ),
    ];
    for (line, id, error) in rows {
        let answer = deadline_line(&line);
        assert!(!answer.ok, "{line}");
        let expected = format!(r#"{{"id":{id},"error":"{error}"#);
        assert!(answer.json.starts_with(&expected), "{line}\n{}\n{expected}", answer.json);
        serde_json::from_str::<serde_json::Value>(&answer.json).unwrap();
    }
}

#[test]
fn elapsed_wants_both_ends() {
    let line = format!(r#"{{"id":1,"calendar":{ALWAYS},"from":"2026-02-13T00:00:00Z"}}"#);
    assert_eq!(elapsed_line(&line).json, r#"{"id":1,"error":"`to` is missing"}"#);
}

#[test]
fn a_reader_answers_the_same_after_many_calendars() {
    let mut reader = LineReader::default();
    for hour in (0..23).chain(0..23) {
        for minute in [0, 10, 20, 30, 40, 50] {
            let calendar = format!(r#"{{"time_zone":"UTC","hours":{{"fri":[["{hour:02}:{minute:02}","23:59"]]}}}}"#);
            let line = format!(r#"{{"id":1,"calendar":{calendar},"start":"2026-02-13T00:00:00Z","target_s":1}}"#);
            let expected = format!(r#"{{"id":1,"deadline":"2026-02-13T{hour:02}:{minute:02}:01Z"}}"#);
            assert_eq!(reader.deadline_line(&line).json, expected);
        }
    }
}

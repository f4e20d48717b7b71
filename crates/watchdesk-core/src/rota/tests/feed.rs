//! The iCalendar feed of one person.

use serde_json::json;

use super::super::Rota;
use super::super::ical::{Feed, calendar_of};
use super::{ANNA, BO, at, everybody, rota, weekly, with};
use crate::desk::Language;
use crate::icalendar::content_lines;
use crate::ids::AgentId;

fn feed<'a>(rota: &'a Rota, agent: AgentId, from: &str, to: &str) -> Feed<'a> {
    let now = at("2026-01-01 08:00 +0800");
    Feed { rota, agent, name: "Anna, on call", language: Language::English, from: at(from), to: at(to), now }
}

/// The values of a property, in order.
fn values(text: &str, name: &str) -> Vec<String> {
    let lines = content_lines(text).unwrap().into_iter();
    lines.filter(|line| line.name == name).map(|line| line.value).collect()
}

#[test]
fn a_feed_as_a_calendar_program_reads_it() {
    let desk = rota(&[weekly(&[ANNA, BO])], &[]);
    let text = calendar_of(&feed(&desk, ANNA, "2026-01-05 00:00 +0800", "2026-01-12 00:00 +0800"), &everybody).unwrap();
    assert_eq!(
        text,
        "BEGIN:VCALENDAR\r\n\
         VERSION:2.0\r\n\
         PRODID:-//Watchdesk//Rota//EN\r\n\
         CALSCALE:GREGORIAN\r\n\
         NAME:Anna\\, on call\r\n\
         X-WR-CALNAME:Anna\\, on call\r\n\
         REFRESH-INTERVAL;VALUE=DURATION:PT1H\r\n\
         BEGIN:VEVENT\r\n\
         UID:desk-1-00000000-0000-0000-0000-00000000000a-1767574800@watchdesk\r\n\
         DTSTAMP:20260101T000000Z\r\n\
         DTSTART:20260105T010000Z\r\n\
         DTEND:20260112T010000Z\r\n\
         SUMMARY:On call: Desk\r\n\
         TRANSP:TRANSPARENT\r\n\
         END:VEVENT\r\n\
         END:VCALENDAR\r\n"
    );
}

#[test]
fn a_shift_keeps_its_name_while_the_span_moves_on() {
    let desk = rota(&[weekly(&[ANNA, BO])], &[]);
    let spans = [
        ("2026-01-05 09:00 +0800", "2026-01-06 00:00 +0800"),
        ("2026-01-07 00:00 +0800", "2026-01-09 00:00 +0800"),
        ("2026-01-12 08:00 +0800", "2026-01-13 00:00 +0800"),
    ];
    let texts = spans.map(|(from, to)| calendar_of(&feed(&desk, ANNA, from, to), &everybody).unwrap());
    assert_eq!(texts[0], texts[1]);
    assert_eq!(texts[0], texts[2]);
    assert_eq!(values(&texts[0], "DTEND"), ["20260112T010000Z"]);
}

#[test]
fn a_shift_without_an_end_is_cut_where_the_feed_ends() {
    let desk = rota(&[weekly(&[ANNA])], &[]);
    let text = calendar_of(&feed(&desk, ANNA, "2028-01-05 00:00 +0800", "2028-03-01 00:00 +0800"), &everybody).unwrap();
    assert_eq!(values(&text, "DTSTART"), ["20280104T160000Z"]);
    assert_eq!(values(&text, "DTEND"), ["20280229T160000Z"]);
    assert!(values(&text, "UID")[0].ends_with("-always@watchdesk"));
}

#[test]
fn levels_are_named_and_the_others_are_not_shown() {
    let desk = rota(&[weekly(&[ANNA, BO]), with(weekly(&[BO, ANNA]), "level", json!(2))], &[]);
    let (from, to) = ("2026-01-05 09:00 +0800", "2026-01-19 09:00 +0800");
    let english = feed(&desk, BO, from, to);
    let text = calendar_of(&english, &everybody).unwrap();
    assert_eq!(values(&text, "SUMMARY"), ["On call: Desk", "On call\\, level 2: Desk"]);
    let chinese = Feed { language: Language::Chinese, ..english };
    let text = calendar_of(&chinese, &everybody).unwrap();
    assert_eq!(values(&text, "SUMMARY"), ["值班：服务台", "第 2 级值班：服务台"]);
    assert!(values(&calendar_of(&english, &|agent| agent != BO).unwrap(), "UID").is_empty());
}

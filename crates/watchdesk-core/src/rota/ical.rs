//! One person's shifts as an iCalendar feed (RFC 5545), to subscribe to from a telephone.

use super::{IsActive, Rota, RotaError, Shift};
use crate::Instant;
use crate::desk::Language;
use crate::icalendar::Writer;
use crate::ids::AgentId;

/// What a feed shows: the shifts of a person that touch `[from, to)`.
#[derive(Debug, Clone, Copy)]
pub struct Feed<'a> {
    pub rota: &'a Rota,
    pub agent: AgentId,
    /// What the calendar is called where it is subscribed to.
    pub name: &'a str,
    pub language: Language,
    pub from: Instant,
    pub to: Instant,
    pub now: Instant,
}

/// The feed of one person. Shifts are shown whole also where the span cuts them, and each keeps its UID from one
/// feed to the next, so that a calendar program recognises it.
pub fn calendar_of(feed: &Feed, is_active: IsActive) -> Result<String, RotaError> {
    let mut lines = Writer::default();
    lines.plain("BEGIN", "VCALENDAR");
    lines.plain("VERSION", "2.0");
    lines.plain("PRODID", "-//Watchdesk//Rota//EN");
    lines.plain("CALSCALE", "GREGORIAN");
    lines.text("NAME", feed.name);
    lines.text("X-WR-CALNAME", feed.name);
    lines.plain("REFRESH-INTERVAL;VALUE=DURATION", "PT1H");
    for level in feed.rota.levels() {
        let shifts = feed.rota.shifts(level, feed.from, feed.to, is_active)?;
        for shift in shifts.into_iter().filter(|shift| shift.agent == Some(feed.agent)) {
            event(&mut lines, feed, level, Whole::of(feed, level, shift, is_active));
        }
    }
    lines.plain("END", "VCALENDAR");
    Ok(lines.finish())
}

/// A shift to its ends, where they lie beyond the span of the feed.
struct Whole {
    from: Instant,
    to: Instant,
    /// Whether `from` is where it really begins; one without a beginning is cut where the feed is.
    begins: bool,
}

impl Whole {
    fn of(feed: &Feed, level: u32, shift: Shift, is_active: IsActive) -> Self {
        if shift.from > feed.from && shift.to < feed.to {
            return Self { from: shift.from, to: shift.to, begins: true };
        }
        let standing = feed.rota.standing(level, shift.from, is_active);
        Self {
            from: standing.since.unwrap_or(shift.from),
            to: standing.until.unwrap_or(shift.to),
            begins: standing.since.is_some(),
        }
    }
}

fn event(lines: &mut Writer, feed: &Feed, level: u32, shift: Whole) {
    let begins = if shift.begins { shift.from.timestamp().to_string() } else { "always".to_owned() };
    lines.plain("BEGIN", "VEVENT");
    lines.plain("UID", &format!("{}-{level}-{}-{begins}@watchdesk", feed.rota.slug(), feed.agent));
    lines.plain("DTSTAMP", &in_utc(feed.now));
    lines.plain("DTSTART", &in_utc(shift.from));
    lines.plain("DTEND", &in_utc(shift.to));
    lines.text("SUMMARY", &summary(feed, level));
    lines.plain("TRANSP", "TRANSPARENT");
    lines.plain("END", "VEVENT");
}

fn summary(feed: &Feed, level: u32) -> String {
    let rota = feed.rota.name().in_language(feed.language);
    match (feed.language, level) {
        (Language::English, 1) => format!("On call: {rota}"),
        (Language::English, level) => format!("On call, level {level}: {rota}"),
        (Language::Chinese, 1) => format!("值班：{rota}"),
        (Language::Chinese, level) => format!("第 {level} 级值班：{rota}"),
    }
}

fn in_utc(instant: Instant) -> String {
    instant.format("%Y%m%dT%H%M%SZ").to_string()
}

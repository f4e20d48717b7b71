//! The way from the start to the deadline, stretch by stretch.

use chrono::NaiveDate;
use watchdesk_core::calendar::Closed;
use watchdesk_core::explain::{InstanceAccount, Leg, LegKind, PausedBy};

use super::teller::Teller;
use super::{Line, Tone};
use crate::names;

pub(super) fn lines(teller: &Teller<'_>, instance: &InstanceAccount) -> Vec<Line> {
    instance.legs.iter().map(|leg| line(teller, leg)).collect()
}

fn line(teller: &Teller<'_>, leg: &Leg) -> Line {
    let counted = teller.exact(leg.counted_s);
    let (what, tone) = match &leg.kind {
        LegKind::Open { nights_closed, make_up_days } => {
            (open(teller, &counted, *nights_closed, make_up_days), Tone::Plain)
        }
        LegKind::Closed { because } => (closed(teller, because), Tone::Still),
        LegKind::Paused { by } => (paused(teller, *by), Tone::Still),
        LegKind::Summed { legs } => (teller.say("way.summed", &[("count", legs), ("counted", &counted)]), Tone::Plain),
    };
    Line { when: teller.span(leg.from, leg.to), what, tone }
}

fn open(teller: &Teller<'_>, counted: &str, nights_closed: bool, make_up_days: &[NaiveDate]) -> String {
    let key = if nights_closed { "way.open_nights" } else { "way.open" };
    let words = teller.say(key, &[("counted", &counted)]);
    if make_up_days.is_empty() {
        return words;
    }
    let days = teller.listed(make_up_days.iter().map(|day| teller.day(*day)).collect());
    let made_up = teller.say("way.make_up", &[("days", &days), ("count", &make_up_days.len())]);
    teller.say("way.and", &[("first", &words), ("second", &made_up)])
}

/// Nights beside a named day off go without saying.
fn closed(teller: &Teller<'_>, because: &[Closed]) -> String {
    let is_named = |why: &&Closed| !matches!(why, Closed::Night | Closed::OutsideHours);
    let mut named: Vec<String> = because.iter().filter(is_named).map(|why| closed_day(teller, why)).collect();
    if named.is_empty() {
        let nights = because.iter().any(|why| matches!(why, Closed::Night));
        return teller.say(if nights { "way.night" } else { "way.outside_hours" }, &[]);
    }
    named.dedup();
    teller.listed(named)
}

/// `Spring Festival, closed 15–23 Feb`.
fn closed_day(teller: &Teller<'_>, why: &Closed) -> String {
    let days = |first: &NaiveDate, last: &NaiveDate| teller.dates(*first, *last);
    match why {
        Closed::Night => teller.say("way.night", &[]),
        Closed::OutsideHours => teller.say("way.outside_hours", &[]),
        Closed::Weekend { first, last } => teller.say("way.weekend", &[("days", &days(first, last))]),
        Closed::Holiday { name: Some(name), first, last } => {
            let name = names::holiday(teller.reader.language, name);
            teller.say("way.holiday", &[("name", &name), ("days", &days(first, last))])
        }
        Closed::Holiday { name: None, first, last } => {
            teller.say("way.holiday_unnamed", &[("days", &days(first, last))])
        }
        Closed::NoHours { first, last } => teller.say("way.no_hours", &[("days", &days(first, last))]),
    }
}

pub(super) fn paused(teller: &Teller<'_>, by: PausedBy) -> String {
    match by {
        PausedBy::Waiting { until: Some(until) } => {
            teller.say("paused.waiting_until", &[("until", &teller.minute(until))])
        }
        PausedBy::Waiting { until: None } => teller.say("paused.waiting", &[]),
        PausedBy::WaitingOnUs => teller.say("paused.waiting_on_us", &[]),
        PausedBy::Finished => teller.say("paused.finished", &[]),
    }
}

/// What the legs come to.
pub(super) fn sum(teller: &Teller<'_>, instance: &InstanceAccount) -> Option<String> {
    if instance.legs.is_empty() {
        return None;
    }
    let counted: i64 = instance.legs.iter().map(|leg| leg.counted_s).sum();
    let counted = teller.exact(counted);
    Some(match instance.deadline {
        Some(at) => teller.say("way.deadline", &[("counted", &counted), ("at", &teller.moment(at))]),
        None => teller.say("way.held", &[("counted", &counted)]),
    })
}

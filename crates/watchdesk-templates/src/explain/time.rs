//! Where a ticket's time went: ours, the customer's, the operator's.

use std::fmt::Write;

use serde::Serialize;
use watchdesk_core::Instant;
use watchdesk_core::division::{Division, Interval, Shares, Whose};

use super::teller::Teller;
use super::text::width;
use super::{Names, Thing};
use crate::format;
use crate::reader::ReaderLocale;

/// Pieces of the picture, and lines of the list; of more, the longest ones are shown.
pub const STRIPES_MAX: usize = 200;
/// Width of the whole picture.
pub const PICTURE: i64 = 1_000;

/// A ticket's time in the reader's words. The three shares add up to the whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TimeAccount {
    /// "From … to …, when it was resolved."
    pub span: String,
    pub wall: TimeShares,
    /// The same in the calendar of the promise.
    pub calendar: Option<TimeShares>,
    /// Along the way, for a picture and for a list.
    pub stripes: Vec<Stripe>,
    pub left_out: usize,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TimeShares {
    /// "By the wall clock", "In working time".
    pub title: String,
    /// To the second, as `h:mm:ss`.
    pub whole: String,
    /// Ours, the customer's, the operator's.
    pub shares: Vec<Share>,
    pub provisional: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Share {
    /// `ours`, `customers`, `operators`.
    pub whose: &'static str,
    pub name: String,
    pub time: String,
    /// `22 %`.
    pub percent: String,
    /// Place and width in a picture that is [`PICTURE`] wide.
    pub x: i64,
    pub width: i64,
}

/// A piece of the way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Stripe {
    pub whose: &'static str,
    pub name: String,
    pub when: String,
    pub time: String,
    pub x: i64,
    pub width: i64,
}

pub fn time_account(division: &Division, reader: ReaderLocale, names: &Names) -> TimeAccount {
    let teller = Teller { reader, names, now: division.to };
    let key = if division.is_finished { "time.finished" } else { "time.unfinished" };
    let span = teller.say(key, &[("from", &teller.moment(division.from)), ("to", &teller.moment(division.to))]);
    let calendar = division.calendar.as_ref().map(|calendar| {
        let name = teller.thing(Thing::Calendar, &calendar.slug);
        let title = match calendar.slug.as_str() == "always" {
            true => teller.say("time.always", &[]),
            false => teller.say("time.calendar", &[("calendar", &name), ("version", &calendar.version)]),
        };
        shares(&teller, title, &calendar.shares, calendar.provisional)
    });
    let (stripes, left_out) = stripes(&teller, division);
    TimeAccount {
        span,
        wall: shares(&teller, teller.say("time.wall", &[]), &division.wall, false),
        calendar,
        stripes,
        left_out,
    }
}

fn shares(teller: &Teller<'_>, title: String, shares: &Shares, provisional: bool) -> TimeShares {
    let mut x = 0;
    let share = |whose: Whose| {
        let seconds = of(shares, whose);
        let width = part(seconds, shares.whole_s, PICTURE);
        let placed = Share {
            whose: whose.as_str(),
            name: name(teller, whose),
            time: format::clock(seconds),
            percent: format::percent(seconds, shares.whole_s),
            x,
            width,
        };
        x += width;
        placed
    };
    let shares_told = [Whose::Ours, Whose::Customers, Whose::Operators].map(share).into_iter().collect();
    TimeShares { title, whole: format::clock(shares.whole_s), shares: shares_told, provisional }
}

fn of(shares: &Shares, whose: Whose) -> i64 {
    match whose {
        Whose::Ours => shares.ours_s,
        Whose::Customers => shares.customers_s,
        Whose::Operators => shares.operators_s,
    }
}

fn name(teller: &Teller<'_>, whose: Whose) -> String {
    teller.say(&format!("time.{}", whose.as_str()), &[])
}

/// `seconds` of `whole`, as a part of `picture`.
fn part(seconds: i64, whole: i64, picture: i64) -> i64 {
    if whole <= 0 { 0 } else { (i128::from(seconds) * i128::from(picture) / i128::from(whole)) as i64 }
}

/// The longest ones, in their order.
fn stripes(teller: &Teller<'_>, division: &Division) -> (Vec<Stripe>, usize) {
    let length = |interval: &Interval| (interval.to - interval.from).num_seconds();
    let mut kept: Vec<&Interval> = division.intervals.iter().collect();
    kept.sort_by_key(|interval| (-length(interval), interval.from));
    kept.truncate(STRIPES_MAX);
    kept.sort_by_key(|interval| interval.from);
    let left_out = division.intervals.len() - kept.len();
    let whole = (division.to - division.from).num_seconds();
    let place = |at: Instant| part((at - division.from).num_seconds(), whole, PICTURE);
    let stripe = |interval: &&Interval| Stripe {
        whose: interval.whose.as_str(),
        name: name(teller, interval.whose),
        when: teller.span(interval.from, interval.to),
        time: format::clock(length(interval)),
        x: place(interval.from),
        width: place(interval.to) - place(interval.from),
    };
    (kept.iter().map(stripe).collect(), left_out)
}

/// The same for a terminal.
pub fn time_text(division: &Division, number: i64, reader: ReaderLocale, names: &Names) -> String {
    let account = time_account(division, reader, names);
    let teller = Teller { reader, names, now: division.to };
    let mut text = String::new();
    let mut line = |line: &str| writeln!(text, "{}", line.trim_end()).unwrap_or_default();
    line(&teller.say("time.title", &[("number", &number)]));
    line(&account.span);
    for shares in std::iter::once(&account.wall).chain(&account.calendar) {
        line("");
        line(&shares.title);
        if shares.provisional {
            line(&format!("  {}", teller.say("time.provisional", &[])));
        }
        table(shares, &teller.say("time.whole", &[])).iter().for_each(|row| line(row));
    }
    if !account.stripes.is_empty() {
        line("");
        line(&teller.say("time.way", &[]));
    }
    let widest = account.stripes.iter().map(|stripe| width(&stripe.when)).max().unwrap_or_default();
    for stripe in &account.stripes {
        let padding = widest - width(&stripe.when);
        line(&format!("  {}{:padding$}  {:>10}  {}", stripe.when, "", stripe.time, stripe.name));
    }
    if account.left_out > 0 {
        line(&format!("  {}", teller.say("time.left_out", &[("count", &account.left_out)])));
    }
    text
}

fn table(shares: &TimeShares, whole: &str) -> Vec<String> {
    let names = shares.shares.iter().map(|share| width(&share.name));
    let widest = names.chain([width(whole)]).max().unwrap_or_default();
    let row = |name: &str, time: &str, percent: &str| {
        let padding = widest - width(name);
        format!("  {name}{:padding$}  {time:>10}  {percent:>5}", "")
    };
    let mut rows: Vec<String> =
        shares.shares.iter().map(|share| row(&share.name, &share.time, &share.percent)).collect();
    rows.push(row(whole, &shares.whole, ""));
    rows
}

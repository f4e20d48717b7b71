//! `watchdesk bench clocks`: nanoseconds of the two functions that carry every clock, beside a plain addition.

use std::hint::black_box;
use std::process::ExitCode;

use anyhow::Context;
use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;
use watchdesk_core::calendar::Calendar;

use super::{rounded, stopwatch};
use crate::config::Config;
use crate::seed;

/// Answers of one round; a round is long beside what the clock can tell apart.
const CALLS: usize = 200_000;
/// The fastest round counts: what disturbs only ever makes it slower.
const ROUNDS: usize = 9;
/// Starts that are taken in turn, spread over a year, so that no answer is known before it is asked for.
const STARTS: usize = 1_024;
const STARTS_APART_S: i64 = 30_011;
/// 2026-01-01T00:00:00Z.
const STARTS_FROM_S: i64 = 1_767_225_600;

const HOUR_S: u64 = 3_600;
const YEAR_S: u64 = 365 * 86_400;

/// The shipped calendar with two years of holidays and make-up days.
const CALENDAR: &str = "cn-working-days";

/// Nanoseconds that are allowed.
const ALWAYS_NS_MAX: f64 = 50.0;
const CALENDAR_NS_MAX: f64 = 1_000.0;

#[derive(Debug, Serialize)]
struct Report {
    addition_ns: f64,
    rows: Vec<Row>,
}

#[derive(Debug, Serialize)]
struct Row {
    what: &'static str,
    calendar: &'static str,
    span: &'static str,
    ns: f64,
    /// How many plain additions it is worth.
    ratio: f64,
    /// What a deadline may take.
    ns_max: Option<f64>,
}

pub fn run(config: &Config, json: bool) -> anyhow::Result<ExitCode> {
    let report = measure(&calendar(config)?);
    if json {
        println!("{}", serde_json::to_string_pretty(&report)?);
    } else {
        print(&report);
    }
    Ok(ExitCode::SUCCESS)
}

fn calendar(config: &Config) -> anyhow::Result<Calendar> {
    let seed = seed::seed(config)?;
    let spec = seed.calendars.iter().find(|(slug, _)| slug.as_str() == CALENDAR).map(|(_, spec)| spec);
    Ok(Calendar::compile(spec.with_context(|| format!("the calendar {CALENDAR} is not shipped"))?)?)
}

fn measure(holidays: &Calendar) -> Report {
    let starts = starts();
    let addition_ns = nanoseconds(&starts, |start| *start + TimeDelta::seconds(black_box(HOUR_S.cast_signed())));
    let always = Calendar::always();
    let mut rows = Vec::new();
    for (name, calendar, ns_max) in [("24x7", &always, ALWAYS_NS_MAX), (CALENDAR, holidays, CALENDAR_NS_MAX)] {
        for (span, span_s) in [("1 hour", HOUR_S), ("1 year", YEAR_S)] {
            let row = |what, ns: f64, ns_max| {
                let ratio = rounded(ns / addition_ns);
                Row { what, calendar: name, span, ns: rounded(ns), ratio, ns_max }
            };
            let deadline = nanoseconds(&starts, |start| calendar.deadline(*start, black_box(span_s), black_box(&[])));
            rows.push(row("deadline", deadline, Some(ns_max)));
            let spans: Vec<_> =
                starts.iter().map(|start| (*start, *start + TimeDelta::seconds(span_s.cast_signed()))).collect();
            let elapsed = nanoseconds(&spans, |(from, to)| calendar.elapsed(*from, *to, black_box(&[])));
            rows.push(row("elapsed", elapsed, None));
        }
    }
    Report { addition_ns: rounded(addition_ns), rows }
}

fn starts() -> Vec<DateTime<Utc>> {
    let at = |n: usize| STARTS_FROM_S + n as i64 * STARTS_APART_S;
    (0..STARTS).filter_map(|n| DateTime::from_timestamp(at(n), 0)).collect()
}

/// Of one answer. The first round is not counted: it lays out the years that are asked for.
fn nanoseconds<Q, A>(questions: &[Q], answer: impl Fn(&Q) -> A) -> f64 {
    let round = || {
        let took = stopwatch::timed(|| {
            for question in questions.iter().cycle().take(CALLS) {
                black_box(answer(black_box(question)));
            }
        });
        took.as_secs_f64() * 1e9 / CALLS as f64
    };
    round();
    (0..ROUNDS).map(|_| round()).fold(f64::INFINITY, f64::min)
}

fn print(report: &Report) {
    println!("a plain addition: {:.2} ns\n", report.addition_ns);
    println!("{:18}{:12}{:10}{:>10}{:>12}{:>12}", "calendar", "what", "span", "ns", "additions", "at most");
    for Row { what, calendar, span, ns, ratio, ns_max } in &report.rows {
        let at_most = ns_max.map(|ns| format!("{ns:.0}")).unwrap_or_default();
        println!("{calendar:18}{what:12}{span:10}{ns:>10.1}{ratio:>12.1}{at_most:>12}");
    }
    println!("\nA deadline of \"1 year\" is a year of open hours; on working days it lies more than ten years ahead.");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_figure_is_there() {
        let config = crate::config::load(None).expect("defaults");
        let calendar = calendar(&config).expect("a shipped calendar");
        let starts = starts();
        assert_eq!(starts.len(), STARTS);
        for start in starts {
            calendar.deadline(start, YEAR_S, &[]).expect("an answer");
        }
    }
}

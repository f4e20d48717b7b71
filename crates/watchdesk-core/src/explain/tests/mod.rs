//! Stories told back: what happened in a desk, read from its account.

mod anything;
mod festival;
mod operator;
mod stories;

use chrono::{DateTime, FixedOffset};

use crate::Instant;
use crate::clock::Objective;
use crate::decide::tests::world::{World, slug};
use crate::explain::{
    Chain, Explanation, Happening, InstanceAccount, Leg, LegKind, Material, PausedBy, StepToldTo, explain,
};
use crate::ids::TicketId;

/// Working days of China around the Spring Festival of 2026.
const WORKING_DAYS: &str = r#"{"time_zone": "Asia/Shanghai",
  "hours": {"mon": [["09:00", "18:00"]], "tue": [["09:00", "18:00"]], "wed": [["09:00", "18:00"]],
            "thu": [["09:00", "18:00"]], "fri": [["09:00", "18:00"]]},
  "holidays": [FESTIVAL], "extra_days": {"2026-02-14": "mon", "2026-02-28": "mon"}, "schedule_years": [2026]}"#;

fn working_days() -> String {
    let row = |day| format!(r#"{{"date": "2026-02-{day}", "name": "Spring Festival", "is_off_day": true}}"#);
    let rows: Vec<String> = (15..=23).map(row).collect();
    WORKING_DAYS.replace("FESTIVAL", &rows.join(", "))
}

/// An instant on a wall in Shanghai, such as `2026-02-12 16:00`.
fn shanghai(text: &str) -> Instant {
    let wall = format!("{text} +0800");
    DateTime::parse_from_str(&wall, "%Y-%m-%d %H:%M %z").expect("an instant").to_utc()
}

fn told(world: &World, id: TicketId) -> Explanation {
    let stored = &world.tickets[&id];
    let cases: Vec<_> = world.cases.values().filter(|case| case.tickets.contains(&id)).cloned().collect();
    let tier = stored.ticket.customer.and_then(|customer| world.customers[&customer].tier.clone());
    explain(&Material {
        desk: &world.desk,
        ticket: &stored.ticket,
        tier: tier.as_ref(),
        events: &stored.events,
        clocks: &stored.clocks,
        cases: &cases,
        now: world.now,
    })
}

fn chain(chains: &[Chain], objective: Objective, cycle: u32) -> &[InstanceAccount] {
    let found = chains.iter().find(|chain| chain.objective == objective && chain.cycle == cycle);
    &found.unwrap_or_else(|| panic!("no {objective} chain {cycle}")).instances
}

fn clock_on_the_wall(at: Instant) -> String {
    let zone = FixedOffset::east_opt(8 * 3600).expect("a zone");
    at.with_timezone(&zone).format("%m-%d %H:%M").to_string()
}

/// One line for each leg, as a colleague would jot it down.
fn jotted(legs: &[Leg]) -> Vec<String> {
    let jot = |leg: &Leg| {
        let what = match &leg.kind {
            LegKind::Open { nights_closed, make_up_days } => {
                let nights = if *nights_closed { ", nights closed" } else { "" };
                let make_up: String = make_up_days.iter().map(|date| format!(", make-up day {date}")).collect();
                format!("{} min{nights}{make_up}", leg.counted_s / 60)
            }
            LegKind::Closed { because } => format!("closed: {because:?}"),
            LegKind::Paused { by } => format!("paused: {by:?}"),
            LegKind::Summed { legs } => format!("{legs} legs, {} min", leg.counted_s / 60),
        };
        format!("{} - {}: {what}", clock_on_the_wall(leg.from), clock_on_the_wall(leg.to))
    };
    legs.iter().map(jot).collect()
}

/// One line for each thing that happened.
fn retold(instance: &InstanceAccount) -> Vec<String> {
    let line = |line: &crate::explain::StoryLine| {
        let what = match &line.what {
            Happening::Started { by } => format!("started: {by:?}"),
            Happening::TookOver { from_revision, why } => format!("took over from {from_revision}: {why:?}"),
            Happening::Paused { by: PausedBy::Waiting { .. } } => "paused: waiting".to_owned(),
            Happening::Paused { by } => format!("paused: {by:?}"),
            Happening::Step(step) => match &step.fate {
                StepToldTo::Fired { told, elsewhere } => {
                    format!("step {} told {} and {elsewhere} elsewhere", step.step, told.len())
                }
                StepToldTo::Nobody => format!("step {} reached nobody", step.step),
                StepToldTo::Suppressed { why } => format!("step {} suppressed: {why:?}", step.step),
            },
            other => format!("{other:?}"),
        };
        let late = line.recorded_at.map(|at| format!(" (recorded {})", clock_on_the_wall(at))).unwrap_or_default();
        format!("{} {what}{late}", clock_on_the_wall(line.at))
    };
    instance.story.iter().map(line).collect()
}

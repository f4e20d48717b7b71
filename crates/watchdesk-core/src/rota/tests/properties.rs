//! What holds for every rota and every span.

use chrono::{Days, NaiveDate, TimeDelta};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::super::{Rota, RotaSpec, Shift};
use super::{ANNA, BO, CHEN, DORA, everybody};
use crate::Instant;
use crate::calendar::{edge, minute_of};
use crate::ids::AgentId;

const PEOPLE: [AgentId; 4] = [ANNA, BO, CHEN, DORA];
/// Days around which some wall clock does something odd, and quiet ones.
const ODD_DAYS: [(&str, &str); 10] = [
    ("Europe/Berlin", "2026-03-29"),
    ("Europe/Berlin", "2026-10-25"),
    ("America/New_York", "2026-03-08"),
    ("America/New_York", "2026-11-01"),
    ("America/Havana", "2026-03-08"),
    ("Australia/Lord_Howe", "2026-04-05"),
    ("Australia/Lord_Howe", "2026-10-04"),
    ("Pacific/Apia", "2011-12-30"),
    ("Africa/Casablanca", "2026-03-22"),
    ("Asia/Shanghai", "2026-02-14"),
];
const WEEKDAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
/// The small world in which both sides are compared.
const WORLD_DAYS: i64 = 24;

fn time() -> impl Strategy<Value = String> {
    let odd = (0_u32..4, 0_u32..60).prop_map(|(hours, minutes)| hours * 60 + minutes);
    prop_oneof![odd, 0_u32..1440].prop_map(|minutes| format!("{:02}:{:02}", minutes / 60, minutes % 60))
}

fn people() -> impl Strategy<Value = Vec<AgentId>> {
    vec(prop::sample::select(&PEOPLE[..]), 1..5)
}

fn restrictions() -> impl Strategy<Value = Vec<Value>> {
    let hours = (time(), time()).prop_filter("hours have a length", |(from, to)| from != to);
    let weekdays = vec(prop::sample::select(&WEEKDAYS[..]), 0..4);
    vec((weekdays, hours).prop_map(|(days, (from, to))| json!({"weekdays": days, "from": from, "to": to})), 0..3)
}

fn layer(zone: &'static str, around: NaiveDate) -> impl Strategy<Value = Value> {
    let turns = (prop::sample::select(&["daily", "weekly"][..]), 1_u32..4, time());
    let span = (0_u64..WORLD_DAYS as u64, option::of(1_u64..WORLD_DAYS as u64));
    (1_u32..3, people(), turns, span, restrictions()).prop_map(
        move |(level, people, (rotation, every, hand_over), (before, until), restrictions)| {
            let starts_on = around - Days::new(before);
            let until = until.map(|days| starts_on + Days::new(days));
            json!({
                "level": level, "people": people, "rotation": rotation, "every": every, "hand_over": hand_over,
                "time_zone": zone, "starts_on": starts_on, "until": until, "restrictions": restrictions,
            })
        },
    )
}

fn swap(world_from: Instant) -> impl Strategy<Value = Value> {
    let someone = || option::of(prop::sample::select(&PEOPLE[..]));
    let world_minutes = WORLD_DAYS * 1440;
    (0..world_minutes, 1..world_minutes, someone(), someone()).prop_map(move |(start, minutes, replaces, with)| {
        let from = world_from + TimeDelta::minutes(start);
        json!({"from": from, "to": from + TimeDelta::minutes(minutes), "replaces": replaces, "with": with})
    })
}

#[derive(Debug)]
struct World {
    rota: Rota,
    from: Instant,
    to: Instant,
    inactive: Option<AgentId>,
    probes: Vec<Instant>,
}

impl World {
    fn is_active(&self) -> impl Fn(AgentId) -> bool {
        let inactive = self.inactive;
        move |agent| Some(agent) != inactive
    }

    fn shifts(&self, level: u32) -> Vec<Shift> {
        self.rota.shifts(level, self.from, self.to, &self.is_active()).unwrap()
    }
}

prop_compose! {
    fn odd_day()(index in 0..ODD_DAYS.len()) -> (&'static str, NaiveDate) {
        let (zone, day) = ODD_DAYS[index];
        (zone, day.parse().unwrap())
    }
}

fn world() -> impl Strategy<Value = World> {
    odd_day().prop_flat_map(|(zone, day)| {
        let middle = day.and_hms_opt(0, 0, 0).unwrap().and_utc();
        let from = middle - TimeDelta::days(WORLD_DAYS / 2);
        let to = middle + TimeDelta::days(WORLD_DAYS / 2);
        let layers =
            (layer(zone, day).prop_map(|first| super::with(first, "level", json!(1))), vec(layer(zone, day), 0..4));
        let probes = vec((0..WORLD_DAYS * 86_400).prop_map(move |seconds| from + TimeDelta::seconds(seconds)), 20);
        (layers, vec(swap(from), 0..4), option::of(prop::sample::select(&PEOPLE[..])), probes).prop_map(
            move |((first, others), swaps, inactive, probes)| {
                let layers: Vec<Value> = std::iter::once(first).chain(others).collect();
                World { rota: super::rota(&layers, &swaps), from, to, inactive, probes }
            },
        )
    })
}

proptest! {
    #[test]
    fn shifts_tile_their_span_and_neighbours_differ(world in world()) {
        for level in world.rota.levels() {
            let shifts = world.shifts(level);
            prop_assert_eq!(shifts.first().map(|shift| shift.from), Some(world.from));
            prop_assert_eq!(shifts.last().map(|shift| shift.to), Some(world.to));
            prop_assert!(shifts.iter().all(|shift| shift.from < shift.to));
            for pair in shifts.windows(2) {
                prop_assert_eq!(pair[0].to, pair[1].from);
                prop_assert_ne!(pair[0].agent, pair[1].agent);
            }
        }
    }

    #[test]
    fn shifts_say_what_on_call_says(world in world()) {
        for level in world.rota.levels() {
            let shifts = world.shifts(level);
            // Besides random instants the first and the last second of each shift, where a slip would show.
            let edges = shifts.iter().flat_map(|shift| [shift.from, shift.to - TimeDelta::seconds(1)]);
            for at in world.probes.iter().copied().chain(edges) {
                let shift = shifts.iter().find(|shift| shift.from <= at && at < shift.to).unwrap();
                prop_assert_eq!(shift.agent, world.rota.on_call(level, at, &world.is_active()), "{}", at);
            }
        }
    }

    #[test]
    fn gaps_are_the_shifts_of_nobody(world in world()) {
        let gaps = world.rota.coverage(world.from, world.to, &world.is_active()).unwrap();
        for level in world.rota.levels() {
            let nobody: Vec<_> = world.shifts(level).iter().filter(|shift| shift.agent.is_none())
                .map(|shift| (shift.from, shift.to)).collect();
            let found: Vec<_> = gaps.iter().filter(|gap| gap.level == level).map(|gap| (gap.from, gap.to)).collect();
            prop_assert_eq!(found, nobody);
        }
        prop_assert!(gaps.is_sorted_by_key(|gap| (gap.from, gap.level)));
    }

    #[test]
    fn the_whole_shift_around_an_instant_is_the_one_that_is_listed(world in world()) {
        for level in world.rota.levels() {
            let shifts = world.shifts(level);
            // The first and the last one are cut by the span.
            for shift in shifts.iter().skip(1).take(shifts.len().saturating_sub(2)) {
                let middle = shift.from + (shift.to - shift.from) / 2;
                for at in [shift.from, middle, shift.to - TimeDelta::seconds(1)] {
                    let standing = world.rota.standing(level, at, &world.is_active());
                    prop_assert_eq!(standing.since, Some(shift.from));
                    prop_assert_eq!(standing.until, Some(shift.to));
                    prop_assert_eq!(standing.agent, shift.agent);
                }
            }
        }
    }

    #[test]
    fn hand_overs_are_where_shifts_meet_and_do_not_depend_on_the_cut(world in world(), cut in 0..WORLD_DAYS * 86_400) {
        let cut = world.from + TimeDelta::seconds(cut);
        let list = |from, to| world.rota.hand_overs(from, to, &world.is_active()).unwrap();
        prop_assert_eq!([list(world.from, cut), list(cut, world.to)].concat(), list(world.from, world.to));
        let met: usize = world.rota.levels().iter().map(|level| world.shifts(*level).len() - 1).sum();
        let inside = list(world.from + TimeDelta::seconds(1), world.to);
        prop_assert_eq!(inside.len(), met);
    }

    /// A layer alone, against turns that are walked one by one from the start.
    #[test]
    fn a_turn_is_found_as_if_all_turns_were_counted(
        (zone, day) in odd_day(), people in people(), every in 1_u32..4, hand_over in time(), before in 0_u64..200,
        probes in vec(-5 * 86_400..5 * 86_400_i64, 20),
    ) {
        let starts_on = day - Days::new(before);
        let layer = super::daily(&people, zone, &hand_over, &starts_on.to_string());
        let rota = super::rota(&[super::with(layer, "every", json!(every))], &[]);
        let starts: Vec<i64> = starts_on
            .iter_days()
            .step_by(every as usize)
            .take_while(|date| *date < day + Days::new(10))
            .map(|date| edge(zone.parse().unwrap(), date, minute_of(&hand_over).unwrap()))
            .collect();
        for probe in probes {
            let at = day.and_hms_opt(0, 0, 0).unwrap().and_utc() + TimeDelta::seconds(probe);
            let begun = starts.partition_point(|start| *start <= at.timestamp());
            let expected = begun.checked_sub(1).map(|turn| people[turn % people.len()]);
            prop_assert_eq!(rota.on_call(1, at, &everybody), expected, "{}", at);
        }
    }

    #[test]
    fn a_spec_survives_being_written(layers in vec(layer("Asia/Kolkata", NaiveDate::from_ymd_opt(2026, 2, 14).unwrap()), 0..4)) {
        let spec: RotaSpec = serde_json::from_value(super::written(&layers, &[])).unwrap();
        let read: RotaSpec = serde_json::from_str(&serde_json::to_string(&spec).unwrap()).unwrap();
        prop_assert_eq!(read, spec);
    }
}

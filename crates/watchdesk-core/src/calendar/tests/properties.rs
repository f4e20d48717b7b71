//! What holds for every calendar, span and pause.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use chrono::{DateTime, Datelike, Days, NaiveDate, Offset, TimeDelta, TimeZone, Utc, Weekday};
use chrono_tz::Tz;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

use serde_json::json;

use super::super::{Calendar, Deadline, Pause};
use super::reference::{Extra, Minutes, SmallCalendar, Stretch, World};
use super::{calendar, daily, with};

/// Days on which some wall clock did something odd, and quiet ones.
const ODD_DAYS: [(&str, &str); 20] = [
    ("Europe/Berlin", "2026-03-29"),
    ("Europe/Berlin", "2026-10-25"),
    ("America/New_York", "2026-03-08"),
    ("America/New_York", "2026-11-01"),
    ("America/St_Johns", "2006-10-29"),
    ("America/Sao_Paulo", "2018-11-04"),
    ("America/Sao_Paulo", "2018-02-18"),
    ("America/Havana", "2026-03-08"),
    ("Africa/Casablanca", "2026-02-15"),
    ("Africa/Casablanca", "2026-03-22"),
    ("Africa/Cairo", "2026-04-24"),
    ("Asia/Tehran", "2022-03-22"),
    ("Asia/Tehran", "2022-09-22"),
    ("Asia/Kolkata", "2026-12-31"),
    ("Asia/Kathmandu", "1986-01-01"),
    ("Asia/Shanghai", "2026-02-28"),
    ("Australia/Lord_Howe", "2026-04-05"),
    ("Australia/Lord_Howe", "2026-10-04"),
    ("Pacific/Apia", "2011-12-30"),
    ("Pacific/Kiritimati", "1995-01-01"),
];
/// Where desks are, and where clocks are odd.
const ZONES: [Tz; 9] = [
    Tz::Europe__Berlin,
    Tz::America__New_York,
    Tz::Asia__Kolkata,
    Tz::Australia__Lord_Howe,
    Tz::Pacific__Apia,
    Tz::Africa__Casablanca,
    Tz::Asia__Tehran,
    Tz::America__Sao_Paulo,
    Tz::Asia__Shanghai,
];
/// The years in which every change of their clocks is looked at.
const YEARS: std::ops::Range<i32> = 1985..2045;

/// Every date on which one of the nine zones moved its clock, and one quiet date for each of them.
static MOVED: LazyLock<Vec<(Tz, NaiveDate)>> = LazyLock::new(|| ZONES.into_iter().flat_map(moved).collect());

fn moved(zone: Tz) -> Vec<(Tz, NaiveDate)> {
    let first = NaiveDate::from_ymd_opt(YEARS.start, 1, 2).unwrap();
    let noon = |date: NaiveDate| date.and_hms_opt(12, 0, 0).unwrap();
    let offset_s = |date| zone.offset_from_utc_datetime(&noon(date)).fix().local_minus_utc();
    let days = first.iter_days().take_while(|date| date.year() < YEARS.end);
    let moved = days.filter(|date| offset_s(*date) != offset_s(*date - Days::new(1)));
    moved.chain([first]).map(|date| (zone, date)).collect()
}

/// Days of the small world in which both sides are compared.
const WORLD_DAYS: u64 = 10;

fn frames() -> impl Strategy<Value = Vec<Minutes>> {
    let grid = (0_u32..48, 1_u32..=48).prop_map(|(from, to)| (from * 30, to * 30));
    let any = (0_u32..1440, 1_u32..=1440);
    vec(prop_oneof![3 => grid, 1 => any].prop_filter("a frame has a length", |(from, to)| from != to), 0..3)
}

fn day_near(date: NaiveDate) -> impl Strategy<Value = NaiveDate> {
    (0_u64..WORLD_DAYS).prop_map(move |days| date - Days::new(WORLD_DAYS / 2) + Days::new(days))
}

fn extra() -> impl Strategy<Value = Extra> {
    prop_oneof![(0_usize..7).prop_map(Extra::Weekday), frames().prop_map(Extra::Frames)]
}

prop_compose! {
    fn week()(mut week in proptest::array::uniform7(frames()), monday in 0_u32..1000) -> [Vec<Minutes>; 7] {
        // A calendar needs some open time, if only to be accepted.
        week[0].push((monday, monday + 90));
        week
    }
}

fn odd_day() -> impl Strategy<Value = (Tz, NaiveDate)> {
    let chosen = proptest::sample::select(&ODD_DAYS[..]);
    let chosen = chosen.prop_map(|(zone, date)| (zone.parse().unwrap(), date.parse().unwrap()));
    // Each zone as often as any other, however often it moves its clock.
    let moved = (0..ZONES.len(), any::<prop::sample::Index>()).prop_map(|(zone, index)| {
        let of_zone: Vec<_> = MOVED.iter().filter(|(moved, _)| *moved == ZONES[zone]).copied().collect();
        *index.get(&of_zone)
    });
    prop_oneof![chosen, moved]
}

fn small_calendar() -> impl Strategy<Value = (SmallCalendar, NaiveDate)> {
    odd_day().prop_flat_map(|(zone, date)| {
        let days = (vec(day_near(date), 0..4), vec(day_near(date), 0..2), vec((day_near(date), extra()), 0..3));
        (week(), days).prop_map(move |(week, (holidays, yearly, extra))| {
            let extra: BTreeMap<_, _> = extra.into_iter().collect();
            let calendar = SmallCalendar { zone, week, holidays, yearly, extra };
            (calendar, date)
        })
    })
}

fn stretches(minutes: usize) -> impl Strategy<Value = Vec<Stretch>> {
    let ended = (0..minutes, 0_usize..3000).prop_map(|(from, length)| (from, Some(from + length)));
    let open = (0..minutes).prop_map(|from| (from, None));
    (vec(ended, 0..4), option::weighted(0.2, open)).prop_map(|(mut pauses, open)| {
        pauses.extend(open);
        pauses
    })
}

fn any_instant() -> impl Strategy<Value = DateTime<Utc>> {
    (946_684_800_i64..2_524_608_000).prop_map(|second| DateTime::from_timestamp(second, 0).unwrap())
}

/// An instant and pauses around it, in seconds.
fn start_and_pauses() -> impl Strategy<Value = (DateTime<Utc>, Vec<Pause>)> {
    let pause = (-200_000_i64..3_000_000, 0_i64..400_000);
    (any_instant(), vec(pause, 0..5)).prop_map(|(start, pauses)| {
        let pauses = pauses
            .into_iter()
            .map(|(after_s, length_s)| {
                let from = start + TimeDelta::seconds(after_s);
                Pause { from, to: Some(from + TimeDelta::seconds(length_s)) }
            })
            .collect();
        (start, pauses)
    })
}

fn compiled() -> impl Strategy<Value = Calendar> {
    prop_oneof![
        1 => Just(Calendar::always()),
        4 => small_calendar().prop_map(|(small, _)| calendar(&small.spec())),
    ]
}

fn due(calendar: &Calendar, start: DateTime<Utc>, target_s: u64, pauses: &[Pause]) -> DateTime<Utc> {
    let deadline = calendar.deadline(start, target_s, pauses).unwrap();
    deadline.instant().expect("no pause is open-ended")
}

fn used(calendar: &Calendar, from: DateTime<Utc>, to: DateTime<Utc>, pauses: &[Pause]) -> u64 {
    calendar.elapsed(from, to, pauses).unwrap().seconds
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn agrees_with_looking_at_every_minute(
        (small, date) in small_calendar(),
        spans in vec((0_usize..14_400, 0_usize..14_400, 0_usize..2_000), 6),
        pauses in stretches(14_400),
    ) {
        let world = World::new(&small, date - Days::new(WORLD_DAYS / 2), WORLD_DAYS);
        let calendar = calendar(&small.spec());
        let real_pauses: Vec<Pause> = pauses
            .iter()
            .map(|(from, to)| Pause { from: world.instant(*from), to: to.map(|to| world.instant(to)) })
            .collect();
        for (from, to, target) in spans {
            let elapsed = used(&calendar, world.instant(from), world.instant(to), &real_pauses);
            prop_assert_eq!(elapsed, world.elapsed(from, to, &pauses) as u64 * 60);
            let deadline = calendar.deadline(world.instant(from), target as u64 * 60, &real_pauses).unwrap();
            match (deadline, world.deadline(from, target, &pauses)) {
                (Deadline::At { instant, .. }, Some(minute)) => prop_assert_eq!(instant, world.instant(minute)),
                (Deadline::At { instant, .. }, None) => prop_assert!(instant >= world.instant(world.minutes())),
                (Deadline::Paused { remaining_s, .. }, None) => {
                    let used = world.elapsed(from, world.minutes(), &pauses);
                    prop_assert_eq!(remaining_s, (target - used) as u64 * 60);
                }
                (Deadline::Paused { .. }, Some(minute)) => prop_assert!(false, "due at minute {}", minute),
            }
        }
    }

    #[test]
    fn what_is_used_at_the_deadline_is_the_target(
        calendar in compiled(), (start, pauses) in start_and_pauses(), target_s in 0_u64..3_000_000,
    ) {
        let deadline = due(&calendar, start, target_s, &pauses);
        prop_assert!(deadline >= start);
        prop_assert_eq!(used(&calendar, start, deadline, &pauses), target_s);
        if target_s > 0 {
            let second_before = deadline - TimeDelta::seconds(1);
            prop_assert_eq!(used(&calendar, start, second_before, &pauses), target_s - 1, "it is the earliest");
        }
    }

    #[test]
    fn both_are_monotone(
        calendar in compiled(), (start, pauses) in start_and_pauses(),
        (target_s, more_s) in (0_u64..1_000_000, 0_u64..100_000),
        (span_s, later_s) in (0_i64..9_000_000, 0_i64..900_000),
    ) {
        let later = start + TimeDelta::seconds(later_s);
        let deadline = due(&calendar, start, target_s, &pauses);
        prop_assert!(deadline <= due(&calendar, start, target_s + more_s, &pauses));
        prop_assert!(deadline <= due(&calendar, later, target_s, &pauses).max(later));
        let to = start + TimeDelta::seconds(span_s);
        let elapsed = used(&calendar, start, to, &pauses);
        prop_assert!(elapsed <= used(&calendar, start, to + TimeDelta::seconds(later_s), &pauses));
        prop_assert!(elapsed >= used(&calendar, later, to, &pauses));
    }

    #[test]
    fn a_span_is_the_sum_of_its_parts(
        calendar in compiled(), (start, pauses) in start_and_pauses(),
        (first_s, second_s) in (0_i64..90_000_000, 0_i64..90_000_000),
    ) {
        let middle = start + TimeDelta::seconds(first_s);
        let end = middle + TimeDelta::seconds(second_s);
        let parts = used(&calendar, start, middle, &pauses) + used(&calendar, middle, end, &pauses);
        prop_assert_eq!(used(&calendar, start, end, &pauses), parts);
    }

    #[test]
    fn splitting_a_pause_changes_nothing(
        calendar in compiled(), (start, mut pauses) in start_and_pauses(), target_s in 0_u64..1_000_000,
        (after_s, first_s, second_s) in (-100_000_i64..900_000, 0_i64..90_000, 0_i64..90_000),
    ) {
        let from = start + TimeDelta::seconds(after_s);
        let middle = from + TimeDelta::seconds(first_s);
        let to = middle + TimeDelta::seconds(second_s);
        let mut split = pauses.clone();
        pauses.push(Pause { from, to: Some(to) });
        split.insert(0, Pause { from: middle, to: Some(to) });
        split.push(Pause { from, to: Some(middle) });
        let deadline = due(&calendar, start, target_s, &pauses);
        prop_assert_eq!(deadline, due(&calendar, start, target_s, &split));
        prop_assert_eq!(used(&calendar, start, deadline, &pauses), used(&calendar, start, deadline, &split));
    }

    #[test]
    fn adding_a_pause_never_makes_a_deadline_earlier(
        calendar in compiled(), (start, mut pauses) in start_and_pauses(), target_s in 0_u64..1_000_000,
        (after_s, length_s) in (-100_000_i64..900_000, option::of(0_i64..90_000)),
    ) {
        let before = due(&calendar, start, target_s, &pauses);
        let from = start + TimeDelta::seconds(after_s);
        pauses.push(Pause { from, to: length_s.map(|length_s| from + TimeDelta::seconds(length_s)) });
        match calendar.deadline(start, target_s, &pauses).unwrap() {
            Deadline::At { instant, .. } => prop_assert!(instant >= before),
            Deadline::Paused { remaining_s, .. } => prop_assert!((1..=target_s).contains(&remaining_s)),
        }
    }

    #[test]
    fn a_pause_without_an_end_leaves_the_seconds_that_remain(
        calendar in compiled(), (start, mut pauses) in start_and_pauses(), target_s in 1_u64..1_000_000,
        after_s in 0_i64..900_000,
    ) {
        let from = start + TimeDelta::seconds(after_s);
        let before = used(&calendar, start, from, &pauses);
        let due = due(&calendar, start, target_s, &pauses);
        pauses.push(Pause { from, to: None });
        match calendar.deadline(start, target_s, &pauses).unwrap() {
            Deadline::At { instant, .. } => prop_assert!(instant == due && before >= target_s, "it was used up before"),
            Deadline::Paused { remaining_s, .. } => prop_assert_eq!(remaining_s, target_s - before),
        }
    }

    #[test]
    fn the_order_of_pauses_is_nothing_and_a_pause_while_it_is_closed_is_none(
        calendar in compiled(), (start, mut pauses) in start_and_pauses(), target_s in 0_u64..1_000_000,
        spans in vec((0_i64..900_000, 0_i64..40_000), 4),
    ) {
        let before = due(&calendar, start, target_s, &pauses);
        for (after_s, length_s) in spans {
            let (from, to) = (start + TimeDelta::seconds(after_s), start + TimeDelta::seconds(after_s + length_s));
            if used(&calendar, from, to, &[]) == 0 {
                pauses.push(Pause { from, to: Some(to) });
            }
        }
        pauses.reverse();
        prop_assert_eq!(due(&calendar, start, target_s, &pauses), before);
    }

    #[test]
    fn open_around_the_clock_is_the_same_in_every_zone(
        zone in proptest::sample::select(&ZONES[..]), (start, pauses) in start_and_pauses(),
        (target_s, span_s) in (0_u64..30_000_000, 0_i64..90_000_000),
    ) {
        let everywhere = calendar(&daily(zone.name(), &json!([["00:00", "24:00"]])));
        let always = Calendar::always();
        prop_assert_eq!(due(&everywhere, start, target_s, &pauses), due(&always, start, target_s, &pauses));
        let to = start + TimeDelta::seconds(span_s);
        prop_assert_eq!(used(&everywhere, start, to, &pauses), used(&always, start, to, &pauses));
    }

    #[test]
    fn a_day_holds_as_many_seconds_as_its_clock_shows(index in any::<prop::sample::Index>()) {
        let (zone, date) = *index.get(&MOVED);
        let calendar = calendar(&daily(zone.name(), &json!([["08:00", "20:00"]])));
        let [opens, closes] = ["08:00:00", "20:00:00"].map(|time| {
            let wall = date.and_time(time.parse().unwrap());
            // By day no clock of these zones was ever moved; a day that was skipped has no hours.
            zone.from_local_datetime(&wall).single().map(|at| at.to_utc())
        });
        if let (Some(opens), Some(closes)) = (opens, closes) {
            prop_assert_eq!(used(&calendar, opens - TimeDelta::hours(3), closes + TimeDelta::hours(3), &[]), 12 * 3600);
            prop_assert_eq!(due(&calendar, opens, 12 * 3600, &[]), closes);
        }
    }

    #[test]
    fn so_many_working_days_end_when_the_last_of_them_closes(
        start in (0_u64..9_000).prop_map(|days| NaiveDate::from_ymd_opt(2000, 1, 3).unwrap() + Days::new(days)),
        count in 1_u64..40, holidays in vec(0_u64..60, 0..8),
        zone in proptest::sample::select(&[Tz::Asia__Shanghai, Tz::Asia__Kolkata][..]),
    ) {
        let holidays: Vec<NaiveDate> = holidays.into_iter().map(|after| start + Days::new(after)).collect();
        let calendar = calendar(&with(super::office(zone.name()), "holidays", json!(holidays)));
        let works = |date: &NaiveDate| {
            !matches!(date.weekday(), Weekday::Sat | Weekday::Sun) && !holidays.contains(date)
        };
        let mut days = start.iter_days().filter(works);
        let at = |date: NaiveDate, hour| zone.from_local_datetime(&date.and_hms_opt(hour, 0, 0).unwrap()).unwrap().to_utc();
        let first = days.next().unwrap();
        let last = if count == 1 { first } else { days.nth(usize::try_from(count).unwrap() - 2).unwrap() };
        let target_s = count * calendar.working_day_s();
        prop_assert_eq!(due(&calendar, at(first, 9), target_s, &[]), at(last, 18));
    }
}

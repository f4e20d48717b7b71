//! The way to a deadline, across the Spring Festival of 2026 and beyond.

use chrono::Duration;
use proptest::prelude::*;

use super::{chain, jotted, shanghai, told, working_days};
use crate::calendar::{Calendar, Pause};
use crate::clock::Objective;
use crate::decide::tests::world::World;
use crate::desk::AppliesTo;
use crate::explain::legs::{LEGS_MAX, LEGS_WITH_NIGHTS_MAX, legs};
use crate::explain::{LegKind, PausedBy};
use crate::ids::TicketId;
use crate::ticket::Severity;

const POLICY: &str = r#"{"slug": "standard", "rules": [{"name": "working days", "calendar": "cn-working-days",
    "when": {"severities": ["B", "C"]},
    "targets": {"resolution": {"B": {"working_days": DAYS}, "C": {"working_days": 20}}}}]}"#;

fn opened_before_the_festival(days: &str) -> (World, TicketId) {
    let mut world = World::new();
    world.now = shanghai("2026-02-12 16:00");
    world.policy(&POLICY.replace("DAYS", days));
    world.calendar("cn-working-days", &working_days(), AppliesTo::Running);
    let id = world.open();
    (world, id)
}

#[test]
fn three_working_days_across_the_festival_read_like_a_colleagues_account() {
    let (world, id) = opened_before_the_festival("3");
    let explanation = told(&world, id);
    let [instance] = chain(&explanation.chains, Objective::Resolution, 1) else { panic!("one instance") };
    assert_eq!(instance.deadline, Some(shanghai("2026-02-24 16:00")));
    assert_eq!((instance.terms.working_days, instance.terms.target_s), (Some(3), 27 * 3600));
    assert_eq!(instance.terms.calendar.time_zone.as_deref(), Some("Asia/Shanghai"));
    assert!(!instance.terms.calendar.always);
    assert_eq!(
        jotted(&instance.legs),
        [
            "02-12 16:00 - 02-12 18:00: 120 min",
            "02-12 18:00 - 02-13 09:00: closed: [Night]",
            "02-13 09:00 - 02-13 18:00: 540 min",
            "02-13 18:00 - 02-14 09:00: closed: [Night]",
            "02-14 09:00 - 02-14 18:00: 540 min, make-up day 2026-02-14",
            "02-14 18:00 - 02-24 09:00: closed: [Holiday { name: Some(\"Spring Festival\"), first: 2026-02-15, last: 2026-02-23 }]",
            "02-24 09:00 - 02-24 16:00: 420 min",
        ]
    );
}

#[test]
fn in_a_long_account_nights_lie_within_the_days_and_weekends_stand_out() {
    let (mut world, id) = opened_before_the_festival("3");
    world.triage(id, Severity::C);
    let explanation = told(&world, id);
    let [_, instance] = chain(&explanation.chains, Objective::Resolution, 1) else { panic!("two instances") };
    let jotted = jotted(&instance.legs);
    assert_eq!(
        jotted[..4],
        [
            "02-12 16:00 - 02-14 18:00: 1200 min, nights closed, make-up day 2026-02-14",
            "02-14 18:00 - 02-24 09:00: closed: [Holiday { name: Some(\"Spring Festival\"), first: 2026-02-15, last: 2026-02-23 }]",
            "02-24 09:00 - 02-28 18:00: 2700 min, nights closed, make-up day 2026-02-28",
            "02-28 18:00 - 03-02 09:00: closed: [Weekend { first: 2026-03-01, last: 2026-03-01 }]",
        ]
    );
    assert!(instance.legs.len() <= LEGS_WITH_NIGHTS_MAX, "{jotted:?}");
    let counted: i64 = instance.legs.iter().map(|leg| leg.counted_s).sum();
    assert_eq!(counted, 20 * 9 * 3600);
}

#[test]
fn waiting_for_the_customer_is_a_leg_of_its_own() {
    let (mut world, id) = opened_before_the_festival("1");
    world.triage(id, Severity::B);
    world.advance(Duration::minutes(90));
    world.ask(id, None);
    world.now = shanghai("2026-02-25 10:00");
    let explanation = told(&world, id);
    let [instance] = chain(&explanation.chains, Objective::Resolution, 1) else { panic!("one instance") };
    assert_eq!((instance.deadline, instance.remaining_s, instance.used_s), (None, Some(27_000), 5_400));
    assert_eq!(jotted(&instance.legs), ["02-12 16:00 - 02-12 17:30: 90 min"]);
    world.customer_writes(id);
    let explanation = told(&world, id);
    let [instance] = chain(&explanation.chains, Objective::Resolution, 1) else { panic!("one instance") };
    assert_eq!(
        jotted(&instance.legs),
        [
            "02-12 16:00 - 02-12 17:30: 90 min",
            "02-12 17:30 - 02-25 10:00: paused: Waiting { until: None }",
            "02-25 10:00 - 02-25 17:30: 450 min",
        ]
    );
}

#[test]
fn a_year_without_a_schedule_is_said() {
    let (mut world, id) = opened_before_the_festival("300");
    world.triage(id, Severity::B);
    let explanation = told(&world, id);
    let [instance] = chain(&explanation.chains, Objective::Resolution, 1) else { panic!("one instance") };
    assert!(instance.provisional);
    assert_eq!(instance.legs.len(), LEGS_MAX);
    assert!(instance.legs.iter().any(|leg| matches!(leg.kind, LegKind::Summed { .. })));
    let counted: i64 = instance.legs.iter().map(|leg| leg.counted_s).sum();
    assert_eq!(counted, 300 * 9 * 3600);
}

fn calendars() -> [Calendar; 4] {
    let nights = r#"{"time_zone": "Europe/Berlin", "hours": {"mon": [["22:00", "06:00"]], "wed": [["10:00", "12:00"],
        ["13:00", "15:30"]], "sat": [["00:00", "24:00"]], "sun": [["00:00", "24:00"]]},
        "holidays": ["2026-03-28"], "yearly_holidays": ["02-14"], "extra_days": {"2026-03-27": [["09:00", "11:00"]]}}"#;
    let lord_howe = r#"{"time_zone": "Australia/Lord_Howe", "hours": {"fri": [["09:00", "24:00"]], "sat": [["01:00",
        "03:00"]], "sun": [["01:45", "02:15"], ["20:00", "04:00"]]}}"#;
    [working_days().as_str(), nights, lord_howe, r#"{"always": true}"#]
        .map(|spec| Calendar::compile(&serde_json::from_str(spec).expect("a spec")).expect("a calendar"))
}

fn pauses() -> impl Strategy<Value = Vec<(i64, i64)>> {
    proptest::collection::vec((0_i64..3_000_000, 0_i64..400_000), 0..4)
}

proptest! {
    /// The legs of every account follow each other from the start to the deadline, each counts what the calendar
    /// counts, and together they are the target.
    #[test]
    fn legs_add_up_to_the_target(
        which in 0_usize..4,
        start_s in 0_i64..12_000_000,
        target_s in 1_u64..4_000_000,
        pauses in pauses(),
    ) {
        let calendar = &calendars()[which];
        let start = shanghai("2026-01-20 00:00") + Duration::seconds(start_s);
        let pause = |(from_s, length_s): &(i64, i64)| {
            let from = start + Duration::seconds(*from_s);
            Pause { from, to: Some(from + Duration::seconds(*length_s)) }
        };
        let pauses: Vec<Pause> = pauses.iter().map(pause).collect();
        let due = calendar.deadline(start, target_s, &pauses).expect("a deadline").instant().expect("no open pause");
        let waiting = PausedBy::Waiting { until: None };
        let by: Vec<(Pause, PausedBy)> = pauses.iter().map(|pause| (*pause, waiting)).collect();
        let legs = legs(calendar, start, due, &by);
        prop_assert!(legs.len() <= LEGS_MAX);
        prop_assert_eq!(legs.iter().map(|leg| leg.counted_s).sum::<i64>(), target_s.cast_signed());
        let (first, last) = (legs.first().expect("a leg"), legs.last().expect("a leg"));
        prop_assert_eq!((first.from, last.to), (start, due));
        for pair in legs.windows(2) {
            prop_assert_eq!(pair[0].to, pair[1].from);
        }
        for leg in &legs {
            let counted = calendar.elapsed(leg.from, leg.to, &pauses).expect("seconds").seconds;
            prop_assert_eq!(leg.counted_s, counted.cast_signed(), "{:?}", leg);
            if let LegKind::Closed { because } = &leg.kind {
                prop_assert!(!because.is_empty());
            }
        }
    }
}

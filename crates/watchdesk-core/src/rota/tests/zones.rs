//! Hand-overs hold on the wall clock, also where it jumps. Expected instants are written with their offsets, so they
//! do not depend on the time zone tables.

use serde_json::json;

use super::{ANNA, BO, at, check_on_call, daily, everybody, rota, weekly, with};

#[test]
fn a_weekly_hand_over_stays_at_nine_over_a_change_of_the_clock() {
    let berlin = with(weekly(&[ANNA, BO]), "time_zone", json!("Europe/Berlin"));
    check_on_call(
        &rota(&[berlin], &[]),
        1,
        &[
            // The clock goes forward on Sunday 2026-03-29: this week has 167 hours.
            ("2026-03-23 08:59:59 +0100", "Anna"),
            ("2026-03-23 09:00 +0100", "Bo"),
            ("2026-03-30 08:59:59 +0200", "Bo"),
            ("2026-03-30 09:00 +0200", "Anna"),
            // And back on Sunday 2026-10-25.
            ("2026-10-26 08:59:59 +0100", "Bo"),
            ("2026-10-26 09:00 +0100", "Anna"),
        ],
    );
}

#[test]
fn a_skipped_hand_over_moves_forward_and_an_ambiguous_one_comes_first() {
    for (zone, hand_over, starts_on, before, after) in [
        // 02:00 to 03:00 does not exist.
        ("Europe/Berlin", "02:30", "2026-03-28", "2026-03-29 01:59:59 +0100", "2026-03-29 03:00 +0200"),
        ("America/New_York", "02:30", "2026-03-07", "2026-03-08 01:59:59 -0500", "2026-03-08 03:00 -0400"),
        // Lord Howe skips half an hour: 02:00 to 02:30.
        ("Australia/Lord_Howe", "02:15", "2026-10-03", "2026-10-04 01:59:59 +1030", "2026-10-04 02:30 +1100"),
        // 02:00 to 03:00 comes twice, 01:00 to 02:00 in New York, 01:30 to 02:00 on Lord Howe.
        ("Europe/Berlin", "02:30", "2026-10-24", "2026-10-25 02:29:59 +0200", "2026-10-25 02:30 +0200"),
        ("America/New_York", "01:30", "2026-10-31", "2026-11-01 01:29:59 -0400", "2026-11-01 01:30 -0400"),
        ("Australia/Lord_Howe", "01:45", "2026-04-04", "2026-04-05 01:44:59 +1100", "2026-04-05 01:45 +1100"),
    ] {
        let desk = rota(&[daily(&[ANNA, BO], zone, hand_over, starts_on)], &[]);
        check_on_call(&desk, 1, &[(before, "Anna"), (after, "Bo")]);
        assert_eq!(desk.next_change_after(1, at(before), &everybody), Some(at(after)), "{zone}");
    }
}

#[test]
fn an_hour_that_comes_twice_does_not_hand_over_twice() {
    let desk = rota(&[daily(&[ANNA, BO], "Europe/Berlin", "02:30", "2026-10-24")], &[]);
    check_on_call(&desk, 1, &[("2026-10-25 02:00 +0100", "Bo"), ("2026-10-25 02:45 +0100", "Bo")]);
    let hand_overs = desk.hand_overs(at("2026-10-25 00:00 +0200"), at("2026-10-26 00:00 +0100"), &everybody);
    assert_eq!(hand_overs.unwrap().len(), 1);
}

#[test]
fn hours_of_the_night_are_real_hours() {
    let nights = json!([{"from": "22:00", "to": "06:00"}]);
    let layer = daily(&[ANNA], "Europe/Berlin", "00:00", "2026-01-01");
    let desk = rota(&[with(layer, "restrictions", nights)], &[]);
    for (from, to, hours) in [
        ("2026-03-28 12:00 +0100", "2026-03-29 12:00 +0200", 7),
        ("2026-10-24 12:00 +0200", "2026-10-25 12:00 +0100", 9),
    ] {
        let shifts = desk.shifts(1, at(from), at(to), &everybody).unwrap();
        let on_call = shifts.iter().filter(|shift| shift.agent.is_some());
        let seconds: i64 = on_call.map(|shift| (shift.to - shift.from).num_seconds()).sum();
        assert_eq!(seconds, hours * 3600, "{from}");
    }
}

#[test]
fn a_date_that_never_was_hands_over_at_once() {
    // Samoa went from 2011-12-29 straight to 2011-12-31.
    let desk = rota(&[daily(&[ANNA, BO], "Pacific/Apia", "09:00", "2011-12-29")], &[]);
    check_on_call(
        &desk,
        1,
        &[
            ("2011-12-29 23:59:59 -1000", "Anna"),
            ("2011-12-31 00:00 +1400", "Bo"),
            ("2011-12-31 08:59:59 +1400", "Bo"),
            ("2011-12-31 09:00 +1400", "Anna"),
        ],
    );
}

#[test]
fn a_clock_that_goes_back_over_midnight_does_not_undo_a_hand_over() {
    // St. John's went from 00:01 on 2006-10-29 back to 23:01 of the day before.
    let desk = rota(&[daily(&[ANNA, BO], "America/St_Johns", "00:00", "2006-10-28")], &[]);
    check_on_call(
        &desk,
        1,
        &[
            ("2006-10-28 23:59:59 -0230", "Anna"),
            ("2006-10-29 00:00 -0230", "Bo"),
            ("2006-10-28 23:30 -0330", "Bo"),
            ("2006-10-29 00:00 -0330", "Bo"),
            ("2006-10-30 00:00 -0330", "Anna"),
        ],
    );
}

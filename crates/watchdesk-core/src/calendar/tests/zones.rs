//! Wall clocks that jump, by zones that are known for it. Expected instants are written with their offsets, so they
//! do not depend on the time zone tables.

use serde_json::{Value, json};

use super::{HOUR, MINUTE, calendar, check_due, check_elapsed, daily, office};

fn around_the_clock(zone: &str) -> Value {
    daily(zone, &json!([["00:00", "24:00"]]))
}

fn frame(zone: &str, from: &str, to: &str) -> Value {
    daily(zone, &json!([[from, to]]))
}

#[test]
fn a_day_may_hold_23_or_25_hours() {
    check_elapsed(
        &calendar(&around_the_clock("Europe/Berlin")),
        &[
            ("2026-03-29 00:00 +0100", "2026-03-30 00:00 +0200", 23 * HOUR),
            ("2026-10-25 00:00 +0200", "2026-10-26 00:00 +0100", 25 * HOUR),
        ],
    );
    check_elapsed(
        &calendar(&frame("Europe/Berlin", "01:00", "05:00")),
        &[
            ("2026-03-28 12:00 +0100", "2026-03-29 12:00 +0200", 3 * HOUR),
            ("2026-10-24 12:00 +0200", "2026-10-25 12:00 +0100", 5 * HOUR),
        ],
    );
    check_elapsed(
        &calendar(&frame("Europe/Berlin", "22:00", "06:00")),
        &[
            ("2026-03-28 12:00 +0100", "2026-03-29 12:00 +0200", 7 * HOUR),
            ("2026-10-24 12:00 +0200", "2026-10-25 12:00 +0100", 9 * HOUR),
        ],
    );
}

#[test]
fn a_skipped_edge_moves_to_the_first_existing_instant() {
    // 02:00 to 03:00 does not exist in Berlin on 2026-03-29.
    check_due(
        &calendar(&frame("Europe/Berlin", "02:30", "05:00")),
        &[("2026-03-29 00:00 +0100", HOUR, "2026-03-29 04:00 +0200")],
    );
    check_elapsed(
        &calendar(&frame("Europe/Berlin", "01:00", "02:30")),
        &[("2026-03-29 00:00 +0100", "2026-03-30 00:00 +0200", HOUR)],
    );
    check_elapsed(
        &calendar(&frame("Europe/Berlin", "02:10", "02:50")),
        &[("2026-03-29 00:00 +0100", "2026-03-30 00:00 +0200", 0)],
    );
}

#[test]
fn an_ambiguous_edge_is_its_first_occurrence() {
    // 02:00 to 03:00 comes twice in Berlin on 2026-10-25.
    check_due(
        &calendar(&frame("Europe/Berlin", "02:30", "05:00")),
        &[("2026-10-25 00:00 +0200", HOUR, "2026-10-25 02:30 +0100")],
    );
    check_elapsed(
        &calendar(&frame("Europe/Berlin", "01:00", "02:30")),
        &[("2026-10-25 00:00 +0200", "2026-10-26 00:00 +0100", 90 * MINUTE)],
    );
    check_elapsed(
        &calendar(&frame("Europe/Berlin", "02:15", "02:45")),
        &[
            ("2026-10-25 02:15 +0200", "2026-10-25 02:45 +0200", 30 * MINUTE),
            ("2026-10-25 02:00 +0100", "2026-10-25 03:00 +0100", 0),
        ],
    );
}

#[test]
fn new_york_changes_on_its_own_sundays() {
    check_elapsed(
        &calendar(&around_the_clock("America/New_York")),
        &[
            ("2026-03-08 00:00 -0500", "2026-03-09 00:00 -0400", 23 * HOUR),
            ("2026-11-01 00:00 -0400", "2026-11-02 00:00 -0500", 25 * HOUR),
        ],
    );
    check_due(
        &calendar(&office("America/New_York")),
        &[("2026-03-06 17:00 -0500", 2 * HOUR, "2026-03-09 10:00 -0400")],
    );
}

#[test]
fn half_hours_in_kolkata_and_lord_howe() {
    check_due(&calendar(&office("Asia/Kolkata")), &[("2026-02-13 17:30 +0530", HOUR, "2026-02-16 09:30 +0530")]);
    // Lord Howe moves its clock by half an hour only.
    let lord_howe = calendar(&around_the_clock("Australia/Lord_Howe"));
    check_elapsed(
        &lord_howe,
        &[
            ("2026-04-05 00:00 +1100", "2026-04-06 00:00 +1030", 24 * HOUR + 30 * MINUTE),
            ("2026-10-04 00:00 +1030", "2026-10-05 00:00 +1100", 23 * HOUR + 30 * MINUTE),
        ],
    );
    check_due(
        &calendar(&frame("Australia/Lord_Howe", "02:15", "04:00")),
        &[("2026-10-04 00:00 +1030", HOUR, "2026-10-04 03:30 +1100")],
    );
    check_due(
        &calendar(&frame("Australia/Lord_Howe", "01:45", "04:00")),
        &[("2026-04-05 00:00 +1100", HOUR, "2026-04-05 02:15 +1030")],
    );
}

#[test]
fn apia_skipped_a_whole_day() {
    // After 2011-12-29 23:59:59 (UTC-10) came 2011-12-31 00:00:00 (UTC+14).
    check_elapsed(
        &calendar(&around_the_clock("Pacific/Apia")),
        &[("2011-12-29 00:00 -1000", "2012-01-01 00:00 +1400", 48 * HOUR)],
    );
    check_due(
        &calendar(&office("Pacific/Apia")),
        // Thursday, then Saturday: the Friday never was, so Monday is next.
        &[("2011-12-29 17:00 -1000", 2 * HOUR, "2012-01-02 10:00 +1400")],
    );
    check_elapsed(
        &calendar(&frame("Pacific/Apia", "22:00", "06:00")),
        // Two hours of Thursday's night; both edges of the missing Friday move to Saturday, up to 06:00.
        &[("2011-12-29 12:00 -1000", "2011-12-31 12:00 +1400", 8 * HOUR)],
    );
}

#[test]
fn zones_that_change_at_midnight_or_for_a_season_of_their_own() {
    // São Paulo skipped midnight on 2018-11-04 and had 23:00 twice on 2018-02-17.
    check_elapsed(
        &calendar(&around_the_clock("America/Sao_Paulo")),
        &[
            ("2018-11-04 01:00 -0200", "2018-11-05 00:00 -0200", 23 * HOUR),
            ("2018-02-17 00:00 -0200", "2018-02-18 00:00 -0300", 25 * HOUR),
        ],
    );
    check_due(
        &calendar(&frame("America/Sao_Paulo", "00:00", "06:00")),
        &[("2018-11-03 12:00 -0300", HOUR, "2018-11-04 02:00 -0200")],
    );
    // Tehran skipped midnight on 2022-03-22 and has had no daylight saving since 2022-09-22.
    check_elapsed(
        &calendar(&around_the_clock("Asia/Tehran")),
        &[
            ("2022-03-21 00:00 +0330", "2022-03-23 00:00 +0430", 47 * HOUR),
            ("2022-09-21 00:00 +0430", "2022-09-22 00:00 +0330", 25 * HOUR),
            ("2026-03-21 00:00 +0330", "2026-03-23 00:00 +0330", 48 * HOUR),
        ],
    );
    // Casablanca leaves UTC+1 for Ramadan: back on 2026-02-15, forward on 2026-03-22.
    check_elapsed(
        &calendar(&around_the_clock("Africa/Casablanca")),
        &[
            ("2026-02-15 00:00 +0100", "2026-02-16 00:00 +0000", 25 * HOUR),
            ("2026-03-22 00:00 +0000", "2026-03-23 00:00 +0100", 23 * HOUR),
        ],
    );
}

#[test]
fn shanghai_had_daylight_saving_until_1991() {
    check_elapsed(
        &calendar(&around_the_clock("Asia/Shanghai")),
        &[
            ("1991-04-14 00:00 +0800", "1991-04-15 00:00 +0900", 23 * HOUR),
            ("2026-04-12 00:00 +0800", "2026-04-13 00:00 +0800", 24 * HOUR),
        ],
    );
    check_due(&calendar(&office("Asia/Shanghai")), &[("2026-06-30 17:00 +0800", 10 * HOUR, "2026-07-01 18:00 +0800")]);
}

//! What a desk expects of its rota, in a zone without surprises.

use serde_json::json;

use super::super::{RotaError, SPAN_DAYS_MAX, Standing};
use super::{ANNA, BO, CHEN, DORA, at, check_on_call, daily, everybody, name, rota, swap, weekly, with};
use crate::Instant;
use crate::ids::AgentId;

fn no_bo(agent: AgentId) -> bool {
    agent != BO
}

#[test]
fn a_week_each_from_monday_to_monday() {
    let desk = rota(&[weekly(&[ANNA, BO, CHEN])], &[]);
    check_on_call(
        &desk,
        1,
        &[
            ("2026-01-05 08:59:59 +0800", "nobody"),
            ("2026-01-05 09:00 +0800", "Anna"),
            ("2026-01-12 08:59:59 +0800", "Anna"),
            ("2026-01-12 09:00 +0800", "Bo"),
            ("2026-01-25 23:00 +0800", "Chen"),
            ("2026-01-26 09:00 +0800", "Anna"),
        ],
    );
    check_on_call(&desk, 2, &[("2026-01-12 12:00 +0800", "nobody")]);
}

#[test]
fn turns_may_last_longer_and_a_layer_may_end() {
    let fortnights = with(with(weekly(&[ANNA, BO]), "every", json!(2)), "until", json!("2026-02-02"));
    let desk = rota(&[fortnights, with(weekly(&[CHEN]), "starts_on", json!("2026-02-02"))], &[]);
    check_on_call(
        &desk,
        1,
        &[
            ("2026-01-19 08:59 +0800", "Anna"),
            ("2026-01-19 09:00 +0800", "Bo"),
            ("2026-02-02 08:59:59 +0800", "Bo"),
            ("2026-02-02 09:00 +0800", "Chen"),
        ],
    );
}

#[test]
fn levels_are_called_apart() {
    let desk = rota(&[weekly(&[ANNA, BO]), with(weekly(&[BO, ANNA]), "level", json!(2))], &[]);
    assert_eq!(desk.levels().into_iter().collect::<Vec<_>>(), [1, 2]);
    check_on_call(&desk, 1, &[("2026-01-06 12:00 +0800", "Anna"), ("2026-01-13 12:00 +0800", "Bo")]);
    check_on_call(&desk, 2, &[("2026-01-06 12:00 +0800", "Bo"), ("2026-01-13 12:00 +0800", "Anna")]);
}

#[test]
fn a_later_layer_wins_where_it_has_somebody() {
    let nights = json!([{"weekdays": ["fri", "sat"], "from": "22:00", "to": "06:00"}]);
    let desk = rota(&[weekly(&[ANNA]), with(weekly(&[DORA]), "restrictions", nights)], &[]);
    check_on_call(
        &desk,
        1,
        &[
            ("2026-01-09 21:59:59 +0800", "Anna"),
            ("2026-01-09 22:00 +0800", "Dora"),
            // The night belongs to the Friday it starts on.
            ("2026-01-10 05:59:59 +0800", "Dora"),
            ("2026-01-10 06:00 +0800", "Anna"),
            ("2026-01-11 05:00 +0800", "Dora"),
            ("2026-01-11 23:00 +0800", "Anna"),
        ],
    );
}

#[test]
fn hours_may_end_at_midnight() {
    let evenings = json!([{"from": "18:00", "to": "24:00"}]);
    let desk = rota(&[with(weekly(&[ANNA]), "restrictions", evenings)], &[]);
    check_on_call(
        &desk,
        1,
        &[
            ("2026-01-09 17:59:59 +0800", "nobody"),
            ("2026-01-09 23:59:59 +0800", "Anna"),
            ("2026-01-10 00:00 +0800", "nobody"),
        ],
    );
}

#[test]
fn a_hole_on_saturday_night_is_found_the_week_before() {
    let week = json!([
        {"weekdays": ["mon", "tue", "wed", "thu", "fri", "sun"], "from": "00:00", "to": "24:00"},
        {"weekdays": ["sat"], "from": "00:00", "to": "20:00"},
    ]);
    let desk = rota(&[with(weekly(&[ANNA, BO]), "restrictions", week)], &[]);
    let gaps = desk.coverage(at("2026-01-11 09:00 +0800"), at("2026-01-25 09:00 +0800"), &everybody).unwrap();
    let found: Vec<_> = gaps.iter().map(|gap| (gap.level, gap.from, gap.to)).collect();
    assert_eq!(
        found,
        [
            (1, at("2026-01-17 20:00 +0800"), at("2026-01-18 00:00 +0800")),
            (1, at("2026-01-24 20:00 +0800"), at("2026-01-25 00:00 +0800")),
        ]
    );
}

#[test]
fn level_1_is_owed_even_where_no_layer_has_it() {
    let (from, to) = (at("2026-01-11 09:00 +0800"), at("2026-01-25 09:00 +0800"));
    let desk = rota(&[with(weekly(&[ANNA]), "level", json!(2))], &[]);
    let gaps = desk.coverage(from, to, &everybody).unwrap();
    assert_eq!(gaps.iter().map(|gap| (gap.level, gap.from, gap.to)).collect::<Vec<_>>(), [(1, from, to)]);
    assert_eq!(rota(&[], &[]).coverage(from, to, &everybody).unwrap().len(), 1);
}

#[test]
fn who_has_left_is_a_gap_until_somebody_takes_over() {
    let (from, to) = (at("2026-01-05 09:00 +0800"), at("2026-01-19 09:00 +0800"));
    let desk = rota(&[weekly(&[ANNA, BO])], &[]);
    let gaps = desk.coverage(from, to, &no_bo).unwrap();
    assert_eq!(gaps.iter().map(|gap| (gap.from, gap.to)).collect::<Vec<_>>(), [(at("2026-01-12 09:00 +0800"), to)]);

    let instead = swap("2026-01-12 09:00 +0800", "2026-01-14 09:00 +0800", Some(BO), Some(CHEN));
    let desk = rota(&[weekly(&[ANNA, BO])], &[instead]);
    let gaps = desk.coverage(from, to, &no_bo).unwrap();
    assert_eq!(gaps.iter().map(|gap| (gap.from, gap.to)).collect::<Vec<_>>(), [(at("2026-01-14 09:00 +0800"), to)]);

    // A layer below steps in for somebody who has left.
    let desk = rota(&[weekly(&[DORA]), weekly(&[ANNA, BO])], &[]);
    assert_eq!(desk.on_call(1, at("2026-01-13 12:00 +0800"), &no_bo), Some(DORA));
    assert_eq!(desk.on_call(1, at("2026-01-13 12:00 +0800"), &everybody), Some(BO));
}

#[test]
fn two_people_swap_and_one_day_is_nobody_on_purpose() {
    let (from, to) = ("2026-01-05 09:00 +0800", "2026-01-19 09:00 +0800");
    let desk = rota(
        &[weekly(&[ANNA, BO, CHEN])],
        &[
            swap(from, to, Some(ANNA), Some(BO)),
            swap(from, to, Some(BO), Some(ANNA)),
            swap("2026-01-14 00:00 +0800", "2026-01-15 00:00 +0800", None, None),
            swap("2026-01-14 12:00 +0800", "2026-01-14 13:00 +0800", None, Some(DORA)),
        ],
    );
    check_on_call(
        &desk,
        1,
        &[
            ("2026-01-06 12:00 +0800", "Bo"),
            ("2026-01-13 12:00 +0800", "Anna"),
            ("2026-01-13 23:59:59 +0800", "Anna"),
            ("2026-01-14 00:00 +0800", "nobody"),
            // The later override wins.
            ("2026-01-14 12:00 +0800", "Dora"),
            ("2026-01-14 13:00 +0800", "nobody"),
            ("2026-01-15 00:00 +0800", "Anna"),
            ("2026-01-19 09:00 +0800", "Chen"),
        ],
    );
}

#[test]
fn an_override_of_another_level_or_person_changes_nothing() {
    let (from, to) = ("2026-01-05 09:00 +0800", "2026-01-12 09:00 +0800");
    let backup = with(swap(from, to, None, Some(CHEN)), "level", json!(2));
    let layers = [weekly(&[ANNA, BO]), with(weekly(&[BO, ANNA]), "level", json!(2))];
    let desk = rota(&layers, &[backup, swap(from, to, Some(DORA), Some(CHEN))]);
    check_on_call(&desk, 1, &[("2026-01-06 12:00 +0800", "Anna")]);
    check_on_call(&desk, 2, &[("2026-01-06 12:00 +0800", "Chen")]);
}

#[test]
fn shifts_join_what_belongs_together() {
    let early = swap("2026-01-11 21:00 +0800", "2026-01-12 09:00 +0800", Some(ANNA), Some(BO));
    let desk = rota(&[weekly(&[ANNA, BO])], &[early]);
    let shifts = desk.shifts(1, at("2026-01-07 00:00 +0800"), at("2026-01-21 00:00 +0800"), &everybody).unwrap();
    let found: Vec<_> = shifts.iter().map(|shift| (name(shift.agent), shift.from, shift.to)).collect();
    assert_eq!(
        found,
        [
            ("Anna", at("2026-01-07 00:00 +0800"), at("2026-01-11 21:00 +0800")),
            ("Bo", at("2026-01-11 21:00 +0800"), at("2026-01-19 09:00 +0800")),
            ("Anna", at("2026-01-19 09:00 +0800"), at("2026-01-21 00:00 +0800")),
        ]
    );
    assert_eq!(desk.shifts(1, at("2026-01-21 00:00 +0800"), at("2026-01-07 00:00 +0800"), &everybody), Ok(vec![]));
}

#[test]
fn each_hand_over_is_listed_once_however_the_span_is_cut() {
    let desk = rota(&[weekly(&[ANNA, BO]), with(weekly(&[CHEN, DORA]), "level", json!(2))], &[]);
    let times = ["2026-01-05 09:00 +0800", "2026-01-12 09:00 +0800", "2026-01-19 09:00 +0800"].map(at);
    let hand_overs = |from: Instant, to: Instant| desk.hand_overs(from, to, &everybody).unwrap();
    let found: Vec<_> = hand_overs(times[0], times[2])
        .iter()
        .map(|hand_over| (hand_over.level, hand_over.at, name(hand_over.leaving), name(hand_over.coming)))
        .collect();
    assert_eq!(
        found,
        [
            (1, times[0], "nobody", "Anna"),
            (2, times[0], "nobody", "Chen"),
            (1, times[1], "Anna", "Bo"),
            (2, times[1], "Chen", "Dora"),
        ]
    );
    let halves = [hand_overs(times[0], times[1]), hand_overs(times[1], times[2])].concat();
    assert_eq!(halves, hand_overs(times[0], times[2]));
    assert_eq!(hand_overs(times[1], times[1]), []);
}

#[test]
fn the_next_change_is_the_next_one_that_matters() {
    let far = swap("2026-09-01 00:00 +0800", "2026-09-02 00:00 +0800", None, Some(DORA));
    let desk = rota(&[weekly(&[ANNA, BO]), with(weekly(&[CHEN]), "level", json!(2))], &[with(far, "level", json!(2))]);
    let now = at("2026-01-07 00:00 +0800");
    assert_eq!(desk.next_change_after(1, now, &everybody), Some(at("2026-01-12 09:00 +0800")));
    assert_eq!(desk.next_change_after(1, at("2026-01-12 09:00 +0800"), &everybody), Some(at("2026-01-19 09:00 +0800")));
    assert_eq!(desk.next_change_after(2, now, &everybody), Some(at("2026-09-01 00:00 +0800")));
    assert_eq!(desk.next_change_after(2, at("2026-10-01 00:00 +0800"), &everybody), None);
    assert_eq!(desk.next_change_after(3, now, &everybody), None);
    // With Bo gone the week after is a gap, and then it is Anna again.
    assert_eq!(desk.next_change_after(1, now, &no_bo), Some(at("2026-01-12 09:00 +0800")));
    let standing = desk.standing(2, at("2026-09-01 12:00 +0800"), &everybody);
    let (since, until) = (at("2026-09-01 00:00 +0800"), at("2026-09-02 00:00 +0800"));
    assert_eq!(standing, Standing { agent: Some(DORA), since: Some(since), until: Some(until) });
}

#[test]
fn a_span_beyond_the_bound_is_refused_and_says_so() {
    let desk = rota(&[weekly(&[ANNA])], &[]);
    let from = at("2026-01-05 09:00 +0800");
    let to = from + chrono::TimeDelta::days(SPAN_DAYS_MAX + 1);
    assert_eq!(desk.coverage(from, to, &everybody), Err(RotaError::SpanTooLong { days: SPAN_DAYS_MAX + 1 }));
}

#[test]
fn centuries_from_the_start_an_answer_costs_the_same() {
    let desk = rota(&[daily(&[ANNA, BO, CHEN], "Asia/Shanghai", "09:00", "1901-01-01")], &[]);
    check_on_call(
        &desk,
        1,
        &[
            ("1901-01-02 08:00 +0805", "Anna"),
            // 45,700 days after the start: a multiple of three, and one.
            ("2026-02-14 12:00 +0800", "Bo"),
            ("2499-06-01 12:00 +0800", "Chen"),
            ("2600-01-01 12:00 +0800", "nobody"),
        ],
    );
    // As many as this would take hours if each walked from the start.
    let from = at("2498-01-01 00:00 +0800");
    let shifts = desk.shifts(1, from, from + chrono::TimeDelta::days(SPAN_DAYS_MAX), &everybody).unwrap();
    assert_eq!(shifts.len() as i64, SPAN_DAYS_MAX + 1);
}

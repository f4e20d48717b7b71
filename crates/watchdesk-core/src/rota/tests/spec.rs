//! A rota as written: its shape, and what is refused.

use serde_json::{Value, json};

use super::super::{OVERRIDES_MAX, RESTRICTIONS_MAX, RotaSpec};
use super::{ANNA, BO, CHEN, DORA, compile, daily, swap, weekly, with, written};

#[test]
fn what_is_read_is_written_back() {
    let restrictions = json!([{"weekdays": ["sat", "sun"], "from": "20:00", "to": "08:00"}]);
    let whole = json!({
        "slug": "desk", "name": {"en": "Desk", "zh": "服务台"}, "team": "support",
        "layers": [{
            "level": 2, "people": [ANNA, BO], "rotation": "weekly", "every": 2, "hand_over": "09:00",
            "weekday": "mon", "time_zone": "Asia/Shanghai", "starts_on": "2026-01-05", "until": "2027-01-04",
            "restrictions": restrictions,
        }],
        "overrides": [{
            "level": 2, "from": "2026-02-16T01:00:00Z", "to": "2026-02-18T01:00:00Z", "replaces": CHEN, "with": DORA,
        }],
    });
    let spec: RotaSpec = serde_json::from_value(whole.clone()).unwrap();
    assert_eq!(serde_json::to_value(&spec).unwrap(), whole);
    assert_eq!(spec.people().into_iter().collect::<Vec<_>>(), [ANNA, BO, CHEN, DORA]);
    compile(&whole).unwrap();
}

#[test]
fn a_shape_that_is_wrong_is_refused_with_the_key() {
    for (written, expected) in [
        (json!({"name": {"en": "", "zh": ""}}), "missing field `slug`"),
        (with(written(&[], &[]), "layer", json!([])), "unknown field `layer`"),
        (written(&[with(weekly(&[ANNA]), "zone", json!("UTC"))], &[]), "unknown field `zone`"),
        (written(&[with(weekly(&[ANNA]), "people", json!(["anna"]))], &[]), "UUID parsing failed"),
        (written(&[], &[json!({"from": "yesterday", "to": "2026-01-01T00:00:00Z"})]), "input contains invalid"),
    ] {
        let error = serde_json::from_value::<RotaSpec>(written.clone()).unwrap_err().to_string();
        assert!(error.contains(expected), "{written}: {error}");
    }
}

#[test]
fn a_value_that_is_wrong_is_refused_with_its_place() {
    let second = |key: &str, value: Value| written(&[weekly(&[ANNA]), with(weekly(&[BO]), key, value)], &[]);
    let hours = |from: &str, to: &str| second("restrictions", json!([{"from": from, "to": to}]));
    let (from, to) = ("2026-01-05 09:00 +0800", "2026-01-12 09:00 +0800");
    let overridden = |swap: Value| written(&[weekly(&[ANNA])], &[swap]);
    let of_daily = with(daily(&[ANNA], "UTC", "09:00", "2026-01-01"), "weekday", json!("mon"));
    for (written, expected) in [
        (second("rotation", json!("monthly")), "layers[1].rotation: \"monthly\" is not a rotation"),
        (second("level", json!(0)), "layers[1].level: 0 is not a level"),
        (second("people", json!([])), "layers[1].people: name from 1 to"),
        (second("every", json!(0)), "layers[1].every: 0 is not a length of turns"),
        (second("every", json!(61)), "layers[1].every: 61"),
        (second("hand_over", json!("24:00")), "layers[1].hand_over: \"24:00\" is not a time of day"),
        (second("hand_over", json!("9:00")), "layers[1].hand_over: \"9:00\""),
        (second("weekday", json!("monday")), "layers[1].weekday: \"monday\" is not a weekday"),
        (second("time_zone", json!("Asia/Beijing")), "layers[1].time_zone: \"Asia/Beijing\""),
        (second("starts_on", json!("2026-02-30")), "layers[1].starts_on: \"2026-02-30\" is not a date"),
        (
            second("starts_on", json!("2026-01-06")),
            "layers[1].starts_on: 2026-01-06 is not a mon, the weekday of the hand-over; the next one is 2026-01-12",
        ),
        (second("until", json!("soon")), "layers[1].until: \"soon\" is not a date"),
        (second("until", json!("2026-01-05")), "layers[1].until: the layer would end on 2026-01-05"),
        (hours("09:00", "09:00"), "layers[1].restrictions[0]: the frame 09:00-09:00 has no length"),
        (hours("24:00", "06:00"), "layers[1].restrictions[0]: \"24:00\" is not a time of day"),
        (
            second("restrictions", json!([{"weekdays": ["so"], "from": "09:00", "to": "18:00"}])),
            "layers[1].restrictions[0].weekdays: \"so\" is not a weekday",
        ),
        (written(&[of_daily], &[]), "layers[0].weekday: only a weekly rotation has a weekday"),
        (overridden(swap(to, from, None, None)), "overrides[0].to: it would end before it begins"),
        (overridden(swap(from, from, None, None)), "overrides[0].to: it would end before it begins"),
        (
            overridden(with(swap(from, to, None, None), "level", json!(2))),
            "overrides[0].level: no layer has the level 2",
        ),
    ] {
        let error = compile(&written).unwrap_err().to_string();
        assert!(error.starts_with(expected), "{written}: {error}");
    }
}

#[test]
fn lists_are_bounded() {
    let always = swap("2026-01-05 09:00 +0800", "2026-01-12 09:00 +0800", None, None);
    let hours = vec![json!({"from": "09:00", "to": "18:00"}); RESTRICTIONS_MAX + 1];
    for (written, expected) in [
        (written(&vec![weekly(&[ANNA]); 21], &[]), "layers: 21 are more than 20"),
        (written(&[weekly(&[ANNA])], &vec![always; OVERRIDES_MAX + 1]), "overrides: 2001 are more than 2000"),
        (written(&[weekly(&[ANNA; 201])], &[]), "layers[0].people: name from 1 to 200 people, not 201"),
        (
            written(&[with(weekly(&[ANNA]), "restrictions", json!(hours))], &[]),
            "layers[0].restrictions: 15 entries are more than 14",
        ),
    ] {
        let error = compile(&written).unwrap_err().to_string();
        assert!(error.starts_with(expected), "{error}");
    }
}

//! From a rota as written to one that computes: every value is checked and errors name the entry.

use std::collections::BTreeSet;

use chrono::{Datelike, Days, NaiveDate, Weekday};

use super::layer::{Duty, Layer};
use super::{LayerSpec, OverrideSpec, RestrictionSpec, RotaError, RotaSpec};
use crate::calendar::{DAY_MINUTES, Frame, YEAR_LAST, edge, frame_of, minute_of, parse_date, united, weekday_of};
use crate::ids::AgentId;

pub const LAYERS_MAX: usize = 20;
pub const PEOPLE_MAX: usize = 200;
pub const RESTRICTIONS_MAX: usize = 14;
pub const OVERRIDES_MAX: usize = 2_000;
pub const LEVEL_MAX: u32 = 9;
/// The longest turn, in days or weeks.
pub const EVERY_MAX: u32 = 60;

/// A swap in UTC seconds.
#[derive(Debug, Clone)]
pub(super) struct Override {
    pub(super) level: u32,
    pub(super) from_s: i64,
    pub(super) to_s: i64,
    pub(super) replaces: Option<AgentId>,
    pub(super) with: Option<AgentId>,
}

pub(super) fn layers_of(spec: &RotaSpec) -> Result<Vec<Layer>, RotaError> {
    if spec.layers.len() > LAYERS_MAX {
        return Err(RotaError::TooManyLayers { count: spec.layers.len() });
    }
    spec.layers.iter().enumerate().map(|(index, layer)| layer_of(&format!("layers[{index}]"), layer)).collect()
}

pub(super) fn overrides_of(spec: &RotaSpec, levels: &BTreeSet<u32>) -> Result<Vec<Override>, RotaError> {
    if spec.overrides.len() > OVERRIDES_MAX {
        return Err(RotaError::TooManyOverrides { count: spec.overrides.len() });
    }
    let numbered = spec.overrides.iter().enumerate();
    numbered.map(|(index, swap)| override_of(&format!("overrides[{index}]"), swap, levels)).collect()
}

fn override_of(place: &str, swap: &OverrideSpec, levels: &BTreeSet<u32>) -> Result<Override, RotaError> {
    if !levels.contains(&swap.level) {
        return Err(RotaError::NoSuchLevel { place: format!("{place}.level"), level: swap.level });
    }
    let (from_s, to_s) = (swap.from.timestamp(), swap.to.timestamp());
    if from_s >= to_s {
        return Err(RotaError::BackwardOverride { place: format!("{place}.to") });
    }
    Ok(Override { level: swap.level, from_s, to_s, replaces: swap.replaces, with: swap.with })
}

fn layer_of(place: &str, layer: &LayerSpec) -> Result<Layer, RotaError> {
    let at = |entry: &str| format!("{place}.{entry}");
    check_numbers(place, layer)?;
    let zone = layer
        .time_zone
        .parse()
        .map_err(|_| RotaError::UnknownZone { place: at("time_zone"), text: layer.time_zone.clone() })?;
    let hand_over_minute = minute_of(&layer.hand_over)
        .filter(|minute| *minute < DAY_MINUTES)
        .ok_or_else(|| RotaError::BadTime { place: at("hand_over"), text: layer.hand_over.clone() })?;
    let starts_on = date_of(at("starts_on"), &layer.starts_on)?;
    let turn_days = turn_days_of(place, layer)?;
    check_weekday(place, layer, starts_on)?;
    let ends_on = match &layer.until {
        Some(until) => end_of(at("until"), until, starts_on)?,
        None => NaiveDate::from_ymd_opt(YEAR_LAST, 12, 31).unwrap_or(NaiveDate::MAX),
    };
    Ok(Layer {
        level: layer.level,
        people: layer.people.clone(),
        zone,
        starts_on,
        hand_over_minute,
        turn_days,
        from_s: edge(zone, starts_on, hand_over_minute),
        to_s: edge(zone, ends_on, hand_over_minute),
        duty: duty_of(&at("restrictions"), &layer.restrictions)?,
    })
}

fn check_numbers(place: &str, layer: &LayerSpec) -> Result<(), RotaError> {
    if !(1..=LEVEL_MAX).contains(&layer.level) {
        return Err(RotaError::BadLevel { place: format!("{place}.level"), level: layer.level });
    }
    if !(1..=PEOPLE_MAX).contains(&layer.people.len()) {
        return Err(RotaError::BadPeople { place: format!("{place}.people"), count: layer.people.len() });
    }
    if !(1..=EVERY_MAX).contains(&layer.every) {
        return Err(RotaError::BadEvery { place: format!("{place}.every"), every: layer.every });
    }
    Ok(())
}

fn turn_days_of(place: &str, layer: &LayerSpec) -> Result<i64, RotaError> {
    match layer.rotation.as_str() {
        "daily" if layer.weekday.is_some() => Err(RotaError::WeekdayOfDaily { place: format!("{place}.weekday") }),
        "daily" => Ok(i64::from(layer.every)),
        "weekly" => Ok(i64::from(layer.every) * 7),
        other => Err(RotaError::BadRotation { place: format!("{place}.rotation"), text: other.to_owned() }),
    }
}

/// The first hand-over must lie on the weekday of all of them.
fn check_weekday(place: &str, layer: &LayerSpec, starts_on: NaiveDate) -> Result<(), RotaError> {
    let Some(name) = &layer.weekday else {
        return Ok(());
    };
    let weekday = weekday_in(&format!("{place}.weekday"), name)?;
    if starts_on.weekday() == weekday {
        return Ok(());
    }
    let days = (7 + weekday.num_days_from_monday() - starts_on.weekday().num_days_from_monday()) % 7;
    let next = starts_on + Days::new(u64::from(days));
    Err(RotaError::WrongWeekday {
        place: format!("{place}.starts_on"),
        text: layer.starts_on.clone(),
        weekday: name.clone(),
        next: next.to_string(),
    })
}

fn end_of(place: String, until: &str, starts_on: NaiveDate) -> Result<NaiveDate, RotaError> {
    let ends_on = date_of(place.clone(), until)?;
    if ends_on <= starts_on {
        let starts_on = starts_on.to_string();
        return Err(RotaError::EndsBeforeStart { place, starts_on, until: until.to_owned() });
    }
    Ok(ends_on)
}

fn duty_of(place: &str, restrictions: &[RestrictionSpec]) -> Result<Duty, RotaError> {
    if restrictions.is_empty() {
        return Ok(Duty::Always);
    }
    if restrictions.len() > RESTRICTIONS_MAX {
        return Err(RotaError::TooManyRestrictions { place: place.to_owned(), count: restrictions.len() });
    }
    let mut week: [Vec<Frame>; 7] = Default::default();
    for (index, restriction) in restrictions.iter().enumerate() {
        let place = format!("{place}[{index}]");
        let written = [restriction.from.clone(), restriction.to.clone()];
        let frame = frame_of(&place, &written).map_err(RotaError::BadFrame)?;
        for weekday in weekdays_of(&place, &restriction.weekdays)? {
            week[weekday].push(frame);
        }
    }
    Ok(Duty::Frames(Box::new(week.map(united))))
}

/// Counted from Monday.
fn weekdays_of(place: &str, names: &[String]) -> Result<BTreeSet<usize>, RotaError> {
    if names.is_empty() {
        return Ok((0..7).collect());
    }
    let place = format!("{place}.weekdays");
    names.iter().map(|name| weekday_in(&place, name).map(|day| day.num_days_from_monday() as usize)).collect()
}

fn weekday_in(place: &str, name: &str) -> Result<Weekday, RotaError> {
    weekday_of(name).ok_or_else(|| RotaError::BadWeekday { place: place.to_owned(), text: name.to_owned() })
}

fn date_of(place: String, text: &str) -> Result<NaiveDate, RotaError> {
    parse_date(text).ok_or_else(|| RotaError::BadDate { place, text: text.to_owned() })
}

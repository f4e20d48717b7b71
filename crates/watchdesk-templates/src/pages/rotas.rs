//! Who is on call, and where nobody will be.

use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;
use serde::Serialize;
use watchdesk_core::ids::AgentId;
use watchdesk_core::rota::Shift;

use super::samples;
use super::shell::{Nav, Person, Shell};
use crate::page::Page;

/// Width of the picture of the coming weeks.
const PICTURE: i64 = 1_000;
/// People that the picture tells apart by colour; the next ones begin again.
const TINTS: usize = 6;
/// Shifts that are listed below the picture of one level.
pub const SHIFTS_LISTED_MAX: usize = 60;

/// `GET /rotas?weeks=`.
#[derive(Debug, Clone, Serialize)]
pub struct RotasPage {
    pub shell: Shell,
    pub from: DateTime<Utc>,
    pub to: DateTime<Utc>,
    /// `1`, `2`, `4`, `8`.
    pub weeks: i64,
    pub rotas: Vec<RotaCard>,
    /// Where nobody is on call, of all rotas, the next one first.
    pub gaps: Vec<RotaGapLine>,
    /// The reader's own shifts as a calendar feed, if he is on a rota.
    pub feed_href: Option<String>,
}

#[derive(Debug, Clone, Serialize)]
pub struct RotaGapLine {
    pub rota: String,
    pub level: u32,
    pub from: DateTime<Utc>,
    pub to: DateTime<Utc>,
    pub length_s: i64,
}

#[derive(Debug, Clone, Serialize)]
pub struct RotaCard {
    pub slug: String,
    pub name: String,
    /// The team it covers.
    pub team: Option<String>,
    pub levels: Vec<RotaLevel>,
}

/// One level over the span of the page.
#[derive(Debug, Clone, Serialize)]
pub struct RotaLevel {
    pub level: u32,
    /// Who is on call now, and until when within the span.
    pub now: Option<RotaShift>,
    /// Midnights of the reader's zone.
    pub days: Vec<RotaDay>,
    pub shifts: Vec<RotaShift>,
    /// Shifts beyond [`SHIFTS_LISTED_MAX`]: in the picture, not in the list.
    pub listed: usize,
    pub people: Vec<RotaPerson>,
}

#[derive(Debug, Clone, Serialize)]
pub struct RotaDay {
    pub x: i64,
    pub at: DateTime<Utc>,
    /// The first one of a week.
    pub is_monday: bool,
}

#[derive(Debug, Clone, Serialize)]
pub struct RotaShift {
    /// None: nobody is on call.
    pub person: Option<Person>,
    pub tint: usize,
    pub from: DateTime<Utc>,
    pub to: DateTime<Utc>,
    pub length_s: i64,
    pub x: i64,
    pub width: i64,
}

#[derive(Debug, Clone, Serialize)]
pub struct RotaPerson {
    pub person: Person,
    pub tint: usize,
}

impl RotaLevel {
    /// From the shifts of `[from, to)` as [`watchdesk_core::rota::Rota::shifts`] answers them.
    pub fn of(level: u32, shifts: &[Shift], now: DateTime<Utc>, zone: Tz, person: impl Fn(AgentId) -> Person) -> Self {
        let span = shifts.first().zip(shifts.last()).map(|(first, last)| (first.from, last.to));
        let place = |at: DateTime<Utc>| span.map_or(0, |span| place(span, at));
        let mut people: Vec<(AgentId, RotaPerson)> = Vec::new();
        let mut told = Vec::new();
        for shift in shifts {
            let known = shift.agent.map(|id| match people.iter().find(|(known, _)| *known == id) {
                Some((_, person)) => person.clone(),
                None => {
                    let person = RotaPerson { person: person(id), tint: people.len() % TINTS };
                    people.push((id, person.clone()));
                    person
                }
            });
            told.push(RotaShift {
                tint: known.as_ref().map_or(0, |known| known.tint),
                person: known.map(|known| known.person),
                from: shift.from,
                to: shift.to,
                length_s: (shift.to - shift.from).num_seconds(),
                x: place(shift.from),
                width: place(shift.to) - place(shift.from),
            });
        }
        Self {
            level,
            now: told.iter().find(|shift| shift.from <= now && now < shift.to).cloned(),
            days: span.map_or_else(Vec::new, |span| days(span, zone)),
            listed: told.len().min(SHIFTS_LISTED_MAX),
            shifts: told,
            people: people.into_iter().map(|(_, person)| person).collect(),
        }
    }
}

fn place((from, to): (DateTime<Utc>, DateTime<Utc>), at: DateTime<Utc>) -> i64 {
    let whole = (to - from).num_seconds().max(1);
    (at - from).num_seconds().clamp(0, whole) * PICTURE / whole
}

/// Midnights within the span. A midnight that daylight saving skips is left out.
fn days(span: (DateTime<Utc>, DateTime<Utc>), zone: Tz) -> Vec<RotaDay> {
    let (from, to) = span;
    let mut date = from.with_timezone(&zone).date_naive();
    let mut days = Vec::new();
    for _ in 0..=(to - from).num_days() {
        date += TimeDelta::days(1);
        let midnight = date.and_time(chrono::NaiveTime::MIN).and_local_timezone(zone).earliest();
        if let Some(at) = midnight.map(|at| at.to_utc()).filter(|at| *at < to) {
            days.push(RotaDay {
                x: place(span, at),
                at,
                is_monday: chrono::Datelike::weekday(&date) == chrono::Weekday::Mon,
            });
        }
    }
    days
}

impl Page for RotasPage {
    const TEMPLATE: &'static str = "pages/rotas.html";
}

impl RotasPage {
    pub fn samples() -> Vec<(&'static str, Self)> {
        let person = |id: AgentId| match id.0.as_u128() {
            1 => samples::zhang(),
            2 => samples::grace(),
            _ => samples::person("p9", "<img src=x onerror=alert(1)>", "?"),
        };
        let shift = |agent: Option<u128>, from_h: i64, to_h: i64| Shift {
            agent: agent.map(|n| AgentId(uuid::Uuid::from_u128(n))),
            from: samples::ago(0) + TimeDelta::hours(from_h),
            to: samples::ago(0) + TimeDelta::hours(to_h),
        };
        let first =
            [shift(Some(1), -24, 100), shift(None, 100, 112), shift(Some(2), 112, 200), shift(Some(3), 200, 312)];
        let second: Vec<Shift> =
            (0..80).map(|n| shift(Some(1 + u128::from(n % 2 == 0)), n * 4 - 24, n * 4 - 20)).collect();
        let zone = Tz::Asia__Shanghai;
        let level = |level, shifts: &[Shift]| RotaLevel::of(level, shifts, samples::now(), zone, person);
        let desk = RotaCard {
            slug: "desk".into(),
            name: "服务台".into(),
            team: Some("First line".into()),
            levels: vec![level(1, &first), level(2, &second)],
        };
        let uncovered =
            RotaCard { slug: "night".into(), name: "Night".into(), team: None, levels: vec![level(1, &[])] };
        let gap = RotaGapLine {
            rota: "服务台".into(),
            level: 1,
            from: samples::ahead(360_000),
            to: samples::ahead(403_200),
            length_s: 43_200,
        };
        let full = Self {
            shell: samples::shell(Nav::Rotas, "/rotas"),
            from: samples::ago(86_400),
            to: samples::ahead(1_123_200),
            weeks: 2,
            rotas: vec![desk.clone(), uncovered],
            gaps: vec![gap],
            feed_href: Some("/api/v1/rotas/feed/5d0f6a1c9b7e.ics".into()),
        };
        let covered = Self { gaps: Vec::new(), rotas: vec![desk], feed_href: None, ..full.clone() };
        let none = Self { rotas: Vec::new(), ..covered.clone() };
        vec![("rotas", full), ("rotas_covered", covered), ("rotas_none", none)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_picture_has_no_hole_and_its_days_are_the_readers() {
        let (_, page) = RotasPage::samples().swap_remove(0);
        let level = &page.rotas[0].levels[0];
        assert_eq!(level.shifts.iter().map(|shift| shift.width).sum::<i64>(), PICTURE);
        assert!(level.shifts.windows(2).all(|pair| pair[0].x + pair[0].width == pair[1].x));
        assert_eq!(level.now.as_ref().and_then(|shift| shift.person.as_ref()).map(|person| person.me), Some(true));
        assert_eq!(level.people.len(), 3);
        let midnight = |day: &RotaDay| day.at.with_timezone(&Tz::Asia__Shanghai).format("%H:%M").to_string();
        assert!(level.days.iter().all(|day| midnight(day) == "00:00") && level.days.len() == 14);
        assert!(page.rotas[1].levels[0].shifts.is_empty() && page.rotas[1].levels[0].now.is_none());
    }

    #[test]
    fn days_follow_the_clocks_across_daylight_saving() {
        let at = |text: &str| text.parse::<DateTime<Utc>>().expect("an instant");
        let of = days((at("2026-03-28T12:00:00Z"), at("2026-03-31T12:00:00Z")), Tz::Europe__Berlin);
        let utc: Vec<String> = of.iter().map(|day| day.at.format("%d %H").to_string()).collect();
        assert_eq!(utc, ["28 23", "29 22", "30 22"]);
    }
}

//! What will be missed in the next hours, for a terminal.

use std::collections::BTreeMap;
use std::fmt::Write;

use watchdesk_core::forecast::{Expected, Forecast, Outlook, Pace};
use watchdesk_core::ids::TeamId;

use super::Names;
use super::teller::Teller;
use crate::names;
use crate::reader::ReaderLocale;
use crate::text::one_line;

/// `is_cut`: there is more than the forecast has seen.
pub fn forecast_text(
    forecast: &Forecast,
    is_cut: bool,
    reader: ReaderLocale,
    names: &Names,
    teams: &BTreeMap<TeamId, String>,
) -> String {
    let teller = Teller { reader, names, now: forecast.at };
    let (until, window) = (teller.minute(forecast.until), teller.rough(forecast.window_s));
    let mut text = String::new();
    line(&mut text, 0, &teller.say("forecast.title", &[("until", &until), ("window", &window)]));
    line(&mut text, 0, &teller.as_of());
    if is_cut {
        line(&mut text, 0, &teller.say("forecast.cut", &[]));
    }
    if forecast.queues.is_empty() && forecast.persons.is_empty() {
        line(&mut text, 0, &format!("\n{}", teller.say("forecast.none", &[])));
        return text;
    }
    line(&mut text, 0, &format!("\n{}", teller.say("forecast.queues", &[])));
    for queue in &forecast.queues {
        let known = queue.line.and_then(|id| teams.get(&id));
        let name = known.map_or_else(|| teller.say("forecast.no_team", &[]), |name| one_line(name));
        outlook(&mut text, &teller, &name, queue);
    }
    if !forecast.persons.is_empty() {
        line(&mut text, 0, &format!("\n{}", teller.say("forecast.persons", &[])));
    }
    for person in &forecast.persons {
        outlook(&mut text, &teller, &teller.agent(person.line), person);
    }
    text
}

fn line(text: &mut String, indent: usize, words: &str) {
    // A string takes whatever is written to it.
    let _ = writeln!(text, "{:indent$}{words}", "");
}

fn outlook<L>(text: &mut String, teller: &Teller<'_>, name: &str, outlook: &Outlook<L>) {
    let Outlook { due, will_be_missed, overdue, at_risk, .. } = outlook;
    let pace = match outlook.pace {
        Pace::Known { fulfilled, seconds_each } => {
            teller.say("forecast.pace", &[("span", &teller.rough(seconds_each)), ("n", &fulfilled)])
        }
        Pace::Unknown => teller.say("forecast.no_pace", &[]),
    };
    let key = match outlook.pace {
        Pace::Known { .. } => "forecast.line",
        Pace::Unknown => "forecast.line_at_risk",
    };
    let missed = will_be_missed + at_risk;
    let values: [(&str, &dyn std::fmt::Display); 5] =
        [("name", &name), ("due", due), ("missed", &missed), ("overdue", overdue), ("pace", &pace)];
    line(text, 2, &teller.say(key, &values));
    for expected in &outlook.listed {
        line(text, 4, &item(teller, expected));
    }
    let more = (missed as usize).saturating_sub(outlook.listed.len());
    if more > 0 {
        line(text, 4, &teller.say("forecast.more", &[("count", &more)]));
    }
}

fn item(teller: &Teller<'_>, expected: &Expected) -> String {
    let objective = names::objective(teller.reader.language, expected.objective);
    let (number, due) = (expected.ticket.0, teller.minute(expected.deadline));
    match expected.expected {
        Some(done) => {
            let done = teller.minute(done);
            let values: [(&str, &dyn std::fmt::Display); 4] =
                [("number", &number), ("objective", &objective), ("due", &due), ("expected", &done)];
            teller.say("forecast.item", &values)
        }
        None => {
            let values: [(&str, &dyn std::fmt::Display); 3] =
                [("number", &number), ("objective", &objective), ("due", &due)];
            teller.say("forecast.item_unknown", &values)
        }
    }
}

#[cfg(test)]
mod tests {
    use chrono::{Duration, TimeZone, Utc};
    use chrono_tz::Asia::Shanghai;
    use uuid::Uuid;
    use watchdesk_core::clock::Objective;
    use watchdesk_core::desk::Language;
    use watchdesk_core::ids::{AgentId, ClockId, TicketNumber};

    use super::*;

    const TEAM: TeamId = TeamId(Uuid::from_u128(1));
    const LI: AgentId = AgentId(Uuid::from_u128(2));

    fn told(is_cut: bool, language: Language) -> String {
        let at = Utc.with_ymd_and_hms(2026, 3, 2, 1, 0, 0).single().expect("a time");
        let expected = |number, expected: Option<i64>| Expected {
            clock: ClockId(Uuid::from_u128(3)),
            ticket: TicketNumber(number),
            objective: Objective::FirstResponse,
            deadline: at + Duration::hours(2),
            expected: expected.map(|hours| at + Duration::hours(hours)),
        };
        let pace = Pace::Known { fulfilled: 4, seconds_each: 21_600 };
        let listed = vec![expected(1042, Some(6))];
        let known = Outlook { line: (), pace, overdue: 1, due: 3, will_be_missed: 3, at_risk: 0, listed };
        let listed = vec![expected(1043, None)];
        let unknown =
            Outlook { pace: Pace::Unknown, overdue: 0, due: 1, will_be_missed: 0, at_risk: 1, listed, ..known.clone() };
        let forecast = Forecast {
            at,
            until: at + Duration::hours(8),
            window_s: 86_400,
            queues: vec![of(known, Some(TEAM)), of(unknown.clone(), None)],
            persons: vec![of(unknown, LI)],
        };
        let names = Names { agents: [(LI, "Li\nNa".to_owned())].into(), ..Names::default() };
        let teams = [(TEAM, "First line".to_owned())].into();
        forecast_text(&forecast, is_cut, ReaderLocale::new(language, Shanghai), &names, &teams)
    }

    fn of<L>(outlook: Outlook<()>, line: L) -> Outlook<L> {
        let Outlook { line: (), pace, overdue, due, will_be_missed, at_risk, listed } = outlook;
        Outlook { line, pace, overdue, due, will_be_missed, at_risk, listed }
    }

    #[test]
    fn a_terminal_is_told_who_will_miss_what() {
        let english = told(false, Language::English);
        for part in [
            "until Mon 2 Mar, 17:00",
            "  First line: 3 fall due, 3 of them will be missed; 1 overdue already.",
            "    #1042 First response, due Mon 2 Mar, 11:00, expected Mon 2 Mar, 15:00",
            "    and 2 more",
            "  of no team: 1 fall due, 1 at risk;",
            "    #1043 First response, due Mon 2 Mar, 11:00",
            "  Li Na:",
        ] {
            assert!(english.contains(part), "\"{part}\" is not in:\n{english}");
        }
        assert!(!english.contains("most urgent") && told(true, Language::English).contains("most urgent"));
        let chinese = told(true, Language::Chinese);
        for part in ["3月2日（周一）17:00", "#1042", "不属于任何团队", "另有 2 项", "最紧急"] {
            assert!(chinese.contains(part), "\"{part}\" is not in:\n{chinese}");
        }
    }
}

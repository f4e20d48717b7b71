//! Words that remind the operator of what it owes: copy-ready, in its language.

use chrono_tz::Tz;
use watchdesk_core::Instant;
use watchdesk_core::chase::Owed;
use watchdesk_core::desk::Language;

use crate::catalogue::words;
use crate::format::{self, Style};
use crate::reader::ReaderLocale;
use crate::text::one_line;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chase {
    pub reference: String,
    pub filed_at: Option<Instant>,
    /// `A`, `B`, `C`, as filed or lowered.
    pub severity: String,
    pub owed: Owed,
    pub now: Instant,
    /// Whom it may call or write to: our people, never the customer's. Empty parts are left out.
    pub contact: Vec<String>,
}

/// In the operator's language and zone, whoever reads the page.
pub fn chase_text(language: Language, zone: Tz, chase: &Chase) -> String {
    let reader = ReaderLocale::new(language, zone);
    let say = |key: &str, values: &[(&str, &dyn std::fmt::Display)]| words().say(language, key, values);
    let at = |at: Instant| format::instant(at, reader, Style::Full);
    let reference = one_line(&chase.reference);
    let deadline = at(chase.owed.deadline);
    let mut lines = vec![say("chase.greeting", &[])];
    lines.push(match chase.filed_at {
        Some(filed) => {
            say("chase.filed", &[("reference", &reference), ("at", &at(filed)), ("severity", &chase.severity)])
        }
        None => say("chase.about", &[("reference", &reference)]),
    });
    let what = say(&format!("chase.what.{}", chase.owed.objective.as_str()), &[]);
    lines.push(match chase.owed.over_s(chase.now) {
        Some(over) => {
            let over = format::duration(over, language);
            say("chase.late", &[("what", &what), ("at", &deadline), ("over", &over)])
        }
        None => say("chase.near", &[("what", &what), ("at", &deadline)]),
    });
    lines.push(say("chase.ask", &[]));
    let contact: Vec<String> =
        chase.contact.iter().map(|part| one_line(part)).filter(|part| !part.is_empty()).collect();
    if !contact.is_empty() {
        lines.push(say("chase.contact", &[("contact", &contact.join(", "))]));
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use watchdesk_core::clock::Objective;

    use super::*;

    #[test]
    fn a_reminder_says_what_was_promised_and_how_late_it_is() {
        let at = |text: &str| text.parse::<Instant>().expect("an instant");
        let owed = Owed { objective: Objective::UpstreamUpdate, deadline: at("2026-03-02T05:00:00Z") };
        let chase = Chase {
            reference: "21V-300123".to_owned(),
            filed_at: Some(at("2026-03-02T01:00:00Z")),
            severity: "B".to_owned(),
            owed,
            now: at("2026-03-02T06:30:00Z"),
            contact: vec!["Huaxin".to_owned(), String::new(), "400-820-1234".to_owned()],
        };
        let text = chase_text(Language::English, Tz::Asia__Shanghai, &chase);
        for part in ["21V-300123", "2026-03-02 09:00", "2026-03-02 13:00", "1 h 30 min", "Huaxin, 400-820-1234"] {
            assert!(text.contains(part), "{part}: {text}");
        }
        let early = Chase { now: at("2026-03-02T04:30:00Z"), ..chase };
        let text = chase_text(Language::Chinese, Tz::Asia__Shanghai, &early);
        assert!(text.contains("21V-300123") && text.contains("13:00") && !text.contains("逾期"), "{text}");
    }
}

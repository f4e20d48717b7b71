//! Notices that did not get through, in words.

use watchdesk_core::effect::Recipient;
use watchdesk_core::explain::{Delivery, DeliveryFate};

use super::teller::Teller;
use super::{Line, Thing, Tone};
use crate::text::one_line;

/// Why a notice was moot, as it is put on record, and under which word it is translated. What a mail server or a webhook
/// answered is quoted as it is.
const REASONS: [(&str, &str); 8] = [
    ("it was done before this was sent", "done"),
    ("nothing is owed any more", "nothing_owed"),
    ("the target changed before this was sent", "changed"),
    ("the clock stands still", "still"),
    ("the colleague is not active any more", "not_active"),
    ("the colleague may not see the ticket any more", "may_not_see"),
    ("sales see no cases", "no_cases"),
    ("nothing of it is this recipient's to know any more", "nothing_left"),
];

pub(super) fn line(teller: &Teller<'_>, delivery: &Delivery) -> Line {
    let whom = whom(teller, &delivery.to);
    let with_why = |key: &str, why: &str| teller.say(key, &[("whom", &whom), ("why", &reason(teller, why))]);
    let (what, tone) = match &delivery.fate {
        DeliveryFate::Retrying { why } => (with_why("delivery.retrying", why), Tone::Late),
        DeliveryFate::Dead { why } => (with_why("delivery.dead", why), Tone::Bad),
        DeliveryFate::Suppressed { why } => (with_why("delivery.suppressed", why), Tone::Still),
        DeliveryFate::Ambiguous => (teller.say("delivery.ambiguous", &[("whom", &whom)]), Tone::Late),
    };
    Line { when: teller.moment(delivery.at), what, tone }
}

fn whom(teller: &Teller<'_>, to: &Recipient) -> String {
    match to {
        Recipient::Contact(id) => teller.contact(*id),
        Recipient::Agent(id) => teller.agent(*id),
        Recipient::Address(address) => one_line(address),
        Recipient::Operator(slug) => teller.thing(Thing::Operator, slug),
        Recipient::Webhook(slug) => teller.say("whom.webhook", &[("webhook", &teller.thing(Thing::Webhook, slug))]),
    }
}

fn reason(teller: &Teller<'_>, why: &str) -> String {
    let known = REASONS.iter().find(|(recorded, _)| *recorded == why);
    match known {
        Some((_, word)) => teller.say(&format!("delivery.reason.{word}"), &[]),
        None if why.trim().is_empty() => teller.say("delivery.reason.unsaid", &[]),
        None => one_line(why),
    }
}

#[cfg(test)]
mod tests {
    use watchdesk_core::desk::Language;
    use watchdesk_core::event::StepRef;
    use watchdesk_core::ids::{ClockId, Slug};

    use super::super::samples::{GRACE, id, names, shanghai};
    use super::*;
    use crate::ReaderLocale;

    fn told(language: Language, to: Recipient, fate: DeliveryFate) -> String {
        let names = names(language);
        let reader = ReaderLocale::new(language, chrono_tz::Asia::Shanghai);
        let at = shanghai("2026-03-02 10:00");
        let teller = Teller { reader, names: &names, now: at };
        let step = StepRef { step: 0, repetition: 0 };
        line(&teller, &Delivery { clock: ClockId(uuid::Uuid::nil()), step, to, at, fate }).what
    }

    #[test]
    fn what_became_of_a_notice_is_told_in_both_languages() {
        let grace = || Recipient::Agent(id(GRACE));
        let pager = || Recipient::Webhook(Slug::new("pager").expect("a slug"));
        let moot = || DeliveryFate::Suppressed { why: "it was done before this was sent".to_owned() };
        let dead = || DeliveryFate::Dead { why: "550 no such\nuser".to_owned() };
        let cases = [
            (told(Language::English, grace(), moot()), "was not sent: it was done before"),
            (told(Language::Chinese, grace(), moot()), "发送前已完成"),
            (told(Language::English, grace(), dead()), "was given up: 550 no such user"),
            (told(Language::Chinese, grace(), dead()), "550 no such user"),
            (told(Language::English, pager(), DeliveryFate::Ambiguous), "pager"),
            (told(Language::English, grace(), DeliveryFate::Retrying { why: String::new() }), "not on record"),
        ];
        for (told, wanted) in cases {
            assert!(told.contains(wanted), "\"{wanted}\" is not in: {told}");
        }
    }

    #[test]
    fn every_reason_has_words() {
        for (_, word) in REASONS {
            for language in Language::ALL {
                let key = format!("explain.delivery.reason.{word}");
                assert!(crate::catalogue::words().get(language, &key).is_some(), "{key}");
            }
        }
    }
}

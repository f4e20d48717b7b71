//! Every mail, in both languages, as it leaves the house.

use std::collections::BTreeSet;

use chrono_tz::Tz;
use watchdesk_core::desk::Language;

use crate::mail::{Quoted, StaffTicket};
use crate::{Engine, MailContext, RenderedMail};

fn engine() -> Engine {
    Engine::strict().expect("all templates compile")
}

fn rendered(engine: &Engine, language: Language, mail: &MailContext) -> RenderedMail {
    engine.mail(language, Tz::Asia__Shanghai, mail).unwrap_or_else(|error| {
        panic!("{} in {}: {error}: {:?}", mail.name(), language.as_str(), std::error::Error::source(&error))
    })
}

fn sample(language: Language, name: &str) -> MailContext {
    let found = MailContext::samples(language).into_iter().find(|(known, _)| *known == name);
    found.map(|(_, mail)| mail).unwrap_or_else(|| panic!("no sample {name}"))
}

#[test]
fn every_sample_of_everything_renders_in_both_languages() {
    let engine = engine();
    let texts = engine.check().unwrap_or_else(|error| panic!("{error}: {:?}", std::error::Error::source(&error)));
    assert!(texts >= 2 * 60, "{texts}");
    let names: BTreeSet<_> = MailContext::samples(Language::English).iter().map(|(_, mail)| mail.name()).collect();
    assert_eq!(names.len(), 24, "every kind of mail has a sample");
}

#[test]
fn no_mail_leaves_anything_to_be_filled_in() {
    let engine = engine();
    for language in Language::ALL {
        for (name, mail) in MailContext::samples(language) {
            let RenderedMail { subject, text, html } = rendered(&engine, language, &mail);
            for part in [&subject, &text, &html] {
                assert!(!part.trim().is_empty(), "{name}");
                for leftover in ["{{", "{%", "names.", "{number}", "{at}", "CST"] {
                    assert!(!part.contains(leftover), "{name} in {} contains {leftover}: {part}", language.as_str());
                }
                let shows_key =
                    part.split("mail.").skip(1).any(|rest| rest.starts_with(|c: char| c.is_ascii_lowercase()));
                assert!(!shows_key, "{name} in {} shows a key: {part}", language.as_str());
            }
            assert!(!subject.contains(|c: char| c.is_control()), "{name}");
            assert!(text.ends_with('\n') && !text.contains("\n\n\n"), "{name}: {text:?}");
            assert!(!html.contains("<script") && !html.contains("<img"), "{name}");
            assert!(html.contains(&format!("<html lang=\"{}\">", language.as_str())), "{name}");
        }
    }
}

fn whole(mail: &RenderedMail) -> String {
    format!("Subject: {}\n\n{}\n=== HTML ===\n{}", mail.subject, mail.text, mail.html)
}

#[test]
fn whole_mails() {
    let engine = engine();
    let shown = [
        (Language::Chinese, "received"),
        (Language::English, "received"),
        (Language::English, "reply"),
        (Language::Chinese, "resolved"),
        (Language::Chinese, "passed_on"),
        (Language::English, "target_missed"),
        (Language::Chinese, "target_missed_acknowledgement"),
        (Language::English, "digest"),
        (Language::Chinese, "rota_gap"),
        (Language::English, "hand_over"),
        (Language::Chinese, "case_answered"),
        (Language::English, "daily_summary"),
    ];
    for (language, name) in shown {
        let mail = rendered(&engine, language, &sample(language, name));
        insta::assert_snapshot!(format!("{name}.{}", language.as_str()), whole(&mail));
    }
}

/// The text parts of the rest: what they say, without the marks that the mails above show.
#[test]
fn texts_of_the_other_mails() {
    let engine = engine();
    for language in Language::ALL {
        let mut all = String::new();
        for (name, mail) in MailContext::samples(language) {
            let mail = rendered(&engine, language, &mail);
            all.push_str(&format!("######## {name}\nSubject: {}\n\n{}\n", mail.subject, mail.text));
        }
        insta::assert_snapshot!(format!("texts.{}", language.as_str()), all);
    }
}

const ATTACK: &str = "{{7*191}} {% include 'mail/_parts.html' %} <b>x</b> \r\nBcc: victim@example.cn \u{202e}gnp";

fn hostile(ticket: StaffTicket) -> StaffTicket {
    StaffTicket { subject: ATTACK.into(), customer: Some(ATTACK.into()), requester: ATTACK.into(), ..ticket }
}

#[test]
fn what_a_customer_writes_stays_text() {
    let engine = engine();
    for language in Language::ALL {
        for (name, mut mail) in MailContext::samples(language) {
            match &mut mail {
                MailContext::Reply(reply) => {
                    reply.subject = ATTACK.into();
                    reply.quoted = Quoted::new("2026-03-02T01:30:00Z".parse().expect("an instant"), ATTACK);
                }
                MailContext::Resolved(resolved) => resolved.subject = ATTACK.into(),
                MailContext::Assigned(assigned) => assigned.ticket = hostile(assigned.ticket.clone()),
                MailContext::CustomerWrote(wrote) => {
                    wrote.ticket = hostile(wrote.ticket.clone());
                    wrote.words = ATTACK.into();
                    wrote.from = ATTACK.into();
                }
                MailContext::TargetNear(near) => near.ticket = hostile(near.ticket.clone()),
                MailContext::TargetMissed(missed) => missed.ticket = hostile(missed.ticket.clone()),
                MailContext::NobodyToCall(nobody) => nobody.ticket = hostile(nobody.ticket.clone()),
                MailContext::EscalationProposed(proposed) => proposed.ticket = hostile(proposed.ticket.clone()),
                MailContext::TargetOutside(outside) => {
                    outside.case.iter_mut().for_each(|case| case.reference = Some(ATTACK.into()));
                }
                MailContext::Digest(digest) => {
                    let tickets = digest.open.iter_mut().chain(&mut digest.done);
                    tickets.for_each(|ticket| (ticket.subject, ticket.customer) = (ATTACK.into(), Some(ATTACK.into())));
                }
                MailContext::HandOver(hand_over) => {
                    hand_over.from = Some(ATTACK.into());
                    hand_over.tickets.iter_mut().for_each(|ticket| ticket.subject = ATTACK.into());
                }
                MailContext::RotaGap(gap) => gap.before = Some(ATTACK.into()),
                MailContext::TimersStuck(stuck) => stuck.error = ATTACK.into(),
                MailContext::ToOperator(letter) => {
                    // Its body is ours, and has lines.
                    (letter.summary, letter.body) = (ATTACK.into(), ATTACK.replace("\r\n", " "));
                    letter.reference.iter_mut().for_each(|reference| *reference = ATTACK.into());
                }
                MailContext::CaseAnswered(answered) => answered.words = ATTACK.into(),
                MailContext::DailySummary(summary) => {
                    summary.due.iter_mut().for_each(|row| row.subject = ATTACK.into())
                }
                MailContext::Received(_)
                | MailContext::PassedOn(_)
                | MailContext::IncidentLinked(_)
                | MailContext::IncidentOver(_)
                | MailContext::RetestWanted(_)
                | MailContext::Closed(_)
                | MailContext::WaitingOver(_)
                | MailContext::OneTimeLink(_) => continue,
            }
            let RenderedMail { subject, text, html } = rendered(&engine, language, &mail);
            assert!(!subject.contains(|c: char| c.is_control() || c == '\u{202e}'), "{name}: {subject:?}");
            assert!(!html.contains("<b>x</b>") && !text.contains("1337"), "{name}: {html}");
            assert!(!text.contains("\nBcc:"), "{name}: {text}");
        }
    }
}

#[test]
fn an_automatic_answer_holds_nothing_that_came_from_outside() {
    // Their contexts have no field for it; what is left is the desk's own.
    let engine = engine();
    for language in Language::ALL {
        for name in ["received", "passed_on", "incident_linked", "incident_over", "closed"] {
            let mail = sample(language, name);
            assert!(mail.is_automatic());
            let RenderedMail { subject, text, .. } = rendered(&engine, language, &mail);
            assert!(subject.contains("[#1042]") && text.contains("1042"), "{subject}");
            assert!(!text.contains("Outlook"), "{text}");
        }
    }
}

#[test]
fn a_customer_never_reads_the_operators_reference() {
    let engine = engine();
    for language in Language::ALL {
        let RenderedMail { subject, text, html } = rendered(&engine, language, &sample(language, "passed_on"));
        assert!([subject, text, html].iter().all(|part| !part.contains("21V-")));
    }
}

#[test]
fn an_address_outside_the_desk_reads_no_words_of_the_customer_no_names_and_no_links() {
    let engine = engine();
    for language in Language::ALL {
        for name in ["target_outside_missed", "target_outside_near", "target_outside_paused", "digest_outside"] {
            let RenderedMail { subject, text, html } = rendered(&engine, language, &sample(language, name));
            for part in [&subject, &text, &html] {
                for inside in ["desk.example.cn", "Outlook", "Contoso", "远洋", "Wang Fang", "王芳", "Grace", "陈静"]
                {
                    assert!(!part.contains(inside), "{name} tells {inside}: {part}");
                }
            }
            assert!(text.contains("1042"), "{text}");
        }
    }
}

#[test]
fn the_link_to_acknowledge_stands_before_the_facts() {
    let engine = engine();
    for (language, button) in [(Language::English, "I have seen it"), (Language::Chinese, "我已看到")] {
        let RenderedMail { text, html, .. } = rendered(&engine, language, &sample(language, "target_missed"));
        for part in [text, html] {
            let place = |what: &str| part.find(what).unwrap_or_else(|| panic!("no {what} in {part}"));
            assert!(place("/acknowledge/") < place("/tickets/1042"), "{part}");
            assert!(place(button) < place("Exchange Online"), "{part}");
        }
        let quiet = rendered(&engine, language, &sample(language, "target_missed_triage"));
        assert!(!quiet.text.contains("/acknowledge/") && !quiet.html.contains("/acknowledge/"));
    }
}

#[test]
fn the_readers_zone_decides_what_time_it_is() {
    let engine = engine();
    let mail = sample(Language::English, "received");
    let in_zone = |zone| engine.mail(Language::English, zone, &mail).expect("it renders").text;
    assert!(in_zone(Tz::Asia__Shanghai).contains("Monday 2 March 2026, 13:30 (UTC+8)"));
    assert!(in_zone(Tz::Europe__Berlin).contains("Monday 2 March 2026, 06:30 (UTC+1)"));
}

#[test]
fn html_that_an_agent_wrote_is_cleaned_again() {
    let mail = rendered(&engine(), Language::English, &sample(Language::English, "reply_asking"));
    assert!(mail.html.contains("<p>See <b>this</b>:</p>") && mail.html.contains("<li>Two</li>"), "{}", mail.html);
    assert!(!mail.html.contains("alert"));
}

//! What holds for every page, whatever its words.

use chrono_tz::Tz;
use watchdesk_core::clock::Objective;
use watchdesk_core::desk::Language;

use super::{CATALOGUES, EventKind, SampleVisitor, visit_samples};
use crate::{Engine, Page, ReaderLocale, names};

struct Rendered {
    engine: Engine,
    language: Language,
    pages: Vec<(String, String)>,
}

impl SampleVisitor for Rendered {
    fn visit<P: Page>(&mut self, name: &str, page: &P) {
        let reader = ReaderLocale::new(self.language, Tz::Asia__Shanghai);
        let html = self.engine.page(&reader, page).unwrap_or_else(|error| panic!("{name}: {error:?}"));
        self.pages.push((name.to_owned(), html));
    }
}

fn all_pages() -> Vec<(String, String)> {
    let engine = Engine::strict().expect("templates that compile");
    let mut rendered = Rendered { engine, language: Language::English, pages: Vec::new() };
    for language in Language::ALL {
        rendered.language = language;
        visit_samples(&mut rendered);
    }
    rendered.pages
}

#[test]
fn no_page_has_anything_that_a_strict_policy_forbids() {
    for (name, html) in all_pages() {
        for forbidden in [" style=", "<style", "javascript:", " onclick=", " onload=", "http-equiv"] {
            let outside = html.replace("src=javascript:alert(1)&gt;", "");
            assert!(!outside.contains(forbidden), "{name} holds {forbidden}");
        }
        let scripts = html.matches("<script").count();
        assert_eq!(scripts, html.matches("<script src=\"/static/").count(), "{name} has a script of its own");
    }
}

#[test]
fn what_came_from_outside_stays_text() {
    for (name, html) in all_pages() {
        for live in ["<script>", "<img", "<b>Contoso", "<i>Sales", "<iframe src=j", "\u{202e}", ">49<"] {
            let holds =
                if live == "\u{202e}" { message_texts_removed(&html).contains(live) } else { html.contains(live) };
            assert!(!holds, "{name} lets {live:?} through");
        }
    }
}

/// Only the words of a message may hold signs that turn the line: they are isolated there and shown as they came.
fn message_texts_removed(html: &str) -> String {
    html.split("<div class=\"message-text\"")
        .map(|part| part.split_once("</div>").map_or(part, |(_, rest)| rest))
        .collect()
}

#[test]
fn every_form_that_posts_carries_the_token() {
    for (name, html) in all_pages() {
        for form in html.split("<form").skip(1) {
            let form = form.split("</form>").next().unwrap_or_default();
            let posts = form.contains("method=\"post\"");
            assert!(
                !posts || form.contains("name=\"csrf\" value=\"csrf-sample\""),
                "{name}: a form without token: {form}"
            );
        }
    }
}

#[test]
fn no_two_things_on_a_page_share_an_id() {
    for (name, html) in all_pages() {
        let mut ids: Vec<&str> = html.split(" id=\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
        ids.sort_unstable();
        let twice: Vec<_> = ids.windows(2).filter(|pair| pair[0] == pair[1]).map(|pair| pair[0]).collect();
        assert!(twice.is_empty(), "{name}: {twice:?}");
    }
}

#[test]
fn an_objective_has_one_name_in_mails_and_on_pages() {
    for (language, text) in CATALOGUES {
        let words: toml::Table = toml::from_str(text).expect("a well-formed catalogue");
        for objective in Objective::ALL {
            let on_pages = words.get(&format!("objective.{objective}")).and_then(toml::Value::as_str);
            assert_eq!(on_pages, Some(names::objective(Language::of_tag(language), objective)));
        }
    }
}

#[test]
fn closed_sets_have_words_in_every_language() {
    let sets: [(&str, &[&str]); 20] = [
        ("state", &["open", "triaged", "waiting", "escalated", "resolved", "closed"]),
        ("closing", &["solved", "spam", "withdrawn", "duplicate", "imported"]),
        ("severity", &["A", "B", "C", "none"]),
        ("severity_short", &["A", "B", "C"]),
        ("channel", &["mail", "phone", "web", "api"]),
        ("ticket.opened_by", &["mail", "phone", "web", "api"]),
        ("role", &["admin", "manager", "lead", "agent", "sales", "auditor"]),
        ("filing", &["portal", "phone", "mail", "api"]),
        ("health", &["healthy", "degraded", "down", "unknown"]),
        ("last_from", &["customer", "staff", "operator", "system"]),
        ("delivery", &["queued", "retrying", "dead", "bounced"]),
        ("fate", &["held", "quarantined", "ignored"]),
        ("voice.by", &["customer", "public", "note", "operator", "system", "automatic"]),
        ("queue.title", &["queue", "mine", "unassigned", "escalated"]),
        ("report.group", &["none", "severity", "customer", "team", "person", "service", "category", "month"]),
        ("escalations.group", &["month", "operator", "product", "category", "agent", "reason"]),
        ("escalations.rows", &["month", "operator", "product", "category", "agent", "reason"]),
        ("escalations.time", &["ours", "customers", "operators", "to_acknowledgement", "to_answer"]),
        ("measure", &["training", "documentation", "tool", "process", "none"]),
        ("acknowledge.title", &["waiting", "seen", "timed_out", "over"]),
    ];
    let mut keys: Vec<String> =
        sets.iter().flat_map(|(set, slugs)| slugs.iter().map(move |slug| format!("{set}.{slug}"))).collect();
    keys.extend(EventKind::ALL.iter().map(|kind| {
        let slug = serde_json::to_value(kind).expect("a kind is a word");
        format!("event.{}", slug.as_str().expect("a kind is a word"))
    }));
    for (language, text) in CATALOGUES {
        let words: toml::Table = toml::from_str(text).expect("a well-formed catalogue");
        for key in &keys {
            assert!(words.contains_key(key), "{language} lacks {key}");
        }
    }
}

#[test]
fn figures_that_are_not_all_say_so() {
    for (name, html) in all_pages() {
        assert_eq!(
            html.contains("report-cut"),
            ["reports", "forecast", "escalations", "remediation"].contains(&name.as_str()),
            "{name}"
        );
    }
}

//! Under which terms, and why those.

use watchdesk_core::explain::{CalendarAccount, HeldTo, Matched, SeverityBecause, TermsAccount};

use super::Thing;
use super::teller::Teller;
use crate::names;

pub(super) fn because(teller: &Teller<'_>, terms: &TermsAccount) -> Vec<String> {
    let mut sentences = vec![rule(teller, terms)];
    sentences.extend(terms.severity.as_ref().map(|held| severity(teller, held)));
    sentences.push(target(teller, terms));
    sentences
}

fn rule(teller: &Teller<'_>, terms: &TermsAccount) -> String {
    let named = match &terms.policy {
        Some(slug) => teller.say(
            "terms.rule",
            &[
                ("rule", &terms.rule),
                ("policy", &teller.thing(Thing::Policy, slug)),
                ("version", &terms.policy_version),
            ],
        ),
        None => teller.say("terms.rule_old", &[("rule", &terms.rule), ("version", &terms.policy_version)]),
    };
    let why = match terms.matched.is_empty() {
        true => teller.say("terms.everything", &[]),
        false => {
            let conditions = terms.matched.iter().map(|matched| condition(teller, matched)).collect();
            teller.say("terms.matched", &[("conditions", &teller.listed(conditions))])
        }
    };
    teller.say("sentences", &[("first", &named), ("second", &why)])
}

fn condition(teller: &Teller<'_>, matched: &Matched) -> String {
    let language = teller.reader.language;
    let (key, name) = match matched {
        Matched::Customer(id) => ("matched.customer", teller.customer(*id)),
        Matched::Tier(slug) => ("matched.tier", teller.thing(Thing::Tier, slug)),
        Matched::Category(slug) => ("matched.category", teller.thing(Thing::Category, slug)),
        Matched::Service(slug) => ("matched.service", teller.thing(Thing::Service, slug)),
        Matched::Severity(severity) => ("matched.severity", severity.to_string()),
        Matched::Channel(channel) => ("matched.channel", names::channel(language, *channel).to_owned()),
        Matched::Tags(tags) => ("matched.tags", teller.listed(tags.iter().cloned().collect())),
    };
    teller.say(key, &[("name", &name)])
}

fn severity(teller: &Teller<'_>, held: &HeldTo) -> String {
    let severity = ("severity", &held.severity as &dyn std::fmt::Display);
    match &held.because {
        SeverityBecause::Untriaged => teller.say("severity.untriaged", &[severity]),
        SeverityBecause::AsOpened => teller.say("severity.as_opened", &[severity]),
        SeverityBecause::AsTriaged => teller.say("severity.as_triaged", &[severity]),
        SeverityBecause::AsFiled => teller.say("severity.as_filed", &[severity]),
        SeverityBecause::ChangedByOperator { at } => {
            teller.say("severity.changed_by_operator", &[severity, ("at", &teller.minute(*at))])
        }
        SeverityBecause::Changed { from: Some(from), at, by } => teller.say(
            "severity.changed",
            &[severity, ("from", from), ("at", &teller.minute(*at)), ("who", &teller.who(*by))],
        ),
        SeverityBecause::Changed { from: None, at, by } => {
            teller.say("severity.set", &[severity, ("at", &teller.minute(*at)), ("who", &teller.who(*by))])
        }
    }
}

fn target(teller: &Teller<'_>, terms: &TermsAccount) -> String {
    let exact = teller.exact(terms.target_s);
    let target = match terms.working_days {
        Some(days) => teller.say("target.days", &[("count", &days), ("target", &exact)]),
        None => exact,
    };
    let CalendarAccount { slug, version, always, time_zone } = &terms.calendar;
    if *always {
        return teller.say("target.always", &[("target", &target)]);
    }
    let zone = time_zone.as_deref().unwrap_or("UTC");
    let calendar = teller.thing(Thing::Calendar, slug);
    let words = teller
        .say("target.calendar", &[("target", &target), ("calendar", &calendar), ("version", version), ("zone", &zone)]);
    match zone == teller.reader.zone.name() {
        true => words,
        false => teller.say("sentences", &[("first", &words), ("second", &teller.say("target.elsewhere", &[]))]),
    }
}

//! Steps of ladders in words: when, whom, and what came of it.

use watchdesk_core::explain::{Next, StepAccount, StepToldTo};
use watchdesk_core::policy::{LadderStep, OnCall, StepTime, Whom};

use super::teller::Teller;
use super::{Names, Thing, Tone};
use crate::names;
use crate::reader::ReaderLocale;
use crate::text::one_line;

/// Less is as good as on time.
const LATE_S: i64 = 60;

/// Whom a step of a ladder names, in words: "on call, Service desk, level 2".
pub fn whom_text(whom: &Whom, reader: ReaderLocale, names: &Names) -> String {
    whom_words(&Teller { reader, names, now: watchdesk_core::Instant::UNIX_EPOCH }, whom)
}

fn whom_words(teller: &Teller<'_>, whom: &Whom) -> String {
    match whom {
        Whom::Assignee => teller.say("whom.assignee", &[]),
        Whom::Team => teller.say("whom.team", &[]),
        Whom::Leads => teller.say("whom.leads", &[]),
        Whom::Managers => teller.say("whom.managers", &[]),
        Whom::Role(role) => teller.say("whom.role", &[("role", &names::role(teller.reader.language, *role))]),
        Whom::AccountOwner => teller.say("whom.account_owner", &[]),
        Whom::OnCall(OnCall { rota, level }) => {
            teller.say("whom.on_call", &[("rota", &teller.thing(Thing::Rota, rota)), ("level", level)])
        }
        Whom::Address(address) => one_line(address),
        Whom::Webhook(slug) => teller.say("whom.webhook", &[("webhook", &teller.thing(Thing::Webhook, slug))]),
    }
}

pub(super) fn everybody(teller: &Teller<'_>, step: &LadderStep) -> String {
    teller.listed(step.tell.iter().map(|whom| whom_words(teller, whom)).collect())
}

/// `at 75 % of the target`.
fn time(teller: &Teller<'_>, step: &LadderStep) -> Option<String> {
    Some(match step.time()? {
        StepTime::Percent(100) | StepTime::Before(0) | StepTime::After(0) => teller.say("step.at_deadline", &[]),
        StepTime::Percent(percent) => teller.say("step.percent", &[("percent", &percent)]),
        StepTime::Before(seconds) => teller.say("step.before", &[("span", &teller.exact(seconds))]),
        StepTime::After(seconds) => teller.say("step.after", &[("span", &teller.exact(seconds))]),
    })
}

/// `Step 2, at the deadline`.
pub(super) fn named(teller: &Teller<'_>, step: u32, repetition: u32, of_ladder: Option<&LadderStep>) -> String {
    let number = step + 1;
    let name = match repetition {
        0 => teller.say("step.name", &[("step", &number)]),
        _ => teller.say("step.name_again", &[("step", &number), ("round", &(repetition + 1))]),
    };
    match of_ladder.and_then(|of_ladder| time(teller, of_ladder)) {
        Some(time) => teller.say("step.named", &[("name", &name), ("time", &time)]),
        None => name,
    }
}

/// What came of a step.
pub(super) fn step(teller: &Teller<'_>, account: &StepAccount) -> (String, Tone) {
    let of_ladder = account.ladder_step.as_ref();
    let name = named(teller, account.step, account.repetition, of_ladder);
    let mut parts = Vec::new();
    let tone = match &account.fate {
        StepToldTo::Fired { told, elsewhere } => {
            let mut people: Vec<String> = told.iter().map(|id| teller.agent(*id)).collect();
            if *elsewhere > 0 {
                people.push(teller.say("step.elsewhere", &[("count", elsewhere)]));
            }
            if !people.is_empty() {
                parts.push(teller.say("step.told", &[("who", &teller.listed(people))]));
            }
            parts.extend(of_ladder.map(|of_ladder| done(teller, of_ladder)).filter(|done| !done.is_empty()));
            Tone::Plain
        }
        StepToldTo::Nobody => {
            let whom = of_ladder.map(|of_ladder| everybody(teller, of_ladder)).unwrap_or_default();
            parts.push(teller.say("step.nobody", &[("whom", &whom)]));
            Tone::Bad
        }
        StepToldTo::Suppressed { why } => {
            let why = names::suppression(teller.reader.language, *why);
            parts.push(teller.say("step.suppressed", &[("why", &why)]));
            Tone::Still
        }
    };
    let is_told = matches!(account.fate, StepToldTo::Fired { .. });
    if let Some(within) = account.acknowledge_within_s.filter(|_| is_told) {
        parts.push(teller.say("step.wants_acknowledgement", &[("within", &teller.exact(within))]));
    }
    if account.late_s >= LATE_S && is_told {
        let (late, due) = (teller.rough(account.late_s), teller.moment(account.due_at));
        parts.push(teller.say("step.late", &[("late", &late), ("due", &due)]));
    }
    let words = parts.join(&teller.say("step.semicolon", &[]));
    (teller.say("step.line", &[("name", &name), ("what", &words)]), tone)
}

/// What a step does beside speaking.
fn done(teller: &Teller<'_>, step: &LadderStep) -> String {
    let mut done = Vec::new();
    if step.raise_severity {
        done.push(teller.say("step.raises", &[]));
    }
    if step.assign.is_some() {
        done.push(teller.say("step.assigns", &[]));
    }
    if !step.tags.is_empty() {
        let tags = teller.listed(step.tags.iter().map(|tag| one_line(tag)).collect());
        done.push(teller.say("step.tags", &[("tags", &tags)]));
    }
    teller.listed(done)
}

pub(super) fn next(teller: &Teller<'_>, next: &Next) -> String {
    match next {
        Next::Step { at, step, ladder_step } => {
            let name = named(teller, *step, 0, Some(ladder_step));
            let at = teller.moment(*at);
            match ladder_step.tell.is_empty() {
                true => teller.say("next.step_quiet", &[("name", &name), ("at", &at)]),
                false => {
                    let whom = everybody(teller, ladder_step);
                    teller.say("next.step", &[("name", &name), ("at", &at), ("whom", &whom)])
                }
            }
        }
        Next::TimeOut { at, step, repetition, then } => {
            let (name, at) = (named(teller, *step, *repetition, None), teller.moment(*at));
            match then {
                Some(then) => {
                    let whom = everybody(teller, then);
                    teller.say("next.time_out", &[("name", &name), ("at", &at), ("whom", &whom)])
                }
                None => teller.say("next.time_out_last", &[("name", &name), ("at", &at)]),
            }
        }
    }
}

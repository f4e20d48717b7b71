//! How a ticket's deadlines follow, and where its time went: core's accounts in words, for the command line and the
//! ticket page alike.

mod delivery;
mod forecast;
mod ladder;
mod names;
pub(crate) mod samples;
mod story;
mod teller;
mod terms;
mod text;
mod time;
mod way;

#[cfg(test)]
mod tests;

use serde::Serialize;
use watchdesk_core::clock::{ClockState, Outcome};
use watchdesk_core::explain::{CaseChains, Chain, Explanation, InstanceAccount, NothingOwed};

use crate::reader::ReaderLocale;

pub use forecast::forecast_text;
pub use ladder::whom_text;
pub use names::{Names, Thing};
pub use text::explain_text;
pub use time::{Share, Stripe, TimeAccount, TimeShares, time_account, time_text};

use teller::Teller;

/// The whole account in the reader's words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Account {
    pub number: i64,
    /// When it was asked for, and whose times are shown.
    pub as_of: String,
    /// Why no clock runs at all.
    pub nothing: Option<String>,
    pub chains: Vec<ChainAccount>,
    pub left_out: Option<String>,
    /// What the operator owes the desk.
    pub cases: Vec<CaseAccount>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CaseAccount {
    pub title: String,
    pub chains: Vec<ChainAccount>,
    pub left_out: Option<String>,
}

/// One objective in one round.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ChainAccount {
    pub title: String,
    pub tone: Tone,
    /// Where it stands.
    pub stands: String,
    /// Each reckoning of it, the first one first; never empty.
    pub reckonings: Vec<Reckoning>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Reckoning {
    /// Only where there are several.
    pub title: Option<String>,
    /// Which rule, which severity, which target, and what else has to be known.
    pub because: Vec<String>,
    /// From the start to the deadline.
    pub way: Vec<Line>,
    /// What the way comes to.
    pub sum: Option<String>,
    /// What happened to it.
    pub story: Vec<Line>,
    pub next: Option<String>,
}

/// A dated line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Line {
    pub when: String,
    pub what: String,
    pub tone: Tone,
}

/// How much a line or a chain should alarm.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Tone {
    Plain,
    /// Time that does not count.
    Still,
    Good,
    Late,
    Bad,
}

pub fn account(explanation: &Explanation, reader: ReaderLocale, names: &Names) -> Account {
    let teller = Teller { reader, names, now: explanation.at };
    Account {
        number: explanation.number.0,
        as_of: teller.as_of(),
        nothing: explanation.nothing_owed.as_ref().map(|why| nothing(&teller, why)),
        chains: chains(&teller, &explanation.chains),
        left_out: left_out(&teller, explanation.left_out),
        cases: explanation.cases.iter().map(|case| of_case(&teller, case)).collect(),
    }
}

fn nothing(teller: &Teller<'_>, why: &NothingOwed) -> String {
    match why {
        NothingOwed::Imported => teller.say("nothing.imported", &[]),
        NothingOwed::NoRule => teller.say("nothing.no_rule", &[]),
        NothingOwed::Rule { name, policy_version } => {
            teller.say("nothing.rule", &[("rule", name), ("version", policy_version)])
        }
    }
}

fn left_out(teller: &Teller<'_>, count: usize) -> Option<String> {
    (count > 0).then(|| teller.say("left_out", &[("count", &count)]))
}

fn of_case(teller: &Teller<'_>, case: &CaseChains) -> CaseAccount {
    let operator = teller.thing(Thing::Operator, &case.operator);
    let title = match &case.reference {
        Some(reference) => teller.say("case.title", &[("operator", &operator), ("reference", reference)]),
        None => teller.say("case.unnamed", &[("operator", &operator)]),
    };
    CaseAccount { title, chains: chains(teller, &case.chains), left_out: left_out(teller, case.left_out) }
}

fn chains(teller: &Teller<'_>, chains: &[Chain]) -> Vec<ChainAccount> {
    let rounds = |chain: &Chain| chains.iter().filter(|other| other.objective == chain.objective).count();
    chains.iter().filter_map(|chain| chain_account(teller, chain, rounds(chain) > 1)).collect()
}

fn chain_account(teller: &Teller<'_>, chain: &Chain, in_rounds: bool) -> Option<ChainAccount> {
    let last = chain.instances.last()?;
    let objective = crate::names::objective(teller.reader.language, chain.objective);
    let title = match in_rounds || chain.cycle > 1 {
        true => teller.say("round", &[("objective", &objective), ("round", &chain.cycle)]),
        false => objective.to_owned(),
    };
    let several = chain.instances.len() > 1;
    let reckoning = |(index, instance)| reckoning(teller, instance, several.then_some(index));
    let reckonings = chain.instances.iter().enumerate().map(reckoning).collect();
    Some(ChainAccount { title, tone: tone(last), stands: stands(teller, last), reckonings })
}

fn reckoning(teller: &Teller<'_>, instance: &InstanceAccount, index: Option<usize>) -> Reckoning {
    let title = index.map(|index| match index {
        0 => teller.say("reckoning.first", &[]),
        _ => teller.say("reckoning.again", &[]),
    });
    let mut because = terms::because(teller, &instance.terms);
    because.extend(asides(teller, instance));
    Reckoning {
        title,
        because,
        way: way::lines(teller, instance),
        sum: way::sum(teller, instance),
        story: story::lines(teller, &instance.story),
        next: instance.next.as_ref().map(|next| ladder::next(teller, next)),
    }
}

fn asides(teller: &Teller<'_>, instance: &InstanceAccount) -> Vec<String> {
    let mut asides = Vec::new();
    if instance.provisional {
        asides.push(teller.say("provisional", &[]));
    }
    if instance.lowered {
        asides.push(teller.say("lowered", &[]));
    }
    if let Some(excuse) = &instance.excuse {
        let (who, at) = (teller.agent(excuse.by), teller.moment(excuse.at));
        asides.push(teller.say("excused", &[("who", &who), ("at", &at), ("reason", &excuse.reason)]));
    }
    asides
}

fn tone(instance: &InstanceAccount) -> Tone {
    let missed = instance.missed_at.is_some();
    match (instance.state, instance.outcome) {
        (ClockState::Running | ClockState::Paused, _) if missed => Tone::Bad,
        (ClockState::Running, _) => Tone::Plain,
        (ClockState::Paused, _) => Tone::Still,
        (ClockState::Ended, Some(Outcome::Met)) => Tone::Good,
        (ClockState::Ended, Some(Outcome::MetLate)) => Tone::Late,
        (ClockState::Ended, Some(Outcome::Cancelled(_) | Outcome::Superseded) | None) => Tone::Still,
    }
}

/// In one sentence.
fn stands(teller: &Teller<'_>, instance: &InstanceAccount) -> String {
    let (used, target) = (teller.exact(instance.used_s), teller.exact(instance.terms.target_s));
    let missed = instance.missed_at.map(|at| teller.moment(at));
    let ended = instance.ended_at.map(|at| teller.moment(at)).unwrap_or_default();
    let over = teller.exact(instance.over_s.unwrap_or_default());
    let left = teller.exact(instance.remaining_s.unwrap_or_default());
    let due = instance.deadline.map(|at| teller.moment(at)).unwrap_or_default();
    let wait = instance.deadline.map(|at| teller.rough((at - teller.now).num_seconds().max(0))).unwrap_or_default();
    let outcome = instance.outcome.map(|outcome| crate::names::outcome(teller.reader.language, outcome));
    let key = match (instance.state, instance.outcome, &missed) {
        (ClockState::Running, _, None) => "stands.running",
        (ClockState::Running, _, Some(_)) => "stands.overdue",
        (ClockState::Paused, _, None) => "stands.paused",
        (ClockState::Paused, _, Some(_)) => "stands.paused_missed",
        (ClockState::Ended, Some(Outcome::Met), _) => "stands.met",
        (ClockState::Ended, Some(Outcome::MetLate), _) => "stands.met_late",
        (ClockState::Ended, Some(Outcome::Cancelled(_)) | None, None) => "stands.cancelled",
        (ClockState::Ended, Some(Outcome::Cancelled(_)) | None, Some(_)) => "stands.cancelled_missed",
        (ClockState::Ended, Some(Outcome::Superseded), None) => "stands.superseded",
        (ClockState::Ended, Some(Outcome::Superseded), Some(_)) => "stands.superseded_missed",
    };
    teller.say(
        key,
        &[
            ("used", &used),
            ("target", &target),
            ("missed", &missed.unwrap_or_else(|| due.clone())),
            ("ended", &ended),
            ("over", &over),
            ("left", &left),
            ("due", &due),
            ("wait", &wait),
            ("outcome", &outcome.unwrap_or_default()),
        ],
    )
}

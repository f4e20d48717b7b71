//! What states, severities, roles and other small closed sets are called, in both languages.

use watchdesk_core::case::{AnswerOutcome, CaseStateKind, EscalationReason, FilingChannel, Measure};
use watchdesk_core::clock::{Cancellation, ClockState, Objective, Outcome, Suppression};
use watchdesk_core::desk::Language;
use watchdesk_core::event::MessageKind;
use watchdesk_core::policy::PausingState;
use watchdesk_core::rights::Role;
use watchdesk_core::ticket::{Channel, Closing, LinkKind, Severity, StateKind};

use crate::catalogue::words;
use crate::text::one_line;

/// The name of `slug` in the set `kind`, such as `fate` and `held`; None where nobody has named it.
///
/// For sets that are not core's: `fate`, `sending`, `language`.
pub fn label(language: Language, kind: &str, slug: &str) -> Option<&'static str> {
    words().get(language, &format!("names.{kind}.{slug}"))
}

/// What a handler says of its own: words of the catalogues, filled in; the key itself where there are none.
pub fn say(language: Language, key: &str, values: &[(&str, &dyn std::fmt::Display)]) -> String {
    words().say(language, key, values)
}

fn name(language: Language, kind: &str, slug: &str) -> &'static str {
    label(language, kind, slug).unwrap_or_default()
}

pub fn state(language: Language, state: StateKind) -> &'static str {
    name(language, "state", state.as_str())
}

/// With its letter: `A · Critical`.
pub fn severity(language: Language, severity: Severity) -> &'static str {
    name(language, "severity", severity.as_str())
}

/// How the customer's business is hurt.
pub fn severity_meaning(language: Language, severity: Severity) -> &'static str {
    name(language, "severity_meaning", severity.as_str())
}

pub fn role(language: Language, role: Role) -> &'static str {
    name(language, "role", role.as_str())
}

pub fn channel(language: Language, channel: Channel) -> &'static str {
    name(language, "channel", channel.as_str())
}

pub fn objective(language: Language, objective: Objective) -> &'static str {
    name(language, "objective", objective.as_str())
}

pub fn clock_state(language: Language, state: ClockState) -> &'static str {
    name(language, "clock_state", state.as_str())
}

pub fn outcome(language: Language, outcome: Outcome) -> &'static str {
    let slug = match outcome {
        Outcome::Met => "met",
        Outcome::MetLate => "met_late",
        Outcome::Cancelled(Cancellation::Spam) => "cancelled.spam",
        Outcome::Cancelled(Cancellation::Withdrawn) => "cancelled.withdrawn",
        Outcome::Cancelled(Cancellation::Merged) => "cancelled.merged",
        Outcome::Cancelled(Cancellation::NoPolicy) => "cancelled.no_policy",
        Outcome::Cancelled(Cancellation::NoLongerOwed) => "cancelled.no_longer_owed",
        Outcome::Cancelled(Cancellation::Refused) => "cancelled.refused",
        Outcome::Cancelled(Cancellation::NotSolved) => "cancelled.not_solved",
        Outcome::Superseded => "superseded",
    };
    name(language, "outcome", slug)
}

/// Why a step of a ladder kept quiet.
pub fn suppression(language: Language, why: Suppression) -> &'static str {
    let slug = match why {
        Suppression::Recomputed => "recomputed",
        Suppression::CarriedOver => "carried_over",
        Suppression::Moot => "moot",
    };
    name(language, "suppression", slug)
}

/// In which state a clock stands still.
pub fn pausing_state(language: Language, state: PausingState) -> &'static str {
    name(language, "pausing", state.as_str())
}

/// A holiday as a calendar lists it, in the reader's language where it is one that is known in both.
pub fn holiday(language: Language, listed: &str) -> String {
    let listed = listed.trim();
    let slug: String = listed.to_lowercase().chars().map(|c| if c.is_alphanumeric() { c } else { '-' }).collect();
    label(language, "holiday", &slug).map_or_else(|| one_line(listed), str::to_owned)
}

pub fn closing(language: Language, closing: &Closing) -> &'static str {
    let slug = match closing {
        Closing::Solved => "solved",
        Closing::Spam => "spam",
        Closing::Withdrawn => "withdrawn",
        Closing::Duplicate { .. } => "duplicate",
        Closing::Imported => "imported",
    };
    name(language, "closing", slug)
}

pub fn message(language: Language, kind: MessageKind) -> &'static str {
    name(language, "message", kind.as_str())
}

pub fn link(language: Language, kind: LinkKind) -> &'static str {
    let slug = match kind {
        LinkKind::Parent => "parent",
        LinkKind::Child => "child",
        LinkKind::Related => "related",
        LinkKind::Duplicate => "duplicate",
        LinkKind::FollowUpOf => "follow_up_of",
        LinkKind::FollowedUpBy => "followed_up_by",
        LinkKind::SplitFrom => "split_from",
        LinkKind::SplitInto => "split_into",
    };
    name(language, "link", slug)
}

pub fn case_state(language: Language, state: CaseStateKind) -> &'static str {
    name(language, "case_state", state.as_str())
}

pub fn answer(language: Language, outcome: AnswerOutcome) -> &'static str {
    let slug = match outcome {
        AnswerOutcome::Solved => "solved",
        AnswerOutcome::NotSolved => "not_solved",
    };
    name(language, "answer", slug)
}

pub fn reason(language: Language, reason: EscalationReason) -> &'static str {
    name(language, "reason", reason.as_str())
}

/// What is done about a lesson.
pub fn measure(language: Language, measure: Measure) -> &'static str {
    name(language, "measure", measure.as_str())
}

pub fn filing_channel(language: Language, channel: FilingChannel) -> &'static str {
    name(language, "filing_channel", channel.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_has_a_name_in_both_languages() {
        for language in Language::ALL {
            let mut names: Vec<&str> = Vec::new();
            names.extend(StateKind::ALL.map(|kind| state(language, kind)));
            names.extend(Severity::ALL.map(|letter| severity(language, letter)));
            names.extend(Severity::ALL.map(|letter| severity_meaning(language, letter)));
            names.extend(Role::ALL.map(|kind| role(language, kind)));
            names.extend(Channel::ALL.map(|kind| channel(language, kind)));
            names.extend(Objective::ALL.map(|kind| objective(language, kind)));
            names.extend(
                [ClockState::Running, ClockState::Paused, ClockState::Ended].map(|kind| clock_state(language, kind)),
            );
            names.extend(MessageKind::ALL.map(|kind| message(language, kind)));
            names.extend(CaseStateKind::ALL.map(|kind| case_state(language, kind)));
            names.extend(EscalationReason::ALL.map(|kind| reason(language, kind)));
            names.extend(Measure::ALL.map(|kind| measure(language, kind)));
            names.extend(FilingChannel::ALL.map(|kind| filing_channel(language, kind)));
            names.extend([AnswerOutcome::Solved, AnswerOutcome::NotSolved].map(|kind| answer(language, kind)));
            names.extend(
                [Closing::Solved, Closing::Spam, Closing::Withdrawn, Closing::Imported]
                    .map(|kind| closing(language, &kind)),
            );
            names.extend([Outcome::Met, Outcome::MetLate, Outcome::Superseded].map(|kind| outcome(language, kind)));
            names.extend(
                [
                    Cancellation::Spam,
                    Cancellation::Withdrawn,
                    Cancellation::Merged,
                    Cancellation::NoPolicy,
                    Cancellation::NoLongerOwed,
                    Cancellation::Refused,
                    Cancellation::NotSolved,
                ]
                .map(|why| outcome(language, Outcome::Cancelled(why))),
            );
            names.extend(
                [Suppression::Recomputed, Suppression::CarriedOver, Suppression::Moot]
                    .map(|why| suppression(language, why)),
            );
            names
                .extend([PausingState::Waiting, PausingState::WaitingOnUs].map(|state| pausing_state(language, state)));
            names.extend(
                [LinkKind::Parent, LinkKind::Related, LinkKind::FollowUpOf, LinkKind::SplitFrom]
                    .into_iter()
                    .flat_map(|kind| [link(language, kind), link(language, kind.reverse())]),
            );
            assert!(names.iter().all(|name| !name.is_empty()), "{names:?}");
            assert!(label(language, "fate", "quarantined").is_some());
            assert_eq!(label(language, "fate", "eaten"), None);
        }
    }
}

//! Mails: a typed context for each notice of [`watchdesk_core::effect::Notice`], rendered to subject, text and HTML.
//!
//! An automatic mail ([`MailContext::is_automatic`]) to a customer holds no word that came from outside, neither a
//! subject nor a name: else a stranger could make the desk write his words to anybody. Replies and resolutions are
//! written by a person and quote the customer.

mod customer;
mod digest;
mod duty;
mod ladder;
mod ladder_samples;
mod operator;
mod quote;
mod render;
mod samples;
mod staff;
mod subject;
mod subject_line;
mod templates;

use serde::Serialize;
use watchdesk_core::desk::Language;

use crate::catalogue::words;

pub use customer::{
    Closed, ClosedBecause, Desk, IncidentLinked, IncidentOver, PassedOn, Received, Reply, Resolved, ResponseTarget,
    Support, WrittenBy,
};
pub use digest::{DIGEST_ROWS_MAX, Digest, DigestLine, DigestNow, DigestTicket, DigestWhat};
pub use duty::{HAND_OVER_ROWS_MAX, HandOver, HandOverTicket, RotaGap, TimersStuck};
pub use ladder::{
    Acknowledge, Called, CaseOwed, EscalationProposed, NobodyToCall, TargetMissed, TargetNear, TargetOutside,
    acknowledge_url,
};
pub use operator::ToOperator;
pub use quote::{QUOTED_CHARACTERS_MAX, QUOTED_LINES_MAX, Quoted};
pub use staff::{
    Assigned, CaseAnswered, CaseEnding, CustomerWrote, DailySummary, Due, DueTicket, LinkPurpose, MissedTicket,
    OneTimeLink, ROWS_MAX, RetestWanted, StaffTicket, WaitingOver, ticket_url,
};
pub use subject::{reply_subject, without_prefixes};
pub(crate) use templates::TEMPLATES;

pub(crate) use render::render;

/// Every mail that the desk sends.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum MailContext {
    Received(Received),
    Reply(Reply),
    PassedOn(PassedOn),
    IncidentLinked(IncidentLinked),
    IncidentOver(IncidentOver),
    Resolved(Resolved),
    Closed(Closed),
    Assigned(Assigned),
    CustomerWrote(CustomerWrote),
    WaitingOver(WaitingOver),
    TargetNear(TargetNear),
    TargetMissed(TargetMissed),
    TargetOutside(TargetOutside),
    NobodyToCall(NobodyToCall),
    EscalationProposed(EscalationProposed),
    Digest(Digest),
    RotaGap(RotaGap),
    HandOver(HandOver),
    TimersStuck(TimersStuck),
    RetestWanted(RetestWanted),
    CaseAnswered(CaseAnswered),
    ToOperator(ToOperator),
    DailySummary(DailySummary),
    OneTimeLink(OneTimeLink),
}

/// Ready to be put into a message. The subject holds no control characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RenderedMail {
    pub subject: String,
    pub text: String,
    pub html: String,
}

/// The line above which customers answer, in each language: what stands below it is ours.
pub fn reply_above_lines() -> [String; 2] {
    Language::ALL.map(|language| words().say(language, "mail.reply_above", &[]))
}

impl MailContext {
    /// As in [`watchdesk_core::effect::Notice::name`], but for what a ladder says to an address outside; also the name
    /// of the templates.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Received(_) => "received",
            Self::Reply(_) => "reply",
            Self::PassedOn(_) => "passed_on",
            Self::IncidentLinked(_) => "incident_linked",
            Self::IncidentOver(_) => "incident_over",
            Self::Resolved(_) => "resolved",
            Self::Closed(_) => "closed",
            Self::Assigned(_) => "assigned",
            Self::CustomerWrote(_) => "customer_wrote",
            Self::WaitingOver(_) => "waiting_over",
            Self::TargetNear(_) => "target_near",
            Self::TargetMissed(_) => "target_missed",
            Self::TargetOutside(_) => "target_outside",
            Self::NobodyToCall(_) => "nobody_to_call",
            Self::EscalationProposed(_) => "escalation_proposed",
            Self::Digest(_) => "digest",
            Self::RotaGap(_) => "rota_gap",
            Self::HandOver(_) => "hand_over",
            Self::TimersStuck(_) => "timers_stuck",
            Self::RetestWanted(_) => "retest_wanted",
            Self::CaseAnswered(_) => "case_answered",
            Self::ToOperator(_) => "to_operator",
            Self::DailySummary(_) => "daily_summary",
            Self::OneTimeLink(_) => "one_time_link",
        }
    }

    /// Nobody of the desk wrote it; it carries `Auto-Submitted`.
    pub fn is_automatic(&self) -> bool {
        !matches!(self, Self::Reply(_) | Self::Resolved(_) | Self::ToOperator(_))
    }
}

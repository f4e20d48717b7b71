//! The subjects of mails, and what a mail about a target says is owed.

use std::fmt::Display;

use watchdesk_core::Instant;
use watchdesk_core::clock::Objective;
use watchdesk_core::desk::Language;

use super::{
    CaseEnding, CaseOwed, HandOver, LinkPurpose, MailContext, RotaGap, StaffTicket, TargetMissed, TargetNear,
    TargetOutside, ToOperator, reply_subject, without_prefixes,
};
use crate::catalogue::words;
use crate::format::{self, Style};
use crate::names;
use crate::reader::ReaderLocale;
use crate::text::{one_line, one_line_within};

/// Staff read subjects in lists and on phones.
const SUBJECT_IN_STAFF_MAIL_MAX: usize = 80;

pub(super) fn subject(reader: ReaderLocale, context: &MailContext) -> String {
    let language = reader.language;
    let say = |key: &str, values: &[(&str, &dyn Display)]| words().say(language, key, values);
    let numbered = |key: &str, number: i64| say(key, &[("number", &number)]);
    let answer = |subject: &str, number: i64| {
        reply_subject(subject, number).unwrap_or_else(|| numbered("mail.reply.subject_unnamed", number))
    };
    let incident =
        |key: &str, number: i64, reference: &str| say(key, &[("number", &number), ("reference", &one_line(reference))]);
    match context {
        MailContext::Received(mail) => numbered("mail.received.subject", mail.number),
        MailContext::Reply(mail) => answer(&mail.subject, mail.number),
        MailContext::PassedOn(mail) => {
            say("mail.passed_on.subject", &[("number", &mail.number), ("operator", &mail.desk.operator)])
        }
        MailContext::IncidentLinked(mail) => incident("mail.incident_linked.subject", mail.number, &mail.reference),
        MailContext::IncidentOver(mail) => incident("mail.incident_over.subject", mail.number, &mail.reference),
        MailContext::Resolved(mail) => answer(&mail.subject, mail.number),
        MailContext::Closed(mail) => numbered("mail.closed.subject", mail.number),
        MailContext::DailySummary(mail) => say(
            "mail.daily_summary.subject",
            &[("desk", &mail.desk), ("day", &mail.day), ("missed", &mail.missed_count), ("due", &mail.due_count)],
        ),
        MailContext::OneTimeLink(mail) => say(link_subject(mail.purpose), &[("desk", &mail.desk)]),
        MailContext::Digest(mail) => say("mail.digest.subject", &[("desk", &mail.desk), ("count", &mail.notices)]),
        MailContext::RotaGap(mail) => gap(reader, mail),
        MailContext::HandOver(mail) => hand_over(language, mail),
        MailContext::TimersStuck(mail) => numbered("mail.timers_stuck.subject", mail.number),
        MailContext::TargetOutside(mail) => outside(reader, mail),
        MailContext::ToOperator(mail) => to_operator(language, mail),
        MailContext::Assigned(_)
        | MailContext::CustomerWrote(_)
        | MailContext::WaitingOver(_)
        | MailContext::TargetNear(_)
        | MailContext::TargetMissed(_)
        | MailContext::NobodyToCall(_)
        | MailContext::EscalationProposed(_)
        | MailContext::RetestWanted(_)
        | MailContext::CaseAnswered(_) => to_staff(reader, context).unwrap_or_default(),
    }
}

/// Of the mails to staff about one ticket.
fn to_staff(reader: ReaderLocale, context: &MailContext) -> Option<String> {
    let language = reader.language;
    let subject = match context {
        MailContext::Assigned(mail) => match &mail.to_team {
            Some(team) => staff(language, "mail.assigned.subject_team", &mail.ticket, &[("team", team)]),
            None => staff(language, "mail.assigned.subject", &mail.ticket, &[]),
        },
        MailContext::CustomerWrote(mail) => {
            let who = mail.ticket.customer.as_ref().unwrap_or(&mail.from);
            staff(language, "mail.customer_wrote.subject", &mail.ticket, &[("who", who)])
        }
        MailContext::WaitingOver(mail) => staff(language, "mail.waiting_over.subject", &mail.ticket, &[]),
        MailContext::TargetNear(mail) => near(reader, mail),
        MailContext::TargetMissed(mail) => missed(reader, mail),
        MailContext::NobodyToCall(mail) => {
            let what = what(language, mail.objective, mail.case.as_ref());
            staff(language, "mail.nobody_to_call.subject", &mail.ticket, &[("what", &what)])
        }
        MailContext::EscalationProposed(mail) => {
            staff(language, "mail.escalation_proposed.subject", &mail.ticket, &[("operator", &mail.operator)])
        }
        MailContext::RetestWanted(mail) => {
            let reference = one_line(&mail.reference);
            staff(language, "mail.retest_wanted.subject", &mail.ticket, &[("reference", &reference)])
        }
        MailContext::CaseAnswered(mail) => {
            let key = match mail.ending {
                CaseEnding::GoesOn => "mail.case_answered.subject.goes_on",
                CaseEnding::Solved | CaseEnding::NotSolved | CaseEnding::Refused => "mail.case_answered.subject",
            };
            staff(language, key, &mail.ticket, &[("operator", &mail.operator)])
        }
        MailContext::Received(_)
        | MailContext::Reply(_)
        | MailContext::PassedOn(_)
        | MailContext::IncidentLinked(_)
        | MailContext::IncidentOver(_)
        | MailContext::Resolved(_)
        | MailContext::Closed(_)
        | MailContext::TargetOutside(_)
        | MailContext::ToOperator(_)
        | MailContext::Digest(_)
        | MailContext::RotaGap(_)
        | MailContext::HandOver(_)
        | MailContext::TimersStuck(_)
        | MailContext::DailySummary(_)
        | MailContext::OneTimeLink(_) => return None,
    };
    Some(subject)
}

fn near(reader: ReaderLocale, mail: &TargetNear) -> String {
    let language = reader.language;
    let what = what(language, mail.objective, mail.case.as_ref());
    let left = format::duration(mail.left_s, language);
    match mail.deadline {
        None => staff(language, "mail.target_near.subject_paused", &mail.ticket, &[("what", &what), ("left", &left)]),
        Some(_) if mail.left_s > 0 => {
            staff(language, "mail.target_near.subject", &mail.ticket, &[("what", &what), ("left", &left)])
        }
        Some(at) => {
            let at = full(reader, at);
            staff(language, "mail.target_near.subject_passed", &mail.ticket, &[("what", &what), ("at", &at)])
        }
    }
}

fn missed(reader: ReaderLocale, mail: &TargetMissed) -> String {
    let what = what(reader.language, mail.objective, mail.case.as_ref());
    let at = full(reader, mail.deadline);
    staff(reader.language, "mail.target_missed.subject", &mail.ticket, &[("what", &what), ("at", &at)])
}

/// The words of customers stay inside.
fn outside(reader: ReaderLocale, mail: &TargetOutside) -> String {
    let what = what(reader.language, mail.objective, mail.case.as_ref());
    let key = match (mail.deadline, mail.missed) {
        (None, _) => "mail.target_outside.subject_paused",
        (Some(_), true) => "mail.target_outside.subject_missed",
        (Some(_), false) => "mail.target_outside.subject_near",
    };
    let at = mail.deadline.map(|at| full(reader, at)).unwrap_or_default();
    words().say(
        reader.language,
        key,
        &[("desk", &mail.desk.name), ("number", &mail.number), ("what", &what), ("at", &at)],
    )
}

/// The operator finds its own number first, then ours.
fn to_operator(language: Language, mail: &ToOperator) -> String {
    let summary = one_line_within(&mail.summary, SUBJECT_IN_STAFF_MAIL_MAX);
    let number = mail.number;
    match mail.reference.as_deref().map(one_line) {
        Some(reference) => {
            let values: [(&str, &dyn Display); 3] =
                [("reference", &reference), ("number", &number), ("summary", &summary)];
            words().say(language, "mail.to_operator.subject_known", &values)
        }
        None => {
            let values: [(&str, &dyn Display); 3] = [("desk", &mail.desk), ("number", &number), ("summary", &summary)];
            words().say(language, "mail.to_operator.subject", &values)
        }
    }
}

fn gap(reader: ReaderLocale, mail: &RotaGap) -> String {
    words().say(
        reader.language,
        "mail.rota_gap.subject",
        &[("rota", &mail.rota), ("level", &mail.level), ("from", &full(reader, mail.from))],
    )
}

fn hand_over(language: Language, mail: &HandOver) -> String {
    words().say(
        language,
        "mail.hand_over.subject",
        &[("rota", &mail.rota), ("level", &mail.level), ("count", &mail.count)],
    )
}

/// `[#1042] Yours now: Outlook asks for a password`
fn staff(language: Language, key: &str, ticket: &StaffTicket, more: &[(&str, &dyn Display)]) -> String {
    let bare = without_prefixes(&ticket.subject);
    let subject = match bare.is_empty() {
        true => words().say(language, "mail.no_subject", &[]),
        false => one_line_within(&bare, SUBJECT_IN_STAFF_MAIL_MAX),
    };
    let mut values: Vec<(&str, &dyn Display)> = vec![("number", &ticket.number), ("subject", &subject)];
    values.extend(more);
    words().say(language, key, &values)
}

fn full(reader: ReaderLocale, at: Instant) -> String {
    format::instant(at, reader, Style::Full)
}

/// What the mail's target is about, where it is about one.
pub(super) fn owed(language: Language, context: &MailContext) -> Option<String> {
    match context {
        MailContext::TargetNear(mail) => Some(what(language, mail.objective, mail.case.as_ref())),
        MailContext::TargetMissed(mail) => Some(what(language, mail.objective, mail.case.as_ref())),
        MailContext::TargetOutside(mail) => Some(what(language, mail.objective, mail.case.as_ref())),
        MailContext::NobodyToCall(mail) => Some(what(language, mail.objective, mail.case.as_ref())),
        MailContext::EscalationProposed(mail) => Some(what(language, mail.objective, None)),
        MailContext::Received(_)
        | MailContext::Reply(_)
        | MailContext::PassedOn(_)
        | MailContext::IncidentLinked(_)
        | MailContext::IncidentOver(_)
        | MailContext::Resolved(_)
        | MailContext::Closed(_)
        | MailContext::Assigned(_)
        | MailContext::CustomerWrote(_)
        | MailContext::WaitingOver(_)
        | MailContext::Digest(_)
        | MailContext::RotaGap(_)
        | MailContext::HandOver(_)
        | MailContext::TimersStuck(_)
        | MailContext::RetestWanted(_)
        | MailContext::ToOperator(_)
        | MailContext::CaseAnswered(_)
        | MailContext::DailySummary(_)
        | MailContext::OneTimeLink(_) => None,
    }
}

/// `First response`, or `21Vianet owes us an acknowledgement of case 21V-2603020417`.
fn what(language: Language, objective: Objective, case: Option<&CaseOwed>) -> String {
    let Some(case) = case else { return names::objective(language, objective).to_owned() };
    let named = match &case.reference {
        Some(reference) => words().say(language, "mail.owed.case", &[("reference", &one_line(reference))]),
        None => words().say(language, "mail.owed.case_unnamed", &[]),
    };
    let key = match objective {
        Objective::UpstreamAcknowledgement => "mail.owed.upstream_acknowledgement",
        Objective::UpstreamUpdate => "mail.owed.upstream_update",
        Objective::UpstreamResolution => "mail.owed.upstream_resolution",
        Objective::Triage
        | Objective::FirstResponse
        | Objective::NextResponse
        | Objective::PeriodicUpdate
        | Objective::Resolution => return names::objective(language, objective).to_owned(),
    };
    words().say(language, key, &[("operator", &case.operator), ("case", &named)])
}

fn link_subject(purpose: LinkPurpose) -> &'static str {
    match purpose {
        LinkPurpose::FirstAdministrator => "mail.one_time_link.subject.first_administrator",
        LinkPurpose::Invitation => "mail.one_time_link.subject.invitation",
        LinkPurpose::PasswordReset => "mail.one_time_link.subject.password_reset",
    }
}

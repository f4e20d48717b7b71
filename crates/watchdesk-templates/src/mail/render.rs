//! From a context to subject, text and HTML.

use std::fmt::Display;

use serde::Serialize;
use watchdesk_core::desk::Language;

use super::quote::bounded;
use super::{LinkPurpose, MailContext, RenderedMail, StaffTicket, reply_subject, without_prefixes};
use crate::catalogue::words;
use crate::format::{self, Style};
use crate::names;
use crate::reader::ReaderLocale;
use crate::text::{one_line, one_line_within, plain};
use crate::{Engine, TemplateError};

/// Staff read subjects in lists and on phones.
const SUBJECT_IN_STAFF_MAIL_MAX: usize = 80;

/// What the templates see: the context's own fields, and the subject.
#[derive(Serialize)]
struct Values<'a> {
    subject_line: &'a str,
    #[serde(flatten)]
    context: &'a MailContext,
    /// A bounded piece of what somebody wrote, where staff are told of it.
    excerpt: Option<Excerpt>,
}

#[derive(Serialize)]
struct Excerpt {
    text: String,
    cut: bool,
}

pub(crate) fn render(
    engine: &Engine,
    reader: ReaderLocale,
    context: &MailContext,
) -> Result<RenderedMail, TemplateError> {
    let subject = one_line(&subject(reader, context));
    let values = Values { subject_line: &subject, context, excerpt: excerpt(context) };
    let text = engine.render(&format!("mail/{}.txt", context.name()), reader, &values)?;
    let html = engine.render(&format!("mail/{}.html", context.name()), reader, &values)?;
    Ok(RenderedMail { subject, text: tidy(&text), html })
}

fn excerpt(context: &MailContext) -> Option<Excerpt> {
    let words = match context {
        MailContext::CustomerWrote(mail) => &mail.words,
        MailContext::CaseAnswered(mail) => &mail.words,
        MailContext::Received(_)
        | MailContext::Reply(_)
        | MailContext::PassedOn(_)
        | MailContext::Resolved(_)
        | MailContext::Closed(_)
        | MailContext::Assigned(_)
        | MailContext::WaitingOver(_)
        | MailContext::TargetNear(_)
        | MailContext::TargetMissed(_)
        | MailContext::DailySummary(_)
        | MailContext::OneTimeLink(_) => return None,
    };
    let (text, cut) = bounded(words);
    (!text.is_empty()).then_some(Excerpt { text, cut })
}

fn subject(reader: ReaderLocale, context: &MailContext) -> String {
    let language = reader.language;
    let say = |key: &str, values: &[(&str, &dyn Display)]| words().say(language, key, values);
    let numbered = |key: &str, number: i64| say(key, &[("number", &number)]);
    let answer = |subject: &str, number: i64| {
        reply_subject(subject, number).unwrap_or_else(|| numbered("mail.reply.subject_unnamed", number))
    };
    match context {
        MailContext::Received(mail) => numbered("mail.received.subject", mail.number),
        MailContext::Reply(mail) => answer(&mail.subject, mail.number),
        MailContext::PassedOn(mail) => {
            say("mail.passed_on.subject", &[("number", &mail.number), ("operator", &mail.desk.operator)])
        }
        MailContext::Resolved(mail) => answer(&mail.subject, mail.number),
        MailContext::Closed(mail) => numbered("mail.closed.subject", mail.number),
        MailContext::Assigned(mail) => match &mail.to_team {
            Some(team) => staff(language, "mail.assigned.subject_team", &mail.ticket, &[("team", team)]),
            None => staff(language, "mail.assigned.subject", &mail.ticket, &[]),
        },
        MailContext::CustomerWrote(mail) => {
            let who = mail.ticket.customer.as_ref().unwrap_or(&mail.from);
            staff(language, "mail.customer_wrote.subject", &mail.ticket, &[("who", who)])
        }
        MailContext::WaitingOver(mail) => staff(language, "mail.waiting_over.subject", &mail.ticket, &[]),
        MailContext::TargetNear(mail) => {
            let left = format::duration(mail.left_s.max(0), language);
            let objective = names::objective(language, mail.objective);
            staff(language, "mail.target_near.subject", &mail.ticket, &[("objective", &objective), ("left", &left)])
        }
        MailContext::TargetMissed(mail) => {
            let at = format::instant(mail.deadline, reader, Style::Full);
            let objective = names::objective(language, mail.objective);
            staff(language, "mail.target_missed.subject", &mail.ticket, &[("objective", &objective), ("at", &at)])
        }
        MailContext::CaseAnswered(mail) => {
            staff(language, "mail.case_answered.subject", &mail.ticket, &[("operator", &mail.operator)])
        }
        MailContext::DailySummary(mail) => say(
            "mail.daily_summary.subject",
            &[("desk", &mail.desk), ("day", &mail.day), ("missed", &mail.missed_count), ("due", &mail.due_count)],
        ),
        MailContext::OneTimeLink(mail) => say(link_subject(mail.purpose), &[("desk", &mail.desk)]),
    }
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

fn link_subject(purpose: LinkPurpose) -> &'static str {
    match purpose {
        LinkPurpose::FirstAdministrator => "mail.one_time_link.subject.first_administrator",
        LinkPurpose::Invitation => "mail.one_time_link.subject.invitation",
        LinkPurpose::PasswordReset => "mail.one_time_link.subject.password_reset",
    }
}

/// One blank line between paragraphs, none at the ends, no control characters.
fn tidy(text: &str) -> String {
    let mut tidied = String::with_capacity(text.len());
    let mut blank = true;
    for line in plain(text).lines() {
        // Mail programs know a signature by its space.
        let line = if line == "-- " { line } else { line.trim_end() };
        if line.is_empty() && blank {
            continue;
        }
        blank = line.is_empty();
        tidied.push_str(line);
        tidied.push('\n');
    }
    tidied.truncate(tidied.trim_end().len());
    tidied.push('\n');
    tidied
}

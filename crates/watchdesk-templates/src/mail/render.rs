//! From a context to subject, text and HTML.

use serde::Serialize;

use super::quote::bounded;
use super::subject_line::{owed, subject};
use super::{MailContext, RenderedMail};
use crate::reader::ReaderLocale;
use crate::text::{one_line, plain};
use crate::{Engine, TemplateError};

/// What the templates see: the context's own fields, and the subject.
#[derive(Serialize)]
struct Values<'a> {
    subject_line: &'a str,
    #[serde(flatten)]
    context: &'a MailContext,
    /// A bounded piece of what somebody wrote, where staff are told of it.
    excerpt: Option<Excerpt>,
    /// What is owed, in a few words, where the mail is about one target.
    what: Option<String>,
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
    let values =
        Values { subject_line: &subject, context, excerpt: excerpt(context), what: owed(reader.language, context) };
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
        | MailContext::IncidentLinked(_)
        | MailContext::IncidentOver(_)
        | MailContext::RetestWanted(_)
        | MailContext::Resolved(_)
        | MailContext::Closed(_)
        | MailContext::Assigned(_)
        | MailContext::WaitingOver(_)
        | MailContext::TargetNear(_)
        | MailContext::TargetMissed(_)
        | MailContext::TargetOutside(_)
        | MailContext::ToOperator(_)
        | MailContext::NobodyToCall(_)
        | MailContext::EscalationProposed(_)
        | MailContext::Digest(_)
        | MailContext::RotaGap(_)
        | MailContext::HandOver(_)
        | MailContext::TimersStuck(_)
        | MailContext::DailySummary(_)
        | MailContext::OneTimeLink(_) => return None,
    };
    let (text, cut) = bounded(words);
    (!text.is_empty()).then_some(Excerpt { text, cut })
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

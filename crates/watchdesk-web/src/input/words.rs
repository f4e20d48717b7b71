//! Text in the shapes that requests use.

use serde_json::Value;
use utoipa::openapi::{RefOr, Schema};
use watchdesk_templates::text::{one_line, plain};

use super::schema::text_schema;
use super::{Faults, Input, Place, Wrong};

/// Characters of a subject, a name, a reference.
const LINE_CHARS_MAX: usize = 500;
/// Characters of a message.
const PROSE_CHARS_MAX: usize = 200_000;
const EMAIL_CHARS_MAX: usize = 254;

/// One line that says something: no control, invisible or direction-changing characters.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(crate) struct Line(pub String);

/// Any number of lines, also none.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Prose(pub String);

/// An e-mail address, in lower case.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Email(pub String);

pub(super) fn text(value: Value, at: &Place<'_>, faults: &mut Faults) -> Option<String> {
    match value {
        Value::String(text) => Some(text),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => {
            faults.add(at, Wrong::NotText);
            None
        }
    }
}

fn within(text: String, max: usize, at: &Place<'_>, faults: &mut Faults) -> Option<String> {
    if text.chars().nth(max).is_some() {
        faults.add(at, Wrong::TooLong { max });
        return None;
    }
    Some(text)
}

impl Input for Line {
    fn read(value: Value, at: &Place<'_>, faults: &mut Faults) -> Option<Self> {
        let line = within(one_line(&text(value, at, faults)?), LINE_CHARS_MAX, at, faults)?;
        if line.is_empty() {
            faults.add(at, Wrong::Empty);
            return None;
        }
        Some(Self(line))
    }

    fn schema() -> RefOr<Schema> {
        text_schema(None).min_length(Some(1)).max_length(Some(LINE_CHARS_MAX)).into()
    }
}

impl Input for Prose {
    fn read(value: Value, at: &Place<'_>, faults: &mut Faults) -> Option<Self> {
        within(plain(&text(value, at, faults)?), PROSE_CHARS_MAX, at, faults).map(Self)
    }

    fn schema() -> RefOr<Schema> {
        text_schema(None).max_length(Some(PROSE_CHARS_MAX)).into()
    }
}

impl Input for Email {
    fn read(value: Value, at: &Place<'_>, faults: &mut Faults) -> Option<Self> {
        let email = text(value, at, faults)?.trim().to_lowercase();
        if is_email(&email) {
            return Some(Self(email));
        }
        faults.add(at, if email.is_empty() { Wrong::Empty } else { Wrong::NotAnEmail });
        None
    }

    fn schema() -> RefOr<Schema> {
        text_schema(None).format(Some(utoipa::openapi::SchemaFormat::Custom("email".to_owned()))).into()
    }
}

/// Enough to keep nonsense and header tricks out; whether it exists, only a mail can tell.
fn is_email(text: &str) -> bool {
    let forbidden = |c: char| c.is_whitespace() || c.is_control() || "<>()[]\\,;:\"".contains(c);
    let Some((local, domain)) = text.rsplit_once('@') else { return false };
    let legal = !local.is_empty() && !local.contains('@') && !domain.is_empty() && !text.contains(forbidden);
    let labels = domain.split('.').all(|label| !label.is_empty() && !label.starts_with('-') && !label.ends_with('-'));
    legal && labels && domain.contains('.') && text.chars().count() <= EMAIL_CHARS_MAX
}

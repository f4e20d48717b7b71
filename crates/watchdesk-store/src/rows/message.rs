use uuid::Uuid;
use watchdesk_core::decision::{Author, NewMessage};
use watchdesk_core::ids::{AgentId, ContactId};

use crate::StoreError;
use crate::entities::message::Model;
use crate::rows::{Place, json, seconds, without_nul};

pub(crate) fn author(place: Place<'_>, kind: &str, id: Option<Uuid>) -> Result<Author, StoreError> {
    match (kind, id) {
        ("agent", Some(id)) => Ok(Author::Agent(AgentId(id))),
        ("contact", Some(id)) => Ok(Author::Contact(ContactId(id))),
        ("operator", None) => Ok(Author::Operator),
        ("system", None) => Ok(Author::System),
        _ => Err(place.corrupt("author_kind", format_args!("\"{kind}\" with or without an id"))),
    }
}

fn author_columns(author: Author) -> (&'static str, Option<Uuid>) {
    match author {
        Author::Agent(id) => ("agent", Some(id.0)),
        Author::Contact(id) => ("contact", Some(id.0)),
        Author::Operator => ("operator", None),
        Author::System => ("system", None),
    }
}

pub(crate) fn message_row(message: &NewMessage) -> Model {
    let (author_kind, author_id) = author_columns(message.author);
    let words = &message.words;
    Model {
        id: words.id.0,
        ticket_id: message.ticket.0,
        origins: String::new(),
        kind: message.kind.as_str().to_owned(),
        author_kind: author_kind.to_owned(),
        author_id,
        at: seconds(message.at),
        body: without_nul(words.body.as_str()),
        html: words.html.as_deref().map(without_nul),
        cc: json(&words.cc),
        mail_id: words.mail_id.as_deref().map(without_nul),
        case_id: message.case.map(|id| id.0),
        restricted: false,
    }
}

/// What a message gives to search: public words and internal ones.
pub(crate) fn message_words(message: &NewMessage) -> (&str, &str) {
    let body = message.words.body.as_str();
    if message.kind.is_for_customer() { (body, "") } else { ("", body) }
}

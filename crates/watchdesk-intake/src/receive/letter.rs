//! A mail on its way to its fate: what the envelope says, what the bytes say, and which of our mailboxes it is for.

use tokio::task::spawn_blocking;
use watchdesk_core::Instant;
use watchdesk_core::desk::Language;
use watchdesk_core::ids::RawMailId;
use watchdesk_store::directory::Mailbox;
use watchdesk_store::mail::{Envelope, RawMail, Source};
use watchdesk_templates::clean_html;

use super::mailboxes::Mailboxes;
use super::wording;
use crate::parse::{AutoClass, InboundMail, parse};

/// Further recipients of a mail that are kept with its message.
const CC_MAX: usize = 100;
/// Message-IDs that are looked up for one mail.
const REFERENCES_MAX: usize = 100;
/// Tags of our own addresses that are looked up for one mail.
const TAGS_MAX: usize = 10;

#[derive(Debug)]
pub(super) struct Letter {
    pub id: RawMailId,
    pub source: Source,
    /// When we accepted it; never its own `Date`.
    pub received_at: Instant,
    pub envelope: Envelope,
    pub sha256: String,
    pub mail: InboundMail,
    /// Cleaned.
    pub html: Option<String>,
    /// Text or HTML was too long; the rest is only in the original.
    pub shortened: bool,
    pub mailboxes: Mailboxes,
}

/// What the bytes say.
struct Content {
    mail: InboundMail,
    html: Option<String>,
    shortened: bool,
}

impl Letter {
    /// Reads the bytes; the error is the reason in words.
    pub async fn open(raw: RawMail, mailboxes: Mailboxes) -> Result<Self, String> {
        let RawMail { id, source, received_at, envelope, sha256, bytes, .. } = raw;
        // Parsing and cleaning may take a moment, and a fault in them is this mail's alone.
        let read = spawn_blocking(move || read(&bytes)).await;
        let Content { mut mail, html, shortened } =
            read.unwrap_or_else(|_| Err("The message could not be read as an e-mail: its reader failed.".to_owned()))?;
        if is_null_sender(source, &envelope) {
            mail.note_envelope_sender("");
        }
        Ok(Self { id, source, received_at, envelope, sha256, mail, html, shortened, mailboxes })
    }

    /// Where it was sent to, the most reliable word first.
    fn recipients(&self) -> impl Iterator<Item = &str> {
        let mail = &self.mail;
        let trace = mail.delivered_to.iter().chain(&mail.x_original_to).map(String::as_str);
        let header = mail.to.iter().chain(&mail.cc).map(|address| address.email.as_str());
        self.envelope.to.iter().map(String::as_str).chain(trace).chain(header)
    }

    pub fn mailbox(&self) -> Option<&Mailbox> {
        self.recipients().find_map(|address| self.mailboxes.taking(address))
    }

    /// The language of what we ourselves add to it.
    pub fn language(&self) -> Language {
        let mailbox = self.mailbox().or_else(|| self.mailboxes.first_active());
        mailbox.map_or(Language::English, |mailbox| mailbox.language)
    }

    /// The tags of our own addresses it was sent to.
    pub fn tags(&self) -> Vec<&str> {
        let mut tags: Vec<&str> = Vec::new();
        for tag in self.recipients().filter_map(|address| self.mailboxes.tag(address)) {
            if !tags.contains(&tag) && tags.len() < TAGS_MAX {
                tags.push(tag);
            }
        }
        tags
    }

    /// The mails it says it answers, the nearest first.
    pub fn answered_ids(&self) -> Vec<String> {
        let of_receipt = match &self.mail.auto {
            AutoClass::Receipt(receipt) => receipt.original_message_id.as_ref(),
            AutoClass::Human | AutoClass::AutoReply | AutoClass::Quiet | AutoClass::Bounce(_) => None,
        };
        let mut ids: Vec<String> = Vec::new();
        for id in of_receipt.into_iter().chain(&self.mail.in_reply_to).chain(self.mail.references.iter().rev()) {
            if !ids.contains(id) && ids.len() < REFERENCES_MAX {
                ids.push(id.clone());
            }
        }
        ids
    }

    /// An author whose address is one of our mailboxes.
    pub fn is_from_ourselves(&self) -> bool {
        self.mail.from.as_ref().is_some_and(|from| self.mailboxes.contain(&from.email))
    }

    /// The same of the envelope, which automatic answers would go to.
    pub fn returns_to_ourselves(&self) -> bool {
        self.envelope.from.as_deref().is_some_and(|sender| self.mailboxes.contain(sender))
    }

    pub fn has_null_sender(&self) -> bool {
        is_null_sender(self.source, &self.envelope)
    }

    /// Everybody else the mail went to.
    pub fn cc(&self) -> Vec<String> {
        let sender = self.mail.from.as_ref().map(|from| from.email.to_lowercase());
        let mut others: Vec<String> = Vec::new();
        for address in self.mail.to.iter().chain(&self.mail.cc) {
            let email = address.email.to_lowercase();
            let is_other = Some(&email) != sender.as_ref() && !self.mailboxes.contain(&email);
            if is_other && !others.contains(&email) && others.len() < CC_MAX {
                others.push(email);
            }
        }
        others
    }

    pub fn subject(&self) -> String {
        if self.mail.subject.is_empty() {
            wording::no_subject(self.language()).to_owned()
        } else {
            self.mail.subject.clone()
        }
    }

    /// What the sender wrote anew; all of it where that cannot be told from what he quotes.
    pub fn body(&self) -> String {
        let visible = self.mail.visible_text();
        let kept = if visible.trim().is_empty() { self.mail.text.trim_end() } else { visible };
        if self.shortened { format!("{kept}\n\n{}", wording::shortened(self.language())) } else { kept.to_owned() }
    }
}

/// A server always says who sent a mail, be it nobody; of a pipe or an archive that can be unknown.
fn is_null_sender(source: Source, envelope: &Envelope) -> bool {
    match (&envelope.from, source) {
        (Some(sender), Source::Pipe) => is_null_for_a_pipe(sender),
        (Some(sender), Source::Smtp | Source::Lmtp | Source::Import) => sender.is_empty(),
        (None, Source::Smtp | Source::Lmtp) => true,
        (None, Source::Pipe | Source::Import) => false,
    }
}

/// Mail servers give the null sender to a pipe in several spellings; Postfix writes `MAILER-DAEMON`.
fn is_null_for_a_pipe(sender: &str) -> bool {
    let sender = sender.trim();
    sender.is_empty() || sender == "<>" || sender.eq_ignore_ascii_case("MAILER-DAEMON")
}

fn read(bytes: &[u8]) -> Result<Content, String> {
    let mail = parse(bytes).map_err(|refusal| refusal.to_string())?;
    let cleaned = mail.html.as_deref().map(clean_html);
    let html_cut = mail.html_cut || cleaned.as_ref().is_some_and(|clean| clean.shortened);
    let html = cleaned.map(|clean| clean.html).filter(|html| !html.trim().is_empty());
    let shortened = mail.text_cut || html_cut;
    Ok(Content { mail, html, shortened })
}

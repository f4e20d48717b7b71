//! Mail as it came in: the bytes behind the tickets of the last days, and what did not become a ticket.

use anyhow::Context;
use serde::Deserialize;
use watchdesk_core::Instant;
use watchdesk_core::ids::RawMailId;
use watchdesk_core::mail::ReplyTokens;
use watchdesk_core::operator_mail::OperatorMail;
use watchdesk_intake::{Intake, IntakeOptions};
use watchdesk_store::mail::{Envelope, Fate, Source, settle, store_raw_at};
use watchdesk_store::{Store, fresh_id};

const MAILS: &str = include_str!("data/mails.toml");

/// Bytes that one encoded word of a header holds; it stays below the 75 characters of RFC 2047.
const ENCODED_WORD_BYTES_MAX: usize = 18;

const OPERATOR_DOMAIN: &str = "21vianet.com";
const OPERATOR_NUMBERS: &str = "21V-[0-9]{3,20}";

/// A mail of which the desk made no ticket.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StrayMail {
    /// Minutes before now.
    pub ago: i64,
    from: String,
    name: String,
    subject: String,
    body: String,
    /// What was made of it, and why; of the operator's mail nothing is said here: the desk reads it as any other.
    fate: Option<StrayFate>,
    #[serde(default)]
    reason: String,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum StrayFate {
    Ignored,
    Held,
    Quarantined,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    mail: Vec<StrayMail>,
}

/// A letter to the desk.
#[derive(Debug)]
pub struct Letter<'a> {
    pub name: &'a str,
    pub from: &'a str,
    pub to: &'a str,
    pub subject: &'a str,
    pub body: &'a str,
    /// Without angle brackets.
    pub mail_id: &'a str,
    pub in_reply_to: Option<&'a str>,
    pub at: Instant,
}

pub fn stray_mails() -> anyhow::Result<Vec<StrayMail>> {
    let file: File = toml::from_str(MAILS).context("demo/data/mails.toml")?;
    Ok(file.mail)
}

/// As a mail program names its messages.
pub fn fresh_mail_id(from: &str) -> String {
    let domain = from.rsplit_once('@').map_or("example.com", |(_, domain)| domain);
    format!("{}@{domain}", fresh_id().simple())
}

/// The bytes are there first; what becomes of them is said by whoever reads them.
pub async fn receive(store: &Store, letter: &Letter<'_>) -> anyhow::Result<RawMailId> {
    let envelope = Envelope { from: Some(letter.from.to_owned()), to: vec![letter.to.to_owned()] };
    Ok(store_raw_at(store, Source::Smtp, &envelope, &letter.bytes(), letter.at).await?)
}

pub async fn receive_stray(store: &Store, mail: &StrayMail, mailbox: &str, at: Instant) -> anyhow::Result<()> {
    let mail_id = fresh_mail_id(&mail.from);
    let letter = Letter {
        name: &mail.name,
        from: &mail.from,
        to: mailbox,
        subject: &mail.subject,
        body: &mail.body,
        mail_id: &mail_id,
        in_reply_to: None,
        at,
    };
    let id = receive(store, &letter).await?;
    let Some(fate) = mail.fate else { return read(store, id).await };
    let reason = mail.reason.clone();
    let fate = match fate {
        StrayFate::Ignored => Fate::Ignored { reason },
        StrayFate::Held => Fate::Held { reason },
        StrayFate::Quarantined => Fate::Quarantined { reason },
    };
    settle(store, id, &fate).await?;
    Ok(())
}

/// The operator's word finds its case, or waits for somebody who knows which one it means.
async fn read(store: &Store, id: RawMailId) -> anyhow::Result<()> {
    let mut options = IntakeOptions::new(ReplyTokens::new(Vec::new()));
    options.operator_mail = OperatorMail::new(&[OPERATOR_DOMAIN.to_owned()], &[OPERATOR_NUMBERS.to_owned()])?;
    Intake::new(store.clone(), options).process(id).await?;
    Ok(())
}

impl Letter<'_> {
    fn bytes(&self) -> Vec<u8> {
        let mut text = format!(
            "From: {} <{}>\r\nTo: <{}>\r\nSubject: {}\r\nDate: {}\r\nMessage-ID: <{}>\r\n",
            encoded(self.name),
            self.from,
            self.to,
            encoded(self.subject),
            self.at.to_rfc2822(),
            self.mail_id
        );
        if let Some(earlier) = self.in_reply_to {
            text.push_str(&format!("In-Reply-To: <{earlier}>\r\nReferences: <{earlier}>\r\n"));
        }
        text.push_str(
            "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n",
        );
        text.push_str(&self.body.replace("\r\n", "\n").replace('\n', "\r\n"));
        text.push_str("\r\n");
        text.into_bytes()
    }
}

/// A header's words, encoded where they are not ASCII (RFC 2047, "Q").
fn encoded(text: &str) -> String {
    if text.is_ascii() {
        return text.to_owned();
    }
    let mut words: Vec<String> = Vec::new();
    let mut word = String::new();
    for character in text.chars() {
        if word.len() + character.len_utf8() > ENCODED_WORD_BYTES_MAX {
            words.push(std::mem::take(&mut word));
        }
        word.push(character);
    }
    words.push(word);
    let encode = |word: &String| word.bytes().map(|byte| format!("={byte:02X}")).collect::<String>();
    words.iter().map(|word| format!("=?utf-8?Q?{}?=", encode(word))).collect::<Vec<_>>().join("\r\n ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chinese_headers_are_encoded_and_short() {
        let subject = encoded("外发邮件进了客户的垃圾箱");
        assert!(subject.is_ascii());
        assert!(subject.lines().all(|line| line.trim().len() <= 75), "{subject}");
        assert_eq!(encoded("Outlook is offline"), "Outlook is offline");
    }
}

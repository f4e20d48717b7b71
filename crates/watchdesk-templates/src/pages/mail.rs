//! Mail that did not become a ticket, and the mailboxes it came to.

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::samples;
use super::shell::{Choice, Nav, Refused, Shell};
use crate::page::Page;

/// `GET /mail?fate=`.
#[derive(Debug, Clone, Serialize)]
pub struct MailPage {
    pub shell: Shell,
    /// `held`, `quarantined`, `ignored`, or empty for all three.
    pub fate: String,
    pub mails: Vec<HeldMail>,
    pub may_retry: bool,
    pub previous: Option<String>,
    pub next: Option<String>,
}

#[derive(Debug, Clone, Serialize)]
pub struct HeldMail {
    pub id: String,
    /// `held`, `quarantined`, `ignored`.
    pub fate: String,
    /// Why, in words.
    pub reason: String,
    /// Attackers' text, both of them.
    pub sender: String,
    pub subject: String,
    pub mailbox: String,
    pub received_at: DateTime<Utc>,
    pub size: i64,
    /// How often it was tried.
    pub attempts: i64,
}

/// `GET /mailboxes`.
#[derive(Debug, Clone, Serialize)]
pub struct MailboxesPage {
    pub shell: Shell,
    pub mailboxes: Vec<MailboxRow>,
    pub teams: Vec<Choice>,
    pub may_change: bool,
    pub refused: Option<Refused>,
}

#[derive(Debug, Clone, Serialize)]
pub struct MailboxRow {
    pub id: String,
    pub version: i64,
    pub address: String,
    pub display_name: String,
    /// `zh-CN`, `en`.
    pub language: String,
    /// The team's slug, or none.
    pub team: Option<String>,
    pub signature: String,
    pub enabled: bool,
}

impl Page for MailPage {
    const TEMPLATE: &'static str = "pages/mail.html";
}
impl Page for MailboxesPage {
    const TEMPLATE: &'static str = "pages/mailboxes.html";
}

impl MailPage {
    pub fn samples() -> Vec<(&'static str, Self)> {
        let full = Self {
            shell: samples::shell(Nav::Mail, "/mail"),
            fate: String::new(),
            mails: samples::held_mails(),
            may_retry: true,
            previous: None,
            next: Some("/mail?cursor=x".into()),
        };
        let empty = Self { fate: "held".into(), mails: Vec::new(), next: None, ..full.clone() };
        vec![("mail", full), ("mail_empty", empty)]
    }
}

impl MailboxesPage {
    pub fn samples() -> Vec<(&'static str, Self)> {
        let full = Self {
            shell: samples::shell(Nav::Mailboxes, "/mailboxes"),
            mailboxes: vec![
                MailboxRow {
                    id: "m1".into(),
                    version: 3,
                    address: "support@reseller.example.cn".into(),
                    display_name: "华信云服务支持".into(),
                    language: "zh-CN".into(),
                    team: Some("first-line".into()),
                    signature: "华信云服务支持中心\n电话 400-800-0000（全天候）".into(),
                    enabled: true,
                },
                MailboxRow {
                    id: "m2".into(),
                    version: 1,
                    address: "billing@reseller.example.cn".into(),
                    display_name: "Huaxin Billing".into(),
                    language: "en".into(),
                    team: None,
                    signature: String::new(),
                    enabled: false,
                },
            ],
            teams: samples::queue_choices().teams,
            may_change: true,
            refused: None,
        };
        let refused = Self {
            refused: Some(Refused {
                form: "mailboxes".into(),
                text: "This address already belongs to a mailbox.".into(),
                way_out: Some("Change that mailbox, or give another address.".into()),
                fields: samples::map(&[("address", "support@reseller.example.cn")]),
                errors: samples::map(&[("address", "Already in use.")]),
            }),
            ..full.clone()
        };
        let empty = Self { mailboxes: Vec::new(), may_change: false, ..full.clone() };
        vec![("mailboxes", full), ("mailboxes_refused", refused), ("mailboxes_empty", empty)]
    }
}

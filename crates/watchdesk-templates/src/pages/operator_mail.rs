//! Mail of the operator's that waits until somebody says which case it belongs to.

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::samples;
use super::shell::{Choice, Nav, Shell};
use crate::page::Page;

/// `GET /mail/operator`.
#[derive(Debug, Clone, Serialize)]
pub struct OperatorMailPage {
    pub shell: Shell,
    pub mails: Vec<WaitingMail>,
    /// Every case that may be chosen.
    pub cases: Vec<Choice>,
    pub next: Option<String>,
}

#[derive(Debug, Clone, Serialize)]
pub struct WaitingMail {
    pub id: String,
    /// Text from outside, all three.
    pub sender: String,
    pub subject: String,
    pub excerpt: String,
    /// `no_reference`, `unknown_reference`, `unproven`.
    pub why: String,
    pub references: Vec<String>,
    pub received_at: DateTime<Utc>,
    /// The likeliest first.
    pub suggested: Vec<CaseChoice>,
}

#[derive(Debug, Clone, Serialize)]
pub struct CaseChoice {
    pub id: String,
    /// Its number and its first ticket.
    pub label: String,
}

impl Page for OperatorMailPage {
    const TEMPLATE: &'static str = "pages/operator_mail.html";
}

impl OperatorMailPage {
    pub fn samples() -> Vec<(&'static str, Self)> {
        let held = samples::held_mails().remove(0);
        let mail = WaitingMail {
            id: "r1".into(),
            sender: "liu@21vianet.example".into(),
            subject: "您的服务请求 21V-300199 有新的进展 <script>alert(1)</script>".into(),
            excerpt: "我们已在后台修复邮件流队列，请确认。".into(),
            why: "unknown_reference".into(),
            references: vec!["21V-300199".into()],
            received_at: held.received_at,
            suggested: vec![CaseChoice { id: "c1".into(), label: "21V-300123 · #1042 邮件无法收发".into() }],
        };
        let no_number = WaitingMail {
            id: "r2".into(),
            why: "no_reference".into(),
            references: Vec::new(),
            suggested: Vec::new(),
            ..mail.clone()
        };
        let unproven = WaitingMail { id: "r3".into(), why: "unproven".into(), ..mail.clone() };
        let full = Self {
            shell: samples::shell(Nav::Mail, "/mail/operator"),
            mails: vec![mail, no_number, unproven],
            cases: vec![Choice::new("c1", "21V-300123 · #1042 邮件无法收发")],
            next: Some("/mail/operator?cursor=x".into()),
        };
        let empty = Self { mails: Vec::new(), cases: Vec::new(), next: None, ..full.clone() };
        vec![("operator_mail", full), ("operator_mail_empty", empty)]
    }
}

//! How customers and subscriptions come in from the operator.

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::samples::{self, ago, ahead};
use super::shell::{Nav, Shell};
use crate::page::Page;

/// `GET /synchronisations`.
#[derive(Debug, Clone, Serialize)]
pub struct SynchronisationsPage {
    pub shell: Shell,
    /// The configuration has it.
    pub is_on: bool,
    pub is_running: bool,
    pub next_at: Option<DateTime<Utc>>,
    /// Why the last step failed.
    pub trouble: Option<String>,
    pub latest: Option<SynchronisationRun>,
    /// Of the latest run.
    pub changes: Vec<SynchronisationChange>,
    /// So many more are not shown.
    pub changes_left: i64,
    pub earlier: Vec<SynchronisationRun>,
    pub may_start: bool,
}

#[derive(Debug, Clone, Serialize)]
pub struct SynchronisationRun {
    pub number: i64,
    pub started_at: DateTime<Utc>,
    pub moved_at: DateTime<Utc>,
    pub finished_at: Option<DateTime<Utc>>,
    pub total: Option<i64>,
    pub customers: i64,
    pub subscriptions: i64,
    pub created: i64,
    pub changed: i64,
    pub gone: i64,
    pub failures: i64,
}

#[derive(Debug, Clone, Serialize)]
pub struct SynchronisationChange {
    /// `synchronisation.kind.<kind>` in the catalogues.
    pub kind: String,
    pub customer_id: Option<String>,
    pub customer: String,
    /// The subscription, where it is about one.
    pub subject: String,
    pub before: SynchronisedValue,
    pub after: SynchronisedValue,
}

#[derive(Debug, Clone, Default, Serialize)]
pub struct SynchronisedValue {
    pub text: String,
    /// The set of words that it belongs to: `dap`, `subscription`; empty: it is shown as it is.
    pub set: String,
}

impl Page for SynchronisationsPage {
    const TEMPLATE: &'static str = "pages/synchronisations.html";
}

/// As the store calls them.
const KINDS: [&str; 10] = [
    "customer_created",
    "customer_renamed",
    "customer_gone",
    "delegated_admin",
    "subscription_created",
    "subscription_status",
    "subscription_quantity",
    "subscription_changed",
    "subscription_gone",
    "unreadable",
];

impl SynchronisationsPage {
    pub fn samples() -> Vec<(&'static str, Self)> {
        let running = SynchronisationRun {
            number: 42,
            started_at: ago(240),
            moved_at: ago(2),
            finished_at: None,
            total: Some(5_000),
            customers: 1_240,
            subscriptions: 4_810,
            created: 12,
            changed: 31,
            gone: 0,
            failures: 2,
        };
        let ended = SynchronisationRun {
            number: 41,
            finished_at: Some(ago(86_000)),
            started_at: ago(87_000),
            gone: 3,
            ..running.clone()
        };
        let value = |set: &str, text: &str| SynchronisedValue { text: text.into(), set: set.into() };
        let change = |kind: &str| SynchronisationChange {
            kind: kind.into(),
            customer_id: Some("c1".into()),
            customer: "<b>上海远洋</b>物流有限公司".into(),
            subject: if kind.starts_with("subscription") { "Office 365 <i>E3</i>".into() } else { String::new() },
            before: match kind {
                "delegated_admin" => value("dap", "granted"),
                "subscription_status" | "subscription_gone" => value("subscription", "active"),
                "subscription_created" | "customer_created" | "customer_gone" | "unreadable" => value("", ""),
                _ => value("", "25"),
            },
            after: match kind {
                "delegated_admin" => value("dap", "withdrawn"),
                "subscription_status" | "subscription_created" => value("subscription", "suspended"),
                "subscription_gone" => value("subscription", "deleted"),
                "customer_created" | "customer_gone" => value("", ""),
                _ => value("", "30 <script>"),
            },
        };
        let full = Self {
            shell: samples::shell(Nav::Customers, "/synchronisations"),
            is_on: true,
            is_running: true,
            next_at: None,
            trouble: Some("signing in (directory a.cn): refused <b>now</b>".into()),
            latest: Some(running),
            changes: KINDS.iter().map(|kind| change(kind)).collect(),
            changes_left: 33,
            earlier: vec![ended.clone()],
            may_start: true,
        };
        let rests = Self {
            is_running: false,
            next_at: Some(ahead(36_000)),
            trouble: None,
            latest: Some(ended),
            changes: Vec::new(),
            changes_left: 0,
            earlier: Vec::new(),
            ..full.clone()
        };
        let off = Self { is_on: false, next_at: None, latest: None, may_start: false, ..rests.clone() };
        vec![("synchronisations", full), ("synchronisations_rest", rests), ("synchronisations_off", off)]
    }
}

//! What will be missed in the next hours if work goes on as it did.

use chrono::{DateTime, Utc};
use serde::Serialize;
use watchdesk_core::forecast::{Outlook, Pace};

use super::samples::{self, ago, ahead};
use super::shell::{Nav, Shell};
use super::ticket::Subscription;
use crate::page::Page;

/// `GET /reports/forecast?hours=`.
#[derive(Debug, Clone, Serialize)]
pub struct ForecastPage {
    pub shell: Shell,
    /// How far it looks: `2`, `4`, `8`, `24`.
    pub hours: i64,
    pub until: DateTime<Utc>,
    /// Over how long the pace was taken.
    pub window_s: i64,
    /// There is more than was looked at.
    pub is_cut: bool,
    /// Suspended subscriptions; who loses his data first stands first.
    pub losing: Vec<SuspendedLine>,
    pub queues: Vec<ForecastLine>,
    pub persons: Vec<ForecastLine>,
}

#[derive(Debug, Clone, Serialize)]
pub struct SuspendedLine {
    pub customer_id: String,
    pub customer: String,
    pub subscription: Subscription,
}

#[derive(Debug, Clone, Serialize)]
pub struct ForecastLine {
    /// The team's or the person's; empty for tickets of no team.
    pub name: String,
    pub pace: Option<ForecastPace>,
    pub overdue: u32,
    pub due: u32,
    pub will_be_missed: u32,
    pub at_risk: u32,
    pub tickets: Vec<ForecastTicket>,
}

#[derive(Debug, Clone, Copy, Serialize)]
pub struct ForecastPace {
    pub fulfilled: u32,
    pub seconds_each: i64,
}

#[derive(Debug, Clone, Serialize)]
pub struct ForecastTicket {
    pub number: i64,
    pub objective: String,
    pub deadline: DateTime<Utc>,
    /// When it will be done at this pace; none where no pace is known.
    pub expected: Option<DateTime<Utc>>,
}

impl ForecastLine {
    pub fn of<L>(outlook: &Outlook<L>, name: String) -> Self {
        let ticket = |expected: &watchdesk_core::forecast::Expected| ForecastTicket {
            number: expected.ticket.0,
            objective: expected.objective.as_str().to_owned(),
            deadline: expected.deadline,
            expected: expected.expected,
        };
        Self {
            name,
            pace: match outlook.pace {
                Pace::Known { fulfilled, seconds_each } => Some(ForecastPace { fulfilled, seconds_each }),
                Pace::Unknown => None,
            },
            overdue: outlook.overdue,
            due: outlook.due,
            will_be_missed: outlook.will_be_missed,
            at_risk: outlook.at_risk,
            tickets: outlook.listed.iter().map(ticket).collect(),
        }
    }
}

impl Page for ForecastPage {
    const TEMPLATE: &'static str = "pages/forecast.html";
}

impl ForecastPage {
    pub fn samples() -> Vec<(&'static str, Self)> {
        let ticket = |number, objective: &str, due_s, expected_s: Option<i64>| ForecastTicket {
            number,
            objective: objective.into(),
            deadline: ahead(due_s),
            expected: expected_s.map(ahead),
        };
        let busy = ForecastLine {
            name: "一线支持 <i>x</i>".into(),
            pace: Some(ForecastPace { fulfilled: 16, seconds_each: 1_800 }),
            overdue: 2,
            due: 9,
            will_be_missed: 7,
            at_risk: 0,
            tickets: (0..7)
                .map(|n| ticket(10_234 + n, "next_response", 3_600 * (n + 1), Some(7_200 * (n + 1))))
                .collect(),
        };
        let silent = ForecastLine {
            name: String::new(),
            pace: None,
            overdue: 0,
            due: 1,
            will_be_missed: 0,
            at_risk: 1,
            tickets: vec![ticket(10_241, "triage", 1_200, None)],
        };
        let calm = ForecastLine { overdue: 0, due: 4, will_be_missed: 0, tickets: Vec::new(), ..busy.clone() };
        let line = |subscription| SuspendedLine {
            customer_id: "c1".into(),
            customer: "<b>上海远洋</b>物流有限公司".into(),
            subscription,
        };
        let full = Self {
            shell: samples::shell(Nav::Reports, "/reports/forecast?hours=8"),
            hours: 8,
            until: ahead(28_800),
            window_s: 28_800,
            is_cut: true,
            losing: samples::suspended().into_iter().map(line).collect(),
            queues: vec![busy.clone(), silent],
            persons: vec![ForecastLine { name: "张伟".into(), ..calm }, ForecastLine { name: "李娜".into(), ..busy }],
        };
        let quiet = Self {
            losing: Vec::new(),
            queues: Vec::new(),
            persons: Vec::new(),
            until: ago(0),
            hours: 2,
            is_cut: false,
            ..full.clone()
        };
        vec![("forecast", full), ("forecast_quiet", quiet)]
    }
}

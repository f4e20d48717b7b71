//! What went up to the operator and what became of it, and what nobody has learned from yet.

use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;
use watchdesk_core::report::Used;
use watchdesk_core::report::escalations as report;

use super::samples;
use super::shell::{Choice, Nav, Refused, Shell};
use crate::format;
use crate::page::Page;

/// Width of a bar.
const BAR: u64 = 100;

/// `GET /reports/escalations?from=&to=&operator=&service=&category=&agent=&group=`.
#[derive(Debug, Clone, Serialize)]
pub struct EscalationsPage {
    pub shell: Shell,
    /// Both days belong to it, in the desk's zone.
    pub from: NaiveDate,
    pub to: NaiveDate,
    pub periods: Vec<EscalationPeriod>,
    pub operators: Vec<Choice>,
    pub services: Vec<Choice>,
    pub categories: Vec<Choice>,
    pub agents: Vec<Choice>,
    pub chosen: EscalationFilter,
    pub figures: EscalationFigures,
    pub months: Vec<EscalationMonth>,
    /// Of the chosen group.
    pub rows: Vec<EscalationRow>,
    /// Refused or withdrawn, and nothing is learned yet; the latest first, as many as a page shows.
    pub unlearned: Vec<UnlearnedCase>,
    /// All of them.
    pub unlearned_count: usize,
    /// Who may see to a measure.
    pub owners: Vec<Choice>,
    pub may_learn: bool,
    /// It stopped at a bound: what comes after is not in it.
    pub is_cut: bool,
    /// Of this page, without its path; the forms come back to it.
    pub query: String,
    pub document_href: String,
    pub json_href: String,
    pub csv_href: String,
    pub refused: Option<Refused>,
}

/// Empty where everything is meant; the group as in [`report::Group::as_str`].
#[derive(Debug, Clone, Default, Serialize)]
pub struct EscalationFilter {
    pub operator: String,
    pub service: String,
    pub category: String,
    pub agent: String,
    pub group: String,
}

/// So many days up to today.
#[derive(Debug, Clone, Serialize)]
pub struct EscalationPeriod {
    pub days: u64,
    pub href: String,
    pub is_chosen: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct UnlearnedTicket {
    pub number: i64,
}

/// A case that came back, and waits for what is to be learned from it.
#[derive(Debug, Clone, Serialize)]
pub struct UnlearnedCase {
    pub id: String,
    pub version: i64,
    pub reference: String,
    /// `refused` or `withdrawn`.
    pub fate: String,
    pub summary: String,
    /// Why it was refused or withdrawn.
    pub ending: String,
    pub ended_at: DateTime<Utc>,
    pub ticket: UnlearnedTicket,
}

/// `12`, `of 40`, `30.0 %`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct EscalationPart {
    pub n: u64,
    pub of: u64,
    pub percent: String,
}

impl From<report::Part> for EscalationPart {
    fn from(part: report::Part) -> Self {
        Self { n: part.n, of: part.of, percent: format::percent_tenths(part.n, part.of) }
    }
}

#[derive(Debug, Clone, Serialize)]
pub struct EscalationFigures {
    pub filed: u64,
    pub acknowledged_in_time: EscalationPart,
    /// Late, or overdue.
    pub acknowledged_late: u64,
    pub late_updates: u64,
    pub with_late_update: EscalationPart,
    pub open: EscalationPart,
    pub refused: EscalationPart,
    pub withdrawn: EscalationPart,
    pub solved: EscalationPart,
    pub not_solved: EscalationPart,
    pub reopened: EscalationPart,
    pub lowered: EscalationPart,
    pub lessons: EscalationPart,
    /// Those that are known.
    pub times: Vec<EscalationTime>,
}

/// `escalations.time.<name>` in the catalogues.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct EscalationTime {
    /// `ours`, `customers`, `operators`, `to_acknowledgement`, `to_answer`.
    pub name: &'static str,
    pub count: u64,
    pub median_s: i64,
    pub p90_s: i64,
}

impl From<&report::Figures> for EscalationFigures {
    fn from(figures: &report::Figures) -> Self {
        let times = &figures.times;
        let time = |(name, used): (&'static str, Option<Used>)| {
            used.map(|used| EscalationTime { name, count: used.count, median_s: used.p50_s, p90_s: used.p90_s })
        };
        let times = [
            ("ours", times.ours),
            ("customers", times.customers),
            ("operators", times.operators),
            ("to_acknowledgement", times.to_acknowledgement),
            ("to_answer", times.to_answer),
        ];
        Self {
            filed: figures.filed,
            acknowledged_in_time: figures.acknowledged_in_time.into(),
            acknowledged_late: figures.acknowledged.late + figures.acknowledged.overdue,
            late_updates: figures.late_updates,
            with_late_update: figures.with_late_update.into(),
            open: figures.open.into(),
            refused: figures.refused.into(),
            withdrawn: figures.withdrawn.into(),
            solved: figures.solved.into(),
            not_solved: figures.not_solved.into(),
            reopened: figures.reopened.into(),
            lowered: figures.lowered.into(),
            lessons: figures.lessons.into(),
            times: times.into_iter().filter_map(time).collect(),
        }
    }
}

#[derive(Debug, Clone, Serialize)]
pub struct EscalationRow {
    /// What it is called; empty where it has none.
    pub label: String,
    pub figures: EscalationFigures,
}

/// A month of the picture; each bar's width is a part of 100, which is the longest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct EscalationMonth {
    /// `2026-03`.
    pub label: String,
    pub filed: u64,
    pub refused: u64,
    /// Acknowledged late, or overdue.
    pub late: u64,
    pub filed_width: u64,
    pub refused_width: u64,
    pub late_width: u64,
}

impl EscalationMonth {
    /// In their order; filed, refused and late of each.
    pub fn all(months: &[(String, [u64; 3])]) -> Vec<Self> {
        let longest = months.iter().map(|(_, counts)| counts[0]).max().unwrap_or_default().max(1);
        // Whoever has one of a thousand still sees it.
        let width = |count: u64| if count == 0 { 0 } else { (count * BAR / longest).max(1) };
        let month = |(label, [filed, refused, late]): &(String, [u64; 3])| Self {
            label: label.clone(),
            filed: *filed,
            refused: *refused,
            late: *late,
            filed_width: width(*filed),
            refused_width: width(*refused),
            late_width: width(*late),
        };
        months.iter().map(month).collect()
    }
}

impl Page for EscalationsPage {
    const TEMPLATE: &'static str = "pages/escalations.html";
}

pub(super) fn sample_figures(filed: u64, refused: u64) -> EscalationFigures {
    let part = |n| EscalationPart::from(report::Part { n, of: filed });
    let time = |name, median_s| EscalationTime { name, count: filed, median_s, p90_s: median_s * 3 };
    EscalationFigures {
        filed,
        acknowledged_in_time: part(filed.saturating_sub(2)),
        acknowledged_late: filed.min(2),
        late_updates: 3,
        with_late_update: part(filed.min(2)),
        open: part(filed.min(1)),
        refused: part(refused),
        withdrawn: part(0),
        solved: part(filed.saturating_sub(refused + 1)),
        not_solved: part(0),
        reopened: part(0),
        lowered: part(filed.min(1)),
        lessons: EscalationPart::from(report::Part { n: refused / 2, of: refused }),
        times: vec![
            time("ours", 15_000),
            time("customers", 4_000),
            time("operators", 80_000),
            time("to_acknowledgement", 5_400),
            time("to_answer", 40_000),
        ],
    }
}

pub(super) fn sample_months() -> Vec<EscalationMonth> {
    let months = [("2026-01", [4, 1, 0]), ("2026-02", [0, 0, 0]), ("2026-03", [10, 2, 1])];
    EscalationMonth::all(&months.map(|(label, counts)| (label.to_owned(), counts)))
}

impl EscalationsPage {
    pub fn samples() -> Vec<(&'static str, Self)> {
        let unlearned = UnlearnedCase {
            id: "7d1f".into(),
            version: 5,
            reference: "SR-2026-031877".into(),
            fate: "refused".into(),
            summary: "<b>Contoso</b> cannot add a domain.".into(),
            ending: "The documentation answers this.".into(),
            ended_at: samples::ago(90_000),
            ticket: UnlearnedTicket { number: 10_231 },
        };
        let period =
            |days, is_chosen| EscalationPeriod { days, href: format!("/reports/escalations?d={days}"), is_chosen };
        let row = |label: &str, filed, refused| EscalationRow {
            label: label.into(),
            figures: sample_figures(filed, refused),
        };
        let full = Self {
            shell: samples::shell(Nav::Reports, "/reports/escalations"),
            from: samples::day(2026, 1, 1),
            to: samples::day(2026, 3, 18),
            periods: vec![period(30, false), period(90, true), period(365, false)],
            operators: samples::choices(&[("21vianet", "21Vianet")]),
            services: samples::choices(&[("exchange-online", "Exchange Online")]),
            categories: samples::choices(&[("billing", "Billing")]),
            agents: samples::choices(&[("a1", "<b>Contoso</b> 王芳")]),
            chosen: EscalationFilter { group: "product".into(), ..EscalationFilter::default() },
            figures: sample_figures(14, 3),
            months: sample_months(),
            rows: vec![row("Exchange Online", 10, 2), row("", 4, 1)],
            unlearned: vec![unlearned],
            unlearned_count: 2,
            owners: samples::choices(&[("a1", "王芳")]),
            may_learn: true,
            is_cut: true,
            query: "from=2026-01-01&to=2026-03-18".into(),
            document_href: "/reports/remediation?from=2026-01-01&to=2026-03-18".into(),
            json_href: "/reports/escalations.json?from=2026-01-01&to=2026-03-18".into(),
            csv_href: "/reports/escalations.csv?from=2026-01-01&to=2026-03-18".into(),
            refused: None,
        };
        let empty = Self {
            figures: EscalationFigures { times: Vec::new(), ..sample_figures(0, 0) },
            months: Vec::new(),
            rows: Vec::new(),
            unlearned: Vec::new(),
            unlearned_count: 0,
            may_learn: false,
            is_cut: false,
            ..full.clone()
        };
        let refused = Self {
            is_cut: false,
            refused: Some(Refused {
                form: "lesson/7d1f".into(),
                text: "The message is empty.".into(),
                way_out: Some("Write what the reader needs to know.".into()),
                errors: samples::map(&[("body", "The message is empty.")]),
                fields: samples::map(&[("measure", "tool")]),
            }),
            ..full.clone()
        };
        vec![("escalations", full), ("escalations_empty", empty), ("escalations_refused", refused)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_month_fills_its_bar_and_a_single_case_is_seen() {
        let months = EscalationMonth::all(&[("2026-01".into(), [1_000, 1, 0]), ("2026-02".into(), [500, 500, 250])]);
        let widths: Vec<[u64; 3]> =
            months.iter().map(|month| [month.filed_width, month.refused_width, month.late_width]).collect();
        assert_eq!(widths, [[100, 1, 0], [50, 50, 25]]);
        assert!(EscalationMonth::all(&[("2026-01".into(), [0, 0, 0])]).iter().all(|month| month.filed_width == 0));
    }
}

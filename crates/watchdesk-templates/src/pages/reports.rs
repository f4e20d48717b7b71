//! The SLA report: what was promised, what was kept, and what was excused.

use chrono::NaiveDate;
use serde::Serialize;
use watchdesk_core::report;

use super::samples;
use super::shell::{Nav, Refused, Shell};
use crate::format;
use crate::page::Page;

/// Width of a bar.
const BAR: u64 = 100;

/// `GET /reports?from=&to=&group=`.
#[derive(Debug, Clone, Serialize)]
pub struct ReportPage {
    pub shell: Shell,
    /// Both days belong to it, in the reader's zone.
    pub from: NaiveDate,
    pub to: NaiveDate,
    /// Empty, or as in [`report::GroupBy::as_str`].
    pub group: String,
    /// One for each objective.
    pub totals: Vec<ReportRow>,
    /// By objective and group.
    pub rows: Vec<ReportRow>,
    /// It stopped at a bound: what comes after is not in it.
    pub is_cut: bool,
    /// The same figures for programs and spreadsheets.
    pub json_href: String,
    pub csv_href: String,
    pub refused: Option<Refused>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ReportRow {
    pub objective: String,
    /// What the group is called; empty for a total.
    pub label: String,
    /// All groups beyond the bound together.
    pub is_rest: bool,
    /// Decided or running; what was cancelled stands beside it.
    pub total: u64,
    pub met: u64,
    pub met_late: u64,
    pub missed_running: u64,
    pub running: u64,
    pub cancelled: u64,
    pub excused: u64,
    /// `97.3 %`; a dash of nothing.
    pub raw: String,
    pub with_excuses: String,
    /// Parts of a bar that is 100 wide: kept, excused, missed.
    pub bar: Option<ReportBar>,
    /// Open seconds until it was fulfilled.
    pub used: Option<ReportUsed>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct ReportBar {
    pub met: u64,
    pub excused: u64,
    pub missed: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct ReportUsed {
    pub mean_s: i64,
    pub p50_s: i64,
    pub p90_s: i64,
    pub p99_s: i64,
    pub slowest_s: i64,
}

impl ReportRow {
    /// `label` is what the row's group is called in the reader's language.
    pub fn of(row: &report::Row, label: String) -> Self {
        let figures = &row.figures;
        Self {
            objective: row.objective.as_str().to_owned(),
            label,
            is_rest: row.is_rest,
            total: figures.total,
            met: figures.met,
            met_late: figures.met_late,
            missed_running: figures.missed_running,
            running: figures.running,
            cancelled: figures.cancelled,
            excused: figures.excused,
            raw: format::percent_tenths(figures.raw.met, figures.raw.of),
            with_excuses: format::percent_tenths(figures.with_excuses.met, figures.with_excuses.of),
            bar: bar(figures),
            used: figures.used.as_ref().map(|used| ReportUsed {
                mean_s: used.mean_s,
                p50_s: used.p50_s,
                p90_s: used.p90_s,
                p99_s: used.p99_s,
                slowest_s: used.slowest_s,
            }),
        }
    }
}

/// The parts fill the bar; whoever missed one of a thousand still sees it.
fn bar(figures: &report::Figures) -> Option<ReportBar> {
    let of = figures.raw.of;
    if of == 0 {
        return None;
    }
    let excused = of.saturating_sub(figures.with_excuses.of);
    let missed = of.saturating_sub(figures.raw.met).saturating_sub(excused);
    let part = |count: u64| if count == 0 { 0 } else { (count * BAR / of).max(1) };
    let (excused, missed) = (part(excused), part(missed));
    Some(ReportBar { met: BAR.saturating_sub(excused + missed), excused, missed })
}

impl Page for ReportPage {
    const TEMPLATE: &'static str = "pages/reports.html";
}

impl ReportPage {
    pub fn samples() -> Vec<(&'static str, Self)> {
        let row = |objective: &str, label: &str, counts: [u64; 6]| sample_row(objective, label, counts);
        let full = Self {
            shell: samples::shell(Nav::Reports, "/reports"),
            from: samples::day(2026, 3, 1),
            to: samples::day(2026, 3, 18),
            group: "customer".into(),
            totals: vec![
                row("triage", "", [420, 11, 2, 3, 9, 4]),
                row("first_response", "", [401, 7, 1, 3, 12, 5]),
                row("resolution", "", [310, 30, 9, 41, 12, 20]),
                row("upstream_acknowledgement", "", [0, 0, 0, 1, 0, 0]),
            ],
            rows: vec![
                row("first_response", "上海远洋物流有限公司", [120, 6, 0, 1, 3, 5]),
                row("first_response", "<b>Contoso</b> (China)", [281, 1, 1, 2, 9, 0]),
                ReportRow { is_rest: true, ..row("first_response", "", [10, 0, 0, 0, 0, 0]) },
                row("resolution", "上海远洋物流有限公司", [0, 0, 0, 2, 0, 0]),
            ],
            is_cut: true,
            json_href: "/api/v1/reports/sla?from=2026-03-01&to=2026-03-18".into(),
            csv_href: "/api/v1/reports/sla?from=2026-03-01&to=2026-03-18&format=csv".into(),
            refused: None,
        };
        let (totals, rows) = (Vec::new(), Vec::new());
        let empty = Self { group: String::new(), totals, rows, is_cut: false, ..full.clone() };
        let refused = Self {
            refused: Some(Refused {
                form: "reports".into(),
                text: "The first day lies after the last one.".into(),
                way_out: Some("Change one of the two days.".into()),
                ..Refused::default()
            }),
            ..empty.clone()
        };
        vec![("reports", full), ("reports_empty", empty), ("reports_refused", refused)]
    }
}

/// Met, met late, missed and running, running, cancelled, excused.
fn sample_row(objective: &str, label: &str, counts: [u64; 6]) -> ReportRow {
    let [met, met_late, missed_running, running, cancelled, excused] = counts;
    let raw = report::Share { met, of: met + met_late + missed_running };
    let with_excuses = report::Share { met, of: raw.of - excused };
    let figures = report::Figures {
        total: raw.of + running,
        met,
        met_late,
        missed_running,
        running,
        cancelled,
        cancelled_missed: 0,
        excused,
        raw,
        with_excuses,
        used: None,
    };
    let used = ReportUsed { mean_s: 2_400, p50_s: 1_900, p90_s: 7_200, p99_s: 21_000, slowest_s: 97_000 };
    ReportRow {
        objective: objective.into(),
        label: label.into(),
        is_rest: false,
        total: figures.total,
        met,
        met_late,
        missed_running,
        running,
        cancelled,
        excused,
        raw: format::percent_tenths(raw.met, raw.of),
        with_excuses: format::percent_tenths(with_excuses.met, with_excuses.of),
        bar: bar(&figures),
        used: Some(used).filter(|_| met > 0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parts_of_a_bar_fill_it_and_a_single_miss_is_seen() {
        let bar_of = |counts| sample_row("triage", "", counts).bar.map(|bar| (bar.met, bar.excused, bar.missed));
        assert_eq!(bar_of([9_999, 1, 0, 0, 0, 0]), Some((99, 0, 1)));
        assert_eq!(bar_of([50, 50, 0, 0, 0, 25]), Some((50, 25, 25)));
        assert_eq!(bar_of([0, 0, 0, 5, 1, 0]), None);
        assert_eq!(sample_row("triage", "", [9_999, 1, 0, 0, 0, 1]).with_excuses, "100.0 %");
    }
}

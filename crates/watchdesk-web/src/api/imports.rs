//! Customers and subscriptions from a spreadsheet, taken as `watchdesk import` takes them.

use axum::extract::{FromRequest, Request, State};
use serde::Serialize;
use utoipa::ToSchema;
use watchdesk_core::desk::Language;
use watchdesk_core::rights::Verb;
use watchdesk_store::imports::{Changed, Kind, Report, Wrong as WrongLine};

use super::answer::{Answer, Answered};
use super::request::{Query, TextCall};
use crate::app::App;
use crate::imports::{Sheet, fault_text, take};
use crate::input::{InQuery, request};
use crate::problem::Problem;

request! {
    pub(crate) struct ImportQuery {
        /// Only says what would change.
        dry_run: Option<InQuery<bool>>,
    }
}

/// A file of `text/csv`, from somebody who may import it.
pub(crate) struct CsvFile(TextCall);

impl FromRequest<App> for CsvFile {
    type Rejection = Problem;

    async fn from_request(request: Request, app: &App) -> Result<Self, Problem> {
        TextCall::read(request, app, "text/csv", |caller| caller.must_be_allowed(Verb::Configure)).await.map(Self)
    }
}

/// What came of the file, line by line; what is wrong with one line leaves the others.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DirectoryImport)]
pub(crate) struct ImportReport {
    /// Nothing was written.
    dry_run: bool,
    lines: u64,
    created: u64,
    changed: u64,
    /// As they were.
    same: u64,
    failed: u64,
    /// The first thousand.
    changes: Vec<ImportedLine>,
    /// The first thousand.
    faults: Vec<LineFault>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ImportedLine {
    /// As an editor counts; the header is the first.
    line: u64,
    /// `new` or `changed`.
    what: &'static str,
    name: String,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct LineFault {
    line: u64,
    field: &'static str,
    /// Stable, such as `date` or `unknown_customer`.
    code: &'static str,
    error: String,
}

impl From<Changed> for ImportedLine {
    fn from(changed: Changed) -> Self {
        Self { line: changed.line, what: if changed.is_new { "new" } else { "changed" }, name: changed.name }
    }
}

impl From<(u64, WrongLine)> for LineFault {
    fn from((line, wrong): (u64, WrongLine)) -> Self {
        Self { line, field: wrong.field, code: wrong.code, error: fault_text(Language::English, &wrong) }
    }
}

impl ImportReport {
    fn new(report: Report, dry_run: bool) -> Self {
        Self {
            dry_run,
            lines: report.lines,
            created: report.created,
            changed: report.changed,
            same: report.same,
            failed: report.failed,
            changes: report.changes.into_iter().map(ImportedLine::from).collect(),
            faults: report.faults.into_iter().map(LineFault::from).collect(),
        }
    }
}

pub(crate) async fn customers(
    State(app): State<App>,
    Query(query): Query<ImportQuery>,
    file: CsvFile,
) -> Answered<ImportReport> {
    imported(&app, Kind::Customers, &query, file).await
}

pub(crate) async fn subscriptions(
    State(app): State<App>,
    Query(query): Query<ImportQuery>,
    file: CsvFile,
) -> Answered<ImportReport> {
    imported(&app, Kind::Subscriptions, &query, file).await
}

async fn imported(app: &App, kind: Kind, query: &ImportQuery, CsvFile(file): CsvFile) -> Answered<ImportReport> {
    let dry_run = query.dry_run == Some(InQuery(true));
    let sheet = Sheet { kind, field: "body", language: Language::English };
    let report = take(app, file.caller.reference(), sheet, file.text, dry_run).await?;
    Ok(Answer::ok(ImportReport::new(report, dry_run)))
}

//! Customers and subscriptions from a spreadsheet: looked at first, then taken.

use axum::http::StatusCode;
use axum::response::Response;
use watchdesk_core::rights::Verb;
use watchdesk_store::imports::{Kind, Report};
use watchdesk_templates::pages::{ImportFault, ImportPage, ImportedLine, Nav, Refused};

use crate::imports::{LINES_MAX, Sheet, fault_text, take, text};
use crate::input::Wrong;
use crate::pages::refused::{is_for_the_form, refused, status};
use crate::pages::shell::shell;
use crate::pages::upload::File;
use crate::pages::visit::{UploadForm, Visit};
use crate::problem::Problem;

const PAGE: &str = "/customers/import";
const FORM: &str = "import";
/// The field that the file is sent in, as in every form with files.
const FILE: &str = "attachments";

/// What the page shows under its form.
#[derive(Default)]
struct Shown {
    /// The lines, to be taken after they were looked at.
    csv: String,
    report: Option<(Report, bool)>,
    refused: Option<Refused>,
}

pub(in crate::pages) async fn page(visit: Visit) -> Result<Response, Problem> {
    visit.must_see(Verb::Configure)?;
    let kind = kind(visit.query.filled("kind"));
    show(&visit, kind, StatusCode::OK, Shown::default()).await
}

fn kind(text: Option<&str>) -> Kind {
    text.and_then(Kind::parse).unwrap_or(Kind::Customers)
}

pub(in crate::pages) async fn import(form: UploadForm) -> Result<Response, Problem> {
    let UploadForm { visit, fields, files } = form;
    visit.must_see(Verb::Configure)?;
    let sheet = Sheet { kind: kind(fields.filled("kind")), field: FILE, language: visit.language() };
    let dry_run = fields.filled("step") != Some("take");
    let csv = match given(&visit, fields.filled("csv"), files, sheet) {
        Ok(csv) => csv,
        Err(problem) => return again(&visit, &fields, sheet.kind, problem).await,
    };
    match take(&visit.app, visit.rights().reference(), sheet, csv.clone(), dry_run).await {
        Ok(report) => {
            let report = Some((report, dry_run));
            show(&visit, sheet.kind, StatusCode::OK, Shown { csv, report, refused: None }).await
        }
        Err(problem) => again(&visit, &fields, sheet.kind, problem).await,
    }
}

/// The file, else the lines that were looked at before.
fn given(visit: &Visit, looked_at: Option<&str>, files: Vec<File>, sheet: Sheet) -> Result<String, Problem> {
    let max_bytes = visit.app.options.body_bytes_max;
    match (files.into_iter().next(), looked_at) {
        (Some(file), _) if file.bytes.len() > max_bytes => Err(Problem::TooLarge { max_bytes }),
        (Some(file), _) => text(file.bytes, sheet),
        (None, Some(csv)) => Ok(csv.to_owned()),
        (None, None) => Err(Problem::invalid(FILE, Wrong::Missing)),
    }
}

async fn again(
    visit: &Visit,
    fields: &crate::forms::FormFields,
    kind: Kind,
    problem: Problem,
) -> Result<Response, Problem> {
    if !is_for_the_form(&problem) {
        return Err(problem);
    }
    let refused = Some(refused(visit, FORM, fields, &problem));
    show(visit, kind, status(&problem), Shown { refused, ..Shown::default() }).await
}

async fn show(visit: &Visit, kind: Kind, status: StatusCode, shown: Shown) -> Result<Response, Problem> {
    let mut shell = shell(visit, Nav::Customers).await?;
    shell.path = format!("{PAGE}?kind={}", kind.as_str());
    let language = visit.language();
    let (report, dry_run) = shown.report.map_or((None, false), |(report, dry_run)| (Some(report), dry_run));
    let is_ready = dry_run && report.as_ref().is_some_and(|report| report.created + report.changed > 0);
    let mut page = ImportPage {
        kind: kind.as_str().to_owned(),
        columns: kind.columns().map(str::to_owned).collect(),
        lines_max: LINES_MAX,
        was_read: report.is_some(),
        dry_run,
        csv: if is_ready { shown.csv } else { String::new() },
        refused: shown.refused,
        ..ImportPage::new(shell)
    };
    if let Some(report) = report {
        page.lines = report.lines;
        (page.created, page.changed) = (report.created, report.changed);
        (page.same, page.failed) = (report.same, report.failed);
        let line = |one: watchdesk_store::imports::Changed| ImportedLine {
            line: one.line,
            is_new: one.is_new,
            name: one.name,
        };
        page.changes = report.changes.into_iter().map(line).collect();
        let fault = |(line, wrong): &(u64, watchdesk_store::imports::Wrong)| ImportFault {
            line: *line,
            field: wrong.field.to_owned(),
            text: fault_text(language, wrong),
        };
        page.faults = report.faults.iter().map(fault).collect();
    }
    visit.page_with(status, &page)
}

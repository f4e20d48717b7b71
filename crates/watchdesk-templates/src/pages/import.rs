//! Customers and subscriptions from a spreadsheet.

use serde::Serialize;

use super::samples;
use super::shell::{Nav, Refused, Shell};
use crate::page::Page;

/// `GET` and `POST /customers/import`: the form, and under it what would come of the file, or what came of it.
#[derive(Debug, Clone, Serialize)]
pub struct ImportPage {
    pub shell: Shell,
    /// `customers` or `subscriptions`.
    pub kind: String,
    /// Columns that are understood.
    pub columns: Vec<String>,
    pub lines_max: usize,
    /// A file was read; all that follows is about it.
    pub was_read: bool,
    /// Nothing was written yet.
    pub dry_run: bool,
    /// The lines themselves, where they can be taken now.
    pub csv: String,
    pub lines: u64,
    pub created: u64,
    pub changed: u64,
    pub same: u64,
    pub failed: u64,
    pub changes: Vec<ImportedLine>,
    pub faults: Vec<ImportFault>,
    pub refused: Option<Refused>,
}

#[derive(Debug, Clone, Serialize)]
pub struct ImportedLine {
    pub line: u64,
    pub is_new: bool,
    pub name: String,
}

#[derive(Debug, Clone, Serialize)]
pub struct ImportFault {
    pub line: u64,
    /// The column.
    pub field: String,
    pub text: String,
}

impl Page for ImportPage {
    const TEMPLATE: &'static str = "pages/import.html";
}

impl ImportPage {
    /// The form alone.
    pub fn new(shell: Shell) -> Self {
        Self {
            shell,
            kind: "customers".into(),
            columns: Vec::new(),
            lines_max: 0,
            was_read: false,
            dry_run: false,
            csv: String::new(),
            lines: 0,
            created: 0,
            changed: 0,
            same: 0,
            failed: 0,
            changes: Vec::new(),
            faults: Vec::new(),
            refused: None,
        }
    }

    pub fn samples() -> Vec<(&'static str, Self)> {
        let columns = ["name", "tenant_id", "domains"].map(str::to_owned).into();
        let form = Self { columns, lines_max: 1_000, ..Self::new(samples::shell(Nav::Customers, "/customers/import")) };
        let changes = vec![
            ImportedLine { line: 2, is_new: true, name: "<b>上海远洋</b>物流有限公司".into() },
            ImportedLine { line: 3, is_new: false, name: "Contoso (China)".into() },
        ];
        let faults =
            vec![ImportFault { line: 4, field: "domains".into(), text: "\"not a <domain>\" is no domain.".into() }];
        let looked_at = Self {
            was_read: true,
            dry_run: true,
            csv: "name\n\"</textarea><script>\"\n".into(),
            lines: 4,
            created: 1,
            changed: 1,
            same: 1,
            failed: 1,
            changes,
            faults,
            ..form.clone()
        };
        let taken = Self { dry_run: false, csv: String::new(), kind: "subscriptions".into(), ..looked_at.clone() };
        let refused = Self {
            refused: Some(Refused {
                form: "import".into(),
                text: "The file cannot be read.".into(),
                way_out: Some("Choose another one.".into()),
                fields: samples::map(&[]),
                errors: samples::map(&[("attachments", "nobody knows the column \"colour\"")]),
            }),
            ..form.clone()
        };
        vec![("import", form), ("import_looked_at", looked_at), ("import_taken", taken), ("import_refused", refused)]
    }
}

//! A spreadsheet of customers or subscriptions that somebody hands in, over the API or on a page.

use watchdesk_core::desk::Language;
use watchdesk_core::event::ActorRef;
use watchdesk_store::imports::{self, Asked, Kind, Report, Unreadable, Wrong as WrongLine};
use watchdesk_templates::names;

use crate::app::App;
use crate::input::Wrong;
use crate::problem::Problem;

/// Lines of one request, which has to end while somebody waits; `watchdesk import` takes more.
pub(crate) const LINES_MAX: usize = 1_000;

/// What is handed in, and where faults of the whole file are told.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sheet {
    pub kind: Kind,
    pub field: &'static str,
    pub language: Language,
}

pub(crate) async fn take(
    app: &App,
    by: ActorRef,
    sheet: Sheet,
    text: String,
    dry_run: bool,
) -> Result<Report, Problem> {
    let lines = imports::read(text.into_bytes(), sheet.kind)
        .map_err(|unreadable| Problem::invalid(sheet.field, unreadable_text(sheet.language, &unreadable)))?;
    if lines.len() > LINES_MAX {
        return Err(Problem::invalid(sheet.field, Wrong::TooMany { max: LINES_MAX }));
    }
    let asked = Asked { kind: sheet.kind, zone: app.options.time_zone, dry_run, by };
    Ok(imports::take(&app.store, asked, lines, || {}).await?)
}

/// A file as a browser sends it.
pub(crate) fn text(bytes: Vec<u8>, sheet: Sheet) -> Result<String, Problem> {
    imports::text(bytes)
        .map_err(|unreadable| Problem::invalid(sheet.field, unreadable_text(sheet.language, &unreadable)))
}

fn unreadable_text(language: Language, unreadable: &Unreadable) -> Wrong {
    let values: [(&str, &dyn std::fmt::Display); 2] = [("value", &unreadable.value), ("known", &unreadable.known)];
    Wrong::Said(names::say(language, &format!("import.file.{}", unreadable.code), &values))
}

/// What is wrong with a line, and what to write instead.
pub(crate) fn fault_text(language: Language, wrong: &WrongLine) -> String {
    match language {
        Language::English => wrong.why.clone(),
        Language::Chinese => {
            names::say(language, &format!("refusal.import.{}", wrong.code), &[("value", &wrong.value)])
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_is_wrong_with_a_file_or_a_line_is_said_in_both_languages() {
        for language in Language::ALL {
            for code in imports::FILE_FAULTS {
                let key = format!("import.file.{code}");
                assert_ne!(names::say(language, &key, &[("value", &1), ("known", &2)]), key, "{language:?}");
            }
        }
        for code in imports::LINE_FAULTS {
            let key = format!("refusal.import.{code}");
            assert_ne!(names::say(Language::Chinese, &key, &[("value", &1)]), key);
        }
    }
}

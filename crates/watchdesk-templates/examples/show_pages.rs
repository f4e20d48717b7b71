//! Writes every sample page into a folder, to be looked at: `cargo run -p watchdesk-templates --example show_pages -- FOLDER`.
//! They ask for `/static/…`, so serve the folder together with the static files.

use std::error::Error;
use std::path::PathBuf;

use chrono_tz::Tz;
use watchdesk_core::desk::Language;
use watchdesk_templates::pages::{SampleVisitor, visit_samples};
use watchdesk_templates::{Engine, Page, ReaderLocale};

struct Writer {
    engine: Engine,
    folder: PathBuf,
    reader: ReaderLocale,
    failure: Option<Box<dyn Error>>,
}

impl Writer {
    fn write<P: Page>(&self, name: &str, page: &P) -> Result<(), Box<dyn Error>> {
        let html = self.engine.page(&self.reader, page)?;
        let file = format!("{name}.{}.html", self.reader.language.as_str());
        Ok(std::fs::write(self.folder.join(file), html)?)
    }
}

impl SampleVisitor for Writer {
    fn visit<P: Page>(&mut self, name: &str, page: &P) {
        if let Err(error) = self.write(name, page) {
            self.failure.get_or_insert(error);
        }
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let folder = PathBuf::from(std::env::args().nth(1).ok_or("name the folder to write into")?);
    std::fs::create_dir_all(&folder)?;
    let reader = ReaderLocale::new(Language::English, Tz::Asia__Shanghai);
    let mut writer = Writer { engine: Engine::strict()?, folder, reader, failure: None };
    for language in Language::ALL {
        writer.reader = ReaderLocale::new(language, Tz::Asia__Shanghai);
        visit_samples(&mut writer);
    }
    writer.failure.map_or(Ok(()), Err)
}

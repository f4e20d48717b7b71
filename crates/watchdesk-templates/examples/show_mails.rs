//! Writes every sample mail into a folder, to be looked at: `cargo run -p watchdesk-templates --example show_mails -- FOLDER`.

use std::error::Error;
use std::path::PathBuf;

use chrono_tz::Tz;
use watchdesk_core::desk::Language;
use watchdesk_templates::{Engine, MailContext};

fn main() -> Result<(), Box<dyn Error>> {
    let folder = PathBuf::from(std::env::args().nth(1).ok_or("name the folder to write into")?);
    std::fs::create_dir_all(&folder)?;
    let engine = Engine::strict()?;
    for language in Language::ALL {
        for (name, sample) in MailContext::samples(language) {
            let mail = engine.mail(language, Tz::Asia__Shanghai, &sample)?;
            let file = folder.join(format!("{name}.{}", language.as_str()));
            std::fs::write(file.with_added_extension("html"), &mail.html)?;
            std::fs::write(file.with_added_extension("txt"), format!("Subject: {}\n\n{}", mail.subject, mail.text))?;
        }
    }
    Ok(())
}

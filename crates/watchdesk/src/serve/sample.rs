//! `serve --demo`: a lively desk in a folder that is gone afterwards.

use std::io::IsTerminal;

use anyhow::Context;
use tempfile::TempDir;
use watchdesk_store::Store;

use crate::config::Config;
use crate::demo::{self, DemoPeople, Operator};
use crate::desk;

pub struct Sample {
    _folder: TempDir,
    _operator: Operator,
    people: DemoPeople,
}

impl Sample {
    /// Fills a fresh desk and lets the configuration point there. Nothing of a real desk is touched.
    pub async fn make(config: &mut Config) -> anyhow::Result<Self> {
        let folder = tempfile::Builder::new().prefix("watchdesk-demo-").tempdir().context("no throw-away folder")?;
        config.data_dir = folder.path().to_owned();
        config.database.url = String::new();
        demo::introduce(config);
        let store = desk::open_or_begin(config).await?;
        let now = Store::now(&store).await?;
        store.close().await?;
        let show_progress = std::io::stderr().is_terminal();
        eprint!("Filling a sample desk ...");
        let people = demo::fill(&config.database_url(), now, &mut |progress| {
            if show_progress {
                eprint!("\rFilling a sample desk ... {progress}   ");
            }
        })
        .await?;
        eprintln!(" done.");
        let store = desk::open_or_begin(config).await?;
        let operator = Operator::begin(config, &store, now).await?;
        store.close().await?;
        Ok(Self { _folder: folder, _operator: operator, people })
    }

    /// For the sign-in page.
    pub fn hint(&self) -> String {
        let first = self.people.first();
        format!("{} / {}", first.email, first.password)
    }

    pub fn greeting(&self, base_url: &str) -> String {
        let mut text = format!(
            "\nA sample desk is at {base_url}\nIt lives in a throw-away folder and is gone when you stop the program.\n\nSign in as:\n"
        );
        for person in &self.people.people {
            text.push_str(&format!(
                "  {:8}  {:28}  {:16}  password {}\n",
                person.role.as_str(),
                person.email,
                person.name,
                person.password
            ));
        }
        text
    }
}

//! `watchdesk migrate`.

use std::process::ExitCode;

use watchdesk_store::Store;

use crate::config::Config;
use crate::desk;

pub async fn run(config: &Config) -> anyhow::Result<ExitCode> {
    desk::prepare_folder(config)?;
    let report = Store::migrate(&config.database_url()).await?;
    match report.applied.len() {
        0 => println!("The database is already at this program's schema."),
        1 => println!("1 step applied: {}", report.applied[0]),
        count => println!("{count} steps applied, the last is {}", report.applied[count - 1]),
    }
    desk::open_or_begin(config).await?.close().await?;
    Ok(ExitCode::SUCCESS)
}

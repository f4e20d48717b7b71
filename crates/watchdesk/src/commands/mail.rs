//! `watchdesk mail`: one message from a pipe, or an old mailbox.

use std::io::{IsTerminal, Read, Write};
use std::path::Path;
use std::process::ExitCode;

use anyhow::Context;
use watchdesk_core::ids::RawMailId;
use watchdesk_intake::{ImportReport, Intake, IntakeOptions};
use watchdesk_store::Store;
use watchdesk_store::mail::{Envelope, Fate, Source};

use crate::cli::Mail;
use crate::config::{Config, ConfigError};
use crate::desk;
use crate::exit::{DATA, Failure, TRY_AGAIN};

/// Bytes of one message; the listener takes no more either.
const MESSAGE_BYTES_MAX: u64 = 25 * 1024 * 1024;

pub async fn run(config: &Config, command: Mail) -> anyhow::Result<ExitCode> {
    match command {
        Mail::Receive { sender, recipients } => receive(config, sender, recipients).await,
        Mail::Import { path, json } => import(config, &path, json).await,
    }
}

pub async fn intake(store: &Store, config: &Config) -> anyhow::Result<Intake> {
    let mut options = IntakeOptions::new(desk::reply_tokens(store, config).await?);
    options.operator_mail = config.recognised().map_err(ConfigError::Wrong)?;
    Ok(Intake::new(store.clone(), options))
}

/// A mail server tries again on 75 and gives the mail back on anything else: only what is wrong with the message itself
/// is not 75.
async fn receive(config: &Config, sender: Option<String>, recipients: Vec<String>) -> anyhow::Result<ExitCode> {
    let bytes = message()?;
    let envelope = Envelope { from: sender, to: recipients };
    let (id, fate) = take(config, &envelope, &bytes).await.map_err(|error| try_again(&error))?;
    // The mail is durable: if nobody listens any more, that is no reason to have it sent again.
    let _ = writeln!(std::io::stdout(), "{id} {}", fate.kind().as_str());
    Ok(ExitCode::SUCCESS)
}

fn message() -> anyhow::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    std::io::stdin()
        .take(MESSAGE_BYTES_MAX + 1)
        .read_to_end(&mut bytes)
        .context("the message cannot be read")
        .map_err(|error| try_again(&error))?;
    if bytes.is_empty() {
        return Err(Failure::new(DATA, "there is no message on standard input").into());
    }
    if bytes.len() as u64 > MESSAGE_BYTES_MAX {
        return Err(Failure::new(DATA, format!("the message is larger than {MESSAGE_BYTES_MAX} bytes")).into());
    }
    Ok(bytes)
}

async fn take(config: &Config, envelope: &Envelope, bytes: &[u8]) -> anyhow::Result<(RawMailId, Fate)> {
    let store = desk::open(config).await?;
    let taken = intake(&store, config).await?.receive_one(Source::Pipe, envelope, bytes).await?;
    // The mail is durable: a failure from here on would only make the server send it once more.
    if let Err(error) = store.close().await {
        tracing::warn!(%error, "the desk was not closed cleanly");
    }
    Ok(taken)
}

fn try_again(error: &anyhow::Error) -> Failure {
    Failure::new(TRY_AGAIN, format!("the mail was not taken, try again later: {error:#}"))
}

async fn import(config: &Config, path: &Path, json: bool) -> anyhow::Result<ExitCode> {
    let store = desk::open(config).await?;
    let intake = intake(&store, config).await?;
    let show_progress = std::io::stderr().is_terminal();
    let report = intake
        .import(path, |report| {
            if show_progress {
                eprint!("\r{} messages read", report.seen);
            }
        })
        .await?;
    if show_progress {
        eprintln!();
    }
    store.close().await?;
    if json {
        println!("{}", serde_json::to_string_pretty(&as_json(&report))?);
    } else {
        println!(
            "{} messages read: {} imported as closed tickets, {} already here, {} our own, {} failed.",
            report.seen, report.imported, report.duplicates, report.ignored, report.failures
        );
        for failure in &report.failed {
            println!("{}: {}", failure.source, failure.reason);
        }
    }
    Ok(if report.failures == 0 { ExitCode::SUCCESS } else { ExitCode::from(DATA) })
}

fn as_json(report: &ImportReport) -> serde_json::Value {
    let failed =
        report.failed.iter().map(|failure| serde_json::json!({ "source": failure.source, "reason": failure.reason }));
    serde_json::json!({
        "seen": report.seen,
        "imported": report.imported,
        "duplicates": report.duplicates,
        "ignored": report.ignored,
        "failures": report.failures,
        "failed": failed.collect::<Vec<_>>(),
    })
}

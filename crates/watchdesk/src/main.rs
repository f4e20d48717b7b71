//! The `watchdesk` program: command line, configuration, wiring and shutdown. What it does is in the crates it joins.

mod bench;
mod cli;
mod commands;
mod config;
mod demo;
mod desk;
mod exit;
mod logging;
mod progress;
mod seed;
mod serve;

use std::process::ExitCode;

use clap::Parser;
use clap::error::ErrorKind;

use cli::{Cli, Command, Serve, Sla};

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return usage(&error),
    };
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return fail(&anyhow::Error::new(error).context("the program cannot start its threads")),
    };
    match runtime.block_on(run(cli)) {
        Ok(code) => code,
        Err(error) => fail(&error),
    }
}

fn usage(error: &clap::Error) -> ExitCode {
    // Nothing is left to tell when standard output is gone.
    let _ = error.print();
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => ExitCode::SUCCESS,
        _ => ExitCode::from(exit::USAGE),
    }
}

/// One clear sentence: what failed, and why.
fn fail(error: &anyhow::Error) -> ExitCode {
    eprintln!("watchdesk: {}", sentence(error));
    ExitCode::from(exit::code_of(error))
}

/// Some libraries repeat their source in their own words; then it is said once.
fn sentence(error: &anyhow::Error) -> String {
    let mut sentence = String::new();
    for cause in error.chain().map(ToString::to_string) {
        if sentence.is_empty() {
            sentence = cause;
        } else if !sentence.contains(&cause) {
            sentence = format!("{}: {cause}", sentence.trim_end_matches('.'));
        }
    }
    sentence
}

async fn run(cli: Cli) -> anyhow::Result<ExitCode> {
    // The arithmetic of the clocks needs no desk and no configuration.
    match &cli.command {
        Some(Command::Sla(Sla::Deadline)) => return commands::sla::lines::deadline(),
        Some(Command::Sla(Sla::Elapsed)) => return commands::sla::lines::elapsed(),
        Some(_) | None => {}
    }
    let mut config = config::load(cli.config.as_deref())?;
    if let Some(Command::Bench(_)) = &cli.command {
        // A line for each request would be measured too.
        "warn".clone_into(&mut config.log.level);
    }
    logging::start(&config.log)?;
    match cli.command.unwrap_or(Command::Serve(Serve::default())) {
        Command::Serve(options) => serve::run(config, options).await,
        Command::Mail(command) => commands::mail::run(&config, command).await,
        Command::Import(command) => commands::import::run(&config, command).await,
        Command::Sla(command) => commands::sla::run(&config, command).await,
        Command::User(command) => commands::user::run(&config, command).await,
        Command::Token(command) => commands::token::run(&config, command).await,
        Command::Check(options) => commands::check::run(&config, &options).await,
        Command::Migrate => commands::migrate::run(&config).await,
        Command::Bench(command) => bench::run(&config, command).await,
    }
}

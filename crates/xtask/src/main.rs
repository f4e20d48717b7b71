//! The chores of the workshop, in one command that works on a fresh machine: `cargo xtask test`.
//!
//! It finds or installs the servers that the tests talk to, starts throw-away ones on private ports, runs every
//! check and every test, and leaves nothing behind, however it ends. Nothing is skipped silently: a part that is
//! missing is named, with the way to get it, and fails the run.
//!
//! To add a server, write its module with a `find_or_install` and a `start`, and list it in [`servers::SERVERS`].
//! To add a check, call it in [`check`].

mod account;
mod browser;
mod cargo;
mod collections;
mod guard;
mod licences;
mod packages;
mod postgres;
mod servers;
mod spdx;
mod steps;

use std::io::{self, Read, Write};
use std::process::ExitCode;

use steps::Steps;

/// `EX_USAGE` of sysexits.
const EXIT_USAGE: u8 = 64;

const HELP: &str = "\
cargo xtask COMMAND

  test      everything a change must pass: format, lints, licences, build, and all tests
            against throw-away servers (PostgreSQL) and with a browser (Chromium), which it finds
            or installs, and with collections of odd mails, which it fetches once
  check     the part without tests: format, lints, licences
  postgres  starts a throw-away PostgreSQL, prints its address for running a single test by hand,
            and removes it at Ctrl-C or when its standard input ends
  help      this text

Exit code: 0, or that of the first step that failed; 64 for a command it does not know.
";

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    match words.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["test"] => test(),
        ["check"] => {
            let mut steps = Steps::new();
            check(&mut steps);
            steps.finish()
        }
        ["postgres"] => postgres_by_hand(),
        ["help" | "--help" | "-h"] => {
            print!("{HELP}");
            ExitCode::SUCCESS
        }
        [] => usage("say what to do"),
        _ => usage(&format!("there is no command `{}`", words.join(" "))),
    }
}

fn usage(complaint: &str) -> ExitCode {
    eprint!("xtask: {complaint}\n\n{HELP}");
    ExitCode::from(EXIT_USAGE)
}

/// What may be missing is looked for first, because it should be known before minutes of building.
fn test() -> ExitCode {
    let mut steps = Steps::new();
    let found = steps.run("find or install servers", servers::find_or_install_all);
    let browser = steps.run("find or install a browser", browser::find_or_install);
    let mails = steps.run("find or fetch mail collections", collections::find_or_fetch);
    check(&mut steps);
    let binary = steps.run("build", cargo::build_watchdesk);
    match (found.and(browser), mails, binary) {
        (Some(()), Some(mails), Some(binary)) => run_tests(&mut steps, &binary, mails),
        (None, _, _) => steps.not_run("tests", "a server or a browser they need is missing"),
        (_, None, _) => steps.not_run("tests", "a mail collection they need is missing"),
        (_, _, None) => steps.not_run("tests", "the build failed"),
    }
    steps.finish()
}

fn check(steps: &mut Steps) {
    steps.run("format", cargo::check_format);
    steps.run("licences, bans and sources", licences::check);
    steps.run("lints", cargo::check_lints);
}

fn run_tests(steps: &mut Steps, binary: &std::path::Path, mut variables: Vec<(&'static str, String)>) {
    let Some(running) = steps.run("start servers", servers::start_all) else {
        steps.not_run("tests", "a server they need did not start");
        return;
    };
    variables.extend(servers::variables(&running));
    steps.run("tests", || cargo::test(binary, &variables));
    steps.run("stop servers", || servers::stop_all(running));
}

fn postgres_by_hand() -> ExitCode {
    let mut steps = Steps::new();
    if steps.run("find or install PostgreSQL", postgres::find_or_install).is_none() {
        return steps.finish();
    }
    let Some(server) = steps.run("start PostgreSQL", postgres::start) else {
        return steps.finish();
    };
    for (name, value) in server.variables() {
        println!("{name}={value}");
    }
    println!("Stays until Ctrl-C, or until standard input ends.");
    steps.run("stay", wait_for_end_of_input);
    steps.run("stop PostgreSQL", || server.stop());
    steps.finish()
}

fn wait_for_end_of_input() -> anyhow::Result<()> {
    io::stdout().flush()?;
    let mut ignored = [0; 1024];
    while io::stdin().read(&mut ignored)? > 0 {}
    Ok(())
}

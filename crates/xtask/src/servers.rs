//! The servers that the tests talk to.

use anyhow::{Result, bail};

use crate::postgres;
use crate::steps::say;

/// A server that runs until it is stopped or dropped.
pub trait Server {
    /// What the tests find in their environment.
    fn variables(&self) -> Vec<(&'static str, String)>;

    /// Stops it and says whether anything was left behind.
    fn stop(self: Box<Self>) -> Result<()>;
}

pub struct Kind {
    pub name: &'static str,
    /// Fails with words that say what is missing and how to get it.
    pub find_or_install: fn() -> Result<()>,
    pub start: fn() -> Result<Box<dyn Server>>,
}

pub const SERVERS: [Kind; 1] =
    [Kind { name: "PostgreSQL", find_or_install: postgres::find_or_install, start: postgres::start }];

/// Names everything that is missing, not only the first.
pub fn find_or_install_all() -> Result<()> {
    let missing: Vec<String> = SERVERS
        .iter()
        .filter_map(|kind| (kind.find_or_install)().err().map(|error| format!("{}: {error:#}", kind.name)))
        .collect();
    if !missing.is_empty() {
        bail!("{}", missing.join("\n"));
    }
    Ok(())
}

/// Those already started are stopped when a later one fails.
pub fn start_all() -> Result<Vec<Box<dyn Server>>> {
    SERVERS.iter().map(start_one).collect()
}

pub fn variables(running: &[Box<dyn Server>]) -> Vec<(&'static str, String)> {
    running.iter().flat_map(|server| server.variables()).collect()
}

/// Stops all of them, whatever one of them says.
pub fn stop_all(running: Vec<Box<dyn Server>>) -> Result<()> {
    let results: Vec<Result<()>> = running.into_iter().map(|server| server.stop()).collect();
    results.into_iter().collect()
}

fn start_one(kind: &Kind) -> Result<Box<dyn Server>> {
    say(&format!("starting {}", kind.name));
    (kind.start)()
}

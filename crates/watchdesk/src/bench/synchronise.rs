//! `watchdesk bench synchronise`: a big reseller's customers and subscriptions, from an operator who throttles and fails
//! one call in ten, brought in by this very program, which is killed in between.

use std::collections::BTreeSet;
use std::io::IsTerminal;
use std::path::Path;
use std::process::{ExitCode, Stdio};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail};
use chrono::TimeDelta;
use serde::Serialize;
use serde_json::json;
use tokio::process::{Child, Command};
use watchdesk_standin::{Fault, FaultRule, Options, Seed, Standin};
use watchdesk_store::bench::ScratchDatabase;
use watchdesk_store::directory::{Customer, DirectoryFilter, customers, subscriptions_of};
use watchdesk_store::synchronisation::{self, Run};
use watchdesk_store::{Clock, PAGE_ITEMS_MAX, Store, desk};
use watchdesk_upstream::{SystemTimer, Timer};

use super::stopwatch::timed_async;
use super::{database_name, findings, rounded};
use crate::cli::BenchSynchronise;
use crate::config::Config;
use crate::seed;

/// What is told to the operator's customers and subscriptions, and not to sign-in.
const PATH: &str = "/v1/";
/// Of a fresh desk.
const FIRST_RUN: i64 = 1;
/// The program is killed when it has read a third.
const KILLED_AFTER: i64 = 3;
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// A run that does not get on for so many looks is stuck. A lease of a program that died ends long before.
const LOOKS_WITHOUT_PROGRESS_MAX: usize = 600;

/// One call in ten fails, each time in another way ...
const FAILS_EVERY: u64 = 10;
/// ... some are told to come back later ...
const THROTTLED_EVERY: u64 = 701;
const RETRY_AFTER_S: i64 = 20;
/// ... and some are never answered.
const SILENT_EVERY: u64 = 1_999;

/// What the operator allows.
const REQUESTS_A_MINUTE_MAX: usize = 500;

#[derive(Debug, Default, PartialEq, Serialize)]
struct Report {
    database: &'static str,
    customers: usize,
    subscriptions: usize,
    /// Customers and subscriptions that are there more than once.
    duplicates: usize,
    /// Customers whom the run could not read.
    unreadable: i64,
    /// How many customers had been read when the program was killed.
    killed_at: Option<i64>,
    took_s: f64,
    requests: usize,
    busiest_minute: usize,
    /// Of the check of the throw-away database.
    findings: usize,
}

pub async fn run(config: &Config, options: &BenchSynchronise) -> anyhow::Result<ExitCode> {
    if options.customers == 0 {
        bail!("bench synchronise needs at least one customer");
    }
    crate::desk::prepare_folder(config)?;
    let database = ScratchDatabase::beside(&config.database_url()).await?;
    let measured = measure(config, database.url(), options).await;
    database.remove().await?;
    let report = measured?;
    if options.json {
        println!("{}", serde_json::to_string_pretty(&report)?);
    } else {
        print(&report);
    }
    let wrong = report.wrong(options);
    for sentence in &wrong {
        eprintln!("{sentence}");
    }
    Ok(if wrong.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn measure(config: &Config, url: &str, options: &BenchSynchronise) -> anyhow::Result<Report> {
    Store::migrate(url).await?;
    let pool_max = config.database.pool_max;
    let store = Store::open(crate::desk::options(config, url.to_owned(), Clock::Database, pool_max)).await?;
    desk::seed(&store, &seed::seed(config)?).await?;
    let operator = Operator::begin(&store, options).await?;
    let folder = tempfile::tempdir().context("no throw-away folder")?;
    let file = folder.path().join("watchdesk.toml");
    std::fs::write(&file, operator.configuration(url, folder.path())?).context("no configuration of its own")?;
    let (killed_at, took) = timed_async(bring_in(&store, &file, options)).await?;
    let mut report = Report {
        database: database_name(&store),
        killed_at,
        took_s: rounded(took.as_secs_f64()),
        requests: operator.requests(),
        busiest_minute: operator.standin.busiest_minute(PATH),
        ..Report::default()
    };
    count(&store, &mut report).await?;
    report.findings = findings(&store).await?;
    store.close().await?;
    Ok(report)
}

/// Answers how many had been read when the program was killed.
async fn bring_in(store: &Store, file: &Path, options: &BenchSynchronise) -> anyhow::Result<Option<i64>> {
    let mut program = start(file)?;
    let mut killed_at = None;
    if !options.uninterrupted {
        let third = i64::try_from(options.customers)? / KILLED_AFTER;
        let run = wait(store, &mut program, |run| run.customers >= third).await?;
        program.kill().await?;
        killed_at = Some(run.customers);
        program = start(file)?;
    }
    wait(store, &mut program, |run| run.finished_at.is_some()).await?;
    program.kill().await?;
    Ok(killed_at)
}

/// This program, as a worker with a configuration of its own and nothing from its surroundings.
fn start(file: &Path) -> anyhow::Result<Child> {
    let mut command = Command::new(std::env::current_exe().context("this program does not know where it is")?);
    command.env_clear().arg("--config").arg(file).args(["serve", "--roles", "worker"]);
    command.stdin(Stdio::null()).stdout(Stdio::null()).kill_on_drop(true);
    command.spawn().context("a second program cannot be started")
}

async fn wait(store: &Store, program: &mut Child, is_enough: impl Fn(&Run) -> bool) -> anyhow::Result<Run> {
    let show_progress = std::io::stderr().is_terminal();
    let mut looks = tokio::time::interval(LOOK_EVERY);
    let (mut last, mut without_progress) = (None, 0);
    while without_progress < LOOKS_WITHOUT_PROGRESS_MAX {
        looks.tick().await;
        if let Some(status) = program.try_wait()? {
            bail!("the program that synchronises ended by itself: {status}");
        }
        let run = synchronisation::run(store, FIRST_RUN).await?;
        if let Some(run) = run.as_ref().filter(|run| is_enough(run)) {
            if show_progress {
                eprintln!("\r{} customers read   ", run.customers);
            }
            return Ok(run.clone());
        }
        without_progress = if run == last { without_progress + 1 } else { 0 };
        if let Some(run) = run.as_ref().filter(|_| show_progress) {
            eprint!("\r{} of {} customers read   ", run.customers, run.total.unwrap_or_default());
        }
        last = run;
    }
    bail!("the run has not got on for {LOOKS_WITHOUT_PROGRESS_MAX} seconds")
}

/// Everything that is there, and what is there more than once.
async fn count(store: &Store, report: &mut Report) -> anyhow::Result<()> {
    let (mut tenants, mut ids) = (BTreeSet::new(), BTreeSet::new());
    let mut cursor = None;
    loop {
        let page = customers(store, &DirectoryFilter::default(), PAGE_ITEMS_MAX, cursor.as_ref()).await?;
        for customer in page.items {
            report.customers += 1;
            report.subscriptions += count_of(store, &customer, &mut ids).await?;
            tenants.insert(customer.tenant_id);
        }
        cursor = page.next;
        if cursor.is_none() {
            break;
        }
    }
    report.duplicates = report.customers + report.subscriptions - tenants.len() - ids.len();
    let run = synchronisation::run(store, FIRST_RUN).await?.context("the run is gone")?;
    report.unreadable = run.failures;
    Ok(())
}

async fn count_of(store: &Store, customer: &Customer, ids: &mut BTreeSet<String>) -> anyhow::Result<usize> {
    let (mut count, mut cursor) = (0, None);
    loop {
        let page = subscriptions_of(store, customer.id, PAGE_ITEMS_MAX, cursor.as_ref()).await?;
        count += page.items.len();
        ids.extend(page.items.into_iter().map(|subscription| subscription.fields.operator_id));
        cursor = page.next;
        if cursor.is_none() {
            return Ok(count);
        }
    }
}

/// Throttles and fails.
struct Operator {
    standin: Standin,
    options: Options,
}

impl Operator {
    async fn begin(store: &Store, wanted: &BenchSynchronise) -> anyhow::Result<Self> {
        let now = Store::now(store).await?;
        let timer = Arc::new(SystemTimer::new());
        let mut options = Options::new(move || now + TimeDelta::from_std(timer.now()).unwrap_or_default());
        options.seed = Seed::customers(wanted.customers, wanted.subscriptions);
        options.requests_per_minute = REQUESTS_A_MINUTE_MAX;
        let standin = Standin::start(options.clone()).await?;
        let failures = vec![Fault::Status(503), Fault::Html, Fault::Drop, Fault::HalfAnAnswer, Fault::WrongType];
        standin.fail(FaultRule::in_turn(FAILS_EVERY, failures).at(PATH));
        standin.fail(FaultRule::every(THROTTLED_EVERY, Fault::Throttle { retry_after_s: RETRY_AFTER_S }).at(PATH));
        standin.fail(FaultRule::every(SILENT_EVERY, Fault::Silence).at(PATH));
        Ok(Self { standin, options })
    }

    fn requests(&self) -> usize {
        self.standin.requests().iter().filter(|request| request.path.starts_with(PATH)).count()
    }

    /// Of the program that synchronises: as anybody would configure it, but often.
    fn configuration(&self, database_url: &str, folder: &Path) -> anyhow::Result<String> {
        let host = self.standin.base_url();
        Ok(toml::to_string(&json!({
            "data_dir": folder,
            "database": {"url": database_url},
            "log": {"level": "error"},
            "upstream": {
                "authority": host,
                "partner_center": host,
                "graph": host,
                "tenant": self.options.tenant,
                "client_id": self.options.client_id,
                "client_secret": self.options.client_secret,
                "directory": {"enabled": true, "every": "*/5 * * * * *"},
                // On new year's day: nobody is looked at meanwhile.
                "health": {"every": "0 0 0 1 1 *"},
            },
        }))?)
    }
}

impl Report {
    /// What is not as it was promised.
    fn wrong(&self, wanted: &BenchSynchronise) -> Vec<String> {
        let (customers, subscriptions) = (wanted.customers, wanted.subscriptions);
        let promises = [
            (self.customers == customers, format!("not all {customers} customers are there")),
            (self.subscriptions == subscriptions, format!("not all {subscriptions} subscriptions are there")),
            (self.duplicates == 0, "something is there twice".to_owned()),
            (self.unreadable == 0, "not every customer could be read".to_owned()),
            (self.busiest_minute <= REQUESTS_A_MINUTE_MAX, format!("more than {REQUESTS_A_MINUTE_MAX} a minute")),
            (self.findings == 0, "the database has findings".to_owned()),
        ];
        promises.into_iter().filter(|(is_kept, _)| !is_kept).map(|(_, sentence)| sentence).collect()
    }
}

fn print(report: &Report) {
    println!("on {}", report.database);
    println!("customers                {:9}", report.customers);
    println!("subscriptions            {:9}", report.subscriptions);
    println!("there more than once     {:9}", report.duplicates);
    println!("could not be read        {:9}", report.unreadable);
    if let Some(killed_at) = report.killed_at {
        println!("killed after customers   {killed_at:9}");
    }
    println!("took                     {:9.0} s", report.took_s);
    println!("requests                 {:9}", report.requests);
    println!("in the busiest minute    {:9} (at most {REQUESTS_A_MINUTE_MAX})", report.busiest_minute);
    println!("findings                 {:9}", report.findings);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_as_promised_is_said() {
        let wanted = BenchSynchronise { customers: 50, subscriptions: 200, uninterrupted: false, json: false };
        let good = Report { customers: 50, subscriptions: 200, busiest_minute: 500, ..Report::default() };
        assert!(good.wrong(&wanted).is_empty());
        let bad = Report { subscriptions: 199, duplicates: 1, unreadable: 1, busiest_minute: 501, findings: 1, ..good };
        assert_eq!(bad.wrong(&wanted).len(), 5, "{:?}", bad.wrong(&wanted));
    }
}

//! `watchdesk bench tick`: what the timers cost while many clocks run, beside bare loops on the same database.

use std::process::ExitCode;

use anyhow::{Context, bail, ensure};
use chrono::TimeDelta;
use serde::Serialize;
use watchdesk_core::policy::Target;
use watchdesk_core::rights::Role;
use watchdesk_notifier::timers::Timers;
use watchdesk_store::bench::{BATCH_TICKETS, Bulk, ScratchDatabase, bare_commits, bare_probes};
use watchdesk_store::desk::Seed;
use watchdesk_store::directory::{AgentFields, ContactFields};
use watchdesk_store::{Clock, Store, desk, directory, firing};

use super::stopwatch::{Durations, timed_async};
use super::{database_name, findings, rounded};
use crate::cli::BenchTick;
use crate::config::Config;
use crate::progress::Counter;
use crate::seed;

/// Ticks with nothing due that are measured, each beside a bare look.
const IDLE_TICKS: usize = 2_000;
/// People of the team that is told.
const STAFF: usize = 4;
/// The shipped targets are so many times as long, so that nothing comes due while the desk is being filled.
const STRETCH: i64 = 100;
/// What a ticket is owed that nobody has triaged: triage, a first answer, a solution.
const CLOCKS_EACH: usize = 3;
/// The bare loop's share of what is due: it needs no long run to be steady.
const BARE_SHARE: usize = 4;
/// A tick works off a bounded number of batches; so many of them are enough for what is due.
const TICKS_MAX: usize = 1_000;

/// Figures to reach.
const IDLE_US_MAX: f64 = 1_000.0;
const DUE_S_MAX: f64 = 10.0;

#[derive(Debug, Serialize)]
struct Report {
    database: &'static str,
    /// Of this program with an empty desk.
    memory_mib: Option<f64>,
    rows: Vec<Row>,
    /// What the check of the throw-away database found, if it was asked for.
    findings: Option<usize>,
}

#[derive(Debug, Serialize)]
struct Row {
    clocks: usize,
    idle_median_us: f64,
    idle_p99_us: f64,
    bare_looks_median_us: f64,
    bare_looks_p99_us: f64,
    idle_ratio: f64,
    due: usize,
    due_s: f64,
    bare_commits_s: f64,
    due_ratio: f64,
    memory_before_mib: Option<f64>,
    memory_after_mib: Option<f64>,
}

pub async fn run(config: &Config, options: &BenchTick) -> anyhow::Result<ExitCode> {
    if options.due == 0 || options.clocks.contains(&0) {
        bail!("bench tick needs at least one clock and one that is due");
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
    Ok(if report.findings.is_some_and(|findings| findings > 0) { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

async fn measure(config: &Config, url: &str, options: &BenchTick) -> anyhow::Result<Report> {
    Store::migrate(url).await?;
    let pool_max = config.database.pool_max;
    let store = Store::open(crate::desk::options(config, url.to_owned(), Clock::Database, pool_max)).await?;
    desk::seed(&store, &stretched(seed::seed(config)?)).await?;
    let mut field = Field::prepare(&store, config).await?;
    let memory_mib = memory_mib();
    let mut sizes = options.clocks.clone();
    sizes.sort_unstable();
    sizes.dedup();
    let mut rows = Vec::with_capacity(sizes.len());
    for clocks in sizes {
        rows.push(field.row(clocks, options.due).await?);
    }
    let findings = if options.check { Some(findings(&store).await?) } else { None };
    let database = database_name(&store);
    store.close().await?;
    Ok(Report { database, memory_mib, rows, findings })
}

fn stretched(mut seed: Seed) -> Seed {
    let rules = seed.policies.iter_mut().flat_map(|policy| &mut policy.rules);
    for target in rules.flat_map(|rule| rule.targets.values_mut()).flat_map(|by_severity| by_severity.values_mut()) {
        match target {
            Target::Seconds(seconds) => *seconds *= STRETCH,
            Target::WorkingDays(_) => {}
        }
    }
    seed
}

/// A desk that grows from row to row.
struct Field {
    store: Store,
    bulk: Bulk,
    timers: Timers,
    /// From the opening of a ticket until its ladder speaks first.
    lead: TimeDelta,
    running_clocks: usize,
}

impl Field {
    async fn prepare(store: &Store, config: &Config) -> anyhow::Result<Self> {
        let team = directory::teams(store).await?.into_iter().next().context("the seed has no team")?.id;
        for n in 0..STAFF {
            let fields = AgentFields {
                email: format!("bench{n}@watchdesk.invalid"),
                name: format!("Bench {n}"),
                role: Role::Agent,
                language: config.language(),
                time_zone: config.desk.time_zone.clone(),
                active: true,
                teams: [team].into(),
            };
            directory::create_agent(store, fields).await?;
        }
        let requester = ContactFields {
            name: "Bench".to_owned(),
            email: "customer@watchdesk.invalid".to_owned(),
            ..ContactFields::default()
        };
        let requester = directory::create_contact(store, requester).await?.id;
        let bulk = Bulk::new(store, requester, Some(team)).await?;
        let opened_at = store.now().await?;
        let running_clocks = bulk.write(1, opened_at).await?.running_clocks;
        let first_due = firing::oldest_due(store).await?.context("the shipped policy tells nobody anything")?;
        let (lead, timers) = (first_due - opened_at, Timers::new(store.clone()));
        Ok(Self { store: store.clone(), bulk, timers, lead, running_clocks })
    }

    async fn row(&mut self, clocks: usize, due: usize) -> anyhow::Result<Row> {
        self.fill(clocks).await?;
        let clocks = self.running_clocks;
        let memory_before_mib = memory_mib();
        let (mut ticks, mut looks) = self.idle().await?;
        let due_s = self.due(due).await?;
        let bare_commits_s = self.bare(due).await?;
        let (median, bare) = (ticks.percentile_us(50), looks.percentile_us(50));
        Ok(Row {
            clocks,
            idle_median_us: rounded(median),
            idle_p99_us: rounded(ticks.percentile_us(99)),
            bare_looks_median_us: rounded(bare),
            bare_looks_p99_us: rounded(looks.percentile_us(99)),
            idle_ratio: rounded(median / bare),
            due,
            due_s: rounded(due_s),
            bare_commits_s: rounded(bare_commits_s),
            due_ratio: rounded(due_s / bare_commits_s),
            memory_before_mib,
            memory_after_mib: memory_mib(),
        })
    }

    /// Until so many clocks run.
    async fn fill(&mut self, clocks: usize) -> anyhow::Result<()> {
        let mut counter = Counter::new("clocks more");
        while self.running_clocks < clocks {
            let tickets = (clocks - self.running_clocks).div_ceil(CLOCKS_EACH).min(BATCH_TICKETS);
            let written = self.bulk.write(tickets, self.store.now().await?).await?;
            ensure!(written.running_clocks > 0, "the shipped policy promises nothing");
            self.running_clocks += written.running_clocks;
            counter.add(written.running_clocks);
        }
        counter.finish();
        Ok(())
    }

    /// A tick and a bare look in turn, so that both meet the same weather.
    async fn idle(&mut self) -> anyhow::Result<(Durations, Durations)> {
        let (mut ticks, mut looks) = (Durations::default(), Durations::default());
        for n in 0..=IDLE_TICKS {
            let (report, tick) = timed_async(async { Ok(self.timers.tick().await?) }).await?;
            ensure!(report.due == 0, "{} were due that should not be", report.due);
            let ((), look) = timed_async(async { Ok(bare_probes(&self.store).await?) }).await?;
            // The first of them look around once.
            if n > 0 {
                ticks.add(tick);
                looks.add(look);
            }
        }
        Ok((ticks, looks))
    }

    /// Seconds until so many that are due at once are decided, and what they have to say is in the outbox.
    async fn due(&mut self, due: usize) -> anyhow::Result<f64> {
        let opened_at = self.store.now().await? - self.lead;
        let mut counter = Counter::new("tickets that are due");
        let mut left = due;
        while left > 0 {
            let written = self.bulk.write(left.min(BATCH_TICKETS), opened_at).await?;
            self.running_clocks += written.running_clocks;
            left -= written.tickets;
            counter.add(written.tickets);
        }
        counter.finish();
        let timers = &mut self.timers;
        let work = async {
            let mut fired = 0;
            for _ in 0..TICKS_MAX {
                let report = timers.tick().await?;
                fired += report.fired;
                if report.due == 0 {
                    break;
                }
            }
            Ok(fired)
        };
        let (fired, took) = timed_async(work).await?;
        ensure!(fired == due as u64, "{fired} were fired, {due} were due");
        Ok(took.as_secs_f64())
    }

    /// Seconds of as many bare commits.
    async fn bare(&self, due: usize) -> anyhow::Result<f64> {
        let share = due.div_ceil(BARE_SHARE);
        let (done, took) = timed_async(async { Ok(bare_commits(&self.store, share).await?) }).await?;
        ensure!(done > 0, "there are no tickets");
        Ok(took.as_secs_f64() * due as f64 / done as f64)
    }
}

/// What this program holds of the machine's memory, where the system says so.
fn memory_mib() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kib: f64 = resident.trim().trim_end_matches("kB").trim().parse().ok()?;
    Some(rounded(kib / 1_024.0))
}

fn print(report: &Report) {
    println!("on {}, memory with an empty desk: {}", report.database, mib(report.memory_mib));
    for row in &report.rows {
        println!("\n{} clocks running", row.clocks);
        let (median, p99) = (row.idle_median_us, row.idle_p99_us);
        println!(
            "  a tick with nothing due    {median:9.0} us median, {p99:.0} us 99 of 100 (at most {IDLE_US_MAX:.0})"
        );
        println!(
            "  as many bare looks         {:9.0} us median, {:.0} us 99 of 100, ratio of the medians {:.2}",
            row.bare_looks_median_us, row.bare_looks_p99_us, row.idle_ratio
        );
        println!(
            "  {:6} due at once         {:9.2} s, decided and enqueued (at most {DUE_S_MAX:.0} for 10000)",
            row.due, row.due_s
        );
        println!("  as many bare commits       {:9.2} s, ratio {:.2}", row.bare_commits_s, row.due_ratio);
        println!(
            "  memory                     {} before, {} after",
            mib(row.memory_before_mib),
            mib(row.memory_after_mib)
        );
    }
    if let Some(findings) = report.findings {
        println!("\nchecked: {findings} findings");
    }
}

fn mib(memory: Option<f64>) -> String {
    memory.map_or_else(|| "unknown".to_owned(), |mib| format!("{mib:.0} MiB"))
}

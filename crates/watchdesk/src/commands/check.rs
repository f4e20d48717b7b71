//! `watchdesk check`: configuration, templates, and every invariant of the database on live data.

use std::io::IsTerminal;
use std::process::ExitCode;

use crate::cli::Check;
use crate::config::Config;
use crate::desk;
use crate::exit::DATA;

pub async fn run(config: &Config, options: &Check) -> anyhow::Result<ExitCode> {
    crate::seed::seed(config)?;
    watchdesk_templates::Engine::new()?;
    let store = desk::open(config).await?;
    let show_progress = std::io::stderr().is_terminal();
    let report = watchdesk_store::check(&store, &mut |rows| {
        if show_progress {
            eprint!("\r{rows} rows checked");
        }
    })
    .await?;
    if show_progress {
        eprintln!();
    }
    store.close().await?;
    if options.json {
        println!("{}", serde_json::to_string_pretty(&as_json(&report))?);
    } else {
        print(&report);
    }
    Ok(if report.findings.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(DATA) })
}

fn print(report: &watchdesk_store::CheckReport) {
    println!("Configuration and templates are right.");
    println!(
        "Checked {} tickets, {} events, {} clocks, {} incoming mails, {} outgoing mails.",
        report.tickets, report.events, report.clocks, report.mails, report.outbox
    );
    for finding in &report.findings {
        println!("{} {}: {}", finding.table, finding.id, finding.what);
    }
    match report.findings.len() {
        0 => println!("All is well."),
        1 => println!("1 finding."),
        count => println!("{count} findings."),
    }
    if report.findings_left_out > 0 {
        println!("{} more are not shown.", report.findings_left_out);
    }
}

fn as_json(report: &watchdesk_store::CheckReport) -> serde_json::Value {
    let finding = |finding: &watchdesk_store::Finding| serde_json::json!({ "table": finding.table, "id": finding.id, "what": finding.what });
    serde_json::json!({
        "tickets": report.tickets,
        "events": report.events,
        "clocks": report.clocks,
        "mails": report.mails,
        "outbox": report.outbox,
        "findings_left_out": report.findings_left_out,
        "findings": report.findings.iter().map(finding).collect::<Vec<_>>(),
    })
}

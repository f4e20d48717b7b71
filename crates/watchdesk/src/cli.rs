//! The command line.

use std::path::PathBuf;

use chrono::NaiveDate;
use clap::{Args, Parser, Subcommand, ValueEnum, value_parser};
use watchdesk_core::desk::Language;
use watchdesk_core::rights::Role;
use watchdesk_store::reports::{FORECAST_HOURS_MAX, FORECAST_HOURS_USUAL};

/// Support ticketing and escalation for resellers who owe their customers support around the clock.
#[derive(Debug, Parser)]
#[command(name = "watchdesk", version, about, max_term_width = 100)]
pub struct Cli {
    /// A configuration file in TOML; `config/default.toml` lists every key.
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Without a command, Watchdesk serves.
    #[command(subcommand)]
    pub command: Option<Command>,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Pages, API, mail listener and workers; on an empty folder it begins a new desk.
    Serve(Serve),
    /// Mail that comes in.
    #[command(subcommand)]
    Mail(Mail),
    /// Customers and subscriptions from a spreadsheet.
    #[command(subcommand)]
    Import(Import),
    /// The clocks: why a ticket is due when it is, what another policy would have meant, and their bare arithmetic.
    #[command(subcommand)]
    Sla(Sla),
    /// The people of the desk.
    #[command(subcommand)]
    User(User),
    /// Tokens for programs that use the API.
    #[command(subcommand)]
    Token(Token),
    /// Checks configuration, templates and every invariant of the database; exits 0 when all is well.
    Check(Check),
    /// Creates the database, or brings it to this program's schema. Make a backup first.
    Migrate,
    /// Measures this machine and this database.
    #[command(subcommand)]
    Bench(Bench),
}

#[derive(Debug, Args, Default)]
pub struct Serve {
    /// A lively sample desk in a throw-away folder; prints who to sign in as.
    #[arg(long)]
    pub demo: bool,
    /// What this node does; several nodes may share one PostgreSQL.
    #[arg(long, value_delimiter = ',', value_name = "ROLES")]
    pub roles: Vec<NodeRole>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum NodeRole {
    /// Pages and API.
    Web,
    /// Timers, outgoing mail, schedules.
    Worker,
    /// Incoming mail.
    Intake,
}

#[derive(Debug, Subcommand)]
pub enum Mail {
    /// Takes one RFC 5322 message from standard input, as a mail server's pipe gives it.
    Receive {
        /// The envelope's sender; give an empty one for the null sender.
        #[arg(long, value_name = "ADDRESS")]
        sender: Option<String>,
        /// The envelope's recipients.
        #[arg(value_name = "RECIPIENT")]
        recipients: Vec<String>,
    },
    /// Takes in an old mailbox (mbox, maildir or a single message): closed tickets; nobody is answered, no clock starts.
    Import {
        #[arg(value_name = "FILE|DIR")]
        path: PathBuf,
        /// Print the report as JSON.
        #[arg(long)]
        json: bool,
    },
}

#[derive(Debug, Subcommand)]
pub enum Import {
    /// Columns: name, tenant_id, domains, language, time_zone, tier, premium, contract_from, account_owner,
    /// delegated_admin, notes. Known by tenant id, then domain, then name.
    Customers(ImportFile),
    /// Columns: customer (tenant id, domain or name), subscription_id, offer, friendly_name, quantity, status,
    /// suspended_since, suspension_reasons, effective_start, commitment_end, auto_renew, billing_type, order_id.
    Subscriptions(ImportFile),
}

/// A CSV file in UTF-8 or GB18030. The first line names the columns; an empty cell leaves what is known. A bad line is told
/// and the others go on (exit 65); the same file twice changes nothing the second time.
#[derive(Debug, Args)]
pub struct ImportFile {
    #[arg(value_name = "FILE.csv")]
    pub path: PathBuf,
    /// Say what would change, and write nothing.
    #[arg(long)]
    pub dry_run: bool,
    /// Print the report as JSON.
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Subcommand)]
pub enum Sla {
    /// When is a target used up? Lines with calendar, start, target_s and pauses in; deadlines out.
    Deadline,
    /// How many open seconds lie between? Lines with calendar, from, to and pauses in; elapsed_s out.
    Elapsed,
    /// What became of every promise on a ticket, and whose time went where: a timeline that a person can check.
    Explain(Explain),
    /// Whose the time of a ticket was: ours, the customer's or the operator's. The three add up to the whole.
    Time(Explain),
    /// What will be missed in the next hours if work goes on as in the last 24, by team and by person.
    Forecast(Forecast),
    /// What would have been met and missed under another policy. Reads only; nothing is changed.
    Replay(Replay),
}

#[derive(Debug, Args)]
pub struct Explain {
    /// The ticket's number.
    #[arg(value_name = "NUMBER")]
    pub number: i64,
    /// "zh-CN" or "en"; the desk's language where it is left out.
    #[arg(long, value_parser = language)]
    pub language: Option<Language>,
    /// The account as data.
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct Forecast {
    /// How far to look ahead, up to a week.
    #[arg(long, value_name = "HOURS", default_value_t = FORECAST_HOURS_USUAL, value_parser = value_parser!(u32).range(1..=i64::from(FORECAST_HOURS_MAX)))]
    pub hours: u32,
    /// "zh-CN" or "en"; the desk's language where it is left out.
    #[arg(long, value_parser = language)]
    pub language: Option<Language>,
    /// As `GET /api/v1/reports/forecast` answers.
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct Replay {
    /// A policy in TOML, as in `config/policies`. One of side "operator" is tried on the cases with the operator.
    #[arg(long, value_name = "FILE")]
    pub policy: PathBuf,
    /// The first day, such as 2026-01-01: of tickets that were opened, or cases that were filed, from then on. Days
    /// are those of the desk's time zone.
    #[arg(long, value_name = "DATE", value_parser = day)]
    pub from: Option<NaiveDate>,
    /// The last day.
    #[arg(long, value_name = "DATE", value_parser = day)]
    pub to: Option<NaiveDate>,
    /// The report as data.
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Subcommand)]
pub enum User {
    /// Adds somebody to the desk, and prints a link to sign in once unless a password is given.
    Add {
        email: String,
        #[arg(long)]
        name: String,
        /// admin, manager, lead, agent, sales or auditor.
        #[arg(long, value_parser = role)]
        role: Role,
        /// Teams by slug.
        #[arg(long, value_delimiter = ',', value_name = "TEAMS")]
        teams: Vec<String>,
        /// "zh-CN" or "en"; the desk's language where it is left out.
        #[arg(long)]
        language: Option<String>,
        /// Take the password from standard input.
        #[arg(long)]
        password_stdin: bool,
    },
    /// Everybody at the desk.
    List {
        #[arg(long)]
        json: bool,
    },
    /// Sets a password from standard input; all sessions of the person end.
    Password { email: String },
    /// Prints a link to sign in once, for somebody who lost his password.
    Link { email: String },
    /// Ends somebody's access; what he wrote stays.
    Deactivate { email: String },
}

#[derive(Debug, Subcommand)]
pub enum Token {
    /// Makes a token and prints it, alone and only this once.
    Create {
        /// Whose rights it has.
        #[arg(long)]
        user: String,
        /// What it is for.
        #[arg(long)]
        name: String,
        /// "read", or "read,write".
        #[arg(long, value_delimiter = ',', default_values_t = ["read".to_owned(), "write".to_owned()])]
        scopes: Vec<String>,
    },
    /// Somebody's tokens.
    List {
        #[arg(long)]
        user: String,
        #[arg(long)]
        json: bool,
    },
    /// Ends a token by the id that `list` shows.
    Revoke {
        #[arg(long)]
        user: String,
        id: String,
    },
}

#[derive(Debug, Args)]
pub struct Check {
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Subcommand)]
pub enum Bench {
    /// Tickets per second through the API, beside a bare loop that writes the same rows to the same database.
    Create {
        /// Clients that post at the same time.
        #[arg(long, default_value_t = 8)]
        clients: usize,
        /// Tickets to create.
        #[arg(long, default_value_t = 10_000)]
        tickets: usize,
        #[arg(long)]
        json: bool,
    },
    /// Nanoseconds of a deadline and of an elapsed time, near and far, beside a plain addition.
    Clocks {
        #[arg(long)]
        json: bool,
    },
    /// What the timers cost: a tick with nothing due, and many due at once, beside bare loops on the same database.
    Tick(BenchTick),
    /// Customers and subscriptions from an operator who throttles and fails one call in ten, with a kill in between. At
    /// full size it takes half an hour, because it keeps to 500 requests a minute.
    Synchronise(BenchSynchronise),
}

#[derive(Debug, Args)]
pub struct BenchSynchronise {
    /// How many the operator lists.
    #[arg(long, default_value_t = 5_000, value_name = "COUNT")]
    pub customers: usize,
    /// How many they have together.
    #[arg(long, default_value_t = 20_000, value_name = "COUNT")]
    pub subscriptions: usize,
    /// Do not kill the program that synchronises when it has read a third.
    #[arg(long)]
    pub uninterrupted: bool,
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct BenchTick {
    /// How many clocks run meanwhile: one or several numbers. A million need about 2 GB of disk.
    #[arg(long, value_delimiter = ',', value_name = "COUNTS", default_values_t = [10_000, 100_000, 1_000_000])]
    pub clocks: Vec<usize>,
    /// Tickets that are due at the same moment.
    #[arg(long, default_value_t = 10_000, value_name = "COUNT")]
    pub due: usize,
    /// Check every invariant of the throw-away database in the end.
    #[arg(long)]
    pub check: bool,
    #[arg(long)]
    pub json: bool,
}

fn language(text: &str) -> Result<Language, String> {
    let known = Language::ALL.into_iter().find(|language| language.as_str().eq_ignore_ascii_case(text));
    known.ok_or_else(|| "it is \"zh-CN\" or \"en\"".to_owned())
}

fn day(text: &str) -> Result<NaiveDate, String> {
    text.parse().map_err(|_| "it is a day such as 2026-01-31".to_owned())
}

fn role(text: &str) -> Result<Role, String> {
    Role::parse(text).ok_or_else(|| {
        let known: Vec<_> = Role::ALL.iter().map(|role| role.as_str()).collect();
        format!("it is one of {}", known.join(", "))
    })
}

#[cfg(test)]
mod tests {
    use clap::{CommandFactory, Parser};

    #[test]
    fn the_command_line_is_consistent() {
        super::Cli::command().debug_assert();
    }

    #[test]
    fn a_forecast_looks_from_one_hour_to_a_week_ahead() {
        let hours = |text: &str| {
            let parsed = super::Cli::try_parse_from(["watchdesk", "sla", "forecast", "--hours", text]);
            parsed.map(|_| ()).map_err(|error| error.to_string())
        };
        assert_eq!((hours("1"), hours("168")), (Ok(()), Ok(())));
        for wrong in ["0", "169", "soon"] {
            let said = hours(wrong).expect_err("it is refused");
            assert!(said.contains("--hours") && said.contains(wrong), "{said}");
        }
    }
}

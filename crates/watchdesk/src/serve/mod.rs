//! `watchdesk serve`: everything a node does, until it is told to stop.

mod calls;
mod listeners;
mod operator;
mod readiness;
mod sample;
mod shutdown;

use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tracing::info;
use watchdesk_notifier::{Notifier, TaskTimes};
use watchdesk_store::Store;
use watchdesk_templates::Engine;
use watchdesk_web::{App, TrustedProxies, WebOptions};

use crate::cli::{NodeRole, Serve};
use crate::commands;
use crate::config::Config;
use crate::desk;
use crate::exit::{Failure, UNAVAILABLE};

pub async fn run(mut config: Config, options: Serve) -> anyhow::Result<ExitCode> {
    let roles =
        if options.roles.is_empty() { vec![NodeRole::Web, NodeRole::Worker, NodeRole::Intake] } else { options.roles };
    // The port is taken first: a second program on it must not begin a desk or send a mail.
    let http = if roles.contains(&NodeRole::Web) { Some(listen(&config).await?) } else { None };
    let sample = if options.demo { Some(sample::Sample::make(&mut config).await?) } else { None };
    let listening = match &http {
        Some(http) => http.local_addr().context("the listening address is not known")?,
        None => config.http.listen.parse()?,
    };
    let base_url = config.base_url(listening);
    let store = desk::open_or_begin(&config).await?;
    let (stop, stopped) = watch::channel(false);
    let mut tasks = JoinSet::new();
    start(&config, &store, &base_url, sample.as_ref(), Doors { roles, http }, &stopped, &mut tasks).await?;
    greet(&config, &store, &base_url, sample.as_ref()).await?;

    shutdown::wait_for_signal(&mut tasks).await;
    info!("stopping: what is in hand is finished first");
    stop.send_replace(true);
    shutdown::finish(tasks).await;
    store.close().await?;
    drop(sample);
    info!("stopped");
    Ok(ExitCode::SUCCESS)
}

async fn listen(config: &Config) -> anyhow::Result<TcpListener> {
    let address = &config.http.listen;
    TcpListener::bind(address).await.map_err(|error| {
        let message =
            format!("http.listen: {address} cannot be used: {error}. Stop what uses it, or choose another port");
        Failure::new(UNAVAILABLE, message).into()
    })
}

/// What this node opens to the world.
struct Doors {
    roles: Vec<NodeRole>,
    http: Option<TcpListener>,
}

/// Wires the parts and lets them run.
async fn start(
    config: &Config,
    store: &Store,
    base_url: &str,
    sample: Option<&sample::Sample>,
    doors: Doors,
    stopped: &watch::Receiver<bool>,
    tasks: &mut JoinSet<()>,
) -> anyhow::Result<()> {
    let engine = Arc::new(Engine::new()?);
    let works = doors.roles.contains(&NodeRole::Worker);
    let notifier = if works { Some(notifier(config, store, base_url, &engine).await?) } else { None };
    let status = notifier.as_ref().map(Notifier::status);
    if doors.roles.contains(&NodeRole::Intake) {
        let intake = commands::mail::intake(store, config).await?;
        listeners::intake(config, &intake, stopped, tasks).await?;
    }
    if let Some(http) = doors.http {
        let app = App::new(store.clone(), engine, web_options(config, base_url, sample)?);
        let app = app.with_readiness(readiness::of(status, &config.watchdog, stopped.clone()));
        tasks.spawn(listeners::web(app, http, stopped.clone()));
    }
    if let Some(notifier) = notifier {
        if let Some(dead_man) = calls::dead_man(config)? {
            tasks.spawn(dead_man.run(notifier.status(), stopped.clone()));
        }
        tasks.spawn(watchdesk_notifier::run(notifier, stopped.clone()));
    }
    Ok(())
}

async fn notifier(config: &Config, store: &Store, base_url: &str, engine: &Arc<Engine>) -> anyhow::Result<Notifier> {
    let mut options = watchdesk_notifier::Options::new(base_url, desk::reply_tokens(store, config).await?);
    options.zone = config.desk.time_zone.parse().context("desk.time_zone")?;
    options.attempts_max = i32::try_from(config.workers.mail_attempts_max)?;
    options.sends_at_once = config.workers.mail_concurrency;
    options.webhooks = calls::webhooks(config)?;
    if !config.smtp.url.is_empty() {
        options = options.with_smtp(config.smtp.url.clone());
    }
    let times = TaskTimes { rota_ahead_days: config.workers.rota_ahead_days, ..TaskTimes::default() };
    let notifier = Notifier::new(store.clone(), Arc::clone(engine), options, &times)?;
    operator::watched(notifier, config, store).await
}

fn web_options(config: &Config, base_url: &str, sample: Option<&sample::Sample>) -> anyhow::Result<WebOptions> {
    let proxies = TrustedProxies::parse(config.http.trusted_proxies.iter().map(String::as_str))
        .map_err(|error| crate::config::ConfigError::Wrong(format!("http.trusted_proxies: {error}")))?;
    Ok(WebOptions {
        secure_cookies: base_url.starts_with("https://"),
        base_url: base_url.to_owned(),
        trusted_proxies: proxies,
        desk_name: config.desk.name.clone(),
        reseller: config.reseller_contact(),
        portals: config.deep_links().map_err(crate::config::ConfigError::Wrong)?,
        webhooks: calls::receivers(config)?,
        time_zone: config.desk.time_zone.parse().context("desk.time_zone")?,
        demo_hint: sample.map(sample::Sample::hint),
        ..WebOptions::default()
    })
}

/// What the person at the terminal needs now.
async fn greet(config: &Config, store: &Store, base_url: &str, sample: Option<&sample::Sample>) -> anyhow::Result<()> {
    if let Some(sample) = sample {
        println!("{}", sample.greeting(base_url));
        return Ok(());
    }
    println!("Watchdesk is at {base_url}");
    if let Some(link) = commands::user::first_administrator(store, config, base_url).await? {
        println!("This is a new desk. Its first administrator signs in here, once, within 24 hours:\n  {link}");
    }
    if config.smtp.url.is_empty() {
        println!("smtp.url is not set: outgoing mail waits in the outbox until it is.");
    }
    Ok(())
}

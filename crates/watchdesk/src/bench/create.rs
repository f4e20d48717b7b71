//! `watchdesk bench create`: tickets per second through the API, beside a bare loop that writes the same rows.

use std::io::IsTerminal;
use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use http_body_util::{BodyExt, Full};
use hyper::Request;
use hyper::body::Bytes;
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinSet;
use watchdesk_core::rights::{Role, Visibility};
use watchdesk_store::bench::{ScratchDatabase, TicketRows, bare_loop};
use watchdesk_store::directory::AgentFields;
use watchdesk_store::tickets::{self, Sort, TicketFilter};
use watchdesk_store::{Clock, Store, auth, desk, directory};
use watchdesk_templates::Engine;
use watchdesk_web::{App, WebOptions};

use crate::config::Config;
use crate::seed;

/// Tickets that warm the caches and are not counted.
const WARM_UP: usize = 200;
/// The bare loop's share of the tickets: it needs no long run to be steady.
const BARE_SHARE: usize = 4;
/// Numbers that the API does not reach.
const BARE_NUMBERS_FROM: i64 = 1_000_000_000;

/// Rates in tickets per second.
struct Rates {
    api: f64,
    bare: f64,
}

pub async fn run(config: &Config, clients: usize, count: usize, json: bool) -> anyhow::Result<ExitCode> {
    if clients == 0 || count == 0 {
        bail!("bench create needs at least one client and one ticket");
    }
    crate::desk::prepare_folder(config)?;
    let database = ScratchDatabase::beside(&config.database_url()).await?;
    let measured = measure(config, database.url(), clients, count).await;
    database.remove().await?;
    let rates = measured?;
    let ratio = rates.api / rates.bare;
    if json {
        let report = serde_json::json!({
            "clients": clients,
            "tickets": count,
            "api_tickets_per_s": rates.api.round(),
            "bare_tickets_per_s": rates.bare.round(),
            "ratio": (ratio * 100.0).round() / 100.0,
        });
        println!("{report}");
    } else {
        println!("{count} tickets through the API, {clients} clients: {:8.0} tickets/s", rates.api);
        println!("the same rows in a bare loop:                {:8.0} tickets/s", rates.bare);
        println!("ratio:                                       {ratio:8.2}");
    }
    Ok(ExitCode::SUCCESS)
}

async fn measure(config: &Config, url: &str, clients: usize, count: usize) -> anyhow::Result<Rates> {
    Store::migrate(url).await?;
    let pool_max = config.database.pool_max;
    let store = Store::open(crate::desk::options(config, url.to_owned(), Clock::Database, pool_max)).await?;
    desk::seed(&store, &seed::seed(config)?).await?;
    let token = token(&store, config).await?;
    let (address, stop) = serve(&store).await?;
    post_all(address, &token, clients, WARM_UP, "warm-up").await?;
    let api = rate(count, post_all(address, &token, clients, count, "API")).await?;
    // Nobody is left to tell when the server has ended by itself.
    let _ = stop.send(());
    let newest =
        tickets::list(&store, &Visibility::Everything, &TicketFilter::default(), Sort::Created, 1, None).await?;
    let newest = newest.items.first().context("no ticket was created")?;
    let rows = TicketRows::of(&store, newest.ticket.id).await?;
    let bare_count = (count / BARE_SHARE).max(1);
    let bare = rate(bare_count, async {
        bare_loop(&store, &rows, BARE_NUMBERS_FROM, bare_count).await.map_err(anyhow::Error::from)
    })
    .await?;
    store.close().await?;
    Ok(Rates { api, bare })
}

#[expect(clippy::disallowed_methods, reason = "a benchmark measures how long something takes")]
async fn rate(count: usize, work: impl Future<Output = anyhow::Result<()>>) -> anyhow::Result<f64> {
    let began = Instant::now();
    work.await?;
    let took: Duration = Instant::now() - began;
    Ok(count as f64 / took.as_secs_f64())
}

async fn token(store: &Store, config: &Config) -> anyhow::Result<String> {
    let fields = AgentFields {
        email: "bench@watchdesk.invalid".to_owned(),
        name: "Bench".to_owned(),
        role: Role::Admin,
        language: config.language(),
        time_zone: config.desk.time_zone.clone(),
        active: true,
        teams: std::collections::BTreeSet::new(),
    };
    let agent = directory::create_agent(store, fields).await?;
    let scopes = ["read".to_owned(), "write".to_owned()];
    Ok(auth::create_token(store, agent.id, "bench", &scopes).await?.token)
}

/// The program's own API on a private port.
async fn serve(store: &Store) -> anyhow::Result<(SocketAddr, oneshot::Sender<()>)> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let app = App::new(store.clone(), Arc::new(Engine::new()?), WebOptions::default());
    let (stop, stopped) = oneshot::channel();
    tokio::spawn(watchdesk_web::serve(listener, watchdesk_web::router(app), async {
        let _ = stopped.await;
    }));
    Ok((address, stop))
}

async fn post_all(address: SocketAddr, token: &str, clients: usize, count: usize, name: &str) -> anyhow::Result<()> {
    let done = Arc::new(AtomicUsize::new(0));
    let mut tasks = JoinSet::new();
    for client in 0..clients {
        let share = count / clients + usize::from(client < count % clients);
        let (token, done) = (token.to_owned(), Arc::clone(&done));
        tasks.spawn(async move { post(address, &token, client, share, &done).await });
    }
    let show_progress = std::io::stderr().is_terminal();
    while let Some(ended) = tasks.join_next().await {
        ended??;
        if show_progress {
            eprint!("\r{name}: {} of {count} tickets  ", done.load(Ordering::Relaxed));
        }
    }
    if show_progress {
        eprintln!();
    }
    Ok(())
}

async fn post(address: SocketAddr, token: &str, client: usize, count: usize, done: &AtomicUsize) -> anyhow::Result<()> {
    let http = Client::builder(TokioExecutor::new()).build_http::<Full<Bytes>>();
    for n in 0..count {
        let body = serde_json::json!({
            "subject": "Outlook keeps asking for a password",
            "body": "Since this morning about forty people are asked for their password again and again.\nThe web mail works.",
            "requester": { "email": format!("person{client}@customer{}.example", n % 100), "name": "Wang Fang" },
        });
        let request = Request::post(format!("http://{address}/api/v1/tickets"))
            .header("authorization", format!("Bearer {token}"))
            .header("content-type", "application/json")
            .body(Full::from(body.to_string()))?;
        let response = http.request(request).await?;
        let status = response.status();
        let text = response.into_body().collect().await?.to_bytes();
        if status.as_u16() != 201 {
            bail!("the API answered {status}: {}", String::from_utf8_lossy(&text));
        }
        done.fetch_add(1, Ordering::Relaxed);
    }
    Ok(())
}

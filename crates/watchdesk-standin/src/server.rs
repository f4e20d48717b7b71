//! The listener, and the handle by which a test or the demo moves things.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use chrono::{DateTime, Utc};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

use crate::StandinError;
use crate::answer::Answer;
use crate::fault::{Fault, FaultRule};
use crate::health::Incident;
use crate::options::{Links, Options};
use crate::record::Recorded;
use crate::seed::SeedCustomer;
use crate::service_requests::{Note, ServiceRequest};
use crate::world::{Call, World};

const BODY_BYTES_MAX: usize = 1024 * 1024;
/// A silent answer ends with the caller, or after this at the latest.
const SILENCE_MAX: Duration = Duration::from_secs(120);
const ACCEPT_REST: Duration = Duration::from_millis(50);

/// A running stand-in. Clones speak of the same one; it stops when the last is gone.
#[derive(Debug, Clone)]
pub struct Standin {
    world: Arc<Mutex<World>>,
    base_url: String,
    _open: Arc<watch::Sender<()>>,
}

/// The connection is to break without a word.
#[derive(Debug, thiserror::Error)]
#[error("the stand-in was told to break the connection")]
struct Broken;

impl Standin {
    /// To be called inside a tokio runtime.
    pub async fn start(options: Options) -> Result<Self, StandinError> {
        let port = options.port;
        let listening = async {
            let listener = TcpListener::bind(("127.0.0.1", port)).await?;
            let address = listener.local_addr()?;
            Ok((listener, address))
        };
        let (listener, address) = listening.await.map_err(|source: io::Error| StandinError { port, source })?;
        let base_url = format!("http://{address}");
        let world = Arc::new(Mutex::new(World::new(options, base_url.clone())));
        let (open, closing) = watch::channel(());
        tokio::spawn(accept(listener, Arc::clone(&world), closing));
        Ok(Self { world, base_url, _open: Arc::new(open) })
    }

    /// Of every interface: sign-in, Partner Center and Graph; without a slash at its end.
    pub fn base_url(&self) -> &str {
        &self.base_url
    }

    pub fn now(&self) -> DateTime<Utc> {
        (self.world().options.now)()
    }

    /// From now on this goes wrong, besides what was told before.
    pub fn fail(&self, rule: FaultRule) {
        self.world().faults.add(rule);
    }

    /// Nothing goes wrong any more.
    pub fn heal(&self) {
        self.world().faults.clear();
    }

    pub fn link(&self, links: Links) {
        self.world().links = links;
    }

    /// Every token that was issued is worth nothing any more.
    pub fn revoke_tokens(&self) {
        self.world().tokens.clear();
    }

    pub fn requests(&self) -> Vec<Recorded> {
        self.world().records.all()
    }

    /// The most requests below a path that came within any sixty seconds.
    pub fn busiest_minute(&self, path_prefix: &str) -> usize {
        self.world().records.busiest_minute(path_prefix)
    }

    /// False where there is no such customer.
    pub fn change_customer(&self, id: &str, change: impl FnOnce(&mut SeedCustomer)) -> bool {
        let mut world = self.world();
        let Some(mut customer) = world.customer(id) else {
            return false;
        };
        let key = customer.id.clone();
        change(&mut customer);
        world.changed.insert(key, customer);
        true
    }

    /// He is no customer any more. False where there is none of that name in the seed.
    pub fn remove_customer(&self, id: &str) -> bool {
        let mut world = self.world();
        let named = &mut world.options.seed.named;
        let before = named.len();
        named.retain(|customer| !customer.id.eq_ignore_ascii_case(id));
        named.len() < before
    }

    pub fn open_incident(&self, incident: Incident) {
        self.world().health.open(incident);
    }

    /// Posts on an incident and changes its status. False where there is no such incident.
    pub fn update_incident(&self, id: &str, status: &str, post: &str) -> bool {
        self.change_incident(id, |incident, now| {
            status.clone_into(&mut incident.status);
            incident.posts.push((now, post.to_owned()));
        })
    }

    pub fn end_incident(&self, id: &str, post: &str) -> bool {
        self.change_incident(id, |incident, now| {
            "serviceRestored".clone_into(&mut incident.status);
            incident.resolved = true;
            incident.ended = Some(now);
            incident.posts.push((now, post.to_owned()));
        })
    }

    fn change_incident(&self, id: &str, change: impl FnOnce(&mut Incident, DateTime<Utc>)) -> bool {
        let mut world = self.world();
        let now = (world.options.now)();
        world.health.change(id, now, |incident| change(incident, now))
    }

    pub fn service_requests(&self) -> Vec<ServiceRequest> {
        self.world().service_requests.all()
    }

    /// The operator writes on a service request and, where said so, closes it. False where there is no such request.
    pub fn answer_service_request(&self, id: &str, text: &str, closes: bool) -> bool {
        let mut world = self.world();
        let now = (world.options.now)();
        world.service_requests.change(id, now, |request| {
            request.notes.push(Note { by: "Support engineer".to_owned(), at: now, text: text.to_owned() });
            request.status = if closes { 2 } else { 3 };
            request.closed = closes.then_some(now);
        })
    }

    fn world(&self) -> MutexGuard<'_, World> {
        locked(&self.world)
    }
}

fn locked(world: &Mutex<World>) -> MutexGuard<'_, World> {
    world.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn accept(listener: TcpListener, world: Arc<Mutex<World>>, mut closing: watch::Receiver<()>) {
    loop {
        tokio::select! {
            _ = closing.changed() => return,
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    tokio::spawn(connection(stream, Arc::clone(&world), closing.clone()));
                }
                Err(_) => rest(ACCEPT_REST).await,
            },
        }
    }
}

async fn connection(stream: TcpStream, world: Arc<Mutex<World>>, mut closing: watch::Receiver<()>) {
    let service = service_fn(move |request| exchange(request, Arc::clone(&world)));
    let serving = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
    tokio::select! {
        _ = closing.changed() => {}
        // A connection that broke was told to, or its caller went away: nobody has to know.
        _ = serving => {}
    }
}

async fn exchange(request: Request<Incoming>, world: Arc<Mutex<World>>) -> Result<Response<Full<Bytes>>, Broken> {
    let call = match read(request).await {
        Ok(call) => call,
        Err(answer) => return Ok(answer.into_response()),
    };
    let (answer, fault) = locked(&world).handle(&call);
    match fault {
        Some(Fault::Drop | Fault::DropAfterWork) => return Err(Broken),
        Some(Fault::Silence) => {
            rest(SILENCE_MAX).await;
            return Err(Broken);
        }
        Some(Fault::Slow(delay)) => rest(delay).await,
        _ => {}
    }
    Ok(answer.into_response())
}

async fn read(request: Request<Incoming>) -> Result<Call, Answer> {
    let (parts, body) = request.into_parts();
    let body = Limited::new(body, BODY_BYTES_MAX).collect().await;
    let bytes = body.map_err(|_| Answer::nothing(413))?.to_bytes();
    let text = |value: &hyper::header::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    Ok(Call {
        method: parts.method.to_string(),
        path: parts.uri.path().to_owned(),
        query: parts.uri.query().unwrap_or_default().to_owned(),
        headers: parts.headers.iter().map(|(name, value)| (name.to_string(), text(value))).collect(),
        body: String::from_utf8_lossy(&bytes).into_owned(),
    })
}

#[expect(clippy::disallowed_methods, reason = "slowness and silence are what the stand-in is told to show")]
async fn rest(length: Duration) {
    tokio::time::sleep(length).await;
}

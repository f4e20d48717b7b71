//! A mail listener: SMTP (RFC 5321) for the outside world, LMTP (RFC 2033) for a mail server in
//! front of the desk.
//!
//! It carries mails to an [`Accept`], nothing more. The `250` after the data is written only when
//! [`Accept::message`] has said [`Verdict::Accepted`], so whoever implements it commits first.
//! Only `CRLF . CRLF` ends a message; a message with bare CR or LF is refused, because two servers
//! that disagree about line ends can be made to see two different mails (SMTP smuggling).
//! Everything a peer can make grow or last has a bound in [`Limits`].

mod data;
mod reply;
mod session;
mod wire;

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::{JoinError, JoinSet};
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;

use crate::parse::MAX_MAIL_BYTES;

/// How long the listener rests when the system cannot give it another connection (too many open
/// files); without a rest it would spin.
const ACCEPT_REST: Duration = Duration::from_millis(100);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    Smtp,
    /// One reply per recipient after the data; `LHLO` instead of `EHLO`.
    Lmtp,
}

#[derive(Clone)]
pub struct ListenerConfig {
    pub address: SocketAddr,
    /// The name the listener greets with.
    pub hostname: String,
    pub protocol: Protocol,
    /// With it, STARTTLS is offered.
    pub tls: Option<Arc<ServerConfig>>,
    pub limits: Limits,
}

/// What one peer, and all of them, may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    pub connections_max: usize,
    pub message_bytes_max: usize,
    pub recipients_max: usize,
    /// Commands in one connection.
    pub commands_max: usize,
    /// Commands that were not understood, and recipients that were refused, in one connection.
    pub bad_commands_max: usize,
    /// Bytes of a command line.
    pub line_bytes_max: usize,
    /// For a whole command line to arrive, and for a reply to be taken.
    pub command_timeout: Duration,
    /// For a whole message to arrive.
    pub data_timeout: Duration,
    /// For [`Accept`] to answer. Afterwards the peer is asked to try again.
    pub verdict_timeout: Duration,
    /// For transactions in hand to end after the shutdown was asked for.
    pub shutdown_timeout: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            connections_max: 200,
            message_bytes_max: MAX_MAIL_BYTES,
            recipients_max: 100,
            commands_max: 5_000,
            bad_commands_max: 20,
            line_bytes_max: 2_048,
            command_timeout: Duration::from_secs(300),
            data_timeout: Duration::from_secs(600),
            verdict_timeout: Duration::from_secs(120),
            shutdown_timeout: Duration::from_secs(30),
        }
    }
}

/// One mail as it came over the wire.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Envelope {
    pub peer: SocketAddr,
    /// What the peer calls itself.
    pub helo: String,
    /// Empty for the null sender of reports (`<>`).
    pub mail_from: String,
    /// Each once, in the order they came.
    pub rcpt_to: Vec<String>,
    /// The message without dot-stuffing; lines end in CRLF.
    pub body: Vec<u8>,
}

/// What becomes of a recipient or of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// For a message: it is durable.
    Accepted,
    /// Never; `code` is a 5xx reply code.
    Rejected { code: u16, text: String },
    /// Not now; the peer keeps the mail and comes back.
    TryLater { text: String },
}

/// Who takes the mails.
pub trait Accept: Send + Sync + 'static {
    /// Whether mail for this address is wanted. Asked once per `RCPT`.
    fn recipient(&self, address: &str) -> impl Future<Output = Verdict> + Send;

    /// Takes a message for all its recipients. [`Verdict::Accepted`] must mean that it is durable:
    /// the peer forgets the mail upon it. The same message may come again when the peer did not
    /// hear the answer.
    fn message(&self, envelope: Envelope) -> impl Future<Output = Verdict> + Send;
}

/// A bound socket, not yet answering.
pub struct Listener {
    socket: TcpListener,
    config: Arc<ListenerConfig>,
}

impl Listener {
    /// Binds the address, so that a port in use is known at the start.
    ///
    /// # Errors
    /// The address cannot be bound.
    pub async fn bind(config: ListenerConfig) -> io::Result<Listener> {
        let socket = TcpListener::bind(config.address).await?;
        Ok(Listener { socket, config: Arc::new(config) })
    }

    /// The bound address, with the port that the system chose for port 0.
    ///
    /// # Errors
    /// The system does not tell.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.socket.local_addr()
    }

    /// Serves until `shutdown` becomes true (or its sender is gone): idle peers get a `421`,
    /// transactions in hand are finished within [`Limits::shutdown_timeout`].
    pub async fn run<A: Accept>(self, accept: Arc<A>, mut shutdown: watch::Receiver<bool>) {
        let Listener { socket, config } = self;
        let mut sessions = JoinSet::new();
        let end_of_sessions = shutdown.clone();
        loop {
            tokio::select! {
                biased;
                () = stop_asked(&mut shutdown) => break,
                Some(ended) = sessions.join_next() => note_end(ended),
                accepted = socket.accept() => match accepted {
                    Ok((stream, _)) if sessions.len() >= config.limits.connections_max => {
                        turn_away(&stream, &config);
                    }
                    Ok((stream, peer)) => {
                        let (accept, config) = (Arc::clone(&accept), Arc::clone(&config));
                        let shutdown = end_of_sessions.clone();
                        sessions.spawn(serve(stream, peer, accept, config, shutdown));
                    }
                    Err(error) => {
                        tracing::warn!(%error, "the mail listener could not take a connection");
                        rest().await;
                    }
                },
            }
        }
        drop(socket);
        let all_ended = async {
            while let Some(ended) = sessions.join_next().await {
                note_end(ended);
            }
        };
        if timeout(config.limits.shutdown_timeout, all_ended).await.is_err() {
            tracing::warn!("mail connections were still busy and are cut; their peers will retry");
            sessions.shutdown().await;
        }
    }
}

/// Returns when the shutdown is asked for, or when nobody is left to ask for it.
async fn stop_asked(shutdown: &mut watch::Receiver<bool>) {
    let _ = shutdown.wait_for(|stop| *stop).await;
}

#[expect(clippy::disallowed_methods, reason = "a short rest keeps accept errors from spinning")]
async fn rest() {
    tokio::time::sleep(ACCEPT_REST).await;
}

fn note_end(ended: Result<(), JoinError>) {
    if let Err(error) = ended {
        tracing::error!(%error, "a mail connection ended in a fault; its peer will retry");
    }
}

/// Tells a peer beyond the limit to come back, without waiting for it to listen.
fn turn_away(stream: &TcpStream, config: &ListenerConfig) {
    tracing::warn!("too many mail connections; one was turned away");
    let greeting = reply::line(421, "4.3.2", &format!("{} is busy, try again", config.hostname));
    // The peer sees a closed connection either way, and comes back.
    let _ = stream.try_write(greeting.as_bytes());
}

async fn serve<A: Accept>(
    stream: TcpStream,
    peer: SocketAddr,
    accept: Arc<A>,
    config: Arc<ListenerConfig>,
    shutdown: watch::Receiver<bool>,
) {
    let tls = config.tls.clone().map(TlsAcceptor::from);
    let served = session::serve(stream, peer, accept.as_ref(), &config, tls, shutdown).await;
    if let Err(error) = served {
        tracing::debug!(%error, "a mail connection ended early");
    }
}

#[cfg(test)]
mod tests;

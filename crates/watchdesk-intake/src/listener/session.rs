//! One connection: commands, transactions, their end.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use smtp_proto::{Error as Syntax, MAIL_BODY_BINARYMIME, MAIL_REQUIRETLS, MailFrom, RcptTo, Request};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;

use super::data::{Decoder, Hopeless, Outcome, Progress};
use super::wire::{Line, Wire};
use super::{Accept, Envelope, ListenerConfig, Protocol, Verdict, reply, stop_asked};

/// How long a peer that is being closed on may go on sending.
const FAREWELL: Duration = Duration::from_secs(5);

/// Serves a connection to its end, over TLS from where the peer asks for it.
pub(super) async fn serve<A: Accept>(
    stream: TcpStream,
    peer: SocketAddr,
    accept: &A,
    config: &ListenerConfig,
    tls: Option<TlsAcceptor>,
    shutdown: watch::Receiver<bool>,
) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let wire = Wire::new(stream);
    let state = State::new(peer, tls.is_some());
    let mut session = Session { wire, state, accept, config, shutdown };
    session.greet().await?;
    let (Ending::StartTls, Some(acceptor)) = (session.converse().await?, tls) else {
        return session.close().await;
    };
    let limit = config.limits.command_timeout;
    let stream = bounded(limit, acceptor.accept(session.wire.into_stream())).await?;
    // Nothing that was said before the handshake counts (RFC 3207 §4.2), except what it has cost.
    let state = State { tls_offered: false, helo: None, transaction: None, ..session.state };
    let wire = Wire::new(stream);
    let mut session = Session { wire, state, accept, config, shutdown: session.shutdown };
    session.converse().await?;
    session.close().await
}

async fn bounded<T>(limit: Duration, work: impl Future<Output = io::Result<T>>) -> io::Result<T> {
    timeout(limit, work).await.unwrap_or_else(|_| Err(io::Error::new(io::ErrorKind::TimedOut, "the peer was too slow")))
}

struct Session<'a, S, A> {
    wire: Wire<S>,
    state: State,
    accept: &'a A,
    config: &'a ListenerConfig,
    shutdown: watch::Receiver<bool>,
}

struct State {
    peer: SocketAddr,
    tls_offered: bool,
    helo: Option<String>,
    transaction: Option<Transaction>,
    commands: usize,
    bad_commands: usize,
    /// The peer may be in the middle of something that is not listened to any more.
    interrupted: bool,
}

impl State {
    fn new(peer: SocketAddr, tls_offered: bool) -> Self {
        State { peer, tls_offered, helo: None, transaction: None, commands: 0, bad_commands: 0, interrupted: false }
    }
}

struct Transaction {
    mail_from: String,
    /// As accepted, repetitions included: LMTP answers each.
    recipients: Vec<String>,
}

enum Ending {
    Closed,
    StartTls,
}

/// What the next thing from the peer is.
enum Heard {
    Line(String),
    Malformed,
    TooLong,
    Silence,
    Gone,
    /// The desk is shutting down, and nothing is in hand.
    Shutdown,
}

/// What follows a command.
enum Next {
    Listen,
    Close,
    StartTls,
}

impl<S: AsyncRead + AsyncWrite + Unpin, A: Accept> Session<'_, S, A> {
    async fn greet(&mut self) -> io::Result<()> {
        let name = match self.config.protocol {
            Protocol::Smtp => "ESMTP",
            Protocol::Lmtp => "LMTP",
        };
        self.raw(&format!("220 {} {name} Watchdesk\r\n", self.config.hostname)).await
    }

    async fn close(self) -> io::Result<()> {
        if self.state.interrupted {
            bounded(FAREWELL, self.wire.close_over_unread()).await
        } else {
            bounded(self.config.limits.command_timeout, self.wire.close()).await
        }
    }

    async fn converse(&mut self) -> io::Result<Ending> {
        loop {
            let next = match self.hear().await? {
                Heard::Line(line) => self.command(&line).await?,
                Heard::Malformed => self.bad(500, "5.5.2", "Not a command: lines end in CRLF and are UTF-8").await?,
                Heard::TooLong => {
                    self.say(500, "5.5.6", "The line is too long").await?;
                    self.interrupt()
                }
                Heard::Silence => self.leave("4.4.2", "closes: nothing was heard for too long").await?,
                Heard::Shutdown => self.leave("4.3.2", "is shutting down, try again").await?,
                Heard::Gone => Next::Close,
            };
            match next {
                Next::Listen => {}
                Next::Close => return Ok(Ending::Closed),
                Next::StartTls => {
                    self.flush().await?;
                    return Ok(Ending::StartTls);
                }
            }
        }
    }

    /// The next command line. Replies are sent before waiting for it.
    async fn hear(&mut self) -> io::Result<Heard> {
        let idle = self.state.transaction.is_none();
        if idle && *self.shutdown.borrow() {
            return Ok(Heard::Shutdown);
        }
        let limits = self.config.limits;
        let (wire, shutdown) = (&mut self.wire, &mut self.shutdown);
        let listening = async {
            loop {
                match wire.take_line(limits.line_bytes_max) {
                    Line::Complete(line) => return Ok(Heard::Line(line)),
                    Line::Malformed => return Ok(Heard::Malformed),
                    Line::TooLong => return Ok(Heard::TooLong),
                    Line::Incomplete => wire.flush().await?,
                }
                tokio::select! {
                    biased;
                    () = stop_asked(shutdown), if idle => return Ok(Heard::Shutdown),
                    filled = wire.fill() => if !filled? {
                        return Ok(Heard::Gone);
                    },
                }
            }
        };
        timeout(limits.command_timeout, listening).await.unwrap_or(Ok(Heard::Silence))
    }

    async fn command(&mut self, line: &str) -> io::Result<Next> {
        self.state.commands += 1;
        if self.state.commands > self.config.limits.commands_max {
            return self.leave("4.7.0", "closes: too many commands in one connection").await;
        }
        let ended = format!("{line}\r\n");
        match Request::parse(&mut ended.as_bytes().iter()) {
            Ok(request) => self.request(request.into_owned(), line).await,
            Err(error) => self.syntax_error(&error).await,
        }
    }

    async fn request(&mut self, request: Request<String>, line: &str) -> io::Result<Next> {
        let (protocol, tls) = (self.config.protocol, self.state.tls_offered);
        match request {
            Request::Ehlo { host } if protocol == Protocol::Smtp => self.hello(host, true).await,
            Request::Lhlo { host } if protocol == Protocol::Lmtp => self.hello(host, true).await,
            Request::Helo { host } if protocol == Protocol::Smtp => self.hello(host, false).await,
            Request::Ehlo { .. } | Request::Helo { .. } => self.bad(500, "5.5.1", "This is LMTP: say LHLO").await,
            Request::Lhlo { .. } => self.bad(500, "5.5.1", "This is SMTP: say EHLO").await,
            Request::Mail { from } => self.mail(from).await,
            Request::Rcpt { to } => self.recipient(to, line).await,
            Request::Data => self.data().await,
            Request::Rset => {
                self.state.transaction = None;
                self.say(250, "2.0.0", "Forgotten").await
            }
            Request::Noop { .. } => self.say(250, "2.0.0", "Here").await,
            Request::Vrfy { .. } => self.say(252, "2.5.0", "Not verified; send mail and see").await,
            Request::Help { .. } => self.say(214, "2.0.0", "See RFC 5321").await,
            Request::Quit => {
                let goodbye = format!("{} says goodbye", self.config.hostname);
                self.say(221, "2.0.0", &goodbye).await?;
                Ok(Next::Close)
            }
            Request::StartTls if tls => self.start_tls().await,
            Request::StartTls
            | Request::Auth { .. }
            | Request::Expn { .. }
            | Request::Etrn { .. }
            | Request::Atrn { .. } => self.bad(502, "5.5.1", "Not offered here").await,
            Request::Bdat { .. } | Request::Burl { .. } => {
                // A message may follow that would be read as commands.
                self.say(502, "5.5.1", "Not offered here; use DATA").await?;
                Ok(self.interrupt())
            }
        }
    }

    async fn hello(&mut self, host: String, extended: bool) -> io::Result<Next> {
        self.state.helo = Some(host);
        self.state.transaction = None;
        let hostname = &self.config.hostname;
        if !extended {
            let text = format!("250 {hostname}\r\n");
            self.raw(&text).await?;
            return Ok(Next::Listen);
        }
        let mut text = format!(
            "250-{hostname}\r\n250-PIPELINING\r\n250-SIZE {}\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n",
            self.config.limits.message_bytes_max
        );
        if self.state.tls_offered {
            text.push_str("250-STARTTLS\r\n");
        }
        text.push_str("250 ENHANCEDSTATUSCODES\r\n");
        self.raw(&text).await?;
        Ok(Next::Listen)
    }

    async fn mail(&mut self, from: MailFrom<String>) -> io::Result<Next> {
        if self.state.helo.is_none() {
            return self.bad(503, "5.5.1", "Say hello first").await;
        }
        if self.state.transaction.is_some() {
            return self.bad(503, "5.5.1", "One message at a time; RSET forgets it").await;
        }
        if from.size > self.config.limits.message_bytes_max {
            return self.say(552, "5.3.4", &self.too_large()).await;
        }
        if from.flags & (MAIL_BODY_BINARYMIME | MAIL_REQUIRETLS) != 0 {
            return self.bad(555, "5.5.4", "That parameter is not offered here").await;
        }
        if !from.address.is_empty() && !is_plain_address(&from.address) {
            return self.bad(553, "5.1.7", "That sender address cannot be used here").await;
        }
        let transaction = Transaction { mail_from: from.address, recipients: Vec::new() };
        self.state.transaction = Some(transaction);
        self.say(250, "2.1.0", "Sender ok").await
    }

    async fn recipient(&mut self, to: RcptTo<String>, line: &str) -> io::Result<Next> {
        let Some(transaction) = &mut self.state.transaction else {
            return self.bad(503, "5.5.1", "MAIL comes first").await;
        };
        if transaction.recipients.len() >= self.config.limits.recipients_max {
            return self.say(452, "4.5.3", "Too many recipients; send the others later").await;
        }
        // The parser gives the one address without a domain (RFC 5321 §4.5.1) as an empty one.
        let postmaster = to.address.is_empty() && line.to_ascii_lowercase().contains("<postmaster>");
        let address = if postmaster { "postmaster".to_owned() } else { to.address };
        if !postmaster && !is_plain_address(&address) {
            return self.bad(553, "5.1.3", "That recipient address cannot be used here").await;
        }
        let limit = self.config.limits.verdict_timeout;
        let verdict = in_time(limit, self.accept.recipient(&address)).await;
        match &verdict {
            Verdict::Accepted => transaction.recipients.push(address),
            Verdict::Rejected { .. } => self.state.bad_commands += 1,
            Verdict::TryLater { .. } => {}
        }
        self.raw(&reply::to_recipient(&verdict)).await?;
        self.unless_too_bad().await
    }

    async fn data(&mut self) -> io::Result<Next> {
        match &self.state.transaction {
            None => return self.bad(503, "5.5.1", "MAIL and RCPT come first").await,
            Some(transaction) if transaction.recipients.is_empty() => {
                return self.bad(503, "5.5.1", "No recipient was accepted").await;
            }
            Some(_) => {}
        }
        self.raw("354 Go ahead; end with a line that is only a dot\r\n").await?;
        self.flush().await?;
        let limit = self.config.limits.data_timeout;
        let Ok(received) = timeout(limit, self.receive()).await else {
            return self.leave("4.4.2", "closes: the message took too long").await;
        };
        match received? {
            Received::Gone => Ok(Next::Close),
            Received::Hopeless(Hopeless::AmbiguousEnd) => {
                let text = "The message has a dot between lone CR or LF; lines end in CRLF";
                self.say(554, "5.6.0", text).await?;
                Ok(self.interrupt())
            }
            Received::Hopeless(Hopeless::Flood) => {
                self.say(552, "5.3.4", &self.too_large()).await?;
                Ok(self.interrupt())
            }
            Received::Whole(outcome) => self.end_of_data(outcome).await,
        }
    }

    async fn receive(&mut self) -> io::Result<Received> {
        let mut decoder = Decoder::new(self.config.limits.message_bytes_max);
        loop {
            match decoder.push(self.wire.input()) {
                Progress::More => self.wire.consume(self.wire.input().len()),
                Progress::Ended { consumed, outcome } => {
                    self.wire.consume(consumed);
                    return Ok(Received::Whole(outcome));
                }
                Progress::Hopeless(why) => return Ok(Received::Hopeless(why)),
            }
            if !self.wire.fill().await? {
                return Ok(Received::Gone);
            }
        }
    }

    async fn end_of_data(&mut self, outcome: Outcome) -> io::Result<Next> {
        let Some(transaction) = self.state.transaction.take() else {
            return Ok(Next::Close);
        };
        let answers = match self.config.protocol {
            Protocol::Smtp => 1,
            Protocol::Lmtp => transaction.recipients.len(),
        };
        let answer = match outcome {
            Outcome::Message(body) => {
                let envelope = self.envelope(transaction, body);
                let limit = self.config.limits.verdict_timeout;
                reply::to_message(&in_time(limit, self.accept.message(envelope)).await)
            }
            Outcome::TooLarge => reply::line(552, "5.3.4", &self.too_large()),
            Outcome::BareNewline => {
                let text = "The message has a lone CR or LF; lines must end in CRLF";
                reply::line(554, "5.6.0", text)
            }
        };
        self.raw(&answer.repeat(answers)).await?;
        Ok(Next::Listen)
    }

    fn envelope(&self, transaction: Transaction, body: Vec<u8>) -> Envelope {
        let mut rcpt_to: Vec<String> = Vec::with_capacity(transaction.recipients.len());
        for recipient in transaction.recipients {
            if !rcpt_to.contains(&recipient) {
                rcpt_to.push(recipient);
            }
        }
        Envelope {
            peer: self.state.peer,
            helo: self.state.helo.clone().unwrap_or_default(),
            mail_from: transaction.mail_from,
            rcpt_to,
            body,
        }
    }

    async fn start_tls(&mut self) -> io::Result<Next> {
        if !self.wire.input().is_empty() {
            // Said in the clear, but to be heard as if protected: an attack or a broken peer.
            self.say(503, "5.5.1", "Nothing may follow STARTTLS in the clear").await?;
            return Ok(self.interrupt());
        }
        self.say(220, "2.0.0", "Ready to start TLS").await?;
        Ok(Next::StartTls)
    }

    async fn syntax_error(&mut self, error: &Syntax) -> io::Result<Next> {
        match error {
            Syntax::InvalidSenderAddress => self.bad(501, "5.1.7", "That is not a sender address").await,
            Syntax::InvalidRecipientAddress => self.bad(501, "5.1.3", "That is not a recipient address").await,
            Syntax::SyntaxError { syntax } => self.bad(501, "5.5.4", &format!("Expected {syntax}")).await,
            Syntax::InvalidParameter { .. } | Syntax::UnsupportedParameter { .. } => {
                self.bad(555, "5.5.4", "That parameter is not offered here").await
            }
            Syntax::UnknownCommand
            | Syntax::NeedsMoreData { .. }
            | Syntax::ResponseTooLong
            | Syntax::InvalidResponse { .. } => self.bad(500, "5.5.2", "That command is not known here").await,
        }
    }

    /// Stops listening to a peer that may go on sending.
    fn interrupt(&mut self) -> Next {
        self.state.interrupted = true;
        Next::Close
    }

    fn too_large(&self) -> String {
        format!("At most {} bytes are taken", self.config.limits.message_bytes_max)
    }

    /// A reply to something that should not have been said; too many of them end the connection.
    async fn bad(&mut self, code: u16, enhanced: &str, text: &str) -> io::Result<Next> {
        self.state.bad_commands += 1;
        self.say(code, enhanced, text).await?;
        self.unless_too_bad().await
    }

    async fn unless_too_bad(&mut self) -> io::Result<Next> {
        if self.state.bad_commands > self.config.limits.bad_commands_max {
            return self.leave("4.7.0", "closes: too many errors").await;
        }
        Ok(Next::Listen)
    }

    async fn leave(&mut self, enhanced: &str, why: &str) -> io::Result<Next> {
        let text = format!("{} {why}", self.config.hostname);
        self.say(421, enhanced, &text).await?;
        self.state.interrupted = !self.wire.input().is_empty();
        Ok(Next::Close)
    }

    async fn say(&mut self, code: u16, enhanced: &str, text: &str) -> io::Result<Next> {
        self.raw(&reply::line(code, enhanced, text)).await?;
        Ok(Next::Listen)
    }

    async fn raw(&mut self, text: &str) -> io::Result<()> {
        bounded(self.config.limits.command_timeout, self.wire.reply(text)).await
    }

    async fn flush(&mut self) -> io::Result<()> {
        bounded(self.config.limits.command_timeout, self.wire.flush()).await
    }
}

enum Received {
    Whole(Outcome),
    Hopeless(Hopeless),
    Gone,
}

async fn in_time(limit: Duration, verdict: impl Future<Output = Verdict>) -> Verdict {
    timeout(limit, verdict)
        .await
        .unwrap_or_else(|_| Verdict::TryLater { text: "The desk is too busy at the moment, try again".to_owned() })
}

/// `local@domain` in characters that mean the same to every mail system; quoted local parts are
/// not used by desks and read differently by different servers.
fn is_plain_address(address: &str) -> bool {
    let is_plain = |c: char| !c.is_control() && !c.is_whitespace() && !"\"(),:;<>\\".contains(c);
    address.rsplit_once('@').is_some_and(|(local, domain)| {
        !local.is_empty()
            && !local.contains('@')
            && !domain.is_empty()
            && local.chars().all(is_plain)
            && (domain.chars().all(is_plain) || domain.starts_with('['))
    })
}

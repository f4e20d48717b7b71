//! Conversations over real sockets, with a fake desk behind the listener.

use std::sync::Mutex;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::sync::{Semaphore, mpsc};
use tokio::task::JoinHandle;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use super::data::{Decoder, Hopeless, Outcome, Progress};
use super::*;

/// Made for these tests only.
const TEST_KEY: &str = include_str!("testdata/key.pem");
const TEST_CERTIFICATE: &str = include_str!("testdata/cert.pem");

/// What the fake desk does is written in the addresses and the body it is given.
struct FakeDesk {
    taken: Mutex<Vec<Envelope>>,
    /// A message is being decided.
    in_hand: mpsc::UnboundedSender<()>,
    /// One permit lets one message be decided.
    gate: Semaphore,
}

impl Accept for FakeDesk {
    async fn recipient(&self, address: &str) -> Verdict {
        match address {
            "nobody@desk.example" => Verdict::Rejected { code: 550, text: "No such\r\n250 address".to_owned() },
            "busy@desk.example" => Verdict::TryLater { text: "Later".to_owned() },
            _ => Verdict::Accepted,
        }
    }

    async fn message(&self, envelope: Envelope) -> Verdict {
        self.in_hand.send(()).expect("the test listens");
        self.gate.acquire().await.expect("the gate is never closed").forget();
        let body = String::from_utf8_lossy(&envelope.body).into_owned();
        self.taken.lock().expect("unpoisoned").push(envelope);
        if body.contains("refuse me") {
            Verdict::Rejected { code: 250, text: "No".to_owned() }
        } else if body.contains("not now") {
            Verdict::TryLater { text: "Disk is full".to_owned() }
        } else {
            Verdict::Accepted
        }
    }
}

struct World {
    desk: Arc<FakeDesk>,
    in_hand: mpsc::UnboundedReceiver<()>,
    address: SocketAddr,
    shutdown: watch::Sender<bool>,
    running: JoinHandle<()>,
}

impl World {
    /// A listener whose desk decides at once.
    async fn start(protocol: Protocol, limits: Limits) -> World {
        let world = World::start_gated(protocol, limits, None).await;
        world.desk.gate.add_permits(1_000);
        world
    }

    async fn start_gated(protocol: Protocol, limits: Limits, tls: Option<Arc<ServerConfig>>) -> World {
        let (sender, in_hand) = mpsc::unbounded_channel();
        let desk = Arc::new(FakeDesk { taken: Mutex::default(), in_hand: sender, gate: Semaphore::new(0) });
        let address = SocketAddr::from(([127, 0, 0, 1], 0));
        let hostname = "desk.example".to_owned();
        let config = ListenerConfig { address, hostname, protocol, tls, limits };
        let listener = Listener::bind(config).await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let (shutdown, asked) = watch::channel(false);
        let running = tokio::spawn(listener.run(Arc::clone(&desk), asked));
        World { desk, in_hand, address, shutdown, running }
    }

    async fn smtp() -> World {
        World::start(Protocol::Smtp, Limits::default()).await
    }

    async fn connect(&self) -> Peer<TcpStream> {
        let mut peer = Peer::new(TcpStream::connect(self.address).await.expect("connected"));
        assert!(peer.hears().await.starts_with("220 desk.example "));
        peer
    }

    fn taken(&self) -> Vec<Envelope> {
        self.desk.taken.lock().expect("unpoisoned").clone()
    }

    async fn stop(self) {
        self.shutdown.send(true).expect("the listener listens");
        self.running.await.expect("the listener ended well");
    }
}

/// The other side of a conversation.
struct Peer<S> {
    stream: S,
    heard: Vec<u8>,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Peer<S> {
    fn new(stream: S) -> Self {
        Peer { stream, heard: Vec::new() }
    }

    async fn say(&mut self, bytes: impl AsRef<[u8]>) {
        self.stream.write_all(bytes.as_ref()).await.expect("sent");
    }

    /// One whole reply, all its lines; empty when the connection was closed.
    async fn hears(&mut self) -> String {
        let mut reply = String::new();
        loop {
            let line = self.line().await;
            reply.push_str(&line);
            if line.as_bytes().get(3) != Some(&b'-') {
                return reply.trim_end().to_owned();
            }
        }
    }

    async fn line(&mut self) -> String {
        loop {
            if let Some(end) = self.heard.iter().position(|&byte| byte == b'\n') {
                let line: Vec<u8> = self.heard.drain(..=end).collect();
                return String::from_utf8(line).expect("replies are text");
            }
            if self.stream.read_buf(&mut self.heard).await.unwrap_or(0) == 0 {
                return String::new();
            }
        }
    }

    /// Sends a line and expects a reply that begins so.
    async fn expect(&mut self, line: &str, reply: &str) {
        self.say(format!("{line}\r\n")).await;
        let heard = self.hears().await;
        assert!(heard.starts_with(reply), "{line:?} -> {heard:?}, expected {reply:?}");
    }

    /// Opens a transaction up to the data.
    async fn opens_data(&mut self) {
        self.expect("EHLO peer.example", "250-").await;
        self.expect("MAIL FROM:<kim@example.com>", "250 2.1.0").await;
        self.expect("RCPT TO:<support@desk.example>", "250 2.1.5").await;
        self.expect("DATA", "354 ").await;
    }
}

#[tokio::test]
async fn a_mail_is_taken_as_it_was_sent() {
    let world = World::smtp().await;
    let mut peer = world.connect().await;
    peer.say("EHLO peer.example\r\n").await;
    let hello = peer.hears().await;
    for extension in ["PIPELINING", "SIZE 26214400", "8BITMIME", "SMTPUTF8", "ENHANCEDSTATUSCODES"] {
        assert!(hello.contains(extension), "{hello}");
    }
    assert!(!hello.contains("STARTTLS"), "no certificate, no offer");
    peer.expect("MAIL FROM:<kim@example.com> SIZE=120 BODY=8BITMIME SMTPUTF8", "250 2.1.0").await;
    peer.expect("RCPT TO:<support+t7@desk.example>", "250 2.1.5").await;
    peer.expect("RCPT TO:<support+t7@desk.example>", "250 2.1.5").await;
    peer.expect("rcpt to:<王芳@desk.example>", "250 2.1.5").await;
    peer.expect("DATA", "354 ").await;
    peer.say("Subject: x\r\n\r\n..dot\r\n.\u{4e2d}\r\n.x\r\n\r\n.\r\n").await;
    assert_eq!(peer.hears().await, "250 2.0.0 Message accepted");
    peer.expect("QUIT", "221 2.0.0").await;
    assert_eq!(peer.hears().await, "", "closed");
    let taken = world.taken();
    assert_eq!(taken.len(), 1);
    assert_eq!(taken[0].helo, "peer.example");
    assert_eq!(taken[0].mail_from, "kim@example.com");
    assert_eq!(taken[0].rcpt_to, ["support+t7@desk.example", "王芳@desk.example"]);
    assert_eq!(String::from_utf8_lossy(&taken[0].body), "Subject: x\r\n\r\n.dot\r\n\u{4e2d}\r\nx\r\n\r\n");
    world.stop().await;
}

#[tokio::test]
async fn commands_may_be_pipelined_and_mails_may_follow_each_other() {
    let world = World::smtp().await;
    let mut peer = world.connect().await;
    let transaction = "MAIL FROM:<>\r\nRCPT TO:<nobody@desk.example>\r\n\
                       RCPT TO:<postmaster>\r\nDATA\r\n";
    peer.say(format!("EHLO p\r\n{transaction}")).await;
    let codes = async |peer: &mut Peer<TcpStream>, count: usize| {
        let mut codes = Vec::new();
        for _ in 0..count {
            codes.push(peer.hears().await[..3].to_owned());
        }
        codes
    };
    assert_eq!(codes(&mut peer, 5).await, ["250", "250", "550", "250", "354"]);
    peer.say(format!("one\r\n.\r\n{transaction}")).await;
    assert_eq!(codes(&mut peer, 5).await, ["250", "250", "550", "250", "354"]);
    peer.say("two\r\n.\r\nQUIT\r\n").await;
    assert_eq!(codes(&mut peer, 2).await, ["250", "221"]);
    let bodies: Vec<_> = world.taken().into_iter().map(|taken| taken.body).collect();
    assert_eq!(bodies, [b"one\r\n", b"two\r\n"]);
    assert_eq!(world.taken()[0].rcpt_to, ["postmaster"]);
    assert_eq!(world.taken()[0].mail_from, "");
    world.stop().await;
}

#[tokio::test]
async fn the_250_comes_only_after_the_desk_has_taken_the_message() {
    let mut world = World::start_gated(Protocol::Smtp, Limits::default(), None).await;
    let mut peer = world.connect().await;
    peer.opens_data().await;
    peer.say("hello\r\n.\r\n").await;
    world.in_hand.recv().await.expect("in hand");
    let mut byte = [0];
    let nothing = peer.stream.try_read(&mut byte).expect_err("no reply yet");
    assert_eq!(nothing.kind(), io::ErrorKind::WouldBlock);
    world.desk.gate.add_permits(1);
    assert_eq!(peer.hears().await, "250 2.0.0 Message accepted");
    world.stop().await;
}

#[tokio::test]
async fn what_the_desk_says_is_what_the_peer_hears() {
    let world = World::smtp().await;
    let mut peer = world.connect().await;
    peer.expect("EHLO p", "250-").await;
    peer.expect("MAIL FROM:<a@b.c>", "250").await;
    peer.expect("RCPT TO:<nobody@desk.example>", "550 5.1.1 No such  250 address").await;
    peer.expect("RCPT TO:<busy@desk.example>", "451 4.3.0 Later").await;
    peer.expect("DATA", "503 5.5.1 No recipient").await;
    peer.expect("RSET", "250").await;
    for (body, reply) in [("refuse me", "554 5.6.0 No"), ("not now", "451 4.3.0 Disk is full")] {
        peer.opens_data().await;
        peer.expect(&format!("{body}\r\n."), reply).await;
    }
    world.stop().await;
}

#[tokio::test]
async fn lmtp_answers_for_each_recipient() {
    let world = World::start(Protocol::Lmtp, Limits::default()).await;
    let mut peer = world.connect().await;
    peer.expect("EHLO p", "500 5.5.1 This is LMTP").await;
    peer.expect("LHLO p", "250-").await;
    peer.expect("MAIL FROM:<a@b.c>", "250").await;
    peer.expect("RCPT TO:<one@desk.example>", "250").await;
    peer.expect("RCPT TO:<nobody@desk.example>", "550").await;
    peer.expect("RCPT TO:<two@desk.example>", "250").await;
    peer.expect("RCPT TO:<one@desk.example>", "250").await;
    peer.expect("DATA", "354").await;
    peer.say("hello\r\n.\r\nNOOP\r\n").await;
    for reply in ["250 2.0.0 Mess", "250 2.0.0 Mess", "250 2.0.0 Mess", "250 2.0.0 Here"] {
        assert!(peer.hears().await.starts_with(reply));
    }
    assert_eq!(world.taken()[0].rcpt_to, ["one@desk.example", "two@desk.example"]);
    world.stop().await;
}

#[tokio::test]
async fn smuggled_messages_are_refused() {
    let smuggled = "MAIL FROM:<x@evil.example>\r\nRCPT TO:<a@desk.example>\r\nDATA\r\nevil\r\n.\r\n";
    for end in ["\n.\n", "\n.\r\n", "\r\n.\n", "\r.\r", "\r\n.\r", "\r.\r\n", "\n.\r"] {
        let world = World::smtp().await;
        let mut peer = world.connect().await;
        peer.opens_data().await;
        peer.say(format!("hello{end}{smuggled}")).await;
        let heard = peer.hears().await;
        assert!(heard.starts_with("554 5.6.0"), "{end:?} -> {heard:?}");
        assert_eq!(peer.hears().await, "", "{end:?} closes");
        drop(peer);
        assert!(world.taken().is_empty(), "{end:?}");
        world.stop().await;
    }
}

#[tokio::test]
async fn lone_line_ends_are_refused_at_the_true_end() {
    let world = World::smtp().await;
    let mut peer = world.connect().await;
    for body in ["a\nb\r\n", "a\rb\r\n", "\n", "a\r\r\n", "a\r\n\n.x\r\n"] {
        peer.opens_data().await;
        peer.say(format!("{body}\r\n.\r\n")).await;
        let heard = peer.hears().await;
        assert!(heard.starts_with("554 5.6.0 The message has a lone"), "{body:?} -> {heard:?}");
    }
    peer.expect("NOOP\nMAIL FROM:<a@b.c>", "500 5.5.2").await;
    assert!(peer.hears().await.starts_with("250"), "the second line stands for itself");
    peer.expect("RSET", "250").await;
    assert!(world.taken().is_empty());
    world.stop().await;
}

#[tokio::test]
async fn the_size_is_enforced_before_and_while_reading() {
    let limits = Limits { message_bytes_max: 1_000, ..Limits::default() };
    let world = World::start(Protocol::Smtp, limits).await;
    let mut peer = world.connect().await;
    peer.expect("EHLO p", "250-").await;
    peer.expect("MAIL FROM:<a@b.c> SIZE=1001", "552 5.3.4").await;
    peer.expect("MAIL FROM:<a@b.c> SIZE=999999999999999999", "552 5.3.4").await;
    for (bytes, reply) in [(998, "250"), (999, "552 5.3.4"), (1_500, "552 5.3.4")] {
        peer.opens_data().await;
        peer.expect(&format!("{}\r\n.", "x".repeat(bytes)), reply).await;
    }
    peer.opens_data().await;
    peer.say("x".repeat(100_000)).await;
    assert!(peer.hears().await.starts_with("552 5.3.4"), "not read for ever");
    assert_eq!(peer.hears().await, "");
    drop(peer);
    assert_eq!(world.taken().len(), 1);
    world.stop().await;
}

#[tokio::test]
async fn commands_out_of_order_or_unknown_are_told_so() {
    let world = World::smtp().await;
    let table = [
        ("MAIL FROM:<a@b.c>", "503 5.5.1 Say hello first"),
        ("LHLO p", "500 5.5.1 This is SMTP"),
        ("HELO p", "250 desk.example"),
        ("RCPT TO:<a@desk.example>", "503 5.5.1 MAIL comes first"),
        ("DATA", "503 5.5.1"),
        ("STARTTLS", "502 5.5.1"),
        ("AUTH PLAIN AGEAYg==", "502 5.5.1"),
        ("EXPN list", "502 5.5.1"),
        ("VRFY kim", "252 2.5.0"),
        ("HELP", "214 2.0.0"),
        ("NOOP", "250 2.0.0"),
        ("MAIL FROM:kim", "501 5.5.4"),
        ("MAIL FROM:<a@b.c> BODY=BINARYMIME", "555 5.5.4"),
        ("MAIL FROM:<a@b.c> NONSENSE=1", "555 5.5.4"),
        ("MAIL FROM:<a@b.c>", "250 2.1.0"),
        ("MAIL FROM:<a@b.c>", "503 5.5.1 One message"),
        ("RCPT TO:<>", "553 5.1.3"),
        ("RCPT TO:<\"a b\"@desk.example>", "553 5.1.3"),
        ("RCPT TO:<nodomain>", "501 5.1.3"),
        ("RCPT TO:<@relay.example:a@desk.example>", "250 2.1.5"),
        ("RSET", "250 2.0.0"),
        ("DATA", "503 5.5.1"),
        ("GET / HTTP/1.1", "500 5.5.2"),
        ("\u{7}", "500 5.5.2"),
    ];
    let mut peer = world.connect().await;
    for (index, (line, reply)) in table.into_iter().enumerate() {
        if index % 12 == 11 {
            // Stay below the limit of errors.
            peer = world.connect().await;
            peer.expect("EHLO p", "250-").await;
        }
        if line == "MAIL FROM:<a@b.c>" && reply.starts_with("503 5.5.1 One") {
            peer.say("MAIL FROM:<a@b.c>\r\n").await;
            peer.hears().await;
            peer.expect(line, reply).await;
            continue;
        }
        peer.expect(line, reply).await;
    }
    world.stop().await;
}

#[tokio::test]
async fn a_peer_has_limits() {
    let limits =
        Limits { recipients_max: 2, commands_max: 30, bad_commands_max: 3, connections_max: 4, ..Limits::default() };
    let world = World::start(Protocol::Smtp, limits).await;
    let mut many_recipients = world.connect().await;
    many_recipients.expect("EHLO p", "250-").await;
    many_recipients.expect("MAIL FROM:<a@b.c>", "250").await;
    many_recipients.expect("RCPT TO:<a@desk.example>", "250").await;
    many_recipients.expect("RCPT TO:<b@desk.example>", "250").await;
    many_recipients.expect("RCPT TO:<c@desk.example>", "452 4.5.3").await;
    many_recipients.expect("RSET", "250").await;

    let mut many_errors = world.connect().await;
    for _ in 0..3 {
        many_errors.expect("NONSENSE", "500").await;
    }
    many_errors.expect("NONSENSE", "500").await;
    assert!(many_errors.hears().await.starts_with("421 4.7.0"));
    assert_eq!(many_errors.hears().await, "");

    let mut many_commands = world.connect().await;
    for _ in 0..30 {
        many_commands.expect("NOOP", "250").await;
    }
    many_commands.expect("NOOP", "421 4.7.0").await;

    let mut long_line = world.connect().await;
    long_line.say("N".repeat(100_000)).await;
    assert!(long_line.hears().await.starts_with("500 5.5.6"));
    assert_eq!(long_line.hears().await, "");
    drop(long_line);

    let mut chunks = world.connect().await;
    chunks.say("BDAT 20 LAST\r\nMAIL FROM:<a@b.c>\r\n").await;
    assert!(chunks.hears().await.starts_with("502 5.5.1"));
    assert_eq!(chunks.hears().await, "", "a chunk is never read as commands");
    drop(chunks);
    world.stop().await;
}

#[tokio::test]
async fn too_many_connections_are_asked_to_come_back() {
    let limits = Limits { connections_max: 1, ..Limits::default() };
    let world = World::start(Protocol::Smtp, limits).await;
    let mut first = world.connect().await;
    let mut second = Peer::new(TcpStream::connect(world.address).await.expect("connected"));
    assert!(second.hears().await.starts_with("421 4.3.2"));
    first.expect("QUIT", "221").await;
    assert_eq!(first.hears().await, "");
    world.stop().await;
}

#[tokio::test]
async fn a_silent_peer_is_left() {
    let short = Duration::from_millis(20);
    let limits = Limits { command_timeout: short, data_timeout: short, ..Limits::default() };
    let world = World::start(Protocol::Smtp, limits).await;
    let mut silent = world.connect().await;
    silent.say("EHL").await;
    assert!(silent.hears().await.starts_with("421 4.4.2"));
    drop(silent);
    let mut stuck = world.connect().await;
    stuck.opens_data().await;
    stuck.say("half a mess").await;
    assert!(stuck.hears().await.starts_with("421 4.4.2"));
    assert_eq!(stuck.hears().await, "");
    assert!(world.taken().is_empty());
    world.stop().await;
}

#[tokio::test]
async fn half_a_message_is_no_message() {
    let world = World::smtp().await;
    let mut peer = world.connect().await;
    peer.opens_data().await;
    peer.say("hello\r\n").await;
    peer.stream.shutdown().await.expect("closed");
    assert_eq!(peer.hears().await, "");
    assert!(world.taken().is_empty());
    world.stop().await;
}

#[tokio::test]
async fn a_shutdown_finishes_what_is_in_hand_and_sends_the_idle_away() {
    let mut world = World::start_gated(Protocol::Smtp, Limits::default(), None).await;
    let mut idle = world.connect().await;
    let mut busy = world.connect().await;
    busy.opens_data().await;
    let mut waiting = world.connect().await;
    waiting.opens_data().await;
    waiting.say("one\r\n.\r\n").await;
    world.in_hand.recv().await.expect("in hand");

    world.shutdown.send(true).expect("the listener listens");
    assert!(idle.hears().await.starts_with("421 4.3.2"));
    assert_eq!(idle.hears().await, "");

    world.desk.gate.add_permits(2);
    assert_eq!(waiting.hears().await, "250 2.0.0 Message accepted");
    assert!(waiting.hears().await.starts_with("421 4.3.2"));
    busy.say("two\r\n.\r\n").await;
    assert_eq!(busy.hears().await, "250 2.0.0 Message accepted");
    assert!(busy.hears().await.starts_with("421 4.3.2"));
    assert_eq!(world.taken().len(), 2);
    world.running.await.expect("the listener ended well");
}

#[tokio::test]
async fn a_shutdown_does_not_wait_for_ever() {
    let limits = Limits { shutdown_timeout: Duration::from_millis(20), ..Limits::default() };
    let world = World::start(Protocol::Smtp, limits).await;
    let mut peer = world.connect().await;
    peer.opens_data().await;
    world.stop().await;
    assert_eq!(peer.hears().await, "", "cut; the peer will retry");
}

#[tokio::test]
async fn a_desk_that_does_not_decide_is_not_waited_for() {
    let limits = Limits { verdict_timeout: Duration::from_millis(20), ..Limits::default() };
    let world = World::start_gated(Protocol::Smtp, limits, None).await;
    let mut peer = world.connect().await;
    peer.opens_data().await;
    peer.expect("hello\r\n.", "451 4.3.0").await;
    world.stop().await;
}

#[tokio::test]
async fn tls_protects_what_follows_and_forgets_what_went_before() {
    let certificate = CertificateDer::from_pem_slice(TEST_CERTIFICATE.as_bytes()).expect("PEM");
    let key = PrivateKeyDer::from_pem_slice(TEST_KEY.as_bytes()).expect("PEM");
    let server = ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.clone()], key)
        .expect("a certificate with its key");
    let tls = Some(Arc::new(server));
    let world = World::start_gated(Protocol::Smtp, Limits::default(), tls).await;
    world.desk.gate.add_permits(1);
    let mut injected = world.connect().await;
    injected.say("STARTTLS\r\nMAIL FROM:<x@evil.example>\r\n").await;
    assert!(injected.hears().await.starts_with("503 5.5.1"), "nothing may be slipped in");
    drop(injected);

    let mut peer = world.connect().await;
    peer.say("EHLO p\r\n").await;
    assert!(peer.hears().await.contains("STARTTLS"));
    peer.expect("STARTTLS", "220 2.0.0").await;
    let mut roots = RootCertStore::empty();
    roots.add(certificate).expect("a root");
    let client = ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
    let name = ServerName::try_from("desk.example").expect("a name");
    let stream = TlsConnector::from(Arc::new(client)).connect(name, peer.stream).await.expect("a handshake");
    let mut peer = Peer::new(stream);
    peer.expect("MAIL FROM:<a@b.c>", "503 5.5.1 Say hello first").await;
    peer.say("EHLO p\r\n").await;
    assert!(!peer.hears().await.contains("STARTTLS"));
    peer.expect("STARTTLS", "502").await;
    peer.opens_data().await;
    peer.expect("secret\r\n.", "250 2.0.0").await;
    assert_eq!(world.taken()[0].body, b"secret\r\n");
    world.stop().await;
}

/// The decoder must not care how the bytes are cut.
#[test]
fn the_end_of_a_message_is_found_wherever_the_bytes_are_cut() {
    let message = |text: &str| Outcome::Message(text.as_bytes().to_vec());
    let table = [
        (".\r\n", message("")),
        ("a\r\n.\r\n", message("a\r\n")),
        ("..\r\n.\r\n", message(".\r\n")),
        ("...\r\n.a\r\n.\r\n", message("..\r\na\r\n")),
        ("a\nb\r\n.\r\n", Outcome::BareNewline),
        ("a\rb\r\n.\r\n", Outcome::BareNewline),
        ("a\n.b\r\n.\r\n", Outcome::BareNewline),
        ("123456789\r\n.\r\n", Outcome::TooLarge),
    ];
    for (text, expected) in table {
        for cut in 0..text.len() {
            let mut decoder = Decoder::new(10);
            assert_eq!(decoder.push(&text.as_bytes()[..cut]), Progress::More, "{text:?}");
            match decoder.push(&text.as_bytes()[cut..]) {
                Progress::Ended { consumed, outcome } => {
                    assert_eq!((consumed, &outcome), (text.len() - cut, &expected), "{text:?}");
                }
                other => panic!("{text:?} at {cut}: {other:?}"),
            }
        }
    }
    for text in ["\n.\n", "\r.\r", "x\r\n.\n", "x\r\n.\rx", "x\n.\r"] {
        for cut in 0..text.len() {
            let mut decoder = Decoder::new(10);
            assert_eq!(decoder.push(&text.as_bytes()[..cut]), Progress::More, "{text:?}");
            let progress = decoder.push(&text.as_bytes()[cut..]);
            assert_eq!(progress, Progress::Hopeless(Hopeless::AmbiguousEnd), "{text:?}");
        }
    }
}

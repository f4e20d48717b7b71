//! A mail server that takes everything and shows it.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// How long a story waits for a mail before it fails.
const PATIENCE: Duration = Duration::from_secs(60);

/// One mail, as the server got it.
#[derive(Debug, Clone)]
pub struct Arrived {
    pub from: String,
    pub to: Vec<String>,
    /// The message with lines ending in LF, dots unstuffed.
    pub message: String,
}

#[derive(Clone)]
pub struct Sink {
    pub address: SocketAddr,
    mails: watch::Receiver<Vec<Arrived>>,
    busy: Arc<AtomicBool>,
}

impl Sink {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let (sender, mails) = watch::channel(Vec::new());
        let sender = Arc::new(sender);
        let busy = Arc::new(AtomicBool::new(false));
        let flag = Arc::clone(&busy);
        tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                let (sender, flag) = (Arc::clone(&sender), Arc::clone(&flag));
                tokio::spawn(async move {
                    // A client that goes away in the middle is its own affair.
                    let _ = converse(socket, &sender, &flag).await;
                });
            }
        });
        Self { address, mails, busy }
    }

    pub fn url(&self) -> String {
        format!("smtp://{}", self.address)
    }

    /// From now on it says "try again later", or takes mail again.
    pub fn be_busy(&self, busy: bool) {
        self.busy.store(busy, Ordering::SeqCst);
    }

    pub fn mails(&self) -> Vec<Arrived> {
        self.mails.borrow().clone()
    }

    pub fn to(&self, address: &str) -> Vec<Arrived> {
        self.mails().into_iter().filter(|mail| mail.to.iter().any(|to| to.eq_ignore_ascii_case(address))).collect()
    }

    /// Waits until `wanted` mails have come to the address.
    pub async fn wait_for(&self, address: &str, wanted: usize) -> Vec<Arrived> {
        let what = format!("{wanted} mails to {address}");
        self.wait_until(&what, |mails| {
            mails.iter().filter(|mail| mail.to.iter().any(|to| to.eq_ignore_ascii_case(address))).count() >= wanted
        })
        .await;
        self.to(address)
    }

    pub async fn wait_until(&self, what: &str, enough: impl FnMut(&Vec<Arrived>) -> bool) {
        let mut mails = self.mails.clone();
        if tokio::time::timeout(PATIENCE, mails.wait_for(enough)).await.is_err() {
            let have: Vec<_> = self.mails().iter().map(|mail| (mail.to.join(","), mail.subject())).collect();
            panic!("waited in vain for {what}; there are {have:?}");
        }
    }
}

impl Arrived {
    /// A header with its folding undone; empty where there is none.
    pub fn header(&self, name: &str) -> String {
        crate::mail::header(&self.message, name)
    }

    pub fn subject(&self) -> String {
        crate::mail::decoded(&self.header("Subject"))
    }

    /// The text a person reads, whatever its encoding.
    pub fn text(&self) -> String {
        crate::mail::text(&self.message)
    }

    /// The Message-ID with its angle brackets.
    pub fn id(&self) -> String {
        self.header("Message-ID")
    }
}

async fn converse(socket: TcpStream, sender: &watch::Sender<Vec<Arrived>>, busy: &AtomicBool) -> std::io::Result<()> {
    let (read, mut write) = socket.into_split();
    let mut lines = BufReader::new(read);
    let mut from = String::new();
    let mut to = Vec::new();
    write.write_all(b"220 sink.example ESMTP\r\n").await?;
    loop {
        let mut line = String::new();
        if lines.read_line(&mut line).await? == 0 {
            return Ok(());
        }
        let upper = line.trim().to_ascii_uppercase();
        let answer = if upper.starts_with("EHLO") {
            "250-sink.example\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250 SIZE 36700160\r\n"
        } else if upper.starts_with("MAIL FROM") && busy.load(Ordering::SeqCst) {
            "451 4.3.0 busy, try again later\r\n"
        } else if upper.starts_with("MAIL FROM") {
            from = address(&line);
            to.clear();
            "250 2.1.0 ok\r\n"
        } else if upper.starts_with("RCPT TO") {
            to.push(address(&line));
            "250 2.1.5 ok\r\n"
        } else if upper.starts_with("DATA") {
            write.write_all(b"354 go on\r\n").await?;
            let message = data(&mut lines).await?;
            let mail = Arrived { from: std::mem::take(&mut from), to: std::mem::take(&mut to), message };
            sender.send_modify(|mails| mails.push(mail));
            "250 2.0.0 taken\r\n"
        } else if upper.starts_with("QUIT") {
            write.write_all(b"221 bye\r\n").await?;
            return Ok(());
        } else {
            "250 ok\r\n"
        };
        write.write_all(answer.as_bytes()).await?;
    }
}

async fn data(lines: &mut (impl AsyncBufReadExt + Unpin)) -> std::io::Result<String> {
    let mut message = Vec::new();
    loop {
        let mut line = Vec::new();
        if lines.read_until(b'\n', &mut line).await? == 0 || line == b".\r\n" {
            break;
        }
        let line = line.strip_prefix(b".").unwrap_or(&line);
        message.extend_from_slice(line);
    }
    Ok(String::from_utf8_lossy(&message).replace("\r\n", "\n"))
}

fn address(line: &str) -> String {
    let start = line.find('<').map_or(0, |at| at + 1);
    let end = line.find('>').unwrap_or(line.len());
    line[start..end].to_owned()
}

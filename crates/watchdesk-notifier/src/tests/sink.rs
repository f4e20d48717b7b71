//! A mail server of our own: speaks enough SMTP, collects what it takes, and misbehaves on request.

use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard};

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio::task::JoinHandle;

/// One mail as it came over the wire.
#[derive(Debug, Clone)]
pub struct Delivered {
    pub from: String,
    pub to: Vec<String>,
    /// Without the dots that the protocol adds.
    pub bytes: Vec<u8>,
}

/// What the server does with a mail once it has all of it.
#[derive(Debug, Clone)]
pub enum Answer {
    /// Says this instead of taking it.
    Says(&'static str),
    /// Takes it and hangs up without a word.
    TakesAndHangsUp,
    /// Takes it and never says so.
    TakesInSilence,
}

#[derive(Default)]
struct State {
    mails: Vec<Delivered>,
    answers: VecDeque<Answer>,
    refused: BTreeMap<String, &'static str>,
    greeting: Option<&'static str>,
    login: Option<&'static str>,
    hangs_up: bool,
    connections: usize,
    at_once: usize,
    at_once_max: usize,
}

pub struct Sink {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
    listening: JoinHandle<()>,
    arrived: Arc<Notify>,
}

impl Sink {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let state = Arc::new(Mutex::new(State::default()));
        let arrived = Arc::new(Notify::new());
        let (shared, arriving) = (Arc::clone(&state), Arc::clone(&arrived));
        let listening = tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                tokio::spawn(converse(stream, Arc::clone(&shared), Arc::clone(&arriving)));
            }
        });
        Self { address, state, listening, arrived }
    }

    pub fn url(&self) -> String {
        format!("smtp://{}", self.address)
    }

    pub fn url_with_login(&self) -> String {
        format!("smtp://desk:secret@{}", self.address)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    /// Everything so far, oldest first.
    pub fn mails(&self) -> Vec<Delivered> {
        self.state().mails.clone()
    }

    /// Waits until so many mails have come.
    pub async fn holds(&self, count: usize) {
        loop {
            let arrived = self.arrived.notified();
            if self.state().mails.len() >= count {
                return;
            }
            arrived.await;
        }
    }

    pub fn forget(&self) {
        self.state().mails.clear();
    }

    /// The next mails are answered like this, one each; then they are taken again.
    pub fn answers(&self, answers: impl IntoIterator<Item = Answer>) {
        self.state().answers.extend(answers);
    }

    pub fn refuses(&self, recipient: &str, answer: &'static str) {
        self.state().refused.insert(recipient.to_owned(), answer);
    }

    /// Hangs up on everybody, or no longer.
    pub fn hangs_up(&self, hangs_up: bool) {
        self.state().hangs_up = hangs_up;
    }

    pub fn greets(&self, greeting: Option<&'static str>) {
        self.state().greeting = greeting;
    }

    /// Wants a login and answers it so.
    pub fn answers_login(&self, answer: &'static str) {
        self.state().login = Some(answer);
    }

    pub fn connections(&self) -> usize {
        self.state().connections
    }

    /// Mails that were on their way at the same time, at the most.
    pub fn at_once_max(&self) -> usize {
        self.state().at_once_max
    }
}

impl Drop for Sink {
    fn drop(&mut self) {
        self.listening.abort();
    }
}

/// A mail server that is not there: the port was free a moment ago.
pub async fn nowhere() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    format!("smtp://{}", listener.local_addr().unwrap())
}

struct Session {
    stream: BufReader<TcpStream>,
    state: Arc<Mutex<State>>,
    arrived: Arc<Notify>,
    from: String,
    to: Vec<String>,
}

async fn converse(stream: TcpStream, state: Arc<Mutex<State>>, arrived: Arc<Notify>) {
    let mut session = Session { stream: BufReader::new(stream), state, arrived, from: String::new(), to: Vec::new() };
    // A client that goes away ends the conversation, that is all.
    _ = session.run().await;
}

impl Session {
    async fn run(&mut self) -> std::io::Result<()> {
        let (hangs_up, greeting) = {
            let mut state = self.state.lock().unwrap();
            state.connections += 1;
            (state.hangs_up, state.greeting)
        };
        if hangs_up {
            return Ok(());
        }
        self.say(greeting.unwrap_or("220 sink.example ESMTP")).await?;
        let mut line = String::new();
        loop {
            line.clear();
            if self.stream.read_line(&mut line).await? == 0 {
                return Ok(());
            }
            assert!(line.ends_with("\r\n"), "a command ends with CRLF: {line:?}");
            let command = line.trim_end().to_owned();
            if !self.answer(&command).await? {
                return Ok(());
            }
        }
    }

    /// Whether the conversation goes on.
    async fn answer(&mut self, command: &str) -> std::io::Result<bool> {
        let upper = command.to_ascii_uppercase();
        let login = self.state.lock().unwrap().login;
        if upper.starts_with("EHLO") {
            let greeting = if login.is_some() {
                "250-sink.example\r\n250-AUTH PLAIN\r\n250 8BITMIME"
            } else {
                "250-sink.example\r\n250 8BITMIME"
            };
            self.say(greeting).await?;
        } else if upper.starts_with("AUTH") {
            self.say(login.unwrap_or("502 no")).await?;
        } else if upper.starts_with("MAIL FROM:") {
            self.from = between(command);
            self.to.clear();
            self.say("250 2.1.0 fine").await?;
        } else if upper.starts_with("RCPT TO:") {
            let to = between(command);
            let refused = self.state.lock().unwrap().refused.get(&to).copied();
            if refused.is_none() {
                self.to.push(to);
            }
            self.say(refused.unwrap_or("250 2.1.5 fine")).await?;
        } else if upper == "DATA" {
            return self.data().await;
        } else if upper == "QUIT" {
            self.say("221 bye").await?;
            return Ok(false);
        } else {
            self.say("250 fine").await?;
        }
        Ok(true)
    }

    async fn data(&mut self) -> std::io::Result<bool> {
        self.say("354 go on").await?;
        {
            let mut state = self.state.lock().unwrap();
            state.at_once += 1;
            state.at_once_max = state.at_once_max.max(state.at_once);
        }
        let bytes = self.mail().await;
        self.state.lock().unwrap().at_once -= 1;
        let mail = Delivered { from: self.from.clone(), to: self.to.clone(), bytes: bytes? };
        let answer = self.state.lock().unwrap().answers.pop_front();
        let take = |mail| {
            self.state.lock().unwrap().mails.push(mail);
            self.arrived.notify_waiters();
        };
        match answer {
            None => {
                take(mail);
                self.say("250 2.0.0 queued as 4711").await?;
                Ok(true)
            }
            Some(Answer::Says(text)) => {
                self.say(text).await?;
                Ok(true)
            }
            Some(Answer::TakesAndHangsUp) => {
                take(mail);
                Ok(false)
            }
            Some(Answer::TakesInSilence) => {
                take(mail);
                let mut rest = Vec::new();
                self.stream.read_to_end(&mut rest).await?;
                Ok(false)
            }
        }
    }

    /// Up to the dot, line by line; bare CR or LF would be a way to smuggle a second mail in.
    async fn mail(&mut self) -> std::io::Result<Vec<u8>> {
        let mut mail = Vec::new();
        let mut line = Vec::new();
        loop {
            line.clear();
            if self.stream.read_until(b'\n', &mut line).await? == 0 {
                return Err(std::io::ErrorKind::UnexpectedEof.into());
            }
            let content = line.strip_suffix(b"\r\n").expect("every line ends with CRLF");
            assert!(!content.contains(&b'\r'), "no bare CR: {}", String::from_utf8_lossy(content));
            assert!(!content.contains(&0), "no NUL");
            assert!(content.len() <= 998, "a line of {} bytes", content.len());
            match content {
                b"." => return Ok(mail),
                _ => mail.extend_from_slice(content.strip_prefix(b".").unwrap_or(content)),
            }
            mail.extend_from_slice(b"\r\n");
        }
    }

    async fn say(&mut self, text: &str) -> std::io::Result<()> {
        self.stream.get_mut().write_all(format!("{text}\r\n").as_bytes()).await
    }
}

fn between(command: &str) -> String {
    command.split_once('<').and_then(|(_, rest)| rest.split_once('>')).map(|(address, _)| address.to_owned()).unwrap()
}

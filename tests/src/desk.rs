//! The real program, running.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::process::{Child, Command};
use watchdesk_store::testing::TestDatabase;

use crate::http::Http;
use crate::sink::Sink;
use crate::smtp::{Client, Reply};

pub use watchdesk_store::Backend;

/// How long the program may take to say that it is there.
const STARTS_WITHIN: Duration = Duration::from_secs(60);
pub const SUPPORT: &str = "support@desk.example";

/// A desk on private ports and a throw-away database, with a mail server to send through.
pub struct Desk {
    child: Option<Child>,
    folder: TempDir,
    database: Option<TestDatabase>,
    environment: BTreeMap<String, String>,
    pub sink: Sink,
    pub http: Http,
    pub smtp: SocketAddr,
    pub lmtp: SocketAddr,
    /// What it printed when it started.
    pub greeting: Vec<String>,
}

/// The program under test: as the test command says, else where cargo puts it.
pub fn binary() -> PathBuf {
    #[expect(clippy::disallowed_methods, reason = "the test command says where the program is")]
    match std::env::var_os("WATCHDESK_BIN") {
        Some(path) => path.into(),
        None => PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../target/debug/watchdesk"),
    }
}

/// A program of the system, where the PATH has it.
pub fn binary_in_path(name: &str) -> Option<PathBuf> {
    #[expect(clippy::disallowed_methods, reason = "where programs lie is the environment's to say")]
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(name)).find(|file| file.is_file())
}

impl Desk {
    pub async fn start(backend: Backend) -> Self {
        Self::start_with(backend, &[]).await
    }

    /// With settings of its own.
    pub async fn start_with(backend: Backend, settings: &[(&str, &str)]) -> Self {
        let sink = Sink::start().await;
        let folder = tempfile::tempdir().expect("a folder");
        let database = match backend {
            Backend::Sqlite => None,
            Backend::Postgres => Some(TestDatabase::new(Backend::Postgres).await),
        };
        let mut environment: BTreeMap<String, String> = [
            ("WATCHDESK_DATA_DIR", folder.path().join("data").display().to_string()),
            ("WATCHDESK_HTTP__LISTEN", "127.0.0.1:0".to_owned()),
            ("WATCHDESK_INTAKE__SMTP__LISTEN", "127.0.0.1:0".to_owned()),
            ("WATCHDESK_INTAKE__LMTP__LISTEN", "127.0.0.1:0".to_owned()),
            ("WATCHDESK_MAIL__FROM", SUPPORT.to_owned()),
            ("WATCHDESK_SMTP__URL", sink.url()),
            ("WATCHDESK_LOG__FORMAT", "json".to_owned()),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .into();
        if let Some(database) = &database {
            environment.insert("WATCHDESK_DATABASE__URL".to_owned(), database.url().to_owned());
        }
        environment.extend(settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        let nowhere = SocketAddr::from(([127, 0, 0, 1], 0));
        let http = Http::new(String::new(), String::new());
        let (child, greeting) = (None, Vec::new());
        let mut desk =
            Self { child, folder, database, environment, sink, http, smtp: nowhere, lmtp: nowhere, greeting };
        if desk.database.is_some() {
            desk.run(&["migrate"], "").await.expect_success();
        }
        desk.launch().await;
        desk.http.token = desk.token().await;
        desk
    }

    pub fn folder(&self) -> &std::path::Path {
        self.folder.path()
    }

    pub fn clone_settings(&self) -> BTreeMap<String, String> {
        self.environment.clone()
    }

    /// With a few keys changed.
    pub fn settings_with(&self, changes: &[(&str, &str)]) -> BTreeMap<String, String> {
        let mut environment = self.environment.clone();
        environment.extend(changes.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        environment
    }

    /// Of a desk on PostgreSQL.
    pub fn database_url(&self) -> &str {
        self.database.as_ref().expect("a desk on PostgreSQL").url()
    }

    fn command(&self, arguments: &[&str]) -> Command {
        command_with(&self.environment, arguments)
    }

    /// Starts the program, or starts it again.
    pub async fn launch(&mut self) {
        let mut child = self.command(&["serve"]).spawn().expect("the program starts");
        let stdout = child.stdout.take().expect("standard output");
        let stderr = child.stderr.take().expect("standard error");
        let (doors, mut opened) = tokio::sync::mpsc::unbounded_channel();
        tokio::spawn(watch_log(stderr, doors));
        let mut lines = BufReader::new(stdout).lines();
        let started = async {
            self.greeting.clear();
            while let Ok(Some(line)) = lines.next_line().await {
                let base = line.strip_prefix("Watchdesk is at ").map(str::to_owned);
                self.greeting.push(line);
                if let Some(base) = base {
                    self.http.base = base;
                    break;
                }
            }
            for _ in 0..2 {
                match opened.recv().await {
                    Some(Door::Smtp(address)) => self.smtp = address,
                    Some(Door::Lmtp(address)) => self.lmtp = address,
                    None => panic!("the program ended: {:?}", self.greeting),
                }
            }
        };
        tokio::time::timeout(STARTS_WITHIN, started).await.expect("the program says that it is there");
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        self.child = Some(child);
    }

    /// As a power cut would.
    pub async fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().await.expect("it dies");
        }
    }

    /// As an administrator would; the exit code.
    pub async fn stop(&mut self) -> Option<i32> {
        let mut child = self.child.take()?;
        let pid = child.id()?.to_string();
        Command::new("kill").args(["-TERM", &pid]).status().await.expect("a signal is sent");
        child.wait().await.expect("it ends").code()
    }

    /// Another call of the program on the same desk.
    pub async fn run(&self, arguments: &[&str], input: &str) -> Ran {
        self.run_bytes(arguments, input.as_bytes()).await
    }

    /// The same with other settings.
    pub async fn run_with(&self, environment: &BTreeMap<String, String>, arguments: &[&str]) -> Ran {
        finish(command_with(environment, arguments), b"").await
    }

    pub async fn run_bytes(&self, arguments: &[&str], input: &[u8]) -> Ran {
        finish(self.command(arguments), input).await
    }

    /// A token of an administrator who is made for it.
    async fn token(&self) -> String {
        let add = ["user", "add", "chief@desk.example", "--name", "Chief", "--role", "admin", "--password-stdin"];
        self.run(&add, "a long enough password").await.expect_success();
        let create = ["token", "create", "--user", "chief@desk.example", "--name", "stories"];
        self.run(&create, "").await.expect_success().out.trim().to_owned()
    }

    /// Delivers a message to the desk's SMTP listener.
    pub async fn deliver(&self, from: &str, to: &str, message: &str) -> Reply {
        let mut client = Client::connect(self.smtp, "EHLO").await.expect("the listener is there");
        client.send(from, &[to], message).await.expect("a conversation")
    }

    /// Asks the API again and again until the answer is as wanted.
    pub async fn until(&self, path: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        let mut beat = tokio::time::interval(Duration::from_millis(25));
        let asking = async {
            loop {
                beat.tick().await;
                let answer = self.http.get(path).await;
                if answer.status == 200 && wanted(&answer.json()) {
                    return answer.json();
                }
            }
        };
        match tokio::time::timeout(STARTS_WITHIN, asking).await {
            Ok(value) => value,
            Err(_) => panic!("{path} never became what was wanted: {}", self.http.get(path).await.text),
        }
    }

    /// Writes a step into the database's history that this program does not know.
    pub async fn pretend_newer_schema(&self) {
        let url = format!("sqlite://{}", self.folder.path().join("data/watchdesk.db").display());
        watchdesk_store::testing::pretend_newer_schema(&url).await;
    }

    /// The invariants hold on what the story left behind.
    pub async fn check(&self) {
        let ran = self.run(&["check"], "").await;
        assert_eq!(ran.code, Some(0), "{}{}", ran.out, ran.err);
    }
}

/// A call of the program with these settings and no others.
pub(crate) fn command_with(environment: &BTreeMap<String, String>, arguments: &[&str]) -> Command {
    let mut command = Command::new(binary());
    #[expect(clippy::disallowed_methods, reason = "what a program inherits is taken away here")]
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("WATCHDESK_")) {
        command.env_remove(name);
    }
    command.args(arguments).envs(environment).kill_on_drop(true);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

async fn finish(mut command: Command, input: &[u8]) -> Ran {
    let mut child = command.spawn().expect("the program starts");
    let mut stdin = child.stdin.take().expect("standard input");
    // A program that does not read its input closes it.
    let _ = stdin.write_all(input).await;
    drop(stdin);
    let output = child.wait_with_output().await.expect("it ends");
    Ran {
        code: output.status.code(),
        out: String::from_utf8_lossy(&output.stdout).into_owned(),
        err: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

enum Door {
    Smtp(SocketAddr),
    Lmtp(SocketAddr),
}

/// Reads the log so that the pipe never fills, and finds the ports in it.
async fn watch_log(stderr: tokio::process::ChildStderr, doors: tokio::sync::mpsc::UnboundedSender<Door>) {
    let mut lines = BufReader::new(stderr).lines();
    while let Ok(Some(line)) = lines.next_line().await {
        let Ok(entry) = serde_json::from_str::<Value>(&line) else {
            eprintln!("{line}");
            continue;
        };
        let fields = &entry["fields"];
        if fields["message"] == "taking mail"
            && let Some(address) = fields["address"].as_str().and_then(|text| text.parse().ok())
        {
            let door = if fields["protocol"] == "Lmtp" { Door::Lmtp(address) } else { Door::Smtp(address) };
            // Nobody listens any more once the desk is up.
            let _ = doors.send(door);
        } else if entry["level"] == "WARN" || entry["level"] == "ERROR" {
            eprintln!("{line}");
        }
    }
}

/// What a call of the program came to.
#[derive(Debug, Clone)]
pub struct Ran {
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

impl Ran {
    #[track_caller]
    pub fn expect_success(self) -> Self {
        assert_eq!(self.code, Some(0), "{}{}", self.out, self.err);
        self
    }
}

//! One more node of a desk: the program with some of its roles.

use std::collections::BTreeMap;
use std::process::Stdio;

use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

use crate::desk::command_with;

/// It is killed when it is dropped.
pub struct Node {
    child: Child,
}

#[derive(Debug, Clone, Copy)]
pub enum Signal {
    /// The machine under it stands still.
    Stop,
    /// ... and goes on.
    Continue,
}

impl Node {
    /// Timers, outbox and schedules alone.
    pub fn worker(environment: &BTreeMap<String, String>) -> Self {
        let mut command = command_with(environment, &["serve", "--roles", "worker"]);
        command.stdin(Stdio::null()).stdout(Stdio::null());
        let mut child = command.spawn().expect("the program starts");
        let stderr = child.stderr.take().expect("standard error");
        tokio::spawn(async move {
            let mut lines = BufReader::new(stderr).lines();
            while let Ok(Some(line)) = lines.next_line().await {
                if line.contains("\"ERROR\"") {
                    eprintln!("{line}");
                }
            }
        });
        Self { child }
    }

    pub async fn signal(&self, signal: Signal) {
        let name = match signal {
            Signal::Stop => "-STOP",
            Signal::Continue => "-CONT",
        };
        let pid = self.child.id().expect("it runs").to_string();
        let sent = Command::new("kill").args([name, &pid]).status().await.expect("a signal is sent");
        assert!(sent.success(), "{signal:?} does not reach {pid}");
    }

    /// As a power cut would.
    pub async fn kill(&mut self) {
        self.child.kill().await.expect("it dies");
    }
}

//! A server in a folder of its own, both gone when we are gone: at the end, after a failure or a panic, at Ctrl-C,
//! and even after `kill -9`.
//!
//! A small shell stands between us and the server and reads a pipe that only we hold open. When the pipe ends, for
//! whatever reason, the shell stops the server and removes the folder. It has a process group of its own, so that
//! Ctrl-C reaches us and not it.

use std::ffi::OsString;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail};

use crate::account::{Account, temporary_folder};
use crate::cargo::forget_private_variables;
use crate::steps::{CommandFailed, now, say};

/// Arguments: the folder, the signal that stops the server, the server's command. It waits for a first line before
/// it starts the server, so that the folder is guarded while it is being filled.
const GUARD: &str = r#"
folder=$1; signal=$2; shift 2
remove() {
    tries=0
    until rm -rf -- "$folder" 2>/dev/null || [ "$tries" -ge 50 ]; do tries=$((tries + 1)); sleep 0.1; done
}
read -r go || { remove; exit 0; }
exec 3<&0
"$@" </dev/null 3<&- &
server=$!
{
    while read -r ignored; do :; done
    [ -e "$folder/stopped" ] || kill -s "$signal" "$server"
    tries=0
    until [ -e "$folder/stopped" ] || [ "$tries" -ge 150 ]; do tries=$((tries + 1)); sleep 0.1; done
    [ -e "$folder/stopped" ] || kill -s KILL "$server"
} <&3 3<&- &
watcher=$!
exec 3<&-
wait "$server"
echo "$?" >"$folder/stopped"
wait "$watcher"
remove
"#;

/// Written by the guard when the server has ended.
const STOPPED: &str = "stopped";
const LOG: &str = "server.log";
/// How much of a log is shown when a server does not start.
const LOG_BYTES_SHOWN_MAX: usize = 4_000;
const START_TIME_MAX: Duration = Duration::from_secs(60);
const LOOK_AGAIN_AFTER: Duration = Duration::from_millis(20);

pub struct Guarded {
    folder: PathBuf,
    account: Option<Account>,
    guard: Child,
}

impl Guarded {
    /// A fresh folder that only `account` (or, without one, we) may enter. The server's command may name it; it is
    /// started later, by [`Guarded::start`].
    pub fn new(
        name: &str,
        account: Option<Account>,
        stop_signal: &str,
        command: impl FnOnce(&Path) -> Vec<OsString>,
    ) -> Result<Self> {
        let folder = temporary_folder(account.as_ref())?.join(format!("watchdesk-{name}-{}", random_word(4)?));
        DirBuilder::new()
            .mode(0o700)
            .create(&folder)
            .with_context(|| format!("cannot make the folder {}", folder.display()))?;
        let guard = own_and_guard(&folder, account.as_ref(), stop_signal, command(&folder));
        match guard {
            Ok(guard) => Ok(Self { folder, account, guard }),
            Err(error) => {
                let _ = fs::remove_dir_all(&folder);
                Err(error)
            }
        }
    }

    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// A file that only the server's account may read.
    pub fn write(&self, name: &str, text: &str) -> Result<PathBuf> {
        let path = self.folder.join(name);
        let mut file = private_file(&path)?;
        file.write_all(text.as_bytes()).with_context(|| format!("cannot write {}", path.display()))?;
        give_to(&path, self.account.as_ref())?;
        Ok(path)
    }

    /// Runs a command to its end as the server's account. What it writes is shown only when it fails.
    pub fn run(&self, command: &mut Command) -> Result<()> {
        become_account(command, self.account.as_ref());
        let program = command.get_program().to_string_lossy().into_owned();
        let output = command
            .stdin(Stdio::null())
            .current_dir(&self.folder)
            .output()
            .with_context(|| format!("cannot start {program}{}", self.as_whom()))?;
        if !output.status.success() {
            say(&String::from_utf8_lossy(&output.stdout));
            say(&String::from_utf8_lossy(&output.stderr));
            bail!(CommandFailed { command: program, status: output.status });
        }
        Ok(())
    }

    pub fn start(&mut self) -> Result<()> {
        let pipe = self.guard.stdin.as_mut().context("the guard's pipe is closed")?;
        pipe.write_all(b"go\n").context("the guard has gone away")
    }

    /// Looks again and again until the server is ready, and gives up when it has ended or takes too long.
    pub fn wait_until(&self, ready: impl Fn() -> bool) -> Result<()> {
        let began = now();
        while !ready() {
            if self.folder.join(STOPPED).exists() {
                bail!("the server ended while it was starting; its log ends with\n{}", self.log());
            }
            if now() - began > START_TIME_MAX {
                bail!(
                    "the server was not ready after {} s; its log ends with\n{}",
                    START_TIME_MAX.as_secs(),
                    self.log()
                );
            }
            pause();
        }
        Ok(())
    }

    /// The end of what the server wrote.
    pub fn log(&self) -> String {
        let mut bytes = Vec::new();
        if let Ok(mut file) = File::open(self.folder.join(LOG)) {
            // A log that cannot be read is shown as far as it could.
            let _ = file.read_to_end(&mut bytes);
        }
        let start = bytes.len().saturating_sub(LOG_BYTES_SHOWN_MAX);
        String::from_utf8_lossy(&bytes[start..]).into_owned()
    }

    pub fn stop(mut self) -> Result<()> {
        self.put_away();
        if self.folder.exists() {
            bail!("{} could not be removed", self.folder.display());
        }
        Ok(())
    }

    fn put_away(&mut self) {
        drop(self.guard.stdin.take());
        // It ends by itself, in bounded time; a second call finds it ended.
        let _ = self.guard.wait();
    }

    fn as_whom(&self) -> String {
        self.account.as_ref().map(|account| format!(" as user {}", account.name)).unwrap_or_default()
    }
}

impl Drop for Guarded {
    fn drop(&mut self) {
        self.put_away();
    }
}

/// Letters and digits that nobody can guess.
pub fn random_word(bytes: usize) -> Result<String> {
    let mut random = vec![0; bytes];
    File::open("/dev/urandom")
        .and_then(|mut source| source.read_exact(&mut random))
        .context("cannot read /dev/urandom")?;
    Ok(random.iter().map(|byte| format!("{byte:02x}")).collect())
}

fn own_and_guard(folder: &Path, account: Option<&Account>, stop_signal: &str, server: Vec<OsString>) -> Result<Child> {
    let log = private_file(&folder.join(LOG))?;
    give_to(folder, account)?;
    let mut guard = Command::new("sh");
    guard.args(["-c", GUARD, "guard"]).arg(folder).arg(stop_signal).args(server);
    guard.stdin(Stdio::piped()).stdout(log.try_clone()?).stderr(log);
    guard.current_dir("/").process_group(0).env("LC_ALL", "C");
    forget_private_variables(&mut guard);
    become_account(&mut guard, account);
    guard.spawn().context("cannot start `sh`, which guards the server")
}

fn private_file(path: &Path) -> Result<File> {
    OpenOptions::new()
        .create_new(true)
        .append(true)
        .mode(0o600)
        .open(path)
        .with_context(|| format!("cannot make {}", path.display()))
}

fn give_to(path: &Path, account: Option<&Account>) -> Result<()> {
    let Some(account) = account else {
        return Ok(());
    };
    chown(path, Some(account.user), Some(account.group))
        .with_context(|| format!("cannot give {} to user {}", path.display(), account.name))
}

/// Supplementary groups are dropped by the standard library when root becomes someone else.
fn become_account(command: &mut Command, account: Option<&Account>) {
    if let Some(account) = account {
        command.uid(account.user).gid(account.group);
    }
}

#[expect(clippy::disallowed_methods, reason = "looks at another process, which tells nobody when it is ready")]
fn pause() {
    std::thread::sleep(LOOK_AGAIN_AFTER);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn guarded(script: &str) -> Guarded {
        let command = |_: &Path| ["sh", "-c", script].iter().map(OsString::from).collect();
        Guarded::new("guard-test", None, "TERM", command).unwrap()
    }

    #[test]
    fn a_server_that_never_started_leaves_no_folder() {
        let server = guarded("echo never");
        let folder = server.folder().to_owned();
        server.write("secret", "x").unwrap();
        server.stop().unwrap();
        assert!(!folder.exists());
    }

    #[test]
    fn a_running_server_is_stopped_and_its_folder_removed() {
        let mut server = guarded("echo started; exec cat /dev/zero >/dev/null");
        let folder = server.folder().to_owned();
        server.start().unwrap();
        server.wait_until(|| server.log().contains("started")).unwrap();
        drop(server);
        assert!(!folder.exists());
    }

    #[test]
    fn a_server_that_ends_at_once_is_reported_with_its_log() {
        let mut server = guarded("echo the port is taken >&2; exit 3");
        server.start().unwrap();
        let error = server.wait_until(|| false).unwrap_err().to_string();
        assert!(error.contains("the port is taken"), "{error}");
        server.stop().unwrap();
    }

    #[test]
    fn random_words_differ() {
        assert_eq!(random_word(16).unwrap().len(), 32);
        assert_ne!(random_word(16).unwrap(), random_word(16).unwrap());
    }
}

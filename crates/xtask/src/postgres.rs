//! A throw-away PostgreSQL on a private port of the loopback interface.

use std::ffi::OsString;
use std::fs;
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::account::{Account, reachable_by_all, service_account};
use crate::guard::{Guarded, random_word};
use crate::packages::{self, Package};
use crate::servers::Server;
use crate::steps::say;

const PACKAGE: Package = Package {
    debian: "postgresql",
    by_hand: &[
        ("Debian, Ubuntu", "sudo apt-get install postgresql"),
        ("Fedora, RHEL", "sudo dnf install postgresql-server"),
        ("Arch", "sudo pacman -S postgresql"),
        ("macOS", "brew install postgresql@17"),
    ],
    // Debian would create and start a cluster on port 5432, which nobody asked for.
    while_installing: Some((
        "/etc/postgresql-common/createcluster.d/zz-watchdesk-xtask.conf",
        "create_main_cluster = false\n",
    )),
};

/// Where distributions put the server's programs: a folder, and the beginning and end of what lies in it.
const USUAL_PLACES: [(&str, &str, &str); 6] = [
    ("/usr/lib/postgresql", "", "bin"),
    ("/usr", "pgsql-", "bin"),
    ("/usr/local", "pgsql", "bin"),
    ("/usr/local", "bin", ""),
    ("/opt/homebrew/opt", "postgresql", "bin"),
    ("/usr/local/opt", "postgresql", "bin"),
];

const MISSING: &str = "its server programs `initdb` and `postgres` are missing (they are neither in the PATH \
    nor in one of the usual folders nor where pg_config points)";

const USER: &str = "watchdesk";
/// Somebody may take the port between our choice and the server's start.
const START_ATTEMPTS_MAX: u32 = 5;
const PORT_TAKEN: &str = "could not create any TCP/IP sockets";
/// Ends all connections at once. There is nothing to save.
const STOP_SIGNAL: &str = "QUIT";

/// What makes it fast and careless; the tests use many connections at once.
const SETTINGS: [&str; 7] = [
    "listen_addresses=127.0.0.1",
    "max_connections=200",
    "fsync=off",
    "synchronous_commit=off",
    "full_page_writes=off",
    "jit=off",
    "log_min_messages=warning",
];

struct Postgres {
    server: Guarded,
    url: String,
}

impl Server for Postgres {
    fn variables(&self) -> Vec<(&'static str, String)> {
        vec![("WATCHDESK_TEST_POSTGRES_URL", self.url.clone())]
    }

    fn stop(self: Box<Self>) -> Result<()> {
        self.server.stop()
    }
}

pub fn find_or_install() -> Result<()> {
    if find()?.is_none() {
        say("PostgreSQL's server programs are not here, so they have to be installed");
        packages::install(&PACKAGE).context(MISSING)?;
    }
    let programs = programs()?;
    say(&format!("{} in {}", version(&programs)?, programs.display()));
    Ok(())
}

pub fn start() -> Result<Box<dyn Server>> {
    let programs = programs()?;
    for _ in 0..START_ATTEMPTS_MAX {
        if let Some(postgres) = try_to_start(&programs)? {
            return Ok(Box::new(postgres));
        }
        say("somebody else took the port first; trying another");
    }
    bail!("no free port on 127.0.0.1 in {START_ATTEMPTS_MAX} attempts")
}

/// `None` when somebody else was faster to take the port.
fn try_to_start(programs: &Path) -> Result<Option<Postgres>> {
    let port = free_port()?;
    let password = random_word(16)?;
    let command = |folder: &Path| server_command(programs, folder, port);
    let mut server = Guarded::new("postgres", service_account()?, STOP_SIGNAL, command)?;
    make_cluster(programs, &server, &password)?;
    server.start()?;
    match server.wait_until(|| is_ready(server.folder())) {
        Err(_) if server.log().contains(PORT_TAKEN) => return Ok(None),
        result => result?,
    }
    say(&format!("PostgreSQL answers on 127.0.0.1:{port}, its files are in {}", server.folder().display()));
    let url = format!("postgres://{USER}:{password}@127.0.0.1:{port}/postgres");
    Ok(Some(Postgres { server, url }))
}

/// The locale is the plainest one, which every system has. A password, because other users of the machine can
/// reach the port too.
fn make_cluster(programs: &Path, server: &Guarded, password: &str) -> Result<()> {
    let password_file = server.write("password", password)?;
    let mut initdb = Command::new(programs.join("initdb"));
    initdb.arg("--pgdata").arg(data_folder(server.folder())).arg("--pwfile").arg(&password_file);
    initdb.args(["--username", USER, "--auth", "scram-sha-256", "--encoding", "UTF8", "--locale", "C", "--no-sync"]);
    server.run(&mut initdb)?;
    fs::remove_file(&password_file).with_context(|| format!("cannot remove {}", password_file.display()))
}

fn server_command(programs: &Path, folder: &Path, port: u16) -> Vec<OsString> {
    let mut command = vec![programs.join("postgres").into_os_string(), "-D".into(), data_folder(folder).into()];
    let mut sockets = OsString::from("unix_socket_directories=");
    sockets.push(folder);
    command.extend([OsString::from("-p"), port.to_string().into(), "-c".into(), sockets]);
    for setting in SETTINGS {
        command.extend([OsString::from("-c"), setting.into()]);
    }
    command
}

fn data_folder(folder: &Path) -> PathBuf {
    folder.join("data")
}

/// The server writes its state into the eighth line of its lock file, which is what `pg_ctl --wait` looks at.
fn is_ready(folder: &Path) -> bool {
    fs::read_to_string(data_folder(folder).join("postmaster.pid"))
        .is_ok_and(|text| text.lines().nth(7).is_some_and(|state| state.trim() == "ready"))
}

fn free_port() -> Result<u16> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("127.0.0.1 has no free port")?;
    Ok(listener.local_addr()?.port())
}

fn version(programs: &Path) -> Result<String> {
    let program = programs.join("postgres");
    let output = Command::new(&program)
        .arg("--version")
        .stdin(Stdio::null())
        .output()
        .with_context(|| format!("cannot start {}", program.display()))?;
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

fn programs() -> Result<PathBuf> {
    find()?.with_context(|| format!("{MISSING}. {}", packages::by_hand(&PACKAGE)))
}

/// The folder with the server's programs.
fn find() -> Result<Option<PathBuf>> {
    let account = service_account()?;
    let mut candidates = folders_of_path();
    candidates.extend(USUAL_PLACES.iter().flat_map(|(parent, begin, end)| usual_place(parent, begin, end)));
    candidates.extend(folder_by_pg_config());
    Ok(candidates.iter().find_map(|folder| programs_in(folder, account.as_ref())))
}

/// Programs in the PATH are often links, while the server looks for its other parts beside the real file. Those
/// below root's own home are no use to another account.
fn programs_in(folder: &Path, account: Option<&Account>) -> Option<PathBuf> {
    let initdb = folder.join("initdb").canonicalize().ok()?;
    let real = initdb.parent()?.to_owned();
    let complete = real.join("initdb").is_file() && real.join("postgres").is_file();
    (complete && (account.is_none() || reachable_by_all(&initdb))).then_some(real)
}

#[expect(clippy::disallowed_methods, reason = "programs are found the way a shell finds them")]
pub fn folders_of_path() -> Vec<PathBuf> {
    std::env::var_os("PATH").map(|path| std::env::split_paths(&path).collect()).unwrap_or_default()
}

/// The newest version first.
fn usual_place(parent: &str, begin: &str, end: &str) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(parent) else {
        return Vec::new();
    };
    let mut names: Vec<String> = entries
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter(|name| name.starts_with(begin))
        .collect();
    names.sort_by_key(|name| std::cmp::Reverse(digits(name)));
    names.iter().map(|name| Path::new(parent).join(name).join(end)).collect()
}

fn digits(name: &str) -> u32 {
    name.chars().filter(char::is_ascii_digit).collect::<String>().parse().unwrap_or(0)
}

fn folder_by_pg_config() -> Option<PathBuf> {
    let output = Command::new("pg_config").arg("--bindir").stdin(Stdio::null()).output().ok()?;
    let folder = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| PathBuf::from(folder.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn newer_versions_come_first() {
        let mut names = ["9", "17", "15", "postgresql@16"];
        names.sort_by_key(|name| std::cmp::Reverse(digits(name)));
        assert_eq!(names, ["17", "postgresql@16", "15", "9"]);
    }

    #[test]
    fn a_folder_without_the_programs_is_no_candidate() {
        assert_eq!(programs_in(Path::new(env!("CARGO_MANIFEST_DIR")), None), None);
        assert_eq!(programs_in(Path::new("/no/such/folder"), None), None);
    }

    #[test]
    fn the_server_listens_on_the_loopback_interface_only() {
        let command = server_command(Path::new("/p"), Path::new("/f"), 5433);
        let words: Vec<_> = command.iter().map(|word| word.to_string_lossy()).collect();
        let text = words.join(" ");
        assert!(text.starts_with("/p/postgres -D /f/data -p 5433 -c unix_socket_directories=/f "), "{text}");
        assert!(text.contains("listen_addresses=127.0.0.1"), "{text}");
    }
}

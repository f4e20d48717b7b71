//! Which crate may know which: our own arrows, and the one home of each outer crate.

use std::collections::BTreeSet;

use toml::{Table, Value};

use super::expect_none;
use super::sources::{paths, read};

/// Folder, package, and what it may depend on of ours. A crate that is not listed is a complaint.
const ARROWS: [(&str, &str, &[&str]); 12] = [
    ("crates/watchdesk-core", "watchdesk-core", &[]),
    ("migrations", "watchdesk-migrations", &[]),
    ("crates/xtask", "xtask", &[]),
    ("crates/watchdesk-templates", "watchdesk-templates", &["watchdesk-core"]),
    ("crates/watchdesk-store", "watchdesk-store", &["watchdesk-core", "watchdesk-migrations"]),
    ("crates/watchdesk-notifier", "watchdesk-notifier", SHELL),
    ("crates/watchdesk-intake", "watchdesk-intake", SHELL),
    ("crates/watchdesk-standin", "watchdesk-standin", &[]),
    ("crates/watchdesk-upstream", "watchdesk-upstream", UPSTREAM),
    ("crates/watchdesk-web", "watchdesk-web", SHELL),
    ("crates/watchdesk", "watchdesk", ALL),
    ("tests", "watchdesk-tests", ALL),
];

/// The crates around the core never know each other.
const SHELL: &[&str] = &["watchdesk-core", "watchdesk-store", "watchdesk-templates"];
/// Its tests ask the stand-in, which knows none of us.
const UPSTREAM: &[&str] = &["watchdesk-core", "watchdesk-store", "watchdesk-templates", "watchdesk-standin"];
const ALL: &[&str] = &[
    "watchdesk-core",
    "watchdesk-migrations",
    "watchdesk-templates",
    "watchdesk-store",
    "watchdesk-notifier",
    "watchdesk-intake",
    "watchdesk-upstream",
    "watchdesk-standin",
    "watchdesk-web",
];

/// Outer crates and the only packages that may name them.
const HOMES: [(&[&str], &[&str]); 8] = [
    (
        &["sea-orm", "sea-orm-migration", "sea-query", "sqlx", "libsqlite3-sys"],
        &["watchdesk-store", "watchdesk-migrations"],
    ),
    (&["axum", "tower-http", "utoipa"], &["watchdesk-web"]),
    (&["lettre", "cron"], &["watchdesk-notifier"]),
    (&["tera"], &["watchdesk-templates"]),
    (&["mail-parser", "smtp-proto", "async-imap"], &["watchdesk-intake"]),
    (&["reqwest"], &["watchdesk-upstream", "watchdesk-notifier", "watchdesk-web"]),
    (&["openidconnect"], &["watchdesk-web"]),
    (&["clap", "figment"], &["watchdesk"]),
];

/// What would bring IO, a clock or randomness into the core.
const NOT_IN_CORE: [&str; 14] = [
    "tokio",
    "async-trait",
    "futures-util",
    "tracing",
    "rand",
    "rand_core",
    "fastrand",
    "getrandom",
    "tempfile",
    "axum",
    "sea-orm",
    "reqwest",
    "hyper",
    "ureq",
];

const KINDS: [&str; 3] = ["dependencies", "dev-dependencies", "build-dependencies"];

struct Member {
    folder: String,
    manifest: Table,
}

impl Member {
    fn package(&self) -> &str {
        self.manifest["package"]["name"].as_str().unwrap_or_default()
    }

    /// Every dependency of every kind, under its real name, with what the manifest says about it.
    fn dependencies(&self) -> Vec<(String, &Value)> {
        let targets = self.manifest.get("target").and_then(Value::as_table);
        let tables = std::iter::once(&self.manifest)
            .chain(targets.into_iter().flat_map(Table::values).filter_map(Value::as_table));
        tables
            .flat_map(|table| KINDS.iter().filter_map(|kind| table.get(*kind)?.as_table()))
            .flatten()
            .map(|(key, value)| (real_name(key, value), value))
            .collect()
    }

    fn dependency_names(&self) -> BTreeSet<String> {
        self.dependencies().into_iter().map(|(name, _)| name).collect()
    }
}

fn real_name(key: &str, value: &Value) -> String {
    value.get("package").and_then(Value::as_str).unwrap_or(key).to_owned()
}

fn members() -> Vec<Member> {
    let manifests = paths().into_iter().filter(|path| path.ends_with("/Cargo.toml"));
    manifests
        .map(|path| {
            let folder = path.trim_end_matches("/Cargo.toml").to_owned();
            let manifest = read(path.clone()).text.parse().unwrap_or_else(|error| panic!("{path}: {error}"));
            Member { folder, manifest }
        })
        .collect()
}

/// Complaints about one member, each with the member's name before it.
fn about_each(complain: impl Fn(&Member) -> Vec<String>) -> Vec<String> {
    let about_one = |member: &Member| {
        let complaints = complain(member);
        complaints.into_iter().map(|complaint| format!("{}: {complaint}", member.folder)).collect::<Vec<_>>()
    };
    members().iter().flat_map(about_one).collect()
}

#[test]
fn every_crate_is_known_and_lies_in_the_folder_of_its_name() {
    let complaints = about_each(|member| {
        let known = ARROWS.iter().any(|(folder, package, _)| *folder == member.folder && *package == member.package());
        if known { vec![] } else { vec![format!("package `{}` is not in the list of crates", member.package())] }
    });
    expect_none("The house has these crates and no others (ARROWS in this file):", &complaints);
}

#[test]
fn crates_depend_on_each_other_only_along_the_arrows() {
    let complaints = about_each(|member| {
        let arrows = ARROWS.iter().find(|(_, package, _)| *package == member.package());
        let allowed = arrows.map_or(&[] as &[&str], |(_, _, allowed)| *allowed);
        let ours = |name: &String| ARROWS.iter().any(|(_, package, _)| package == name);
        let wrong = member.dependency_names().into_iter().filter(ours).filter(|name| !allowed.contains(&name.as_str()));
        wrong.map(|name| format!("must not know `{name}`")).collect()
    });
    expect_none("Our crates know each other only along the arrows of the architecture:", &complaints);
}

#[test]
fn every_outer_crate_has_one_home() {
    let complaints = about_each(|member| {
        let not_at_home = |name: &String| {
            HOMES.iter().any(|(crates, homes)| crates.contains(&name.as_str()) && !homes.contains(&member.package()))
        };
        let wrong = member.dependency_names().into_iter().filter(not_at_home);
        wrong.map(|name| format!("`{name}` has its home elsewhere")).collect()
    });
    expect_none("An outer crate is named only in its home (HOMES in this file):", &complaints);
}

#[test]
fn the_core_depends_on_nothing_that_acts() {
    let complaints = about_each(|member| {
        let core = member.package() == "watchdesk-core";
        let wrong = member.dependency_names().into_iter().filter(|name| core && NOT_IN_CORE.contains(&name.as_str()));
        wrong.map(|name| format!("`{name}` brings IO, time or randomness")).collect()
    });
    expect_none("The core has no IO, clock, randomness or runtime:", &complaints);
}

#[test]
fn versions_and_lints_stand_in_one_place() {
    let complaints = about_each(|member| {
        let shared = |value: &Value| value.get("workspace").and_then(Value::as_bool) == Some(true);
        let own_version = member.dependencies().into_iter().filter(|(_, value)| !shared(value));
        let mut complaints: Vec<String> =
            own_version.map(|(name, _)| format!("`{name}` should say `workspace = true`")).collect();
        if !member.manifest.get("lints").is_some_and(shared) {
            complaints.push("`[lints] workspace = true` is missing".to_owned());
        }
        complaints
    });
    expect_none("Versions and lints are those of the root manifest:", &complaints);
}

#[test]
fn dependencies_of_every_kind_are_seen() {
    let manifest = r#"
        [package]
        name = "x"
        [dependencies]
        a = "1"
        [dev-dependencies]
        b = { package = "real-b", workspace = true }
        [target.'cfg(unix)'.build-dependencies]
        c.workspace = true
    "#;
    let member = Member { folder: "crates/x".into(), manifest: manifest.parse().unwrap() };
    assert_eq!(member.dependency_names().into_iter().collect::<Vec<_>>(), ["a", "c", "real-b"]);
}

//! What is written for people: crate docs, configuration keys with their comments, licences; and what is not to be
//! written at all.

use toml::{Table, Value};

use super::expect_none;
use super::rust_text::RustText;
use super::sources::{paths, read, texts};

const DEFAULT_CONFIGURATION: &str = "config/default.toml";
const MIGRATIONS: &str = "migrations/src/";
const NEEDED: [&str; 7] = [
    "README.md",
    "ARCHITECTURE.md",
    "CONTRIBUTING.md",
    "CHANGELOG.md",
    "LICENSE-APACHE",
    "LICENSE-MIT",
    DEFAULT_CONFIGURATION,
];
/// Written in halves, because this file is read too.
const HOMES: [&str; 3] = [concat!("/ho", "me/"), concat!("/Us", "ers/"), concat!("/ro", "ot/")];

#[test]
fn what_a_reader_looks_for_is_there() {
    let paths = paths();
    let missing = NEEDED.iter().filter(|needed| !paths.iter().any(|path| path == *needed));
    expect_none("These files are missing:", &missing.map(|path| (*path).to_owned()).collect::<Vec<_>>());
}

#[test]
fn every_crate_says_what_it_is() {
    let roots = paths().into_iter().filter(|path| path.ends_with("src/lib.rs") || path.ends_with("src/main.rs"));
    let documented = |text: &str| text.starts_with("//!") || text.starts_with("#![doc = include_str!");
    let silent = roots.map(read).filter(|file| !documented(&file.text)).map(|file| file.path);
    expect_none("A crate begins with `//!` and a sentence:", &silent.collect::<Vec<_>>());
}

#[test]
fn every_migration_is_registered() {
    let names = paths().into_iter().filter_map(|path| migration_name(&path).map(str::to_owned));
    let registry = RustText::of(&read(format!("{MIGRATIONS}lib.rs")).text);
    let is_registered = |name: &String| {
        !registry.code_lines_with(&format!("mod {name};")).is_empty()
            && !registry.code_lines_with(&format!("{name}::Migration")).is_empty()
    };
    let forgotten = names.filter(|name| !is_registered(name));
    expect_none("A migration that is not in lib.rs never runs:", &forgotten.collect::<Vec<_>>());
}

/// `m20260101_000001_tickets` of `migrations/src/m20260101_000001_tickets.rs`, and of every file in a folder of that name.
fn migration_name(path: &str) -> Option<&str> {
    let file = path.strip_prefix(MIGRATIONS)?.strip_suffix(".rs")?;
    let name = file.split_once('/').map_or(file, |(folder, _)| folder);
    let date = name.strip_prefix('m')?;
    date.starts_with(|character: char| character.is_ascii_digit()).then_some(name)
}

#[test]
fn every_configuration_key_is_explained_above_it() {
    let text = read(DEFAULT_CONFIGURATION.to_owned()).text;
    let keys = keys_by_line(&text);
    let silent = keys.iter().filter(|key| !key.explained).map(|key| format!("line {}: {}", key.line, key.path));
    expect_none("A key has a comment directly above it:", &silent.collect::<Vec<_>>());

    let mut seen: Vec<&str> = keys.iter().map(|key| key.path.as_str()).collect();
    let table: Table = text.parse().expect("the default configuration is TOML");
    let mut real = Vec::new();
    leaves("", &table, &mut real);
    seen.sort_unstable();
    real.sort_unstable();
    assert_eq!(seen, real, "write one `key = value` a line under `[section]`, so that each can be explained");
}

struct Key {
    path: String,
    line: usize,
    explained: bool,
}

/// The lines `key = value`, with their section before the key.
fn keys_by_line(text: &str) -> Vec<Key> {
    let mut section = String::new();
    let mut open_brackets = 0;
    let mut previous = "";
    let mut keys = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let line = line.trim();
        let inside_a_value = open_brackets > 0;
        if let Some(name) = line.strip_prefix('[').filter(|_| !inside_a_value) {
            section = format!("{}.", name.trim_end_matches(']'));
        } else if !line.starts_with('#') {
            if let Some((key, _)) = line.split_once('=').filter(|_| !inside_a_value) {
                let path = format!("{section}{}", key.trim().trim_matches('"'));
                keys.push(Key { path, line: index + 1, explained: previous.starts_with('#') });
            }
            open_brackets += bracket_balance(line);
        }
        previous = line;
    }
    keys
}

/// Brackets of a list over several lines. Those inside quotes do not count.
fn bracket_balance(line: &str) -> i32 {
    let outside_quotes = line.split('"').step_by(2);
    outside_quotes
        .flat_map(str::chars)
        .map(|character| match character {
            '[' => 1,
            ']' => -1,
            _ => 0,
        })
        .sum()
}

fn leaves(prefix: &str, table: &Table, found: &mut Vec<String>) {
    for (key, value) in table {
        match value {
            Value::Table(inner) => leaves(&format!("{prefix}{key}."), inner, found),
            _ => found.push(format!("{prefix}{key}")),
        }
    }
}

#[test]
fn nobodys_home_folder_is_mentioned() {
    let mut complaints = Vec::new();
    for file in texts() {
        for (index, line) in file.text.lines().enumerate() {
            let named = HOMES.iter().filter(|home| names_somebody(line, home));
            complaints.extend(named.map(|home| format!("{}:{}: a path below {home}", file.path, index + 1)));
        }
    }
    expect_none("The sources do not depend on anybody's machine:", &complaints);
}

fn names_somebody(line: &str, home: &str) -> bool {
    line.match_indices(home).any(|(start, _)| {
        let before = line[..start].chars().next_back();
        let after = line[start + home.len()..].chars().next();
        !before.is_some_and(char::is_alphanumeric) && after.is_some_and(char::is_alphanumeric)
    })
}

#[test]
fn keys_are_found_with_their_comments() {
    let text = "# a\na = 1\nb = [\n  \"[\",\n  2,\n]\n[s.t]\n\n# c\nc = \"x = y\"\n";
    let found: Vec<_> = keys_by_line(text).into_iter().map(|key| (key.path, key.line, key.explained)).collect();
    assert_eq!(found, [("a".into(), 2, true), ("b".into(), 3, false), ("s.t.c".into(), 10, true)]);
}

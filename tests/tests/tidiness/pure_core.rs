//! The core decides and does nothing: no files, network, environment, clock, randomness, output or threads.

use super::expect_none;
use super::rust_text::{RustText, lines_with};
use super::sources::rust_files;

const CORE: &str = "crates/watchdesk-core/";

const WORDS: [&str; 19] = [
    "tokio",
    "async fn",
    "std::fs",
    "std::env",
    "std::net",
    "std::io",
    "std::process",
    "std::thread",
    "SystemTime",
    "Instant::now",
    "Utc::now",
    "Local::now",
    "now_v7",
    "new_v4",
    "rand::",
    "getrandom",
    "println!",
    "eprintln!",
    "unsafe",
];

/// The same modules, imported as a group.
const GROUPED: [&str; 6] = ["fs", "env", "net", "io", "process", "thread"];

fn impurities(text: &RustText) -> Vec<(usize, String)> {
    let words =
        WORDS.iter().flat_map(|word| text.code_lines_with(word).into_iter().map(|line| (line, (*word).to_owned())));
    words.chain(grouped_imports(&text.code)).collect()
}

/// `use std::{fs, collections::BTreeMap};`, also over several lines.
fn grouped_imports(code: &str) -> Vec<(usize, String)> {
    let group_of = |start: usize| code[start..].split(';').next().unwrap_or_default();
    code.match_indices("use std::{")
        .flat_map(|(start, _)| {
            let line = code[..start].matches('\n').count() + 1;
            let found = GROUPED.iter().filter(move |module| !lines_with(group_of(start), module).is_empty());
            found.map(move |module| (line, format!("std::{{{module}}}")))
        })
        .collect()
}

#[test]
fn the_core_mentions_nothing_that_acts() {
    let core = rust_files().into_iter().filter(|(file, _)| file.path.starts_with(CORE));
    let complaints: Vec<String> = core
        .flat_map(|(file, text)| {
            let found = impurities(&text).into_iter();
            found.map(|(line, word)| format!("{}:{line}: `{word}`", file.path)).collect::<Vec<_>>()
        })
        .collect();
    expect_none("The core reads no clock, file or environment, and makes no ids:", &complaints);
}

#[test]
fn every_way_of_naming_what_acts_is_found() {
    let check = |text: &str, expected: &[&str]| {
        let found: Vec<_> = impurities(&RustText::of(text)).into_iter().map(|(_, word)| word).collect();
        assert_eq!(found, expected, "{text}");
    };
    check("use std::fs::File;", &["std::fs"]);
    check("use std::{\n  collections::BTreeMap,\n  fs,\n};", &["std::{fs}"]);
    check("let now = chrono::Utc::now();", &["Utc::now"]);
    check("// std::fs is not for us\nlet operand = \"std::fs\";", &[]);
    check("use std::collections::BTreeMap; fn environment() {}", &[]);
}

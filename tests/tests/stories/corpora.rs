//! Mails that other people collected to break parsers with, each through `watchdesk mail receive`.

use std::path::{Path, PathBuf};

use watchdesk_tests::desk::SUPPORT;
use watchdesk_tests::{Backend, Desk};

/// Where the test command put the collections.
fn corpus(variable: &str) -> PathBuf {
    #[expect(clippy::disallowed_methods, reason = "the test command says where the collections are")]
    let path = std::env::var_os(variable);
    path.map(PathBuf::from).unwrap_or_else(|| panic!("{variable} is not set; `cargo xtask test` sets it"))
}

fn files(folder: &Path, wanted: &dyn Fn(&str) -> bool) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).expect("a folder").flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.file_name().and_then(|name| name.to_str()).is_some_and(wanted) {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

/// Every one ends with one fate, none crashes, none is lost, and the desk is whole afterwards.
async fn push(folder: &Path, wanted: &dyn Fn(&str) -> bool, at_least: usize) {
    let desk = Desk::start(Backend::Sqlite).await;
    let files = files(folder, wanted);
    assert!(files.len() >= at_least, "only {} files in {}", files.len(), folder.display());
    let mut taken = 0;
    for path in &files {
        let bytes = std::fs::read(path).expect("a file");
        if bytes.is_empty() {
            continue;
        }
        let ran = desk.run_bytes(&["mail", "receive", SUPPORT], &bytes).await;
        assert_eq!(ran.code, Some(0), "{}: {}", path.display(), ran.err);
        let fate = ran.out.split_whitespace().last().unwrap_or_default().to_owned();
        assert!(!fate.is_empty() && fate != "pending", "{}: {fate}", path.display());
        taken += 1;
    }
    let mut on_record = 0;
    for fate in ["pending", "ticket", "reply", "bounce", "duplicate", "held", "ignored", "quarantined", "operator"] {
        on_record += count(&desk, fate).await;
    }
    assert_eq!(on_record, taken, "every mail has one fate");
    assert_eq!(count(&desk, "pending").await, 0);
    desk.check().await;
}

async fn count(desk: &Desk, fate: &str) -> usize {
    let (mut count, mut cursor) = (0, String::new());
    loop {
        let page = desk.http.get(&format!("/api/v1/mail?fate={fate}&limit=200{cursor}")).await.expect(200);
        count += page["items"].as_array().map_or(0, Vec::len);
        match page["next"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return count,
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_mails_of_pythons_own_tests() {
    push(&corpus("WATCHDESK_TEST_MAILS_PYTHON"), &|name| name.starts_with("msg_") && name.ends_with(".txt"), 47).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_mails_that_the_parser_ships() {
    push(&corpus("WATCHDESK_TEST_MAILS_PARSER"), &|name| name.ends_with(".eml"), 50).await;
}

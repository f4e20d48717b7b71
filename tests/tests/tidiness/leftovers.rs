//! What must not be left lying about: unfinished code, switched-off tests, sleeping tests, rejected snapshots.

use super::expect_none;
use super::rust_text::{RustText, lines_with};
use super::sources::{SourceFile, paths, rust_files, texts};

const UNFINISHED_CODE: [&str; 5] = ["todo!", "unimplemented!", "dbg!", "#[ignore", "#![allow(dead_code)]"];
/// Written in halves, because this file is read too.
const UNFINISHED_WORDS: [&str; 3] = [concat!("FIX", "ME"), concat!("XX", "X"), concat!("TO", "DO")];
const FILES_LEFT_BEHIND: [&str; 5] = [".snap.new", ".orig", ".rej", ".bak", "~"];

const SLEEPS: [&str; 4] = ["sleep(", "sleep_until(", "sleep_ms(", "park_timeout("];
/// Test code that has to wait for another process, which tells nobody when it is ready: path and reason.
const MAY_SLEEP: [(&str, &str); 0] = [];

/// The part of a file that is test code: everything in a folder of tests, otherwise what follows `#[cfg(test)]`.
fn test_code<'a>(file: &SourceFile, text: &'a RustText) -> (usize, &'a str) {
    if file.path.starts_with("tests/") || file.path.contains("/tests/") || file.path.ends_with("/tests.rs") {
        return (0, &text.code);
    }
    let start = text.code.find("#[cfg(test)]").unwrap_or(text.code.len());
    (text.code[..start].matches('\n').count(), &text.code[start..])
}

fn sleeping_lines(file: &SourceFile, text: &RustText) -> Vec<usize> {
    let (lines_before, code) = test_code(file, text);
    SLEEPS.iter().flat_map(|word| lines_with(code, word)).map(|line| lines_before + line).collect()
}

#[test]
fn no_code_is_unfinished() {
    let mut complaints = Vec::new();
    for (file, text) in rust_files() {
        for word in UNFINISHED_CODE {
            complaints.extend(text.code_lines_with(word).iter().map(|line| format!("{}:{line}: `{word}`", file.path)));
        }
    }
    expect_none("Code is finished and every test is switched on:", &complaints);
}

#[test]
fn no_comment_promises_to_finish_later() {
    let mut complaints = Vec::new();
    let comments = rust_files().into_iter().map(|(file, text)| (file.path, text.comments));
    let other = texts().into_iter().filter(|file| !file.path.ends_with(".rs") && !file.path.ends_with(".md"));
    for (path, text) in comments.chain(other.map(|file| (file.path, file.text))) {
        for word in UNFINISHED_WORDS {
            complaints.extend(lines_with(&text, word).iter().map(|line| format!("{path}:{line}: `{word}`")));
        }
    }
    expect_none("What is to be done later stands in an issue, not in the sources:", &complaints);
}

#[test]
fn no_file_is_left_behind() {
    let left = paths().into_iter().filter(|path| FILES_LEFT_BEHIND.iter().any(|end| path.ends_with(end)));
    expect_none("Tools leave such files; accept or remove them:", &left.collect::<Vec<_>>());
}

#[test]
fn no_test_sleeps() {
    let mut complaints = Vec::new();
    for (file, text) in rust_files() {
        let lines = sleeping_lines(&file, &text);
        let exception = MAY_SLEEP.iter().find(|(path, _)| *path == file.path);
        match exception {
            None => complaints.extend(lines.iter().map(|line| format!("{}:{line} sleeps", file.path))),
            Some((path, _)) if lines.is_empty() => {
                complaints.push(format!("{path} no longer sleeps: remove the exception"))
            }
            Some(_) => {}
        }
    }
    expect_none("Tests advance the clock or wait for the thing itself:", &complaints);
}

#[test]
fn sleeping_is_found_in_test_code_only() {
    let check = |path: &str, code: &str, expected: &[usize]| {
        let file = SourceFile { path: path.into(), text: code.into() };
        assert_eq!(sleeping_lines(&file, &RustText::of(code)), expected, "{path}");
    };
    check("crates/a/src/lib.rs", "sleep(1);\n#[cfg(test)]\nmod tests {\n  tokio::time::sleep(2);\n}", &[4]);
    check("tests/src/lib.rs", "x\nthread::sleep(1);", &[2]);
    check("crates/a/tests/main.rs", "oversleep(1); // sleep(1)", &[]);
}

//! Functions fit on a screen, files have one subject.

use super::expect_none;
use super::rust_text::{RustText, in_a_name};
use super::sources::rust_files;

const FUNCTION_LINES_MAX: usize = 70;
const FILE_LINES_MAX: usize = 600;

/// Path and reason.
const LONG_FILES: [(&str, &str); 0] = [];
/// Path, function and reason.
const LONG_FUNCTIONS: [(&str, &str, &str); 0] = [];

#[derive(Debug, PartialEq)]
struct Function {
    name: String,
    line: usize,
    lines: usize,
}

/// Every function with a body, also those inside others.
fn functions(code: &str) -> Vec<Function> {
    code.match_indices("fn ").filter_map(|(start, _)| function_at(code, start)).collect()
}

fn function_at(code: &str, start: usize) -> Option<Function> {
    if code[..start].chars().next_back().is_some_and(in_a_name) {
        return None;
    }
    let name: String = code[start + 3..].chars().take_while(|character| in_a_name(*character)).collect();
    if name.is_empty() {
        return None;
    }
    let body = start + body_start(&code[start..])?;
    let end = body + block_length(&code[body..])?;
    let line = code[..start].matches('\n').count() + 1;
    Some(Function { name, line, lines: code[start..end].matches('\n').count() + 1 })
}

/// The first `{` that is not inside brackets, unless a `;` says that there is no body.
fn body_start(code: &str) -> Option<usize> {
    let mut depth = 0;
    for (index, character) in code.char_indices() {
        match character {
            '(' | '[' => depth += 1,
            ')' | ']' => depth -= 1,
            '{' if depth == 0 => return Some(index),
            ';' if depth == 0 => return None,
            _ => {}
        }
    }
    None
}

fn block_length(code: &str) -> Option<usize> {
    let mut depth = 0;
    for (index, character) in code.char_indices() {
        match character {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return Some(index + 1);
        }
    }
    None
}

fn is_excused(path: &str, function: &str) -> bool {
    LONG_FUNCTIONS.iter().any(|(file, name, _)| *file == path && *name == function)
}

#[test]
fn files_have_one_subject() {
    let long: Vec<_> = rust_files()
        .into_iter()
        .map(|(file, _)| (file.text.lines().count(), file.path))
        .filter(|(lines, _)| *lines > FILE_LINES_MAX)
        .collect();
    let excused = |path: &str| LONG_FILES.iter().any(|(file, _)| *file == path);
    let too_long = long.iter().filter(|(_, path)| !excused(path)).map(|(lines, path)| format!("{path}: {lines} lines"));
    let stale = LONG_FILES.iter().filter(|(file, _)| !long.iter().any(|(_, path)| path == file));
    let stale = stale.map(|(file, _)| format!("{file} is not long: remove the exception"));
    expect_none(&format!("A file has at most {FILE_LINES_MAX} lines:"), &too_long.chain(stale).collect::<Vec<_>>());
}

#[test]
fn functions_fit_on_a_screen() {
    let mut too_long = Vec::new();
    let mut excused = Vec::new();
    for (file, text) in rust_files() {
        for function in functions(&text.code).into_iter().filter(|function| function.lines > FUNCTION_LINES_MAX) {
            let Function { name, line, lines } = function;
            if is_excused(&file.path, &name) {
                excused.push((file.path.clone(), name));
            } else {
                too_long.push(format!("{}:{line}: `{name}` has {lines} lines", file.path));
            }
        }
    }
    let needed = |path: &str, name: &str| excused.iter().any(|(file, function)| file == path && function == name);
    let stale = LONG_FUNCTIONS.iter().filter(|(path, name, _)| !needed(path, name));
    too_long.extend(stale.map(|(path, name, _)| format!("{path}: `{name}` is not long: remove the exception")));
    expect_none(&format!("A function has at most {FUNCTION_LINES_MAX} lines:"), &too_long);
}

#[test]
fn functions_are_measured_from_name_to_brace() {
    let text = "trait T { fn a(&self); }\nimpl T {\n  pub fn b<const N: usize>(x: [u8; 4]) -> [u8; 2]\n  where X: Y {\n    fn c() {}\n    if x { '{' }\n  }\n}";
    let found = functions(&RustText::of(text).code);
    let expected = [("b", 3, 5), ("c", 5, 1)];
    let expected = expected.map(|(name, line, lines)| Function { name: name.into(), line, lines });
    assert_eq!(found, expected);
}

//! The files of the workspace that people write.

use std::fs;
use std::path::{Path, PathBuf};

use super::rust_text::RustText;

/// Deeper folders than this are a mistake, or a loop of links.
const FOLDER_DEPTH_MAX: usize = 12;
/// Folders that are not part of the sources. What cargo builds is recognised by its tag instead.
const FOLDERS_APART: [&str; 4] = [".git", "target", "watchdesk-data", "node_modules"];
/// Cargo puts this file into every target folder, wherever that is.
const BUILD_FOLDER_TAG: &str = "CACHEDIR.TAG";
/// Texts that we write, in contrast to sample mails and pictures.
const WRITTEN_BY_US: [&str; 12] =
    ["rs", "toml", "md", "html", "css", "js", "json", "yml", "yaml", "sh", "txt", "service"];

pub struct SourceFile {
    /// Relative to the root of the workspace, with `/`.
    pub path: String,
    pub text: String,
}

pub fn root() -> PathBuf {
    let mut root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    root.pop();
    root
}

/// Every path in the workspace, relative to its root.
pub fn paths() -> Vec<String> {
    let mut found = Vec::new();
    collect(&root(), "", FOLDER_DEPTH_MAX, &mut found);
    found.sort();
    found
}

/// Every text that we write ourselves.
pub fn texts() -> Vec<SourceFile> {
    paths().into_iter().filter(|path| is_written_by_us(path)).map(read).collect()
}

/// Every Rust file, with code and comments told apart.
pub fn rust_files() -> Vec<(SourceFile, RustText)> {
    let files = paths().into_iter().filter(|path| path.ends_with(".rs")).map(read);
    files
        .map(|file| {
            let parts = RustText::of(&file.text);
            (file, parts)
        })
        .collect()
}

pub fn read(path: String) -> SourceFile {
    let text = fs::read_to_string(root().join(&path)).unwrap_or_else(|error| panic!("{path}: {error}"));
    SourceFile { path, text }
}

fn is_written_by_us(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    let third_party = name.contains(".min.");
    let extension = name.rsplit_once('.').map(|(_, extension)| extension);
    !third_party && (extension.is_some_and(|known| WRITTEN_BY_US.contains(&known)) || path.starts_with(".ci/"))
}

fn collect(folder: &Path, prefix: &str, depth_left: usize, found: &mut Vec<String>) {
    assert!(depth_left > 0, "{prefix} lies deeper than {FOLDER_DEPTH_MAX} folders");
    if folder.join(BUILD_FOLDER_TAG).exists() {
        return;
    }
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    for entry in entries {
        let entry = entry.expect("an entry of a folder that can be listed");
        let name = entry.file_name().to_string_lossy().into_owned();
        let path = if prefix.is_empty() { name.clone() } else { format!("{prefix}/{name}") };
        let kind = entry.file_type().expect("the type of a listed entry");
        if kind.is_dir() && !FOLDERS_APART.contains(&name.as_str()) {
            collect(&entry.path(), &path, depth_left - 1, found);
        } else if kind.is_file() {
            found.push(path);
        }
    }
}

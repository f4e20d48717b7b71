//! What the architecture promises about the sources, checked by reading them.
//!
//! A check collects everything that is wrong before it fails, so that one run shows the whole list. Exceptions are
//! named in tables with their reasons; an exception that is no longer needed is a complaint too.

mod crates;
mod documents;
mod leftovers;
mod pure_core;
mod rust_text;
mod sizes;
mod sources;

/// Fails with a readable list unless there is nothing to complain about.
fn expect_none(rule: &str, complaints: &[String]) {
    assert!(complaints.is_empty(), "{rule}\n  {}\n", complaints.join("\n  "));
}

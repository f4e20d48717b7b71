//! A policy that somebody wrote into a file.

use std::fmt::Write;
use std::io::Read;
use std::path::Path;

use watchdesk_core::policy::{Known, Policy};

use crate::exit::{DATA, Failure, NO_INPUT};

/// Bytes of a policy; the longest real one has a hundredth of it.
const FILE_BYTES_MAX: u64 = 4 * 1024 * 1024;

pub fn read(path: &Path) -> Result<Policy, Failure> {
    let unreadable = |why: &dyn std::fmt::Display| {
        Failure::new(NO_INPUT, format!("the policy {} cannot be read: {why}", path.display()))
    };
    let mut text = String::new();
    let file = std::fs::File::open(path).map_err(|error| unreadable(&error))?;
    file.take(FILE_BYTES_MAX + 1).read_to_string(&mut text).map_err(|error| unreadable(&error))?;
    if text.len() as u64 > FILE_BYTES_MAX {
        return Err(unreadable(&format!("it has more than {FILE_BYTES_MAX} bytes")));
    }
    toml::from_str(&text).map_err(|error| Failure::new(DATA, wrong_toml(path, &text, &error)))
}

fn wrong_toml(path: &Path, text: &str, error: &toml::de::Error) -> String {
    let line = error.span().and_then(|span| text.get(..span.start)).map(|before| before.matches('\n').count() + 1);
    let line = line.map(|line| format!(", line {line}")).unwrap_or_default();
    format!("{}{line}: {}", path.display(), error.message().trim_end())
}

/// Names every entry that is wrong.
pub fn require_sound(path: &Path, policy: &Policy, known: &Known) -> Result<(), Failure> {
    let faults = policy.faults(known);
    if faults.is_empty() {
        return Ok(());
    }
    let mut message = format!("{} cannot be tried; it could not be published either:", path.display());
    for fault in faults {
        // A string takes whatever is written to it.
        let _ = write!(message, "\n  {fault}");
    }
    Err(Failure::new(DATA, message))
}

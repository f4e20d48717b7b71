//! A policy that somebody wrote into a file.

use std::fmt::Write;
use std::io::Read;
use std::path::Path;

use watchdesk_core::policy::{Policy, PolicyFault};

use super::lines::line_of;
use crate::exit::{DATA, Failure, NO_INPUT};

/// Bytes of a policy; the longest real one has a hundredth of it.
const FILE_BYTES_MAX: u64 = 4 * 1024 * 1024;

/// What stands in it, and how it is written.
#[derive(Debug)]
pub struct PolicyFile {
    pub policy: Policy,
    text: String,
}

pub fn read(path: &Path) -> Result<PolicyFile, Failure> {
    let unreadable = |why: &dyn std::fmt::Display| {
        Failure::new(NO_INPUT, format!("the policy {} cannot be read: {why}", path.display()))
    };
    let mut text = String::new();
    let file = std::fs::File::open(path).map_err(|error| unreadable(&error))?;
    file.take(FILE_BYTES_MAX + 1).read_to_string(&mut text).map_err(|error| unreadable(&error))?;
    if text.len() as u64 > FILE_BYTES_MAX {
        return Err(unreadable(&format!("it has more than {FILE_BYTES_MAX} bytes")));
    }
    let policy = toml::from_str(&text).map_err(|error| Failure::new(DATA, wrong_toml(path, &text, &error)))?;
    Ok(PolicyFile { policy, text })
}

fn wrong_toml(path: &Path, text: &str, error: &toml::de::Error) -> String {
    let line = error.span().and_then(|span| text.get(..span.start)).map(|before| before.matches('\n').count() + 1);
    let line = line.map(|line| format!(", line {line}")).unwrap_or_default();
    format!("{}{line}: {}", path.display(), error.message().trim_end())
}

impl PolicyFile {
    /// Names every entry that is wrong, with its line.
    pub fn require_none(&self, path: &Path, faults: &[PolicyFault]) -> Result<(), Failure> {
        if faults.is_empty() {
            return Ok(());
        }
        let mut message = format!("{} cannot be tried; it could not be published either:", path.display());
        for fault in faults {
            let line = line_of(&self.text, &fault.entry).map(|line| format!("line {line}, ")).unwrap_or_default();
            // A string takes whatever is written to it.
            let _ = write!(message, "\n  {line}{fault}");
        }
        Err(Failure::new(DATA, message))
    }
}

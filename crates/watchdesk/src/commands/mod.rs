//! One file a command.

pub mod check;
pub mod import;
pub mod mail;
pub mod migrate;
pub mod sla;
pub mod token;
pub mod user;

use std::io::Read;

use anyhow::Context;
use watchdesk_store::{Store, directory};

use crate::exit::{DATA, Failure};

/// Bytes that a password on standard input may have.
const PASSWORD_BYTES_MAX: u64 = 1_024;

fn password_from_stdin() -> anyhow::Result<String> {
    let mut text = String::new();
    std::io::stdin().take(PASSWORD_BYTES_MAX).read_to_string(&mut text).context("the password cannot be read")?;
    let password = text.trim_end_matches(['\r', '\n']).to_owned();
    if password.is_empty() {
        return Err(Failure::new(DATA, "the password on standard input is empty").into());
    }
    Ok(password)
}

async fn agent_by_email(store: &Store, email: &str) -> anyhow::Result<directory::Agent> {
    let found = directory::agent_by_email(store, email).await?;
    found.ok_or_else(|| {
        Failure::new(DATA, format!("nobody here has the address {email}; `watchdesk user list` shows who does")).into()
    })
}

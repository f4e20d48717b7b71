//! Pages for people: HTML and forms, usable without a script.
//!
//! A handler fills the typed context of a page ([`watchdesk_templates::pages`]) from the store, or turns a form into
//! commands and sends the browser to the page that shows what came of it. A form that is refused is shown again with
//! what was typed. Reading changes nothing.

mod answer;
mod cases;
mod cookies;
mod customers;
mod entry;
mod escalations;
mod files;
mod incidents;
mod live;
mod mail;
mod mailboxes;
mod names;
mod operator_mail;
mod people;
mod problem;
mod queue;
mod reading;
mod refused;
mod remediation;
mod reports;
mod resolution;
mod rotas;
mod routes;
mod rows;
mod search;
mod services;
mod shell;
mod statics;
mod subscriptions;
mod synchronisations;
mod ticket;
mod upload;
mod visit;

pub(crate) use problem::{Asked, problem};
#[cfg(test)]
pub(crate) use routes::ROUTES;
pub(crate) use routes::router;
pub(crate) use upload::is_multipart;

use std::fmt::Debug;

use sha2::{Digest, Sha256};

/// A version for what has none of its own: it changes whenever the content does. Small enough for a form and a script.
fn fingerprint(of: &impl Debug) -> i64 {
    let digest = Sha256::digest(format!("{of:?}"));
    let bytes: [u8; 8] = std::array::from_fn(|index| digest[index]);
    i64::from_be_bytes(bytes) & ((1 << 53) - 1)
}

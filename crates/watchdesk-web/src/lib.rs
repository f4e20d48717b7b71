//! The desk over HTTP: an API for programs, pages for people.
//!
//! [`App`] is what a handler may use, [`router`] answers requests, [`serve`] listens. A handler reads the request,
//! asks the store and says what came of it; what is decided, is decided in core. Errors are one value,
//! [`Problem`]: a program reads it as `application/problem+json`, a person as a page.

pub mod api;
mod app;
mod case_calls;
mod csv;
mod duty;
mod escalations;
mod evidence;
mod exposition;
mod forms;
mod handing;
mod health;
mod imports;
mod incidents;
mod input;
mod language;
mod material;
mod metrics;
mod middleware;
mod network;
mod operator_mail;
mod origin;
pub mod pages;
mod problem;
mod remediation;
mod reports;
mod resolution;
mod router;
mod routes;
mod serve;
mod session;

#[cfg(test)]
mod tests;

pub use api::ForecastView;
pub use app::{App, WebOptions};
pub use health::{Done, Histogram, MailOut, Outcomes, Readiness, Worker};
pub use network::{NetworkError, TrustedProxies};
pub use problem::Problem;
pub use router::router;
pub use serve::serve;

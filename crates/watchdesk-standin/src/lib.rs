//! The operator's interfaces, spoken by a local server: for tests and for the demo.
//!
//! Sign-in, Partner Center, service health and service requests as they are documented, over real HTTP on one port.
//! It depends on no other crate of ours, so that a client and this server share no mistake. It spells things as
//! untidily as the documents allow, limits the rate, fails when told to, and records every request. Its time comes
//! from whoever starts it.

mod answer;
mod fault;
mod graph;
mod health;
mod names;
mod options;
mod partner_center;
mod record;
mod seed;
mod server;
mod service_requests;
mod sign_in;
mod spelling;
mod world;

pub use fault::{Fault, FaultRule};
pub use health::{Audience, Incident};
pub use options::{Links, Now, Options};
pub use record::Recorded;
pub use seed::{Seed, SeedCustomer, SeedSubscription, SubscriptionState};
pub use server::Standin;
pub use service_requests::{Note, ServiceRequest};
pub use spelling::Spelling;

/// The stand-in could not begin to listen.
#[derive(Debug, thiserror::Error)]
#[error("The stand-in for the operator cannot listen on 127.0.0.1:{port}; choose another port, or 0 for a free one.")]
pub struct StandinError {
    pub port: u16,
    #[source]
    pub source: std::io::Error,
}

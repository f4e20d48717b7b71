//! The clients of the operator's interfaces: service health, customers and subscriptions, service requests.
//!
//! They ask and tell facts; what a desk makes of them is decided elsewhere. Only [`health`], [`directory`] and [`requests`]
//! write down what they see. Each directory is signed in to once, asked at a pace that the operator allows, and asked again as the vendor's own client
//! would. Time, ids and secrets are handed in. [`Upstream`] is the way in; a failure is an [`UpstreamError`], which says
//! whether it passes.

mod auth;
pub mod directory;
mod error;
pub mod graph;
pub mod health;
mod line;
mod options;
mod pace;
pub mod partner_center;
mod reading;
pub mod requests;
mod retry;
pub mod service_requests;
#[cfg(test)]
mod tests;
mod timer;
mod upstream;
mod verdict;
mod wire;

pub use error::{Place, Said, UpstreamError};
pub use line::FreshId;
pub use options::{AppIdentity, Hosts, Secret, UpstreamOptions};
pub use reading::Rows;
pub use timer::{Rest, SystemTimer, Timer};
pub use upstream::Upstream;

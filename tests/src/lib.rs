//! What the stories share: a running desk, the mail servers around it, and a client for its API.
//!
//! The desk is the real program on a private port and a throw-away database; the mail peers speak SMTP over real
//! sockets. Nothing here sleeps: everybody waits for something that happens.

pub mod desk;
pub mod http;
pub mod mail;
pub mod node;
pub mod sink;
pub mod smtp;

pub use desk::{Backend, Desk};
pub use http::Answer;
pub use sink::{Arrived, Sink};

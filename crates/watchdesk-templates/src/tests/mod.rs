//! What the crate as a whole promises.

mod cleaning;
mod mails;

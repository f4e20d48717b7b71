//! The pages, as a browser without a script uses them.

pub(crate) mod access;
pub(crate) mod browser;
mod entry;
mod escalation;
mod lists;
mod live;
mod outside_text;
mod packet;
mod promises;
mod remediation;
mod rooms;
mod subscriptions;
mod work;

//! The desk over HTTP, driven without a socket.

mod access;
mod answers;
mod attachments;
mod billing;
pub(crate) mod clocks;
mod conditions;
mod description;
pub(crate) mod desk;
mod directory;
mod duty;
mod escalations;
mod figures;
mod imports;
mod incidents;
mod lists;
mod operations;
mod pages;
mod rules;
mod simultaneous;
mod story;
mod subscriptions;
mod surfaces;
mod validation;
mod words;

//! The desk over HTTP, driven without a socket.

mod access;
mod attachments;
mod conditions;
mod description;
pub(crate) mod desk;
mod directory;
mod lists;
mod operations;
mod pages;
mod story;
mod validation;
mod words;

//! The desk over HTTP, driven without a socket.

mod access;
mod attachments;
mod conditions;
pub(crate) mod desk;
mod description;
mod directory;
mod lists;
mod operations;
mod pages;
mod story;
mod validation;
mod words;

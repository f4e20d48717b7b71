//! Exit codes of sysexits.h, so that a mail server and a script know what to do.

use watchdesk_intake::IntakeError;
use watchdesk_store::StoreError;

use crate::config::ConfigError;

pub const USAGE: u8 = 64;
pub const DATA: u8 = 65;
pub const NO_INPUT: u8 = 66;
pub const UNAVAILABLE: u8 = 69;
pub const SOFTWARE: u8 = 70;
pub const TRY_AGAIN: u8 = 75;
pub const CONFIG: u8 = 78;

/// A failure with the code it should end with.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct Failure {
    pub code: u8,
    pub message: String,
}

impl Failure {
    pub fn new(code: u8, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }
}

/// The code that fits an error.
pub fn code_of(error: &anyhow::Error) -> u8 {
    if let Some(failure) = error.downcast_ref::<Failure>() {
        return failure.code;
    }
    if error.downcast_ref::<ConfigError>().is_some() {
        return CONFIG;
    }
    match error.downcast_ref::<IntakeError>() {
        Some(IntakeError::Archive(_)) => return DATA,
        Some(error) if error.is_passing() => return TRY_AGAIN,
        Some(_) | None => {}
    }
    match error.downcast_ref::<StoreError>() {
        Some(StoreError::Unreachable(_) | StoreError::Busy) => TRY_AGAIN,
        Some(StoreError::BadUrl) => CONFIG,
        Some(_) => UNAVAILABLE,
        None => SOFTWARE,
    }
}

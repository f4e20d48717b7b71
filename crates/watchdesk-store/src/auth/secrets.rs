//! Secrets that a machine remembers.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::StoreError;
use crate::attachments::sha256_hex;

const SECRET_BYTES: usize = 32;

/// 256 random bits, as text that fits into an address.
pub(super) fn fresh_secret() -> Result<String, StoreError> {
    let mut bytes = [0; SECRET_BYTES];
    getrandom::fill(&mut bytes).map_err(|_| StoreError::NoRandomness)?;
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}

/// What is stored of it. Looking a hash up tells nothing about the secret, so it needs no constant time.
pub(super) fn hash_of(secret: &str) -> String {
    sha256_hex(secret.as_bytes())
}

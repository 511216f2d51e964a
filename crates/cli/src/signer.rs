//! The key of the settings, ready to sign.

use std::borrow::Cow;
use std::sync::Arc;

use orgtoken_assertion::{RingSigner, Signer};
use orgtoken_settings::KeySource;

/// Signs with the key, or where the key is.
pub(crate) fn signer(key: KeySource) -> Result<Arc<dyn Signer>, SignerError> {
    match key {
        KeySource::Here(key) => Ok(Arc::new(RingSigner::new(*key))),
        KeySource::Agent(_) => Err(SignerError { place: "an SSH agent" }),
        KeySource::Command { .. } => Err(SignerError { place: "a command" }),
        _ => Err(SignerError { place: "another place" }),
    }
}

/// The key is where this version cannot sign.
#[derive(Debug, thiserror::Error)]
#[error("the settings leave the signature to {place}, which this version cannot ask")]
pub(crate) struct SignerError {
    place: &'static str,
}

impl SignerError {
    pub(crate) fn code(&self) -> &'static str {
        "sign.elsewhere"
    }

    pub(crate) fn hint(&self) -> Option<Cow<'static, str>> {
        Some("give the private key's file: `private_key_file`, or `--jwt-key-file`".into())
    }
}

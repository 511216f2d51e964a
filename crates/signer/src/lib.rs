//! Signers for keys outside this process.
//!
//! An [`AgentSigner`] uses a key in an SSH agent, a [`CommandSigner`] runs a command. Both
//! implement [`Signer`]. They block, so call them on a thread that may block.
//!
//! ```
//! use orgtoken_assertion::{PublicKey, Signer};
//! use orgtoken_signer::CommandSigner;
//!
//! # const KEY: &[u8] = include_bytes!(concat!(
//! #     env!("CARGO_MANIFEST_DIR"),
//! #     "/../assertion/testdata/rfc7515-a2.pem"
//! # ));
//! # let key = orgtoken_assertion::SigningKey::from_bytes(KEY)?;
//! # let certificate = key.public_key().to_spki_der();
//! let public_key = PublicKey::from_bytes(&certificate)?;
//! let signer = CommandSigner::shell("pkcs11-tool --sign --mechanism SHA256-RSA-PKCS", public_key);
//! assert_eq!(signer.public_key().bits(), 2048);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! `Claims::sign` of `orgtoken-assertion` verifies each signature.
//!
//! [`Signer`]: orgtoken_assertion::Signer

#![forbid(unsafe_code)]

use std::borrow::Cow;
use std::error::Error;
use std::time::Duration;

use orgtoken_assertion::{Diagnostic, SignError, Signature};

mod agent;
pub use agent::{AgentError, AgentSigner};
mod blob;
mod command;
pub use command::{CommandError, CommandSigner};
mod sealing_secret;
pub use sealing_secret::sealing_secret;

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

/// Converts the result of an agent or a command.
fn signed(
    signature: Result<Vec<u8>, impl Error + Send + Sync + 'static>,
) -> Result<Signature, SignError> {
    signature.map(Signature::from_bytes).map_err(|error| SignError::External(error.into()))
}

/// Returns the hint of the agent or command that failed, or else the hint of the error.
pub fn hint(error: &SignError) -> Option<Cow<'_, str>> {
    let SignError::External(reported) = error else { return error.hint() };
    if let Some(reported) = reported.downcast_ref::<AgentError>() {
        return reported.hint();
    }
    reported.downcast_ref().map_or_else(|| error.hint(), CommandError::hint)
}

/// The default timeout. The user may have to touch a hardware token.
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(15);

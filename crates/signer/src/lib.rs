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

use orgtoken_assertion::{Diagnostic, SignError, Signature, Signer};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

mod agent;
pub use agent::{AgentError, AgentSigner};
mod blob;
mod command;
pub use command::{CommandError, CommandSigner};

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

/// Derives a secret that only holders of the key can have, to seal a token cache if the private key
/// is outside the process.
///
/// It costs one signature, which is verified. RS256 is deterministic, so the secret is always the
/// same. The signed text is not a JWS, so the signature cannot be used as an assertion.
pub fn sealing_secret(signer: &dyn Signer) -> Result<Zeroizing<[u8; 32]>, SignError> {
    let signature = signer.sign(SEALING_TEXT)?;
    if !signer.public_key().verify(SEALING_TEXT, &signature) {
        return Err(SignError::Mismatch);
    }
    Ok(Zeroizing::new(Sha256::digest(signature.as_bytes()).into()))
}

/// The default timeout. The user may have to touch a hardware token.
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(15);

/// Never the input of a JWS, which has a full stop and no blanks or line breaks.
const SEALING_TEXT: &[u8] =
    b"orgtoken: this signature seals a cache of tokens, and proves nothing\n";

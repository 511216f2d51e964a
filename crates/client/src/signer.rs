//! Signers for keys that lie outside this process.
//!
//! An [`AgentSigner`] asks an SSH agent, a [`CommandSigner`] runs a command; either is the signer
//! of a [`Login`](crate::Login). Any other signer is a [`Signer`] of your own. Whatever it takes,
//! one signature is made for each attempt, on a thread that may wait, while TCP and TLS connect.
//!
//! ```
//! use orgtoken_assertion::{PublicKey, Signer};
//! use orgtoken_client::signer::CommandSigner;
//!
//! # const KEY: &[u8] = include_bytes!(concat!(
//! #     env!("CARGO_MANIFEST_DIR"),
//! #     "/../assertion/testdata/rfc7515-a2.pem"
//! # ));
//! # let key = orgtoken_assertion::SigningKey::from_bytes(KEY)?;
//! # let certificate = key.public_key().to_spki_der();
//! let public_key = PublicKey::from_pem_or_der(&certificate)?;
//! let signer = CommandSigner::shell("pkcs11-tool --sign --mechanism SHA256-RSA-PKCS", public_key);
//! assert_eq!(signer.public_key().bits(), 2048);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! What is *not* done here: no key is read, and none is trusted: a signature is held against the
//! public key before it is sent.
//!
//! [`Signer`]: orgtoken_assertion::Signer

use std::borrow::Cow;
use std::error::Error;
use std::time::Duration;

use orgtoken_assertion::{SignError, Signature};

mod agent;
pub use agent::{AgentError, AgentSigner};
mod blob;
mod command;
pub use command::{CommandError, CommandSigner};
mod seal;
pub use seal::sealing_secret;

/// What was signed elsewhere, or what is reported from there.
fn signed(
    signature: Result<Vec<u8>, impl Error + Send + Sync + 'static>,
) -> Result<Signature, SignError> {
    signature.map(Signature::from_bytes).map_err(|error| SignError::Elsewhere(error.into()))
}

/// What to do about it, as whoever did not sign knows best.
pub(crate) fn hint(error: &SignError) -> Option<Cow<'static, str>> {
    let SignError::Elsewhere(reported) = error else { return error.hint() };
    if let Some(reported) = reported.downcast_ref::<AgentError>() {
        return reported.hint();
    }
    reported.downcast_ref().map_or_else(|| error.hint(), CommandError::hint)
}

/// How long a signer may take unless told: a person may have to touch a token, and the endpoint
/// is waiting.
const PATIENCE: Duration = Duration::from_secs(15);

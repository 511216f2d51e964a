//! JWT bearer assertions for OAuth 2.0: claims, key intake and RS256 signatures.
//!
//! Everything here is a function of its arguments. No file, socket, clock or environment is
//! touched: the caller passes the time and the key's bytes in, and carries the assertion out.
//! The one thing taken from the system is randomness, which blinds the private key's arithmetic.

#![forbid(unsafe_code)]
#![no_std]

extern crate alloc;
#[cfg(test)]
extern crate std;

mod assertion;
pub use assertion::{Assertion, SigningInput};
mod claims;
pub use claims::{
    AUDIENCE_PRODUCTION, AUDIENCE_SANDBOX, Claims, ClaimsBuilder, ClaimsError, Lifetime,
};
mod key;
#[cfg(feature = "encrypted")]
pub use key::Passphrase;
pub use key::{KeyError, KeyForm, KeyNotice, PublicKey, SigningKey};
#[cfg(feature = "ring")]
mod ring_signer;
#[cfg(feature = "ring")]
pub use ring_signer::RingSigner;
mod signer;
pub use signer::{SignError, Signature, Signer};
mod time;
pub use time::UnixTime;
mod verify;
pub use verify::{ReceivedClaims, Unverified, Verified, VerifyError};

//! JWT bearer assertions for OAuth 2.0: claims, private keys and RS256 signatures.
//!
//! All functions depend on their arguments only. This crate uses no file, socket, clock or
//! environment: the caller passes in the time and the bytes of the key, and sends the assertion.
//! The system provides only the random bytes that blind the private key's arithmetic.
//!
//! ```
//! use orgtoken_assertion::{AUDIENCE_PRODUCTION, Claims, Signer, SigningKey, UnixTime, Unverified};
//!
//! # let key_file = include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/rfc7515-a2.pem"));
//! let key = SigningKey::from_bytes(key_file)?;
//! let now = UnixTime::from_secs(1_700_000_000);
//! let claims = Claims::builder(now)
//!     .issuer("3MVG9.client")
//!     .subject("user@acme.com")
//!     .audience(AUDIENCE_PRODUCTION)
//!     .build()?;
//! let assertion = claims.sign(&key)?;
//!
//! let verified = Unverified::parse(assertion.secret())?.verify(key.public_key())?;
//! assert_eq!(verified.claims().expires_at(), Some(UnixTime::from_secs(1_700_000_150)));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! * To make an assertion: [`Claims`], signed by a [`Signer`]. A [`SigningKey`] signs in this
//!   process. [`SigningInput`] exports the bytes to sign for an external signer.
//! * To verify an assertion: [`Unverified`], which becomes [`Verified`] with a [`PublicKey`].
//! * Errors: each is a [`Diagnostic`] with a code for programs and a hint for the user. None
//!   repeats any of its input.
//!
//! The claims are those of [RFC 7523, Section 3], in the compact form of [RFC 7515, Section 7.1],
//! signed with RSASSA-PKCS1-v1_5 and SHA-256 ([RFC 8017, Section 8.2]).
//!
//! [RFC 7515, Section 7.1]: https://www.rfc-editor.org/rfc/rfc7515#section-7.1
//! [RFC 7523, Section 3]: https://www.rfc-editor.org/rfc/rfc7523#section-3
//! [RFC 8017, Section 8.2]: https://www.rfc-editor.org/rfc/rfc8017#section-8.2

#![cfg_attr(docsrs, feature(doc_cfg))] // docs.rs shows the feature of an item
#![forbid(unsafe_code)]
#![no_std]

extern crate alloc;
#[cfg(test)]
extern crate std;

mod assertion;
pub use assertion::{Assertion, SigningInput};
mod claims;
pub use claims::{
    AUDIENCE_PRODUCTION, AUDIENCE_SANDBOX, Claims, ClaimsBuilder, ClaimsError, GRANT_TYPE, Lifetime,
};
mod diagnostic;
pub use diagnostic::Diagnostic;
mod key;
#[cfg(feature = "encrypted")]
pub use key::Passphrase;
pub use key::{
    DerivedSecret, KeyError, KeyForm, PrivateKeyPem, PublicKey, PublicKeyError, SigningKey,
    certificate_der,
};
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

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

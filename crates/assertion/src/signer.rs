use alloc::borrow::Cow;
use alloc::boxed::Box;
use alloc::vec::Vec;
use core::error::Error;
use core::fmt;

use crate::{Diagnostic, PublicKey};

/// A key that signs with RSASSA-PKCS1-v1_5 and SHA-256, which JOSE calls `RS256`
/// ([RFC 7518, Section 3.3]).
///
/// [`SigningKey`](crate::SigningKey) signs in this process. Implement this trait for an
/// external key: in an agent, a hardware token or a key service. Signing is synchronous. For a key
/// service that is called with `async`, use [`SigningInput`](crate::SigningInput) instead.
///
/// [RFC 7518, Section 3.3]: https://www.rfc-editor.org/rfc/rfc7518#section-3.3
pub trait Signer: Send + Sync {
    /// Returns the public key that verifies the signatures.
    fn public_key(&self) -> &PublicKey;

    /// Signs `message`, which is not hashed yet.
    fn sign(&self, message: &[u8]) -> Result<Signature, SignError>;
}

/// A signature: as many bytes as the modulus of the key that made it.
#[derive(Clone)]
pub struct Signature {
    bytes: Vec<u8>,
    /// The message and the key for which a back-end of this crate has verified it.
    checked: Option<(Vec<u8>, PublicKey)>,
}

impl Signature {
    /// Returns a signature of these bytes. It is verified where it is used.
    pub fn from_bytes(bytes: impl Into<Vec<u8>>) -> Self {
        Self { bytes: bytes.into(), checked: None }
    }

    /// Returns the bytes, before base64url.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Returns a signature that a back-end of this crate has verified for message and key.
    pub(crate) fn checked(bytes: Vec<u8>, message: &[u8], key: &PublicKey) -> Self {
        Self { bytes, checked: Some((message.to_vec(), key.clone())) }
    }

    /// Whether it was verified for this message and this key. A [`Signer`] outside this crate can
    /// return the signature of another message or of another key.
    pub(crate) fn is_checked_for(&self, message: &[u8], key: &PublicKey) -> bool {
        let checked = self.checked.as_ref();
        checked.is_some_and(|(signed, by)| signed == message && by == key)
    }
}

// Together with the claims, which are easily guessed, the bytes are an assertion.
impl fmt::Debug for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Signature([redacted])")
    }
}

/// A failure to sign.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SignError {
    /// A signer outside this crate failed. Its error must not contain a secret.
    #[error("the external signer failed")]
    External(#[source] Box<dyn Error + Send + Sync>),
    /// The factors of the key are not prime, so each of its signatures would be wrong.
    #[error("private key is damaged: its factors are not prime")]
    Inconsistent,
    /// The signature was not made with this key over this message.
    #[error("signature does not match the public key")]
    Mismatch,
    /// The random generator failed. Nothing is signed without blinding.
    #[error("random generator failed")]
    Rng,
    /// The signature was wrong although the key is valid.
    #[error("signature failed verification and was discarded")]
    SelfCheck,
}

impl Diagnostic for SignError {
    fn code(&self) -> &str {
        match self {
            Self::External(_) => "sign.elsewhere",
            Self::Inconsistent => "key.inconsistent",
            Self::Mismatch => "sign.mismatch",
            Self::Rng => "sign.rng",
            Self::SelfCheck => "sign.selfcheck",
        }
    }

    fn hint(&self) -> Option<Cow<'_, str>> {
        Some(Cow::Borrowed(match self {
            Self::External(_) => "check that the agent or command with the key works on its own",
            Self::Inconsistent => "export the private key again from where it was created",
            Self::Mismatch => "give the certificate or public key of the key that signs",
            Self::Rng => "check that the system's random generator works (getrandom, /dev/urandom)",
            Self::SelfCheck => "try again; if it happens twice, test this machine's memory",
        }))
    }
}

use alloc::borrow::Cow;
use alloc::boxed::Box;
use alloc::vec::Vec;
use core::error::Error;
use core::fmt;

use crate::{Diagnostic, PublicKey};

/// Signs with RSASSA-PKCS1-v1_5 and SHA-256, which JOSE calls `RS256`
/// ([RFC 7518, Section 3.3]).
///
/// [`SigningKey`](crate::SigningKey) does it in this process. Implement it for a key that lies
/// elsewhere: an agent, a hardware token, a key service.
///
/// [RFC 7518, Section 3.3]: https://www.rfc-editor.org/rfc/rfc7518#section-3.3
pub trait Signer: Send + Sync {
    /// The key that [`Signer::sign`] answers to.
    fn public_key(&self) -> &PublicKey;

    /// Signs `message`: the message itself, which is yet to be hashed.
    fn sign(&self, message: &[u8]) -> Result<Signature, SignError>;
}

/// A signature: as many bytes as the modulus of the key that made it.
#[derive(Clone)]
pub struct Signature {
    bytes: Vec<u8>,
    /// The message and the key that a back-end of this crate has checked it against.
    checked: Option<(Vec<u8>, PublicKey)>,
}

impl Signature {
    /// Takes the bytes as a signer gave them; they are checked where they are used.
    pub fn from_bytes(bytes: impl Into<Vec<u8>>) -> Self {
        Self { bytes: bytes.into(), checked: None }
    }

    /// The bytes as they go on the wire, before base64url.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Takes the bytes that a back-end made and has itself checked against message and key.
    pub(crate) fn checked(bytes: Vec<u8>, message: &[u8], key: &PublicKey) -> Self {
        Self { bytes, checked: Some((message.to_vec(), key.clone())) }
    }

    /// Whether it was checked for this message and this key. A [`Signer`] outside this crate can
    /// return the signature of another message or of another key.
    pub(crate) fn is_checked_for(&self, message: &[u8], key: &PublicKey) -> bool {
        let checked = self.checked.as_ref();
        checked.is_some_and(|(signed, by)| signed == message && by == key)
    }
}

// With the claims, which are easily guessed, the bytes are an assertion.
impl fmt::Debug for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Signature([redacted])")
    }
}

/// Why there is no signature.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SignError {
    /// A signer outside this crate did not sign. What it reports must hold no secret.
    #[error("the signer did not sign")]
    External(#[source] Box<dyn Error + Send + Sync>),
    /// The key's prime factors are not prime: no signature of it would be right.
    #[error("private key is damaged: its factors are not prime")]
    Inconsistent,
    /// The signature was not made by this key over this message.
    #[error("signature does not fit the public key")]
    Mismatch,
    /// The random generator failed, and nothing is signed without blinding.
    #[error("random generator failed")]
    Rng,
    /// The signature was wrong when it was checked, although the key is sound.
    #[error("signature was wrong when checked, and was thrown away")]
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
            Self::External(_) => {
                "check that the agent or command that holds the key works by itself"
            }
            Self::Inconsistent => "export the private key again from where it was made",
            Self::Mismatch => "give the certificate or public key of the very key that signs",
            Self::Rng => "check that the system's random generator works (getrandom, /dev/urandom)",
            Self::SelfCheck => "try again; if it happens twice, suspect this machine's memory",
        }))
    }
}

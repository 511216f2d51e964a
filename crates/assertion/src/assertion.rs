use alloc::string::String;
use core::fmt;

use base64ct::{Base64UrlUnpadded, Encoding};
use zeroize::Zeroizing;

use crate::{PublicKey, SignError, Signature, Signer};

/// The bytes that a signature covers: header and claims in base64url, joined by a full stop
/// ([RFC 7515, Section 5.1]).
///
/// [RFC 7515, Section 5.1]: https://www.rfc-editor.org/rfc/rfc7515#section-5.1
pub struct SigningInput(String);

impl SigningInput {
    pub(crate) fn new(text: String) -> Self {
        Self(text)
    }

    /// Returns the message to sign with RSASSA-PKCS1-v1_5 and SHA-256.
    pub fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }

    /// Adds the signature of an external signer, such as a hardware token or a key service.
    ///
    /// # Errors
    ///
    /// [`SignError::Mismatch`] if `key` did not make the signature over these bytes.
    pub fn with_signature(self, signature: &[u8], key: &PublicKey) -> Result<Assertion, SignError> {
        let signature = Signature::from_bytes(signature);
        self.finish(&signature, key)
    }

    pub(crate) fn sign(self, signer: &dyn Signer) -> Result<Assertion, SignError> {
        let signature = signer.sign(self.as_bytes())?;
        self.finish(&signature, signer.public_key())
    }

    fn finish(self, signature: &Signature, key: &PublicKey) -> Result<Assertion, SignError> {
        let message = self.as_bytes();
        if !signature.is_checked_for(message, key) && !key.verify(message, signature) {
            return Err(SignError::Mismatch);
        }

        let Self(input) = self;
        let signature = Base64UrlUnpadded::encode_string(signature.as_bytes());
        // The full capacity is reserved, because a string that grows leaves unwiped copies behind.
        let mut assertion =
            Zeroizing::new(String::with_capacity(input.len() + 1 + signature.len()));
        assertion.push_str(&input);
        assertion.push('.');
        assertion.push_str(&signature);
        Ok(Assertion(assertion))
    }
}

impl fmt::Debug for SigningInput {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SigningInput([redacted])")
    }
}

/// A signed assertion. Anyone who has it can exchange it for a token until it expires.
///
/// It implements neither `Display` nor `Serialize`, `Deref` or `Clone`. [`Assertion::secret`] is
/// the only access, so a search for `.secret()` finds every use.
pub struct Assertion(Zeroizing<String>);

impl Assertion {
    /// Returns the JWS in compact form, as the parameter `assertion` of a token request.
    pub fn secret(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Assertion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Assertion([redacted])")
    }
}

//! Private keys under a passphrase.

use std::fmt;

use orgtoken_assertion::{KeyError, Passphrase, SigningKey};
use zeroize::Zeroizing;

/// A private key under a passphrase, not opened yet: that costs what its owner made it cost.
pub struct EncryptedKey {
    bytes: Zeroizing<Vec<u8>>,
    passphrase: Option<Passphrase>,
}

impl EncryptedKey {
    pub(crate) fn new(bytes: &[u8], passphrase: Option<Passphrase>) -> Self {
        Self { bytes: Zeroizing::new(bytes.to_vec()), passphrase }
    }

    /// The key as it came, to tell it from others.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Whether somebody has to be asked for the passphrase.
    pub fn lacks_passphrase(&self) -> bool {
        self.passphrase.is_none()
    }

    pub(crate) fn decrypt(&self, typed: Option<&Passphrase>) -> Result<SigningKey, KeyError> {
        match self.passphrase.as_ref().or(typed) {
            Some(passphrase) => SigningKey::from_encrypted(&self.bytes, passphrase),
            None => Err(KeyError::Encrypted),
        }
    }
}

impl fmt::Debug for EncryptedKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("EncryptedKey([redacted])")
    }
}

//! Encrypted private keys.

use std::fmt;

use orgtoken_assertion::{KeyError, Passphrase, SigningKey};
use zeroize::Zeroizing;

/// An encrypted private key. Decryption is deferred, because key derivation can be slow.
pub struct EncryptedKey {
    bytes: Zeroizing<Vec<u8>>,
    passphrase: Option<Passphrase>,
}

impl EncryptedKey {
    pub(crate) fn new(bytes: &[u8], passphrase: Option<Passphrase>) -> Self {
        Self { bytes: Zeroizing::new(bytes.to_vec()), passphrase }
    }

    /// Returns the encrypted bytes, to tell keys apart.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Whether the settings have no passphrase for it.
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

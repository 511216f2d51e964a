//! New RSA key pairs.

use std::fmt;

use orgtoken_assertion::{PrivateKeyPem, PublicKey, SignError, Signature, Signer, SigningKey};
use rand_core::TryCryptoRng;
use rsa::pkcs8::EncodePrivateKey;

use crate::error::KeyPairError;

/// A new RSA key pair.
pub struct KeyPair {
    signing_key: SigningKey,
    pem: PrivateKeyPem,
}

impl KeyPair {
    /// Generates a key. 2048 bits take about a second, 4096 bits up to half a minute.
    ///
    /// The new key passes the same checks as any other private key.
    pub fn generate(
        rng: &mut (impl TryCryptoRng + ?Sized),
        size: KeySize,
    ) -> Result<Self, KeyPairError> {
        let private = rsa::PrivateKey::new(rng, size.bits()).map_err(|error| match error {
            rsa::Error::Rng => KeyPairError::Rng,
            _ => KeyPairError::Generation,
        })?;
        let der = private.to_pkcs8_der().map_err(|_| KeyPairError::Generation)?;
        let signing_key = SigningKey::from_bytes(der.as_bytes()).map_err(KeyPairError::Unsound)?;
        let pem = SigningKey::to_plain_pem(der.as_bytes()).map_err(KeyPairError::Unsound)?;
        Ok(Self { signing_key, pem })
    }

    /// Returns the private key as PKCS#8 in PEM, not encrypted.
    pub fn private_key_pem(&self) -> &PrivateKeyPem {
        &self.pem
    }
}

impl Signer for KeyPair {
    fn public_key(&self) -> &PublicKey {
        self.signing_key.public_key()
    }

    fn sign(&self, message: &[u8]) -> Result<Signature, SignError> {
        self.signing_key.sign(message)
    }
}

impl fmt::Debug for KeyPair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyPair").field("public_key", self.public_key()).finish_non_exhaustive()
    }
}

/// The size of a key. Salesforce's examples use 2048 bits.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum KeySize {
    /// 2048 bits: secure, and the fastest.
    #[default]
    Bits2048,
    /// 3072 bits.
    Bits3072,
    /// 4096 bits: the maximum that Salesforce documents.
    Bits4096,
}

impl KeySize {
    /// Returns the size in bits.
    pub fn bits(self) -> usize {
        match self {
            Self::Bits2048 => 2048,
            Self::Bits3072 => 3072,
            Self::Bits4096 => 4096,
        }
    }

    /// Returns the size with this number of bits, if supported.
    pub fn from_bits(bits: usize) -> Option<Self> {
        [Self::Bits2048, Self::Bits3072, Self::Bits4096]
            .into_iter()
            .find(|size| size.bits() == bits)
    }
}

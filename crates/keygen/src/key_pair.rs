//! A new RSA key.

use std::fmt;

use orgtoken_assertion::{PublicKey, SignError, Signature, Signer, SigningKey};
use pkcs8::{EncodePrivateKey, LineEnding};
use rand_core::TryCryptoRng;
use zeroize::Zeroizing;

use crate::error::KeyPairError;

/// An RSA key pair that was just made.
pub struct KeyPair {
    signing_key: SigningKey,
    pem: PrivateKeyPem,
}

impl KeyPair {
    /// Makes a key; 2048 bits take about a second, 4096 bits up to half a minute.
    ///
    /// The key is read back as a key of anybody's would be, so what comes out is known to be good.
    pub fn generate(
        rng: &mut (impl TryCryptoRng + ?Sized),
        size: KeySize,
    ) -> Result<Self, KeyPairError> {
        let private = rsa::PrivateKey::new(rng, size.bits()).map_err(|error| match error {
            rsa::Error::Rng => KeyPairError::Rng,
            _ => KeyPairError::Generation,
        })?;
        let pem = private.to_pkcs8_pem(LineEnding::LF).map_err(|_| KeyPairError::Generation)?;
        let signing_key = SigningKey::from_bytes(pem.as_bytes()).map_err(KeyPairError::Unsound)?;
        Ok(Self { signing_key, pem: PrivateKeyPem(pem) })
    }

    /// The private key as a file should hold it: PKCS#8 in PEM, not encrypted.
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

/// The text of a private key. [`PrivateKeyPem::secret`] is the only way out.
pub struct PrivateKeyPem(Zeroizing<String>);

impl PrivateKeyPem {
    /// The text, from BEGIN to END, with a line break at the end.
    pub fn secret(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for PrivateKeyPem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PrivateKeyPem([redacted])")
    }
}

/// The size of a key. 2048 bits are what Salesforce's own examples use.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum KeySize {
    /// 2048 bits: enough, and the quickest to sign.
    #[default]
    Bits2048,
    /// 3072 bits.
    Bits3072,
    /// 4096 bits: the most that Salesforce documents.
    Bits4096,
}

impl KeySize {
    /// The size in bits.
    pub fn bits(self) -> usize {
        match self {
            Self::Bits2048 => 2048,
            Self::Bits3072 => 3072,
            Self::Bits4096 => 4096,
        }
    }

    /// The size of so many bits, if it is one that is made here.
    pub fn from_bits(bits: usize) -> Option<Self> {
        [Self::Bits2048, Self::Bits3072, Self::Bits4096]
            .into_iter()
            .find(|size| size.bits() == bits)
    }
}

use alloc::vec::Vec;
use core::fmt;

use rsa::pkcs8::EncodePublicKey;
use rsa::traits::PublicKeyParts;
use sha2::{Digest, Sha256};

use crate::key::gate;
use crate::key::numbers::PublicNumbers;
use crate::{KeyError, Signature};

/// An RSA public key of 2048 to 4096 bits.
#[derive(Clone, Eq, PartialEq)]
pub struct PublicKey(rsa::PublicKey);

impl PublicKey {
    /// Reads a `SubjectPublicKeyInfo` ([RFC 5280, Section 4.1]).
    ///
    /// [RFC 5280, Section 4.1]: https://www.rfc-editor.org/rfc/rfc5280#section-4.1
    pub fn from_spki_der(der: &[u8]) -> Result<Self, KeyError> {
        gate::public_key(&PublicNumbers::from_spki(der)?).map(Self)
    }

    /// Reads a public key in PEM or DER, or takes it out of a certificate.
    ///
    /// Nothing else of the certificate is looked at, not even who signed it.
    pub fn from_pem_or_der(bytes: &[u8]) -> Result<Self, KeyError> {
        let (der, _) = crate::key::unwrapped(bytes)?;
        PublicNumbers::from_spki(&der)
            .or_else(|_| PublicNumbers::from_pkcs1(&der))
            .or_else(|_| PublicNumbers::from_certificate(&der))
            .and_then(|numbers| gate::public_key(&numbers))
            .map(Self)
    }

    pub(crate) fn of(private: &rsa::PrivateKey) -> Self {
        Self(private.to_public_key())
    }

    /// Writes a `SubjectPublicKeyInfo`, which is what `PUBLIC KEY` holds in PEM.
    pub fn to_spki_der(&self) -> Vec<u8> {
        let der = self.0.to_public_key_der().expect("two integers of bounded size fit in DER");
        der.into_vec()
    }

    /// The size of the modulus.
    pub fn bits(&self) -> usize {
        self.0.n().bit_width_vartime() as usize
    }

    /// SHA-256 over [`PublicKey::to_spki_der`].
    pub fn fingerprint(&self) -> [u8; 32] {
        Sha256::digest(self.to_spki_der()).into()
    }

    /// Whether this key's private half made `signature` over `message`.
    #[must_use]
    pub fn verify(&self, message: &[u8], signature: &Signature) -> bool {
        self.0.pkcs1v15_verify::<Sha256>(message, signature.as_bytes()).is_ok()
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({} bits, SHA-256 ", self.bits())?;
        self.fingerprint().iter().try_for_each(|byte| write!(f, "{byte:02x}"))?;
        f.write_str(")")
    }
}

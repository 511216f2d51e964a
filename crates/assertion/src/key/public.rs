use alloc::format;
use alloc::vec::Vec;
use core::fmt;

use crypto_bigint::BoxedUint;
use der::Encode;
use der::asn1::{BitStringRef, UintRef};
use rsa::pkcs1::{ALGORITHM_ID, RsaPublicKey};
use rsa::pkcs8::SubjectPublicKeyInfoRef;
use sha2::{Digest, Sha256};

use super::detect::Kind;
use super::jwk::Jwk;
use super::numbers::PublicNumbers;
use super::{KeyError, parse, validate};
use crate::Signature;

mod error;
pub use error::PublicKeyError;

/// Returns the DER of the first certificate in `input`, in any form in which keys are read: PEM,
/// DER or base64.
///
/// Only the outer structure of the certificate is checked.
pub fn certificate_der(input: &[u8]) -> Result<Vec<u8>, PublicKeyError> {
    Ok(parse::certificate(input)?.bytes.to_vec())
}

/// An RSA public key of 2048 to 4096 bits.
#[derive(Clone, Eq, PartialEq)]
pub struct PublicKey {
    /// Big-endian, without leading zeros.
    n: Vec<u8>,
    e: u64,
}

impl PublicKey {
    /// Reads a `SubjectPublicKeyInfo` ([RFC 5280, Section 4.1]).
    ///
    /// [RFC 5280, Section 4.1]: https://www.rfc-editor.org/rfc/rfc5280#section-4.1
    pub fn from_spki_der(der: &[u8]) -> Result<Self, KeyError> {
        validate::public_key(&PublicNumbers::from_spki(der)?)
    }

    /// Reads a public key in PEM, DER or as a JWK, or the key in a certificate.
    ///
    /// The rest of the certificate is ignored, including its signature.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, PublicKeyError> {
        let item = parse::public(bytes)?;
        if item.kind == Kind::Jwk {
            return Ok(validate::public_key(&Jwk::parse(&item.bytes)?.public())?);
        }
        let numbers = match item.kind {
            Kind::Certificate => PublicNumbers::from_certificate(&item.bytes)?,
            Kind::PublicPkcs1 => PublicNumbers::from_pkcs1(&item.bytes)?,
            _ => PublicNumbers::from_spki(&item.bytes)?,
        };
        Ok(validate::public_key(&numbers)?)
    }

    /// Returns a key of validated numbers.
    pub(super) fn new(n: &[u8], e: u64) -> Self {
        Self { n: n.to_vec(), e }
    }

    /// Returns the `SubjectPublicKeyInfo`, the content of a `PUBLIC KEY` in PEM.
    pub fn to_spki_der(&self) -> Vec<u8> {
        self.spki().expect("two integers of bounded size fit in DER")
    }

    fn spki(&self) -> der::Result<Vec<u8>> {
        let e = self.e.to_be_bytes();
        let (modulus, public_exponent) = (UintRef::new(&self.n)?, UintRef::new(&e)?);
        let key = RsaPublicKey { modulus, public_exponent }.to_der()?;
        let subject_public_key = BitStringRef::from_bytes(&key)?;
        SubjectPublicKeyInfoRef { algorithm: ALGORITHM_ID, subject_public_key }.to_der()
    }

    /// Returns the size of the modulus in bits.
    pub fn bits(&self) -> usize {
        let leading = self.n.first().map_or(0, |first| first.leading_zeros());
        self.n.len() * 8 - leading as usize
    }

    /// Returns the SHA-256 hash of [`PublicKey::to_spki_der`].
    pub fn fingerprint(&self) -> [u8; 32] {
        Sha256::digest(self.to_spki_der()).into()
    }

    /// Whether the private key is published in a standard or a well-known test suite, so that
    /// anyone can sign with it. Refuse such a key for real assertions.
    pub fn is_published(&self) -> bool {
        let [a, b, c, d, e, f, g, h, ..] = self.fingerprint();
        let start = format!("{:016x}", u64::from_be_bytes([a, b, c, d, e, f, g, h]));
        PUBLISHED.lines().any(|line| line == start)
    }

    /// Whether `signature` over `message` was made with the private key of this key.
    #[must_use]
    pub fn verify(&self, message: &[u8], signature: &Signature) -> bool {
        self.to_rsa().pkcs1v15_verify::<Sha256>(message, signature.as_bytes()).is_ok()
    }

    pub(crate) fn modulus(&self) -> BoxedUint {
        BoxedUint::from_be_slice_vartime(&self.n)
    }

    pub(crate) fn exponent(&self) -> BoxedUint {
        self.e.into()
    }

    fn to_rsa(&self) -> rsa::PublicKey {
        let key = rsa::PublicKey::new(self.modulus(), self.exponent());
        key.expect("validated sizes and exponents are those that this takes")
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({} bits, SHA-256 ", self.bits())?;
        self.fingerprint().iter().try_for_each(|byte| write!(f, "{byte:02x}"))?;
        f.write_str(")")
    }
}

/// The first eight bytes of the fingerprints of published keys, in order. The keys are the RSA keys
/// of 2048 to 4096 bits in RFC 7515, 7516, 7517 and 7520, on jwt.io, in Wycheproof, and in the tests
/// of the crates `pkcs1`, `pkcs8`, `ring` and `rsa`.
const PUBLISHED: &str = include_str!("published.txt");

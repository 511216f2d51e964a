//! The numbers of an RSA key, read from DER ([RFC 8017, Appendix A.1], [RFC 5958, Section 2]).
//!
//! [RFC 8017, Appendix A.1]: https://www.rfc-editor.org/rfc/rfc8017#appendix-A.1
//! [RFC 5958, Section 2]: https://www.rfc-editor.org/rfc/rfc5958#section-2

use der::asn1::ObjectIdentifier;
use der::{Tag, TagNumber};

use super::KeyError;
use super::der::{Der, Element};

/// A big-endian magnitude without leading zeros, or `None` for a negative number.
pub(super) type Number<'a> = Option<&'a [u8]>;

#[derive(Clone, Copy, PartialEq)]
pub(super) struct PublicNumbers<'a> {
    pub(super) n: Number<'a>,
    pub(super) e: Number<'a>,
}

/// The numbers that are used. Both CRT exponents are left out: they are computed.
pub(super) struct PrivateNumbers<'a> {
    pub(super) public: PublicNumbers<'a>,
    pub(super) d: Number<'a>,
    /// `None` if a JWK has no primes.
    pub(super) primes: Option<[Number<'a>; 2]>,
    /// Used if it is right. A key in which it is wrong is accepted, too.
    pub(super) q_inverse: Number<'a>,
}

impl<'a> PrivateNumbers<'a> {
    /// Reads a `PrivateKeyInfo`, including the optional public key.
    pub(super) fn from_pkcs8(bytes: &'a [u8]) -> Result<Self, KeyError> {
        Der::read(bytes, |info| {
            let version = info.take(Tag::Integer)?;
            if !matches!(version.value, [0 | 1]) {
                return Err(version.malformed());
            }
            info.sequence(rsa_encryption)?;
            let mut key = info.take(Tag::OctetString)?.inside()?;
            let numbers = key.sequence(Self::read)?;
            key.finish()?;

            info.take_if(context_specific(0, true))?;
            if let Some(public) = info.take_if(context_specific(1, false))? {
                if version.value == [0] {
                    return Err(public.malformed());
                }
                let mut key = public.bits()?.inside()?;
                if key.sequence(PublicNumbers::read)? != numbers.public {
                    return Err(KeyError::Inconsistent);
                }
                key.finish()?;
            }
            Ok(numbers)
        })
    }

    /// Reads an `RSAPrivateKey`.
    pub(super) fn from_pkcs1(bytes: &'a [u8]) -> Result<Self, KeyError> {
        Der::read(bytes, Self::read)
    }

    fn read(key: &mut Der<'a>) -> Result<Self, KeyError> {
        let version = key.take(Tag::Integer)?;
        match version.value {
            [0] => (),
            [1] => return Err(KeyError::MultiPrime),
            _ => return Err(version.malformed()),
        }
        let public = PublicNumbers::read(key)?;
        let mut number = || key.take(Tag::Integer)?.unsigned();
        let (d, primes) = (number()?, Some([number()?, number()?]));
        let (_dp, _dq) = (number()?, number()?);
        Ok(Self { public, d, primes, q_inverse: number()? })
    }
}

impl<'a> PublicNumbers<'a> {
    /// Reads a `SubjectPublicKeyInfo`.
    pub(super) fn from_spki(bytes: &'a [u8]) -> Result<Self, KeyError> {
        Der::read(bytes, Self::read_spki)
    }

    /// Reads an `RSAPublicKey`.
    pub(super) fn from_pkcs1(bytes: &'a [u8]) -> Result<Self, KeyError> {
        Der::read(bytes, Self::read)
    }

    /// Reads the key in a certificate and ignores everything else.
    pub(super) fn from_certificate(bytes: &'a [u8]) -> Result<Self, KeyError> {
        let mut certificate = Der::new(bytes)?.take(Tag::Sequence)?.inside()?;
        let mut signed = certificate.take(Tag::Sequence)?.inside()?;
        signed.take_if(context_specific(0, true))?;
        signed.take(Tag::Integer)?;
        // The algorithm, the issuer, the validity and the subject.
        for _ in 0..4 {
            signed.take(Tag::Sequence)?;
        }
        signed.sequence(Self::read_spki)
    }

    fn read_spki(info: &mut Der<'a>) -> Result<Self, KeyError> {
        info.sequence(rsa_encryption)?;
        let mut key = info.take(Tag::BitString)?.bits()?.inside()?;
        let numbers = key.sequence(Self::read)?;
        key.finish().map(|()| numbers)
    }

    fn read(key: &mut Der<'a>) -> Result<Self, KeyError> {
        let mut number = || key.take(Tag::Integer)?.unsigned();
        Ok(Self { n: number()?, e: number()? })
    }
}

/// Checks that an `AlgorithmIdentifier` is plain RSA, with the NULL that belongs to it.
fn rsa_encryption(parts: &mut Der<'_>) -> Result<(), KeyError> {
    let oid = object_identifier(&parts.take(Tag::ObjectIdentifier)?)?;
    if oid != RSA_ENCRYPTION {
        return Err(KeyError::Algorithm { found: algorithm_name(oid) });
    }
    let null = parts.take(Tag::Null)?;
    if null.value.is_empty() { Ok(()) } else { Err(null.malformed()) }
}

pub(super) fn object_identifier(element: &Element<'_>) -> Result<ObjectIdentifier, KeyError> {
    ObjectIdentifier::from_bytes(element.value).map_err(|_| element.malformed())
}

fn algorithm_name(oid: ObjectIdentifier) -> &'static str {
    ALGORITHMS
        .iter()
        .find(|(known, _)| *known == oid)
        .map_or("an unknown algorithm", |(_, name)| name)
}

pub(super) const fn context_specific(number: u32, constructed: bool) -> Tag {
    Tag::ContextSpecific { constructed, number: TagNumber(number) }
}

const RSA_ENCRYPTION: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");

const ALGORITHMS: [(ObjectIdentifier, &str); 8] = [
    (ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.10"), "RSA-PSS"),
    (ObjectIdentifier::new_unwrap("1.2.840.10045.2.1"), EC),
    (ObjectIdentifier::new_unwrap("1.2.840.10040.4.1"), "DSA"),
    (ObjectIdentifier::new_unwrap("1.2.840.113549.1.3.1"), "Diffie-Hellman"),
    (ObjectIdentifier::new_unwrap("1.3.101.110"), "X25519"),
    (ObjectIdentifier::new_unwrap("1.3.101.111"), "X448"),
    (ObjectIdentifier::new_unwrap("1.3.101.112"), "Ed25519"),
    (ObjectIdentifier::new_unwrap("1.3.101.113"), "Ed448"),
];

pub(super) const EC: &str = "elliptic curves (EC)";

//! What a piece of DER is, told by its content.

use der::Tag;
use der::asn1::ObjectIdentifier;

use super::KeyError;
use super::der::Der;
use super::form::Structure;

/// Tells PKCS#8, whose second element is an algorithm, from PKCS#1, where it is the modulus.
pub(crate) fn structure(bytes: &[u8]) -> Result<Structure, KeyError> {
    let mut inside = Der::new(bytes)?.take(Tag::Sequence)?.inside()?;
    inside.take(Tag::Integer)?;
    Ok(if inside.peek() == Some(Tag::Integer) { Structure::Pkcs1 } else { Structure::Pkcs8 })
}

pub(crate) fn algorithm_name(oid: ObjectIdentifier) -> &'static str {
    NAMES.iter().find(|(known, _)| *known == oid).map_or("an unknown algorithm", |(_, name)| name)
}

const NAMES: [(ObjectIdentifier, &str); 8] = [
    (ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.10"), "RSA-PSS"),
    (ObjectIdentifier::new_unwrap("1.2.840.10045.2.1"), "elliptic curves (EC)"),
    (ObjectIdentifier::new_unwrap("1.2.840.10040.4.1"), "DSA"),
    (ObjectIdentifier::new_unwrap("1.2.840.113549.1.3.1"), "Diffie-Hellman"),
    (ObjectIdentifier::new_unwrap("1.3.101.110"), "X25519"),
    (ObjectIdentifier::new_unwrap("1.3.101.111"), "X448"),
    (ObjectIdentifier::new_unwrap("1.3.101.112"), "Ed25519"),
    (ObjectIdentifier::new_unwrap("1.3.101.113"), "Ed448"),
];

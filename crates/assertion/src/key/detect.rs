//! Detects the kind of a DER structure by its content, not by its PEM label.

use der::asn1::ObjectIdentifier;
use der::{Decode, Header, Reader, SliceReader, Tag};

use super::der::Der;
use super::numbers::{EC, context_specific, object_identifier};
use super::{KeyError, MAX_LEN};

/// The kind of a key, certificate or request.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Kind {
    Certificate,
    Encrypted,
    Jwk,
    Pkcs1,
    Pkcs8,
    PublicPkcs1,
    PublicSpki,
    Request,
    /// A known format that cannot be used; the error names it.
    Refused(KeyError),
}

impl Kind {
    pub(super) fn is_private(&self) -> bool {
        match self {
            Self::Encrypted | Self::Jwk | Self::Pkcs1 | Self::Pkcs8 => true,
            Self::Refused(error) => !matches!(error, KeyError::Certificate { .. }),
            _ => false,
        }
    }
}

/// Detects the kind by the tags of the first few elements. Their values are checked later.
pub(super) fn kind(bytes: &[u8]) -> Result<Kind, KeyError> {
    whole(bytes)?;
    let mut outer = Der::new(bytes)?;
    let inside = outer.take(Tag::Sequence)?.inside()?;
    outer.finish()?;
    match inside.peek() {
        Some(Tag::Integer) => after_integer(inside),
        Some(Tag::Sequence) => after_sequence(inside),
        Some(Tag::ObjectIdentifier) => {
            Ok(Kind::Refused(KeyError::Certificate { found: "certificate bundle (PKCS#7)" }))
        }
        _ => Err(KeyError::Der { offset: inside.offset() }),
    }
}

/// A private key starts with its version, a public key in PKCS#1 with its modulus. Both are
/// integers.
fn after_integer(mut inside: Der<'_>) -> Result<Kind, KeyError> {
    let version = inside.take(Tag::Integer)?;
    match inside.peek() {
        Some(Tag::Integer) => Ok(match inside.count()? {
            1 => Kind::PublicPkcs1,
            5 => Kind::Refused(KeyError::Algorithm { found: "DSA" }),
            _ => Kind::Pkcs1,
        }),
        Some(Tag::OctetString) => Ok(Kind::Refused(KeyError::Algorithm { found: EC })),
        Some(Tag::Sequence) if version.value == [3] => Ok(Kind::Refused(PKCS12)),
        Some(Tag::Sequence) => Ok(Kind::Pkcs8),
        _ => Err(KeyError::Der { offset: inside.offset() }),
    }
}

fn after_sequence(mut inside: Der<'_>) -> Result<Kind, KeyError> {
    let first = inside.take(Tag::Sequence)?;
    match inside.peek() {
        Some(Tag::BitString) => Ok(Kind::PublicSpki),
        Some(Tag::OctetString) => Ok(Kind::Encrypted),
        Some(Tag::Sequence) => {
            let mut signed = first.inside()?;
            let is_request = signed.take_if(Tag::Integer)?.is_some()
                && signed.take_if(Tag::Sequence)?.is_some()
                && signed.take_if(Tag::Sequence)?.is_some()
                && signed.peek() == Some(context_specific(0, true));
            Ok(if is_request { Kind::Request } else { Kind::Certificate })
        }
        _ => Err(KeyError::Der { offset: inside.offset() }),
    }
}

/// Returns an error for DER that is shorter or longer than its header says.
pub(super) fn whole(bytes: &[u8]) -> Result<(), KeyError> {
    let mut reader = SliceReader::new(bytes).map_err(|_| KeyError::Der { offset: 0 })?;
    let header = Header::decode(&mut reader).map_err(|_| KeyError::Der { offset: 0 })?;
    let expected = (header.length() + reader.position())
        .and_then(usize::try_from)
        .map_err(|_| KeyError::Der { offset: 1 })?;
    let got = bytes.len();
    match expected {
        // No key is that long: the length itself is damaged.
        _ if expected > MAX_LEN => Err(KeyError::Der { offset: 1 }),
        _ if expected > got => Err(KeyError::Truncated { expected, got }),
        _ if expected < got => Err(KeyError::Der { offset: expected }),
        _ => Ok(()),
    }
}

/// Returns the error for an encrypted key, by the algorithm in its first element.
pub(super) fn encryption(bytes: &[u8]) -> Result<KeyError, KeyError> {
    let mut info = Der::new(bytes)?.take(Tag::Sequence)?.inside()?;
    let mut algorithm = info.take(Tag::Sequence)?.inside()?;
    let oid = object_identifier(&algorithm.take(Tag::ObjectIdentifier)?)?;
    let under = |arc: &str| ObjectIdentifier::new(arc).is_ok_and(|arc| oid.starts_with(arc));
    Ok(if oid == PBES2 {
        KeyError::Encrypted
    } else if under("1.2.840.113549.1.5") {
        KeyError::UnsupportedEncryption { found: "PBES1" }
    } else if under("1.2.840.113549.1.12.1") {
        KeyError::UnsupportedEncryption { found: "PKCS#12 PBE" }
    } else {
        KeyError::UnsupportedEncryption { found: "unknown" }
    })
}

const PBES2: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.5.13");
const PKCS12: KeyError = super::unsupported::PKCS12;

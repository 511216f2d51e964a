//! Names as people write them ([RFC 4514, Section 3]).
//!
//! [RFC 4514, Section 3]: https://www.rfc-editor.org/rfc/rfc4514#section-3

use x509_cert::attr::AttributeTypeAndValue;
use x509_cert::der::asn1::{Any, Ia5StringRef, PrintableStringRef, Utf8StringRef};
use x509_cert::der::oid::ObjectIdentifier;
use x509_cert::der::{Decode, Encode};
use x509_cert::name::{Name, RdnSequence, RelativeDistinguishedName};

use super::types::{self, COMMON_NAME, COUNTRY, DOMAIN_COMPONENT, EMAIL_ADDRESS, SERIAL_NUMBER};

/// A name of parts such as `CN=my-integration`, the widest first.
pub(super) fn name<'a>(parts: impl IntoIterator<Item = &'a str>) -> Option<Name> {
    let attributes = |part| self::parts(part, '+').into_iter().map(attribute).collect();
    parts.into_iter().map(attributes).collect::<Option<Vec<_>>>().and_then(of)
}

/// Whether a text begins with the type of an attribute, such as `CN=` or `2.5.4.3=`.
pub(super) fn begins_with_attribute(text: &str) -> bool {
    text.split_once('=').is_some_and(|(name, _)| attribute_type(name).is_some())
}

fn attribute_type(name: &str) -> Option<ObjectIdentifier> {
    types::by_name(name.trim()).or_else(|| ObjectIdentifier::new(name.trim()).ok())
}

/// A name that is nothing but a common name.
pub(super) fn common_name(text: &str) -> Option<Name> {
    let value = Any::encode_from(&Utf8StringRef::new(text).ok()?).ok()?;
    of(vec![vec![AttributeTypeAndValue { oid: COMMON_NAME, value }]])
}

/// The library makes a name of nothing but its DER.
pub(super) fn of(parts: Vec<Vec<AttributeTypeAndValue>>) -> Option<Name> {
    let mut names = RdnSequence::default();
    for attributes in parts {
        names.push(RelativeDistinguishedName::try_from(attributes).ok()?);
    }
    Name::from_der(&names.to_der().ok()?).ok()
}

/// What stands between separators that no backslash takes their meaning from.
pub(super) fn parts(text: &str, separator: char) -> Vec<&str> {
    let mut is_escaped = false;
    let ends = |c: char| {
        let is_end = c == separator && !is_escaped;
        is_escaped = c == '\\' && !is_escaped;
        is_end
    };
    text.split(ends).collect()
}

/// `CN=my-integration` or `1.2.3=#0c0161`.
fn attribute(text: &str) -> Option<AttributeTypeAndValue> {
    let (name, text) = text.split_once('=')?;
    let oid = attribute_type(name)?;
    Some(AttributeTypeAndValue { oid, value: value(oid, trimmed(text))? })
}

/// Without the blanks that people put around things; a blank after a backslash is part of the
/// name.
fn trimmed(text: &str) -> &str {
    let text = text.trim_start();
    let kept = text.trim_end();
    let backslashes = kept.len() - kept.trim_end_matches('\\').len();
    text.get(..kept.len() + backslashes % 2).unwrap_or(kept)
}

fn value(oid: ObjectIdentifier, text: &str) -> Option<Any> {
    if let Some(hex) = text.strip_prefix('#') {
        return Any::from_der(&octets(hex)?).ok();
    }
    let text = unescaped(text)?;
    // https://www.rfc-editor.org/rfc/rfc5280#appendix-A.1
    match oid {
        COUNTRY | SERIAL_NUMBER => Any::encode_from(&PrintableStringRef::new(&text).ok()?),
        DOMAIN_COMPONENT | EMAIL_ADDRESS => Any::encode_from(&Ia5StringRef::new(&text).ok()?),
        _ => Any::encode_from(&Utf8StringRef::new(&text).ok()?),
    }
    .ok()
}

/// `\,` is a comma, `\2c` is one too.
fn unescaped(text: &str) -> Option<Vec<u8>> {
    let mut plain = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        plain.push(match byte {
            b'\\' => match bytes.next()? {
                special if SPECIAL.contains(&special) => special,
                high => octet(high, bytes.next()?)?,
            },
            _ => byte,
        });
    }
    Some(plain)
}

fn octets(hex: &str) -> Option<Vec<u8>> {
    let (pairs, []) = hex.as_bytes().as_chunks() else { return None };
    pairs.iter().map(|&[high, low]| octet(high, low)).collect()
}

fn octet(high: u8, low: u8) -> Option<u8> {
    let digit = |byte| char::from(byte).to_digit(16);
    u8::try_from(digit(high)? << 4 | digit(low)?).ok()
}

/// What a backslash may precede; the last is for OpenSSL's notation.
const SPECIAL: &[u8] = b" \"#+,;<=>\\/";

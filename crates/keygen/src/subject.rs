//! Subjects of certificates.

use std::fmt;
use std::str::FromStr;

use x509_cert::attr::AttributeTypeAndValue;
use x509_cert::der::asn1::{Ia5StringRef, PrintableStringRef, Utf8StringRef};
use x509_cert::der::oid::ObjectIdentifier;
use x509_cert::der::oid::db::DB;
use x509_cert::der::{Tag, Tagged};
use x509_cert::name::Name;

use crate::error::CertificateError;

/// The distinguished name in a certificate. Salesforce shows it, and ignores it otherwise.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Subject(Name);

impl Subject {
    /// Parses `CN=my-integration, O=Acme` ([RFC 4514]), `/O=Acme/CN=my-integration` in the format
    /// of OpenSSL, or a plain name, which becomes the common name. A text that does not begin with
    /// a known attribute is a plain name.
    ///
    /// [RFC 4514]: https://www.rfc-editor.org/rfc/rfc4514
    pub fn parse(text: &str) -> Result<Self, CertificateError> {
        let plain = text.trim();
        if plain.is_empty() || plain.len() > MAX_LEN || plain.chars().any(char::is_control) {
            return Err(CertificateError::Subject);
        }
        let name = if let Some(parts) = plain.strip_prefix('/') {
            normalized(parts, '/').map(|parts| parts.into_iter().rev().collect())
        } else if begins_with_attribute(plain) {
            // Not trimmed: the last character may be an escaped blank.
            normalized(text, ',')
        } else {
            let escaped =
                plain.chars().map(|c| if SPECIAL.contains(c) { octet(c) } else { c.into() });
            Some(vec![format!("CN={}", escaped.collect::<String>())])
        };
        let name = name.and_then(|parts| Name::from_str(&parts.join(",")).ok());
        name.filter(|name| name.iter().all(is_text)).map(Self).ok_or(CertificateError::Subject)
    }

    pub(crate) fn name(&self) -> &Name {
        &self.0
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&rfc4514(&self.0))
    }
}

/// Formats a name ([RFC 4514, Section 2]), and escapes control characters.
///
/// [RFC 4514, Section 2]: https://www.rfc-editor.org/rfc/rfc4514#section-2
pub(crate) fn rfc4514(name: &Name) -> String {
    let harmless = |c: char| match c.is_control() {
        true => c.encode_utf8(&mut [0; 4]).bytes().map(|byte| octet(byte.into())).collect(),
        false => String::from(c),
    };
    name.to_string().chars().map(harmless).collect()
}

/// Splits a name into parts in the notation that x509-cert reads: without blanks around separators,
/// and with hexadecimal escapes only.
fn normalized(text: &str, separator: char) -> Option<Vec<String>> {
    let mut parts = vec![String::new()];
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        let part = parts.last_mut()?;
        match letter {
            '\\' => match letters.next()? {
                special if SPECIAL.contains(special) => part.push_str(&octet(special)),
                high => part.extend(['\\', high, letters.next()?]),
            },
            _ if letter == separator => parts.push(String::new()),
            // OpenSSL does not escape commas.
            ',' => part.push_str(&octet(letter)),
            _ => part.push(letter),
        }
    }
    parts.iter().map(|part| attributes(part)).collect()
}

/// Normalizes the attributes of a part: `CN=a`, or several with `+` between them.
fn attributes(part: &str) -> Option<String> {
    let attribute = |text: &str| {
        let (name, value) = text.split_once('=')?;
        Some(format!("{}={}", full_name(name), value.trim_matches(BLANK)))
    };
    Some(part.split('+').map(attribute).collect::<Option<Vec<_>>>()?.join("+"))
}

/// Whether a text begins with the type of an attribute, such as `CN=` or `2.5.4.3=`.
fn begins_with_attribute(text: &str) -> bool {
    text.split_once('=')
        .map(|(name, _)| full_name(name))
        .is_some_and(|name| DB.by_name(name).is_some() || ObjectIdentifier::new(name).is_ok())
}

/// Returns the name of an attribute that x509-cert knows.
fn full_name(name: &str) -> &str {
    let name = name.trim_matches(BLANK);
    let short = SHORT_NAMES.iter().find(|(short, _)| short.eq_ignore_ascii_case(name));
    short.map_or(name, |(_, full)| full)
}

/// Whether the value is a string that its type allows.
fn is_text(attribute: &AttributeTypeAndValue) -> bool {
    let value = &attribute.value;
    match value.tag() {
        Tag::Ia5String => Ia5StringRef::try_from(value).is_ok(),
        Tag::PrintableString => PrintableStringRef::try_from(value).is_ok(),
        Tag::Utf8String => Utf8StringRef::try_from(value).is_ok(),
        _ => false,
    }
}

fn octet(c: char) -> String {
    format!("\\{:02x}", u32::from(c))
}

const BLANK: [char; 4] = [' ', '\t', '\r', '\n'];

/// The maximum length in octets.
const MAX_LEN: usize = 2048;

/// Names that OpenSSL and Windows use.
const SHORT_NAMES: [(&str, &str); 2] = [("E", "emailAddress"), ("S", "ST")];

/// Characters that a backslash may precede. The last is special in OpenSSL's format.
const SPECIAL: &str = " \"#+,;<=>\\/";

#[cfg(test)]
mod tests;

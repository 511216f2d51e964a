//! Names as people read them ([RFC 4514, Section 2]).
//!
//! [RFC 4514, Section 2]: https://www.rfc-editor.org/rfc/rfc4514#section-2

use std::fmt::{self, Write};

use x509_cert::attr::AttributeTypeAndValue;
use x509_cert::der::asn1::Any;
use x509_cert::der::{Encode, Tag, Tagged};
use x509_cert::name::Name;

use super::types;

/// `CN=my-integration,O=Acme`. Whatever the name consists of, nothing is left out.
pub(crate) struct Shown<'a>(pub(crate) &'a Name);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut parts = self.0.iter_rdn().collect::<Vec<_>>();
        parts.reverse();
        for (n, part) in parts.into_iter().enumerate() {
            f.write_str(if n == 0 { "" } else { "," })?;
            for (n, attribute) in part.iter().enumerate() {
                f.write_str(if n == 0 { "" } else { "+" })?;
                write_attribute(attribute, f)?;
            }
        }
        Ok(())
    }
}

fn write_attribute(part: &AttributeTypeAndValue, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let AttributeTypeAndValue { oid, value } = part;
    match (types::name_of(oid), text(value)) {
        (Some(name), Some(text)) => {
            write!(f, "{name}=")?;
            write_escaped(text, f)
        }
        (name, _) => {
            match name {
                Some(name) => write!(f, "{name}=#")?,
                None => write!(f, "{oid}=#")?,
            }
            // What was read from DER can be written as DER.
            write_hex("", &value.to_der().unwrap_or_default(), f)
        }
    }
}

/// The text in a string, if it is of a type that people use and holds what it may.
fn text(value: &Any) -> Option<&str> {
    let text = str::from_utf8(value.value()).ok()?;
    match value.tag() {
        Tag::Utf8String => Some(text),
        Tag::Ia5String | Tag::PrintableString | Tag::TeletexString => {
            text.is_ascii().then_some(text)
        }
        _ => None,
    }
}

/// Blanks at the ends as `\20`: unlike `\ `, it survives every trimming.
fn write_escaped(text: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    for (at, c) in text.char_indices() {
        let is_at_end = at == 0 || at + c.len_utf8() == text.len();
        match c {
            '"' | '+' | ',' | ';' | '<' | '>' | '\\' => write!(f, "\\{c}")?,
            '#' if at == 0 => f.write_str("\\#")?,
            _ if c.is_control() || (is_at_end && c.is_whitespace()) => {
                write_hex("\\", c.encode_utf8(&mut [0; 4]).as_bytes(), f)?;
            }
            _ => f.write_char(c)?,
        }
    }
    Ok(())
}

fn write_hex(before_each: &str, octets: &[u8], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    octets.iter().try_for_each(|octet| write!(f, "{before_each}{octet:02x}"))
}

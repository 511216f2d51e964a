//! The name in a certificate.

use std::fmt;
use std::str::FromStr;

use x509_cert::attr::AttributeTypeAndValue;
use x509_cert::der::asn1::{Any, Utf8StringRef};
use x509_cert::der::oid::ObjectIdentifier;
use x509_cert::der::{self, Decode, Encode};
use x509_cert::name::{Name, RdnSequence, RelativeDistinguishedName};

use crate::error::CertificateError;

/// The distinguished name of whom a certificate is for. Salesforce shows it and reads nothing
/// into it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Subject(Name);

impl Subject {
    /// Takes `CN=my-integration, O=Acme` ([RFC 4514]), `/O=Acme/CN=my-integration` as OpenSSL
    /// writes it, or a plain name, which becomes the common name.
    ///
    /// [RFC 4514]: https://www.rfc-editor.org/rfc/rfc4514
    pub fn parse(text: &str) -> Result<Self, CertificateError> {
        let text = text.trim();
        if text.is_empty() || text.len() > MAX_LEN || text.chars().any(char::is_control) {
            return Err(CertificateError::Subject);
        }
        let name = if let Some(parts) = text.strip_prefix('/') {
            Name::from_str(&parts.split('/').rev().collect::<Vec<_>>().join(","))
        } else if text.contains('=') {
            Name::from_str(&without_blanks(text))
        } else {
            common_name(text)
        };
        match name {
            Ok(name) if !name.is_empty() => Ok(Self(name)),
            _ => Err(CertificateError::Subject),
        }
    }

    pub(crate) fn name(&self) -> &Name {
        &self.0
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// People put a blank after each comma; after an escaped comma it is part of the name.
fn without_blanks(names: &str) -> String {
    let mut kept = String::new();
    for part in names.split(',') {
        let is_new = kept.is_empty() || !kept.ends_with("\\,");
        kept.push_str(if is_new { part.trim() } else { part });
        kept.push(',');
    }
    kept.pop();
    kept
}

/// A name that is nothing but a common name.
fn common_name(value: &str) -> der::Result<Name> {
    let value = Any::encode_from(&Utf8StringRef::new(value)?)?;
    let part = AttributeTypeAndValue { oid: COMMON_NAME, value };
    let mut names = RdnSequence::default();
    names.push(RelativeDistinguishedName::try_from(vec![part])?);
    Name::from_der(&names.to_der()?)
}

/// id-at-commonName ([RFC 5280, Appendix A.1](https://www.rfc-editor.org/rfc/rfc5280#appendix-A.1)).
const COMMON_NAME: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.3");

/// In octets. Longer than any name that a person would read.
const MAX_LEN: usize = 2048;

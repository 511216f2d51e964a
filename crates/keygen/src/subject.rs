//! The name in a certificate.

mod read;
mod types;
mod write;

pub(crate) use write::Shown;

use std::fmt;

use x509_cert::name::Name;

use crate::error::CertificateError;

/// The distinguished name of whom a certificate is for. Salesforce shows it and reads nothing
/// into it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Subject(Name);

impl Subject {
    /// Takes `CN=my-integration, O=Acme` ([RFC 4514]), `/O=Acme/CN=my-integration` in the format of
    /// OpenSSL, or a plain name, which becomes the common name. A text that does not begin with a
    /// known attribute is a plain name, whatever is in it.
    ///
    /// [RFC 4514]: https://www.rfc-editor.org/rfc/rfc4514
    pub fn parse(text: &str) -> Result<Self, CertificateError> {
        let plain = text.trim();
        if plain.is_empty() || plain.len() > MAX_LEN || plain.chars().any(char::is_control) {
            return Err(CertificateError::Subject);
        }
        let text = text.trim_start();
        let name = if let Some(parts) = text.strip_prefix('/') {
            read::name(read::parts(parts, '/'))
        } else if read::begins_with_attribute(text) {
            read::name(read::parts(text, ',').into_iter().rev())
        } else {
            read::common_name(plain)
        };
        name.map(Self).ok_or(CertificateError::Subject)
    }

    pub(crate) fn name(&self) -> &Name {
        &self.0
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Shown(&self.0).fmt(f)
    }
}

/// In octets. Longer than any name that a person would read.
const MAX_LEN: usize = 2048;

#[cfg(test)]
mod tests;

//! Errors of keys and certificates.

use std::borrow::Cow;

use orgtoken_assertion::{Diagnostic, KeyError, SignError};

/// An error of generating a key.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeyPairError {
    /// No primes of the right size were found.
    #[error("key generation failed")]
    Generation,
    /// The random generator failed.
    #[error("random generator failed")]
    Rng,
    /// The new key failed the checks of private keys.
    #[error("the new key failed its checks")]
    Unsound(#[source] KeyError),
}

impl Diagnostic for KeyPairError {
    fn code(&self) -> &str {
        match self {
            Self::Generation => "key.generation",
            Self::Rng => "key.rng",
            Self::Unsound(_) => "key.unsound",
        }
    }

    fn hint(&self) -> Option<Cow<'_, str>> {
        Some(match self {
            Self::Generation | Self::Unsound(_) => "run the command again".into(),
            Self::Rng => "check the system's random generator".into(),
        })
    }
}

/// An error of creating or reading a certificate.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CertificateError {
    /// The DER is malformed.
    #[error("the certificate's DER is malformed")]
    Der,
    /// The input is empty.
    #[error("the certificate is empty")]
    Empty,
    /// The input is larger than any certificate.
    #[error("the input has {len} bytes, more than any certificate")]
    InputTooLarge {
        /// The size in bytes.
        len: usize,
    },
    /// The key in the certificate cannot be used.
    #[error("unusable key in the certificate")]
    Key(#[source] KeyError),
    /// The input is not a certificate.
    #[error("not a certificate{}{}", if found.is_some() { " but " } else { "" }, found.unwrap_or_default())]
    NotACertificate {
        /// The kind of the input, with its article, if known.
        found: Option<&'static str>,
    },
    /// The text between BEGIN and END is not base64.
    #[error("the certificate's text is damaged")]
    Pem,
    /// The certificate could not be signed.
    #[error("cannot sign the certificate")]
    Sign(#[source] SignError),
    /// The subject is not a distinguished name.
    #[error("the subject is not a distinguished name")]
    Subject,
    /// The certificate is larger than Salesforce accepts.
    #[error("the certificate has {len} bytes: Salesforce accepts at most {limit}", limit = MAX_LEN)]
    TooLarge {
        /// The size of its PEM in bytes.
        len: usize,
    },
    /// The validity ends before it begins, or its years are out of range.
    #[error("the certificate's validity is out of range")]
    Validity,
}

impl Diagnostic for CertificateError {
    fn code(&self) -> &str {
        match self {
            Self::Der => "cert.der",
            Self::Empty => "cert.empty",
            Self::Key(_) => "cert.key",
            Self::NotACertificate { .. } => "cert.not_a_certificate",
            Self::Pem => "cert.pem",
            Self::Sign(error) => error.code(),
            Self::Subject => "cert.subject",
            Self::InputTooLarge { .. } | Self::TooLarge { .. } => "cert.too_large",
            Self::Validity => "cert.validity",
        }
    }

    fn hint(&self) -> Option<Cow<'_, str>> {
        Some(match self {
            Self::Der | Self::Pem => "copy the whole .crt file again, from BEGIN to END".into(),
            Self::Empty | Self::NotACertificate { .. } => {
                "give the .crt file, which begins with -----BEGIN CERTIFICATE-----".into()
            }
            Self::Key(error) => return error.hint(),
            Self::Sign(error) => return error.hint(),
            Self::Subject => "write it as CN=my-integration, or just my-integration".into(),
            Self::InputTooLarge { .. } => "give the certificate alone".into(),
            Self::TooLarge { .. } => "use a shorter subject".into(),
            Self::Validity => "choose a validity that ends before the year 10000".into(),
        })
    }
}

/// The maximum size of a certificate that Salesforce accepts, in bytes.
pub(crate) const MAX_LEN: usize = 4096;

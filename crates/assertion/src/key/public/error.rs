use alloc::borrow::Cow;

use crate::Diagnostic;
use crate::key::KeyError;

/// An input that is not a usable public key or certificate. The error never repeats the input, and
/// never asks for a private key.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum PublicKeyError {
    /// The input is empty.
    #[error("the input is empty, expected a public key or certificate")]
    Empty,
    /// The key cannot be used, or its text or DER is damaged.
    #[error(transparent)]
    Key(KeyError),
    /// The input is neither a public key nor a certificate.
    #[error("not a public key or certificate{}{}", if found.is_some() { " but " } else { "" }, found.unwrap_or_default())]
    NotPublic {
        /// The kind of the input, with its article, if it is known.
        found: Option<&'static str>,
    },
}

impl Diagnostic for PublicKeyError {
    fn code(&self) -> &str {
        match self {
            Self::Empty => "key.empty",
            Self::Key(error) => error.code(),
            Self::NotPublic { found: Some("a private key") } => "key.private",
            Self::NotPublic { found: Some("a certificate request") } => "key.certificate",
            Self::NotPublic { .. } => "key.not_a_key",
        }
    }

    fn hint(&self) -> Option<Cow<'_, str>> {
        Some(Cow::Borrowed(match self {
            Self::NotPublic { found: Some("a private key") } => {
                "keep the private key secret, and give its public key: \
                 `openssl pkey -in key.pem -pubout -out public.pem`"
            }
            Self::NotPublic { found: Some("a certificate request") } => {
                "give the certificate that was made from the request, which starts with \
                 `-----BEGIN CERTIFICATE-----`"
            }
            Self::Key(KeyError::Boundary { .. } | KeyError::MissingEnd) => {
                "copy all of it, from the line with BEGIN to the line with END, five dashes on each \
                 side"
            }
            Self::Empty | Self::NotPublic { .. } | Self::Key(KeyError::TooLong { .. }) => {
                "give the certificate that you uploaded to Salesforce, which starts with \
                 `-----BEGIN CERTIFICATE-----`, or the public key"
            }
            // The other hints do not ask for the private key.
            Self::Key(error) => return error.hint(),
        }))
    }
}

/// Replaces errors about private keys by errors about public keys. The rest is the same for both.
impl From<KeyError> for PublicKeyError {
    fn from(error: KeyError) -> Self {
        match error {
            KeyError::Empty => Self::Empty,
            KeyError::NotAKey { found } => Self::NotPublic { found },
            KeyError::Format { found, .. } => Self::NotPublic { found: Some(found) },
            KeyError::Certificate { .. } => {
                Self::NotPublic { found: Some("a certificate in another form") }
            }
            KeyError::Public => Self::NotPublic { found: Some("an SSH public key") },
            KeyError::Encrypted
            | KeyError::UnsupportedEncryption { .. }
            | KeyError::MultipleKeys { .. } => Self::NotPublic { found: Some("a private key") },
            other => Self::Key(other),
        }
    }
}

use alloc::borrow::Cow;

use crate::Diagnostic;

/// Why an assertion is not accepted. None of it is shown.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum VerifyError {
    /// The header asks for another algorithm than `RS256`, or for an extension.
    #[error("assertion is not signed by `RS256` alone")]
    Algorithm,
    /// A part is not base64url without padding.
    #[error("assertion is not base64url without padding")]
    Base64,
    /// A claim or header parameter is of another type than it has to be.
    #[error("`{name}` of the assertion has the wrong type")]
    Claim {
        /// Its name.
        name: &'static str,
    },
    /// Header or claims are no JSON object, or one with a member that stands there twice.
    #[error("assertion holds no proper JSON object")]
    Json,
    /// There are not exactly three parts.
    #[error("assertion does not have three parts")]
    Parts,
    /// The signature is not by the holder of the key.
    #[error("signature of the assertion does not fit the key")]
    Signature,
    /// It is longer than any assertion.
    #[error("assertion is {len} bytes long")]
    TooLong {
        /// How long.
        len: usize,
    },
}

impl Diagnostic for VerifyError {
    fn code(&self) -> &str {
        match self {
            Self::Algorithm => "assertion.algorithm",
            Self::Base64 => "assertion.base64",
            Self::Claim { .. } => "assertion.claim",
            Self::Json => "assertion.json",
            Self::Parts => "assertion.parts",
            Self::Signature => "assertion.signature",
            Self::TooLong { .. } => "assertion.too_large",
        }
    }

    fn hint(&self) -> Option<Cow<'_, str>> {
        Some(Cow::Borrowed(match self {
            Self::Algorithm => {
                "sign with RSA and SHA-256, and put `\"alg\":\"RS256\"` in the header"
            }
            Self::Base64 => "encode with base64url and leave the `=` at the end off",
            Self::Claim { .. } => "write times as whole seconds since 1970 and the rest as strings",
            Self::Json => "write header and claims as one JSON object each, every member once",
            Self::Parts => {
                "give header, claims and signature, joined by full stops, and nothing else"
            }
            Self::Signature => "verify with the certificate that belongs to the signing key",
            Self::TooLong { .. } => "give the assertion alone",
        }))
    }
}

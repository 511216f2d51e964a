use alloc::borrow::Cow;

use crate::Diagnostic;

/// An assertion that is not accepted. No part of it is shown.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum VerifyError {
    /// The algorithm is not `RS256`, or an extension is critical.
    #[error("assertion uses another algorithm than `RS256`, or a critical extension")]
    Algorithm,
    /// A part is not base64url without padding.
    #[error("assertion is not base64url without padding")]
    Base64,
    /// A claim or header parameter has the wrong type.
    #[error("`{name}` of the assertion has the wrong type")]
    Claim {
        /// The name of the claim or parameter.
        name: &'static str,
    },
    /// Header or claims are not a JSON object, or have a name twice.
    #[error("header or claims of the assertion are not a JSON object with unique names")]
    Json,
    /// The assertion does not have three parts.
    #[error("assertion does not have three parts")]
    Parts,
    /// The signature was not made with the key.
    #[error("signature of the assertion does not match the key")]
    Signature,
    /// The assertion is longer than the limit.
    #[error("assertion is {len} bytes long")]
    TooLong {
        /// The length in bytes.
        len: usize,
    },
}

impl Diagnostic for VerifyError {
    fn code(&self) -> &str {
        self.code_and_hint().0
    }

    fn hint(&self) -> Option<Cow<'_, str>> {
        Some(self.code_and_hint().1.into())
    }
}

impl VerifyError {
    fn code_and_hint(&self) -> (&'static str, &'static str) {
        match self {
            Self::Algorithm => (
                "assertion.algorithm",
                "sign with RSA and SHA-256, and put `\"alg\":\"RS256\"` in the header",
            ),
            Self::Base64 => ("assertion.base64", "encode with base64url, without `=` at the end"),
            Self::Claim { .. } => (
                "assertion.claim",
                "write times as whole seconds since 1970 and the rest as strings",
            ),
            Self::Json => {
                ("assertion.json", "write header and claims as JSON objects without repeated names")
            }
            Self::Parts => (
                "assertion.parts",
                "give header, claims and signature, joined by full stops, and nothing else",
            ),
            Self::Signature => (
                "assertion.signature",
                "verify with the certificate that belongs to the signing key",
            ),
            Self::TooLong { .. } => ("assertion.too_large", "give only the assertion"),
        }
    }
}

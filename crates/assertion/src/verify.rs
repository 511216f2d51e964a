use alloc::string::{String, ToString};
use core::fmt;

use crate::{PublicKey, UnixTime};

mod compact;
mod error;
pub use error::VerifyError;
mod members;

use compact::Compact;
use members::Members;

/// A received assertion whose signature is not verified yet.
///
/// The syntax is that of [RFC 7515, Section 7.1], and stricter where attacks are known: three parts
/// in base64url without padding, `alg` is `RS256`, no name twice, no critical extension, at most
/// one audience, times in whole seconds.
///
/// [RFC 7515, Section 7.1]: https://www.rfc-editor.org/rfc/rfc7515#section-7.1
pub struct Unverified {
    compact: Compact,
    claims: ReceivedClaims,
}

impl Unverified {
    /// Parses an assertion.
    pub fn parse(assertion: &str) -> Result<Self, VerifyError> {
        let compact = Compact::parse(assertion)?;
        let claims = ReceivedClaims::parse(&compact.payload)?;
        Ok(Self { compact, claims })
    }

    /// Returns the header as JSON.
    pub fn header_json(&self) -> &str {
        &self.compact.header
    }

    /// Returns the unverified claims, to find the key for [`Unverified::verify`].
    pub fn claims(&self) -> &ReceivedClaims {
        &self.claims
    }

    /// Verifies the signature. Whether the claims are acceptable is up to the caller.
    pub fn verify(self, key: &PublicKey) -> Result<Verified, VerifyError> {
        self.compact.verify(key)?;
        Ok(Verified(self.claims))
    }
}

impl fmt::Debug for Unverified {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Unverified([redacted])")
    }
}

/// A received assertion whose signature is verified.
#[derive(Debug)]
pub struct Verified(ReceivedClaims);

impl Verified {
    /// Returns the claims.
    pub fn claims(&self) -> &ReceivedClaims {
        &self.0
    }
}

/// The claims of a received assertion. Each of them may be missing.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ReceivedClaims {
    json: String,
    issuer: Option<String>,
    subject: Option<String>,
    audience: Option<String>,
    expires_at: Option<UnixTime>,
    issued_at: Option<UnixTime>,
    not_before: Option<UnixTime>,
    token_id: Option<String>,
}

impl ReceivedClaims {
    fn parse(payload: &[u8]) -> Result<Self, VerifyError> {
        let json = core::str::from_utf8(payload).map_err(|_| VerifyError::Json)?;
        let members = Members::parse(json)?;
        Ok(Self {
            issuer: members.text("iss")?,
            subject: members.text("sub")?,
            audience: members.text("aud")?,
            expires_at: members.time("exp")?,
            issued_at: members.time("iat")?,
            not_before: members.time("nbf")?,
            token_id: members.text("jti")?,
            json: json.to_string(),
        })
    }

    /// Returns `iss`, the consumer key of an app.
    pub fn issuer(&self) -> Option<&str> {
        self.issuer.as_deref()
    }

    /// Returns `sub`, the username.
    pub fn subject(&self) -> Option<&str> {
        self.subject.as_deref()
    }

    /// Returns `aud`, from a string or a list with one string.
    pub fn audience(&self) -> Option<&str> {
        self.audience.as_deref()
    }

    /// Returns `exp`, from a number or a string of digits. Salesforce accepts both.
    pub fn expires_at(&self) -> Option<UnixTime> {
        self.expires_at
    }

    /// Returns `iat`, the time of issue.
    pub fn issued_at(&self) -> Option<UnixTime> {
        self.issued_at
    }

    /// Returns `nbf`, the time before which it must not be accepted.
    pub fn not_before(&self) -> Option<UnixTime> {
        self.not_before
    }

    /// Returns `jti`, the unique id.
    pub fn token_id(&self) -> Option<&str> {
        self.token_id.as_deref()
    }

    /// Returns all claims as JSON.
    pub fn json(&self) -> &str {
        &self.json
    }
}

#[cfg(test)]
mod tests;

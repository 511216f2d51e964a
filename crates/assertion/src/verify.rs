use alloc::string::{String, ToString};
use core::fmt;

use crate::{PublicKey, UnixTime};

mod compact;
mod error;
pub use error::VerifyError;
mod members;

use compact::Compact;
use members::Members;

/// An assertion as it was received. Nobody vouches for what it says yet.
///
/// The syntax is that of [RFC 7515, Section 7.1] and nothing more lenient: three parts, base64url
/// without padding, `alg` is `RS256`, no member twice, no critical extension.
///
/// [RFC 7515, Section 7.1]: https://www.rfc-editor.org/rfc/rfc7515#section-7.1
pub struct Unverified {
    compact: Compact,
    claims: ReceivedClaims,
}

impl Unverified {
    /// Takes an assertion apart.
    pub fn parse(assertion: &str) -> Result<Self, VerifyError> {
        let compact = Compact::parse(assertion)?;
        let claims = ReceivedClaims::parse(&compact.payload)?;
        Ok(Self { compact, claims })
    }

    /// What it says about the key that signed it: the header's `kid`.
    pub fn key_id(&self) -> Option<&str> {
        self.compact.key_id.as_deref()
    }

    /// The header, as JSON.
    pub fn header_json(&self) -> &str {
        &self.compact.header
    }

    /// What it says, to find the key to verify it with.
    pub fn claims(&self) -> &ReceivedClaims {
        &self.claims
    }

    /// Checks the signature. Whether the claims are acceptable is for the caller to decide.
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

/// The claims of an assertion whose signature was checked.
#[derive(Debug)]
pub struct Verified(ReceivedClaims);

impl Verified {
    /// What the holder of the key says.
    pub fn claims(&self) -> &ReceivedClaims {
        &self.0
    }
}

/// The claims of a received assertion; each may be missing.
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

    /// Who asks: `iss`, the consumer key of an app.
    pub fn issuer(&self) -> Option<&str> {
        self.issuer.as_deref()
    }

    /// For whom: `sub`, the name of a user.
    pub fn subject(&self) -> Option<&str> {
        self.subject.as_deref()
    }

    /// Who is to accept it: `aud`, as a string or a list of one.
    pub fn audience(&self) -> Option<&str> {
        self.audience.as_deref()
    }

    /// When it ends: `exp`, as a number or a string of digits, which Salesforce takes as well.
    pub fn expires_at(&self) -> Option<UnixTime> {
        self.expires_at
    }

    /// When it was made: `iat`.
    pub fn issued_at(&self) -> Option<UnixTime> {
        self.issued_at
    }

    /// Before when it is not to be accepted: `nbf`.
    pub fn not_before(&self) -> Option<UnixTime> {
        self.not_before
    }

    /// Its own name: `jti`.
    pub fn token_id(&self) -> Option<&str> {
        self.token_id.as_deref()
    }

    /// All of the claims, as JSON.
    pub fn json(&self) -> &str {
        &self.json
    }
}

#[cfg(test)]
mod tests;

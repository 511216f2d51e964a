use alloc::borrow::Cow;
use alloc::format;
use alloc::string::String;
use core::time::Duration;

use base64ct::{Base64UrlUnpadded, Encoding};
use serde::Serialize;

use crate::{Assertion, Diagnostic, SignError, Signer, SigningInput, UnixTime};

/// The claims of an assertion: issuer, subject, audience and expiry ([RFC 7523, Section 3]).
///
/// The header is `{"alg":"RS256"}`. The claims are `iss`, `sub`, `aud` and `exp`, in this order.
/// Salesforce needs no others, and finds the certificate by the issuer.
///
/// [RFC 7523, Section 3]: https://www.rfc-editor.org/rfc/rfc7523#section-3
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Claims {
    issuer: String,
    subject: String,
    audience: String,
    expires_at: UnixTime,
}

impl Claims {
    /// Returns a builder of claims whose lifetime starts at `now`. Issuer, subject and audience are
    /// required.
    pub fn builder(now: UnixTime) -> ClaimsBuilder {
        ClaimsBuilder {
            claims: Self {
                issuer: String::new(),
                subject: String::new(),
                audience: String::new(),
                expires_at: now,
            },
            now,
            lifetime: Lifetime::DEFAULT,
        }
    }

    /// Returns the time of expiry: the `exp` claim.
    pub fn expires_at(&self) -> UnixTime {
        self.expires_at
    }

    /// Returns the bytes to sign, for an external signer.
    pub fn signing_input(&self) -> SigningInput {
        let payload = Payload {
            iss: &self.issuer,
            sub: &self.subject,
            aud: &self.audience,
            exp: self.expires_at.as_secs(),
        };
        let payload = serde_json::to_vec(&payload).expect("strings and an integer are JSON");
        let [header, payload] = [HEADER, &payload].map(Base64UrlUnpadded::encode_string);
        SigningInput::new(format!("{header}.{payload}"))
    }

    /// Signs the claims.
    ///
    /// A signature by a signer outside this crate is verified against the signer's public key
    /// before it is returned.
    pub fn sign(&self, signer: &dyn Signer) -> Result<Assertion, SignError> {
        self.signing_input().sign(signer)
    }
}

/// Builder of [`Claims`].
#[derive(Clone, Debug)]
#[must_use]
pub struct ClaimsBuilder {
    claims: Claims,
    now: UnixTime,
    lifetime: Lifetime,
}

impl ClaimsBuilder {
    /// Sets `iss`: the consumer key (client id) of the app that holds the certificate.
    pub fn issuer(mut self, issuer: impl Into<String>) -> Self {
        self.claims.issuer = issuer.into();
        self
    }

    /// Sets `sub`: the user to act as.
    pub fn subject(mut self, subject: impl Into<String>) -> Self {
        self.claims.subject = subject.into();
        self
    }

    /// Sets `aud`: the server that accepts the assertion, such as [`AUDIENCE_PRODUCTION`].
    pub fn audience(mut self, audience: impl Into<String>) -> Self {
        self.claims.audience = audience.into();
        self
    }

    /// Sets the lifetime of the assertion. The default is [`Lifetime::DEFAULT`].
    pub fn lifetime(mut self, lifetime: Lifetime) -> Self {
        self.lifetime = lifetime;
        self
    }

    /// Validates the claims.
    pub fn build(self) -> Result<Claims, ClaimsError> {
        let Self { mut claims, now, lifetime } = self;
        claims.expires_at = now.saturating_add(lifetime.as_duration());
        check("iss", &claims.issuer)?;
        check("sub", &claims.subject)?;
        check("aud", &claims.audience)?;
        Ok(claims)
    }
}

/// The lifetime of an assertion: at least a second, at most three minutes.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Lifetime(Duration);

impl Lifetime {
    /// 150 seconds: the maximum, less half a minute for clocks that differ.
    pub const DEFAULT: Self = Self(Duration::from_secs(150));

    /// 180 seconds. According to its documentation, Salesforce refuses a longer lifetime.
    pub const MAX: Self = Self(Duration::from_secs(180));

    /// Returns `None` for less than a second and for more than [`Lifetime::MAX`].
    pub fn new(lifetime: Duration) -> Option<Self> {
        let allowed = Duration::from_secs(1)..=Self::MAX.0;
        allowed.contains(&lifetime).then_some(Self(lifetime))
    }

    /// Returns the lifetime as a duration.
    pub const fn as_duration(self) -> Duration {
        self.0
    }
}

impl Default for Lifetime {
    fn default() -> Self {
        Self::DEFAULT
    }
}

/// An invalid claim. Its value is never shown.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ClaimsError {
    /// The claim contains a control character.
    #[error("`{claim}` contains a control character")]
    Control {
        /// The name of the claim.
        claim: &'static str,
    },
    /// The claim is empty or blank.
    #[error("`{claim}` is empty")]
    Empty {
        /// The name of the claim.
        claim: &'static str,
    },
    /// The claim is longer than 512 bytes.
    #[error("`{claim}` is {len} bytes long, the limit is {MAX_LEN}")]
    TooLong {
        /// The name of the claim.
        claim: &'static str,
        /// Its length in bytes.
        len: usize,
    },
}

impl Diagnostic for ClaimsError {
    fn code(&self) -> &str {
        match self {
            Self::Control { .. } => "settings.value",
            Self::Empty { .. } => "settings.missing",
            Self::TooLong { .. } => "settings.too_large",
        }
    }

    fn hint(&self) -> Option<Cow<'_, str>> {
        let (Self::Control { claim } | Self::Empty { claim } | Self::TooLong { claim, .. }) = self;
        Some(Cow::Borrowed(match *claim {
            "iss" => "give the Consumer Key of the app that holds the certificate",
            "sub" => "give the Username of the Salesforce user, such as user@acme.com",
            _ => "give the audience, such as https://login.salesforce.com",
        }))
    }
}

/// The `grant_type` of a token request with an assertion ([RFC 7523, Section 2.1]).
///
/// [RFC 7523, Section 2.1]: https://www.rfc-editor.org/rfc/rfc7523#section-2.1
pub const GRANT_TYPE: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";

/// The audience for production orgs and Developer Edition.
pub const AUDIENCE_PRODUCTION: &str = "https://login.salesforce.com";

/// The audience for sandboxes.
pub const AUDIENCE_SANDBOX: &str = "https://test.salesforce.com";

const HEADER: &[u8] = br#"{"alg":"RS256"}"#;

// The order of the fields is the order on the wire.
#[derive(Serialize)]
struct Payload<'a> {
    iss: &'a str,
    sub: &'a str,
    aud: &'a str,
    exp: u64,
}

fn check(claim: &'static str, value: &str) -> Result<(), ClaimsError> {
    if value.trim().is_empty() {
        return Err(ClaimsError::Empty { claim });
    }
    if value.len() > MAX_LEN {
        return Err(ClaimsError::TooLong { claim, len: value.len() });
    }
    if value.chars().any(char::is_control) {
        return Err(ClaimsError::Control { claim });
    }
    Ok(())
}

const MAX_LEN: usize = 512;

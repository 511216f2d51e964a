use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use http::HeaderValue;
use orgtoken_assertion::UnixTime;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use crate::endpoint::{InstanceUrl, LoginUrl};
use crate::response::TokenResponseError;

/// An access token. Anyone who has it can act as the user until it expires.
///
/// It implements neither `Display` nor `Serialize`, `Deref` or `Clone`. [`AccessToken::secret`] is
/// the only access.
pub struct AccessToken(Zeroizing<String>);

impl AccessToken {
    /// Accepts what an `Authorization` header can contain: visible ASCII, at most 8 KiB.
    ///
    /// # Errors
    ///
    /// [`TokenResponseError::TokenSyntax`] or [`TokenResponseError::MissingToken`].
    pub fn parse(text: &str) -> Result<Self, TokenResponseError> {
        let refuse = |what| Err(TokenResponseError::TokenSyntax { length: text.len(), what });
        if text.is_empty() {
            Err(TokenResponseError::MissingToken { found: "empty" })
        } else if text.len() > LIMIT {
            refuse("is longer than 8 KiB")
        } else if text.bytes().any(|byte| !byte.is_ascii()) {
            // `str::is_ascii` leaves a copy on the stack, in a build without optimisation.
            refuse("has characters beyond ASCII")
        } else if text.bytes().any(|byte| byte.is_ascii_control()) {
            refuse("has control characters or line breaks")
        } else if text.contains(' ') {
            refuse("has a blank")
        } else {
            Ok(Self(Zeroizing::new(text.to_owned())))
        }
    }

    /// Returns the token.
    pub fn secret(&self) -> &str {
        &self.0
    }

    /// Returns the value of an `Authorization` header ([RFC 6750, Section 2.1]), marked as
    /// sensitive. It is wiped when its last copy is dropped.
    ///
    /// [RFC 6750, Section 2.1]: https://www.rfc-editor.org/rfc/rfc6750#section-2.1
    pub fn authorization(&self) -> HeaderValue {
        let value = Zeroizing::new(format!("Bearer {}", self.secret()).into_bytes());
        let mut value = HeaderValue::from_maybe_shared(Bytes::from_owner(value))
            .expect("`AccessToken::parse` takes visible ASCII only");
        value.set_sensitive(true);
        value
    }

    /// Whether both tokens are equal, compared in constant time.
    #[must_use]
    pub fn is(&self, other: &Self) -> bool {
        self.0.as_bytes().ct_eq(other.0.as_bytes()).into()
    }

    /// Whether this is a JWT, which has its own expiry, and not an opaque session id.
    pub(crate) fn is_jwt(&self) -> bool {
        self.0.starts_with("eyJ") && self.0.split('.').count() == 3
    }
}

impl fmt::Debug for AccessToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AccessToken([redacted])")
    }
}

/// A successful response of a token endpoint ([RFC 6749, Section 5.1]).
///
/// [RFC 6749, Section 5.1]: https://www.rfc-editor.org/rfc/rfc6749#section-5.1
#[derive(Debug)]
pub struct Token {
    pub(crate) access_token: AccessToken,
    pub(crate) instance_url: InstanceUrl,
    pub(crate) community_url: Option<LoginUrl>,
    pub(crate) scope: Option<String>,
    pub(crate) received_at: UnixTime,
    /// The expiry according to the token or its response.
    pub(crate) ends_at: Option<UnixTime>,
    pub(crate) lifetime: Option<Duration>,
}

impl Token {
    /// The lifetime of a token if neither the token nor its response nor the operator sets one:
    /// less than the shortest session timeout of an org.
    pub const DEFAULT_LIFETIME: Duration = Duration::from_secs(10 * 60);

    /// Returns a token from another source, for the org at `instance_url`. Its lifetime begins now.
    pub fn existing(
        access_token: AccessToken,
        instance_url: InstanceUrl,
        received_at: UnixTime,
    ) -> Self {
        Self {
            access_token,
            instance_url,
            community_url: None,
            scope: None,
            received_at,
            ends_at: None,
            lifetime: None,
        }
    }

    /// Returns the token.
    pub fn access_token(&self) -> &AccessToken {
        &self.access_token
    }

    /// Returns the URL of the instance of the org.
    pub fn instance_url(&self) -> &InstanceUrl {
        &self.instance_url
    }

    /// Returns the base URL of API calls: the site of an Experience Cloud user, if its host is
    /// allowed, or else the instance. The instance would refuse such a user.
    pub fn base_url(&self) -> &str {
        self.community_url.as_ref().map_or(self.instance_url.as_str(), LoginUrl::as_str)
    }

    /// Returns the scope, such as `api id`, if the response has one.
    pub fn scope(&self) -> Option<&str> {
        self.scope.as_deref()
    }

    /// Returns the time of arrival by the local clock.
    pub fn received_at(&self) -> UnixTime {
        self.received_at
    }

    /// Sets the lifetime of the token. The default is [`Token::DEFAULT_LIFETIME`]. An earlier
    /// expiry of the token or its response takes precedence.
    #[must_use]
    pub fn lifetime(self, lifetime: Duration) -> Self {
        Self { lifetime: Some(lifetime), ..self }
    }

    /// Returns the time of expiry.
    ///
    /// A JWT expires 60 s before its `exp`. Otherwise `expires_in` counts, which this flow normally
    /// does not send, then [`Token::lifetime`]. An org may end a session earlier.
    pub fn expires_at(&self) -> UnixTime {
        let by_lifetime = self.lifetime.map(|lifetime| self.received_at.saturating_add(lifetime));
        match (self.ends_at, by_lifetime) {
            (Some(ends_at), Some(end)) => ends_at.min(end),
            (Some(end), None) | (None, Some(end)) => end,
            (None, None) => self.received_at.saturating_add(Self::DEFAULT_LIFETIME),
        }
    }

    /// Returns a notice if the token is for another host than the settings name.
    pub fn instance_notice(&self, expected: &InstanceUrl) -> Option<String> {
        let (got, expected) = (&self.instance_url, expected);
        (got != expected).then(|| {
            format!(
                "the token is for `{}`, but the settings name `{}`: the host of the token is used",
                got.as_str(),
                expected.as_str()
            )
        })
    }
}

const LIMIT: usize = 8 * 1024;

#[cfg(test)]
mod tests {
    use orgtoken_assertion::Diagnostic;

    use super::*;

    #[test]
    fn debug_shows_no_part_of_the_token() {
        let token = AccessToken::parse("00Dxx0000006JFr!s3cr3t").unwrap();
        assert_eq!(
            format!("{token:?} {token:#?}"),
            "AccessToken([redacted]) AccessToken([redacted])"
        );
    }

    #[test]
    fn only_equal_tokens_are_the_same() {
        let parse = |text| AccessToken::parse(text).unwrap();
        let token = parse("00Dxx0000006JFr!s3cr3t");
        for (other, same) in [
            ("00Dxx0000006JFr!s3cr3t", true),
            ("00Dxx0000006JFr!s3cr3T", false),
            ("00Dxx0000006JFr!s3cr3", false),
            ("00Dxx0000006JFr!s3cr3tt", false),
        ] {
            assert_eq!(token.is(&parse(other)), same, "{other}");
        }
    }

    #[test]
    fn text_that_no_header_can_contain_is_refused() {
        for (name, text, code) in [
            ("empty", "", "resp.missing_token"),
            ("line break", "s3cr3t\n", "resp.token_syntax"),
            ("blank", "s3cr3t ", "resp.token_syntax"),
            ("not ASCII", "s3cr3t\u{e9}", "resp.token_syntax"),
        ] {
            let error = AccessToken::parse(text).expect_err(name);
            assert_eq!(error.code(), code, "{name}");
            assert!(!format!("{error} {error:?}").contains("s3cr3t"), "{name}");
        }
    }

    #[test]
    fn jwts_are_distinguished_from_session_ids() {
        assert!(AccessToken::parse("eyJhbGciOiJSUzI1NiJ9.e30.c2ln").unwrap().is_jwt());
        assert!(!AccessToken::parse("00Dxx0000006JFr!AR8.AQ.x").unwrap().is_jwt());
    }
}

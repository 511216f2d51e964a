use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use http::HeaderValue;
use orgtoken_assertion::UnixTime;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use crate::endpoint::{InstanceUrl, LoginUrl};
use crate::identity::IdentityUrl;
use crate::response::TokenResponseError;

/// An access token: whoever holds it acts as the user until it ends.
///
/// There is no `Display`, `Serialize`, `Deref` or `Clone`. [`AccessToken::secret`] is the only
/// way out.
pub struct AccessToken(Zeroizing<String>);

impl AccessToken {
    /// Takes what an `Authorization` header can carry: visible ASCII, at most 8 KiB.
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
        } else if !text.is_ascii() {
            refuse("has characters beyond ASCII")
        } else if text.bytes().any(|byte| byte.is_ascii_control()) {
            refuse("has control characters or line breaks")
        } else if text.contains(' ') {
            refuse("has a blank")
        } else {
            Ok(Self(Zeroizing::new(text.to_owned())))
        }
    }

    /// The token itself.
    pub fn secret(&self) -> &str {
        &self.0
    }

    /// The value of an `Authorization` header ([RFC 6750, Section 2.1]), marked as sensitive. It is
    /// wiped when its last copy is dropped.
    ///
    /// [RFC 6750, Section 2.1]: https://www.rfc-editor.org/rfc/rfc6750#section-2.1
    pub fn authorization(&self) -> HeaderValue {
        let value = Zeroizing::new(format!("Bearer {}", self.secret()).into_bytes());
        let mut value = HeaderValue::from_maybe_shared(Bytes::from_owner(value))
            .expect("`AccessToken::parse` takes visible ASCII only");
        value.set_sensitive(true);
        value
    }

    /// Is the other one the same token? Takes as long for a near miss as for a wild guess.
    #[must_use]
    pub fn is(&self, other: &Self) -> bool {
        self.0.as_bytes().ct_eq(other.0.as_bytes()).into()
    }

    /// Is it a JWT, with an end of its own, or an opaque session id?
    pub fn is_jwt(&self) -> bool {
        self.0.starts_with("eyJ") && self.0.split('.').count() == 3
    }
}

impl fmt::Debug for AccessToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AccessToken([redacted])")
    }
}

/// What a token endpoint granted ([RFC 6749, Section 5.1]).
///
/// [RFC 6749, Section 5.1]: https://www.rfc-editor.org/rfc/rfc6749#section-5.1
#[derive(Debug)]
pub struct Token {
    pub(crate) access_token: AccessToken,
    pub(crate) instance_url: InstanceUrl,
    pub(crate) community_url: Option<LoginUrl>,
    pub(crate) identity: Option<IdentityUrl>,
    pub(crate) scope: Option<String>,
    pub(crate) issued_at: Option<UnixTime>,
    pub(crate) received_at: UnixTime,
    /// What the answer itself says about the token's end.
    pub(crate) ends_at: Option<UnixTime>,
    pub(crate) lifetime: Option<Duration>,
}

impl Token {
    /// How long a token is taken to live if neither it, nor its answer, nor an operator says:
    /// less than the shortest session timeout that an org can choose.
    pub const DEFAULT_LIFETIME: Duration = Duration::from_secs(10 * 60);

    /// A token that somebody else obtained, for the org at `instance_url`. It is taken to be as
    /// fresh as a new one.
    pub fn existing(
        access_token: AccessToken,
        instance_url: InstanceUrl,
        received_at: UnixTime,
    ) -> Self {
        Self {
            access_token,
            instance_url,
            community_url: None,
            identity: None,
            scope: None,
            issued_at: None,
            received_at,
            ends_at: None,
            lifetime: None,
        }
    }

    /// The token itself.
    pub fn access_token(&self) -> &AccessToken {
        &self.access_token
    }

    /// Where it is good for: the base of every API call.
    pub fn instance_url(&self) -> &InstanceUrl {
        &self.instance_url
    }

    /// The site of an Experience Cloud user, if its host is allowed.
    pub fn community_url(&self) -> Option<&LoginUrl> {
        self.community_url.as_ref()
    }

    /// Whose token it is.
    pub fn identity(&self) -> Option<&IdentityUrl> {
        self.identity.as_ref()
    }

    /// What it may be used for, as the answer says it: `api id`.
    pub fn scope(&self) -> Option<&str> {
        self.scope.as_deref()
    }

    /// By the server's clock, if it says so.
    pub fn issued_at(&self) -> Option<UnixTime> {
        self.issued_at
    }

    /// By the local clock.
    pub fn received_at(&self) -> UnixTime {
        self.received_at
    }

    /// Sets how long the token lives, [`Token::DEFAULT_LIFETIME`] unless told. An end that the
    /// token or its answer names stays, if it is earlier.
    #[must_use]
    pub fn lifetime(self, lifetime: Duration) -> Self {
        Self { lifetime: Some(lifetime), ..self }
    }

    /// When to stop using it.
    ///
    /// A JWT ends 60 s before its `exp`; else `expires_in` counts, which this flow does not
    /// normally send; else what [`Token::lifetime`] was told. An org may end a session sooner.
    pub fn expires_at(&self) -> UnixTime {
        let told = self.lifetime.map(|lifetime| self.received_at.saturating_add(lifetime));
        match (self.ends_at, told) {
            (Some(ends_at), Some(told)) => ends_at.min(told),
            (Some(end), None) | (None, Some(end)) => end,
            (None, None) => self.received_at.saturating_add(Self::DEFAULT_LIFETIME),
        }
    }

    /// What to say if the token is for another host than the settings expect.
    pub fn instance_notice(&self, expected: &InstanceUrl) -> Option<String> {
        let (got, expected) = (&self.instance_url, expected);
        (got != expected).then(|| {
            format!(
                "the token is for `{}`, the settings name `{}`: the token's host is used",
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
    fn d2_debug_shows_no_part_of_the_token() {
        let token = AccessToken::parse("00Dxx0000006JFr!s3cr3t").unwrap();
        assert_eq!(
            format!("{token:?} {token:#?}"),
            "AccessToken([redacted]) AccessToken([redacted])"
        );
    }

    #[test]
    fn d18_only_the_whole_of_it_is_the_same_token() {
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
    fn a95_what_no_header_can_carry_is_no_token() {
        for (name, text, code) in [
            ("A94 empty", "", "resp.missing_token"),
            ("A95 line break", "s3cr3t\n", "resp.token_syntax"),
            ("A95 blank", "s3cr3t ", "resp.token_syntax"),
            ("A95 not ASCII", "s3cr3t\u{e9}", "resp.token_syntax"),
        ] {
            let error = AccessToken::parse(text).expect_err(name);
            assert_eq!(error.code(), code, "{name}");
            assert!(!format!("{error} {error:?}").contains("s3cr3t"), "{name}");
        }
    }

    #[test]
    fn jwts_are_told_from_session_ids() {
        assert!(AccessToken::parse("eyJhbGciOiJSUzI1NiJ9.e30.c2ln").unwrap().is_jwt());
        assert!(!AccessToken::parse("00Dxx0000006JFr!AR8.AQ.x").unwrap().is_jwt());
    }
}

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use arc_swap::ArcSwapOption;
use base64ct::{Base64UrlUnpadded, Encoding};
use orgtoken_assertion::Diagnostic;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

/// The bearer token that TCP clients send. It gives access to everything that a listener serves.
///
/// There is no `Display`, `Serialize`, `Deref` or `Clone`: only [`Bearer::secret`] gives the text.
pub struct Bearer(Zeroizing<String>);

impl Bearer {
    /// Generates a token of 256 random bits.
    pub fn generate() -> Result<Self, BearerError> {
        let mut bits = Zeroizing::new([0; 32]);
        getrandom::fill(&mut *bits).map_err(|_| BearerError::Random)?;
        Ok(Self(Zeroizing::new(Base64UrlUnpadded::encode_string(&*bits))))
    }

    /// Parses the content of a file; whitespace around the token is ignored.
    ///
    /// A token has at least 32 characters of visible ASCII.
    pub fn parse(text: &str) -> Result<Self, BearerError> {
        let text = text.trim();
        if text.len() < SHORTEST {
            return Err(BearerError::Short);
        }
        if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(BearerError::Text);
        }
        Ok(Self(Zeroizing::new(text.to_owned())))
    }

    /// The text that a client sends after `Authorization: Bearer `.
    pub fn secret(&self) -> &str {
        &self.0
    }

    /// Whether the header has this token, compared in constant time.
    pub(crate) fn admits(&self, authorization: &[u8]) -> bool {
        authorization.split_at_checked(SCHEME.len()).is_some_and(|(scheme, shown)| {
            scheme.eq_ignore_ascii_case(SCHEME) && bool::from(shown.ct_eq(self.0.as_bytes()))
        })
    }
}

/// Compares in constant time if the lengths are equal.
impl PartialEq for Bearer {
    fn eq(&self, other: &Self) -> bool {
        self.0.as_bytes().ct_eq(other.0.as_bytes()).into()
    }
}

impl Eq for Bearer {}

impl fmt::Debug for Bearer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Bearer([redacted])")
    }
}

/// The bearer token that is valid now for the clients of a listener
/// ([`Listener::bearer`](crate::Listener::bearer)).
///
/// All clones share the token, and a replaced token takes effect on open connections, too. Without a
/// token, every request that needs it is rejected.
#[derive(Clone, Debug, Default)]
pub struct CurrentBearer(Arc<ArcSwapOption<Bearer>>);

impl CurrentBearer {
    /// Replaces the token.
    pub fn set(&self, bearer: Option<Bearer>) {
        self.0.store(bearer.map(Arc::new));
    }

    pub(crate) fn admits(&self, authorization: &[u8]) -> bool {
        self.0.load().as_ref().is_some_and(|bearer| bearer.admits(authorization))
    }
}

impl From<Bearer> for CurrentBearer {
    fn from(bearer: Bearer) -> Self {
        let current = Self::default();
        current.set(Some(bearer));
        current
    }
}

/// An invalid bearer token, or one that cannot be generated.
#[derive(Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum BearerError {
    /// The system has no random numbers.
    #[error("the system has no random numbers")]
    Random,
    /// It is too short.
    #[error("the bearer token has fewer than {SHORTEST} characters")]
    Short,
    /// It has characters that are not visible ASCII.
    #[error("the bearer token has characters that are not visible ASCII")]
    Text,
}

impl Diagnostic for BearerError {
    fn code(&self) -> &str {
        match self {
            Self::Random => "io.random",
            Self::Short | Self::Text => "settings.bearer",
        }
    }

    fn hint(&self) -> Option<Cow<'_, str>> {
        Some(match self {
            Self::Random => {
                "fix the random number generator of the system; logins need it as well".into()
            }
            Self::Short | Self::Text => {
                "name a file that does not exist: the service creates it with a new token".into()
            }
        })
    }
}

const SCHEME: &[u8] = b"Bearer ";
const SHORTEST: usize = 32;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn generated_tokens_differ_and_can_be_parsed() {
        let (one, other) = (Bearer::generate().unwrap(), Bearer::generate().unwrap());
        assert_ne!(one, other);
        assert_eq!(one.secret().len(), 43);
        let read = Bearer::parse(&format!("{}\n", one.secret())).unwrap();
        assert_eq!(read, one);
    }

    #[test]
    fn only_the_whole_bearer_token_is_accepted() {
        let bearer = Bearer::parse("0123456789abcdef0123456789abcdef").unwrap();
        for (name, header, admitted) in [
            ("it", "Bearer 0123456789abcdef0123456789abcdef", true),
            ("scheme in another case", "bearer 0123456789abcdef0123456789abcdef", true),
            ("nothing", "", false),
            ("no scheme", "0123456789abcdef0123456789abcdef", false),
            ("another scheme", "Basic 0123456789abcdef0123456789abcdef", false),
            ("a part", "Bearer 0123456789abcdef0123456789abcde", false),
            ("more", "Bearer 0123456789abcdef0123456789abcdef0", false),
            ("another", "Bearer 0123456789abcdef0123456789abcdee", false),
        ] {
            assert_eq!(bearer.admits(header.as_bytes()), admitted, "{name}");
        }
    }

    #[test]
    fn invalid_tokens_are_refused() {
        for (name, text, error) in [
            ("empty", "", BearerError::Short),
            ("short", "0123456789abcdef0123456789abcde", BearerError::Short),
            ("two lines", "0123456789abcdef0123456789abcdef\nx", BearerError::Text),
            ("accents", "0123456789abcdef0123456789abcdeé", BearerError::Text),
        ] {
            assert_eq!(Bearer::parse(text).unwrap_err(), error, "{name}");
        }
    }

    #[test]
    fn debug_shows_no_part_of_the_bearer_token() {
        let bearer = Bearer::parse("0123456789abcdef0123456789abcdef").unwrap();
        assert_eq!(format!("{bearer:?}"), "Bearer([redacted])");
    }
}

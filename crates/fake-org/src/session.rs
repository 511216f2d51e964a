//! Access tokens and their lifetimes.

use std::collections::HashMap;
use std::fmt;
use std::time::Duration;

use jiff::Timestamp;

use crate::clock::after;

/// The valid tokens.
#[derive(Default)]
pub(crate) struct Sessions(HashMap<String, Session>);

#[derive(Clone, Debug)]
pub(crate) struct Session {
    pub(crate) user_id: String,
    /// Whether the token is a JWT, whose expiry is fixed.
    pub(crate) is_jwt: bool,
    pub(crate) expires_at: Timestamp,
}

impl Sessions {
    /// Adds the session of a new token.
    pub(crate) fn insert(&mut self, token: String, session: Session) {
        self.0.insert(token, session);
    }

    /// Returns the session of a valid token. Using an opaque token extends its lifetime.
    pub(crate) fn touch(
        &mut self,
        token: &str,
        now: Timestamp,
        lifetime: Duration,
    ) -> Option<Session> {
        let session = self.0.get_mut(token).filter(|session| now < session.expires_at)?;
        if !session.is_jwt {
            session.expires_at = after(now, lifetime);
        }
        Some(session.clone())
    }

    /// Revokes a token. Returns `false` if it was not valid.
    pub(crate) fn revoke(&mut self, token: &str) -> bool {
        self.0.remove(token).is_some()
    }

    /// Revokes all tokens.
    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }
}

impl fmt::Debug for Sessions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sessions({} live, [redacted])", self.0.len())
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use jiff::Timestamp;

    use super::{Session, Sessions};
    use crate::clock::after;

    fn sessions(is_jwt: bool) -> Sessions {
        let mut sessions = Sessions::default();
        let session = Session { user_id: "005xx".to_owned(), is_jwt, expires_at: at(60) };
        sessions.insert(TOKEN.to_owned(), session);
        sessions
    }

    fn at(seconds: u64) -> Timestamp {
        after(Timestamp::default(), Duration::from_secs(seconds))
    }

    #[test]
    fn use_extends_an_opaque_token_and_not_a_jwt() {
        for is_jwt in [false, true] {
            let mut sessions = sessions(is_jwt);
            assert!(sessions.touch(TOKEN, at(59), MINUTE).is_some(), "{is_jwt}");
            assert_eq!(sessions.touch(TOKEN, at(61), MINUTE).is_some(), !is_jwt, "{is_jwt}");
        }
    }

    #[test]
    fn revoked_token_is_not_valid() {
        let mut sessions = sessions(false);
        assert!(sessions.revoke(TOKEN) && !sessions.revoke(TOKEN));
        assert!(sessions.touch(TOKEN, at(0), MINUTE).is_none());
    }

    #[test]
    fn debug_shows_no_token() {
        assert!(!format!("{:?}", sessions(false)).contains(TOKEN));
    }

    const MINUTE: Duration = Duration::from_secs(60);
    const TOKEN: &str = "00Dxx0000000001!AQ";
}

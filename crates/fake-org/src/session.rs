//! Access tokens and their lifetimes.

use std::collections::HashMap;
use std::fmt;
use std::time::Duration;

use base64ct::{Base64UrlUnpadded, Encoding};
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::clock::after;
use crate::id;

/// The format of access tokens.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, clap::ValueEnum)]
#[non_exhaustive]
pub enum TokenFormat {
    /// A JWT with a fixed expiry, as from an app that issues JWT-based access tokens.
    Jwt,
    /// `00D…!…`. It expires when it has not been used for its lifetime.
    #[default]
    Opaque,
}

/// The valid tokens.
#[derive(Default)]
pub(crate) struct Sessions {
    live: HashMap<String, Session>,
    issued: u64,
}

#[derive(Clone, Debug)]
pub(crate) struct Session {
    pub(crate) user_id: String,
    pub(crate) format: TokenFormat,
    pub(crate) expires_at: Timestamp,
}

/// The properties of a token to be issued.
pub(crate) struct Grant<'a> {
    pub(crate) org_id: &'a str,
    pub(crate) user_id: &'a str,
    pub(crate) client_id: &'a str,
    pub(crate) issuer: &'a str,
    pub(crate) scope: &'a str,
    pub(crate) now: Timestamp,
    pub(crate) lifetime: Duration,
}

impl Sessions {
    /// Issues a token.
    pub(crate) fn issue(&mut self, grant: &Grant<'_>, format: TokenFormat) -> String {
        self.issued += 1;
        let token = match format {
            TokenFormat::Jwt => jwt(grant, self.issued),
            TokenFormat::Opaque => opaque(grant.org_id, self.issued),
        };
        let session = Session {
            user_id: grant.user_id.to_owned(),
            format,
            expires_at: after(grant.now, grant.lifetime),
        };
        self.live.insert(token.clone(), session);
        token
    }

    /// Returns the session of a valid token. Using an opaque token extends its lifetime.
    pub(crate) fn touch(
        &mut self,
        token: &str,
        now: Timestamp,
        lifetime: Duration,
    ) -> Option<Session> {
        let session = self.live.get_mut(token).filter(|session| now < session.expires_at)?;
        if session.format == TokenFormat::Opaque {
            session.expires_at = after(now, lifetime);
        }
        Some(session.clone())
    }

    /// Revokes a token. Returns `false` if it was not valid.
    pub(crate) fn revoke(&mut self, token: &str) -> bool {
        self.live.remove(token).is_some()
    }

    /// Revokes all tokens.
    pub(crate) fn clear(&mut self) {
        self.live.clear();
    }
}

impl fmt::Debug for Sessions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sessions({} live, [redacted])", self.live.len())
    }
}

fn opaque(org_id: &str, number: u64) -> String {
    format!("{}!AQ{}", &org_id[..15], id::random_token(94, number))
}

/// Returns a JWT with the claims of a real one. The signature is random because clients do not check
/// it.
fn jwt(grant: &Grant<'_>, number: u64) -> String {
    let (issued, end) = (grant.now.as_second(), after(grant.now, grant.lifetime).as_second());
    let header = json!({
        "tnk": format!("core/fake/{}", grant.org_id), "ver": "1.0",
        "kid": format!("CORE_ATJWT.{}.{}", grant.org_id, grant.now.as_millisecond()),
        "tty": "sfdc-core-token", "typ": "JWT", "alg": "RS256",
    });
    let payload = json!({
        "scp": grant.scope, "aud": [grant.issuer], "sub": format!("uid:{}", grant.user_id),
        "nbf": issued - 15, "mty": "oauth", "sfi": id::random_token(16, number),
        "roles": [], "iss": grant.issuer, "hsc": false, "exp": end, "iat": issued,
        "client_id": grant.client_id,
    });
    let part = |value: &Value| Base64UrlUnpadded::encode_string(value.to_string().as_bytes());
    let filler = Base64UrlUnpadded::encode_string(id::random_token(256, number).as_bytes());
    format!("{}.{}.{filler}", part(&header), part(&payload))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use jiff::Timestamp;

    use super::{Grant, Sessions, TokenFormat};
    use crate::clock::after;

    fn grant() -> Grant<'static> {
        Grant {
            org_id: "00Dxx0000000001AAA",
            user_id: "005xx0000000001AAA",
            client_id: "3MVG9",
            issuer: "https://acme.my.salesforce.com",
            scope: "api",
            now: Timestamp::default(),
            lifetime: MINUTE,
        }
    }

    fn at(seconds: u64) -> Timestamp {
        after(Timestamp::default(), Duration::from_secs(seconds))
    }

    #[test]
    fn use_extends_an_opaque_token_and_not_a_jwt() {
        for (format, good_later) in [(TokenFormat::Opaque, true), (TokenFormat::Jwt, false)] {
            let mut sessions = Sessions::default();
            let token = sessions.issue(&grant(), format);
            assert!(sessions.touch(&token, at(59), MINUTE).is_some(), "{format:?}");
            assert_eq!(sessions.touch(&token, at(61), MINUTE).is_some(), good_later, "{format:?}");
        }
    }

    #[test]
    fn revoked_token_is_not_valid() {
        let mut sessions = Sessions::default();
        let token = sessions.issue(&grant(), TokenFormat::Opaque);
        assert!(sessions.revoke(&token) && !sessions.revoke(&token));
        assert!(sessions.touch(&token, at(0), MINUTE).is_none());
    }

    #[test]
    fn debug_shows_no_token() {
        let mut sessions = Sessions::default();
        let token = sessions.issue(&grant(), TokenFormat::Opaque);
        assert!(!format!("{sessions:?}").contains(&token));
    }

    const MINUTE: Duration = Duration::from_secs(60);
}

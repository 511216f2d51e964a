use std::borrow::Cow;
use std::fmt;

use orgtoken_assertion::Diagnostic;
use orgtoken_oauth::AllowedHosts;
use redis::{ConnectionAddr, IntoConnectionInfo, RedisConnectionInfo};
use zeroize::Zeroizing;

use crate::transport::Origin;

/// The address of a Redis server, and the user to log in as.
pub(super) struct Address {
    pub(super) origin: Origin,
    pub(super) login: RedisConnectionInfo,
}

impl Address {
    pub(super) fn parse(url: &str, allowed: &AllowedHosts) -> Result<Self, RedisUrlError> {
        // The transport adds TLS, so the redis crate only gets the plain scheme.
        let (tls, rest) = match (url.strip_prefix("rediss://"), url.strip_prefix("redis://")) {
            (Some(rest), _) => (true, rest),
            (None, Some(rest)) => (false, rest),
            (None, None) => return Err(RedisUrlError::Scheme),
        };
        if rest.contains('#') {
            return Err(RedisUrlError::Insecure);
        }
        let plain = Zeroizing::new(format!("redis://{rest}"));
        let info = plain.as_str().into_connection_info();
        let info = info.map_err(|_| RedisUrlError::Syntax)?;
        let ConnectionAddr::Tcp(host, port) = info.addr() else {
            return Err(RedisUrlError::Syntax);
        };
        let host = host.trim_start_matches('[').trim_end_matches(']').to_owned();
        let origin = Origin { host, port: *port, tls };
        if !tls && !origin.is_loopback() && !allowed.contains(&origin.host) {
            return Err(RedisUrlError::NotEncrypted);
        }
        Ok(Self { origin, login: info.redis_settings().clone().set_skip_set_lib_name() })
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.origin.tls { "rediss" } else { "redis" };
        write!(f, "{scheme}://{}", self.origin)
    }
}

/// An invalid URL of a Redis server. The URL is not shown, since it may contain a password.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum RedisUrlError {
    /// It has an option such as `#insecure`.
    #[error("the URL of the cache has an option after `#`")]
    Insecure,
    /// It is `redis://` to a host that may not be used without TLS.
    #[error("refusing an unencrypted connection to the cache")]
    NotEncrypted,
    /// It has another scheme.
    #[error("the URL of the cache begins with neither `redis://` nor `rediss://`")]
    Scheme,
    /// It is not a valid URL.
    #[error("invalid URL of the cache")]
    Syntax,
}

impl Diagnostic for RedisUrlError {
    fn code(&self) -> &str {
        "settings.cache"
    }

    fn hint(&self) -> Option<Cow<'_, str>> {
        Some(Cow::Borrowed(match self {
            Self::Insecure => "remove the option after `#`; certificates are always verified",
            Self::NotEncrypted => {
                "use `rediss://`, or add the host to `allow_hosts` if the network is trusted"
            }
            Self::Scheme | Self::Syntax => {
                "use the form `rediss://USER:PASSWORD@HOST:PORT/DATABASE`, with special characters \
                 of the password as `%XX`"
            }
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn url_is_parsed_and_its_password_is_not_shown() {
        let allowed = AllowedHosts::parse(["cache.acme.com"]).unwrap();
        for (url, at) in [
            ("redis://127.0.0.1:6380", Ok("redis://127.0.0.1:6380")),
            ("redis://cache.acme.com", Ok("redis://cache.acme.com:6379")),
            ("redis://localhost/1", Ok("redis://localhost:6379")),
            ("rediss://robot:pa55@cache.acme.com:6380/2", Ok("rediss://cache.acme.com:6380")),
            ("redis://[::1]:6380", Ok("redis://[::1]:6380")),
            ("rediss://cache.acme.com/#insecure", Err(RedisUrlError::Insecure)),
            ("unix:///run/redis.sock", Err(RedisUrlError::Scheme)),
            ("redis://:pa55@:x", Err(RedisUrlError::Syntax)),
        ] {
            let parsed = Address::parse(url, &allowed).map(|address| format!("{address:?}"));
            assert_eq!(parsed.as_deref().map_err(|error| *error), at, "{url}");
        }
    }
    #[test]
    fn unencrypted_cache_needs_an_allowed_host() {
        let (none, acme) = (AllowedHosts::none(), AllowedHosts::parse(["cache.acme.com"]).unwrap());
        for (url, allowed, refused) in [
            ("redis://cache.acme.com", &none, true),
            ("redis://:pa55@cache.acme.com:6380/2", &none, true),
            ("redis://10.0.0.5", &none, true),
            ("redis://other.acme.com", &acme, true),
            ("redis://cache.acme.com.evil.com", &acme, true),
            ("redis://localhost.evil.com", &none, true),
            ("redis://cache.acme.com", &acme, false),
            ("redis://CACHE.acme.com", &acme, false),
            ("rediss://cache.acme.com", &none, false),
            ("redis://127.0.0.2", &none, false),
            ("redis://[::1]", &none, false),
        ] {
            let error = Address::parse(url, allowed).err();
            assert_eq!(error, refused.then_some(RedisUrlError::NotEncrypted), "{url}");
        }
    }
}

//! A settings record of Onify Hub.

use std::borrow::Cow;

use bytes::Bytes;
use http::header::{ACCEPT, AUTHORIZATION};
use http::{HeaderValue, Request, StatusCode};
use orgtoken_assertion::Diagnostic;
use orgtoken_oauth::redact;
use zeroize::Zeroizing;

use crate::{Transport, TransportError};

/// Fetches a settings record from Onify Hub. It is not written to a disk.
///
/// * `url`: the address of the Hub, with or without `/api/v2`
/// * `key`: the key of the record; its first underscore may be left out
/// * `token`: the Hub's token, with or without `Bearer `
pub async fn fetch_record(
    transport: &Transport,
    url: &str,
    key: &str,
    token: &[u8],
) -> Result<Zeroizing<Vec<u8>>, HubError> {
    let key = stored_key(key)?;
    let response = transport.exchange(request(url, &key, token)?).await?;
    match response.status() {
        StatusCode::OK => Ok(Zeroizing::new(response.into_body().to_vec())),
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => Err(HubError::Refused),
        StatusCode::NOT_FOUND => Err(HubError::NoRecord { key }),
        status => Err(HubError::Status { status }),
    }
}

fn request(url: &str, key: &str, token: &[u8]) -> Result<Request<Bytes>, HubError> {
    let base = url.trim_end_matches('/').trim_end_matches("/api/v2");
    let authority = base.split_once("://").map_or(base, |(_, rest)| rest).split('/').next();
    if authority.is_some_and(|authority| authority.contains('@')) {
        return Err(HubError::Credentials);
    }
    let request = Request::get(format!("{base}/api/v2/my/config/settings/{key}"))
        .header(ACCEPT, "application/json")
        .header(AUTHORIZATION, authorization(token)?)
        .body(Bytes::new());
    request.map_err(|_| HubError::Address)
}

/// The key as the Hub stores it: with the underscore that its admin page leaves out.
fn stored_key(key: &str) -> Result<String, HubError> {
    let is_valid = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    if !key.chars().all(is_valid) {
        return Err(HubError::Key);
    }
    Ok(format!("_{}", key.trim_start_matches('_')))
}

fn authorization(token: &[u8]) -> Result<HeaderValue, HubError> {
    let text = Zeroizing::new(String::from_utf8_lossy(token).into_owned());
    let text = match text.trim() {
        "" => return Err(HubError::Token),
        text if text.contains(' ') => Zeroizing::new(text.to_owned()),
        text => Zeroizing::new(format!("Bearer {text}")),
    };
    let mut value = HeaderValue::from_str(&text).map_err(|_| HubError::Token)?;
    value.set_sensitive(true);
    Ok(value)
}

/// A record that could not be fetched from the Hub.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HubError {
    /// The address is not a URL.
    #[error("invalid Hub URL")]
    Address,
    /// The address contains a user name or a password.
    #[error("the Hub URL has a user name or password before the host")]
    Credentials,
    /// The key has a character that the Hub allows in no key.
    #[error("invalid key of a Hub setting")]
    Key,
    /// The Hub has no record of this key.
    #[error("the Hub has no setting `{}`", redact::name(key))]
    NoRecord {
        /// The key as the Hub stores it.
        key: String,
    },
    /// The Hub refused the token.
    #[error("the Hub refused the token")]
    Refused,
    /// The Hub answered with another status.
    #[error("the Hub answered {status}")]
    Status {
        /// The status.
        status: StatusCode,
    },
    /// The token is empty, or is not valid in a header.
    #[error("invalid token for the Hub")]
    Token,
    /// There was no answer.
    #[error(transparent)]
    Transport(#[from] TransportError),
}

impl Diagnostic for HubError {
    fn code(&self) -> &str {
        match self {
            Self::Address | Self::Credentials => "settings.hub_address",
            Self::Key | Self::NoRecord { .. } => "settings.hub_record",
            Self::Refused | Self::Token => "settings.hub_token",
            Self::Status { .. } => "settings.hub_status",
            Self::Transport(error) => error.code(),
        }
    }

    fn hint(&self) -> Option<Cow<'_, str>> {
        let hint = match self {
            Self::Address => "give it as https://hub.acme.com",
            Self::Credentials => {
                "remove everything between `https://` and the host; the Hub takes a token"
            }
            Self::Key => {
                "copy the key from /admin/settings of the Hub: letters, digits, `_`, `-` and `.`"
            }
            Self::NoRecord { .. } => {
                "check the key of the setting, or add the setting at /admin/settings of the Hub"
            }
            Self::Refused => "use a token of a user who has a role of the setting",
            Self::Status { .. } => "use the URL of the Hub's API; redirects are not followed",
            Self::Token => "copy the token again: it is one line of visible ASCII",
            Self::Transport(error) => return error.hint(),
        };
        Some(hint.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn request_has_the_stored_key_and_hides_the_token() {
        for (url, key, token) in [
            ("https://hub.acme.com", "salesforce", "t0ken"),
            ("https://hub.acme.com/", "_salesforce", " t0ken\n"),
            ("https://hub.acme.com/api/v2", "__salesforce", "Bearer t0ken"),
            ("https://hub.acme.com/api/v2/", "salesforce", "Bearer t0ken\n"),
        ] {
            let request = request(url, &stored_key(key).unwrap(), token.as_bytes()).unwrap();
            let expected = "https://hub.acme.com/api/v2/my/config/settings/_salesforce";
            assert_eq!(request.uri().to_string(), expected, "{url}");
            assert_eq!(request.headers()[AUTHORIZATION], "Bearer t0ken", "{token}");
            assert!(!format!("{request:?}").contains("t0ken"), "{token}");
        }
    }

    #[test]
    fn invalid_url_key_and_token_have_different_errors() {
        let code = |url, key, token: &str| {
            let request = stored_key(key).and_then(|key| request(url, &key, token.as_bytes()));
            request.map_err(|error| error.to_string()).err()
        };
        for (url, key, token, error) in [
            ("https://hub acme.com", "a", "t", Some("invalid Hub URL")),
            (
                "https://me:pa55@hub.acme.com",
                "a",
                "t",
                Some("the Hub URL has a user name or password before the host"),
            ),
            ("https://hub.acme.com", "a/b", "t", Some("invalid key of a Hub setting")),
            ("https://hub.acme.com", "a", "", Some("invalid token for the Hub")),
            ("https://hub.acme.com", "a", "t\u{7}", Some("invalid token for the Hub")),
            ("https://hub.acme.com", "a-b.c_d", "t", None),
        ] {
            assert_eq!(code(url, key, token).as_deref(), error, "{url} {key}");
        }
    }
}

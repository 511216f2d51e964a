//! Recorded logins and requests.

use std::fmt;

use bytes::Bytes;
use http::{HeaderMap, Method, header};

/// A token request and its outcome.
#[derive(Clone, Debug, PartialEq)]
pub struct Login {
    pub(crate) username: String,
    /// The time of the org's clock, in seconds since the Unix epoch.
    pub(crate) at_secs: i64,
    pub(crate) outcome: Result<(), String>,
}

impl Login {
    /// Returns the subject of the assertion. Empty if the assertion could not be read.
    pub fn username(&self) -> &str {
        &self.username
    }

    /// Whether a token was issued.
    pub fn is_granted(&self) -> bool {
        self.outcome.is_ok()
    }

    /// Whether the login was of this user, ignoring case.
    pub(crate) fn is_of(&self, username: &str) -> bool {
        self.username.eq_ignore_ascii_case(username)
    }

    /// Returns the reason why no token was issued, in the words of Login History.
    pub fn refusal(&self) -> Option<&str> {
        self.outcome.as_ref().err().map(String::as_str)
    }
}

/// A recorded request. Its `Debug` shows neither body nor credentials.
#[derive(Clone)]
pub struct RecordedRequest {
    pub(crate) method: Method,
    pub(crate) scheme: &'static str,
    pub(crate) host: String,
    pub(crate) target: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl RecordedRequest {
    /// Returns the method: `POST`.
    pub fn method(&self) -> &Method {
        &self.method
    }

    /// Returns the scheme, host and port: `https://login.salesforce.com`.
    pub fn origin(&self) -> String {
        format!("{}://{}", self.scheme, self.host)
    }

    /// Returns the path and query string: `/services/oauth2/token`.
    pub fn target(&self) -> &str {
        &self.target
    }

    /// Returns the headers, with credentials.
    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// Returns the body, which may contain an assertion. Empty for a body above 1 MiB, such as the
    /// data of a bulk job, which would fill the memory.
    pub fn body(&self) -> &[u8] {
        &self.body
    }
}

impl fmt::Debug for RecordedRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.target.split('?').next().unwrap_or_default();
        let secret = [header::AUTHORIZATION, header::PROXY_AUTHORIZATION, header::COOKIE];
        let names = self.headers.keys().filter(|name| !secret.contains(name));
        f.debug_struct("RecordedRequest")
            .field("method", &self.method)
            .field("host", &self.host)
            .field("path", &path)
            .field("headers", &names.collect::<Vec<_>>())
            .field("body", &format_args!("{} bytes", self.body.len()))
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use http::{HeaderMap, HeaderValue, Method};

    use super::RecordedRequest;

    #[test]
    fn debug_shows_neither_body_nor_credentials() {
        let mut headers = HeaderMap::new();
        headers.insert("authorization", HeaderValue::from_static("Bearer s3cr3t"));
        let request = RecordedRequest {
            method: Method::POST,
            scheme: "https",
            host: "acme.my.salesforce.com".to_owned(),
            target: "/services/oauth2/token?assertion=s3cr3t".to_owned(),
            headers,
            body: Bytes::from_static(b"assertion=s3cr3t"),
        };
        let debug = format!("{request:?}");
        assert!(!debug.contains("s3cr3t"), "{debug}");
        assert!(debug.contains("/services/oauth2/token"), "{debug}");
    }
}

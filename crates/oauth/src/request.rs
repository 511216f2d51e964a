use std::fmt;

use bytes::Bytes;
use http::header::{ACCEPT, CONTENT_TYPE};
use http::{HeaderValue, Method, Request};
use orgtoken_assertion::Assertion;
use zeroize::Zeroizing;

use crate::endpoint::TokenEndpoint;

/// The request that trades an assertion for a token ([RFC 7523, Section 2.1]).
///
/// Log this, which is redacted, never the [`http::Request`]: its `Debug` shows the body.
///
/// [RFC 7523, Section 2.1]: https://www.rfc-editor.org/rfc/rfc7523#section-2.1
pub struct TokenRequest {
    endpoint: TokenEndpoint,
    assertion: Assertion,
}

impl TokenRequest {
    /// An assertion is for one request: sign anew for every attempt.
    pub fn new(endpoint: &TokenEndpoint, assertion: Assertion) -> Self {
        Self { endpoint: endpoint.clone(), assertion }
    }

    /// Where it goes.
    pub fn endpoint(&self) -> &TokenEndpoint {
        &self.endpoint
    }

    /// The request as HTTP. It cannot fail: every part was checked when it was made.
    ///
    /// The body is wiped when its last copy is dropped.
    pub fn to_http(&self) -> Request<Bytes> {
        form(
            self.endpoint.uri(),
            &[("grant_type", GRANT_TYPE), ("assertion", self.assertion.secret())],
        )
    }
}

impl fmt::Debug for TokenRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenRequest")
            .field("endpoint", &self.endpoint.as_str())
            .finish_non_exhaustive()
    }
}

/// A `POST` of `application/x-www-form-urlencoded`.
pub(crate) fn form(uri: http::Uri, fields: &[(&str, &str)]) -> Request<Bytes> {
    // Escapes are three bytes for one, so this never grows, and growing would leave a copy behind.
    let room = fields.iter().map(|(name, value)| 2 + 3 * (name.len() + value.len())).sum();
    let mut form = form_urlencoded::Serializer::new(String::with_capacity(room));
    form.extend_pairs(fields);
    let body = Zeroizing::new(form.finish().into_bytes());

    let mut request = Request::new(Bytes::from_owner(body));
    *request.method_mut() = Method::POST;
    *request.uri_mut() = uri;
    request.headers_mut().insert(ACCEPT, HeaderValue::from_static("application/json"));
    request
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded"));
    request
}

/// [RFC 7523, Section 2.1](https://www.rfc-editor.org/rfc/rfc7523#section-2.1).
const GRANT_TYPE: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";

use std::fmt;

use bytes::Bytes;
use http::header::{ACCEPT, CONTENT_TYPE};
use http::{HeaderValue, Method, Request};
use orgtoken_assertion::{Assertion, GRANT_TYPE};
use zeroize::Zeroizing;

use crate::endpoint::TokenEndpoint;

/// The request that exchanges an assertion for a token ([RFC 7523, Section 2.1]).
///
/// Log this type, which is redacted, and never the [`http::Request`], whose `Debug` shows the body.
///
/// [RFC 7523, Section 2.1]: https://www.rfc-editor.org/rfc/rfc7523#section-2.1
pub struct TokenRequest {
    endpoint: TokenEndpoint,
    assertion: Assertion,
}

impl TokenRequest {
    /// Returns a request with this assertion. Sign a new assertion for each request.
    pub fn new(endpoint: &TokenEndpoint, assertion: Assertion) -> Self {
        Self { endpoint: endpoint.clone(), assertion }
    }

    /// Returns the endpoint.
    pub fn endpoint(&self) -> &TokenEndpoint {
        &self.endpoint
    }

    /// Returns the HTTP request. This cannot fail, because every part was checked when it was
    /// created.
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

/// Returns a `POST` of `application/x-www-form-urlencoded`.
pub(crate) fn form(uri: http::Uri, fields: &[(&str, &str)]) -> Request<Bytes> {
    // An escape is three bytes for one, so this never grows. Growing would leave an unwiped copy
    // behind.
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

#[cfg(test)]
mod tests {
    use orgtoken_assertion::{Claims, SigningKey, UnixTime};

    use super::*;
    use crate::{AllowedHosts, LoginUrl};

    /// The key of RFC 7515, Appendix A.2.
    const KEY: &[u8] = include_bytes!("../../assertion/testdata/rfc7515-a2.pem");

    fn request() -> (TokenRequest, String) {
        let login =
            LoginUrl::parse("https://acme.my.salesforce.com", &AllowedHosts::none()).unwrap();
        let now = UnixTime::from_secs(1_700_000_000);
        let claims = Claims::builder(now)
            .issuer("3MVG9")
            .subject("user@acme.com")
            .audience(login.as_str())
            .build()
            .unwrap();
        let assertion = claims.sign(&SigningKey::from_bytes(KEY).unwrap()).unwrap();
        let secret = assertion.secret().to_owned();
        (TokenRequest::new(&login.token_endpoint(), assertion), secret)
    }

    // https://www.rfc-editor.org/rfc/rfc7523#section-2.1
    #[test]
    fn request_is_a_form_with_two_fields() {
        let (request, secret) = request();
        let http = request.to_http();
        assert_eq!(http.method(), Method::POST);
        assert_eq!(http.uri(), "https://acme.my.salesforce.com/services/oauth2/token");
        assert_eq!(http.headers().len(), 2);
        assert_eq!(http.headers()[ACCEPT], "application/json");
        assert_eq!(http.headers()[CONTENT_TYPE], "application/x-www-form-urlencoded");
        let grant = "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer";
        assert_eq!(http.body().as_ref(), format!("{grant}&assertion={secret}").as_bytes());
    }

    #[test]
    fn debug_shows_no_part_of_the_assertion() {
        let (request, secret) = request();
        let shown = format!("{request:?} {request:#?}");
        assert!(shown.contains("acme.my.salesforce.com"));
        assert!(secret.split('.').all(|part| !shown.contains(part)));
    }
}

//! A request with its body and the host that it was sent to.

use bytes::Bytes;
use http::request::Parts;
use http::{Method, Request, header};

use crate::form::{Form, FormError};
use crate::history::RecordedRequest;

/// A request with its whole body.
#[derive(Debug)]
pub(crate) struct Call {
    parts: Parts,
    body: Bytes,
    /// The scheme of the connection: `https` or `http`.
    scheme: &'static str,
}

impl Call {
    pub(crate) fn new(request: Request<Bytes>, scheme: &'static str) -> Self {
        let (parts, body) = request.into_parts();
        Self { parts, body, scheme }
    }

    pub(crate) fn method(&self) -> &Method {
        &self.parts.method
    }

    pub(crate) fn path(&self) -> &str {
        self.parts.uri.path()
    }

    /// Returns the length of path and query string.
    #[cfg(feature = "rest")]
    pub(crate) fn target_length(&self) -> usize {
        self.parts.uri.path_and_query().map_or(0, |target| target.as_str().len())
    }

    #[cfg(feature = "rest")]
    pub(crate) fn body(&self) -> &Bytes {
        &self.body
    }

    pub(crate) fn header(&self, name: header::HeaderName) -> Option<&str> {
        self.parts.headers.get(name)?.to_str().ok()
    }

    /// Returns the host that the client named, in lower case, with its port.
    pub(crate) fn host(&self) -> String {
        let authority = self.parts.uri.authority().map(http::uri::Authority::as_str);
        authority.or_else(|| self.header(header::HOST)).unwrap_or_default().to_ascii_lowercase()
    }

    /// Returns `https://host:port`, without the default port of the scheme.
    pub(crate) fn origin(&self) -> String {
        let host = self.host();
        let own_port = if self.scheme == "https" { ":443" } else { ":80" };
        format!("{}://{}", self.scheme, host.strip_suffix(own_port).unwrap_or(&host))
    }

    /// Returns the token of `Authorization`, whose scheme is `Bearer` or the older `OAuth`.
    pub(crate) fn bearer(&self) -> Bearer<'_> {
        let Some(value) = self.header(header::AUTHORIZATION) else {
            return Bearer::Absent;
        };
        match value.split_once(' ') {
            Some((scheme, token)) if is_bearer(scheme) && !token.trim().is_empty() => {
                Bearer::Token(token.trim())
            }
            _ => Bearer::Malformed,
        }
    }

    /// Returns the fields of the query string.
    pub(crate) fn query(&self) -> Result<Form, FormError> {
        Form::parse(self.parts.uri.query().unwrap_or_default().as_bytes())
    }

    /// Returns the fields of a form in the body, and those of the query string.
    pub(crate) fn form(&self) -> Result<Form, FormError> {
        let mut form = if self.is_form() { Form::parse(&self.body)? } else { Form::default() };
        form.extend(self.query()?);
        Ok(form)
    }

    /// Returns the content type without its parameters, in lower case.
    pub(crate) fn content_type(&self) -> Option<String> {
        let value = self.header(header::CONTENT_TYPE)?;
        Some(value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase())
    }

    /// Returns the request for [`FakeOrg::requests`](crate::FakeOrg::requests).
    pub(crate) fn record(&self) -> RecordedRequest {
        RecordedRequest {
            method: self.parts.method.clone(),
            scheme: self.scheme,
            host: self.host(),
            target: self.parts.uri.path_and_query().map(ToString::to_string).unwrap_or_default(),
            headers: self.parts.headers.clone(),
            body: if self.body.len() > MAX_RECORDED { Bytes::new() } else { self.body.clone() },
        }
    }

    fn is_form(&self) -> bool {
        self.content_type().as_deref() == Some("application/x-www-form-urlencoded")
    }
}

/// The maximum length of a body that is recorded.
const MAX_RECORDED: usize = 1 << 20;

/// The content of the `Authorization` header.
#[derive(Debug, PartialEq)]
pub(crate) enum Bearer<'a> {
    Absent,
    Malformed,
    Token(&'a str),
}

fn is_bearer(scheme: &str) -> bool {
    scheme.eq_ignore_ascii_case("bearer") || scheme.eq_ignore_ascii_case("oauth")
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use http::Request;

    use super::{Bearer, Call};

    #[test]
    fn origin_has_no_default_port() {
        for (name, scheme, host, origin) in [
            ("own port", "https", "acme.my.salesforce.com:443", "https://acme.my.salesforce.com"),
            ("no port", "https", "Acme.My.Salesforce.com", "https://acme.my.salesforce.com"),
            ("other port", "https", "localhost:8443", "https://localhost:8443"),
            ("address", "http", "[::1]:80", "http://[::1]"),
        ] {
            let request = Request::get("/").header("host", host).body(Bytes::new()).unwrap();
            assert_eq!(Call::new(request, scheme).origin(), origin, "{name}");
        }
    }

    #[test]
    fn only_a_bearer_carries_a_token() {
        for (name, value, bearer) in [
            ("bearer", "Bearer 00D!a", Bearer::Token("00D!a")),
            ("lower case", "bearer 00D!a", Bearer::Token("00D!a")),
            ("the older word", "OAuth 00D!a", Bearer::Token("00D!a")),
            ("empty", "Bearer ", Bearer::Malformed),
            ("basic", "Basic dTpw", Bearer::Malformed),
            ("bare", "00D!a", Bearer::Malformed),
        ] {
            let request =
                Request::get("/").header("authorization", value).body(Bytes::new()).unwrap();
            assert_eq!(Call::new(request, "https").bearer(), bearer, "{name}");
        }
        let request = Request::get("/").body(Bytes::new()).unwrap();
        assert_eq!(Call::new(request, "https").bearer(), Bearer::Absent);
    }
}

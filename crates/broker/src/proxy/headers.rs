//! Headers on the way to Salesforce and back.

use http::header::{
    ACCEPT, ACCEPT_ENCODING, ACCEPT_LANGUAGE, ALT_SVC, CACHE_CONTROL, CONNECTION,
    CONTENT_DISPOSITION, CONTENT_ENCODING, CONTENT_LANGUAGE, CONTENT_TYPE, IF_MATCH,
    IF_MODIFIED_SINCE, IF_NONE_MATCH, IF_UNMODIFIED_SINCE, REFRESH, SET_COOKIE,
    STRICT_TRANSPORT_SECURITY, TE, TRAILER, TRANSFER_ENCODING, UPGRADE, USER_AGENT,
};
use http::{HeaderMap, HeaderName, HeaderValue};
use orgtoken_oauth::AccessToken;
use zeroize::Zeroizing;

use super::mask::masked;
use crate::call_rules::OVERRIDES;
use crate::response::{CONTENT_TYPE_OPTIONS, NO_SNIFF, NO_STORE};

/// Returns the headers of a caller that Salesforce gets: those that the REST API documents.
///
/// Without `Range`: a part of the token could not be found in a response.
pub(super) fn to_org(headers: &HeaderMap) -> HeaderMap {
    let mut kept = end_to_end(headers);
    let is_sent = |name: &HeaderName| {
        SENT.contains(name)
            || OVERRIDES.contains(&name.as_str())
            || SENT_STARTS.iter().any(|start| name.as_str().starts_with(start))
    };
    let dropped: Vec<_> = kept.keys().filter(|name| !is_sent(name)).cloned().collect();
    for name in dropped {
        kept.remove(name);
    }
    kept.insert(ACCEPT_ENCODING, IDENTITY);
    kept
}

/// Returns the headers of a response that a caller gets: without cookies and without the token.
pub(super) fn to_caller(headers: &HeaderMap, token: &AccessToken) -> HeaderMap {
    let token = token.secret();
    // hyper has made the names lower case.
    let lower = Zeroizing::new(token.to_ascii_lowercase());
    let mut kept = end_to_end(headers);
    let is_left_out = |name: &HeaderName| {
        NEVER_RETURNED.contains(name)
            || name.as_str().starts_with("access-control-")
            || name.as_str().contains(&*lower)
    };
    let left_out: Vec<_> = kept.keys().filter(|name| is_left_out(name)).cloned().collect();
    for name in left_out {
        kept.remove(name);
    }
    for value in kept.values_mut() {
        if let Some(masked) = masked(token, value.as_bytes()) {
            *value = HeaderValue::from_bytes(&masked).unwrap_or(MASKED);
        }
    }
    kept.insert(CACHE_CONTROL, NO_STORE);
    kept.insert(CONTENT_TYPE_OPTIONS, NO_SNIFF);
    kept
}

/// Drops the headers that belong to one connection ([RFC 9110, Section 7.6.1]), and the framing of
/// the body, which hyper writes.
///
/// [RFC 9110, Section 7.6.1]: https://www.rfc-editor.org/rfc/rfc9110#section-7.6.1
fn end_to_end(headers: &HeaderMap) -> HeaderMap {
    let mut kept = headers.clone();
    for value in headers.get_all(CONNECTION) {
        for name in value.as_bytes().split(|byte| *byte == b',') {
            if let Ok(name) = HeaderName::from_bytes(name.trim_ascii()) {
                kept.remove(name);
            }
        }
    }
    for name in HOP_BY_HOP {
        kept.remove(name);
    }
    kept
}

const HOP_BY_HOP: [HeaderName; 8] = [
    CONNECTION,
    HeaderName::from_static("keep-alive"),
    HeaderName::from_static("proxy-connection"),
    HeaderName::from_static("http2-settings"),
    TE,
    TRAILER,
    TRANSFER_ENCODING,
    UPGRADE,
];

/// Headers about the request and its body.
const SENT: [HeaderName; 12] = [
    ACCEPT,
    ACCEPT_LANGUAGE,
    CONTENT_DISPOSITION,
    CONTENT_ENCODING,
    CONTENT_LANGUAGE,
    CONTENT_TYPE,
    IF_MATCH,
    IF_MODIFIED_SINCE,
    IF_NONE_MATCH,
    IF_UNMODIFIED_SINCE,
    USER_AGENT,
    HeaderName::from_static("x-prettyprint"),
];
/// `Sforce-Call-Options` and the like, and the versions of managed packages.
const SENT_STARTS: [&str; 2] = ["sforce-", "x-sfdc-packageversion-"];

/// Headers for the program that holds the session.
const NEVER_RETURNED: [HeaderName; 7] = [
    ALT_SVC,
    HeaderName::from_static("clear-site-data"),
    HeaderName::from_static("proxy-authenticate"),
    REFRESH,
    SET_COOKIE,
    HeaderName::from_static("set-cookie2"),
    STRICT_TRANSPORT_SECURITY,
];

const IDENTITY: HeaderValue = HeaderValue::from_static("identity");
const MASKED: HeaderValue = HeaderValue::from_static("*");

#[cfg(test)]
mod tests {
    use super::*;

    fn map(headers: &[(&str, &str)]) -> HeaderMap {
        let parse = |(name, value): &(&str, &str)| {
            (name.parse::<HeaderName>().unwrap(), value.parse().unwrap())
        };
        headers.iter().map(parse).collect()
    }

    fn names(headers: &HeaderMap) -> Vec<&str> {
        let mut names: Vec<_> = headers.keys().map(HeaderName::as_str).collect();
        names.sort_unstable();
        names
    }

    #[test]
    fn headers_about_the_caller_are_not_sent() {
        let sent = to_org(&map(&[
            ("authorization", "Bearer x"),
            ("cookie", "sid=x"),
            ("host", "127.0.0.1:7523"),
            ("connection", "keep-alive, X-Hop"),
            ("x-hop", "1"),
            ("transfer-encoding", "chunked"),
            ("content-length", "5"),
            ("proxy-authorization", "Basic x"),
            ("x-forwarded-for", "10.0.0.1"),
            ("x-orgtoken-request", "1"),
            ("sec-fetch-site", "none"),
            ("te", "trailers"),
            ("upgrade", "websocket"),
            ("expect", "100-continue"),
            ("accept-encoding", "gzip"),
            ("accept-charset", "utf-16"),
            ("range", "bytes=0-39"),
            ("client-ip", "10.0.0.1"),
            ("x-sfdc-session", "x"),
            ("accept", "application/json"),
            ("content-encoding", "gzip"),
            ("content-type", "application/json"),
            ("if-match", "\"x\""),
            ("sforce-query-options", "batchSize=200"),
            ("x-sfdc-packageversion-acme", "1.0"),
        ]));
        let expected = [
            "accept",
            "accept-encoding",
            "content-encoding",
            "content-type",
            "if-match",
            "sforce-query-options",
            "x-sfdc-packageversion-acme",
        ];
        assert_eq!(names(&sent), expected);
        assert_eq!(sent[ACCEPT_ENCODING], "identity");
    }

    #[test]
    fn cookies_and_the_token_are_not_returned() {
        let token = AccessToken::parse("00Dx!canary").unwrap();
        let returned = to_caller(
            &map(&[
                ("set-cookie", "sid=00Dx!canary"),
                ("access-control-allow-origin", "*"),
                ("strict-transport-security", "max-age=1"),
                ("connection", "close"),
                ("x-00dx!canary", "1"),
                ("x-debug", "a 00Dx!canary b"),
                ("content-length", "5"),
                ("sforce-locator", "MTAw"),
                ("cache-control", "public"),
            ]),
            &token,
        );
        let expected = [
            "cache-control",
            "content-length",
            "sforce-locator",
            "x-content-type-options",
            "x-debug",
        ];
        assert_eq!(names(&returned), expected);
        assert_eq!(returned["x-debug"], "a *********** b");
        assert_eq!(returned[CACHE_CONTROL], "no-store");
    }
}

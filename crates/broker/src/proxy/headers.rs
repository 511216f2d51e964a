//! Headers on the way to Salesforce and back.

use http::header::{
    ACCEPT, ACCEPT_ENCODING, ACCEPT_LANGUAGE, ALT_SVC, CACHE_CONTROL, CONNECTION,
    CONTENT_DISPOSITION, CONTENT_ENCODING, CONTENT_LANGUAGE, CONTENT_TYPE, IF_MATCH,
    IF_MODIFIED_SINCE, IF_NONE_MATCH, IF_UNMODIFIED_SINCE, REFRESH, SET_COOKIE,
    STRICT_TRANSPORT_SECURITY, TE, TRAILER, TRANSFER_ENCODING, UPGRADE,
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
    let of_connection = of_connection(headers);
    let is_sent = |name: &HeaderName| {
        SENT.contains(name)
            || OVERRIDES.contains(&name.as_str())
            || SENT_STARTS.iter().any(|start| name.as_str().starts_with(start))
    };
    let sent = headers.iter().filter(|(name, _)| is_sent(name) && !of_connection.contains(name));
    let mut sent: HeaderMap = sent.map(|(name, value)| (name.clone(), value.clone())).collect();
    sent.insert(ACCEPT_ENCODING, IDENTITY);
    sent
}

/// Returns the headers of a response that a caller gets: without cookies, without the token, and
/// without those that belong to one connection ([RFC 9110, Section 7.6.1]).
///
/// [RFC 9110, Section 7.6.1]: https://www.rfc-editor.org/rfc/rfc9110#section-7.6.1
pub(super) fn to_caller(mut headers: HeaderMap, token: &AccessToken) -> HeaderMap {
    let token = token.secret();
    let of_connection = of_connection(&headers);
    let is_left_out = |name: &HeaderName| {
        NEVER_RETURNED.contains(name)
            || of_connection.contains(name)
            || name.as_str().starts_with("access-control-")
            || has_token(name, token)
    };
    let left_out: Vec<_> = headers.keys().filter(|name| is_left_out(name)).cloned().collect();
    for name in left_out {
        headers.remove(name);
    }
    for value in headers.values_mut() {
        if let Some(masked) = masked(token, value.as_bytes()) {
            *value = HeaderValue::from_bytes(&masked).unwrap_or(MASKED);
        }
    }
    headers.insert(CACHE_CONTROL, NO_STORE);
    headers.insert(CONTENT_TYPE_OPTIONS, NO_SNIFF);
    headers
}

/// Whether the token is in a name, which hyper has made lower case.
fn has_token(name: &HeaderName, token: &str) -> bool {
    let name = name.as_str();
    name.len() >= token.len() && name.contains(&*Zeroizing::new(token.to_ascii_lowercase()))
}

/// Returns the headers that `Connection` names.
fn of_connection(headers: &HeaderMap) -> Vec<HeaderName> {
    let names = headers.get_all(CONNECTION).iter();
    let names = names.flat_map(|names| names.as_bytes().split(|byte| *byte == b','));
    names.filter_map(|name| HeaderName::from_bytes(name.trim_ascii()).ok()).collect()
}

/// Headers about the request and its body. The transport adds a `User-Agent`.
const SENT: [HeaderName; 11] = [
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
    HeaderName::from_static("x-prettyprint"),
];
/// `Sforce-Call-Options` and the like, and the versions of managed packages.
const SENT_STARTS: [&str; 2] = ["sforce-", "x-sfdc-packageversion-"];

/// Headers for the program that holds the session or the connection, and the framing of the body,
/// which hyper writes.
const NEVER_RETURNED: [HeaderName; 14] = [
    ALT_SVC,
    HeaderName::from_static("clear-site-data"),
    CONNECTION,
    HeaderName::from_static("keep-alive"),
    HeaderName::from_static("proxy-authenticate"),
    HeaderName::from_static("proxy-connection"),
    REFRESH,
    SET_COOKIE,
    HeaderName::from_static("set-cookie2"),
    STRICT_TRANSPORT_SECURITY,
    TE,
    TRAILER,
    TRANSFER_ENCODING,
    UPGRADE,
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
            map(&[
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

use http::Request;

use super::*;
use crate::Bearer;

/// Name, method, path, changes to a valid request, and the expected gate and status.
type Row<'a> = (&'a str, &'a str, &'a str, &'a [(&'a str, &'a str)], (u8, u16));

const BEARER: &str = "Bearer 0123456789abcdef0123456789abcdef";

fn tcp(is_open: bool) -> EndpointPolicy {
    let bearer = Bearer::parse("0123456789abcdef0123456789abcdef").unwrap().into();
    Endpoint::Tcp { port: 7523, is_open, bearer }.into()
}

/// A request that passes every gate on TCP, except for `changes`, which replace, add or (with an
/// empty value) remove headers.
fn head(method: &str, uri: &str, changes: &[(&str, &str)]) -> Parts {
    let mut headers =
        vec![("authorization", BEARER), ("x-orgtoken-request", "1"), ("host", "127.0.0.1:7523")];
    for &(name, _) in changes {
        headers.retain(|(known, _)| *known != name);
    }
    let kept = changes.iter().filter(|(_, value)| !value.is_empty());
    let request = headers
        .iter()
        .chain(kept)
        .fold(Request::builder().method(method).uri(uri), |request, (name, value)| {
            request.header(*name, *value)
        });
    request.body(()).unwrap().into_parts().0
}

/// Returns the gate that rejects a request, and the status; 0 and 200 if it passes.
fn outcome(policy: &EndpointPolicy, head: &Parts) -> (u8, u16) {
    policy
        .pass(head, Some("acme"))
        .map_or_else(|rejection| (rejection.gate.unwrap(), rejection.status.as_u16()), |_| (0, 200))
}

fn check(policy: &EndpointPolicy, rows: &[Row<'_>]) {
    for &(name, method, uri, changes, expected) in rows {
        assert_eq!(outcome(policy, &head(method, uri, changes)), expected, "{name}");
    }
}

#[test]
fn gate_3_bearer_token_on_tcp() {
    check(
        &tcp(false),
        &[
            ("the bearer", "POST", "/v1/token", &[], (0, 200)),
            ("none", "POST", "/v1/token", &[("authorization", "")], (3, 401)),
            ("none for Onify", "POST", "/onify/access-token", &[("authorization", "")], (3, 401)),
            ("wrong", "POST", "/v1/token", &[("authorization", "Bearer 0")], (3, 401)),
            (
                "twice",
                "POST",
                "/v1/token",
                &[("authorization", BEARER), ("authorization", BEARER)],
                (3, 401),
            ),
            ("unknown path", "POST", "/v2", &[("authorization", "")], (3, 401)),
            ("health needs none", "GET", "/healthz", &[("authorization", "")], (0, 200)),
            ("metrics need none", "GET", "/metrics", &[("authorization", "")], (0, 200)),
        ],
    );
}

#[test]
fn gate_3_open_loopback_opens_one_path() {
    let none = &[("authorization", "")][..];
    check(
        &tcp(true),
        &[
            ("Onify", "POST", "/onify/access-token", none, (0, 200)),
            ("any other", "POST", "/v1/token", none, (3, 401)),
            (
                "with a wrong bearer",
                "POST",
                "/onify/access-token",
                &[("authorization", "x")],
                (0, 200),
            ),
            (
                "from a page",
                "POST",
                "/onify/access-token",
                &[("authorization", ""), ("origin", "null")],
                (6, 403),
            ),
            (
                "rebound",
                "POST",
                "/onify/access-token",
                &[("authorization", ""), ("host", "evil.example:7523")],
                (5, 421),
            ),
            (
                "without header",
                "POST",
                "/onify/access-token",
                &[("authorization", ""), ("x-orgtoken-request", "")],
                (4, 403),
            ),
        ],
    );
}

#[test]
fn gate_3_without_a_bearer_token_every_request_fails() {
    let bearer = CurrentBearer::default();
    let policy: EndpointPolicy = Endpoint::Tcp { port: 7523, is_open: true, bearer }.into();
    let gate = |uri| {
        policy.pass(&head("POST", uri, &[]), None).map_err(|rejection| rejection.gate.unwrap())
    };
    assert_eq!(gate("/v1/token"), Err(3));
    assert_eq!(gate("/onify/access-token"), Ok(Route::Onify));
}

#[test]
fn gate_4_required_header() {
    let rows: &[Row<'_>] = &[
        ("it", "POST", "/v1/token", &[], (0, 200)),
        ("missing", "POST", "/v1/token", &[("x-orgtoken-request", "")], (4, 403)),
        ("another value", "POST", "/v1/token", &[("x-orgtoken-request", "true")], (4, 403)),
        ("a preflight", "OPTIONS", "/v1/token", &[], (4, 405)),
        (
            "a preflight as browsers send it",
            "OPTIONS",
            "/v1/token",
            &[
                ("authorization", ""),
                ("x-orgtoken-request", ""),
                ("origin", "https://evil.example"),
            ],
            (4, 405),
        ),
        ("a preflight for health", "OPTIONS", "/healthz", &[], (4, 405)),
        ("health needs none", "GET", "/healthz", &[("x-orgtoken-request", "")], (0, 200)),
    ];
    check(&tcp(false), rows);
    check(&Endpoint::Unix.into(), rows);
}

#[test]
fn gate_5_host_is_the_loopback() {
    let host = |host: &'static str| [("host", host)];
    for (name, host, expected) in [
        ("address", host("127.0.0.1:7523"), (0, 200)),
        ("name", host("localhost:7523"), (0, 200)),
        ("IPv6", host("[::1]:7523"), (0, 200)),
        ("missing", host(""), (5, 400)),
        ("no port", host("127.0.0.1"), (5, 421)),
        ("another port", host("127.0.0.1:80"), (5, 421)),
        ("a port spelt otherwise", host("127.0.0.1:07523"), (5, 421)),
        ("a rebound name", host("evil.example:7523"), (5, 421)),
        ("a name that begins alike", host("localhost.evil.example:7523"), (5, 421)),
        ("another loopback address", host("127.0.0.2:7523"), (5, 421)),
        ("credentials", host("a@127.0.0.1:7523"), (5, 421)),
    ] {
        for (method, path) in [("POST", "/v1/token"), ("GET", "/healthz"), ("GET", "/metrics")] {
            assert_eq!(outcome(&tcp(false), &head(method, path, &host)), expected, "{name} {path}");
        }
    }
    let twice = head("POST", "/v1/token", &[("host", "127.0.0.1:7523"), ("host", "evil.example")]);
    assert_eq!(outcome(&tcp(false), &twice), (5, 400));
    let absolute = head("POST", "http://evil.example/v1/token", &[]);
    assert_eq!(outcome(&tcp(false), &absolute), (5, 400));
}

#[test]
fn gate_5_unix_socket_requires_one_host_of_any_value() {
    for (name, host, expected) in
        [("curl's", "localhost", (0, 200)), ("any", "orgtoken", (0, 200)), ("none", "", (5, 400))]
    {
        assert_eq!(
            outcome(&Endpoint::Unix.into(), &head("POST", "/v1/token", &[("host", host)])),
            expected,
            "{name}"
        );
    }
}

#[test]
fn gate_6_forwarded_and_browser_requests_are_rejected() {
    for (name, header, value, expected) in [
        ("a page", "origin", "https://evil.example", (6, 403)),
        ("a file", "origin", "null", (6, 403)),
        ("our own address", "origin", "http://127.0.0.1:7523", (6, 403)),
        ("a fetch", "sec-fetch-site", "cross-site", (6, 403)),
        ("a fetch of a rebound page", "sec-fetch-site", "same-origin", (6, 403)),
        ("an address typed by a person", "sec-fetch-site", "none", (0, 200)),
        ("a proxy", "x-forwarded-for", "10.0.0.1", (6, 403)),
        ("a proxy by the standard", "forwarded", "for=10.0.0.1", (6, 403)),
        ("another proxy", "via", "1.1 cache", (6, 403)),
        ("nginx", "x-real-ip", "10.0.0.1", (6, 403)),
        ("a proxy that hides the client", "x-forwarded-host", "acme.com", (6, 403)),
    ] {
        for policy in [&tcp(false), &tcp(true), &Endpoint::Unix.into()] {
            for (method, path) in [("POST", "/v1/token"), ("GET", "/healthz")] {
                let head = head(method, path, &[(header, value)]);
                assert_eq!(outcome(policy, &head), expected, "{name} {path}");
            }
        }
    }
}

#[test]
fn gate_7_four_paths_and_no_other() {
    check(
        &Endpoint::Unix.into(),
        &[
            ("token", "POST", "/v1/token", &[], (0, 200)),
            ("Onify", "POST", "/onify/access-token", &[], (0, 200)),
            ("health", "GET", "/healthz", &[], (0, 200)),
            ("metrics", "GET", "/metrics", &[], (0, 200)),
            ("a token by GET", "GET", "/v1/token", &[], (7, 405)),
            ("a token by PUT", "PUT", "/v1/token", &[], (7, 405)),
            ("health by POST", "POST", "/healthz", &[], (7, 405)),
            ("nothing", "POST", "/", &[], (7, 404)),
            ("a slash more", "POST", "/v1/token/", &[], (7, 404)),
            ("two slashes", "POST", "//v1/token", &[], (7, 404)),
            ("dots", "POST", "/healthz/../v1/token", &[], (7, 404)),
            ("an end", "GET", "/quitquitquit", &[], (7, 404)),
        ],
    );
}

#[test]
fn gates_are_checked_in_order() {
    let all =
        [("authorization", ""), ("x-orgtoken-request", ""), ("host", "evil.example"), ("via", "x")];
    let gates: Vec<u8> = (0..=all.len())
        .map(|fixed| outcome(&tcp(false), &head("GET", "/none", &all[fixed..])).0)
        .collect();
    assert_eq!(gates, [3, 4, 5, 6, 7]);
}

//! Retries.

use std::collections::HashSet;
use std::time::Duration;

use orgtoken_assertion::{Diagnostic, UnixTime};
use orgtoken_client::{Roots, Transport};
use orgtoken_oauth::RetryPolicy;
use tokio::net::TcpSocket;
use tokio::time::Instant;

use super::certs::{Authority, named};
use super::login::{assertions, login, login_at, obtain, obtain_over, refusal, token};
use super::server::{Act, BlackHole, Server, send};

#[tokio::test(start_paused = true)]
async fn transient_errors_are_retried_with_a_new_assertion() {
    let short =
        || vec![send("HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{\"access_token\":\"00D")];
    for (row, failures, requests) in [
        ("closed before an answer", vec![vec![]], 2),
        ("lost in mid-body", vec![short(), short()], 3),
        ("500, then 502", vec![status(500), status(502)], 3),
        ("503, then 504", vec![status(503), status(504)], 3),
        ("408", vec![status(408)], 2),
        ("420 of the edge", vec![status(420)], 2),
        ("maintenance with 200", vec![vec![page(AWAY)]], 2),
        ("unknown_error", vec![vec![error("unknown_error", "retry your request")]], 2),
        ("server_error", vec![vec![error("server_error", "")]], 2),
        ("service_unavailable", vec![vec![error("service_unavailable", "")]], 2),
        ("system_down", vec![vec![error("system_down", "")]], 2),
        ("slow_down", vec![vec![error("slow_down", "")]], 2),
    ] {
        let server =
            Server::plain(move |n| failures.get(n).cloned().unwrap_or_else(|| vec![token()])).await;
        let granted = obtain(&login(&server, None)).await.unwrap();
        assert_eq!(granted.token.access_token().secret(), "00Dcanary!canary", "{row}");
        assert_eq!(granted.failed.len(), requests - 1, "{row}");
        let ends: Vec<_> =
            assertions(&server).iter().map(|assertion| assertion.claims().expires_at()).collect();
        assert_eq!(ends.len(), requests, "{row}");
        assert!(ends.is_sorted_by(|one, other| one < other), "{row}: {ends:?}");
    }
}

/// The clock is paused, as for attempts within one second.
#[tokio::test(start_paused = true)]
async fn attempts_send_different_assertions() {
    let server = Server::always(status(503)).await;
    let now = UnixTime::from_secs(1_700_000_000);
    let transport = Transport::builder().build();
    login(&server, None).obtain(&transport, || now).await.unwrap_err();
    let requests: HashSet<_> = server.requests().into_iter().collect();
    assert_eq!(requests.len(), 3);
    let ends = assertions(&server).into_iter().map(|one| one.claims().expires_at());
    let ends: Vec<_> = ends.map(|end| end.unwrap().as_secs() - now.as_secs()).collect();
    assert_eq!(ends, [150, 149, 148], "never later than the first");
}

#[tokio::test(start_paused = true)]
async fn permanent_errors_are_not_retried() {
    for (row, script, code) in [
        ("429", status(429), "rate.limited"),
        ("login rate", vec![refusal("login rate exceeded")], "rate.login"),
        ("unknown error", vec![error("never_seen", "")], "refused.unknown"),
        ("400 without JSON", status(400), "resp.status"),
        (
            "too large",
            vec![send("HTTP/1.1 200 OK\r\nContent-Length: 65537\r\n\r\n"), Act::Hold],
            "resp.too_large",
        ),
        ("garbage", vec![send("SSH-2.0-OpenSSH_9.9\r\n")], "resp.protocol"),
    ] {
        let server = Server::always(script).await;
        let error = obtain(&login(&server, None)).await.unwrap_err();
        assert_eq!((error.code(), error.is_transient()), (code, false), "{row}: {error}");
        assert_eq!(server.requests().len(), 1, "{row}");
    }
}

#[tokio::test(start_paused = true)]
async fn three_attempts_at_most() {
    let server = Server::always(status(503)).await;
    let error = obtain(&login(&server, None)).await.unwrap_err();
    let here = format!("http://{}", server.address());
    assert_eq!(server.requests().len(), 3);
    assert_eq!(error.code(), "unavailable.status");
    assert_eq!(
        error.to_string(),
        format!("no token from `{here}` for audience `{here}` in 3 attempts")
    );

    let once = login(&server, None).retry(RetryPolicy::NEVER);
    assert_eq!(obtain(&once).await.unwrap_err().attempts().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn retry_after_is_obeyed_within_the_deadline() {
    let later = |value: &str| {
        vec![send(format!(
            "HTTP/1.1 503 Busy\r\nRetry-After: {value}\r\nContent-Length: 0\r\n\r\n"
        ))]
    };
    // The clock of these tests is at 2023-11-14T22:13:20Z.
    for (row, value, least, most) in [
        ("5 s", "5", 5, 6),
        ("date", "Tue, 14 Nov 2023 22:13:29 GMT", 7, 9),
        ("garbage", "soon", 0, 2),
    ] {
        let busy = later(value);
        let server =
            Server::plain(move |n| if n == 0 { busy.clone() } else { vec![token()] }).await;
        let begun = Instant::now();
        obtain(&login(&server, None)).await.unwrap();
        let waited = begun.elapsed().as_secs();
        assert!((least..most).contains(&waited), "{row}: {waited}");
        assert_eq!(server.requests().len(), 2, "{row}");
    }

    let server = Server::always(later("86400")).await;
    let begun = Instant::now();
    let error = obtain(&login(&server, None)).await.unwrap_err();
    assert!(begun.elapsed() < Duration::from_secs(1));
    assert_eq!(server.requests().len(), 1);
    assert_eq!(error.hint().unwrap(), "try again in 86400 s, as Salesforce asks");
}

#[tokio::test(start_paused = true)]
async fn refused_connection_is_retried_within_the_deadline() {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let url = format!("http://{}", socket.local_addr().unwrap());
    let begun = Instant::now();
    let error = obtain(&login_at(&url, None)).await.unwrap_err();
    assert_eq!((error.code(), error.attempts().len()), ("net.connect", 3));
    assert!(begun.elapsed() < Duration::from_secs(20));
}

#[tokio::test(start_paused = true)]
async fn silent_address_is_retried_within_the_deadline() {
    let hole = BlackHole::new();
    let begun = Instant::now();
    let error = obtain(&login_at(&hole.url(), None)).await.unwrap_err();
    assert_eq!((error.code(), error.attempts().len()), ("net.connect", 3));
    let took = begun.elapsed();
    assert!((15..20).contains(&took.as_secs()), "{took:?}");
}

#[tokio::test(start_paused = true)]
async fn attempts_share_one_deadline() {
    let server = Server::always([Act::Hold]).await;
    let begun = Instant::now();
    let error = obtain(&login(&server, None)).await.unwrap_err();
    assert_eq!((error.code(), server.requests().len()), ("resp.timeout", 2));
    assert!(begun.elapsed() <= Duration::from_millis(20_010), "{:?}", begun.elapsed());
}

#[tokio::test(start_paused = true)]
async fn certificate_fault_is_not_retried() {
    let server = Server::tls(Authority::new().server(&named(&["127.0.0.1"])), [token()]).await;
    let roots = Roots::Pem(Authority::new().pem());
    let transport = Transport::builder().roots(roots).build();
    let url = format!("https://{}", server.address());
    let error = obtain_over(&transport, &login_at(&url, None)).await.unwrap_err();
    assert_eq!((error.code(), error.attempts().len()), ("tls.cert", 1));
}

/// The local clock is at 22:13:21, the one of the endpoint four minutes later, then earlier.
#[tokio::test(start_paused = true)]
async fn clock_skew_is_corrected_for_one_attempt() {
    let length = LATE.len();
    for (date, exp) in [("22:17:21", 1_700_000_393), ("22:09:21", 1_699_999_913)] {
        let late = vec![send(format!(
            "HTTP/1.1 400 Bad Request\r\nDate: Tue, 14 Nov 2023 {date} GMT\r\n\
             Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n{LATE}"
        ))];
        let always = Server::always(late.clone()).await;
        let error = obtain(&login(&always, None)).await.unwrap_err();
        assert_eq!((error.code(), error.attempts().len()), ("refused.assertion_expired", 2));
        assert!(error.hint().unwrap().contains("the local clock is 2"), "{:?}", error.hint());

        let server =
            Server::plain(move |n| if n == 0 { late.clone() } else { vec![token()] }).await;
        let granted = obtain(&login(&server, None)).await.unwrap();
        let end = assertions(&server)[1].claims().expires_at().unwrap().as_secs();
        assert!(end.abs_diff(exp) <= 2, "{end}");
        assert_eq!(granted.token.received_at().as_secs(), 1_700_000_004, "by the local clock");
    }
}

fn status(status: u16) -> Vec<Act> {
    vec![send(format!("HTTP/1.1 {status} X\r\nContent-Length: 0\r\n\r\n"))]
}

fn page(body: &str) -> Act {
    let length = body.len();
    send(format!(
        "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: {length}\r\n\r\n{body}"
    ))
}

fn error(code: &str, description: &str) -> Act {
    let body = format!(r#"{{"error":"{code}","error_description":"{description}"}}"#);
    let length = body.len();
    send(format!("HTTP/1.1 400 Bad Request\r\nContent-Length: {length}\r\n\r\n{body}"))
}

const AWAY: &str = "<html>The data you were trying to access could not be found";

const LATE: &str = r#"{"error":"invalid_grant","error_description":"expired authorization code"}"#;

//! Invalid responses of a token endpoint.

use std::time::Duration;

use http::StatusCode;
use orgtoken_assertion::Diagnostic;
use orgtoken_client::transport::Phase;
use orgtoken_client::{Transport, TransportError};

use super::server::{Act, Server, json, post, send};

#[tokio::test(start_paused = true)]
async fn one_request_and_its_response() {
    let server = Server::always([json("{}")]).await;
    let answer = server.ask(&Transport::builder().build()).await.unwrap();

    assert_eq!((answer.status(), &answer.body()[..]), (StatusCode::OK, &b"{}"[..]));
    let requests = server.requests();
    let host = format!("host: {}\r\n", server.address());
    assert!(requests[0].starts_with("POST /services/oauth2/token HTTP/1.1\r\n"), "{requests:?}");
    for header in [host.as_str(), concat!("user-agent: orgtoken/", env!("CARGO_PKG_VERSION"))] {
        assert!(requests[0].contains(header), "{header}: {requests:?}");
    }
}

/// The response, and the code of the error. Without a last step the server closes the connection.
fn rows() -> Vec<(&'static str, Vec<Act>, &'static str)> {
    let head = "HTTP/1.1 200 OK\r\n";
    let chunked = format!("{head}Transfer-Encoding: chunked\r\n\r\n");
    let many: String = (0..101).map(|n| format!("X-{n}: y\r\n")).collect();
    let long = "y".repeat(64 * 1024);
    let with = |rest: &str| send(format!("{head}{rest}"));
    vec![
        (
            "gzip",
            vec![with("Content-Encoding: gzip\r\nContent-Length: 2\r\n\r\n\x1f\x0b")],
            "resp.encoding",
        ),
        (
            "br",
            vec![with("Content-Encoding: br\r\nContent-Length: 1\r\n\r\n\x0b")],
            "resp.encoding",
        ),
        (
            "zstd after identity",
            vec![with("Content-Encoding: identity, zstd\r\nContent-Length: 1\r\n\r\nx")],
            "resp.encoding",
        ),
        ("length", vec![with("Content-Length: 65537\r\n\r\n"), Act::Hold], "resp.too_large"),
        (
            "length near 2^64",
            vec![with("Content-Length: 18446744073709551613\r\n\r\n"), Act::Hold],
            "resp.too_large",
        ),
        ("chunks", vec![send(&chunked), Act::Flood(chunk(8192))], "resp.too_large"),
        ("until the end", vec![with("\r\n"), Act::Flood(vec![b' '; 8192])], "resp.too_large"),
        (
            "a chunk of 1 GiB",
            vec![send(&chunked), send("40000000\r\n"), Act::Flood(vec![b' '; 8192])],
            "resp.too_large",
        ),
        ("slow head", vec![Act::Drip(head.into()), Act::Hold], "resp.timeout"),
        (
            "slow body",
            vec![with("Content-Length: 100\r\n\r\n"), Act::Drip(vec![b' '; 100])],
            "resp.timeout",
        ),
        ("no body", vec![with("Content-Length: 100\r\n\r\n"), Act::Hold], "resp.timeout"),
        ("slow chunks", vec![send(&chunked), Act::Drip(b"1\r\nx\r\n".repeat(9))], "resp.timeout"),
        ("1xx drip", vec![Act::Drip(b"HTTP/1.1 100 Continue\r\n\r\n".repeat(3))], "resp.timeout"),
        ("101 headers", vec![with(&format!("{many}\r\n"))], "resp.headers"),
        ("long header", vec![with(&format!("X: {long}\r\n\r\n"))], "resp.headers"),
        ("folded header", vec![with("X: a\r\n b\r\nContent-Length: 0\r\n\r\n")], "resp.headers"),
        ("no header", vec![with("X y\r\n\r\n")], "resp.headers"),
        ("control in a header", vec![with("X: \x01\r\n\r\n")], "resp.headers"),
        ("HTTP/0.9", vec![send("<html></html>")], "resp.protocol"),
        ("HTTP/2", vec![send("\0\0\0\x04\0\0\0\0\0")], "resp.protocol"),
        ("TLS record", vec![send(b"\x16\x03\x01\0\0\x07\x09\xff")], "resp.protocol"),
        ("SSH banner", vec![send("SSH-2.0-OpenSSH_9.9\r\n")], "resp.protocol"),
        ("status 99", vec![send("HTTP/1.1 099 Odd\r\n\r\n")], "resp.protocol"),
        (
            "two lengths",
            vec![with("Content-Length: 1\r\nContent-Length: 2\r\n\r\nxx")],
            "resp.protocol",
        ),
        (
            "length and chunks",
            vec![with("Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")],
            "resp.protocol",
        ),
        ("negative length", vec![with("Content-Length: -1\r\n\r\n")], "resp.protocol"),
        ("chunk of no length", vec![send(&chunked), send("zz\r\n")], "resp.protocol"),
        ("chunk of 2^64", vec![send(&chunked), send("10000000000000000\r\n")], "resp.protocol"),
        ("short body", vec![with("Content-Length: 9\r\n\r\n{")], "resp.truncated"),
        ("chunks cut", vec![send(&chunked), send("9\r\n{")], "resp.truncated"),
        ("last chunk missing", vec![send(&chunked), send("1\r\n{\r\n")], "resp.truncated"),
        ("head cut", vec![send("HTTP/1.1 200 O")], "resp.truncated"),
        ("nothing", vec![], "resp.truncated"),
        ("reset", vec![Act::Reset], "resp.truncated"),
        (
            "reset in mid-body",
            vec![with("Content-Length: 9\r\n\r\n{"), Act::Reset],
            "resp.truncated",
        ),
    ]
}

#[tokio::test(start_paused = true)]
async fn invalid_responses_are_refused() {
    for (row, script, code) in rows() {
        let server = Server::always(script).await;
        let error = server.ask(&Transport::builder().build()).await.unwrap_err();
        assert_eq!(error.code(), code, "{row}: {error:?}");
        assert_eq!(
            error.is_transient(),
            ["resp.timeout", "resp.truncated"].contains(&code),
            "{row}"
        );
        assert_eq!(server.requests().len(), 1, "{row}");
    }
}

#[tokio::test(start_paused = true)]
async fn timeout_names_phase_and_limit() {
    let head = Server::always([Act::Hold]).await;
    let body = Server::always([send("HTTP/1.1 200 OK\r\n\r\n"), Act::Hold]).await;
    for (server, expected, limit) in [(head, Phase::Head, 10), (body, Phase::Body, 20)] {
        match server.ask(&Transport::builder().build()).await.unwrap_err() {
            TransportError::Timeout { phase, after, .. } => {
                assert_eq!((phase, after), (expected, Duration::from_secs(limit)));
            }
            error => panic!("{error:?}"),
        }
    }
}

/// hyper reads any number of 1xx responses, so only the timeout ends this.
#[tokio::test]
async fn flood_of_1xx_responses_is_cut_off() {
    let server = Server::always([Act::Flood(b"HTTP/1.1 103 Early Hints\r\n\r\n".repeat(99))]).await;
    let timeouts = orgtoken_client::Timeouts {
        head: Duration::from_millis(100),
        ..orgtoken_client::Timeouts::default()
    };
    let transport = Transport::builder().timeouts(timeouts).build();
    assert_eq!(server.ask(&transport).await.unwrap_err().code(), "resp.timeout");
}

#[tokio::test(start_paused = true)]
async fn redirect_is_returned_and_not_followed() {
    let elsewhere = Server::always([json("{}")]).await;
    for status in [301, 302, 303, 307, 308] {
        let to = elsewhere.url();
        let head = format!("HTTP/1.1 {status} X\r\nLocation: {to}\r\nContent-Length: 0\r\n\r\n");
        let server = Server::always([send(head)]).await;
        let answer = server.ask(&Transport::builder().build()).await.unwrap();
        assert_eq!(answer.status(), status);
        assert_eq!(server.requests().len(), 1, "{status}");
    }
    assert!(elsewhere.requests().is_empty());
}

#[tokio::test(start_paused = true)]
async fn empty_response_is_returned() {
    for answer in
        ["HTTP/1.1 204 No Content\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"]
    {
        let server = Server::always([send(answer)]).await;
        assert!(server.ask(&Transport::builder().build()).await.unwrap().body().is_empty());
    }
}

#[tokio::test(start_paused = true)]
async fn response_headers_have_no_effect() {
    let server = Server::always([send(
        "HTTP/1.1 200 OK\r\nSet-Cookie: a=b\r\nAlt-Svc: h3=\":443\"\r\nRefresh: 0; url=/x\r\n\
         Link: </x>; rel=preload\r\nContent-Length: 2\r\n\r\n{}",
    )])
    .await;
    let transport = Transport::builder().build();
    for _ in 0..2 {
        server.ask(&transport).await.unwrap();
    }
    let requests = server.requests();
    assert_eq!(requests.len(), 2);
    assert!(requests.iter().all(|request| !request.to_lowercase().contains("cookie")));
}

#[tokio::test(start_paused = true)]
async fn requests_can_share_a_connection() {
    let twice = "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n1";
    let server = Server::always([send(twice), Act::Hold, send(twice), Act::Hold]).await;
    let transport = Transport::builder().build();
    let deadline = transport.deadline();
    let mut connection = transport.connect(&server.url().parse().unwrap(), deadline).await.unwrap();
    for _ in 0..2 {
        let answer = connection.exchange(post(&server.url()), deadline).await.unwrap();
        assert_eq!(&answer.body()[..], b"1");
    }
}

fn chunk(length: usize) -> Vec<u8> {
    format!("{length:x}\r\n{}\r\n", " ".repeat(length)).into_bytes()
}

//! Connections that fail.

use std::time::Duration;

use orgtoken_assertion::Diagnostic;
use orgtoken_client::transport::Phase;
use orgtoken_client::{Roots, Timeouts, Transport, TransportError};
use tokio::net::TcpSocket;
use tokio::time::Instant;

use super::certs::Authority;
use super::server::{Act, BlackHole, Server, json, post, send};

/// A label has at most 63 characters, so no name server is asked.
#[tokio::test(start_paused = true)]
async fn host_without_an_address_is_named() {
    let host = "x".repeat(64);
    let transport = Transport::builder().roots(Roots::Pem(Authority::new().pem())).build();
    let error = transport.exchange(post(&format!("https://{host}/"))).await.unwrap_err();
    assert_eq!((error.code(), error.is_transient()), ("net.dns", true), "{error:?}");
    assert_eq!(error.to_string(), format!("cannot find the address of `{host}`"));
}

#[tokio::test(start_paused = true)]
async fn refused_connection_names_the_host() {
    // Bound and not listening: the port is taken, and no connection is accepted.
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let address = socket.local_addr().unwrap();

    let error = Transport::builder().build().exchange(post(&format!("http://{address}/"))).await;
    let error = error.unwrap_err();
    assert_eq!(error.code(), "net.connect");
    assert_eq!(error.to_string(), format!("cannot connect to `{address}`"));
    assert!(error.is_transient());
}

#[tokio::test(start_paused = true)]
async fn silent_address_times_out_after_five_seconds() {
    let hole = BlackHole::new();
    let begun = Instant::now();
    let error = Transport::builder().build().exchange(post(&hole.url())).await.unwrap_err();
    assert_eq!((error.code(), error.is_transient()), ("net.connect", true));
    assert!(error.to_string().ends_with(" within 5 s"), "{error}");
    assert_eq!(begun.elapsed().as_secs(), 5);
}

#[tokio::test(start_paused = true)]
async fn truncated_body_is_not_returned() {
    let whole = r#"{"access_token":"00Dcanary!canary","token_type":"Bearer"}"#;
    let length = whole.len();
    for cut in [0, 1, 20, length - 1] {
        let part = &whole[..cut];
        let server = Server::always([send(format!(
            "HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n{part}"
        ))])
        .await;
        let error = server.ask(&Transport::builder().build()).await.unwrap_err();
        assert_eq!(error.code(), "resp.truncated", "{cut}");
        assert!(!format!("{error:?} {error}").contains("canary"), "{cut}");
    }
}

#[tokio::test(start_paused = true)]
async fn slow_line_within_the_limits_succeeds() {
    let kilobyte = "x".repeat(1024);
    let second = Act::Wait(Duration::from_secs(1));
    let server = Server::always([
        Act::Wait(Duration::from_secs(5)),
        send("HTTP/1.1 200 OK\r\nContent-Length: 3072\r\n\r\n"),
        second.clone(),
        send(&kilobyte),
        second.clone(),
        send(&kilobyte),
        second,
        send(&kilobyte),
    ])
    .await;
    let answer = server.ask(&Transport::builder().build()).await.unwrap();
    assert_eq!(answer.body().len(), 3072);
}

#[tokio::test(start_paused = true)]
async fn total_limit_ends_a_phase_early() {
    let server = Server::always([Act::Hold]).await;
    let total = Duration::from_secs(2);
    let timeouts = Timeouts { total, ..Timeouts::default() };
    let transport = Transport::builder().timeouts(timeouts).build();
    match server.ask(&transport).await.unwrap_err() {
        error @ TransportError::Timeout { phase: Phase::Head, after, .. } => {
            assert_eq!(after, total);
            let host = server.address();
            assert_eq!(error.to_string(), format!("no response from `{host}` within 2 s"));
        }
        error => panic!("{error:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn dropped_exchange_closes_its_connection() {
    let server = Server::plain(|n| vec![if n == 0 { Act::Hold } else { json("{}") }]).await;
    let transport = Transport::builder().build();
    let impatient = tokio::time::timeout(Duration::from_secs(1), server.ask(&transport)).await;
    assert!(impatient.is_err());
    server.ask(&transport).await.unwrap();
    assert_eq!(server.requests().len(), 2);
}

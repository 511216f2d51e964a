//! Working and faulty proxies.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use orgtoken_assertion::Diagnostic;
use orgtoken_client::{Proxy, Roots, Transport};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::Instant;

use super::certs::{Authority, named};
use super::login::{login_at, obtain_over};
use super::server::{Act, SECRET, Server, json, post, send, tick};

const HOST: &str = "acme.my.salesforce.com";

#[tokio::test(start_paused = true)]
async fn proxy_learns_the_host_only() {
    let ca = Authority::new();
    let org = Server::tls(ca.server(&named(&[HOST])), [json("{}")]).await;
    let (proxy, tap) = tunnel_to(org.address()).await;
    let transport = through(&format!("http://user:p%40ss@{proxy}"), "", ca.pem());

    let request = post(&format!("https://{HOST}/token"));
    let deadline = transport.deadline();
    let mut connection = transport.connect(request.uri(), deadline).await.unwrap();
    let peer = connection.peer().clone();
    let answer = connection.exchange(request, deadline).await.unwrap();

    assert_eq!(&answer.body()[..], b"{}");
    assert_eq!((peer.proxy, peer.address), (Some(proxy.to_string()), Some(proxy)));
    assert_eq!((peer.tls_version, peer.certificates.len()), (Some("TLS 1.3"), 1));
    assert!(org.requests()[0].contains(SECRET));
    let seen = tap.lock().unwrap();
    let clear = String::from_utf8_lossy(&seen);
    assert!(clear.starts_with(&format!("CONNECT {HOST}:443 HTTP/1.1\r\n")), "{clear}");
    assert!(clear.contains("proxy-authorization: Basic dXNlcjpwQHNz\r\n"), "{clear}");
    assert!(!clear.contains("canary") && !clear.contains("/token"));
}

#[tokio::test(start_paused = true)]
async fn loopback_is_not_proxied() {
    let ca = Authority::new();
    let proxy = Server::always([]).await;
    let org = Server::tls(ca.server(&named(&["127.0.0.1"])), [json("{}")]).await;
    org.ask(&through(&format!("http://{}", proxy.address()), "", ca.pem())).await.unwrap();
    assert!(proxy.requests().is_empty());
}

#[tokio::test(start_paused = true)]
async fn faulty_proxies_are_named_in_the_error() {
    let rows: [(&str, Vec<Act>, &str, bool); 7] = [
        (
            "407",
            vec![send("HTTP/1.1 407 LoginId?\r\nContent-Length: 0\r\n\r\n")],
            "proxy.auth",
            false,
        ),
        ("403", vec![send("HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n")], "proxy.status", false),
        ("502", vec![send("HTTP/1.1 502 No\r\nContent-Length: 0\r\n\r\n")], "proxy.status", true),
        ("dies", vec![], "proxy.closed", true),
        ("garbage", vec![send("SSH-2.0-OpenSSH_9.9\r\n")], "proxy.protocol", false),
        (
            "extra bytes",
            vec![send("HTTP/1.1 200 OK\r\n\r\nextra"), Act::Hold],
            "proxy.protocol",
            false,
        ),
        ("slow", vec![Act::Drip(b"HTTP/1.1 200 OK\r\n\r\n".to_vec())], "proxy.timeout", true),
    ];
    for (row, script, code, transient) in rows {
        let proxy = Server::always(script).await;
        let url = format!("http://user:canary@{}", proxy.address());
        let transport = through(&url, "", Authority::new().pem());
        let error = transport.exchange(post(&format!("https://{HOST}/"))).await.unwrap_err();
        assert_eq!((error.code(), error.is_transient()), (code, transient), "{row}: {error:?}");
        let said = format!("{error} {error:?} {transport:?}");
        assert!(said.contains(&proxy.address().to_string()), "{row}: {said}");
        assert!(!said.contains("canary") && !said.contains("Y2FuYXJ5"), "{row}: {said}");
        assert!(!proxy.requests()[0].contains(SECRET), "{row}");
    }
}

#[tokio::test(start_paused = true)]
async fn retries_reveal_the_host_only() {
    let asks = format!("CONNECT {HOST}:443 HTTP/1.1\r\n");
    for (row, script, attempts) in [
        ("407", vec![send("HTTP/1.1 407 LoginId?\r\nContent-Length: 0\r\n\r\n")], 1),
        ("502", vec![send("HTTP/1.1 502 No\r\nContent-Length: 0\r\n\r\n")], 3),
        ("dies", vec![], 3),
        ("extra bytes", vec![send("HTTP/1.1 200 OK\r\n\r\nextra"), Act::Listen], 1),
        ("silent", vec![Act::Listen], 3),
        ("another 200", vec![send("HTTP/1.1 200 OK\r\n\r\n"), Act::Listen], 3),
    ] {
        let proxy = Server::always(script).await;
        let transport = through(&proxy.url(), "", Authority::new().pem());
        let begun = Instant::now();
        let error =
            obtain_over(&transport, &login_at(&format!("https://{HOST}"), None)).await.unwrap_err();
        assert_eq!(error.attempts().len(), attempts, "{row}: {error:?}");
        assert!(begun.elapsed() < Duration::from_secs(20), "{row}");
        let asked = proxy.requests();
        assert_eq!(asked.len(), attempts, "{row}");
        for asked in asked {
            assert!(asked.starts_with(&asks), "{row}: {asked}");
            assert!(!asked.contains("assertion") && !asked.contains("eyJ"), "{row}: {asked}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn required_proxy_authentication_is_named() {
    for (user, offered, words) in [
        ("", "Basic realm=\"x\"", "it requires a user name and a password"),
        ("user:canary@", "Basic realm=\"x\"", "it does not accept the user name and password"),
        ("user:canary@", "NTLM", "it requires NTLM authentication; only Basic is supported"),
        (
            "user:canary@",
            "Negotiate\r\nProxy-Authenticate: NTLM TlRMTVNTUAAC",
            "it requires NTLM authentication; only Basic is supported",
        ),
        (
            "user:canary@",
            "Negotiate\r\nProxy-Authenticate: Basic realm=\"x\"",
            "it does not accept the user name and password",
        ),
        ("user:canary@", "canary", "it does not accept the user name and password"),
    ] {
        let answer = format!(
            "HTTP/1.1 407 No\r\nProxy-Authenticate: {offered}\r\nContent-Length: 0\r\n\r\n"
        );
        let proxy = Server::always([send(answer)]).await;
        let url = format!("http://{user}{}", proxy.address());
        let transport = through(&url, "", Authority::new().pem());
        let error = transport.exchange(post(&format!("https://{HOST}/"))).await.unwrap_err();
        assert!(error.hint().is_some() && !error.is_transient(), "{offered}");
        let cause = std::error::Error::source(&error).unwrap().to_string();
        assert_eq!((error.code(), cause.as_str()), ("proxy.auth", words), "{offered}");
    }
}

#[tokio::test(start_paused = true)]
async fn unreachable_proxy_is_named_in_the_error() {
    let error = through("http://127.0.0.1:1", "", Authority::new().pem())
        .exchange(post(&format!("https://{HOST}/")))
        .await
        .unwrap_err();
    assert_eq!(error.code(), "proxy.connect");
}

#[test]
fn invalid_proxy_url_is_not_shown() {
    for url in [
        "socks5://canary@127.0.0.1:1080",
        "https://canary:canary@127.0.0.1",
        "http://can ary",
        "http://",
        "http://canary:ca#nary@127.0.0.1:3128",
        "http://canary:ca/nary@127.0.0.1:3128",
        "http://canary:ca?nary@127.0.0.1:3128",
    ] {
        let error = Proxy::new(url, "").unwrap_err();
        assert_eq!(error.code(), "proxy.url", "{url}");
        assert!(!format!("{error} {error:?}").contains("canary"), "{url}");
    }
}

fn through(proxy: &str, no_proxy: &str, roots: Vec<u8>) -> Transport {
    let proxy = Proxy::new(proxy, no_proxy).unwrap();
    Transport::builder().proxy(proxy).roots(Roots::Pem(roots)).build()
}

/// A proxy that connects every host to `target`, and the bytes that it gets from its client.
async fn tunnel_to(target: SocketAddr) -> (SocketAddr, Arc<Mutex<Vec<u8>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let tap = Arc::new(Mutex::new(Vec::new()));
    let record = Arc::clone(&tap);
    tokio::spawn(tick());
    tokio::spawn(async move {
        let (mut client, _) = listener.accept().await.unwrap();
        let mut bytes = [0; 4096];
        let count = client.read(&mut bytes).await.unwrap();
        record.lock().unwrap().extend_from_slice(&bytes[..count]);
        client.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n").await.unwrap();
        let mut org = TcpStream::connect(target).await.unwrap();
        let (mut from, mut to) = client.split();
        let (mut org_from, mut org_to) = org.split();
        let up = async {
            while let Ok(count @ 1..) = from.read(&mut bytes).await {
                record.lock().unwrap().extend_from_slice(&bytes[..count]);
                org_to.write_all(&bytes[..count]).await.unwrap();
            }
        };
        tokio::select! {
            () = up => {}
            _ = tokio::io::copy(&mut org_from, &mut to) => {}
        }
    });
    (address, tap)
}

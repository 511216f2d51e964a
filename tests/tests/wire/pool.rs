//! Reused connections.

use std::time::Duration;

use bytes::Bytes;
use http::{Method, Request, Response, Version};
use http_body_util::{BodyExt, Full};
use orgtoken_assertion::Diagnostic;
use orgtoken_client::transport::Pool;
use orgtoken_client::{Proxy, Roots, Timeouts, Transport, TransportError};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::time::Instant;

use super::certs::{Authority, named};
use super::server::{Act, BlackHole, Server, json, post, send, tick};

#[tokio::test(start_paused = true)]
async fn requests_share_a_connection() {
    let server = Server::plain(|n| {
        assert_eq!(n, 0, "a second connection");
        vec![json("1"), Act::Next, json("2"), Act::Next, json("3")]
    })
    .await;
    let pool = pool();
    for body in ["1", "2", "3"] {
        assert_eq!(call(&pool, &server.url()).await.unwrap(), body);
    }
    let requests = server.requests();
    assert_eq!(requests.len(), 3);
    let host = format!("host: {}\r\n", server.address());
    for request in requests {
        assert!(request.starts_with("POST /services/oauth2/token HTTP/1.1\r\n"), "{request}");
        assert!(request.contains(&host) && request.contains("user-agent: orgtoken/"), "{request}");
    }
}

#[tokio::test(start_paused = true)]
async fn closed_idle_connection_is_replaced() {
    let server = Server::plain(|_| vec![json("1")]).await;
    let pool = pool();
    for _ in 0..3 {
        assert_eq!(call(&pool, &server.url()).await.unwrap(), "1");
    }
    assert_eq!(server.requests().len(), 3);
}

/// The host reads the request and closes the connection: it may have acted on it.
#[tokio::test(start_paused = true)]
async fn request_that_may_have_been_sent_is_not_sent_again() {
    for (name, method, version, requests) in [
        ("read", Method::POST, Version::HTTP_11, 2),
        ("CONNECT", Method::CONNECT, Version::HTTP_11, 2),
        ("refused by hyper, which names no cause", Method::POST, Version::HTTP_09, 1),
    ] {
        let server = Server::plain(|_| vec![json("1"), Act::Next]).await;
        let pool = pool();
        assert_eq!(call(&pool, &server.url()).await.unwrap(), "1");
        let mut request = post(&server.url()).map(Full::new);
        (*request.method_mut(), *request.version_mut()) = (method, version);
        let error = pool.send(request, pool.deadline()).await.unwrap_err();
        assert_eq!((error.code(), error.is_unsent()), ("resp.truncated", false), "{name}");
        assert_eq!(server.requests().len(), requests, "{name}");
    }
}

/// The host responds before it has read the body, keeps the connection open and stops reading.
#[tokio::test]
async fn connection_with_an_unread_body_is_not_reused() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    tokio::spawn(async move {
        let mut open = Vec::new();
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let _ = stream.read(&mut [0; 1024]).await;
            let refusal = b"HTTP/1.1 413 Too Large\r\nContent-Length: 1\r\n\r\nx";
            stream.write_all(refusal).await.unwrap();
            open.push(stream);
        }
    });
    let pool = pool();
    for _ in 0..2 {
        // More than the buffers of the kernel.
        let request = Request::post(&url).body(Bytes::from(vec![0; 32 << 20])).unwrap();
        let answer = pool.send(request.map(Full::new), pool.deadline()).await.unwrap();
        assert_eq!(answer.status(), 413);
        assert_eq!(answer.into_body().collect().await.unwrap().to_bytes(), "x");
    }
}

#[tokio::test(start_paused = true)]
async fn slow_body_ends_at_the_deadline() {
    let head = "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n";
    let server = Server::always([send(head), Act::Drip(vec![b'x'; 100])]).await;
    let begun = Instant::now();
    let error = call(&pool(), &server.url()).await.unwrap_err();
    assert_eq!(error.code(), "resp.timeout");
    assert!(error.to_string().ends_with(" within 20 s"), "{error}");
    assert_eq!(begun.elapsed().as_secs(), 20);
}

#[tokio::test]
async fn endless_body_ends_at_the_deadline() {
    let server =
        Server::always([send("HTTP/1.1 200 OK\r\n\r\n"), Act::Flood(vec![b'x'; 8192])]).await;
    let total = Duration::from_millis(300);
    let timeouts = Timeouts { total, ..Timeouts::default() };
    let pool = Pool::new(Transport::builder().timeouts(timeouts).build(), 1);
    let answer = pool.send(post(&server.url()).map(Full::new), pool.deadline()).await.unwrap();
    let mut body = answer.into_body();
    let error = loop {
        match body.frame().await.unwrap() {
            Ok(_) => {}
            Err(error) => break error,
        }
    };
    assert_eq!(error.code(), "resp.timeout");
}

#[tokio::test(start_paused = true)]
async fn errors_are_those_of_a_single_exchange() {
    let ca = Authority::new();
    let url = |address| format!("https://{address}/");
    let trusting = |proxy: &str| {
        let proxy = Proxy::new(proxy, "").unwrap();
        let roots = Roots::Pem(ca.pem());
        Pool::new(Transport::builder().proxy(proxy).roots(roots).build(), 1)
    };
    let wrong = Server::tls(ca.server(&named(&["other.example"])), [json("1")]).await;
    let forbidding = Server::always([send("HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n")]).await;
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let hole = BlackHole::new();
    tokio::spawn(tick());
    for (pool, url, code) in [
        (trusting(""), url(wrong.address()), "tls.cert"),
        (trusting(""), url(silent.local_addr().unwrap()), "net.tls"),
        (trusting(""), hole.url(), "net.connect"),
        (trusting(""), "http://acme.my.salesforce.com/".to_owned(), "net.target"),
        (trusting(&forbidding.url()), "https://acme.my.salesforce.com/".to_owned(), "proxy.status"),
    ] {
        let error = call(&pool, &url).await.unwrap_err();
        assert_eq!((error.code(), error.is_unsent()), (code, true), "{error:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn timeout_while_connecting_leaves_the_request_unsent() {
    let hole = BlackHole::new();
    let total = Duration::from_secs(2);
    let timeouts = Timeouts { head: total, total, ..Timeouts::default() };
    let pool = Pool::new(Transport::builder().timeouts(timeouts).build(), 1);
    let error = call(&pool, &hole.url()).await.unwrap_err();
    assert_eq!((error.code(), error.is_unsent()), ("net.connect", true), "{error:?}");
}

#[tokio::test(start_paused = true)]
async fn head_limits_are_those_of_a_single_exchange() {
    let long = "y".repeat(64 * 1024);
    for (head, code) in [
        (format!("HTTP/1.1 200 OK\r\nX: {long}\r\n\r\n"), "resp.headers"),
        ("SSH-2.0-OpenSSH_9.9\r\n".to_owned(), "resp.protocol"),
        (
            "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
                .to_owned(),
            "resp.protocol",
        ),
        (String::new(), "resp.truncated"),
    ] {
        let server = Server::always([send(head)]).await;
        let error = call(&pool(), &server.url()).await.unwrap_err();
        assert_eq!(error.code(), code, "{error:?}");
        assert_eq!(server.requests().len(), 1, "{code}");
    }
}

fn pool() -> Pool<Full<Bytes>> {
    Pool::new(Transport::builder().build(), 1)
}

async fn call(pool: &Pool<Full<Bytes>>, url: &str) -> Result<Bytes, TransportError> {
    let answer: Response<_> = pool.send(post(url).map(Full::new), pool.deadline()).await?;
    Ok(answer.into_body().collect().await?.to_bytes())
}

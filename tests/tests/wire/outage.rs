//! Sources whose endpoint returns no token, or always the same one.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use orgtoken_assertion::Diagnostic;
use orgtoken_client::{LoginSource, LoginSourceBuilder, TokenSource, Transport};
use tokio::net::TcpSocket;

use super::login::{login, login_at, token};
use super::server::{Act, Server, send};

const MINUTE: Duration = Duration::from_secs(60);

fn busy() -> Act {
    send("HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n")
}

fn source(server: &Server) -> LoginSource {
    builder(server).build()
}

fn builder(server: &Server) -> LoginSourceBuilder {
    LoginSource::builder(login(server, None), Transport::builder().build())
}

#[tokio::test(start_paused = true)]
async fn login_that_returns_the_rejected_token_is_not_repeated() {
    let server = Server::always([token()]).await;
    let source = source(&server);
    let first = source.token(MINUTE).await.unwrap();
    source.invalidate(&first);
    let again = source.token(MINUTE).await.unwrap();
    let secret =
        |token: &orgtoken_client::CachedToken| token.token().access_token().secret().to_owned();
    assert_eq!(secret(&first), secret(&again), "the caller gets it, and the API's 401");
    assert_eq!(server.requests().len(), 2);

    // Each 401 of the API invalidates the token again.
    for _ in 0..200 {
        let token = source.token(MINUTE).await.unwrap();
        source.invalidate(&token);
    }
    assert_eq!(server.requests().len(), 2);
    assert!(source.cached(MINUTE).is_some());
}

#[tokio::test(start_paused = true)]
async fn attempts_without_a_connection_do_not_count_as_logins() {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let url = format!("http://{}", socket.local_addr().unwrap());
    let transport = || Transport::builder().build();
    // Cached failures are ignored, so each call makes an attempt.
    let source = LoginSource::builder(login_at(&url, None), transport());
    let source = source.hourly_cap(3).ignore_cached_failure().build();
    for _ in 0..10 {
        assert_eq!(source.token(MINUTE).await.unwrap_err().code(), "net.connect");
    }
}

#[tokio::test(start_paused = true)]
async fn network_fault_is_cached_for_a_short_time() {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let url = format!("http://{}", socket.local_addr().unwrap());
    let source = LoginSource::new(login_at(&url, None), Transport::builder().build());
    let first = source.token(MINUTE).await.unwrap_err();
    assert!(!first.to_string().contains("cached failure"), "{first}");
    let second = source.token(MINUTE).await.unwrap_err();
    assert_eq!(second.code(), "net.connect");
    assert!(second.to_string().contains("next attempt in "), "{second}");
}

#[tokio::test(start_paused = true)]
async fn each_sent_assertion_counts() {
    let server = Server::always([busy()]).await;
    let source = builder(&server).hourly_cap(5).ignore_cached_failure().build();
    for _ in 0..10 {
        source.token(MINUTE).await.unwrap_err();
    }
    // The first login sends three, and each later one sends one while the outage lasts.
    assert_eq!(server.requests().len(), 5);
    let error = source.token(MINUTE).await.unwrap_err();
    assert_eq!(error.code(), "rate.cap");
    assert!(error.hint().unwrap().contains("`cache`"), "{:?}", error.hint());
}

#[tokio::test(start_paused = true)]
async fn outage_is_cached() {
    let server = Server::always([busy()]).await;
    let source = source(&server);
    for _ in 0..1000 {
        assert_eq!(source.token(MINUTE).await.unwrap_err().code(), "unavailable.status");
    }
    assert_eq!(server.requests().len(), 3);
}

#[tokio::test(start_paused = true)]
async fn cap_of_zero_allows_no_login() {
    let server = Server::always([token()]).await;
    let error = builder(&server).hourly_cap(0).build().token(MINUTE).await.unwrap_err();
    assert_eq!(error.code(), "rate.cap");
    assert!(error.to_string().contains("the hourly cap is 0"), "{error}");
    assert!(server.requests().is_empty());
}

#[test]
fn shutdown_of_the_runtime_during_a_login_is_an_error() {
    let runtime = || tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let (servers, dying, waiting) = (runtime(), runtime(), runtime());
    let asked = Arc::new(AtomicUsize::new(0));
    let server = servers.block_on({
        let asked = Arc::clone(&asked);
        Server::plain(move |_| {
            asked.fetch_add(1, Ordering::SeqCst);
            vec![Act::Hold]
        })
    });
    let login = login(&server, None).sign_in_place();
    let source = LoginSource::new(login, Transport::builder().build());
    // The leader runs on the first runtime, and the second one drives its caller.
    let handle = dying.handle().clone();
    let caller = waiting.spawn(async move {
        let renewing = {
            let _entered = handle.enter();
            source.renew(MINUTE)
        };
        Entered(handle, renewing).await.map(drop)
    });
    while asked.load(Ordering::SeqCst) == 0 {
        std::thread::yield_now();
    }
    dying.shutdown_background();
    let error = waiting.block_on(caller).unwrap().unwrap_err();
    assert_eq!(error.code(), "interrupted");
}

/// Polls a future in the context of a runtime.
struct Entered<F>(tokio::runtime::Handle, F);

impl<F: Future + Unpin> Future for Entered<F> {
    type Output = F::Output;

    fn poll(
        mut self: std::pin::Pin<&mut Self>,
        cx: &mut std::task::Context<'_>,
    ) -> std::task::Poll<F::Output> {
        let Self(handle, future) = &mut *self;
        let _entered = handle.enter();
        std::pin::Pin::new(future).poll(cx)
    }
}

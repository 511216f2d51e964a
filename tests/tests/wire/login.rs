//! Logins, and their errors.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock};

use conformance::test_org::KEY;
use orgtoken_assertion::{
    Diagnostic, PublicKey, RingSigner, SignError, Signature, Signer, SigningKey, UnixTime,
    Unverified, Verified,
};
use orgtoken_client::{LoggedIn, Login, LoginError, Transport};
use orgtoken_oauth::{AllowedHosts, Audience, LoginUrl, Resolution};

use super::server::{Act, Server, json, send};

static SIGNER: LazyLock<Arc<RingSigner>> = LazyLock::new(|| {
    let key = SigningKey::from_bytes(KEY.secret().as_bytes()).unwrap();
    Arc::new(RingSigner::new(key))
});

#[tokio::test(start_paused = true)]
async fn token_for_an_assertion() {
    let server = Server::always([token()]).await;
    let granted = obtain(&login(&server, None)).await.unwrap();

    assert_eq!(granted.token.access_token().secret(), "00Dcanary!canary");
    assert!(granted.failed.is_empty());
    let in_place = obtain(&login(&server, None).sign_in_place()).await.unwrap();
    assert_eq!(in_place.token.access_token().secret(), "00Dcanary!canary");
    let request = &server.requests()[0];
    assert!(request.starts_with("POST /services/oauth2/token HTTP/1.1\r\n"));
    let assertion = assertions(&server).remove(0);
    let claims = assertion.claims();
    assert_eq!((claims.issuer(), claims.subject()), (Some("3MVG9client"), Some("user@acme.com")));
    assert_eq!(claims.audience(), Some(origin(&server).as_str()));
    assert_eq!(claims.expires_at(), Some(UnixTime::from_secs(1_700_000_151)));
}

/// The host is allowed, and is not a Salesforce host.
#[tokio::test(start_paused = true)]
async fn other_host_gets_no_assertion_for_salesforce_or_the_far_future() {
    const LATE: &str =
        r#"{"error":"invalid_grant","error_description":"expired authorization code"}"#;
    // The clock of these tests is at 2023-11-14T22:13:21Z: 30 days, 50 years and 4 minutes.
    for (date, assertions_sent) in [
        ("Thu, 14 Dec 2023 22:13:21 GMT", 1),
        ("Mon, 14 Nov 2073 22:13:21 GMT", 1),
        ("Tue, 14 Nov 2023 22:17:21 GMT", 2),
    ] {
        let late = send(format!(
            "HTTP/1.1 400 Bad Request\r\nDate: {date}\r\nContent-Type: application/json\r\n\
             Content-Length: {}\r\n\r\n{LATE}",
            LATE.len()
        ));
        for answers in [[refusal("audience is invalid"), late.clone()], [late.clone(), late]] {
            let server = Server::plain(move |n| vec![answers[n % 2].clone()]).await;
            obtain(&login(&server, None)).await.unwrap_err();
            let sent = assertions(&server);
            assert!(sent.len() <= assertions_sent, "{date}: {}", sent.len());
            for assertion in sent {
                assert_eq!(assertion.claims().audience(), Some(origin(&server).as_str()), "{date}");
                let end = assertion.claims().expires_at().unwrap().as_secs();
                assert!(end <= 1_700_000_010 + 180 + 300, "{date}: {end}");
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn one_attempt_if_no_other_can_help() {
    let audience = Audience::production();
    for (row, script, audience, code) in [
        ("audience set", refusal("audience is invalid"), Some(&audience), "refused.audience"),
        ("another host", refusal("audience is invalid"), None, "refused.audience"),
        (
            "not approved",
            refusal("user hasn't approved this consumer"),
            None,
            "refused.user_not_approved",
        ),
        ("200 with an error", json(r#"{"error":"invalid_grant"}"#), None, "refused."),
        (
            "gzip",
            send("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 1\r\n\r\nx"),
            None,
            "resp.encoding",
        ),
        ("empty", send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"), None, "resp.empty"),
    ] {
        let server = Server::always([script]).await;
        let error = obtain(&login(&server, audience)).await.unwrap_err();
        assert!(error.code().starts_with(code), "{row}: {} {error}", error.code());
        assert!(error.hint().is_some() && !error.is_transient(), "{row}");
        assert_eq!(server.requests().len(), 1, "{row}");
    }
}

#[tokio::test(start_paused = true)]
async fn assertion_does_not_follow_a_redirect() {
    let elsewhere = Server::always([token()]).await;
    for status in [301, 302, 303, 307, 308] {
        let to = elsewhere.url();
        let server = Server::always([send(format!(
            "HTTP/1.1 {status} X\r\nLocation: {to}\r\nContent-Length: 0\r\n\r\n"
        ))])
        .await;
        let error = obtain(&login(&server, None)).await.unwrap_err();
        assert_eq!((error.code(), server.requests().len()), ("resp.redirect", 1), "{status}");
    }
    assert!(elsewhere.requests().is_empty());
}

#[tokio::test(start_paused = true)]
async fn nothing_is_sent_without_a_signature() {
    let server = Server::always([token()]).await;
    let signer: Arc<dyn Signer> = Arc::new(Stubborn);
    let login =
        Login::new("3MVG9client", "user@acme.com", signer, resolution(&origin(&server), None));
    for login in [login.clone(), login.sign_in_place()] {
        let error = obtain(&login).await.unwrap_err();
        assert_eq!(
            (error.code(), error.to_string().as_str()),
            ("sign.rng", "cannot sign the assertion")
        );
        assert!(error.attempts().is_empty() && server.requests().is_empty());
    }

    let login = Login::new("", "user@acme.com", SIGNER.clone(), resolution(&origin(&server), None));
    let error = obtain(&login).await.unwrap_err();
    assert_eq!(error.code(), "settings.missing");
    assert!(server.requests().is_empty());
}

/// A remote signer that counts its calls.
#[tokio::test(start_paused = true)]
async fn remote_signer_is_not_asked_while_the_host_is_unreachable() {
    let signer = Arc::new(Counted(AtomicU64::new(0)));
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let closed = format!("http://{}", socket.local_addr().unwrap());
    let at = |url: &str| {
        let login =
            Login::new("3MVG9client", "user@acme.com", signer.clone(), resolution(url, None));
        login.allowed_hosts(AllowedHosts::parse(["127.0.0.1"]).unwrap())
    };
    assert_eq!(obtain(&at(&closed)).await.unwrap_err().code(), "net.connect");
    assert_eq!(signer.0.load(Ordering::Relaxed), 0);
    tokio::time::resume(); // A paused clock does not wait for the thread of the signer.
    let server = Server::always([token()]).await;
    obtain(&at(&origin(&server))).await.unwrap();
    assert_eq!(signer.0.load(Ordering::Relaxed), 1);
}

struct Counted(AtomicU64);

impl Signer for Counted {
    fn public_key(&self) -> &PublicKey {
        SIGNER.public_key()
    }

    fn sign(&self, message: &[u8]) -> Result<Signature, SignError> {
        self.0.fetch_add(1, Ordering::Relaxed);
        SIGNER.sign(message)
    }
}

#[tokio::test(start_paused = true)]
async fn debug_shows_neither_key_nor_token() {
    let server = Server::always([token()]).await;
    let login = login(&server, None);
    let granted = obtain(&login).await.unwrap();
    let shown = format!("{login:?} {granted:?}");
    assert!(!shown.contains("canary") && !shown.contains("PRIVATE"), "{shown}");
}

/// A local signer.
struct Stubborn;

impl Signer for Stubborn {
    fn public_key(&self) -> &PublicKey {
        SIGNER.public_key()
    }

    fn sign(&self, _message: &[u8]) -> Result<Signature, SignError> {
        Err(SignError::Rng)
    }
}

pub(crate) fn login(server: &Server, audience: Option<&Audience>) -> Login {
    login_at(&origin(server), audience)
}

pub(crate) fn login_at(url: &str, audience: Option<&Audience>) -> Login {
    let resolution = resolution(url, audience);
    let login = Login::new("3MVG9client", "user@acme.com", SIGNER.clone(), resolution);
    // A paused clock does not wait for a thread.
    login.allowed_hosts(AllowedHosts::parse(["127.0.0.1"]).unwrap()).sign_in_place()
}

fn resolution(url: &str, audience: Option<&Audience>) -> Resolution {
    let allowed = AllowedHosts::parse(["127.0.0.1"]).unwrap();
    let login_url = LoginUrl::parse(url, &allowed).unwrap();
    Resolution::resolve(Some(&login_url), None, audience).unwrap()
}

pub(crate) async fn obtain(login: &Login) -> Result<LoggedIn, LoginError> {
    obtain_over(&Transport::builder().build(), login).await
}

/// With a clock that advances by a second at each reading.
pub(crate) async fn obtain_over(
    transport: &Transport,
    login: &Login,
) -> Result<LoggedIn, LoginError> {
    let clock = AtomicU64::new(1_700_000_001);
    login.obtain(transport, || UnixTime::from_secs(clock.fetch_add(1, Ordering::Relaxed))).await
}

fn origin(server: &Server) -> String {
    format!("http://{}", server.address())
}

pub(crate) fn assertions(server: &Server) -> Vec<Verified> {
    let verified = |request: &String| {
        let (_, assertion) = request.split_once("&assertion=").unwrap();
        Unverified::parse(assertion).unwrap().verify(SIGNER.public_key()).unwrap()
    };
    server.requests().iter().map(verified).collect()
}

pub(crate) fn token() -> Act {
    json(
        r#"{"access_token":"00Dcanary!canary","instance_url":"https://acme.my.salesforce.com","token_type":"Bearer"}"#,
    )
}

pub(crate) fn refusal(description: &str) -> Act {
    let body = format!(r#"{{"error":"invalid_grant","error_description":"{description}"}}"#);
    let length = body.len();
    send(format!(
        "HTTP/1.1 400 Bad Request\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}"
    ))
}

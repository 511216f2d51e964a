//! A broker on a real socket, with all kinds of clients.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::atomic::AtomicUsize;
use std::time::Duration;

use orgtoken_client::{BoxFuture, CachedToken, TokenError, TokenSource};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::*;
use crate::checks::Endpoint;
use crate::limits::lock;
use crate::listener::Stream;
use crate::testing::{FakeSource, NOW, token};
use crate::{Access, Bearer, CurrentBearer, Peer, Profile};

const BEARER: &str = "0123456789abcdef0123456789abcdef";

struct Service {
    broker: Broker,
    bearer: CurrentBearer,
    path: PathBuf,
    port: u16,
    grants: Arc<Mutex<Vec<String>>>,
    _folder: TempDir,
}

impl Service {
    fn start(profiles: Profiles, limits: Limits, is_open: bool) -> Self {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("orgtoken.sock");
        let grants = Arc::new(Mutex::new(Vec::new()));
        let lines = Arc::clone(&grants);
        let audit = move |line: &AuditLine| {
            lock(&lines).push(line.to_string());
            true
        };
        let broker = Broker::builder(profiles, || NOW).limits(limits).audit(audit).build();
        let bearer = CurrentBearer::from(Bearer::parse(BEARER).unwrap());
        let tcp = Listener::tcp("127.0.0.1:0".parse().unwrap()).unwrap().bearer(bearer.clone());
        let tcp = if is_open { tcp.open_loopback() } else { tcp };
        let port = tcp.local_addr().unwrap().port();
        tokio::spawn(broker.clone().serve(Listener::unix(&path).unwrap()));
        tokio::spawn(broker.clone().serve(tcp));
        Self { broker, bearer, path, port, grants, _folder: folder }
    }

    fn of(source: &Arc<FakeSource>) -> Self {
        Self::start(profiles(&[("acme", source)]), Limits::default(), false)
    }

    /// Sends bytes to the socket and reads until the other end closes.
    async fn raw(&self, request: impl Into<String>) -> String {
        let (path, request) = (self.path.clone(), request.into());
        tokio::task::spawn_blocking(move || talk(UnixStream::connect(path).unwrap(), &request))
            .await
            .unwrap()
    }

    async fn raw_tcp(&self, request: impl Into<String>) -> String {
        let (port, request) = (self.port, request.into());
        tokio::task::spawn_blocking(move || {
            talk(TcpStream::connect(("127.0.0.1", port)).unwrap(), &request)
        })
        .await
        .unwrap()
    }

    async fn ask(&self, path: &str, body: &str) -> String {
        self.raw(post(path, body)).await
    }

    async fn metric(&self, line: &str) -> u64 {
        let text = self.raw(get("/metrics")).await;
        let value = text.lines().find_map(|known| known.strip_prefix(line));
        value.and_then(|value| value.trim().parse().ok()).unwrap_or(0)
    }
}

fn talk(mut stream: impl Read + Write, request: &str) -> String {
    let mut answer = String::new();
    // A rejected client gets an error here; the response before it counts.
    let _ = stream.write_all(request.as_bytes());
    let _ = stream.read_to_string(&mut answer);
    answer
}

fn profiles(named: &[(&str, &Arc<FakeSource>)]) -> Profiles {
    let profiles = named.iter().map(|(name, source)| {
        let source = Arc::clone(source) as Arc<dyn TokenSource>;
        Arc::new(Profile::new(*name, source).api_version("v51.0"))
    });
    Profiles::new(profiles, (named.len() == 1).then_some(named[0].0))
}

fn post(path: &str, body: &str) -> String {
    let length = body.len();
    format!(
        "POST {path} HTTP/1.1\r\nHost: localhost\r\nX-Orgtoken-Request: 1\r\n\
         Connection: close\r\nContent-Length: {length}\r\n\r\n{body}"
    )
}

fn get(path: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
}

fn status(answer: &str) -> u16 {
    answer.get(9..12).and_then(|status| status.parse().ok()).unwrap_or(0)
}

fn body(answer: &str) -> &str {
    answer.split_once("\r\n\r\n").map_or("", |(_, body)| body)
}

#[tokio::test]
async fn token_in_both_forms() {
    let service = Service::of(&FakeSource::holding(token("00Dcanary", 600)));
    let answer = service.ask("/v1/token", "{}").await;
    assert_eq!(status(&answer), 200, "{answer}");
    assert!(body(&answer).contains(r#""access_token":"00Dcanary""#));
    assert!(answer.contains("cache-control: no-store\r\n"), "{answer}");
    assert!(answer.contains("x-content-type-options: nosniff\r\n"), "{answer}");
    assert!(!answer.to_lowercase().contains("access-control"), "{answer}");

    let answer = service.ask("/onify/access-token", "").await;
    let onify = r#"{"accessToken":"00Dcanary","apiVersion":"v51.0","instanceUrl":"https://other.my.salesforce.com"}"#;
    assert_eq!(body(&answer), onify);
    assert_eq!(service.metric("orgtoken_tokens_served_total{hit=\"true\"}").await, 2);
    let pid = std::process::id();
    let uid = service.broker.shared.owner;
    assert_eq!(lock(&service.grants).len(), 2);
    assert_eq!(
        lock(&service.grants)[0],
        format!("grant uid={uid} pid={pid} profile=acme hit=true")
    );
}

#[tokio::test]
async fn refusal_has_its_reason_and_a_hint() {
    let source = FakeSource::empty();
    source.refuse();
    let service = Service::of(&source);
    for path in ["/v1/token", "/onify/access-token"] {
        let answer = service.ask(path, "{}").await;
        assert_eq!(status(&answer), 429);
        assert!(answer.contains("retry-after: 90\r\n"), "{answer}");
        assert!(
            body(&answer)
                .starts_with(r#"{"error":"rate.cap","error_description":"hourly cap reached: "#)
        );
        assert!(body(&answer).contains(r#","hint":"find the program that logs in "#), "{answer}");
    }
    assert_eq!(service.metric("orgtoken_refusals_total{code=\"rate.cap\"}").await, 2);
    assert!(lock(&service.grants).is_empty());
}

#[tokio::test]
async fn gate_1_other_user_is_rejected_unless_a_profile_allows_it() {
    let owner = rustix::process::geteuid().as_raw();
    let (web_uid, stranger) = (owner + 1, owner + 2);
    let source = |secret| FakeSource::holding(token(secret, 600)) as Arc<dyn TokenSource>;
    let (web, _) = Access::resolve(&[web_uid.to_string()], &[]);
    let profiles = [
        Arc::new(Profile::new("acme", source("00Dacme"))),
        Arc::new(Profile::new("shared", source("00Dshared")).access(web)),
    ];
    let service = Service::start(Profiles::new(profiles, None), Limits::default(), false);
    let ask = |uid, profile: &str| {
        let (ours, theirs) = tokio::net::UnixStream::pair().unwrap();
        let (shared, ending) = (&service.broker.shared, service.broker.ending.subscribe());
        let peer = Some(Peer::User { uid, gid: uid, pid: None });
        connection::accept(shared, &Endpoint::Unix.into(), Stream::Unix(ours), peer, &ending);
        let request = post("/v1/token", &format!(r#"{{"profile":"{profile}"}}"#));
        let theirs = theirs.into_std().unwrap();
        theirs.set_nonblocking(false).unwrap();
        tokio::task::spawn_blocking(move || talk(theirs, &request))
    };
    for (name, uid, profile, expected) in [
        ("a stranger", stranger, "shared", 0),
        ("a user of another profile", web_uid, "acme", 404),
        ("a user of this profile", web_uid, "shared", 200),
        ("root", 0, "acme", 200),
    ] {
        let answer = ask(uid, profile).await.unwrap();
        assert_eq!(status(&answer), expected, "{name}: {answer}");
        assert_eq!(answer.contains("00D"), expected == 200, "{name}");
    }
    assert_eq!(service.metric("orgtoken_turned_away_total{gate=\"1\"}").await, 1);
    assert_eq!(service.metric("orgtoken_turned_away_total{gate=\"7\"}").await, 1);
}

#[tokio::test]
async fn gate_3_tcp_requires_the_bearer_token() {
    let service = Service::of(&FakeSource::holding(token("00Dcanary", 600)));
    let request = |extra: &str| {
        post("/v1/token", "{}")
            .replace("localhost", &format!("127.0.0.1:{}", service.port))
            .replace("Connection", &format!("{extra}Connection"))
    };
    let answer = service.raw_tcp(request(&format!("Authorization: Bearer {BEARER}\r\n"))).await;
    assert_eq!(status(&answer), 200, "{answer}");
    let answer = service.raw_tcp(request("")).await;
    assert_eq!(status(&answer), 401);
    assert!(answer.contains("www-authenticate: Bearer\r\n"));
    assert!(!answer.contains("00Dcanary"));
    assert_eq!(service.metric("orgtoken_turned_away_total{gate=\"3\"}").await, 1);
    assert_eq!(lock(&service.grants).as_slice(), ["grant tcp profile=acme hit=true"]);
}

#[tokio::test]
async fn gate_3_open_loopback_answers_onify_without_a_bearer_token() {
    let source = FakeSource::holding(token("00Dcanary", 600));
    let service = Service::start(profiles(&[("acme", &source)]), Limits::default(), true);
    let host = format!("127.0.0.1:{}", service.port);
    let onify = service.raw_tcp(post("/onify/access-token", "").replace("localhost", &host)).await;
    assert_eq!(status(&onify), 200, "{onify}");
    let token = service.raw_tcp(post("/v1/token", "").replace("localhost", &host)).await;
    assert_eq!(status(&token), 401);
}

#[tokio::test]
async fn gates_4_to_7_turn_away_and_count() {
    let service = Service::of(&FakeSource::holding(token("00Dcanary", 600)));
    let good = post("/v1/token", "{}");
    for (gate, expected, request) in [
        (4, 403, good.replace("X-Orgtoken-Request: 1\r\n", "")),
        (4, 405, good.replace("POST", "OPTIONS")),
        (5, 400, good.replace("Host: localhost\r\n", "")),
        (6, 403, good.replace("Host", "Origin: https://evil.example\r\nHost")),
        (7, 404, post("/v2/token", "{}")),
        (7, 405, get("/v1/token").replace("Host", "X-Orgtoken-Request: 1\r\nHost")),
        (7, 400, post("/v1/token", r#"{"login_url":"https://evil.example"}"#)),
        (7, 404, post("/v1/token", r#"{"profile":"other"}"#)),
        (7, 413, post("/v1/token", &" ".repeat(1025))),
    ] {
        let counter = format!("orgtoken_turned_away_total{{gate=\"{gate}\"}}");
        let before = service.metric(&counter).await;
        let answer = service.raw(request.clone()).await;
        assert_eq!(status(&answer), expected, "{request}");
        assert!(!answer.contains("00Dcanary"));
        assert_eq!(service.metric(&counter).await, before + 1, "{request}");
    }
}

#[tokio::test]
async fn gate_7_long_body_without_a_length_is_rejected() {
    let service = Service::of(&FakeSource::holding(token("00Dcanary", 600)));
    let chunked = post("/v1/token", "").replace("Content-Length: 0", "Transfer-Encoding: chunked");
    let answer = service.raw(format!("{chunked}800\r\n{}\r\n0\r\n\r\n", " ".repeat(0x800))).await;
    assert_eq!(status(&answer), 413);
}

// The clock is paused, so that no bucket fills on a busy machine.
#[tokio::test(start_paused = true)]
async fn gate_8_too_many_logins_get_retry_after() {
    let source = FakeSource::empty();
    source.refuse();
    let limits = Limits { rate: 1, burst: 3, ..Limits::default() };
    let service = Service::start(profiles(&[("acme", &source)]), limits, false);
    let mut statuses = Vec::new();
    for _ in 0..4 {
        statuses.push(status(&service.ask("/v1/token", "").await));
    }
    let answer = service.ask("/v1/token", "").await;
    assert!(answer.contains("retry-after: 1\r\n") && answer.contains("gate.rate"), "{answer}");
    assert_eq!(statuses, [429; 4]);

    source.hold(token("00Dcanary", 600));
    assert_eq!(status(&service.ask("/v1/token", "").await), 200, "a cached token does not count");
}

#[tokio::test(start_paused = true)]
async fn gate_8_rate_can_count_every_request() {
    let limits = Limits { rate: 1, burst: 2, counts_hits: true, ..Limits::default() };
    let source = FakeSource::holding(token("00Dcanary", 600));
    let service = Service::start(profiles(&[("acme", &source)]), limits, false);
    let mut statuses = Vec::new();
    for _ in 0..3 {
        statuses.push(status(&service.ask("/v1/token", "").await));
    }
    assert_eq!(statuses, [200, 200, 429]);
    assert_eq!(service.metric("orgtoken_turned_away_total{gate=\"8\"}").await, 1);
}

#[tokio::test(start_paused = true)]
async fn rejected_requests_have_their_own_rate() {
    let limits = Limits { rate: 1, burst: 2, counts_hits: true, ..Limits::default() };
    let source = FakeSource::holding(token("00Dcanary", 600));
    let service = Service::start(profiles(&[("acme", &source)]), limits, false);
    let mut statuses = Vec::new();
    for _ in 0..3 {
        statuses.push(status(&service.raw(post("/none", "")).await));
    }
    assert_eq!(statuses, [404, 404, 429]);
    assert_eq!(status(&service.ask("/v1/token", "").await), 200);
}

#[tokio::test(start_paused = true)]
async fn requests_without_a_bearer_token_do_not_use_the_rate_of_others() {
    let limits = Limits { rate: 1, burst: 5, counts_hits: true, ..Limits::default() };
    let source = FakeSource::holding(token("00Dcanary", 600));
    let service = Service::start(profiles(&[("acme", &source)]), limits, false);
    let host = format!("127.0.0.1:{}", service.port);
    let good = post("/v1/token", "{}")
        .replace("localhost", &host)
        .replace("Connection", &format!("Authorization: Bearer {BEARER}\r\nConnection"));
    for bad in [good.replace(BEARER, "wrong"), good.replace(&host, "evil.example")] {
        for _ in 0..10 {
            assert_ne!(status(&service.raw_tcp(bad.clone()).await), 200);
        }
    }
    for _ in 0..5 {
        assert_eq!(status(&service.raw_tcp(good.clone()).await), 200);
    }
    assert_eq!(status(&service.raw_tcp(good).await), 429, "its own rate is used up");
}

#[tokio::test]
async fn replaced_bearer_token_is_rejected_on_open_connections() {
    let service = Service::of(&FakeSource::holding(token("00Dcanary", 600)));
    let stream = TcpStream::connect(("127.0.0.1", service.port)).unwrap();
    stream.set_nonblocking(true).unwrap();
    let mut stream = tokio::net::TcpStream::from_std(stream).unwrap();
    let mut ask = async |bearer: &str| {
        let host = format!("127.0.0.1:{}", service.port);
        let request = post("/v1/token", "{}")
            .replace("localhost", &host)
            .replace("Connection: close", &format!("Authorization: Bearer {bearer}"));
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        while !answer.ends_with(b"}") {
            assert_ne!(stream.read_buf(&mut answer).await.unwrap(), 0);
        }
        status(&String::from_utf8(answer).unwrap())
    };
    let other = BEARER.replace('0', "x");
    assert_eq!(ask(BEARER).await, 200);
    service.bearer.set(Bearer::parse(&other).ok());
    assert_eq!(ask(BEARER).await, 401);
    assert_eq!(ask(&other).await, 200);
    service.bearer.set(None);
    assert_eq!(ask(&other).await, 401);
}

#[tokio::test]
async fn existence_of_a_profile_is_not_revealed() {
    let (first, second) =
        (FakeSource::holding(token("00Dfirst", 600)), FakeSource::holding(token("00Dsecond", 600)));
    let web_uid = rustix::process::geteuid().as_raw() + 1;
    let (web, _) = Access::resolve(&[web_uid.to_string()], &[]);
    let profiles = [
        Arc::new(Profile::new("hidden", first as Arc<dyn TokenSource>)),
        Arc::new(Profile::new("open", second as Arc<dyn TokenSource>).access(web)),
    ];
    for default in [None, Some("hidden")] {
        let service =
            Service::start(Profiles::new(profiles.clone(), default), Limits::default(), false);
        service.broker.set_degraded(vec!["hidden".to_owned()]);
        let ask = async |request: String| {
            let (ours, theirs) = tokio::net::UnixStream::pair().unwrap();
            let ending = service.broker.ending.subscribe();
            let peer = Some(Peer::User { uid: web_uid, gid: web_uid, pid: None });
            let (shared, ours) = (&service.broker.shared, Stream::Unix(ours));
            connection::accept(shared, &Endpoint::Unix.into(), ours, peer, &ending);
            let theirs = theirs.into_std().unwrap();
            theirs.set_nonblocking(false).unwrap();
            tokio::task::spawn_blocking(move || talk(theirs, &request)).await.unwrap()
        };
        let without_date = |answer: String| {
            let lines = answer.lines().filter(|line| !line.starts_with("date:"));
            lines.collect::<Vec<_>>().join("\n")
        };
        let gate = |number| format!("orgtoken_turned_away_total{{gate=\"{number}\"}}");
        let before = (service.metric(&gate(1)).await, service.metric(&gate(7)).await);
        let hidden = ask(post("/v1/token", r#"{"profile":"hidden"}"#)).await;
        let missing = ask(post("/v1/token", r#"{"profile":"absent"}"#)).await;
        assert_eq!(status(&hidden), 404);
        assert_eq!(without_date(hidden), without_date(missing));
        let unnamed = ask(post("/v1/token", "")).await;
        assert!(unnamed.contains("no default profile is open to this caller"), "{unnamed}");
        let after = (service.metric(&gate(1)).await, service.metric(&gate(7)).await);
        assert_eq!(after, (before.0, before.1 + 3), "the counters tell no difference either");
        let health = ask(get("/healthz")).await;
        assert_eq!(body(&health), r#"{"status":"degraded","seconds_to_expiry":null}"#);
    }
}

#[tokio::test]
async fn dropped_audit_lines_are_counted() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("orgtoken.sock");
    let source = FakeSource::holding(token("00Dcanary", 600));
    let broker = Broker::builder(profiles(&[("acme", &source)]), || NOW).audit(|_| false).build();
    tokio::spawn(broker.clone().serve(Listener::unix(&path).unwrap()));
    let ask = async |request: String| {
        let stream = UnixStream::connect(&path).unwrap();
        tokio::task::spawn_blocking(move || talk(stream, &request)).await.unwrap()
    };
    for _ in 0..3 {
        assert_eq!(status(&ask(post("/v1/token", "")).await), 200);
    }
    assert!(ask(get("/metrics")).await.contains("\norgtoken_audit_dropped_total 3\n"));
}

/// A source whose cached token is due for a renewal that never ends.
struct Stalled(Arc<CachedToken>, AtomicUsize);

impl TokenSource for Stalled {
    fn cached(&self, _: Duration) -> Option<Arc<CachedToken>> {
        Some(Arc::clone(&self.0))
    }

    fn renew(&self, _: Duration) -> BoxFuture<'_, Result<Arc<CachedToken>, Arc<TokenError>>> {
        self.1.fetch_add(1, Relaxed);
        Box::pin(std::future::pending())
    }

    fn token(&self, min_ttl: Duration) -> BoxFuture<'_, Result<Arc<CachedToken>, Arc<TokenError>>> {
        self.renew(min_ttl)
    }

    fn invalidate(&self, _: &CachedToken) {}
}

#[tokio::test(start_paused = true)]
async fn hanging_renewal_is_not_started_again() {
    let source = Arc::new(Stalled(token("00Dcanary", 600), AtomicUsize::new(0)));
    let profile = Profile::new("acme", Arc::clone(&source) as Arc<dyn TokenSource>);
    let profiles = Profiles::new([Arc::new(profile)], Some("acme"));
    let service = Service::start(profiles, Limits::default(), false);
    assert_eq!(status(&service.ask("/v1/token", "").await), 200);
    tokio::time::sleep(Duration::from_secs(60)).await;
    assert_eq!(source.1.load(Relaxed), 1);
}

/// A request must not have two readings: the bytes after it are never taken for another one.
#[tokio::test]
async fn ambiguous_requests_are_refused() {
    // Some of them are incomplete, and the broker waits for more.
    let limits = Limits { receive: Duration::from_millis(200), ..Limits::default() };
    let source = FakeSource::holding(token("00Dcanary", 600));
    let service = Service::start(profiles(&[("acme", &source)]), limits, false);
    let good = post("/v1/token", "{}").replace("Connection: close\r\n", "");
    let second = format!("0\r\n\r\n{}", post("/v1/token", ""));
    let with = |header: &str| good.replace("Host", &format!("{header}\r\nHost"));
    for (name, request) in [
        ("two lengths", with("Content-Length: 5") + &second),
        ("a length with a sign", good.replace("Length: 2", "Length: +2") + &second),
        ("a list of lengths", good.replace("Length: 2", "Length: 2, 3") + &second),
        ("a negative length", good.replace("Length: 2", "Length: -1") + &second),
        ("a length that overflows", good.replace("Length: 2", "Length: 18446744073709551618")),
        ("a blank before the colon", with("Content-Length : 5") + &second),
        ("a folded header", with("X-A: b\r\n Content-Length: 5") + &second),
        ("an unknown transfer coding", with("Transfer-Encoding: chunked, identity") + &second),
        ("a chunk size with a sign", {
            let chunked = good.replace("Content-Length: 2", "Transfer-Encoding: chunked");
            chunked.replace("{}", "+2\r\n{}\r\n0\r\n\r\n")
        }),
        ("two hosts", with("Host: localhost")),
        ("an absolute address", good.replace("/v1/token", "http://evil.example/v1/token")),
        ("no path", good.replace("POST /v1/token", "POST *")),
        ("another version", good.replace("HTTP/1.1", "HTTP/2.0")),
        ("a line feed in a header", with("X-A: b\nContent-Length: 5\u{0}")),
        ("a huge head", with(&format!("X-A: {}", "a".repeat(64 * 1024)))),
        ("a huge address", good.replace("/v1/token", &format!("/{}", "a".repeat(64 * 1024)))),
        ("many headers", with("X-A: b\r\n".repeat(200).trim_end())),
        ("TLS", "\u{16}\u{3}\u{1}\u{2}\u{0}\u{1}".repeat(100)),
    ] {
        let answer = timeout(Duration::from_secs(60), service.raw(request)).await.expect(name);
        assert!(!answer.contains("00Dcanary"), "{name}: {answer}");
        assert!(answer.matches("HTTP/1.1 ").count() <= 1, "{name}: {answer}");
    }
}

/// hyper prefers chunked over a length (RFC 9112, Section 6.3), and closes the connection.
#[tokio::test]
async fn chunked_with_a_length_is_one_request() {
    let service = Service::of(&FakeSource::holding(token("00Dcanary", 600)));
    let second = post("/v1/token", "");
    let request = post("/v1/token", "").replace("Connection: close\r\n", "").replace(
        "Content-Length: 0",
        &format!("Content-Length: {}\r\nTransfer-Encoding: chunked", 5 + second.len()),
    );
    let answer =
        timeout(Duration::from_secs(60), service.raw(format!("{request}0\r\n\r\n{second}")));
    let answer = answer.await.unwrap();
    assert!(answer.matches("HTTP/1.1 ").count() <= 1, "{answer}");
}

#[tokio::test]
async fn pipelined_requests_are_each_checked() {
    let service = Service::of(&FakeSource::holding(token("00Dcanary", 600)));
    let good = post("/v1/token", "{}").replace("Connection: close\r\n", "");
    let bad = good.replace("X-Orgtoken-Request: 1\r\n", "");
    let answer = service.raw(format!("{good}{bad}{good}{}", get("/healthz"))).await;
    let statuses: Vec<_> =
        answer.split("HTTP/1.1 ").skip(1).map(|answer| answer[..3].to_owned()).collect();
    assert_eq!(statuses, ["200", "403", "200", "200"], "{answer}");
}

/// A client that sends requests and reads no response blocks only its own connection.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn client_that_does_not_read_delays_no_other() {
    let service = Service::of(&FakeSource::holding(token("00Dcanary", 600)));
    let good = post("/v1/token", "{}").replace("Connection: close\r\n", "");
    let stalled: Vec<_> = (0..40)
        .map(|_| {
            let mut stream = UnixStream::connect(&service.path).unwrap();
            stream.set_nonblocking(true).unwrap();
            while stream.write_all(good.repeat(64).as_bytes()).is_ok() {}
            stream
        })
        .collect();
    for _ in 0..20 {
        assert_eq!(status(&service.ask("/v1/token", "{}").await), 200);
    }
    let drained = timeout(Duration::from_secs(60), service.broker.clone().drain()).await;
    assert!(drained.is_ok());
    drop(stalled);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn silent_connections_and_half_sent_requests_give_their_slots_back() {
    let limits = Limits { receive: Duration::from_millis(200), ..Limits::default() };
    let source = FakeSource::holding(token("00Dcanary", 600));
    let service = Service::start(profiles(&[("acme", &source)]), limits, false);
    let half = post("/v1/token", &" ".repeat(100));
    let head = half.find("\r\n\r\n").unwrap() + 4;
    for (name, sent) in
        [("nothing", ""), ("half a head", &half[..20]), ("half a body", &half[..head + 50])]
    {
        let open: Vec<UnixStream> = (0..64)
            .map(|_| {
                let mut stream = UnixStream::connect(&service.path).unwrap();
                let _ = stream.write_all(sent.as_bytes());
                stream
            })
            .collect();
        for mut stream in &open {
            let _ = stream.read_to_end(&mut Vec::new());
        }
        for _ in 0..20 {
            assert_eq!(status(&service.ask("/v1/token", "{}").await), 200, "{name}");
        }
    }
}

#[tokio::test]
async fn silent_connection_is_closed_after_the_deadline() {
    let limits = Limits { receive: Duration::from_millis(50), ..Limits::default() };
    let service = Service::start(profiles(&[("acme", &FakeSource::empty())]), limits, false);
    for sent in ["", "P"] {
        let answer = timeout(Duration::from_secs(60), service.raw(sent)).await.expect("closed");
        assert_ne!(status(&answer), 200, "{sent}");
    }
}

/// Sends a request in pieces, and returns the response and its duration.
async fn drip(service: &Service, pieces: Vec<(Duration, String)>) -> (String, Duration) {
    let (mut from, mut to) =
        tokio::net::UnixStream::connect(&service.path).await.unwrap().into_split();
    let dripping = tokio::spawn(async move {
        for (pause, piece) in pieces {
            tokio::time::sleep(pause).await;
            let _ = to.write_all(piece.as_bytes()).await;
        }
        std::future::pending::<()>().await;
    });
    let began = tokio::time::Instant::now();
    let mut answer = Vec::new();
    // The service closes a connection with unread bytes, so an error follows the response.
    let _ = from.read_to_end(&mut answer).await;
    dripping.abort();
    (String::from_utf8(answer).unwrap(), began.elapsed())
}

#[tokio::test(start_paused = true)]
async fn slow_head_is_rejected_after_five_seconds() {
    let service = Service::of(&FakeSource::holding(token("00Dcanary", 600)));
    let bytes = post("/v1/token", "{}").into_bytes();
    let pieces = bytes.iter().map(|&byte| (Duration::from_secs(1), char::from(byte).to_string()));
    let (answer, took) = drip(&service, pieces.collect()).await;
    assert!(!answer.contains("00Dcanary"), "{answer}");
    assert_eq!(took.as_secs(), 5);
}

#[tokio::test(start_paused = true)]
async fn head_and_body_share_one_deadline() {
    let service = Service::of(&FakeSource::holding(token("00Dcanary", 600)));
    let request = post("/v1/token", &" ".repeat(900));
    let (head, body) = request.split_at(request.find("\r\n\r\n").unwrap() + 4);
    let mut pieces = vec![(Duration::from_secs(3), head.to_owned())];
    pieces.extend(body.bytes().map(|_| (Duration::from_secs(1), " ".to_owned())));
    let (answer, took) = drip(&service, pieces).await;
    assert_eq!(status(&answer), 408, "{answer}");
    assert!(answer.contains("gate.slow") && answer.contains("connection: close"), "{answer}");
    assert_eq!(took.as_secs(), 5);
}

#[tokio::test]
async fn slow_login_times_out_for_the_client() {
    let limits = Limits { request: Duration::from_millis(50), ..Limits::default() };
    let service = Service::start(profiles(&[("acme", &FakeSource::empty())]), limits, false);
    let answer = service.ask("/v1/token", "").await;
    assert_eq!(status(&answer), 504, "{answer}");
    assert!(answer.contains("\"hint\""));
}

#[tokio::test]
async fn panic_of_a_login_ends_one_request() {
    let source = FakeSource::empty();
    source.panic();
    let service = Service::of(&source);
    assert_eq!(status(&service.ask("/v1/token", "").await), 500);
    source.hold(token("00Dcanary", 600));
    assert_eq!(status(&service.ask("/v1/token", "").await), 200);
}

#[tokio::test]
async fn gate_9_health_and_metrics_name_no_user() {
    let service = Service::of(&FakeSource::holding(token("00Dcanary", 600)));
    assert_eq!(
        body(&service.raw(get("/healthz")).await),
        r#"{"status":"ok","seconds_to_expiry":null}"#
    );
    service.ask("/v1/token", "").await;
    let health = service.raw(get("/healthz")).await;
    let (_, left) = health.split_once(r#"{"status":"ok","seconds_to_expiry":"#).unwrap();
    let left: u64 = left.trim_end_matches('}').parse().unwrap();
    assert!((500..600).contains(&left), "{health}");
    assert!(health.contains("no-store"));
    let metrics = service.raw(get("/metrics")).await;
    for text in [health, metrics] {
        assert!(!text.contains("acme") && !text.contains("00Dcanary"), "{text}");
    }
}

#[tokio::test]
async fn invalid_settings_keep_the_previous_ones() {
    let (first, second) =
        (FakeSource::holding(token("00Dfirst", 600)), FakeSource::holding(token("00Dsecond", 600)));
    let service = Service::of(&first);
    service.broker.set_degraded(vec!["acme".to_owned()]);
    let health = service.raw(get("/healthz")).await;
    assert!(
        health.ends_with(r#"{"status":"degraded","seconds_to_expiry":null,"degraded":["acme"]}"#)
    );
    assert!(service.raw(get("/metrics")).await.contains("\norgtoken_degraded 1\n"));
    assert!(service.ask("/v1/token", "").await.contains("00Dfirst"));

    service.broker.reload(profiles(&[("other", &second)]));
    service.broker.set_degraded(Vec::new());
    assert!(body(&service.raw(get("/healthz")).await).contains("\"ok\""));
    assert!(service.ask("/v1/token", "").await.contains("00Dsecond"));
    assert_eq!(status(&service.ask("/v1/token", r#"{"profile":"acme"}"#).await), 404);
}

#[tokio::test]
async fn request_has_to_name_one_of_several_profiles() {
    let (first, second) =
        (FakeSource::holding(token("00Dfirst", 600)), FakeSource::holding(token("00Dsecond", 600)));
    let both = profiles(&[("first", &first), ("second", &second)]);
    let service = Service::start(both, Limits::default(), false);
    assert_eq!(status(&service.ask("/v1/token", "").await), 404);
    assert!(service.ask("/v1/token", r#"{"profile":"second"}"#).await.contains("00Dsecond"));
}

#[tokio::test(start_paused = true)]
async fn drain_answers_requests_in_progress_and_removes_the_socket() {
    let source = FakeSource::holding(token("00Dcanary", 600));
    let service = Service::of(&source);
    let idle = UnixStream::connect(&service.path).unwrap();
    service.ask("/v1/token", "").await;
    let began = tokio::time::Instant::now();
    service.broker.clone().drain().await;
    assert_eq!(began.elapsed(), Duration::ZERO, "idle connections are not waited for");
    assert!(!service.path.exists());
    assert!(UnixStream::connect(&service.path).is_err());
    drop(idle);
}

#[tokio::test]
async fn drain_before_the_first_accept_removes_the_socket() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("orgtoken.sock");
    let broker = Broker::builder(Profiles::new([], None), || NOW).build();
    tokio::spawn(broker.clone().serve(Listener::unix(&path).unwrap()));
    broker.drain().await;
    assert!(!path.exists());
}

/// Serves clients at this address on a thread with its own runtime.
fn serve_in_another_runtime(broker: &Broker, place: &Listener) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let inside = runtime.enter();
    tokio::spawn(broker.clone().serve(place.try_clone().unwrap()));
    drop(inside);
    std::thread::spawn(move || runtime.block_on(std::future::pending::<()>()));
}

#[tokio::test]
async fn drain_answers_requests_in_progress_in_every_runtime() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("orgtoken.sock");
    let source = FakeSource::empty();
    let limits = Limits { request: Duration::from_millis(200), ..Limits::default() };
    let broker = Broker::builder(profiles(&[("acme", &source)]), || NOW).limits(limits).build();
    let place = Listener::unix(&path).unwrap();
    (0..3).for_each(|_| serve_in_another_runtime(&broker, &place));
    drop(place);
    let clients: Vec<_> = (0..24).map(|_| UnixStream::connect(&path).unwrap()).collect();
    let answers = clients
        .into_iter()
        .map(|client| tokio::task::spawn_blocking(move || talk(client, &post("/v1/token", ""))));
    let answers: Vec<_> = answers.collect();
    while source.asked() < answers.len() {
        tokio::task::yield_now().await;
    }
    broker.drain().await;
    assert!(!path.exists());
    for answer in answers {
        assert_eq!(status(&answer.await.unwrap()), 504);
    }
}

#[tokio::test(start_paused = true)]
async fn drain_ends_despite_a_hanging_request() {
    let limits = Limits { drain: Duration::from_millis(100), ..Limits::default() };
    let source = FakeSource::empty();
    let service = Service::start(profiles(&[("acme", &source)]), limits, false);
    let waiting = UnixStream::connect(&service.path).unwrap();
    (&waiting).write_all(post("/v1/token", "").as_bytes()).unwrap();
    while source.asked() == 0 {
        tokio::task::yield_now().await;
    }
    let began = tokio::time::Instant::now();
    service.broker.clone().drain().await;
    assert_eq!(began.elapsed(), limits.drain);
}

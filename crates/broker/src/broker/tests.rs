//! A broker on a real socket, and what clients of all kinds get from it.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::sync::Mutex;
use std::time::Duration;

use orgtoken_client::TokenSource;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::*;
use crate::checks::EndpointPolicy;
use crate::limits::lock;
use crate::listener::Stream;
use crate::testing::{FakeSource, NOW, token};
use crate::{Access, Accounts, Bearer, Peer, Profile};

const BEARER: &str = "0123456789abcdef0123456789abcdef";

struct Service {
    broker: Broker,
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
        let broker = Broker::new(profiles, limits, || NOW)
            .audit(move |grant| lock(&lines).push(grant.to_string()));
        let bearer = Bearer::parse(BEARER).unwrap();
        let tcp = Listener::tcp("127.0.0.1:0".parse().unwrap(), bearer).unwrap();
        let tcp = if is_open { tcp.open_loopback() } else { tcp };
        let port = tcp.local_addr().unwrap().port();
        tokio::spawn(broker.clone().serve(Listener::unix(&path).unwrap()));
        tokio::spawn(broker.clone().serve(tcp));
        Self { broker, path, port, grants, _folder: folder }
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
    // Who is cut gets an error here, and what came before it counts.
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
async fn a_token_for_any_program_and_one_for_onify() {
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
        format!("grant uid={uid} pid={pid} profile=acme hit=true times=1")
    );
}

#[tokio::test]
async fn a_refusal_comes_with_its_reason_and_our_advice() {
    let source = FakeSource::empty();
    source.refuse();
    let service = Service::of(&source);
    for path in ["/v1/token", "/onify/access-token"] {
        let answer = service.ask(path, "{}").await;
        assert_eq!(status(&answer), 429);
        assert!(answer.contains("retry-after: 90\r\n"), "{answer}");
        assert!(
            body(&answer).starts_with(r#"{"error":"rate.cap","error_description":"this user "#)
        );
        assert!(body(&answer).contains(r#","hint":"find out what asks "#), "{answer}");
    }
    assert_eq!(service.metric("orgtoken_refusals_total{code=\"rate.cap\"}").await, 2);
    assert!(lock(&service.grants).is_empty());
}

#[tokio::test]
async fn gate_1_another_user_is_cut_off_and_counted_unless_a_profile_lets_them_in() {
    let owner = rustix::process::geteuid().as_raw();
    let (web_uid, stranger) = (owner + 1, owner + 2);
    let accounts = Accounts::parse(&format!("web:x:{web_uid}:{web_uid}::/srv/web:/bin/sh\n"), "");
    let source = |secret| FakeSource::holding(token(secret, 600)) as Arc<dyn TokenSource>;
    let web = Access::resolve(&accounts, ["web"], []).unwrap();
    let profiles = [
        Arc::new(Profile::new("acme", source("00Dacme"))),
        Arc::new(Profile::new("shared", source("00Dshared")).access(web)),
    ];
    let service = Service::start(Profiles::new(profiles, None), Limits::default(), false);
    let ask = |uid, profile: &str| {
        let (ours, theirs) = tokio::net::UnixStream::pair().unwrap();
        let (shared, ending) = (&service.broker.shared, service.broker.ending.subscribe());
        let peer = Some(Peer::User { uid, gid: uid, pid: None });
        connection::accept(
            shared,
            &Arc::new(EndpointPolicy::Unix),
            Stream::Unix(ours),
            peer,
            &ending,
        );
        let request = post("/v1/token", &format!(r#"{{"profile":"{profile}"}}"#));
        let theirs = theirs.into_std().unwrap();
        theirs.set_nonblocking(false).unwrap();
        tokio::task::spawn_blocking(move || talk(theirs, &request))
    };
    for (name, uid, profile, expected) in [
        ("a stranger", stranger, "shared", 0),
        ("who may have another profile", web_uid, "acme", 403),
        ("who may have this one", web_uid, "shared", 200),
        ("root", 0, "acme", 200),
    ] {
        let answer = ask(uid, profile).await.unwrap();
        assert_eq!(status(&answer), expected, "{name}: {answer}");
        assert_eq!(answer.contains("00D"), expected == 200, "{name}");
    }
    assert_eq!(service.metric("orgtoken_turned_away_total{gate=\"1\"}").await, 2);
}

#[tokio::test]
async fn gate_3_tcp_takes_the_bearer_and_counts_who_has_none() {
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
    assert_eq!(lock(&service.grants).as_slice(), ["grant tcp profile=acme hit=true times=1"]);
}

#[tokio::test]
async fn gate_3_open_loopback_answers_onify_without_a_bearer() {
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
async fn gate_7_a_long_body_without_a_length_is_cut_as_well() {
    let service = Service::of(&FakeSource::holding(token("00Dcanary", 600)));
    let chunked = post("/v1/token", "").replace("Content-Length: 0", "Transfer-Encoding: chunked");
    let answer = service.raw(format!("{chunked}800\r\n{}\r\n0\r\n\r\n", " ".repeat(0x800))).await;
    assert_eq!(status(&answer), 413);
}

// The clock stands still: no bucket fills while a busy machine takes its time.
#[tokio::test(start_paused = true)]
async fn gate_8_too_many_logins_are_told_to_wait() {
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
    assert_eq!(status(&service.ask("/v1/token", "").await), 200, "a token at hand costs nothing");
}

#[tokio::test(start_paused = true)]
async fn gate_8_the_rate_can_be_of_every_request() {
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
async fn gate_8_whoever_is_turned_away_too_often_is_told_to_wait() {
    let limits = Limits { rate: 1, burst: 2, ..Limits::default() };
    let source = FakeSource::holding(token("00Dcanary", 600));
    let service = Service::start(profiles(&[("acme", &source)]), limits, false);
    let mut statuses = Vec::new();
    for _ in 0..3 {
        statuses.push(status(&service.raw(post("/none", "")).await));
    }
    assert_eq!(statuses, [404, 404, 429]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn b38_five_hundred_silent_connections_hold_up_nobody() {
    let service = Service::of(&FakeSource::holding(token("00Dcanary", 600)));
    let silent: Vec<UnixStream> =
        (0..500).map(|_| UnixStream::connect(&service.path).unwrap()).collect();
    for mut slow in silent.iter().skip(450) {
        let _ = slow.write_all(b"P");
    }
    for _ in 0..20 {
        assert_eq!(status(&service.ask("/v1/token", "{}").await), 200);
    }
    assert!(service.metric("orgtoken_connections").await <= 64);
}

#[tokio::test]
async fn b38_who_is_silent_for_too_long_is_cut() {
    let limits = Limits { head: Duration::from_millis(50), ..Limits::default() };
    let service = Service::start(profiles(&[("acme", &FakeSource::empty())]), limits, false);
    for said in ["", "P"] {
        let answer = timeout(Duration::from_secs(60), service.raw(said)).await.expect("it is cut");
        assert_ne!(status(&answer), 200, "{said}");
    }
}

/// A byte a second is no head: the five seconds are for all of it.
#[tokio::test(start_paused = true)]
async fn b38_who_drips_is_cut_after_five_seconds() {
    let service = Service::of(&FakeSource::holding(token("00Dcanary", 600)));
    let (mut from, mut to) =
        tokio::net::UnixStream::connect(&service.path).await.unwrap().into_split();
    let dripping = tokio::spawn(async move {
        for byte in post("/v1/token", "{}").bytes() {
            let _ = to.write_all(&[byte]).await;
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
    });
    let began = tokio::time::Instant::now();
    let mut answer = String::new();
    let _ = from.read_to_string(&mut answer).await;
    dripping.abort();
    assert!(!answer.contains("00Dcanary"), "{answer}");
    assert_eq!(began.elapsed().as_secs(), 5);
}

#[tokio::test]
async fn a_login_that_takes_too_long_is_not_waited_for() {
    let limits = Limits { request: Duration::from_millis(50), ..Limits::default() };
    let service = Service::start(profiles(&[("acme", &FakeSource::empty())]), limits, false);
    let answer = service.ask("/v1/token", "").await;
    assert_eq!(status(&answer), 504, "{answer}");
    assert!(answer.contains("\"hint\""));
}

#[tokio::test]
async fn a_task_that_panics_ends_nothing_but_itself() {
    let source = FakeSource::empty();
    source.panic();
    let service = Service::of(&source);
    assert_eq!(status(&service.ask("/v1/token", "").await), 500);
    source.hold(token("00Dcanary", 600));
    assert_eq!(status(&service.ask("/v1/token", "").await), 200);
}

#[tokio::test]
async fn gate_9_health_and_metrics_name_nobody() {
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
async fn b39_settings_that_cannot_be_read_anew_leave_those_there_are() {
    let (first, second) =
        (FakeSource::holding(token("00Dfirst", 600)), FakeSource::holding(token("00Dsecond", 600)));
    let service = Service::of(&first);
    service.broker.degrade();
    assert!(body(&service.raw(get("/healthz")).await).contains("degraded"));
    assert!(service.ask("/v1/token", "").await.contains("00Dfirst"));

    service.broker.reload(profiles(&[("other", &second)]));
    assert!(body(&service.raw(get("/healthz")).await).contains("\"ok\""));
    assert!(service.ask("/v1/token", "").await.contains("00Dsecond"));
    assert_eq!(status(&service.ask("/v1/token", r#"{"profile":"acme"}"#).await), 404);
}

#[tokio::test]
async fn of_several_profiles_one_has_to_be_named() {
    let (first, second) =
        (FakeSource::holding(token("00Dfirst", 600)), FakeSource::holding(token("00Dsecond", 600)));
    let both = profiles(&[("first", &first), ("second", &second)]);
    let service = Service::start(both, Limits::default(), false);
    assert_eq!(status(&service.ask("/v1/token", "").await), 404);
    assert!(service.ask("/v1/token", r#"{"profile":"second"}"#).await.contains("00Dsecond"));
}

#[tokio::test(start_paused = true)]
async fn b36_what_is_under_way_is_answered_and_the_socket_goes() {
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
async fn b36_who_is_ended_before_a_listener_is_attended_leaves_no_socket() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("orgtoken.sock");
    let broker = Broker::new(Profiles::new([], None), Limits::default(), || NOW);
    tokio::spawn(broker.clone().serve(Listener::unix(&path).unwrap()));
    broker.drain().await;
    assert!(!path.exists());
}

/// Takes clients at this place on a thread that has a runtime of its own.
fn attend_elsewhere(broker: &Broker, place: &Listener) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let inside = runtime.enter();
    tokio::spawn(broker.clone().serve(place.try_clone().unwrap()));
    drop(inside);
    std::thread::spawn(move || runtime.block_on(std::future::pending::<()>()));
}

#[tokio::test]
async fn b36_what_is_under_way_is_answered_in_every_runtime() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("orgtoken.sock");
    let source = FakeSource::empty();
    let limits = Limits { request: Duration::from_millis(200), ..Limits::default() };
    let broker = Broker::new(profiles(&[("acme", &source)]), limits, || NOW);
    let place = Listener::unix(&path).unwrap();
    (0..3).for_each(|_| attend_elsewhere(&broker, &place));
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
async fn b36_a_request_that_hangs_does_not_hold_up_the_end() {
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

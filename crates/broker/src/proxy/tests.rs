//! A broker in front of an org that answers with any bytes.

use orgtoken_client::TokenSource;
use orgtoken_oauth::AllowedHosts;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream, UnixStream};

use super::*;
use crate::testing::{FakeSource, NOW, token_at};
use crate::{AuditLine, Bearer, Broker, Limits, Listener, Profiles};

const BEARER: &str = "0123456789abcdef0123456789abcdef";
const TOKEN: &str = "00Dxx0000001gPL!canary";
const QUERY: &str = "/proxy/acme/services/data/v65.0/query?q=SELECT+Id";
const EXPIRED: &str = r#"[{"message":"Session expired","errorCode":"INVALID_SESSION_ID"}]"#;

/// An org that sends what a test wants: nothing means that it closes the connection.
struct Upstream {
    url: String,
    requests: Arc<Mutex<Vec<String>>>,
    connections: Arc<AtomicU64>,
}

impl Upstream {
    /// `answer`: the response to the n-th request, counted from 0
    async fn start(answer: impl Fn(usize, &str) -> String + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let requests: Arc<Mutex<Vec<String>>> = Arc::default();
        let connections = Arc::new(AtomicU64::new(0));
        let (seen, count, answer) =
            (Arc::clone(&requests), Arc::clone(&connections), Arc::new(answer));
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                count.fetch_add(1, Relaxed);
                let (seen, answer) = (Arc::clone(&seen), Arc::clone(&answer));
                tokio::spawn(async move {
                    while let Some(request) = next_request(&mut stream).await {
                        let number = {
                            let mut seen = lock(&seen);
                            seen.push(request.clone());
                            seen.len() - 1
                        };
                        let bytes = answer(number, &request);
                        let sent = stream.write_all(bytes.as_bytes()).await;
                        if bytes.is_empty() || sent.is_err() || bytes.contains("on: close\r\n") {
                            return;
                        }
                    }
                });
            }
        });
        Self { url, requests, connections }
    }

    async fn always(answer: String) -> Self {
        Self::start(move |_, _| answer.clone()).await
    }

    fn requests(&self) -> Vec<String> {
        lock(&self.requests).clone()
    }

    fn token(&self, secret: &str) -> Arc<CachedToken> {
        let host = self.url.strip_prefix("http://").unwrap().to_owned();
        token_at(secret, 600, &self.url, &AllowedHosts::parse(&[host]).unwrap())
    }
}

async fn next_request(stream: &mut TcpStream) -> Option<String> {
    let mut request = String::new();
    let mut buffer = [0; 64 * 1024];
    loop {
        if let Some((head, body)) = request.split_once("\r\n\r\n") {
            let head = head.to_lowercase();
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
            let length = length.map_or(0, |length| length.trim().parse().unwrap());
            let is_chunked = head.contains("transfer-encoding: chunked");
            if (is_chunked && body.ends_with("0\r\n\r\n")) || (!is_chunked && body.len() >= length)
            {
                return Some(request);
            }
        }
        match stream.read(&mut buffer).await {
            Ok(0) | Err(_) => return None,
            Ok(read) => request.push_str(&String::from_utf8_lossy(&buffer[..read])),
        }
    }
}

fn ok(body: &str) -> String {
    answer("200 OK", "", body)
}

fn answer(status: &str, headers: &str, body: &str) -> String {
    let length = body.len();
    format!(
        "HTTP/1.1 {status}\r\nContent-Type: application/json\r\n{headers}Content-Length: {length}\r\n\r\n{body}"
    )
}

struct Service {
    broker: Broker,
    path: std::path::PathBuf,
    port: u16,
    lines: Arc<Mutex<Vec<String>>>,
    _folder: TempDir,
}

impl Service {
    fn of(upstream: &Upstream) -> Self {
        Self::with(&FakeSource::holding(upstream.token(TOKEN)), CallRules::default(), |it| it)
    }

    fn writing(source: &Arc<FakeSource>) -> Self {
        let rules = CallRules::default().methods([Method::GET, Method::POST]);
        Self::with(source, rules, |it| it)
    }

    fn with(
        source: &Arc<FakeSource>,
        rules: CallRules,
        listen: impl Fn(Listener) -> Listener,
    ) -> Self {
        let limits = Limits { receive: Duration::from_millis(500), ..Limits::default() };
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("s.sock");
        let profile = |name: &str| {
            let source = Arc::clone(source) as Arc<dyn TokenSource>;
            let transport = Transport::builder().build();
            Arc::new(Profile::new(name, source).forward(transport, rules.clone()))
        };
        let profiles = Profiles::new([profile("acme"), profile("other")], Some("acme"));
        let lines = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&lines);
        let audit = move |line: &AuditLine| {
            lock(&log).push(line.to_string());
            true
        };
        let broker = Broker::builder(profiles, || NOW).limits(limits).audit(audit).build();
        let tcp = listen(Listener::tcp("127.0.0.1:0".parse().unwrap()).unwrap());
        let tcp = tcp.bearer(Bearer::parse(BEARER).unwrap());
        let port = tcp.local_addr().unwrap().port();
        tokio::spawn(broker.clone().serve(listen(Listener::unix(&path).unwrap())));
        tokio::spawn(broker.clone().serve(tcp));
        Self { broker, path, port, lines, _folder: folder }
    }

    /// Sends bytes to the Unix socket, and reads until the other end closes.
    async fn raw(&self, request: impl AsRef<[u8]>) -> String {
        talk(UnixStream::connect(&self.path).await.unwrap(), request.as_ref()).await
    }

    async fn tcp(&self, request: &str) -> String {
        let request = request.replace("{port}", &self.port.to_string());
        talk(TcpStream::connect(("127.0.0.1", self.port)).await.unwrap(), request.as_bytes()).await
    }

    /// Makes a call, and reads its response up to `abc`.
    async fn begin(&self) -> (UnixStream, String) {
        let mut stream = UnixStream::connect(&self.path).await.unwrap();
        stream.write_all(get(QUERY).as_bytes()).await.unwrap();
        let mut response = String::new();
        while !response.ends_with("abc") {
            let mut piece = [0; 1024];
            let read = stream.read(&mut piece).await.unwrap();
            assert!(read > 0, "{response}");
            response.push_str(&String::from_utf8_lossy(&piece[..read]));
        }
        (stream, response)
    }

    async fn get(&self, target: &str) -> String {
        self.raw(get(target)).await
    }

    async fn post(&self, headers: &str, body: &str) -> String {
        self.raw(format!(
            "POST /proxy/acme/services/data/v65.0/sobjects/Account HTTP/1.1\r\nHost: x\r\n\
             X-Orgtoken-Request: 1\r\nConnection: close\r\n{headers}\r\n{body}"
        ))
        .await
    }

    fn lines(&self) -> Vec<String> {
        lock(&self.lines).clone()
    }
}

async fn talk(
    mut stream: impl tokio::io::AsyncRead + AsyncWrite + Unpin,
    request: &[u8],
) -> String {
    let mut response = Vec::new();
    // A caller that is rejected gets an error here; the response before it counts.
    let _ = stream.write_all(request).await;
    let _ = stream.read_to_end(&mut response).await;
    String::from_utf8_lossy(&response).into_owned()
}

fn get(target: &str) -> String {
    format!(
        "GET {target} HTTP/1.1\r\nHost: x\r\nX-Orgtoken-Request: 1\r\nConnection: close\r\n\r\n"
    )
}

fn status(response: &str) -> u16 {
    response.get(9..12).and_then(|status| status.parse().ok()).unwrap_or(0)
}

fn body(response: &str) -> &str {
    response.split_once("\r\n\r\n").map_or("", |(_, body)| body)
}

#[tokio::test]
async fn call_reaches_the_org_with_the_token_and_without_the_callers_headers() {
    let next = r#"{"done":false,"nextRecordsUrl":"/services/data/v65.0/query/01g-2000"}"#;
    let cookie = "Set-Cookie: sid=x\r\nSforce-Limit-Info: api-usage=1/15000\r\n";
    let upstream = Upstream::always(answer("200 OK", cookie, next)).await;
    let service = Service::of(&upstream);
    let request = get(QUERY).replace(
        "Connection: close\r\n",
        "Connection: close, x-hop\r\nX-Hop: 1\r\nAuthorization: Bearer mine\r\nCookie: a=b\r\n\
         Sforce-Query-Options: batchSize=200\r\nAccept-Encoding: gzip\r\nRange: bytes=0-9\r\n",
    );
    let response = service.raw(request).await;
    assert_eq!((status(&response), body(&response)), (200, next), "{response}");
    assert!(response.contains("sforce-limit-info: api-usage=1/15000\r\n"), "{response}");
    assert!(response.contains("cache-control: no-store\r\n"), "{response}");
    assert!(!response.contains("sid=") && !response.contains("canary"), "{response}");

    let paged = service.get("/proxy/acme/services/data/v65.0/query/01g-2000").await;
    assert_eq!(status(&paged), 200);
    let requests = upstream.requests();
    let sent = requests[0].to_lowercase();
    assert!(requests[0].starts_with("GET /services/data/v65.0/query?q=SELECT+Id HTTP/1.1\r\n"));
    assert!(sent.contains(&format!("authorization: bearer {}\r\n", TOKEN.to_lowercase())));
    assert!(sent.contains("accept-encoding: identity\r\n"), "{sent}");
    assert!(sent.contains("sforce-query-options: batchsize=200\r\n"), "{sent}");
    for left_out in ["mine", "cookie", "x-hop", "x-orgtoken", "gzip", "range"] {
        assert!(!sent.contains(left_out), "{left_out}: {sent}");
    }
    assert!(requests[1].starts_with("GET /services/data/v65.0/query/01g-2000 HTTP/1.1\r\n"));
    assert_eq!(upstream.connections.load(Relaxed), 1, "the connection is used again");

    let lines = service.lines();
    let end = format!("profile=acme method=GET status=200 sent=0 received={}", next.len());
    assert!(lines[0].starts_with("call uid=") && lines[0].ends_with(&end), "{lines:?}");
    let metrics = service.get("/metrics").await;
    assert!(metrics.contains("orgtoken_calls_total{method=\"GET\",status=\"200\"} 2"), "{metrics}");
}

#[tokio::test]
async fn token_in_an_answer_is_masked_wherever_it_is() {
    let chunks: String = TOKEN.chars().map(|byte| format!("1\r\n{byte}\r\n")).collect();
    let answers = [
        ("in a body", ok(&format!("a {TOKEN} b"))),
        (
            "over chunks",
            format!(
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\na \r\n{chunks}2\r\n b\r\n0\r\n\r\n"
            ),
        ),
        (
            "in a trailer",
            format!(
                "HTTP/1.1 200 OK\r\nTrailer: X-T\r\nTransfer-Encoding: chunked\r\n\r\n4\r\na  b\r\n0\r\nX-T: {TOKEN}\r\n\r\n"
            ),
        ),
        ("in a header", answer("200 OK", &format!("X-Debug: {TOKEN}\r\n"), "a  b")),
        ("in a header's name", answer("200 OK", &format!("X-{TOKEN}: 1\r\n"), "a  b")),
        ("in the reason phrase", answer(&format!("200 {TOKEN}"), "", "a  b")),
        ("in an error", answer("404 Not Found", "", &format!("a {TOKEN} b"))),
        ("in a cookie", answer("200 OK", &format!("Set-Cookie: sid={TOKEN}\r\n"), "a  b")),
        ("in a redirect", answer("302 Found", &format!("Location: /{TOKEN}\r\n"), TOKEN)),
        (
            "in a body that ends with the connection",
            format!("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\na {TOKEN} b"),
        ),
    ];
    let masked = "*".repeat(TOKEN.len());
    for (name, bytes) in answers {
        let upstream = Upstream::start(move |_, _| bytes.clone()).await;
        let source = FakeSource::holding(upstream.token(TOKEN));
        source.give(upstream.token(TOKEN));
        let response = Service::writing(&source).get(QUERY).await;
        assert!(status(&response) >= 200, "{name}: {response}");
        assert!(!response.to_lowercase().contains("canary"), "{name}: {response}");
        if name == "in a body" {
            assert_eq!(body(&response), format!("a {masked} b"));
        }
    }
}

#[tokio::test]
async fn ended_session_costs_one_login_and_one_retry_of_a_body_that_was_kept() {
    let next = "00Dxx0000001gPL!second";
    for (name, length, expected, attempts) in
        [("short", 5, 201, 2), ("a MiB", 1024 * 1024, 201, 2), ("longer", 1024 * 1024 + 1, 401, 1)]
    {
        let upstream = Upstream::start(move |_, request| match request.contains(next) {
            true => answer("201 Created", "", "{}"),
            false => answer("401 Unauthorized", "", EXPIRED),
        })
        .await;
        let source = FakeSource::holding(upstream.token(TOKEN));
        source.give(upstream.token(next));
        let service = Service::writing(&source);
        let sent = "x".repeat(length);
        let response = service.post(&format!("Content-Length: {length}\r\n"), &sent).await;
        assert_eq!(status(&response), expected, "{name}: {response}");
        let requests = upstream.requests();
        assert_eq!(requests.len(), attempts, "{name}");
        assert!(requests.iter().all(|request| body(request) == sent), "{name}");
        // The next call has the new token in any case.
        assert_eq!(status(&service.post("Content-Length: 1\r\n", "x").await), 201, "{name}");
        assert_eq!(source.asked(), 1, "{name}");
    }
}

#[tokio::test]
async fn login_that_returns_the_same_token_ends_the_attempt() {
    let upstream = Upstream::always(answer("401 Unauthorized", "", EXPIRED)).await;
    let source = FakeSource::holding(upstream.token(TOKEN));
    source.give(upstream.token(TOKEN));
    let service = Service::writing(&source);
    let response = service.get(QUERY).await;
    assert_eq!((status(&response), body(&response)), (401, EXPIRED));
    assert_eq!((upstream.requests().len(), source.asked()), (1, 1));
}

/// Lets time pass in which no connection is used.
async fn pass(seconds: u64) {
    tokio::time::pause();
    tokio::time::advance(Duration::from_secs(seconds)).await;
    tokio::time::resume();
}

#[tokio::test]
async fn calls_that_the_org_refuses_drop_one_token_a_minute() {
    let upstream = Upstream::always(answer("401 Unauthorized", "", EXPIRED)).await;
    let source = FakeSource::holding(upstream.token(TOKEN));
    let service = Service::writing(&source);
    let next = |number: usize| source.give(upstream.token(&format!("00Dxx0000001gPL!{number}")));
    next(2);
    assert_eq!(status(&service.get(QUERY).await), 401);
    assert_eq!((upstream.requests().len(), source.asked(), source.dropped()), (2, 1, 1));
    next(3);
    assert_eq!(status(&service.get(QUERY).await), 401);
    assert_eq!((upstream.requests().len(), source.asked(), source.dropped()), (3, 1, 1));
    pass(61).await;
    assert_eq!(status(&service.get(QUERY).await), 401);
    assert_eq!((upstream.requests().len(), source.asked(), source.dropped()), (5, 2, 2));
    next(4);
    assert_eq!(status(&service.get(QUERY).await), 401);
    assert_eq!((upstream.requests().len(), source.asked(), source.dropped()), (6, 2, 2));
}

#[tokio::test]
async fn call_without_a_further_attempt_counts_as_one_that_dropped_the_token() {
    let upstream = Upstream::always(answer("401 Unauthorized", "", EXPIRED)).await;
    let next = |source: &FakeSource, number: usize| {
        source.hold(upstream.token(&format!("00Dxx0000001gPL!{number}")));
    };
    // A body that is too long to be kept.
    let source = FakeSource::holding(upstream.token(TOKEN));
    let service = Service::writing(&source);
    let (length, sent) = (1024 * 1024 + 1, "x".repeat(1024 * 1024 + 1));
    for number in 2..5 {
        let response = service.post(&format!("Content-Length: {length}\r\n"), &sent).await;
        assert_eq!(status(&response), 401, "{response}");
        assert_eq!(source.dropped(), 1);
        next(&source, number);
    }
    // A caller that disconnects during the login.
    let source = FakeSource::holding(upstream.token(TOKEN));
    let service = Service::writing(&source);
    let mut stream = UnixStream::connect(&service.path).await.unwrap();
    stream.write_all(get(QUERY).as_bytes()).await.unwrap();
    while source.asked() == 0 {
        tokio::task::yield_now().await;
    }
    drop(stream);
    while service.lines().is_empty() {
        tokio::task::yield_now().await;
    }
    next(&source, 2);
    assert_eq!(status(&service.get(QUERY).await), 401);
    assert_eq!((source.asked(), source.dropped()), (1, 1));
}

#[tokio::test]
async fn end_of_a_session_drops_one_token_for_all_of_its_callers() {
    let next = "00Dxx0000001gPL!second";
    let upstream = Upstream::start(move |_, request| match request.contains(next) {
        true => ok("{}"),
        false => answer("401 Unauthorized", "", EXPIRED),
    })
    .await;
    let source = FakeSource::holding(upstream.token(TOKEN));
    source.give(upstream.token(next));
    let service = Arc::new(Service::writing(&source));
    let mut calls = tokio::task::JoinSet::new();
    for _ in 0..50 {
        let service = Arc::clone(&service);
        calls.spawn(async move { status(&service.get(QUERY).await) });
    }
    assert_eq!(calls.join_all().await, [200; 50]);
    assert_eq!(source.dropped(), 1);
}

#[tokio::test]
async fn faults_of_the_org_are_errors_with_a_reason() {
    let redirect = "Location: https://evil.example/services/data\r\n";
    for (name, bytes, expected, code) in [
        ("a redirect", answer("302 Found", redirect, ""), 502, "api.redirect"),
        ("a proxy to use", answer("305 Use Proxy", redirect, ""), 502, "api.redirect"),
        ("a dropped connection", String::new(), 503, "resp.truncated"),
        ("another protocol", "SSH-2.0-x\r\n\r\n".to_owned(), 502, "resp.protocol"),
        (
            "a compressed body",
            answer("200 OK", "Content-Encoding: br\r\n", "x"),
            502,
            "resp.encoding",
        ),
        (
            "a compressed transfer",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n"
                .to_owned(),
            502,
            "resp.encoding",
        ),
        (
            "a compressed transfer in two headers",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n\
             1\r\nx\r\n0\r\n\r\n"
                .to_owned(),
            502,
            "resp.encoding",
        ),
        ("a part", answer("206 Partial Content", "", "x"), 502, "resp.part"),
        ("a range", answer("200 OK", "Content-Range: bytes 0-0/2\r\n", "x"), 502, "resp.part"),
        (
            "two lengths",
            "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
                .to_owned(),
            502,
            "resp.protocol",
        ),
    ] {
        let upstream = Upstream::start(move |_, _| bytes.clone()).await;
        let source = FakeSource::holding(upstream.token(TOKEN));
        source.give(upstream.token("00Dxx0000001gPL!second"));
        let response = Service::writing(&source).get(QUERY).await;
        assert_eq!(status(&response), expected, "{name}: {response}");
        assert!(body(&response).contains(&format!(r#""error":"{code}""#)), "{name}: {response}");
        assert!(!response.to_lowercase().contains("location:"), "{name}: {response}");
    }
}

#[tokio::test]
async fn records_with_the_same_external_id_are_returned() {
    let records = r#"["/services/data/v65.0/sobjects/Account/001xx000003DGb0AAG"]"#;
    let location = "Location: https://evil.example/\r\n";
    let upstream = Upstream::always(answer("300 Multiple Choices", location, records)).await;
    let response = Service::of(&upstream).get(QUERY).await;
    assert_eq!((status(&response), body(&response)), (300, records));
    assert!(!response.contains("evil"), "{response}");
}

#[tokio::test]
async fn failed_login_is_reported_like_that_of_a_token_request() {
    let source = FakeSource::empty();
    source.refuse();
    let service = Service::writing(&source);
    let response = service.get(QUERY).await;
    assert_eq!(status(&response), 429, "{response}");
    assert!(body(&response).contains(r#""error":"rate.cap""#), "{response}");
    assert!(service.lines()[0].ends_with("status=429 sent=0 received=0"), "{:?}", service.lines());
}

/// The framing that the org gets is always that of hyper, for exactly one request.
#[tokio::test]
async fn framing_of_a_caller_does_not_reach_the_org() {
    const INNER: &str = "GET /services/data/v65.0/tooling/x HTTP/1.1\r\nHost: x\r\n\r\n";
    let smuggled = format!("0\r\n\r\n{INNER}");
    let length = smuggled.len();
    for (name, headers, sent, expected, reached) in [
        (
            "a length and chunks",
            format!("Content-Length: {length}\r\nTransfer-Encoding: chunked\r\n"),
            smuggled.clone(),
            200,
            1,
        ),
        (
            "chunks and a length",
            format!("Transfer-Encoding: chunked\r\nContent-Length: {length}\r\n"),
            smuggled.clone(),
            200,
            1,
        ),
        (
            "two lengths",
            "Content-Length: 5\r\nContent-Length: 6\r\n".into(),
            "abcdef".into(),
            400,
            0,
        ),
        ("a list of lengths", "Content-Length: 5, 6\r\n".into(), "abcdef".into(), 400, 0),
        ("a signed length", "Content-Length: +5\r\n".into(), "abcde".into(), 400, 0),
        ("an unknown coding", "Transfer-Encoding: xchunked\r\n".into(), smuggled.clone(), 400, 0),
        (
            "chunks not last",
            "Transfer-Encoding: chunked, gzip\r\n".into(),
            smuggled.clone(),
            400,
            0,
        ),
        ("a folded header", "Transfer-Encoding:\r\n chunked\r\n".into(), smuggled.clone(), 400, 0),
        (
            "a blank before the colon",
            "Transfer-Encoding : chunked\r\n".into(),
            smuggled.clone(),
            400,
            0,
        ),
        (
            "a line feed in a chunk's size",
            "Transfer-Encoding: chunked\r\n".into(),
            "0x5\r\n".into(),
            400,
            0,
        ),
        (
            "a hidden connection header",
            "Content-Length: 1\r\nConnection: close, content-length, authorization\r\n".into(),
            "x".into(),
            200,
            1,
        ),
    ] {
        let upstream = Upstream::always(ok("{}")).await;
        let source = FakeSource::holding(upstream.token(TOKEN));
        let service = Service::writing(&source);
        let response = service.post(&headers, &sent).await;
        assert_eq!(status(&response), expected, "{name}: {response}");
        let requests = upstream.requests();
        assert_eq!(requests.len(), reached, "{name}: {requests:?}");
        assert!(
            !requests.iter().any(|request| request.contains("tooling")),
            "{name}: {requests:?}"
        );
        assert!(requests.iter().all(|request| request.contains(TOKEN)), "{name}");
    }
}

#[tokio::test]
async fn targets_that_a_profile_does_not_allow_never_reach_the_org() {
    let upstream = Upstream::always(ok("{}")).await;
    let service = Service::of(&upstream);
    for (target, expected) in [
        ("/proxy/acme/services/data/v65.0/tooling/query", 403),
        ("/proxy/acme/services/data/v65.0/query/../tooling", 400),
        ("/proxy/acme/services/data/v65.0/query/%2e%2e/tooling", 400),
        ("/proxy/acme//services/data/v65.0/query", 400),
        ("/proxy/acme/services/data/v65.0/query/a@b", 400),
        ("/proxy/acme/services/data/v65.0/query?_HttpMethod=DELETE", 403),
        ("/proxy/acme/../other/services/data/", 400),
        ("/proxy/acme%2F..%2Fother/services/data/", 404),
        ("/proxy/acme@evil.example/services/data/", 404),
        ("/proxy/none/services/data/", 404),
        ("/proxy//services/data/", 404),
        ("/proxy/acme", 404),
        ("/proxy/acme/", 403),
        ("//proxy/acme/services/data/", 404),
        ("/PROXY/acme/services/data/", 404),
        ("http://evil.example/proxy/acme/services/data/", 400),
        ("http://x/proxy/acme/services/data/", 400),
        ("//evil.example/services/data/", 404),
    ] {
        let response = service.get(target).await;
        assert_eq!(status(&response), expected, "{target}: {response}");
        assert!(body(&response).contains(r#""hint":""#), "{target}: {response}");
    }
    assert_eq!(upstream.requests(), [""; 0]);
    assert_eq!(status(&service.get("/proxy/%61cme/services/data/").await), 200);
}

#[tokio::test]
async fn bearer_is_enough_on_tcp_as_the_access_token() {
    let upstream = Upstream::always(ok("{}")).await;
    let service = Service::of(&upstream);
    let bearer = format!("Authorization: Bearer {BEARER}\r\n");
    let token = format!("Authorization: Bearer {TOKEN}\r\n");
    let host = "Host: 127.0.0.1:{port}\r\n";
    for (name, headers, expected) in [
        ("the bearer", format!("{host}{bearer}"), 200),
        ("the bearer and the header", format!("{host}{bearer}X-Orgtoken-Request: 1\r\n"), 200),
        ("no bearer", format!("{host}X-Orgtoken-Request: 1\r\n"), 401),
        ("the token of the org", format!("{host}{token}X-Orgtoken-Request: 1\r\n"), 401),
        ("another host", format!("Host: evil.example\r\n{bearer}"), 421),
        ("a web page", format!("{host}{bearer}Origin: https://evil.example\r\n"), 403),
        ("a page of this host", format!("{host}{bearer}Sec-Fetch-Site: same-origin\r\n"), 403),
        ("a proxy", format!("{host}{bearer}X-Forwarded-For: 10.0.0.1\r\n"), 403),
    ] {
        let request = format!("GET {QUERY} HTTP/1.1\r\n{headers}Connection: close\r\n\r\n");
        let response = service.tcp(&request).await;
        assert_eq!(status(&response), expected, "{name}: {response}");
    }
    let options = format!("OPTIONS {QUERY} HTTP/1.1\r\n{host}{bearer}Connection: close\r\n\r\n");
    assert_eq!(status(&service.tcp(&options).await), 405);
    // On a Unix socket the header is needed.
    let request = get(QUERY).replace("X-Orgtoken-Request: 1\r\n", &bearer);
    assert_eq!(status(&service.raw(request).await), 403);
    let sent = upstream.requests().concat();
    assert!(!sent.contains(BEARER) && sent.contains(TOKEN), "{sent}");
}

#[tokio::test]
async fn open_loopback_covers_the_calls_of_one_profile() {
    let upstream = Upstream::always(ok("{}")).await;
    let source = FakeSource::holding(upstream.token(TOKEN));
    let request = |target: &str, headers: &str| {
        format!(
            "GET {target} HTTP/1.1\r\nHost: 127.0.0.1:{{port}}\r\n{headers}Connection: close\r\n\r\n"
        )
    };
    let header = "X-Orgtoken-Request: 1\r\n";
    let service = Service::with(&source, CallRules::default(), Listener::open_loopback);
    for (name, target, headers, expected) in [
        ("the default profile", QUERY, header, 200),
        ("without the header", QUERY, "", 403),
        ("another profile", "/proxy/other/services/data/", header, 401),
        ("no profile", "/proxy/none/services/data/", header, 401),
    ] {
        let response = service.tcp(&request(target, headers)).await;
        assert_eq!(status(&response), expected, "{name}: {response}");
    }
    let root = |listener: Listener| listener.calls_of("other").open_loopback();
    let service = Service::with(&source, CallRules::default(), root);
    for (name, target, headers, expected) in [
        ("the root", "/services/data/v65.0/limits", header, 200),
        ("without the header", "/services/data/v65.0/limits", "", 403),
        ("a profile", QUERY, header, 401),
        ("a token", "/v1/token", header, 401),
    ] {
        let response = service.tcp(&request(target, headers)).await;
        assert_eq!(status(&response), expected, "{name}: {response}");
    }
}

#[tokio::test]
async fn listener_for_calls_gives_out_no_token() {
    let upstream = Upstream::always(ok("{}")).await;
    let source = FakeSource::holding(upstream.token(TOKEN));
    let token = |path: &str| get(path).replacen("GET", "POST", 1);
    let calls = Service::with(&source, CallRules::default(), Listener::calls_only);
    let root = Service::with(&source, CallRules::default(), |it| it.calls_of("acme"));
    assert_eq!(status(&calls.get(QUERY).await), 200);
    assert_eq!(status(&root.get("/services/data/v65.0/limits").await), 200);
    assert_eq!(status(&root.get(QUERY).await), 404);
    for service in [calls, root] {
        for path in ["/v1/token", "/onify/access-token"] {
            let response = service.raw(token(path)).await;
            assert_eq!(status(&response), 404, "{response}");
            assert!(response.contains("there are no tokens here"), "{response}");
            assert!(!response.contains("canary"), "{response}");
        }
        assert_eq!(status(&service.get("/healthz").await), 200);
    }
}

#[tokio::test]
async fn body_is_sent_while_it_arrives_and_a_pause_ends_it() {
    let upstream = Upstream::always(ok("{}")).await;
    let source = FakeSource::holding(upstream.token(TOKEN));
    let service = Service::writing(&source);
    let head = "POST /proxy/acme/services/data/v65.0/sobjects/Account HTTP/1.1\r\nHost: x\r\n\
                X-Orgtoken-Request: 1\r\nConnection: close\r\n";
    // A body that is kept, and a longer one.
    for (name, start) in [
        ("short", format!("{head}Content-Length: 10\r\n\r\nabc")),
        ("chunked", format!("{head}Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n")),
    ] {
        let response = service.raw(start).await;
        assert_eq!(status(&response), 408, "{name}: {response}");
    }
    let long = format!("{head}Content-Length: 3000000\r\n\r\n{}", "x".repeat(2_000_000));
    let response = service.raw(long).await;
    assert!(status(&response) >= 500, "{response}");
    assert_eq!(upstream.requests().len(), 0, "no request was complete");
    assert_eq!(upstream.connections.load(Relaxed), 1, "the long one was begun");
    assert!(service.lines()[2].contains("sent=2000000"), "{:?}", service.lines());
}

#[tokio::test]
async fn caller_that_disconnects_ends_the_call() {
    let upstream = Upstream::start(|_, _| {
        // A body without an end.
        "HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\nabc".to_owned()
    })
    .await;
    let service = Service::of(&upstream);
    let (stream, _) = service.begin().await;
    assert_eq!(service.lines(), [""; 0], "the call continues");
    drop(stream);
    while service.lines().is_empty() {
        tokio::task::yield_now().await;
    }
    assert!(service.lines()[0].ends_with("status=200 sent=0 received=3"), "{:?}", service.lines());
}

/// The org answers none of the calls.
#[tokio::test]
async fn thousand_callers_of_a_slow_org_are_bounded_and_get_a_reason() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let connections = Arc::new(AtomicU64::new(0));
    let count = Arc::clone(&connections);
    tokio::spawn(async move {
        let mut open = Vec::new();
        while let Ok((stream, _)) = listener.accept().await {
            count.fetch_add(1, Relaxed);
            open.push(stream);
        }
    });
    let upstream = Upstream { url, requests: Arc::default(), connections };
    let service = Service::of(&upstream);
    let request = format!(
        "GET {QUERY} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nAuthorization: Bearer {BEARER}\r\n\r\n",
        service.port
    );
    let limit = Limits::default().connections;
    let mut waiting = Vec::new();
    for _ in 0..limit {
        let mut stream = TcpStream::connect(("127.0.0.1", service.port)).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        waiting.push(stream);
    }
    while upstream.connections.load(Relaxed) < limit as u64 {
        tokio::task::yield_now().await;
    }
    for _ in limit..1000 {
        let response = service.tcp(&request).await;
        assert_eq!(status(&response), 503, "{response}");
        assert!(response.contains("retry-after: 1\r\n"), "{response}");
        assert!(response.contains("connection: close\r\n"), "{response}");
        assert!(body(&response).contains("gate.connections"), "{response}");
    }
    let health = get("/healthz").replace("Host: x", "Host: 127.0.0.1:{port}");
    assert_eq!(status(&service.tcp(&health).await), 200, "probes are answered");
    assert_eq!(upstream.connections.load(Relaxed), limit as u64);
    drop(waiting);
    while service.lines().len() < limit {
        tokio::task::yield_now().await;
    }
    assert!(service.lines()[0].ends_with("status=- sent=0 received=0"), "{:?}", service.lines());
}

#[tokio::test]
async fn shutdown_waits_for_a_response_that_is_on_its_way() {
    let (proceed, wait) = tokio::sync::oneshot::channel::<()>();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        next_request(&mut stream).await.unwrap();
        stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nabc").await.unwrap();
        wait.await.unwrap();
        stream.write_all(b"def").await.unwrap();
    });
    let upstream = Upstream { url, requests: Arc::default(), connections: Arc::default() };
    let service = Service::of(&upstream);
    let (mut stream, mut response) = service.begin().await;
    let drained = tokio::spawn(service.broker.clone().drain());
    while service.path.exists() {
        tokio::task::yield_now().await;
    }
    proceed.send(()).unwrap();
    stream.read_to_string(&mut response).await.unwrap();
    assert_eq!(body(&response), "abcdef");
    drained.await.unwrap();
}

#[tokio::test]
async fn head_has_the_length_and_no_body() {
    let upstream = Upstream::always(
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 512\r\n\r\n".into(),
    )
    .await;
    let service = Service::of(&upstream);
    let response = service.raw(get(QUERY).replacen("GET", "HEAD", 1)).await;
    assert!(response.contains("content-length: 512\r\n"), "{response}");
    assert_eq!((status(&response), body(&response)), (200, ""));
}

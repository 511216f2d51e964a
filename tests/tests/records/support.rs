//! An org with one user, and a server with fixed responses.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, LazyLock, Mutex};
use std::thread;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
pub(crate) use conformance::test_org::USER;
use conformance::test_org::{CLIENT_ID, KEY, TestOrg};
use http::{HeaderMap, Method, Response};
use orgtoken_assertion::{SigningKey, UnixTime};
use orgtoken_client::{Login, LoginSource, Transport};
use orgtoken_fake_org::{FakeOrgBuilder, Scenario, User};
use orgtoken_oauth::{AllowedHosts, InstanceUrl, Resolution, Token};
use orgtoken_rest::{Backoff, Object, Org, RestError, TIMEOUTS, Value};

static SIGNER: LazyLock<Arc<SigningKey>> =
    LazyLock::new(|| Arc::new(SigningKey::from_bytes(KEY.secret().as_bytes()).unwrap()));

/// An org and calls as its user.
pub(crate) struct ConnectedOrg {
    pub(crate) server: TestOrg,
    pub(crate) api: Org,
}

impl ConnectedOrg {
    pub(crate) fn new() -> Self {
        Self::with(User::new(USER), |org| org)
    }

    pub(crate) fn playing(scenario: &str) -> Self {
        Self::with(User::new(USER).scenario(scenario.parse().unwrap()), |org| org)
    }

    pub(crate) fn with(user: User, build: impl FnOnce(FakeOrgBuilder) -> FakeOrgBuilder) -> Self {
        let server = TestOrg::with(user, build);
        let api = Org::new(transport(&server), source(&server), 65);
        Self { server, api: api.backoff(Backoff::new(3, Duration::from_millis(1))) }
    }

    pub(crate) fn play(&self, scenario: &str) {
        self.server.set_scenario(USER, Scenario::named(scenario));
    }

    pub(crate) async fn call(
        &self,
        method: Method,
        path: &str,
        body: &'static str,
    ) -> Result<Response<Bytes>, RestError> {
        let body = Bytes::from_static(body.as_bytes());
        self.api.request(method, path, HeaderMap::new(), body).await
    }

    /// The number of API calls that the org has received.
    pub(crate) fn calls(&self) -> usize {
        let requests = self.server.requests();
        requests.iter().filter(|request| request.target().contains("/services/data")).count()
    }
}

pub(crate) fn transport(server: &TestOrg) -> Transport {
    server.through_proxy().timeouts(TIMEOUTS).build()
}

pub(crate) fn login() -> Login {
    let instance =
        InstanceUrl::parse("https://acme.my.salesforce.com", &AllowedHosts::none()).unwrap();
    let resolution = Resolution::resolve(None, Some(&instance), None).unwrap();
    let sites = AllowedHosts::parse(["acme.my.site.com"]).unwrap();
    Login::new(CLIENT_ID, USER, Arc::clone(&*SIGNER) as _, resolution).allowed_hosts(sites)
}

pub(crate) fn source(server: &TestOrg) -> LoginSource {
    LoginSource::new(login(), transport(server))
}

pub(crate) fn record(fields: serde_json::Value) -> Object {
    Value::from(fields).as_object().unwrap().clone()
}

/// Returns a token for an API at `http://HOST`.
pub(crate) fn token_for(host: &str) -> Token {
    let answer = format!(
        r#"{{"access_token":"00Dxx!AQ.x","token_type":"Bearer","instance_url":"http://{host}"}}"#
    );
    let answer = Response::builder().header("content-type", "application/json").body(answer);
    let hosts = AllowedHosts::parse([host]).unwrap();
    let now = UnixTime::from_secs(SystemTime::UNIX_EPOCH.elapsed().unwrap().as_secs());
    Token::from_http(&answer.unwrap(), now, &hosts).unwrap()
}

/// A server with responses that the fake org does not have.
pub(crate) struct Canned {
    pub(crate) host: String,
    /// The requests, head and body.
    pub(crate) requests: Arc<Mutex<Vec<String>>>,
}

impl Canned {
    /// `answer` returns the response for the target of a request.
    pub(crate) fn new(answer: impl Fn(&str) -> String + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let host = listener.local_addr().unwrap().to_string();
        let requests = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&requests);
        thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let request = read_request(&mut stream);
                let target = request.split(' ').nth(1).unwrap_or_default().to_owned();
                seen.lock().unwrap().push(request);
                let _ = stream.write_all(answer(&target).as_bytes());
            }
        });
        Self { host, requests }
    }

    pub(crate) fn org(&self) -> Org {
        let api = Org::new(Transport::builder().build(), token_for(&self.host), 65);
        api.backoff(Backoff::new(3, Duration::from_millis(1)))
    }

    pub(crate) fn calls(&self) -> usize {
        self.requests.lock().unwrap().len()
    }
}

fn read_request(stream: &mut TcpStream) -> String {
    let mut request = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        let length = stream.read(&mut buffer).unwrap_or(0);
        request.extend_from_slice(&buffer[..length]);
        let text = String::from_utf8_lossy(&request);
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
        let announced = head.split("content-length: ").nth(1).and_then(|it| it.lines().next());
        let expected = announced.map_or(0, |it| it.parse().unwrap());
        if length == 0 || (text.contains("\r\n\r\n") && body.len() >= expected) {
            return text.into_owned();
        }
    }
}

/// Returns a response with a status line, such as `200 OK`, and headers.
pub(crate) fn answer(status: &str, headers: &[(&str, &str)], body: &str) -> String {
    let headers: String =
        headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    let length = body.len();
    format!(
        "HTTP/1.1 {status}\r\n{headers}content-length: {length}\r\nconnection: close\r\n\r\n{body}"
    )
}

pub(crate) fn json(body: &str) -> String {
    answer("200 OK", &[("content-type", "application/json")], body)
}

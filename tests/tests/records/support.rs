//! An org with one user, and a server with fixed responses.

use std::time::Duration;

use bytes::Bytes;
use conformance::raw::{Raw, response, target};
use conformance::test_org::{TestOrg, now};
use http::{HeaderMap, Method, Response};
use orgtoken_client::{Login, LoginSource, Transport};
use orgtoken_oauth::{AllowedHosts, Token};
use orgtoken_rest::{Backoff, Object, Org, RestError, TIMEOUTS, Value};

/// An org and calls as its user.
pub(crate) struct ConnectedOrg {
    pub(crate) server: TestOrg,
    pub(crate) api: Org,
}

impl ConnectedOrg {
    pub(crate) fn new() -> Self {
        Self::to(TestOrg::new())
    }

    pub(crate) fn playing(scenario: &str) -> Self {
        Self::to(TestOrg::playing(scenario))
    }

    pub(crate) fn to(server: TestOrg) -> Self {
        let api = Org::new(transport(&server), source(&server), 65);
        Self { server, api: api.backoff(Backoff::new(3, Duration::from_millis(1))) }
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

pub(crate) fn login(server: &TestOrg) -> Login {
    let sites = AllowedHosts::parse(["acme.my.site.com"]).unwrap();
    server.my_domain_login().allowed_hosts(sites)
}

pub(crate) fn source(server: &TestOrg) -> LoginSource {
    LoginSource::new(login(server), transport(server))
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
    Token::from_http(&answer.unwrap(), now(), &hosts).unwrap()
}

/// A server with responses that the fake org does not have.
pub(crate) struct Canned {
    pub(crate) host: String,
    server: Raw,
}

impl Canned {
    /// `answer` returns the response for the target of a request.
    pub(crate) fn new(answer: impl Fn(&str) -> String + Send + Sync + 'static) -> Self {
        let server = Raw::new(move |request| answer(target(request)));
        Self { host: server.host(), server }
    }

    pub(crate) fn org(&self) -> Org {
        let api = Org::new(Transport::builder().build(), token_for(&self.host), 65);
        api.backoff(Backoff::new(3, Duration::from_millis(1)))
    }

    /// Returns the requests, head and body.
    pub(crate) fn requests(&self) -> Vec<String> {
        self.server.requests()
    }

    pub(crate) fn calls(&self) -> usize {
        self.requests().len()
    }
}

pub(crate) fn json(body: &str) -> String {
    response("200 OK", "content-type: application/json\r\n", body)
}

//! An org, and somebody who may log in there.

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Method, Response};
use orgtoken_assertion::SigningKey;
use orgtoken_client::{Login, LoginSource, Proxy, Roots, Transport};
use orgtoken_fake_org::{AppKey, FakeOrg, FakeOrgBuilder, Scenario, User};
use orgtoken_oauth::{AllowedHosts, InstanceUrl, Resolution};
use orgtoken_rest::{Backoff, Object, Org, RestError, TIMEOUTS, Value};

pub(crate) const USER: &str = "user@acme.com";

static KEY: LazyLock<AppKey> = LazyLock::new(AppKey::generate);
static SIGNER: LazyLock<Arc<SigningKey>> =
    LazyLock::new(|| Arc::new(SigningKey::from_bytes(KEY.secret().as_bytes()).unwrap()));

/// An org with one user, and calls as that user.
pub(crate) struct Bench {
    pub(crate) server: FakeOrg,
    pub(crate) org: Org,
}

impl Bench {
    pub(crate) fn new() -> Self {
        Self::with(User::new(USER), |org| org)
    }

    pub(crate) fn playing(scenario: &str) -> Self {
        Self::with(User::new(USER).scenario(scenario.parse().unwrap()), |org| org)
    }

    pub(crate) fn with(user: User, build: impl FnOnce(FakeOrgBuilder) -> FakeOrgBuilder) -> Self {
        let server = FakeOrg::builder().tls(true).certificate(KEY.certificate_pem());
        let server = build(server.client_id("3MVG9orgtoken").user(user)).start().unwrap();
        let org = Org::new(transport(&server), source(&server), 65);
        Self { server, org: org.backoff(Backoff::new(3, Duration::from_millis(1))) }
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
        self.org.request(method, path, HeaderMap::new(), body).await
    }

    /// How many calls of the API the org has seen.
    pub(crate) fn calls(&self) -> usize {
        let requests = self.server.requests();
        requests.iter().filter(|request| request.target().contains("/services/data")).count()
    }
}

pub(crate) fn transport(server: &FakeOrg) -> Transport {
    Transport::builder()
        .proxy(Proxy::new(&server.proxy_url(), "").unwrap())
        .roots(Roots::Pem(server.ca_pem().unwrap().into()))
        .timeouts(TIMEOUTS)
        .build()
}

pub(crate) fn login() -> Login {
    let instance =
        InstanceUrl::parse("https://acme.my.salesforce.com", &AllowedHosts::none()).unwrap();
    let resolution = Resolution::resolve(None, Some(&instance), None).unwrap();
    let sites = AllowedHosts::parse(["acme.my.site.com"]).unwrap();
    Login::new("3MVG9orgtoken", USER, Arc::clone(&*SIGNER) as _, resolution).allowed_hosts(sites)
}

pub(crate) fn source(server: &FakeOrg) -> LoginSource {
    LoginSource::new(login(), transport(server))
}

pub(crate) fn record(fields: serde_json::Value) -> Object {
    Value::from(fields).as_object().unwrap().clone()
}

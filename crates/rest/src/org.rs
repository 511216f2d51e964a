use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::{ACCEPT, ACCEPT_ENCODING, AUTHORIZATION, CONTENT_TYPE, RANGE};
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode};
use orgtoken_client::transport::{Deadline, Pool};
use orgtoken_client::{Timeouts, Transport, TransportError};
use orgtoken_oauth::{Token, redact};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use tokio::time::sleep;
use tracing::{debug, info};

use crate::bulk::{Payload, PayloadBody};
use crate::path::uri;
use crate::{ApiError, Backoff, Body, RecordOptions, RestError, Tokens};

/// A connection to an org as one user.
///
/// Clones are cheap and share their HTTP connections, which stay open between calls.
#[derive(Clone)]
pub struct Org {
    tokens: Tokens,
    pool: Pool<PayloadBody>,
    pub(crate) version: u16,
    min_ttl: Duration,
    pub(crate) backoff: Backoff,
    pub(crate) record_options: Arc<RecordOptions>,
}

impl Org {
    /// Returns the org that issued `tokens`. Calls use `version` of the API: 65 for `v65.0`.
    ///
    /// `tokens` is a [`LoginSource`](orgtoken_client::LoginSource), an `Arc` of another
    /// [`TokenSource`](orgtoken_client::TokenSource), or a single [`Token`], which is not renewed.
    ///
    /// The timeouts are those of `transport`. Those of a login are too short for large queries: use
    /// [`TIMEOUTS`]. The total is that of a whole call: all attempts and the body of the response.
    pub fn new(transport: Transport, tokens: impl Into<Tokens>, version: u16) -> Self {
        Self {
            tokens: tokens.into(),
            pool: Pool::new(transport, MAX_IDLE),
            version,
            min_ttl: MIN_TTL,
            backoff: Backoff::default(),
            record_options: Arc::default(),
        }
    }

    /// Sets how often a call is retried; default: 3 attempts ([`Backoff::default`]).
    #[must_use]
    pub fn backoff(mut self, backoff: Backoff) -> Self {
        self.backoff = backoff;
        self
    }

    /// Sets how long a token must still be valid when a call begins; default: a minute.
    #[must_use]
    pub fn min_ttl(mut self, min_ttl: Duration) -> Self {
        self.min_ttl = min_ttl;
        self
    }

    /// Makes one call and reads the whole response, up to 64 MiB. See [`Org::send`].
    pub async fn request(
        &self,
        method: Method,
        path: &str,
        headers: HeaderMap,
        body: Bytes,
    ) -> Result<Response<Bytes>, RestError> {
        self.request_payload(method, path, headers, &Payload::Whole(body)).await
    }

    pub(crate) async fn request_payload(
        &self,
        method: Method,
        path: &str,
        headers: HeaderMap,
        body: &Payload,
    ) -> Result<Response<Bytes>, RestError> {
        let mut tries = Tries::new(self.pool.deadline());
        loop {
            let answer = self.respond(&mut tries, &method, path, &headers, body).await?;
            let (head, body) = answer.into_parts();
            let error = match body.whole(MAX_BODY).await {
                Ok(whole) => return Ok(Response::from_parts(head, whole)),
                Err(error) => error,
            };
            self.pause(&tries, &method, error).await?;
        }
    }

    /// Makes one call and returns the response before its body is read.
    ///
    /// `path` begins with `/`, or is below `/services/data/vNN.0/`. Characters that a URL cannot
    /// hold are percent-encoded. A body is JSON unless `headers` say otherwise. Calls of a member
    /// of an Experience Cloud site go to the site.
    ///
    /// If the session has expired or the org has moved, there is one new login and one further
    /// attempt. A transient failure is retried if nothing can be done twice. Any status other than
    /// 2xx and 304 is a [`RestError::Api`].
    pub async fn send(
        &self,
        method: Method,
        path: &str,
        headers: HeaderMap,
        body: Bytes,
    ) -> Result<Response<Body>, RestError> {
        let mut tries = Tries::new(self.pool.deadline());
        self.respond(&mut tries, &method, path, &headers, &Payload::Whole(body)).await
    }

    /// Makes attempts until one succeeds, and counts them in `tries`.
    async fn respond(
        &self,
        tries: &mut Tries,
        method: &Method,
        path: &str,
        headers: &HeaderMap,
        body: &Payload,
    ) -> Result<Response<Body>, RestError> {
        loop {
            let token = self.tokens.0.token(self.min_ttl).await?;
            let request = self.prepare(token.token(), method, path, headers, body)?;
            tries.made += 1;
            let error = match self.attempt(request, token.token(), tries.deadline).await {
                Ok(answer) => return Ok(answer),
                Err(error) => error,
            };
            let is_over = error.is_session_end() || error.is_moved();
            if is_over && !tries.renewed {
                self.tokens.0.invalidate(&token);
                let next = self.tokens.0.token(self.min_ttl).await?;
                if is_same(next.token(), token.token()) {
                    return Err(error);
                }
                info!(
                    "the token was no longer valid at its host: one further attempt with a new one"
                );
                (tries.made, tries.renewed) = (tries.made - 1, true);
                continue;
            }
            drop(token);
            self.pause(tries, method, error).await?;
        }
    }

    /// Waits for the next attempt, or returns the error after the last one.
    async fn pause(
        &self,
        tries: &Tries,
        method: &Method,
        error: RestError,
    ) -> Result<(), RestError> {
        let wait = self.backoff.wait(tries.made, method, &error);
        let Some(wait) = wait.filter(|wait| *wait < tries.deadline.left()) else {
            return Err(error);
        };
        info!("retrying in {wait:?}: {error}");
        sleep(wait).await;
        Ok(())
    }

    /// Makes one call with JSON, or nothing, as its body, and reads the JSON of the response.
    pub(crate) async fn json<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        body: Bytes,
    ) -> Result<T, RestError> {
        self.json_with(method, path, HeaderMap::new(), body).await
    }

    /// Like [`json`](Self::json), with headers.
    pub(crate) async fn json_with<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        headers: HeaderMap,
        body: Bytes,
    ) -> Result<T, RestError> {
        let answer = self.request(method, path, headers, body).await?;
        from_json(answer.body())
    }

    /// Returns the base URL of calls: the instance, or the site of an Experience Cloud member.
    ///
    /// The token names it, so this may log in.
    pub async fn url(&self) -> Result<String, RestError> {
        Ok(self.tokens.0.token(self.min_ttl).await?.token().base_url().to_owned())
    }

    /// `/services/data/v65.0/`, with a later version if the resource exists only since `version`.
    pub(crate) fn versioned_since(&self, version: u16) -> String {
        format!("/services/data/v{}.0/", self.version.max(version))
    }

    fn prepare(
        &self,
        token: &Token,
        method: &Method,
        path: &str,
        headers: &HeaderMap,
        body: &Payload,
    ) -> Result<Request<Payload>, RestError> {
        let mut request = Request::new(body.clone());
        *request.method_mut() = method.clone();
        *request.uri_mut() = uri(token.base_url(), self.version, path)?;
        *request.headers_mut() = headers.clone();
        complete(&mut request, token);
        Ok(request)
    }

    async fn attempt(
        &self,
        request: Request<Payload>,
        token: &Token,
        deadline: Deadline,
    ) -> Result<Response<Body>, RestError> {
        let called = (request.method().clone(), request.uri().clone());
        // The caller may pass any text as a method.
        let method = redact::variable(called.0.as_str());
        debug!("{method} {}{}", token.base_url(), redact::request(called.1.path()));
        let request = request.map(PayloadBody::from);
        let asks_for_part = request.headers().contains_key(RANGE);
        let answer = Body::of(self.pool.send(request, deadline).await?)?;
        if answer.status() == StatusCode::PARTIAL_CONTENT && !asks_for_part {
            // The missing part would look like the end of the data.
            return Err(TransportError::Part.into());
        }
        if answer.status().is_success() || answer.status() == StatusCode::NOT_MODIFIED {
            return Ok(answer);
        }
        let (head, body) = answer.into_parts();
        let body = body.whole(MAX_ERROR_BODY).await.or_else(|error| match error {
            RestError::TooLarge { .. } => Ok(Bytes::new()),
            error => Err(error),
        })?;
        let answer = Response::from_parts(head, body);
        let error = ApiError::read(answer, token.access_token().secret());
        Err(RestError::Api(Box::new(error.of_call(&called.0, &called.1))))
    }
}

impl fmt::Debug for Org {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Org")
            .field("version", &self.version)
            .field("pool", &self.pool)
            .finish_non_exhaustive()
    }
}

/// Reads a JSON response.
pub(crate) fn from_json<'de, T: Deserialize<'de>>(json: &'de [u8]) -> Result<T, RestError> {
    serde_json::from_slice(json).map_err(|error| RestError::invalid_json(&error))
}

/// Serializes the body of a request.
pub(crate) fn to_json(value: &(impl Serialize + ?Sized)) -> Result<Bytes, RestError> {
    serde_json::to_vec(value).map(Bytes::from).map_err(|_| RestError::Record)
}

/// Whether a call would be the same with either token.
fn is_same(one: &Token, other: &Token) -> bool {
    one.access_token().is(other.access_token()) && one.base_url() == other.base_url()
}

fn complete(request: &mut Request<Payload>, token: &Token) {
    let json = HeaderValue::from_static("application/json");
    let has_body = !request.body().is_empty();
    let headers = request.headers_mut();
    headers.entry(ACCEPT).or_insert_with(|| json.clone());
    headers.entry(ACCEPT_ENCODING).or_insert(HeaderValue::from_static("gzip"));
    if has_body {
        headers.entry(CONTENT_TYPE).or_insert(json);
    }
    headers.insert(AUTHORIZATION, token.access_token().authorization());
}

/// The attempts of one call, from the first request to the end of the response body.
struct Tries {
    made: u32,
    /// Whether there was a new login for this call.
    renewed: bool,
    deadline: Deadline,
}

impl Tries {
    fn new(deadline: Deadline) -> Self {
        Self { made: 0, renewed: false, deadline }
    }
}

/// Timeouts for calls of the API. A response may take ten minutes, after which Salesforce ends the
/// call.
pub const TIMEOUTS: Timeouts = Timeouts {
    connect: Duration::from_secs(5),
    head: Duration::from_secs(600),
    tls: Duration::from_secs(5),
    total: Duration::from_secs(620),
};

/// Connections that stay open without a call.
const MAX_IDLE: usize = 8;

/// The default lifetime that a token must have left.
pub(crate) const MIN_TTL: Duration = Duration::from_secs(60);

/// The longest body. A page of 2,000 wide records is much shorter.
pub(crate) const MAX_BODY: usize = 64 * 1024 * 1024;

/// The longest body of a failed call: an error document of Salesforce is shorter.
const MAX_ERROR_BODY: usize = 1024 * 1024;

//! One connection: its requests, from the checks to the response.

use std::convert::Infallible;
use std::io::ErrorKind;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use http::request::Parts;
use http::uri::PathAndQuery;
use http::{Method, Request, Response, StatusCode};
use http_body_util::Either;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use orgtoken_client::CachedToken;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::watch;
use tokio::time::{Instant, timeout, timeout_at};
use tokio_io_timeout::TimeoutWriter;

use crate::broker::Shared;
use crate::checks::{EndpointPolicy, Route};
use crate::error_body::ErrorBody;
use crate::limits::{ConnectionSlot, Connections, Limits, Rates, lock};
use crate::listener::{Listener, Stream};
use crate::proxy::{CallRecord, ResponseBody};
use crate::request::{TokenQuery, receive};
use crate::response::{self, HttpResponse, Rejection};
use crate::{Peer, Profile};

/// Accepts connections until the broker ends.
pub(crate) async fn accept_loop(
    shared: Arc<Shared>,
    listener: Listener,
    mut ending: watch::Receiver<bool>,
) {
    let mut warned: Option<Instant> = None;
    loop {
        let accepted = tokio::select! {
            _ = ending.wait_for(|ending| *ending) => break,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok(stream) => {
                let peer = stream.peer();
                accept(&shared, listener.policy(), stream, peer, &ending);
            }
            // The client disconnected before it was accepted.
            Err(error) if error.kind() == ErrorKind::ConnectionAborted => {}
            Err(error) => {
                if warned.is_none_or(|at| at.elapsed() > BETWEEN_WARNINGS) {
                    tracing::warn!("cannot accept a connection: {error}");
                    warned = Some(Instant::now());
                }
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
    // Removes the file of the socket first: `drain` returns when `ending` is dropped.
    drop(listener);
    drop(ending);
}

/// Gates 1, 2 and 8 for connections. At the limit of connections there are as many more, for the
/// response that says so. Any other that does not pass is closed without a response.
pub(crate) fn accept(
    shared: &Arc<Shared>,
    policy: &EndpointPolicy,
    stream: Stream,
    peer: Option<Peer>,
    ending: &watch::Receiver<bool>,
) {
    let gate = if matches!(stream, Stream::Unix(_)) { 1 } else { 2 };
    let allowed = peer.filter(|peer| shared.profiles.load().allow(*peer, shared.owner));
    let Some(peer) = allowed else {
        return shared.metrics.rejected(gate);
    };
    let open = |connections: &Arc<Connections>| connections.open(peer.rate_key(), &shared.limits);
    let own = open(&shared.connections);
    let is_full = own.is_none();
    let Some(slot) = own.or_else(|| open(&shared.refused_connections)) else {
        return shared.metrics.rejected(8);
    };

    let waiting_since = Mutex::new(Some(Instant::now()));
    let (shared, policy) = (Arc::clone(shared), policy.clone());
    let context = ConnectionContext { shared, policy, peer, waiting_since, is_full, _slot: slot };
    tokio::spawn(serve(context, stream, ending.clone()));
}

async fn serve(context: ConnectionContext, stream: Stream, ending: watch::Receiver<bool>) {
    match stream {
        Stream::Tcp(stream, _) => {
            // A response is one segment, so delaying it gains nothing.
            let _ = stream.set_nodelay(true);
            serve_http1(context, stream, ending).await;
        }
        Stream::Unix(stream) => serve_http1(context, stream, ending).await,
    }
}

async fn serve_http1(
    context: ConnectionContext,
    stream: impl AsyncRead + AsyncWrite + Unpin,
    mut ending: watch::Receiver<bool>,
) {
    let Limits { receive, stall, .. } = context.shared.limits;
    let context = Arc::new(context);
    let mut stream = TimeoutWriter::new(stream);
    stream.set_timeout(Some(stall));
    let stream = Box::pin(stream);
    let service = service_fn(|request| {
        let context = Arc::clone(&context);
        async move { Ok::<_, Infallible>(context.response(request).await) }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(receive)
        .max_headers(HEADERS)
        .max_buf_size(BUFFER)
        .keep_alive(!context.is_full)
        .serve_connection(TokioIo::new(stream), service);
    let mut connection = std::pin::pin!(connection);
    // Errors of a client that disconnects are ignored.
    tokio::select! {
        biased;
        _ = connection.as_mut() => return,
        _ = ending.wait_for(|ending| *ending) => {}
    }
    if lock(&context.waiting_since).is_none() {
        connection.as_mut().graceful_shutdown();
        let _ = timeout(context.shared.limits.drain, connection).await;
    }
}

/// The peer, the checks and the slot of a connection.
pub(crate) struct ConnectionContext {
    shared: Arc<Shared>,
    policy: EndpointPolicy,
    peer: Peer,
    /// The time of the connection or of the last response; `None` while a complete request waits
    /// for its response.
    waiting_since: Mutex<Option<Instant>>,
    /// Whether there are too many connections, so that this one gets one response: the reason.
    is_full: bool,
    _slot: ConnectionSlot,
}

impl ConnectionContext {
    async fn response(self: &Arc<Self>, request: Request<Incoming>) -> Response<ResponseBody> {
        let response = self.route(request).await.unwrap_or_else(|rejection| {
            let response = self.reject(rejection).response();
            response.map(Either::Left)
        });
        // The body of a forwarded response is still to come.
        if matches!(response.body(), Either::Left(_)) {
            self.is_idle();
        }
        response
    }

    async fn route(
        self: &Arc<Self>,
        request: Request<Incoming>,
    ) -> Result<Response<ResponseBody>, Rejection> {
        let (head, body) = request.into_parts();
        let mut call = None;
        let checked = self.check(&head).and_then(|route| {
            if route == Route::Call {
                call = Some(self.call(&head)?);
            }
            Ok(route)
        });
        if let Some((profile, target)) = call {
            return self.forward(&profile, (head, target), body).await;
        }
        // A rejected request is received as well: a client that sends its body after the head would
        // get a reset instead of the reason. The head has used up a part of the time.
        let limit = self.shared.limits.receive;
        let since = lock(&self.waiting_since).unwrap_or_else(Instant::now);
        let body = timeout_at(since + limit, receive(body)).await;
        let route = checked?;
        let body = body.map_err(|_| too_slow(limit))??;
        *lock(&self.waiting_since) = None;
        let response = match route {
            Route::Health => self.shared.health(self.peer),
            Route::Metrics => response::text(self.shared.metrics_text()),
            Route::Call | Route::Onify | Route::Token => self.token(route, &body).await?,
        };
        Ok(response.map(Either::Left))
    }

    fn check(&self, head: &Parts) -> Result<Route, Rejection> {
        let route = self.policy.pass(head, self.shared.profiles.load().default_name())?;
        if self.is_full && !matches!(route, Route::Health | Route::Metrics) {
            return Err(too_many_connections());
        }
        Ok(route)
    }

    /// Returns the profile and the target of a call that its rules allow.
    fn call(&self, head: &Parts) -> Result<(Arc<Profile>, PathAndQuery), Rejection> {
        let (name, target) = self.policy.call(&head.uri).ok_or_else(|| no_profile(true))?;
        let profiles = self.shared.profiles.load();
        let profile = profiles.find(Some(&name), self.peer, self.shared.owner);
        let profile = profile.ok_or_else(|| no_profile(true))?;
        let proxy = profile.proxy().ok_or_else(|| no_profile(true))?;
        proxy.rules.check(&head.method, &target, &head.headers)?;
        Ok((Arc::clone(profile), target))
    }

    async fn forward(
        self: &Arc<Self>,
        profile: &Arc<Profile>,
        call: (Parts, PathAndQuery),
        body: Incoming,
    ) -> Result<Response<ResponseBody>, Rejection> {
        if self.shared.limits.counts_hits {
            self.take(&self.shared.rates)?;
        }
        let Some(proxy) = profile.proxy() else { return Err(no_profile(true)) };
        *lock(&self.waiting_since) = None;
        let record = CallRecord::new(Arc::clone(self), profile, call.0.method.clone());
        proxy.forward(self, profile, call, body, record).await
    }

    pub(crate) fn limits(&self) -> &Limits {
        &self.shared.limits
    }

    /// Returns the token for a call, after a login if there is none.
    pub(crate) async fn token_for_call(
        &self,
        profile: &Arc<Profile>,
    ) -> Result<Result<Arc<CachedToken>, ErrorBody>, Rejection> {
        if let Some(token) = profile.cached_token() {
            return Ok(Ok(token));
        }
        self.take(&self.shared.rates)?;
        let limit = self.shared.limits.request;
        let Ok(login) = timeout(limit, profile.token_after_login()).await else {
            return Ok(Err(ErrorBody::too_slow(limit)));
        };
        Ok(match login {
            Ok((token, is_new)) => {
                self.shared.logged_in(is_new);
                Ok(token)
            }
            Err(error_body) => {
                self.shared.metrics.refused(&error_body.error);
                Err(error_body)
            }
        })
    }

    /// Counts and logs a call that has ended.
    pub(crate) fn call_ended(
        &self,
        profile: &Arc<str>,
        method: &Method,
        status: Option<StatusCode>,
        bytes: (u64, u64),
    ) {
        self.is_idle();
        self.shared.call_ended(self.peer, profile, method, status, bytes);
    }

    fn is_idle(&self) {
        *lock(&self.waiting_since) = Some(Instant::now());
    }

    async fn token(&self, route: Route, body: &Bytes) -> Result<HttpResponse, Rejection> {
        let query = TokenQuery::parse(body)?;
        let profiles = self.shared.profiles.load();
        let profile = profiles.find(query.profile.as_deref(), self.peer, self.shared.owner);
        let profile = profile.ok_or_else(|| no_profile(query.profile.is_some()))?;
        if let Some((body, is_new)) = profile.cached_response(route, query.min_ttl()) {
            if self.shared.limits.counts_hits {
                self.take(&self.shared.rates)?;
            }
            self.shared.metrics.hits.fetch_add(1, Relaxed);
            return Ok(self.granted(profile, body, is_new, true));
        }
        self.take(&self.shared.rates)?;
        let profile = Arc::clone(profile);
        drop(profiles);
        let limit = self.shared.limits.request;
        let response =
            timeout(limit, self.response_after_login(&profile, route, query.min_ttl())).await;
        Ok(response.unwrap_or_else(|_| ErrorBody::too_slow(limit).response()))
    }

    async fn response_after_login(
        &self,
        profile: &Arc<Profile>,
        route: Route,
        min_ttl: Duration,
    ) -> HttpResponse {
        match profile.response_after_login(route, min_ttl).await {
            Ok((body, is_new)) => {
                self.shared.metrics.misses.fetch_add(1, Relaxed);
                self.granted(profile, body, is_new, false)
            }
            Err(error_body) => {
                self.shared.metrics.refused(&error_body.error);
                error_body.response()
            }
        }
    }

    fn granted(
        &self,
        profile: &Arc<Profile>,
        body: Bytes,
        is_new: bool,
        hit: bool,
    ) -> HttpResponse {
        self.shared.logged_in(is_new);
        self.shared.granted(self.peer, profile.name(), hit);
        response::token(body)
    }

    /// Counts a rejection. Too many of them become 429, so that bearer tokens cannot be guessed in
    /// a loop.
    fn reject(&self, rejection: Rejection) -> Rejection {
        let rejection = match rejection.gate {
            8 => rejection,
            _ => self.take(&self.shared.refused_rates).err().unwrap_or(rejection),
        };
        self.shared.metrics.rejected(rejection.gate);
        rejection
    }

    fn take(&self, rates: &Rates) -> Result<(), Rejection> {
        rates.take(self.peer.rate_key(), &self.shared.limits).map_err(|wait| {
            let status = StatusCode::TOO_MANY_REQUESTS;
            let why = "too many requests";
            let hint = "wait as long as `Retry-After` says, and use the token until it expires";
            let rejection = Rejection::new(8, status, "gate.rate", why, hint);
            Rejection { retry_after: Some(wait), ..rejection }
        })
    }
}

/// The same response for a profile that does not exist and for one that this peer may not use.
fn no_profile(is_named: bool) -> Rejection {
    let why = match is_named {
        true => "no profile of this name is open to this caller",
        false => "the request names no profile, and no default profile is open to this caller",
    };
    let hint = "send {\"profile\": \"NAME\"}, or call /proxy/NAME/, with the name of a profile that \
        the service has; its `allow_users` and `allow_groups` say who may use it";
    Rejection::new(7, StatusCode::NOT_FOUND, "gate.profile", why, hint)
}

fn too_many_connections() -> Rejection {
    let status = StatusCode::SERVICE_UNAVAILABLE;
    let hint =
        "wait as long as `Retry-After` says, and make one call after another on a connection";
    let rejection = Rejection::new(8, status, "gate.connections", "too many connections", hint);
    Rejection { retry_after: Some(RETRY_AFTER), ..rejection }
}

pub(crate) fn too_slow(limit: Duration) -> Rejection {
    let why = format!("the request was not complete within {} s", limit.as_secs());
    let hint = "send the head and the body at once";
    Rejection::new(8, StatusCode::REQUEST_TIMEOUT, "gate.slow", why, hint)
}

const PAUSE: Duration = Duration::from_millis(100);
const BETWEEN_WARNINGS: Duration = Duration::from_secs(1);
const RETRY_AFTER: Duration = Duration::from_secs(1);
const HEADERS: usize = 64;
/// Salesforce accepts URLs of up to 16,384 bytes.
const BUFFER: usize = 32 * 1024;

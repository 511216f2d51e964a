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
use crate::error_response::ErrorResponse;
use crate::limits::{ConnectionSlot, Connections, Limits, Rates, lock};
use crate::listener::{Listener, Stream};
use crate::metrics::Metrics;
use crate::proxy::{CallRecord, ResponseBody};
use crate::request::{TokenQuery, receive};
use crate::response::{self, HttpResponse};
use crate::{AuditEvent, Peer, Profile};

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

/// Gates 1, 2 and 8 for connections. Above the limit of connections, as many more are accepted for
/// one response with the reason. Any other that does not pass is closed without a response.
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
    /// Whether there are too many connections. This one is then closed after one response.
    is_full: bool,
    _slot: ConnectionSlot,
}

impl ConnectionContext {
    async fn response(self: &Arc<Self>, request: Request<Incoming>) -> Response<ResponseBody> {
        let response = self
            .route(request)
            .await
            .unwrap_or_else(|rejection| self.reject(rejection).to_http().map(Either::Left));
        // The body of a forwarded response is still to come.
        if matches!(response.body(), Either::Left(_)) {
            self.is_idle();
        }
        response
    }

    async fn route(
        self: &Arc<Self>,
        request: Request<Incoming>,
    ) -> Result<Response<ResponseBody>, ErrorResponse> {
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
            Route::Call | Route::Onify | Route::Token => self.token_response(route, &body).await?,
        };
        Ok(response.map(Either::Left))
    }

    fn check(&self, head: &Parts) -> Result<Route, ErrorResponse> {
        let route = self.policy.pass(head, self.shared.profiles.load().default_name())?;
        if self.is_full && !matches!(route, Route::Health | Route::Metrics) {
            return Err(too_many_connections());
        }
        Ok(route)
    }

    /// Returns the profile and the target of a call that its rules allow.
    fn call(&self, head: &Parts) -> Result<(Arc<Profile>, PathAndQuery), ErrorResponse> {
        let (name, target) = self.policy.call(&head.uri).ok_or_else(|| no_profile(true))?;
        let profile = self.profile(Some(&name))?;
        let proxy = profile.proxy().ok_or_else(|| no_profile(true))?;
        proxy.rules.check(&head.method, &target, &head.headers)?;
        Ok((profile, target))
    }

    async fn forward(
        self: &Arc<Self>,
        profile: &Arc<Profile>,
        call: (Parts, PathAndQuery),
        body: Incoming,
    ) -> Result<Response<ResponseBody>, ErrorResponse> {
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

    /// Returns a token of a profile, and whether it was in memory. If none is, the source reads its
    /// cache or logs in.
    pub(crate) async fn token(
        &self,
        profile: &Profile,
        min_ttl: Duration,
    ) -> Result<(Arc<CachedToken>, bool), ErrorResponse> {
        let cached = profile.cached_token(min_ttl);
        let hit = cached.is_some();
        let token = match cached {
            Some(token) => token,
            None => self.login(profile, min_ttl).await?,
        };
        self.shared.logged_in(profile.remember(&token));
        Ok((token, hit))
    }

    async fn login(
        &self,
        profile: &Profile,
        min_ttl: Duration,
    ) -> Result<Arc<CachedToken>, ErrorResponse> {
        self.take(&self.shared.rates)?;
        let limit = self.shared.limits.request;
        let login = timeout(limit, profile.login(min_ttl)).await;
        let login = login.map_err(|_| ErrorResponse::too_slow(limit))?;
        login.inspect_err(|failure| self.shared.metrics.refused(&failure.code))
    }

    /// Counts and logs a call that has ended.
    ///
    /// * `bytes`: the lengths of the bodies that the caller sent and received
    pub(crate) fn call_ended(
        &self,
        profile: &Arc<str>,
        method: &Method,
        status: Option<StatusCode>,
        (sent, received): (u64, u64),
    ) {
        self.is_idle();
        self.shared.metrics.called(profile, method, status, (sent, received));
        let event = AuditEvent::Call { method: method.clone(), status, sent, received };
        self.shared.audit(self.peer, profile, event);
    }

    fn is_idle(&self) {
        *lock(&self.waiting_since) = Some(Instant::now());
    }

    async fn token_response(
        &self,
        route: Route,
        body: &Bytes,
    ) -> Result<HttpResponse, ErrorResponse> {
        let query = TokenQuery::parse(body)?;
        let profile = self.profile(query.profile.as_deref())?;
        let (token, hit) = self.token(&profile, query.min_ttl).await?;
        if hit && self.shared.limits.counts_hits {
            self.take(&self.shared.rates)?;
        }
        let Metrics { hits, misses, .. } = &self.shared.metrics;
        (if hit { hits } else { misses }).fetch_add(1, Relaxed);
        self.shared.audit(self.peer, profile.name(), AuditEvent::Grant { hit });
        Ok(response::token(profile.body(&token, route == Route::Onify)))
    }

    /// Returns the profile of this name, or the default one, if the peer may use it.
    fn profile(&self, name: Option<&str>) -> Result<Arc<Profile>, ErrorResponse> {
        let profiles = self.shared.profiles.load();
        let profile = profiles.find(name, self.peer, self.shared.owner);
        profile.cloned().ok_or_else(|| no_profile(name.is_some()))
    }

    /// Counts a request that fails a gate. Too many of them become 429, so that bearer tokens
    /// cannot be guessed in a loop.
    fn reject(&self, error: ErrorResponse) -> ErrorResponse {
        let error = match error.gate {
            None | Some(8) => error,
            Some(_) => self.take(&self.shared.refused_rates).err().unwrap_or(error),
        };
        if let Some(gate) = error.gate {
            self.shared.metrics.rejected(gate);
        }
        error
    }

    fn take(&self, rates: &Rates) -> Result<(), ErrorResponse> {
        rates.take(self.peer.rate_key(), &self.shared.limits).map_err(|wait| {
            let status = StatusCode::TOO_MANY_REQUESTS;
            let why = "too many requests";
            let hint = "wait as long as `Retry-After` says, and use the token until it expires";
            let rejection = ErrorResponse::rejection(8, status, "gate.rate", why, hint);
            ErrorResponse { retry_after: Some(wait), ..rejection }
        })
    }
}

/// The same response for a profile that does not exist and for one that this peer may not use.
fn no_profile(is_named: bool) -> ErrorResponse {
    let why = match is_named {
        true => "no profile of this name is open to this caller",
        false => "the request names no profile, and no default profile is open to this caller",
    };
    let hint = "send {\"profile\": \"NAME\"}, or call /proxy/NAME/, with the name of a profile that \
        the service has; its `allow_users` and `allow_groups` say who may use it";
    ErrorResponse::rejection(7, StatusCode::NOT_FOUND, "gate.profile", why, hint)
}

fn too_many_connections() -> ErrorResponse {
    let status = StatusCode::SERVICE_UNAVAILABLE;
    let hint =
        "wait as long as `Retry-After` says, and make one call after another on a connection";
    let rejection =
        ErrorResponse::rejection(8, status, "gate.connections", "too many connections", hint);
    ErrorResponse { retry_after: Some(RETRY_AFTER), ..rejection }
}

pub(crate) fn too_slow(limit: Duration) -> ErrorResponse {
    let why = format!("the request was not complete within {:.0} s", limit.as_secs_f64());
    let hint = "send the head and the body at once";
    ErrorResponse::rejection(8, StatusCode::REQUEST_TIMEOUT, "gate.slow", why, hint)
}

const PAUSE: Duration = Duration::from_millis(100);
const BETWEEN_WARNINGS: Duration = Duration::from_secs(1);
const RETRY_AFTER: Duration = Duration::from_secs(1);
const HEADERS: usize = 64;
/// Salesforce accepts URLs of up to 16,384 bytes.
const BUFFER: usize = 32 * 1024;

//! One connection: its requests, from the checks to the response.

use std::convert::Infallible;
use std::io::ErrorKind;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, StatusCode};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::watch;
use tokio::time::{Instant, timeout, timeout_at};

use crate::broker::Shared;
use crate::checks::{EndpointPolicy, Route};
use crate::limits::{ConnectionSlot, Rates, lock};
use crate::listener::{Listener, Stream};
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

/// Gates 1, 2 and 8 for connections. One that does not pass is closed without a response.
pub(crate) fn accept(
    shared: &Arc<Shared>,
    policy: EndpointPolicy,
    stream: Stream,
    peer: Option<Peer>,
    ending: &watch::Receiver<bool>,
) {
    let gate = if matches!(stream, Stream::Unix(_)) { 1 } else { 2 };
    let allowed = peer.filter(|peer| shared.profiles.load().allow(*peer, shared.owner));
    let Some(peer) = allowed else {
        return shared.metrics.rejected(gate);
    };
    let Some(slot) = shared.connections.open(peer.rate_key(), &shared.limits) else {
        return shared.metrics.rejected(8);
    };

    let waiting_since = Mutex::new(Some(Instant::now()));
    let shared = Arc::clone(shared);
    let context = ConnectionContext { shared, policy, peer, waiting_since, _slot: slot };
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
    let receive = context.shared.limits.receive;
    let context = Arc::new(context);
    let service = service_fn(|request| {
        let context = Arc::clone(&context);
        async move { Ok::<_, Infallible>(context.response(request).await) }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(receive)
        .max_headers(HEADERS)
        .max_buf_size(BUFFER)
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
struct ConnectionContext {
    shared: Arc<Shared>,
    policy: EndpointPolicy,
    peer: Peer,
    /// The time of the connection or of the last response; `None` while a complete request waits
    /// for its response.
    waiting_since: Mutex<Option<Instant>>,
    _slot: ConnectionSlot,
}

impl ConnectionContext {
    async fn response(&self, request: Request<Incoming>) -> HttpResponse {
        let response = self.route(request).await;
        *lock(&self.waiting_since) = Some(Instant::now());
        response.unwrap_or_else(|rejection| self.reject(rejection).response())
    }

    async fn route(&self, request: Request<Incoming>) -> Result<HttpResponse, Rejection> {
        let (head, body) = request.into_parts();
        let checked = self.policy.pass(&head, self.shared.bearer.load().as_deref());
        // A rejected request is received as well: a client that sends its body after the head would
        // get a reset instead of the reason. The head has used up a part of the time.
        let limit = self.shared.limits.receive;
        let since = lock(&self.waiting_since).unwrap_or_else(Instant::now);
        let body = timeout_at(since + limit, receive(body)).await;
        let route = checked?;
        let body = body.map_err(|_| too_slow(limit))??;
        *lock(&self.waiting_since) = None;
        match route {
            Route::Health => Ok(self.shared.health(self.peer)),
            Route::Metrics => Ok(response::text(self.shared.metrics_text())),
            Route::Onify | Route::Token => self.token(route, &body).await,
        }
    }

    async fn token(&self, route: Route, body: &Bytes) -> Result<HttpResponse, Rejection> {
        let query = TokenQuery::parse(body)?;
        let profiles = self.shared.profiles.load();
        let profile = profiles.find(query.profile.as_deref(), self.peer, self.shared.owner);
        let profile = profile.ok_or_else(|| no_profile(&query))?;
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
        Ok(response.unwrap_or_else(|_| response::too_slow(limit)))
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
        self.shared.audit(self.peer, profile.name(), hit);
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
fn no_profile(query: &TokenQuery<'_>) -> Rejection {
    let why = match query.profile {
        Some(_) => "no profile of this name is open to this caller",
        None => "the request names no profile, and no default profile is open to this caller",
    };
    let hint = "send {\"profile\": \"NAME\"} with the name of a profile that the service has; its \
        `allow_users` and `allow_groups` say who may use it";
    Rejection::new(7, StatusCode::NOT_FOUND, "gate.profile", why, hint)
}

fn too_slow(limit: Duration) -> Rejection {
    let why = format!("the request was not complete within {} s", limit.as_secs());
    let hint = "send the head and the body at once";
    Rejection::new(8, StatusCode::REQUEST_TIMEOUT, "gate.slow", why, hint)
}

const PAUSE: Duration = Duration::from_millis(100);
const BETWEEN_WARNINGS: Duration = Duration::from_secs(1);
const HEADERS: usize = 64;
const BUFFER: usize = 16 * 1024;

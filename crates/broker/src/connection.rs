//! One connection: its requests, from the gates to the answer.

use std::convert::Infallible;
use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, StatusCode};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use rustix::io::Errno;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::watch;
use tokio::time::{Instant, timeout};

use crate::answer::{self, Answer, Refused};
use crate::audit::Ledger;
use crate::broker::Shared;
use crate::checks::{EndpointPolicy, Route};
use crate::limits::Seat;
use crate::listener::{Listener, Stream};
use crate::request::{TokenQuery, receive};
use crate::{Peer, Profile};

/// Takes connections until the broker ends.
pub(crate) async fn accept_loop(
    shared: Arc<Shared>,
    listener: Listener,
    mut ending: watch::Receiver<bool>,
) {
    let mut told: Option<Instant> = None;
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
            Err(error) => {
                if told.is_none_or(|at| at.elapsed() > BETWEEN_WARNINGS) {
                    tracing::warn!("cannot take a connection: {error}");
                    told = Some(Instant::now());
                }
                let spared = is_out_of_files(&error) && shared.seats.spare();
                tokio::time::sleep(if spared { UNTIL_CUT } else { PAUSE }).await;
            }
        }
    }
    // The socket's file goes first: whoever waits for `ending` to be let go may end the process.
    drop(listener);
    drop(ending);
}

/// Whether another connection would have room if one that is open were not.
fn is_out_of_files(error: &io::Error) -> bool {
    let full = [Errno::MFILE, Errno::NFILE].map(Errno::raw_os_error);
    error.raw_os_error().is_some_and(|number| full.contains(&number))
}

/// Gates 1, 2 and 8, as far as a connection goes. Whoever does not pass gets no answer.
pub(crate) fn accept(
    shared: &Arc<Shared>,
    policy: &Arc<EndpointPolicy>,
    stream: Stream,
    peer: Option<Peer>,
    ending: &watch::Receiver<bool>,
) {
    let gate = if matches!(stream, Stream::Unix(_)) { 1 } else { 2 };
    let allowed = peer.filter(|peer| shared.profiles.load().allow(*peer, shared.owner));
    let Some(peer) = allowed else {
        return shared.metrics.turned_away(gate);
    };
    let Some(seat) = shared.seats.take(peer.rate_key(), &shared.limits) else {
        return shared.metrics.turned_away(8);
    };

    let seat = Arc::new(seat);
    let context = ConnectionContext {
        shared: Arc::clone(shared),
        policy: Arc::clone(policy),
        peer,
        ledger: shared.audit.clone().map(Ledger::new),
        seat: Arc::clone(&seat),
    };
    let task = tokio::spawn(serve(context, stream, ending.clone()));
    seat.can_be_cut_by(task.abort_handle());
}

async fn serve(context: ConnectionContext, stream: Stream, ending: watch::Receiver<bool>) {
    match stream {
        Stream::Tcp(stream, _) => {
            // An answer is one segment: there is nothing to wait for.
            let _ = stream.set_nodelay(true);
            serve_http1(context, Box::new(stream), ending).await;
        }
        Stream::Unix(stream) => serve_http1(context, Box::new(stream), ending).await,
    }
}

/// Bytes both ways. As an object, so that the program has one HTTP for both kinds of sockets.
trait Bytestream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Bytestream for T {}

async fn serve_http1(
    context: ConnectionContext,
    stream: Box<dyn Bytestream>,
    mut ending: watch::Receiver<bool>,
) {
    let head = context.shared.limits.head;
    let context = Arc::new(context);
    let service = service_fn(|request| {
        let context = Arc::clone(&context);
        async move { Ok::<_, Infallible>(context.answer(request).await) }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(head)
        .max_headers(HEADERS)
        .max_buf_size(BUFFER)
        .serve_connection(TokioIo::new(stream), service);
    let mut connection = std::pin::pin!(connection);
    // How a client goes away is its own affair.
    tokio::select! {
        biased;
        _ = connection.as_mut() => return,
        _ = ending.wait_for(|ending| *ending) => {}
    }
    if context.seat.is_busy() {
        connection.as_mut().graceful_shutdown();
        let _ = connection.await;
    }
}

/// What is known of a client before it says a word, and what it has been given.
struct ConnectionContext {
    shared: Arc<Shared>,
    policy: Arc<EndpointPolicy>,
    peer: Peer,
    ledger: Option<Ledger>,
    seat: Arc<Seat>,
}

impl ConnectionContext {
    async fn answer(&self, request: Request<Incoming>) -> Answer {
        self.seat.begin();
        let limit = self.shared.limits.request;
        let answer = timeout(limit, self.route(request)).await;
        self.seat.end();
        match answer {
            Ok(Ok(answer)) => answer,
            Ok(Err(refused)) => self.turn_away(refused).answer(),
            Err(_) => answer::too_slow(limit),
        }
    }

    async fn route(&self, request: Request<Incoming>) -> Result<Answer, Refused> {
        let (head, body) = request.into_parts();
        let route = self.policy.pass(&head)?;
        match route {
            Route::Health => Ok(self.shared.health()),
            Route::Metrics => Ok(answer::text(self.shared.metrics_text())),
            Route::Onify | Route::Token => self.token(route, &receive(body).await?).await,
        }
    }

    async fn token(&self, route: Route, body: &Bytes) -> Result<Answer, Refused> {
        let ask = TokenQuery::parse(body)?;
        let profiles = self.shared.profiles.load();
        let profile = profiles.find(ask.profile.as_deref()).ok_or_else(|| no_profile(&ask))?;
        if !profile.allows(self.peer, self.shared.owner) {
            return Err(not_yours());
        }
        if let Some((body, is_new)) = profile.at_hand(route, ask.min_ttl()) {
            if self.shared.limits.counts_hits {
                self.take()?;
            }
            self.shared.metrics.hits.fetch_add(1, Relaxed);
            return Ok(self.granted(profile, body, is_new, true));
        }
        self.take()?;
        let profile = Arc::clone(profile);
        drop(profiles);
        Ok(self.after_login(&profile, route, ask.min_ttl()).await)
    }

    async fn after_login(&self, profile: &Arc<Profile>, route: Route, min_ttl: Duration) -> Answer {
        match profile.after_login(route, min_ttl).await {
            Ok((body, is_new)) => {
                self.shared.metrics.misses.fetch_add(1, Relaxed);
                self.granted(profile, body, is_new, false)
            }
            Err(problem) => {
                self.shared.metrics.refused(&problem.error);
                problem.answer()
            }
        }
    }

    fn granted(&self, profile: &Arc<Profile>, body: Bytes, is_new: bool, hit: bool) -> Answer {
        self.shared.logged_in(is_new);
        if let Some(ledger) = &self.ledger {
            ledger.granted((self.shared.clock)(), self.peer, profile.name(), hit);
        }
        answer::token(body)
    }

    /// Whoever is turned away uses up the rate, too: nobody tries bearers in a loop.
    fn turn_away(&self, refused: Refused) -> Refused {
        let refused =
            if refused.gate == 8 { refused } else { self.take().err().unwrap_or(refused) };
        self.shared.metrics.turned_away(refused.gate);
        refused
    }

    fn take(&self) -> Result<(), Refused> {
        self.shared.rates.take(self.peer.rate_key(), &self.shared.limits).map_err(|wait| {
            let status = StatusCode::TOO_MANY_REQUESTS;
            let why = "too many requests";
            let hint = "wait as long as `Retry-After` says, and keep the token until it ends";
            let refused = Refused::new(8, status, "gate.rate", why, hint);
            Refused { retry_after: Some(wait), ..refused }
        })
    }
}

fn no_profile(ask: &TokenQuery<'_>) -> Refused {
    let why = match ask.profile {
        Some(_) => "there is no profile of this name",
        None => "there is more than one profile, and the request names none",
    };
    let hint = r#"send {"profile": "NAME"} with a name that the service was started with"#;
    Refused::new(7, StatusCode::NOT_FOUND, "gate.profile", why, hint)
}

fn not_yours() -> Refused {
    let hint = "name the user in the profile's `allow_users`, or its group in `allow_groups`";
    let why = "the profile does not let this user in";
    Refused::new(1, StatusCode::FORBIDDEN, "gate.peer", why, hint)
}

const PAUSE: Duration = Duration::from_millis(100);
/// A connection that was cut closes its file soon after.
const UNTIL_CUT: Duration = Duration::from_millis(1);
const BETWEEN_WARNINGS: Duration = Duration::from_secs(1);
const HEADERS: usize = 64;
const BUFFER: usize = 16 * 1024;

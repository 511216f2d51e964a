//! Calls of the REST API that are sent to the org of a profile, with its token added.

mod headers;
mod mask;
mod request_body;

use std::fmt;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http::header::{
    AUTHORIZATION, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_RANGE, LOCATION, TRANSFER_ENCODING,
};
use http::request::Parts;
use http::uri::PathAndQuery;
use http::{Method, Request, Response, StatusCode, Uri};
use http_body_util::{Either, Full};
use hyper::body::{Body, Frame, Incoming, SizeHint};
use orgtoken_client::transport::{self, Peeked, Pool, session_is_over};
use orgtoken_client::{CachedToken, Transport, TransportError};
use orgtoken_oauth::Token;
use tokio::runtime::{self, Handle};
use tokio::time::{Instant, timeout};

use self::mask::Masked;
use self::request_body::{BodyError, OutBody, RequestBody, Room};
use crate::Profile;
use crate::call_rules::CallRules;
use crate::connection::{ConnectionContext, too_slow};
use crate::error_response::ErrorResponse;
use crate::limits::lock;

/// The connections to the org of a profile, and the calls that it forwards.
pub(crate) struct Proxy {
    transport: Transport,
    /// One for each runtime: a connection of another runtime wakes its thread for each piece, which
    /// costs a fifth more processor time per call.
    pools: Mutex<Vec<(runtime::Id, Arc<Pool<OutBody>>)>>,
    room: Room,
    /// The time at which a call last dropped the token.
    dropped: Mutex<Option<Instant>>,
    pub(crate) rules: CallRules,
}

impl Proxy {
    pub(crate) fn new(transport: Transport, rules: CallRules) -> Self {
        let (pools, dropped) = (Mutex::default(), Mutex::default());
        Self { transport, pools, room: Room::new(), dropped, rules }
    }

    fn pool(&self) -> Arc<Pool<OutBody>> {
        let id = Handle::current().id();
        let mut pools = lock(&self.pools);
        if let Some((_, pool)) = pools.iter().find(|(known, _)| *known == id) {
            return Arc::clone(pool);
        }
        let pool = Arc::new(Pool::new(self.transport.clone(), MAX_IDLE));
        pools.push((id, Arc::clone(&pool)));
        pool
    }

    /// Drops the token of a session that has ended. Returns whether a further attempt can have
    /// another token: `false` if `token` is the current one and a call has dropped a token within
    /// the last minute.
    ///
    /// A caller that can make the org refuse its calls, or redirect them, must not use up the logins
    /// of the others. The drop counts, not the login: the caller may disconnect before that.
    fn drop_token(&self, profile: &Profile, token: &CachedToken) -> bool {
        // Locked until the token is dropped, so that the other callers of the session find the next
        // one, or none.
        let mut dropped = lock(&self.dropped);
        if profile.cached_token(Duration::ZERO).is_none_or(|current| is_other(&current, token)) {
            return true;
        }
        if dropped.is_some_and(|at| at.elapsed() < BETWEEN_DROPS) {
            return false;
        }
        *dropped = Some(Instant::now());
        profile.invalidate(token);
        tracing::info!("the session of profile {} has ended", profile.name());
        true
    }

    /// Forwards a call that passed every check, records its end, and returns the response of the org.
    pub(crate) async fn forward(
        &self,
        caller: &ConnectionContext,
        profile: &Arc<Profile>,
        call: (Parts, PathAndQuery),
        body: Incoming,
        mut record: CallRecord,
    ) -> Result<Response<ResponseBody>, ErrorResponse> {
        let answer = self.send(caller, profile, call, body, &record.sent).await;
        record.status = Some(match &answer {
            Ok((head, _)) => head.status,
            Err(error) => error.status,
        });
        let (head, body) = answer?;
        Ok(Response::from_parts(head, Either::Right(Forwarded { body, record })))
    }

    /// Sends a call. If the session has ended, there is one new login and, if the body was kept, one
    /// further attempt.
    ///
    /// * `sent`: counts the bytes of the body
    async fn send(
        &self,
        caller: &ConnectionContext,
        profile: &Arc<Profile>,
        (head, target): (Parts, PathAndQuery),
        body: Incoming,
        sent: &Arc<AtomicU64>,
    ) -> Result<(http::response::Parts, AnswerBody), ErrorResponse> {
        let pool = self.pool();
        let deadline = pool.deadline();
        let (silence, limit) = (caller.limits().receive, deadline.left());
        let body = timeout(limit, RequestBody::read(body, silence, &self.room, sent)).await;
        let body = body.map_err(|_| too_slow(limit))?;
        let mut body = body.map_err(|error| bad_body(&error, silence))?;
        let (mut token, _) = caller.token(profile, Duration::ZERO).await?;
        let mut is_retry = false;
        loop {
            let (out, kept) = body.attempt();
            let request = prepare(&head, &target, token.token(), out)?;
            let answer = pool.send(request, deadline).await?;
            let (is_over, answer) = session_is_over(&head.method, answer).await?;
            if is_over
                && !is_retry
                && self.drop_token(profile, &token)
                && let Some(kept) = kept
            {
                let (next, _) = caller.token(profile, Duration::ZERO).await?;
                if is_other(&next, &token) {
                    (token, body, is_retry) = (next, kept, true);
                    continue;
                }
            }
            return returned(answer, &token);
        }
    }
}

impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Proxy").field("rules", &self.rules).finish_non_exhaustive()
    }
}

/// A response of the broker itself, or one of the org.
pub(crate) type ResponseBody = Either<Full<Bytes>, Forwarded>;

/// The body of the org's response, with the token masked.
type AnswerBody = Masked<Peeked<transport::Body>>;

/// The body of the org's response, with the record of its call.
pub(crate) struct Forwarded {
    body: AnswerBody,
    record: CallRecord,
}

impl Body for Forwarded {
    type Data = Bytes;
    type Error = TransportError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, TransportError>>> {
        let frame = ready!(Pin::new(&mut self.body).poll_frame(cx));
        if let Some(Ok(frame)) = &frame {
            self.record.received += frame.data_ref().map_or(0, |piece| piece.len() as u64);
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// A call in progress. When it is dropped, the call is counted and logged, also if the caller has
/// disconnected.
pub(crate) struct CallRecord {
    context: Arc<ConnectionContext>,
    profile: Arc<str>,
    method: Method,
    status: Option<StatusCode>,
    sent: Arc<AtomicU64>,
    received: u64,
}

impl CallRecord {
    pub(crate) fn new(context: Arc<ConnectionContext>, profile: &Profile, method: Method) -> Self {
        let profile = Arc::clone(profile.name());
        Self { context, profile, method, status: None, sent: Arc::default(), received: 0 }
    }
}

impl Drop for CallRecord {
    fn drop(&mut self) {
        let sent = self.sent.load(Relaxed);
        let (method, status) = (&self.method, self.status);
        self.context.call_ended(&self.profile, method, status, (sent, self.received));
    }
}

/// Builds the request for the org.
fn prepare(
    head: &Parts,
    target: &PathAndQuery,
    token: &Token,
    body: OutBody,
) -> Result<Request<OutBody>, ErrorResponse> {
    let uri = format!("{}{target}", token.base_url()).parse::<Uri>();
    let uri =
        uri.map_err(|_| ErrorResponse::failure("gate.target", "the path is too long", None))?;
    let mut request = Request::new(body);
    *request.method_mut() = head.method.clone();
    *request.uri_mut() = uri;
    *request.headers_mut() = headers::to_org(&head.headers);
    request.headers_mut().insert(AUTHORIZATION, token.access_token().authorization());
    Ok(request)
}

/// Whether a call with `next` can have another outcome than one with `token`.
fn is_other(next: &CachedToken, token: &CachedToken) -> bool {
    let (next, token) = (next.token(), token.token());
    !next.access_token().is(token.access_token()) || next.base_url() != token.base_url()
}

/// Returns the response for the caller.
fn returned(
    answer: Response<Peeked<transport::Body>>,
    token: &CachedToken,
) -> Result<(http::response::Parts, AnswerBody), ErrorResponse> {
    let (mut head, body) = answer.into_parts();
    // The API responds with 300 if several records have an external id: the body lists them.
    let is_answer = [StatusCode::MULTIPLE_CHOICES, StatusCode::NOT_MODIFIED].contains(&head.status);
    if head.status.is_redirection() && !is_answer {
        return Err(redirected(head.headers.get(LOCATION).and_then(|to| to.to_str().ok())));
    }
    let identity = |coding: &http::HeaderValue| coding.as_bytes().eq_ignore_ascii_case(b"identity");
    let chunked = |coding: &http::HeaderValue| coding.as_bytes().eq_ignore_ascii_case(b"chunked");
    if head.status.is_informational() {
        return Err(TransportError::Protocol.into());
    }
    if head.status == StatusCode::PARTIAL_CONTENT || head.headers.contains_key(CONTENT_RANGE) {
        return Err(TransportError::Part.into());
    }
    // The token could not be found in another coding.
    if !head.headers.get_all(CONTENT_ENCODING).iter().all(identity)
        || !head.headers.get_all(TRANSFER_ENCODING).iter().all(chunked)
    {
        return Err(TransportError::Encoding.into());
    }
    let token = token.token().access_token();
    // Without the extensions of the response: hyper keeps a reason phrase there.
    let (mut parts, ()) = Response::new(()).into_parts();
    parts.status = head.status;
    parts.headers = headers::to_caller(std::mem::take(&mut head.headers), token);
    if is_answer {
        parts.headers.remove(LOCATION);
    }
    if body.size_hint().exact().is_none() && !body.is_end_stream() {
        parts.headers.remove(CONTENT_LENGTH);
    }
    Ok((parts, Masked::new(body, token.secret())))
}

/// A redirect is not followed: the token would be sent to another place.
fn redirected(location: Option<&str>) -> ErrorResponse {
    let to = location.and_then(|to| to.parse::<Uri>().ok());
    let host = to.as_ref().and_then(Uri::host).map(orgtoken_oauth::redact::host);
    let to = host.map(|host| format!(" to {host}")).unwrap_or_default();
    let hint = "use the My Domain of the org as `instance_url` and `login_url` of the profile";
    ErrorResponse::failure("api.redirect", format!("the org redirected the call{to}"), Some(hint))
}

fn bad_body(error: &BodyError, silence: Duration) -> ErrorResponse {
    match error {
        BodyError::Incomplete => {
            let hint = "send the whole body, with its length or in chunks";
            let status = StatusCode::BAD_REQUEST;
            ErrorResponse::rejection(7, status, "gate.body", error.to_string(), hint)
        }
        BodyError::Slow => {
            let why = format!("the caller sent nothing for {} s", silence.as_secs());
            let (status, hint) = (StatusCode::REQUEST_TIMEOUT, "send the body without pauses");
            ErrorResponse::rejection(8, status, "gate.slow", why, hint)
        }
    }
}

/// The time for which calls drop no further token.
const BETWEEN_DROPS: Duration = Duration::from_secs(60);

/// The number of idle connections to an org.
const MAX_IDLE: usize = 64;

#[cfg(test)]
mod tests;

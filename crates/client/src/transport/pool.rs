use std::error::Error;
use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use hyper::body::{Frame, Incoming, SizeHint};
use hyper_util::client::legacy::connect::capture_connection;
use hyper_util::client::legacy::{self, Client};
use hyper_util::rt::{TokioExecutor, TokioTimer};
use tokio::time::Sleep;

use super::Transport;
use super::deadline::{Deadline, Phase};
use super::error::TransportError;
use super::exchange::{
    MAX_HEAD, MAX_HEADERS, body_fault, head_fault, refuse_two_lengths, with_user_agent,
};
use super::origin::Origin;

/// Reused connections: the pooled client of hyper-util over a [`Transport`].
///
/// A request is sent again only if hyper is certain that no byte of it was written, because the
/// host closed an idle connection. Clones are cheap and share their connections.
///
/// `B` is the body of its requests.
#[derive(Clone)]
pub struct Pool<B> {
    client: Client<Transport, B>,
    transport: Transport,
}

impl<B> Pool<B>
where
    B: hyper::body::Body<Data: Send, Error: Into<Box<dyn Error + Send + Sync>>>
        + Send
        + Unpin
        + 'static,
{
    /// Creates a pool for connections of `transport`.
    ///
    /// * `max_idle`: the number of connections to a host that stay open without a request
    pub fn new(transport: Transport, max_idle: usize) -> Self {
        let client = Client::builder(TokioExecutor::new())
            .timer(TokioTimer::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(MAX_IDLE_TIME)
            .pool_max_idle_per_host(max_idle)
            .http1_max_headers(MAX_HEADERS)
            .http1_max_buf_size(MAX_HEAD)
            .build(transport.clone());
        Self { client, transport }
    }

    /// Returns the deadline of a call that begins now.
    pub fn deadline(&self) -> Deadline {
        self.transport.deadline()
    }

    /// Sends a request and reads the head of the response, which may be a redirect. The body has to
    /// end by the same deadline.
    pub async fn send(
        &self,
        request: Request<B>,
        deadline: Deadline,
    ) -> Result<Response<Body>, TransportError> {
        let origin = Origin::of(request.uri())?;
        let mut request = with_user_agent(request);
        let connection = capture_connection(&mut request);
        let answer = deadline
            .run(Phase::Head, self.transport.timeouts.head, self.client.request(request))
            .await;
        let answer = answer.map_err(|mut elapsed| {
            if connection.connection_metadata().is_none() {
                elapsed.phase = Phase::Connect;
            }
            TransportError::timeout(elapsed, &origin)
        })?;
        let answer = answer.map_err(|error| send_error(&error))?;
        refuse_two_lengths(answer.headers())?;
        Ok(answer.map(|incoming| Body {
            incoming,
            too_late: Box::pin(deadline.sleep()),
            deadline,
            origin,
        }))
    }
}

impl<B> fmt::Debug for Pool<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pool").field("transport", &self.transport).finish_non_exhaustive()
    }
}

fn send_error(error: &legacy::Error) -> TransportError {
    let cause = error.source();
    if let Some(error) = cause.and_then(|cause| cause.downcast_ref::<TransportError>()) {
        return error.clone();
    }
    match cause.and_then(|cause| cause.downcast_ref::<hyper::Error>()) {
        // hyper cancels only requests that were not written.
        Some(error) if error.is_canceled() => TransportError::Closed,
        Some(error) => head_fault(error),
        // Nothing proves that the request was not sent.
        None => TransportError::Truncated { phase: Phase::Head },
    }
}

/// The body of a response as it was sent, of any length and possibly compressed. It fails after the
/// deadline of the call.
///
/// After the end of the body the connection is reused. Dropping the body earlier closes it.
pub struct Body {
    incoming: Incoming,
    too_late: Pin<Box<Sleep>>,
    deadline: Deadline,
    origin: Origin,
}

impl hyper::body::Body for Body {
    type Data = Bytes;
    type Error = TransportError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, TransportError>>> {
        // A host that sends without a pause must not hold the call.
        if !self.deadline.left().is_zero() {
            if let Poll::Ready(frame) = Pin::new(&mut self.incoming).poll_frame(cx) {
                return Poll::Ready(frame.map(|frame| frame.map_err(|error| body_fault(&error))));
            }
            ready!(self.too_late.as_mut().poll(cx));
        }
        let elapsed = self.deadline.elapsed(Phase::Body);
        Poll::Ready(Some(Err(TransportError::timeout(elapsed, &self.origin))))
    }

    fn is_end_stream(&self) -> bool {
        self.incoming.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.incoming.size_hint()
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Body")
    }
}

/// Salesforce closes an idle connection after about two minutes, firewalls earlier.
const MAX_IDLE_TIME: Duration = Duration::from_secs(30);

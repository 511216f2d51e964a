use std::fmt;
use std::future::poll_fn;
use std::io;
use std::pin::{Pin, pin};
use std::task::Context;

use bytes::{Bytes, BytesMut};
use http::header::{CONTENT_ENCODING, CONTENT_LENGTH, HOST, TRANSFER_ENCODING, USER_AGENT};
use http::response::Parts;
use http::{HeaderMap, HeaderValue, Request, Response, Uri};
use http_body_util::{BodyExt, Full};
use hyper::body::{Body, Incoming};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};

use super::deadline::{Deadline, Phase, Timeouts};
use super::error::TransportError;
use super::origin::Origin;
use super::peer::Peer;

/// A connection to one host, over which requests go one after another.
pub struct Connection {
    origin: Origin,
    sender: http1::SendRequest<Full<Bytes>>,
    driver: Driver,
    peer: Peer,
    terms: Terms,
}

impl Connection {
    pub(crate) async fn over(
        stream: Box<dyn Stream>,
        peer: Peer,
        origin: Origin,
        terms: Terms,
    ) -> Result<Self, TransportError> {
        let (sender, connection) = wire()
            .handshake(TokioIo::new(stream))
            .await
            .map_err(|_| TransportError::Truncated { phase: Phase::Head })?;
        Ok(Self { origin, sender, driver: Driver(Some(Box::pin(connection))), peer, terms })
    }

    /// Whom it leads to.
    pub fn peer(&self) -> &Peer {
        &self.peer
    }

    /// Sends a request and reads the answer, a redirect like any other, of as many bytes as the
    /// transport takes: see [`Transport::with_max_body`](crate::Transport::with_max_body).
    pub async fn exchange(
        &mut self,
        request: Request<Bytes>,
        deadline: Deadline,
    ) -> Result<Response<Bytes>, TransportError> {
        let (head, body) = self.head(request, &deadline).await?;
        let Self { origin, driver, terms, .. } = self;
        refuse_by_head(&head.headers, &body, terms.max_body)?;
        let body = deadline.rest(Phase::Body, driver.beside(read(body, terms.max_body)));
        let body = body.await.map_err(|elapsed| TransportError::timeout(elapsed, origin))??;
        Ok(Response::from_parts(head, body))
    }

    /// Sends a request and reads the head of the answer.
    pub(super) async fn head(
        &mut self,
        request: Request<Bytes>,
        deadline: &Deadline,
    ) -> Result<(Parts, Incoming), TransportError> {
        let Self { origin, sender, driver, terms, .. } = self;
        let request = addressed(request, origin, &terms.user_agent).map(Full::new);
        let head = deadline.run(Phase::Head, terms.timeouts.head, async {
            driver.beside(sender.try_send_request(request)).await.map_err(|mut error| {
                let unsent = error.take_message().is_some();
                if unsent { TransportError::Closed } else { head_fault(error.error()) }
            })
        });
        let head = head.await.map_err(|elapsed| TransportError::timeout(elapsed, origin))??;
        refuse_two_ends(head.headers())?;
        Ok(head.into_parts())
    }

    /// Whether it would take another request, as far as can be seen from here.
    pub async fn is_open(&mut self) -> bool {
        // That the host has hung up is seen once the runtime has looked.
        tokio::task::yield_now().await;
        self.driver.beside(self.sender.ready()).await.is_ok()
    }

    /// Reads the next piece of a body; `None` at its end.
    pub(super) async fn piece(
        &mut self,
        body: &mut Incoming,
    ) -> Result<Option<Bytes>, TransportError> {
        let Self { origin, driver, terms, .. } = self;
        let deadline = Deadline::after(terms.timeouts.total);
        let piece = deadline.rest(Phase::Body, driver.beside(piece(body)));
        piece.await.map_err(|elapsed| TransportError::timeout(elapsed, origin))?
    }
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection").field("peer", &self.peer).finish_non_exhaustive()
    }
}

/// Bytes both ways. As an object, so that the program has one HTTP for all of them.
pub(crate) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// What a connection keeps to, whoever is at the other end.
#[derive(Clone, Debug)]
pub(crate) struct Terms {
    pub(crate) max_body: usize,
    pub(crate) timeouts: Timeouts,
    pub(crate) user_agent: HeaderValue,
}

/// HTTP/1.1 within limits: no HTTP/0.9, no folded headers, and heads of a size that Salesforce
/// never reaches.
pub(crate) fn wire() -> http1::Builder {
    let mut wire = http1::Builder::new();
    wire.max_headers(MAX_HEADERS).max_buf_size(MAX_HEAD);
    wire
}

/// The half of hyper's connection that has to be polled while the other half is waited for. To do
/// that here, and not in a task, leaves nothing behind when an exchange is dropped.
struct Driver(Option<Pin<Box<dyn Future<Output = hyper::Result<()>> + Send>>>);

impl Driver {
    async fn beside<T>(&mut self, work: impl Future<Output = T>) -> T {
        let mut work = pin!(work);
        poll_fn(|cx| {
            self.poll(cx);
            work.as_mut().poll(cx)
        })
        .await
    }

    /// How the connection ended is told to whoever waits for an answer or a body.
    fn poll(&mut self, cx: &mut Context<'_>) {
        let ended = self.0.as_mut().is_some_and(|driver| driver.as_mut().poll(cx).is_ready());
        if ended {
            self.0 = None;
        }
    }
}

/// Puts the request into origin form ([RFC 9112, Section 3.2.1]).
///
/// [RFC 9112, Section 3.2.1]: https://www.rfc-editor.org/rfc/rfc9112#section-3.2.1
fn addressed(
    mut request: Request<Bytes>,
    origin: &Origin,
    user_agent: &HeaderValue,
) -> Request<Bytes> {
    let path = request.uri().path_and_query().cloned();
    *request.uri_mut() = path.map_or_else(|| Uri::from_static("/"), Uri::from);
    let host = origin.to_string();
    let host = HeaderValue::try_from(host).expect("a URI's host is valid in a header");
    request.headers_mut().insert(HOST, host);
    request.headers_mut().insert(USER_AGENT, user_agent.clone());
    request
}

/// Refuses before a byte of the body is read.
fn refuse_by_head(
    headers: &HeaderMap,
    body: &Incoming,
    max_body: usize,
) -> Result<(), TransportError> {
    let plain = |coding: &HeaderValue| coding.as_bytes().eq_ignore_ascii_case(b"identity");
    if !headers.get_all(CONTENT_ENCODING).iter().all(plain) {
        return Err(TransportError::Encoding);
    }
    if body.size_hint().lower() > max_body as u64 {
        return Err(TransportError::TooLarge { limit: max_body });
    }
    Ok(())
}

/// Two ways to find the end of the body are one too many ([RFC 9112, Section 6.3]).
///
/// [RFC 9112, Section 6.3]: https://www.rfc-editor.org/rfc/rfc9112#section-6.3
fn refuse_two_ends(headers: &HeaderMap) -> Result<(), TransportError> {
    let two = headers.contains_key(TRANSFER_ENCODING) && headers.contains_key(CONTENT_LENGTH);
    if two { Err(TransportError::Protocol) } else { Ok(()) }
}

async fn read(mut body: Incoming, max_body: usize) -> Result<Bytes, TransportError> {
    let mut read = BytesMut::new();
    while let Some(data) = piece(&mut body).await? {
        if read.len() + data.len() > max_body {
            return Err(TransportError::TooLarge { limit: max_body });
        }
        read.extend_from_slice(&data);
    }
    Ok(read.freeze())
}

async fn piece(body: &mut Incoming) -> Result<Option<Bytes>, TransportError> {
    while let Some(frame) = body.frame().await {
        if let Ok(data) = frame.map_err(|error| body_fault(&error))?.into_data() {
            return Ok(Some(data));
        }
    }
    Ok(None)
}

/// hyper has no predicate for these two kinds, only words; tests hold them fast.
fn head_fault(error: &hyper::Error) -> TransportError {
    match error.to_string().as_str() {
        "message head is too large" | "invalid HTTP header parsed" => TransportError::Headers,
        _ if error.is_parse() => TransportError::Protocol,
        "received unexpected message from connection" => TransportError::Protocol,
        _ => TransportError::Truncated { phase: Phase::Head },
    }
}

fn body_fault(error: &hyper::Error) -> TransportError {
    let source = std::error::Error::source(error).and_then(|error| error.downcast_ref());
    match source.map(io::Error::kind) {
        Some(io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput) => TransportError::Protocol,
        _ => TransportError::Truncated { phase: Phase::Body },
    }
}

/// Salesforce sends about fifteen.
const MAX_HEADERS: usize = 64;

/// In bytes, status line and headers together.
const MAX_HEAD: usize = 32 * 1024;

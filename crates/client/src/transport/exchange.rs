use std::error::Error;
use std::fmt;
use std::io;

use bytes::Bytes;
use http::header::{CONTENT_ENCODING, CONTENT_LENGTH, HOST, TRANSFER_ENCODING, USER_AGENT};
use http::{HeaderMap, HeaderValue, Request, Response, Uri};
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::body::{Body, Incoming};
use hyper::client::conn::http1;

use super::connector::Stream;
use super::deadline::{Deadline, Phase, Timeouts};
use super::error::TransportError;
use super::origin::Origin;
use super::peer::Peer;

/// A connection to one host, for one request after another.
pub struct Connection {
    origin: Origin,
    sender: http1::SendRequest<Full<Bytes>>,
    peer: Peer,
    timeouts: Timeouts,
}

impl Connection {
    pub(super) async fn over(
        stream: Stream,
        peer: Peer,
        origin: Origin,
        timeouts: Timeouts,
    ) -> Result<Self, TransportError> {
        let (sender, connection) = http1_builder()
            .handshake(stream)
            .await
            .map_err(|_| TransportError::Truncated { phase: Phase::Head })?;
        // The task ends when the sender and the last body are dropped.
        tokio::spawn(connection);
        Ok(Self { origin, sender, peer, timeouts })
    }

    /// The other end of the connection.
    pub fn peer(&self) -> &Peer {
        &self.peer
    }

    /// Sends a request and reads the response, with up to 64 KiB of body. A redirect is returned
    /// like any response.
    pub async fn exchange(
        &mut self,
        request: Request<Bytes>,
        deadline: Deadline,
    ) -> Result<Response<Bytes>, TransportError> {
        let Self { origin, sender, timeouts, .. } = self;
        let request = with_user_agent(in_origin_form(request, origin)).map(Full::new);
        let answer = deadline.run(Phase::Head, timeouts.head, sender.try_send_request(request));
        let answer = answer.await.map_err(|elapsed| TransportError::timeout(elapsed, origin))?;
        let (head, body) = answer
            .map_err(|mut error| match error.take_message() {
                Some(_unsent) => TransportError::Closed,
                None => head_fault(error.error()),
            })?
            .into_parts();
        refuse_two_lengths(&head.headers)?;
        refuse_by_head(&head.headers, &body)?;
        let body = deadline.rest(Phase::Body, Limited::new(body, MAX_BODY).collect()).await;
        let body = body.map_err(|elapsed| TransportError::timeout(elapsed, origin))?;
        let body = body.map_err(|error| match error.downcast_ref() {
            Some(error) => body_fault(error),
            None if error.is::<LengthLimitError>() => TransportError::TooLarge { limit: MAX_BODY },
            None => TransportError::Truncated { phase: Phase::Body },
        })?;
        Ok(Response::from_parts(head, body.to_bytes()))
    }
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection").field("peer", &self.peer).finish_non_exhaustive()
    }
}

pub(super) fn with_user_agent<B>(mut request: Request<B>) -> Request<B> {
    request.headers_mut().insert(USER_AGENT, HeaderValue::from_static(OURS));
    request
}

/// Returns a builder for HTTP/1.1 without HTTP/0.9 and folded headers, and with limits that
/// Salesforce never reaches.
pub(super) fn http1_builder() -> http1::Builder {
    let mut builder = http1::Builder::new();
    builder.max_headers(MAX_HEADERS).max_buf_size(MAX_HEAD);
    builder
}

/// Converts the request target to the origin form of [RFC 9112, Section 3.2.1].
///
/// [RFC 9112, Section 3.2.1]: https://www.rfc-editor.org/rfc/rfc9112#section-3.2.1
fn in_origin_form(mut request: Request<Bytes>, origin: &Origin) -> Request<Bytes> {
    let path = request.uri().path_and_query().cloned();
    *request.uri_mut() = path.map_or_else(|| Uri::from_static("/"), Uri::from);
    let host = HeaderValue::try_from(origin.to_string());
    request.headers_mut().insert(HOST, host.expect("the host of a URI is valid in a header"));
    request
}

/// Checks the head before a byte of the body is read.
fn refuse_by_head(headers: &HeaderMap, body: &Incoming) -> Result<(), TransportError> {
    let plain = |coding: &HeaderValue| coding.as_bytes().eq_ignore_ascii_case(b"identity");
    if !headers.get_all(CONTENT_ENCODING).iter().all(plain) {
        return Err(TransportError::Encoding);
    }
    if body.size_hint().lower() > MAX_BODY as u64 {
        return Err(TransportError::TooLarge { limit: MAX_BODY });
    }
    Ok(())
}

/// Refuses two lengths of one body ([RFC 9112, Section 6.3]).
///
/// [RFC 9112, Section 6.3]: https://www.rfc-editor.org/rfc/rfc9112#section-6.3
pub(super) fn refuse_two_lengths(headers: &HeaderMap) -> Result<(), TransportError> {
    let two = headers.contains_key(TRANSFER_ENCODING) && headers.contains_key(CONTENT_LENGTH);
    if two { Err(TransportError::Protocol) } else { Ok(()) }
}

/// hyper has no predicates for these errors in a client, only messages; tests cover them.
pub(super) fn head_fault(error: &hyper::Error) -> TransportError {
    match error.to_string().as_str() {
        "message head is too large" | "invalid HTTP header parsed" => TransportError::Headers,
        _ if error.is_parse() => TransportError::Protocol,
        "received unexpected message from connection" => TransportError::Protocol,
        _ => TransportError::Truncated { phase: Phase::Head },
    }
}

pub(super) fn body_fault(error: &hyper::Error) -> TransportError {
    let source = error.source().and_then(|error| error.downcast_ref());
    match source.map(io::Error::kind) {
        Some(io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput) => TransportError::Protocol,
        _ => TransportError::Truncated { phase: Phase::Body },
    }
}

const OURS: &str = concat!("orgtoken/", env!("CARGO_PKG_VERSION"));

/// A token response is 1 to 3 KiB.
const MAX_BODY: usize = 64 * 1024;

/// Salesforce sends about 15.
pub(super) const MAX_HEADERS: usize = 64;

/// Status line and headers, in bytes.
pub(super) const MAX_HEAD: usize = 32 * 1024;

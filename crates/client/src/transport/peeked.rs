use std::collections::VecDeque;
use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::{Bytes, BytesMut};
use http::{Method, Response, StatusCode};
use http_body_util::BodyExt;
use hyper::body::{Body, Frame, SizeHint};
use orgtoken_oauth::session;

/// Returns whether the response to an API call means that a new login is needed
/// ([`session::is_over`]), and the response with its whole body.
///
/// The body of a 401, 403 or 404 is read for this, up to 64 KiB. A response to HEAD has no body: a
/// 401 counts as the end of the session.
pub async fn session_is_over<B: Body<Data = Bytes> + Unpin>(
    method: &Method,
    response: Response<B>,
) -> Result<(bool, Response<Peeked<B>>), B::Error> {
    let (head, mut body) = response.into_parts();
    let status = head.status;
    let has_reason = [StatusCode::UNAUTHORIZED, StatusCode::FORBIDDEN, StatusCode::NOT_FOUND];
    if !has_reason.contains(&status) || method == Method::HEAD {
        let is_over = session::is_redirect(status) || status == StatusCode::UNAUTHORIZED;
        return Ok((is_over, Response::from_parts(head, Peeked::new([], body))));
    }
    let mut read = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let Ok(piece) = frame?.into_data() else { continue };
        read.extend_from_slice(&piece);
        if read.len() > MAX_REASON {
            return Ok((false, Response::from_parts(head, Peeked::new([read.freeze()], body))));
        }
    }
    let response = Response::from_parts(head, read.freeze());
    let is_over = session::is_over(&response);
    Ok((is_over, response.map(|read| Peeked::new([read], None))))
}

/// A body of which the beginning has been read already.
pub struct Peeked<B> {
    read: VecDeque<Bytes>,
    rest: Option<B>,
}

impl<B> Peeked<B> {
    /// * `read`: the pieces that have been read
    /// * `rest`: the rest of the body, if there is more
    pub fn new(read: impl IntoIterator<Item = Bytes>, rest: impl Into<Option<B>>) -> Self {
        let read = read.into_iter().filter(|piece| !piece.is_empty()).collect();
        Self { read, rest: rest.into() }
    }
}

impl<B: Body<Data = Bytes> + Unpin> Body for Peeked<B> {
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        if let Some(piece) = self.read.pop_front() {
            return Poll::Ready(Some(Ok(Frame::data(piece))));
        }
        match &mut self.rest {
            Some(rest) => Pin::new(rest).poll_frame(cx),
            None => Poll::Ready(None),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.read.is_empty() && self.rest.as_ref().is_none_or(Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        let read: u64 = self.read.iter().map(|piece| piece.len() as u64).sum();
        let rest = self.rest.as_ref().map_or_else(|| SizeHint::with_exact(0), Body::size_hint);
        let mut hint = SizeHint::new();
        hint.set_lower(rest.lower().saturating_add(read));
        if let Some(upper) = rest.upper().and_then(|upper| upper.checked_add(read)) {
            hint.set_upper(upper);
        }
        hint
    }
}

impl<B> fmt::Debug for Peeked<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Peeked")
    }
}

/// The longest error document that is read for its reason.
const MAX_REASON: usize = 64 * 1024;

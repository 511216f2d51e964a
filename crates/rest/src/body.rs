use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http::header::{CONTENT_ENCODING, CONTENT_LENGTH};
use http::{HeaderMap, Response};
use http_body::Frame;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use orgtoken_client::transport;

use crate::RestError;
use crate::gzip::Gunzip;

/// The body of a response, decompressed if it was gzip. It is an [`http_body::Body`].
///
/// The total timeout of the call covers the body, too. The next call can use the connection once
/// the body is read to its end.
pub struct Body {
    wire: transport::Body,
    gunzip: Option<Gunzip>,
}

impl Body {
    pub(crate) fn of(answer: Response<transport::Body>) -> Result<Response<Self>, RestError> {
        let (mut head, wire) = answer.into_parts();
        let gunzip = is_gzip(&head.headers)?.then(Gunzip::new);
        if gunzip.is_some() {
            head.headers.remove(CONTENT_ENCODING);
            head.headers.remove(CONTENT_LENGTH);
        }
        Ok(Response::from_parts(head, Self { wire, gunzip }))
    }

    /// Returns the next piece, of any length, or `None` at the end.
    pub async fn piece(&mut self) -> Result<Option<Bytes>, RestError> {
        while let Some(frame) = self.frame().await {
            if let Ok(piece) = frame?.into_data() {
                return Ok(Some(piece));
            }
        }
        Ok(None)
    }

    /// Reads the whole body, up to `limit` bytes.
    pub async fn whole(self, limit: usize) -> Result<Bytes, RestError> {
        let whole = Limited::new(self, limit).collect().await.map_err(|error| {
            match error.downcast::<RestError>() {
                Ok(error) => *error,
                Err(error) => {
                    debug_assert!(error.is::<LengthLimitError>());
                    RestError::TooLarge { limit }
                }
            }
        })?;
        Ok(whole.to_bytes())
    }
}

impl http_body::Body for Body {
    type Data = Bytes;
    type Error = RestError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, RestError>>> {
        loop {
            let frame = ready!(Pin::new(&mut self.wire).poll_frame(cx)).transpose()?;
            let Some(gunzip) = &mut self.gunzip else { return Poll::Ready(frame.map(Ok)) };
            let (piece, at_end) = match frame.map(Frame::into_data) {
                Some(Ok(piece)) => (gunzip.inflate(&piece)?, false),
                Some(Err(_trailers)) => continue,
                None => (gunzip.finish()?, true),
            };
            if at_end {
                self.gunzip = None;
            }
            if !piece.is_empty() {
                return Poll::Ready(Some(Ok(Frame::data(piece.into()))));
            }
            if at_end {
                return Poll::Ready(None);
            }
        }
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Body")
    }
}

/// Whether the body is gzip. Requests accept no other content coding.
fn is_gzip(headers: &HeaderMap) -> Result<bool, RestError> {
    let mut codings = headers.get_all(CONTENT_ENCODING).iter();
    match (codings.next().map(|coding| coding.as_bytes()), codings.next()) {
        (None, _) => Ok(false),
        (Some(one), None) if one.eq_ignore_ascii_case(b"identity") => Ok(false),
        (Some(one), None) if one.eq_ignore_ascii_case(b"gzip") => Ok(true),
        _ => Err(RestError::Encoding),
    }
}

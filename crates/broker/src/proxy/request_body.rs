//! The body of a caller's request.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http_body_util::{BodyExt, Either, Full};
use hyper::body::{Body, Frame, Incoming, SizeHint};
use orgtoken_client::transport::Peeked;
use tokio::time::{Instant, Sleep, sleep};

/// A body for the transport.
pub(super) type OutBody = Either<Full<Bytes>, Peeked<CallerBody>>;

/// A body that is kept for a second attempt, or one that is sent while it arrives.
pub(super) enum RequestBody {
    Whole(Bytes),
    Streamed(Box<Peeked<CallerBody>>),
}

impl RequestBody {
    /// Reads a body of up to [`KEPT`] bytes. A longer one is read when it is sent.
    pub(super) async fn read(
        incoming: Incoming,
        silence: Duration,
        count: &Arc<AtomicU64>,
    ) -> Result<Self, BodyError> {
        if incoming.is_end_stream() {
            return Ok(Self::Whole(Bytes::new()));
        }
        let mut body = CallerBody::new(incoming, silence, count);
        let mut kept = BytesMut::new();
        while body.size_hint().lower() <= (KEPT - kept.len()) as u64 {
            let Some(frame) = body.frame().await else { return Ok(Self::Whole(kept.freeze())) };
            let Ok(piece) = frame?.into_data() else { continue };
            if piece.len() > KEPT - kept.len() {
                let rest = Peeked::new([kept.freeze(), piece], body);
                return Ok(Self::Streamed(Box::new(rest)));
            }
            kept.extend_from_slice(&piece);
        }
        Ok(Self::Streamed(Box::new(Peeked::new([kept.freeze()], body))))
    }

    /// Returns the body of an attempt, and the one of a second attempt, if there can be one.
    pub(super) fn attempt(self) -> (OutBody, Option<Self>) {
        match self {
            Self::Whole(bytes) => {
                (Either::Left(Full::new(bytes.clone())), Some(Self::Whole(bytes)))
            }
            Self::Streamed(body) => (Either::Right(*body), None),
        }
    }
}

/// A body that counts its bytes, and fails if the caller sends nothing for a while.
pub(super) struct CallerBody {
    incoming: Incoming,
    silence: Duration,
    too_late: Pin<Box<Sleep>>,
    count: Arc<AtomicU64>,
}

impl CallerBody {
    fn new(incoming: Incoming, silence: Duration, count: &Arc<AtomicU64>) -> Self {
        let too_late = Box::pin(sleep(silence));
        Self { incoming, silence, too_late, count: Arc::clone(count) }
    }
}

impl Body for CallerBody {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let this = &mut *self;
        if let Poll::Ready(frame) = Pin::new(&mut this.incoming).poll_frame(cx) {
            let frame = frame.transpose().map_err(|_| BodyError::Incomplete)?;
            if let Some(piece) = frame.as_ref().and_then(Frame::data_ref) {
                this.count.fetch_add(piece.len() as u64, Relaxed);
            }
            this.too_late.as_mut().reset(Instant::now() + this.silence);
            return Poll::Ready(frame.map(Ok));
        }
        ready!(this.too_late.as_mut().poll(cx));
        Poll::Ready(Some(Err(BodyError::Slow)))
    }

    fn is_end_stream(&self) -> bool {
        self.incoming.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.incoming.size_hint()
    }
}

/// The body of a caller that did not arrive.
#[derive(Debug, thiserror::Error)]
pub(super) enum BodyError {
    #[error("the body of the request is incomplete or invalid")]
    Incomplete,
    #[error("the caller sent nothing for too long")]
    Slow,
}

/// The longest body that is kept in memory for a second attempt.
const KEPT: usize = 1024 * 1024;

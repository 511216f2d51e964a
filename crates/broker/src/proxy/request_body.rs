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
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, Sleep, sleep};

/// A body for the transport.
pub(super) type OutBody = Either<Full<Bytes>, Peeked<CallerBody>>;

/// A body that is kept for a second attempt, or one that is sent while it arrives.
pub(super) enum RequestBody {
    Whole(Bytes, Option<OwnedSemaphorePermit>),
    Streamed(Box<Peeked<CallerBody>>),
}

/// The memory for all bodies that are kept, in KiB. Without it, many callers at a slow org could
/// take a MiB each.
pub(super) struct Room(Arc<Semaphore>);

impl Room {
    pub(super) fn new() -> Self {
        Self(Arc::new(Semaphore::new(ALL_KEPT / KIB)))
    }

    /// Takes the room for a body of this length, or for the longest, if the length is unknown.
    fn take(&self, length: Option<u64>) -> Option<OwnedSemaphorePermit> {
        let length = length.map_or(Some(KEPT), |length| usize::try_from(length).ok())?;
        let kib = u32::try_from(length.div_ceil(KIB)).ok().filter(|_| length <= KEPT)?;
        Arc::clone(&self.0).try_acquire_many_owned(kib).ok()
    }
}

impl RequestBody {
    /// Reads a body of up to [`KEPT`] bytes. A longer one, or one without room, is read when it is
    /// sent.
    pub(super) async fn read(
        incoming: Incoming,
        silence: Duration,
        room: &Room,
        count: &Arc<AtomicU64>,
    ) -> Result<Self, BodyError> {
        if incoming.is_end_stream() {
            return Ok(Self::Whole(Bytes::new(), None));
        }
        let permit = room.take(incoming.size_hint().exact());
        let mut body = CallerBody::new(incoming, silence, count);
        if permit.is_none() {
            return Ok(Self::Streamed(Box::new(Peeked::new([], body))));
        }
        let mut kept = BytesMut::new();
        while let Some(frame) = body.frame().await {
            let Ok(piece) = frame?.into_data() else { continue };
            if piece.len() > KEPT - kept.len() {
                body.permit = permit;
                let rest = Peeked::new([kept.freeze(), piece], body);
                return Ok(Self::Streamed(Box::new(rest)));
            }
            kept.extend_from_slice(&piece);
        }
        Ok(Self::Whole(kept.freeze(), permit))
    }

    /// Returns the body of an attempt, and the one of a second attempt, if there can be one.
    pub(super) fn attempt(self) -> (OutBody, Option<Self>) {
        match self {
            Self::Whole(bytes, permit) => {
                (Either::Left(Full::new(bytes.clone())), Some(Self::Whole(bytes, permit)))
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
    /// The room of the part that has been read already.
    permit: Option<OwnedSemaphorePermit>,
}

impl CallerBody {
    fn new(incoming: Incoming, silence: Duration, count: &Arc<AtomicU64>) -> Self {
        let too_late = Box::pin(sleep(silence));
        Self { incoming, silence, too_late, count: Arc::clone(count), permit: None }
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
const KEPT: usize = 1024 * KIB;

/// The length of all bodies that are kept for the calls of a profile.
const ALL_KEPT: usize = 32 * KEPT;

const KIB: usize = 1024;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kept_bodies_share_their_room() {
        let room = Room::new();
        assert!(room.take(Some(KEPT as u64 + 1)).is_none(), "never kept");
        assert!(room.take(Some(u64::MAX)).is_none());
        let mut taken: Vec<_> = (0..31).map(|_| room.take(Some(KEPT as u64)).unwrap()).collect();
        taken.push(room.take(None).expect("a length that is unknown counts as the longest"));
        assert!(room.take(Some(1)).is_none());
        taken.pop();
        let short: Vec<_> = (0..1024).map_while(|_| room.take(Some(1))).collect();
        assert_eq!(short.len(), 1024);
        assert!(room.take(None).is_none());
    }
}

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Frame, SizeHint};
use http_body_util::Full;

/// The CSV of a job, in memory or in a file.
#[derive(Clone, Debug)]
pub struct JobData(pub(crate) Payload);

impl JobData {
    /// Returns the content of a regular file. It is read piece by piece while it is sent.
    pub fn from_file(file: File) -> io::Result<Self> {
        let length = file.metadata()?.len();
        Ok(Self(Payload::File(Arc::new(file), length)))
    }
}

impl<T: Into<Bytes>> From<T> for JobData {
    fn from(csv: T) -> Self {
        Self(Payload::Whole(csv.into()))
    }
}

/// The body of a request that may be sent more than once.
#[derive(Clone, Debug)]
pub(crate) enum Payload {
    /// A file and its length. Each attempt reads it from its start.
    File(Arc<File>, u64),
    Whole(Bytes),
}

impl Payload {
    pub(crate) fn is_empty(&self) -> bool {
        match self {
            Self::File(_, length) => *length == 0,
            Self::Whole(bytes) => bytes.is_empty(),
        }
    }
}

/// A [`Payload`] while it is sent.
#[derive(Clone)]
pub(crate) enum PayloadBody {
    File { file: Arc<File>, offset: u64, length: u64 },
    Whole(Full<Bytes>),
}

impl From<Payload> for PayloadBody {
    fn from(payload: Payload) -> Self {
        match payload {
            Payload::File(file, length) => Self::File { file, offset: 0, length },
            Payload::Whole(bytes) => Self::Whole(Full::new(bytes)),
        }
    }
}

impl http_body::Body for PayloadBody {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        let (file, offset, length) = match &mut *self {
            Self::File { file, offset, length } => (file, offset, length),
            Self::Whole(bytes) => {
                let frame = Pin::new(bytes).poll_frame(cx);
                return frame.map_err(|never| match never {});
            }
        };
        let left = *length - *offset;
        if left == 0 {
            return Poll::Ready(None);
        }
        let mut piece = vec![0; usize::try_from(left).map_or(PIECE, |left| left.min(PIECE))];
        Poll::Ready(Some(match file.read_at(&mut piece, *offset) {
            // The announced length is longer: the request must fail.
            Ok(0) => Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(read) => {
                piece.truncate(read);
                *offset += read as u64;
                Ok(Frame::data(piece.into()))
            }
            Err(error) => Err(error),
        }))
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::File { offset, length, .. } => offset == length,
            Self::Whole(bytes) => bytes.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::File { offset, length, .. } => SizeHint::with_exact(length - offset),
            Self::Whole(bytes) => bytes.size_hint(),
        }
    }
}

const PIECE: usize = 64 << 10;

#[cfg(test)]
mod tests {
    use std::io::Write;

    use http_body_util::BodyExt;

    use super::*;

    fn file(content: &[u8]) -> Arc<File> {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(content).unwrap();
        Arc::new(file)
    }

    #[tokio::test]
    async fn file_is_sent_whole_from_its_start() {
        let content: Vec<u8> = (0..200_000_u32).map(|n| n as u8).collect();
        let file = file(&content);
        for _ in 0..2 {
            let body = PayloadBody::from(Payload::File(Arc::clone(&file), content.len() as u64));
            assert!(body.collect().await.unwrap().to_bytes() == content);
        }
    }

    #[tokio::test]
    async fn file_that_became_shorter_is_an_error() {
        let body = PayloadBody::from(Payload::File(file(b"Name\n"), 6));
        assert!(body.collect().await.is_err());
    }
}

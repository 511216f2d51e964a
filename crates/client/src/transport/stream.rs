use std::fmt;

use bytes::Bytes;
use http::Request;
use http::response::Parts;
use hyper::body::Incoming;

use super::deadline::Deadline;
use super::error::TransportError;
use super::exchange::Connection;

/// An answer whose body is read piece by piece, and the connection that it comes over.
///
/// There is no limit to its length, and it comes as it was sent, compressed perhaps: whoever reads
/// it decides how much to take. To drop it closes the connection.
pub struct Streamed {
    head: Parts,
    body: Incoming,
    connection: Connection,
    ended: bool,
}

impl Connection {
    /// Sends a request and reads the head of the answer, a redirect like any other.
    pub async fn send(
        mut self,
        request: Request<Bytes>,
        deadline: Deadline,
    ) -> Result<Streamed, TransportError> {
        let (head, body) = self.head(request, &deadline).await?;
        Ok(Streamed { head, body, connection: self, ended: false })
    }
}

impl Streamed {
    /// Status and headers.
    pub fn head(&self) -> &Parts {
        &self.head
    }

    /// The next piece of the body, or `None` at its end. Each piece has as long as
    /// [`Timeouts::total`](crate::Timeouts::total) allows.
    pub async fn piece(&mut self) -> Result<Option<Bytes>, TransportError> {
        let piece = self.connection.piece(&mut self.body).await?;
        self.ended = piece.is_none();
        Ok(piece)
    }

    /// The connection, for another request; `None` if the body was not read to its end.
    pub fn into_connection(self) -> Option<Connection> {
        self.ended.then_some(self.connection)
    }
}

impl fmt::Debug for Streamed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Streamed").field("status", &self.head.status).finish_non_exhaustive()
    }
}

use std::fmt;
use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use http::header::{CONTENT_ENCODING, CONTENT_LENGTH};
use http::{HeaderMap, Response};
use orgtoken_client::transport::Streamed;

use crate::RestError;
use crate::gzip::Gunzip;
use crate::pool::Pool;

/// The body of an answer, read piece by piece, inflated if it was gzip.
///
/// Read to its end, it leaves its connection for the next call.
pub struct Body {
    streamed: Option<Streamed>,
    gunzip: Option<Gunzip>,
    origin: String,
    pool: Arc<Pool>,
}

impl Body {
    /// Takes an answer apart into its head and its body.
    pub(crate) fn of(
        streamed: Streamed,
        origin: String,
        pool: Arc<Pool>,
    ) -> Result<Response<Self>, RestError> {
        let mut head = streamed.head().clone();
        let gunzip = is_gzip(&head.headers)?.then(Gunzip::new);
        if gunzip.is_some() {
            head.headers.remove(CONTENT_ENCODING);
            head.headers.remove(CONTENT_LENGTH);
        }
        Ok(Response::from_parts(head, Self { streamed: Some(streamed), gunzip, origin, pool }))
    }

    /// The next piece, or `None` at the end. Each has as long as the transport's timeouts allow in
    /// all, and its length is whatever came.
    pub async fn piece(&mut self) -> Result<Option<Bytes>, RestError> {
        while let Some(streamed) = &mut self.streamed {
            let Some(piece) = streamed.piece().await? else { return self.end() };
            let piece = match &mut self.gunzip {
                Some(gunzip) => Bytes::from(gunzip.inflate(&piece)?),
                None => piece,
            };
            if !piece.is_empty() {
                return Ok(Some(piece));
            }
        }
        Ok(None)
    }

    /// All of it, up to `limit` bytes.
    pub async fn whole(mut self, limit: usize) -> Result<Bytes, RestError> {
        let mut whole = BytesMut::new();
        while let Some(piece) = self.piece().await? {
            if whole.len() + piece.len() > limit {
                return Err(RestError::TooLarge { limit });
            }
            whole.extend_from_slice(&piece);
        }
        Ok(whole.freeze())
    }

    fn end(&mut self) -> Result<Option<Bytes>, RestError> {
        let rest = self.gunzip.as_mut().map(Gunzip::finish).transpose()?.unwrap_or_default();
        if let Some(connection) = self.streamed.take().and_then(Streamed::into_connection) {
            self.pool.put(std::mem::take(&mut self.origin), connection);
        }
        Ok((!rest.is_empty()).then(|| Bytes::from(rest)))
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Body")
    }
}

/// Only gzip is asked for; anything else cannot be read.
fn is_gzip(headers: &HeaderMap) -> Result<bool, RestError> {
    let mut codings = headers.get_all(CONTENT_ENCODING).iter();
    match (codings.next().map(|coding| coding.as_bytes()), codings.next()) {
        (None, _) => Ok(false),
        (Some(one), None) if one.eq_ignore_ascii_case(b"identity") => Ok(false),
        (Some(one), None) if one.eq_ignore_ascii_case(b"gzip") => Ok(true),
        _ => Err(RestError::Encoding),
    }
}

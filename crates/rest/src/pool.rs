use std::fmt;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::Request;
use orgtoken_client::transport::{Connection, Streamed};
use orgtoken_client::{Transport, TransportError};

/// Connections that are kept alive between calls.
pub(crate) struct Pool {
    transport: Transport,
    idle: Mutex<Vec<Idle>>,
}

struct Idle {
    /// `https://acme.my.salesforce.com`
    origin: String,
    connection: Connection,
    since: Instant,
}

impl Pool {
    pub(crate) fn new(transport: Transport) -> Self {
        Self { transport, idle: Mutex::default() }
    }

    /// Sends a request over a connection that is at hand, or else over a new one.
    pub(crate) async fn send(&self, request: Request<Bytes>) -> Result<Streamed, TransportError> {
        let deadline = self.transport.deadline();
        while let Some(mut connection) = self.take(&origin(&request)) {
            if !connection.is_open().await {
                continue;
            }
            match connection.send(request.clone(), deadline).await {
                // The host hung up in this very moment, and has seen nothing.
                Err(TransportError::Closed) => {}
                result => return result,
            }
        }
        self.transport.connect(request.uri(), deadline).await?.send(request, deadline).await
    }

    /// Keeps a connection whose answer was read to its end.
    pub(crate) fn put(&self, origin: String, connection: Connection) {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        idle.retain(|kept| kept.since.elapsed() < LONGEST_IDLE);
        if idle.len() < MOST_IDLE {
            idle.push(Idle { origin, connection, since: Instant::now() });
        }
    }

    /// The one that was used last.
    fn take(&self, origin: &str) -> Option<Connection> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let fits = |kept: &Idle| kept.origin == origin && kept.since.elapsed() < LONGEST_IDLE;
        let place = idle.iter().rposition(fits)?;
        Some(idle.remove(place).connection)
    }
}

impl fmt::Debug for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pool").field("transport", &self.transport).finish_non_exhaustive()
    }
}

/// Scheme, host and port.
pub(crate) fn origin(request: &Request<Bytes>) -> String {
    let (scheme, authority) = (request.uri().scheme_str(), request.uri().authority());
    format!("{}://{}", scheme.unwrap_or_default(), authority.map_or("", |host| host.as_str()))
}

/// Salesforce hangs up after some two minutes; firewalls on the way are less patient.
const LONGEST_IDLE: Duration = Duration::from_secs(30);
const MOST_IDLE: usize = 8;

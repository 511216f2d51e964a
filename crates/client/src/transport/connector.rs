//! Streams to an origin, for hyper.

use std::convert::Infallible;
use std::error::Error;
use std::future::{Ready, pending, ready};
use std::io;
use std::mem;
use std::net::{SocketAddr, ToSocketAddrs};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::vec;

use http::Uri;
use hyper_rustls::{FixedServerNameResolver, HttpsConnector, MaybeHttpsStream};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::dns::Name;
use hyper_util::rt::TokioIo;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::net::TcpStream;
use tokio::sync::Notify;
use tower_service::Service;
use tracing::debug;

use super::deadline::{Deadline, Elapsed, Phase, Timeouts};
use super::error::TransportError;
use super::origin::Origin;
use super::proxy::Rules;
use super::{tls, tunnel};
use crate::thread;

/// TLS over TCP, or TCP alone on this machine.
pub(crate) type Stream = MaybeHttpsStream<Tcp>;

pub(super) type Tcp = TokioIo<TcpStream>;

/// Opens TCP connections to one origin, directly or through the tunnel of a proxy.
#[derive(Clone)]
pub(super) struct Dialer {
    origin: Origin,
    proxy: Option<Arc<Rules>>,
    timeouts: Timeouts,
    deadline: Deadline,
    /// Notified when the connection is open and the TLS handshake begins.
    connected: Arc<Notify>,
}

impl Dialer {
    pub(super) fn new(
        origin: Origin,
        proxy: Option<Arc<Rules>>,
        timeouts: Timeouts,
        deadline: Deadline,
    ) -> Self {
        Self { origin, proxy, timeouts, deadline, connected: Arc::default() }
    }

    /// Connects without TLS.
    pub(super) async fn plain(self) -> Result<Stream, TransportError> {
        Ok(MaybeHttpsStream::Http(self.dial().await?))
    }

    /// Connects with TLS. The handshake has its own limit within the deadline.
    pub(super) async fn secured(self, config: Arc<ClientConfig>) -> Result<Stream, TransportError> {
        let Self { origin, timeouts, deadline, connected, .. } = self.clone();
        let name = ServerName::try_from(origin.host.clone()).map_err(|_| {
            let source = io::Error::new(io::ErrorKind::InvalidInput, "not a host name");
            TransportError::Lookup { host: origin.host.clone(), source: Arc::new(source) }
        })?;
        let name = Arc::new(FixedServerNameResolver::new(name));
        let mut https = HttpsConnector::new(self, config, true, name);
        let too_late = async {
            connected.notified().await;
            deadline.run(Phase::Handshake, timeouts.tls, pending::<Infallible>()).await
        };
        tokio::select! {
            biased;
            stream = https.call(origin.uri()?) => {
                stream.map_err(|error| match error.downcast() {
                    Ok(ours) => *ours,
                    Err(error) => tls::fault(&*error, &origin),
                })
            }
            Err(elapsed) = too_late => Err(TransportError::timeout(elapsed, &origin)),
        }
    }

    async fn dial(&self) -> Result<Tcp, TransportError> {
        let Self { origin, proxy, timeouts, deadline, connected } = self;
        let stream = match proxy {
            Some(proxy) => {
                debug!("connecting to {origin} through the proxy {}", proxy.origin);
                let tcp = dial(&proxy.origin, timeouts, deadline).await;
                let tunnel = tunnel::open(proxy, tcp.map_err(|error| proxy.error(error))?, origin);
                let tunnel = deadline.run(Phase::Tunnel, timeouts.connect, tunnel).await;
                tunnel
                    .map_err(|elapsed| proxy.error(elapsed))?
                    .map_err(|fault| proxy.error(fault))?
            }
            None => {
                let tcp = dial(origin, timeouts, deadline).await;
                tcp.map_err(|error| TransportError::dial(error, origin))?
            }
        };
        connected.notify_one();
        Ok(stream)
    }
}

impl Service<Uri> for Dialer {
    type Response = Tcp;
    type Error = TransportError;
    type Future = Pin<Box<dyn Future<Output = Result<Tcp, TransportError>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), TransportError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Uri) -> Self::Future {
        let dialer = self.clone();
        Box::pin(async move { dialer.dial().await })
    }
}

/// A failed connection to a host or to a proxy.
#[derive(Debug)]
pub(super) enum DialError {
    Connect(io::Error),
    Elapsed(Elapsed),
    Lookup(io::Error),
}

impl From<Elapsed> for DialError {
    fn from(elapsed: Elapsed) -> Self {
        Self::Elapsed(elapsed)
    }
}

/// Looks up the host, unless its address is known, and connects to one of its addresses.
async fn dial(origin: &Origin, timeouts: &Timeouts, deadline: &Deadline) -> Result<Tcp, DialError> {
    let addresses = match origin.known_addresses() {
        Some(known) => known,
        None => found(look_up(origin.clone()), timeouts, deadline).await?,
    };
    let uri = origin.uri().map_err(|_| DialError::Lookup(io::ErrorKind::InvalidInput.into()))?;
    let mut http = HttpConnector::new_with_resolver(Found(addresses));
    http.enforce_http(false);
    // Each small message is waited for, so delaying it would only add a round trip.
    http.set_nodelay(true);
    // The limit is divided among the addresses of a family, so that a dead one leaves time for the
    // next.
    http.set_connect_timeout(Some(timeouts.connect));
    let connected = deadline.run(Phase::Connect, timeouts.connect, http.call(uri)).await?;
    connected.map_err(|error| match connect_error(&error) {
        error if error.kind() == io::ErrorKind::TimedOut => {
            Elapsed { phase: Phase::Connect, after: timeouts.connect }.into()
        }
        error => DialError::Connect(error),
    })
}

/// Looks up the host on its own thread, since a silent resolver cannot be interrupted.
async fn look_up(Origin { host, port, .. }: Origin) -> io::Result<Vec<SocketAddr>> {
    thread::run(move || Ok((host, port).to_socket_addrs()?.collect())).await?
}

async fn found<T>(
    lookup: impl Future<Output = io::Result<T>>,
    timeouts: &Timeouts,
    deadline: &Deadline,
) -> Result<T, DialError> {
    let found = deadline.run(Phase::Lookup, timeouts.connect, lookup).await?;
    found.map_err(DialError::Lookup)
}

/// Copies the cause, which hyper-util only lends.
fn connect_error(error: &dyn Error) -> io::Error {
    let cause = error.source().and_then(|cause| cause.downcast_ref::<io::Error>());
    match cause.map(|cause| (cause.raw_os_error(), cause.kind())) {
        Some((Some(code), _)) => io::Error::from_raw_os_error(code),
        Some((None, kind)) => kind.into(),
        None => io::ErrorKind::Other.into(),
    }
}

/// A resolver for addresses that are known already: the lookup has its own limit and error.
#[derive(Clone)]
struct Found(Vec<SocketAddr>);

impl Service<Name> for Found {
    type Response = vec::IntoIter<SocketAddr>;
    type Error = Infallible;
    type Future = Ready<Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Name) -> Self::Future {
        ready(Ok(mem::take(&mut self.0).into_iter()))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::Instant;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn silent_resolver_times_out_after_five_seconds() {
        let begun = Instant::now();
        let timeouts = Timeouts::default();
        let deadline = Deadline::after(timeouts.total);
        let silence = found(pending::<io::Result<()>>(), &timeouts, &deadline).await;
        let Err(DialError::Elapsed(elapsed)) = silence else { panic!("{silence:?}") };
        assert_eq!((elapsed.phase, elapsed.after), (Phase::Lookup, Duration::from_secs(5)));
        // tokio's clock has a resolution of 1 ms.
        assert!(begun.elapsed() - elapsed.after < Duration::from_millis(2));
    }
}

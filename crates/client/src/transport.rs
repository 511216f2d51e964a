//! Connections to Salesforce, and their errors.
//!
//! A [`Transport`] is a connector for hyper: `hyper_rustls::HttpsConnector` over TCP, or over the
//! tunnel of a proxy. It opens a [`Connection`] for each exchange with a token endpoint. A [`Pool`]
//! keeps connections open for calls of an API. [`TransportError`] shows who can fix a fault: the
//! operator of the host ([`CertificateFault`], [`HandshakeFault`]), of the proxy ([`ProxyFault`])
//! or of this machine ([`RootsFault`]).
//!
//! It follows no redirects, decompresses nothing, and sends no request twice.
//!
//! HTTP/1.1 is [RFC 9112], TLS 1.2 and 1.3 are [RFC 5246] and [RFC 8446].
//!
//! [`TransportError`]: crate::TransportError
//! [RFC 5246]: https://www.rfc-editor.org/rfc/rfc5246
//! [RFC 8446]: https://www.rfc-editor.org/rfc/rfc8446
//! [RFC 9112]: https://www.rfc-editor.org/rfc/rfc9112

mod connector;
pub(crate) mod deadline;
pub use deadline::{Deadline, Phase};
pub(crate) mod error;
mod exchange;
pub use exchange::Connection;
mod fault;
pub use fault::{CertificateFault, HandshakeFault};
mod origin;
pub(crate) use origin::Origin;
mod peer;
pub use peer::Peer;
mod peeked;
pub use peeked::{Peeked, session_is_over};
mod pool;
pub use pool::{Body, Pool};
pub(crate) mod proxy;
pub use proxy::ProxyFault;
pub(crate) mod roots;
pub use roots::RootsFault;
mod tls;
mod tunnel;

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{Request, Response, Uri};
use tower_service::Service;

use connector::{Dialer, Stream};
use deadline::Timeouts;
use error::TransportError;
use proxy::{Proxy, Rules};
use roots::Roots;
use tls::Tls;

/// A transport over TLS 1.2 or 1.3 and HTTP/1.1.
///
/// Plain http is allowed to this machine only. A redirect is returned like any response, so an
/// assertion only goes to a host that was checked. Clones are cheap and share their roots.
///
/// It is also a connector for other hyper clients: a `Service<Uri>` with the same roots, proxy,
/// timeouts and errors.
#[derive(Clone)]
pub struct Transport {
    proxy: Arc<Proxy>,
    timeouts: Timeouts,
    tls: Arc<Tls>,
}

impl Transport {
    /// Starts to configure a transport. By default it has the roots of the system, no proxy and the
    /// default timeouts.
    pub fn builder() -> TransportBuilder {
        TransportBuilder {
            proxy: Proxy::NONE,
            roots: Roots::default(),
            timeouts: Timeouts::default(),
        }
    }

    /// Connects, sends the request, reads the response and closes the connection, within
    /// [`Timeouts::total`]. The response may have any status, and a body of up to 64 KiB.
    pub async fn exchange(
        &self,
        request: Request<Bytes>,
    ) -> Result<Response<Bytes>, TransportError> {
        let deadline = self.deadline();
        self.connect(request.uri(), deadline).await?.exchange(request, deadline).await
    }

    /// Connects to the host of `uri`, through the proxy if there is one for it.
    pub async fn connect(
        &self,
        uri: &Uri,
        deadline: Deadline,
    ) -> Result<Connection, TransportError> {
        let origin = Origin::of(uri)?;
        let proxy = self.proxy.on_the_way_to(&origin);
        let stream = self.open(&origin, proxy, deadline).await?;
        let peer = Peer::of(&stream, proxy.map(|proxy| proxy.origin.to_string()));
        Connection::over(stream, peer, origin, self.timeouts).await
    }

    /// Returns host and port of the proxy for the host of `uri`, if there is one. It does not
    /// connect.
    pub fn proxy_to(&self, uri: &Uri) -> Option<String> {
        let origin = Origin::of(uri).ok()?;
        self.proxy.on_the_way_to(&origin).map(|proxy| proxy.origin.to_string())
    }

    /// The root certificates that are trusted.
    pub fn roots(&self) -> &Roots {
        self.tls.roots()
    }

    /// Loads the roots if necessary, and returns the number of valid ones.
    pub async fn load_roots(&self) -> Result<usize, TransportError> {
        self.tls.count().await
    }

    /// Returns a deadline of [`Timeouts::total`] from now.
    pub fn deadline(&self) -> Deadline {
        Deadline::after(self.timeouts.total)
    }

    /// Returns the same transport with other timeouts. It shares the roots.
    #[must_use]
    pub fn with_timeouts(mut self, timeouts: Timeouts) -> Self {
        self.timeouts = timeouts;
        self
    }

    /// Opens a connection for another protocol than HTTP, with the same roots and without a proxy.
    #[cfg(feature = "redis")]
    pub(crate) async fn stream(
        &self,
        origin: &Origin,
    ) -> Result<hyper_util::rt::TokioIo<Stream>, TransportError> {
        let stream = self.open(origin, None, self.deadline()).await?;
        Ok(hyper_util::rt::TokioIo::new(stream))
    }

    async fn open(
        &self,
        origin: &Origin,
        proxy: Option<&Arc<Rules>>,
        deadline: Deadline,
    ) -> Result<Stream, TransportError> {
        let (proxy, timeouts) = (proxy.cloned(), self.timeouts);
        let dialer = Dialer::new(origin.clone(), proxy, timeouts, deadline);
        if origin.tls {
            dialer.secured(self.tls.config().await?).await
        } else {
            dialer.plain().await
        }
    }
}

impl Service<Uri> for Transport {
    type Response = Stream;
    type Error = TransportError;
    type Future = Pin<Box<dyn Future<Output = Result<Stream, TransportError>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), TransportError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let transport = self.clone();
        Box::pin(async move {
            let origin = Origin::of(&uri)?;
            let proxy = transport.proxy.on_the_way_to(&origin);
            transport.open(&origin, proxy, transport.deadline()).await
        })
    }
}

impl fmt::Debug for Transport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Transport")
            .field("proxy", &self.proxy)
            .field("timeouts", &self.timeouts)
            .finish_non_exhaustive()
    }
}

/// A [`Transport`] that is being configured.
#[derive(Debug)]
#[must_use = "a builder does nothing before `build`"]
pub struct TransportBuilder {
    proxy: Proxy,
    roots: Roots,
    timeouts: Timeouts,
}

impl TransportBuilder {
    /// Finishes the configuration. Nothing is connected or read before the first exchange.
    pub fn build(self) -> Transport {
        Transport {
            proxy: Arc::new(self.proxy),
            timeouts: self.timeouts,
            tls: Arc::new(Tls::new(self.roots)),
        }
    }

    /// Sets the proxy; default: [`Proxy::NONE`].
    pub fn proxy(mut self, proxy: Proxy) -> Self {
        self.proxy = proxy;
        self
    }

    /// Sets the trusted roots; default: [`Roots::SYSTEM`].
    pub fn roots(mut self, roots: Roots) -> Self {
        self.roots = roots;
        self
    }

    /// Sets the timeouts; default: [`Timeouts::default`].
    pub fn timeouts(mut self, timeouts: Timeouts) -> Self {
        self.timeouts = timeouts;
        self
    }
}

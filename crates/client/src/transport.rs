//! Connections to Salesforce, and the errors on the way there.
//!
//! A [`Transport`] is a connector for hyper: `hyper_rustls::HttpsConnector` over TCP, or over a
//! proxy's tunnel. It opens a [`Connection`] for each exchange with a token endpoint, and a [`Pool`]
//! keeps its connections open for calls of an API. [`TransportError`] sorts what fails by who can fix
//! it: the operator of the host ([`CertificateFault`], [`HandshakeFault`]), of the proxy
//! ([`ProxyFault`]) or of this machine ([`RootsFault`]).
//!
//! No redirect is followed, nothing is decompressed, and no request is sent twice.
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
mod pool;
pub use pool::{Body, Pool};
pub(crate) mod proxy;
pub use proxy::ProxyFault;
pub(crate) mod roots;
pub use roots::{Form, RootsFault};
mod tls;
mod tunnel;

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{HeaderValue, Request, Response, Uri};
use tower_service::Service;

use connector::{Dialer, Stream};
use deadline::Timeouts;
use error::TransportError;
use exchange::Terms;
use proxy::{Proxy, Rules};
use roots::Roots;
use tls::Tls;

/// Opens connections over TLS 1.2 or 1.3, and sends requests over HTTP/1.1.
///
/// Plain http is for this machine only. A redirect is an answer like any other: an assertion is
/// never sent to a host that was not checked. Cheap to clone; clones share their roots.
///
/// It is also a connector for a hyper client of your own: a `Service<Uri>` with the same roots,
/// proxy, timeouts and errors.
#[derive(Clone)]
pub struct Transport {
    proxy: Arc<Proxy>,
    terms: Terms,
    tls: Arc<Tls>,
}

impl Transport {
    /// Begins with the system's roots, no proxy and the default timeouts.
    pub fn builder() -> TransportBuilder {
        TransportBuilder {
            proxy: Proxy::NONE,
            roots: Roots::default(),
            terms: Terms {
                timeouts: Timeouts::default(),
                user_agent: HeaderValue::from_static(USER_AGENT),
            },
        }
    }

    /// Connects, sends, reads the answer and closes, all of it within [`Timeouts::total`]. Any status
    /// is an answer. Its body may have 64 KiB.
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
        Connection::over(stream, peer, origin, self.terms.clone()).await
    }

    /// Host and port of the proxy on the way to the host of `uri`, if there is one. It does not
    /// connect.
    pub fn proxy_to(&self, uri: &Uri) -> Option<String> {
        let origin = Origin::of(uri).ok()?;
        self.proxy.on_the_way_to(&origin).map(|proxy| proxy.origin.to_string())
    }

    /// The root certificates that are trusted.
    pub fn roots(&self) -> &Roots {
        self.tls.roots()
    }

    /// Loads the roots, unless that was done before, and counts those that can be used.
    pub async fn load_roots(&self) -> Result<usize, TransportError> {
        self.tls.count().await
    }

    /// A deadline for something that begins now: [`Timeouts::total`] from now on.
    pub fn deadline(&self) -> Deadline {
        Deadline::after(self.terms.timeouts.total)
    }

    /// The same transport with other timeouts, sharing its roots.
    #[must_use]
    pub fn with_timeouts(mut self, timeouts: Timeouts) -> Self {
        self.terms.timeouts = timeouts;
        self
    }

    /// A connection for another protocol than HTTP, with the same roots and without a proxy.
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
        let (proxy, timeouts) = (proxy.cloned(), self.terms.timeouts);
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
            .field("timeouts", &self.terms.timeouts)
            .finish_non_exhaustive()
    }
}

/// Settings of a [`Transport`].
#[derive(Debug)]
#[must_use = "nothing is carried before `build`"]
pub struct TransportBuilder {
    proxy: Proxy,
    roots: Roots,
    terms: Terms,
}

impl TransportBuilder {
    /// The transport. It connects to nothing and reads nothing before the first exchange.
    pub fn build(self) -> Transport {
        Transport {
            proxy: Arc::new(self.proxy),
            terms: self.terms,
            tls: Arc::new(Tls::new(self.roots)),
        }
    }

    /// Which proxy to use; [`Proxy::NONE`] unless told.
    pub fn proxy(mut self, proxy: Proxy) -> Self {
        self.proxy = proxy;
        self
    }

    /// Whom to trust; [`Roots::SYSTEM`] unless told.
    pub fn roots(mut self, roots: Roots) -> Self {
        self.roots = roots;
        self
    }

    /// How long to wait; [`Timeouts::default`] unless told.
    pub fn timeouts(mut self, timeouts: Timeouts) -> Self {
        self.terms.timeouts = timeouts;
        self
    }

    /// What to call oneself, in `User-Agent`; `orgtoken/VERSION` unless told.
    pub fn user_agent(mut self, user_agent: HeaderValue) -> Self {
        self.terms.user_agent = user_agent;
        self
    }
}

const USER_AGENT: &str = concat!("orgtoken/", env!("CARGO_PKG_VERSION"));

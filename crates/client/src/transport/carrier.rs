use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderValue, Request, Response, Uri};
use rustls::ClientConfig;
use tokio_rustls::client::TlsStream;
use tracing::debug;

use super::deadline::{Deadline, Phase, Timeouts};
use super::dial;
use super::error::TransportError;
use super::exchange::{Connection, Stream, Terms};
use super::origin::Origin;
use super::peer::Peer;
use super::proxy::{Proxy, Rules};
use super::roots::Roots;
use super::tls::{self, Tls};
use super::tunnel;

/// Carries requests over HTTP/1.1 and TLS 1.2 or 1.3, each over a connection of its own.
///
/// Plain http goes to this machine only. A redirect is an answer like any other: an assertion is
/// never sent to a host that nobody checked. Cheap to clone; clones share their roots.
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
                max_body: MAX_BODY,
                timeouts: Timeouts::default(),
                user_agent: HeaderValue::from_static(USER_AGENT),
            },
        }
    }

    /// Connects, sends, reads the answer and closes, all of it within [`Timeouts::total`]. Any status
    /// is an answer, and its body may have 64 KiB unless [`Transport::with_max_body`] said otherwise.
    pub async fn exchange(
        &self,
        request: Request<Bytes>,
    ) -> Result<Response<Bytes>, TransportError> {
        let deadline = self.deadline();
        self.connect(request.uri(), deadline).await?.exchange(request, deadline).await
    }

    /// Connects to the host of `uri`, through the proxy if one is in the way. The roots are loaded
    /// meanwhile, at the first use alone.
    pub async fn connect(
        &self,
        uri: &Uri,
        deadline: Deadline,
    ) -> Result<Connection, TransportError> {
        let origin = Origin::of(uri)?;
        if !origin.tls {
            let (stream, peer) = self.reach(&origin, &deadline).await?;
            return Connection::over(stream, peer, origin, self.terms.clone()).await;
        }
        let reached = self.reach(&origin, &deadline);
        let ((stream, peer), config) = tokio::try_join!(reached, self.tls.config())?;
        let tls = self.secure(config, stream, &origin, &deadline).await?;
        let peer = peer.secured(tls.get_ref().1);
        Connection::over(Box::new(tls), peer, origin, self.terms.clone()).await
    }

    /// Host and port of the proxy on the way to the host of `uri`, if there is one. Nothing is asked.
    pub fn proxy_to(&self, uri: &Uri) -> Option<String> {
        let origin = Origin::of(uri).ok()?;
        self.proxy.on_the_way_to(&origin).map(|proxy| proxy.origin.to_string())
    }

    /// Whom this transport trusts.
    pub fn roots(&self) -> &Roots {
        self.tls.roots()
    }

    /// Loads the roots, unless that was done before, and counts them: what cannot be read among them
    /// does not count.
    pub async fn load_roots(&self) -> Result<usize, TransportError> {
        self.tls.count().await
    }

    /// A deadline for something that begins now: [`Timeouts::total`] from now on.
    pub fn deadline(&self) -> Deadline {
        Deadline::after(self.terms.timeouts.total)
    }

    /// The same transport, sharing its roots, for answers of up to `max_body` bytes; 64 KiB unless
    /// told.
    #[must_use]
    pub fn with_max_body(mut self, max_body: usize) -> Self {
        self.terms.max_body = max_body;
        self
    }

    /// The same transport, sharing its roots, with other patience, as REST calls need it.
    #[must_use]
    pub fn with_timeouts(mut self, timeouts: Timeouts) -> Self {
        self.terms.timeouts = timeouts;
        self
    }

    /// A connection to what speaks no HTTP, with the same roots. No proxy is on the way.
    #[cfg(feature = "redis")]
    pub(crate) async fn stream(&self, origin: &Origin) -> Result<Box<dyn Stream>, TransportError> {
        let deadline = self.deadline();
        let dialed = dial::dial(origin, &self.terms.timeouts, &deadline).await;
        let tcp = dialed.map_err(|error| TransportError::dial(error, origin))?;
        if !origin.tls {
            return Ok(Box::new(tcp));
        }
        let config = self.tls.config().await?;
        Ok(Box::new(self.secure(config, Box::new(tcp), origin, &deadline).await?))
    }

    async fn secure(
        &self,
        config: Arc<ClientConfig>,
        stream: Box<dyn Stream>,
        origin: &Origin,
        deadline: &Deadline,
    ) -> Result<TlsStream<Box<dyn Stream>>, TransportError> {
        let handshake = tls::handshake(config, stream, origin);
        let handshake = deadline.run(Phase::Handshake, self.terms.timeouts.tls, handshake);
        handshake.await.map_err(|elapsed| TransportError::timeout(elapsed, origin))?
    }

    async fn reach(
        &self,
        origin: &Origin,
        deadline: &Deadline,
    ) -> Result<(Box<dyn Stream>, Peer), TransportError> {
        if let Some(proxy) = self.proxy.on_the_way_to(origin) {
            return self.reach_through(proxy, origin, deadline).await;
        }
        let dialed = dial::dial(origin, &self.terms.timeouts, deadline).await;
        let tcp = dialed.map_err(|error| TransportError::dial(error, origin))?;
        let peer = Peer { address: tcp.peer_addr().ok(), ..Peer::default() };
        Ok((Box::new(tcp), peer))
    }

    async fn reach_through(
        &self,
        proxy: &Rules,
        origin: &Origin,
        deadline: &Deadline,
    ) -> Result<(Box<dyn Stream>, Peer), TransportError> {
        debug!("connecting to {origin} through the proxy {}", proxy.origin);
        let timeouts = &self.terms.timeouts;
        let dialed = dial::dial(&proxy.origin, timeouts, deadline).await;
        let tcp = dialed.map_err(|error| proxy.error(error))?;
        let (address, name) = (tcp.peer_addr().ok(), proxy.origin.to_string());
        let tunnel = tunnel::open(proxy, Box::new(tcp), origin);
        let tunnel = deadline.run(Phase::Tunnel, timeouts.connect, tunnel).await;
        let opened = tunnel.map_err(|elapsed| proxy.error(elapsed))?;
        let stream = opened.map_err(|fault| proxy.error(fault))?;
        Ok((stream, Peer { address, proxy: Some(name), ..Peer::default() }))
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

/// A token response is 1 to 3 KiB.
const MAX_BODY: usize = 64 * 1024;

const USER_AGENT: &str = concat!("orgtoken/", env!("CARGO_PKG_VERSION"));

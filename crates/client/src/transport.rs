//! Connections, and what goes wrong on the way to a host.
//!
//! A [`Transport`](crate::Transport) makes a [`Connection`] for each exchange. Whoever wants more
//! than one answer keeps the connection, asks who is at its other end ([`Peer`]), or reads a long
//! body piece by piece ([`Streamed`]). What went wrong stands in [`TransportError`], sorted by who
//! can do something about it: whoever runs the host ([`CertificateFault`], [`HandshakeFault`]),
//! the proxy ([`ProxyFault`]) or this machine ([`RootsFault`]).
//!
//! What is *not* done here: no redirect is followed, nothing is decompressed, no connection is
//! kept for others, and no request is sent twice.
//!
//! HTTP/1.1 is [RFC 9112], TLS 1.2 and 1.3 are [RFC 5246] and [RFC 8446], happy eyeballs are
//! [RFC 8305].
//!
//! [`TransportError`]: crate::TransportError
//! [RFC 5246]: https://www.rfc-editor.org/rfc/rfc5246
//! [RFC 8305]: https://www.rfc-editor.org/rfc/rfc8305
//! [RFC 8446]: https://www.rfc-editor.org/rfc/rfc8446
//! [RFC 9112]: https://www.rfc-editor.org/rfc/rfc9112

pub(crate) mod carrier;
pub(crate) mod deadline;
pub use deadline::{Deadline, Phase};
mod dial;
pub(crate) mod error;
mod exchange;
pub use exchange::Connection;
mod fault;
pub use fault::{CertificateFault, HandshakeFault};
mod origin;
#[cfg(feature = "redis")]
pub(crate) use origin::Origin;
mod peer;
pub use peer::Peer;
pub(crate) mod proxy;
pub use proxy::ProxyFault;
pub(crate) mod roots;
pub use roots::RootsFault;
mod stream;
pub use stream::Streamed;
mod tls;
mod tunnel;
mod verify;

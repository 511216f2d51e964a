//! Salesforce access tokens over the network.
//!
//! Two wings: [`Transport`] carries one HTTP request at a time over a connection of its own, and
//! refuses whatever a token endpoint has no business sending.
//!
//! What is *not* done here: no redirect is followed, nothing is decompressed, no connection is
//! kept for later, no environment variable, argument or terminal is looked at.
//!
//! ```
//! use bytes::Bytes;
//! use orgtoken_client::{Roots, Transport};
//!
//! # async fn versions() -> Result<(), orgtoken_client::TransportError> {
//! let transport = Transport::builder().roots(Roots::Bundled).build();
//! let request = http::Request::get("https://acme.my.salesforce.com/services/data/")
//!     .body(Bytes::new())
//!     .expect("the parts are valid");
//! let answer = transport.exchange(request).await?;
//! assert_eq!(answer.status(), 200);
//! # Ok(())
//! # }
//! ```
//!
//! HTTP/1.1 is [RFC 9112], TLS 1.2 and 1.3 are [RFC 5246] and [RFC 8446], happy eyeballs are
//! [RFC 8305].
//!
//! [RFC 5246]: https://www.rfc-editor.org/rfc/rfc5246
//! [RFC 8305]: https://www.rfc-editor.org/rfc/rfc8305
//! [RFC 8446]: https://www.rfc-editor.org/rfc/rfc8446
//! [RFC 9112]: https://www.rfc-editor.org/rfc/rfc9112

#![forbid(unsafe_code)]

mod transport;
pub use transport::{
    CertificateFault, Connection, Deadline, HandshakeFault, Phase, Proxy, ProxyFault, Roots,
    RootsFault, Timeouts, Transport, TransportBuilder, TransportError,
};

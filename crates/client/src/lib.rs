//! Salesforce access tokens over the network.
//!
//! [`Transport`] carries HTTP requests, and refuses whatever a token endpoint has no business
//! sending. [`Login`] signs an assertion, has it carried and reads the answer; what passes by
//! itself it tries again, with an assertion of its own for each attempt. A [`TokenSource`] hands
//! out tokens again and again, and logs in as seldom as can be; a [`Store`] shares them between
//! processes and hosts.
//!
//! What is *not* done here: no redirect is followed, nothing is decompressed, no argument or
//! terminal is looked at. Time is asked of the caller, and so are the values of variables.
//!
//! ```no_run
//! use std::sync::Arc;
//!
//! use orgtoken_assertion::{RingSigner, SigningKey, UnixTime};
//! use orgtoken_client::{Login, Transport};
//! use orgtoken_oauth::{AllowedHosts, InstanceUrl, Resolution};
//!
//! # async fn token(key: &[u8], clock: fn() -> UnixTime) -> Result<(), Box<dyn std::error::Error>> {
//! let signer = Arc::new(RingSigner::new(SigningKey::from_bytes(key)?));
//! let org = InstanceUrl::parse("https://acme.my.salesforce.com", &AllowedHosts::none())?;
//! let resolution = Resolution::resolve(None, Some(&org), None)?;
//!
//! let login = Login::new("3MVG9…", "robot@acme.com", signer, resolution);
//! let granted = login.obtain(&Transport::builder().build(), clock).await?;
//! println!("for {}", granted.token().instance_url().as_str());
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

mod login;
pub use login::{Attempt, AttemptError, LoggedIn, Login, LoginError};
mod random;
mod signer;
pub use signer::{AgentError, AgentSigner, CommandError, CommandSigner, sealing_secret};
mod source;
pub use source::{HeldToken, LoginSource, TokenError, TokenSource};
mod store;
pub use store::{
    BootSecrets, BootTime, Cache, Failure, FileStore, Held, Lease, Listing, MemoryStore, Moment,
    SealingKey, State, Store, Unsafe, Who, Work,
};
#[cfg(feature = "redis")]
pub use store::{RedisCache, RedisFault, RedisStore, RedisUrlError};
mod transport;
pub use transport::{
    CertificateFault, Connection, Deadline, HandshakeFault, Peer, Phase, Proxy, ProxyFault, Roots,
    RootsFault, Streamed, Timeouts, Transport, TransportBuilder, TransportError,
};

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

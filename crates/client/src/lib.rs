//! Salesforce access tokens for servers: one login per token life, however many ask.
//!
//! A [`Login`] says who asks, where, and with which key; a [`Transport`] carries what it signs. A
//! [`LoginSource`] makes a token of them whenever one is needed, and logs in as seldom as can be:
//! nearly always there is one at hand, and to take it costs some 50 ns.
//!
//! ```
//! use std::sync::Arc;
//! use std::time::Duration;
//!
//! use orgtoken_assertion::SigningKey;
//! use orgtoken_client::{Login, LoginSource, Proxy, Roots, TokenSource, Transport};
//! use orgtoken_oauth::{AllowedHosts, InstanceUrl, Resolution};
//!
//! # use orgtoken_fake_org::{AppKey, FakeOrg, User};
//! # let app = AppKey::generate();
//! # let user = User::new("robot@acme.com");
//! # let org = FakeOrg::builder().tls(true).certificate(app.certificate_pem());
//! # let org = org.client_id("3MVG9…").user(user).start()?;
//! # let (key, ca_pem) = (app.secret().as_bytes(), org.ca_pem().unwrap().into());
//! # let proxy = Proxy::new(&org.proxy_url(), "")?;
//! # let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
//! # runtime.block_on(async {
//! let acme = InstanceUrl::parse("https://acme.my.salesforce.com", &AllowedHosts::none())?;
//! let resolution = Resolution::resolve(None, Some(&acme), None)?;
//! let signer = Arc::new(SigningKey::from_bytes(key)?);
//! let login = Login::new("3MVG9…", "robot@acme.com", signer, resolution);
//! let transport = Transport::builder().proxy(proxy).roots(Roots::Pem(ca_pem)).build();
//!
//! // Once. It may be cloned, and is an object: `Arc<dyn TokenSource>`.
//! let source = LoginSource::new(login, transport);
//!
//! // For each call to the API. It is good for a minute at least.
//! let cached = source.token(Duration::from_secs(60)).await?;
//! assert_eq!(cached.token().instance_url(), &acme);
//!
//! // Should the API refuse it all the same, it is dropped, and no other.
//! source.invalidate(&cached);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! # })?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Where to go on
//!
//! * **Processes and hosts that share a token** have a store in common: [`cache`].
//! * **A key outside the process**, in an SSH agent or behind a command, has a signer in
//!   `orgtoken-signer`.
//! * **One token, once** is [`Login::obtain`], which also tells by which attempt.
//! * **What went wrong** stands in [`TokenError`] and [`LoginError`], with a `code()` that does not
//!   change and a `hint()` that says what to do next; what went wrong on the way, in
//!   [`TransportError`] and [`transport`].
//! * **A source of your own** implements [`TokenSource`], and hands out what it [`CachedToken`].
//!
//! What is *not* done here: no redirect is followed, nothing is decompressed, no environment
//! variable, argument or terminal is looked at. Roots, proxy, timeouts and stores are handed in.
//! Futures need a tokio runtime with its I/O and time turned on.
//!
//! The grant is [RFC 7523]; `orgtoken-oauth` speaks it, and has no I/O.
//!
//! [RFC 7523]: https://www.rfc-editor.org/rfc/rfc7523

#![forbid(unsafe_code)]

mod clock;
pub use clock::{BootTime, Timestamp};
mod cached_token;
pub use cached_token::CachedToken;
pub mod hub;
mod login;
pub use login::{Attempt, AttemptError, LoggedIn, Login, LoginError};
mod random;
mod source;
pub use source::{LoginSource, LoginSourceBuilder, TokenError, TokenSource};
pub mod cache;
mod thread;
pub mod transport;
pub use transport::deadline::Timeouts;
pub use transport::error::TransportError;
pub use transport::proxy::Proxy;
pub use transport::roots::Roots;
pub use transport::{Transport, TransportBuilder};
mod box_future;
pub use box_future::BoxFuture;

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

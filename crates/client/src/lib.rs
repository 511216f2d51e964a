//! Salesforce access tokens for servers: one login per token, for any number of callers.
//!
//! A [`Login`] is the identity, the token endpoint and the key of a login. A [`Transport`] sends
//! its requests. A [`LoginSource`] returns a valid token and logs in as rarely as possible: usually
//! the token is cached, and a call takes about 50 ns.
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
//! // Once. It can be cloned, and can be a trait object: `Arc<dyn TokenSource>`.
//! let source = LoginSource::new(login, transport);
//!
//! // For each call of the API. The token stays valid for at least a minute.
//! let cached = source.token(Duration::from_secs(60)).await?;
//! assert_eq!(cached.token().instance_url(), &acme);
//!
//! // If the API rejects this token, drop it.
//! source.invalidate(&cached);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! # })?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Overview
//!
//! * Processes and hosts share a token through a [`cache`].
//! * Signers for keys outside the process (SSH agent, command) are in `orgtoken-signer`.
//! * [`Login::obtain`] gets one token, and reports the attempts.
//! * Errors are [`TokenError`], [`LoginError`] and [`TransportError`]. Each has a stable code and a
//!   hint ([`Diagnostic`](orgtoken_assertion::Diagnostic)). [`error_chain()`] returns the message with
//!   those of the causes.
//! * Other sources of tokens implement [`TokenSource`] and return a [`CachedToken`].
//!
//! The crate follows no redirects and decompresses nothing. It reads no environment variables or
//! arguments and uses no terminal: the caller passes roots, proxy, timeouts and caches. Futures
//! need a tokio runtime with I/O and time enabled. A login runs on the runtime of the caller that
//! began it, so that runtime has to keep running.
//!
//! The grant is [RFC 7523], implemented by `orgtoken-oauth` without I/O.
//!
//! [RFC 7523]: https://www.rfc-editor.org/rfc/rfc7523

#![cfg_attr(docsrs, feature(doc_cfg))] // docs.rs shows the feature of an item
#![forbid(unsafe_code)]

use std::pin::Pin;

mod clock;
pub use clock::{BootTime, Timestamp};
mod cached_token;
pub use cached_token::CachedToken;
mod error_chain;
pub use error_chain::error_chain;
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

/// A boxed future, so that sources and caches can be trait objects.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

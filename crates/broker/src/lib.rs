//! A local token service: Salesforce access tokens for other programs of this machine.
//!
//! A [`Broker`] serves tokens over a Unix socket, or over TCP on the loopback, to programs that
//! never see a key: `POST /v1/token` for any program, `POST /onify/access-token` for the Onify
//! blueprint, `GET /healthz` and `GET /metrics` for monitoring.
//!
//! It also forwards calls of the REST API for programs that never see a token:
//! `/proxy/PROFILE/services/data/…` is sent to the org of that profile ([`Profile::forward`]), if
//! [`CallRules`] allow it. A [`Listener`] can be limited to such calls.
//!
//! The crate uses no terminal, arguments or environment variables, and parses no settings: a
//! [`ProfileLoader`] reads them, and a [`Reloader`] calls it when files change. A request can only
//! choose a profile by its name. It cannot choose an address, an audience, a user or a key.
//!
//! ```
//! use orgtoken_broker::{Broker, ListenError, Listener, Profiles};
//!
//! # async fn serve(profiles: Profiles, clock: fn() -> orgtoken_assertion::UnixTime)
//! # -> Result<(), ListenError> {
//! let broker = Broker::builder(profiles, clock).build();
//! let listener = Listener::unix("orgtoken.sock")?;
//! tokio::spawn(broker.clone().serve(listener));
//! // … until the service is stopped:
//! broker.drain().await;
//! # Ok(())
//! # }
//! ```
//!
//! # Gates
//!
//! A request passes these checks in this order, and each has a counter in `/metrics`:
//!
//! 1. On a Unix socket the peer is the owner, root, or a user that a profile allows ([`Access`]).
//! 2. TCP is bound to `127.0.0.1` or `::1` only.
//! 3. On TCP the request has the bearer token ([`Bearer`]).
//! 4. It has the header `X-Orgtoken-Request: 1`, which a web page cannot send to another origin. A
//!    call with the bearer token needs no header.
//! 5. It has one `Host` header, which on TCP names the loopback.
//! 6. No header shows that it was forwarded, or that it comes from a web page.
//! 7. Method, path and body are those of one of the four resources, for a profile that is open to
//!    the peer; or the rules of the profile allow the call.
//! 8. Connections and requests are within their limits ([`Limits`]).
//! 9. The response may not be stored, and a grant or a call is logged ([`AuditLine`]).

#![forbid(unsafe_code)]

mod access;
pub use access::{Access, AccountsError};
mod audit;
mod response;
pub use audit::{AuditEvent, AuditLine};
mod bearer;
pub use bearer::{Bearer, BearerError, CurrentBearer};
mod broker;
pub use broker::{Broker, BrokerBuilder};
mod call_rules;
pub use call_rules::CallRules;
mod checks;
mod connection;
mod health;
pub use health::{Health, HealthError, HealthStatus};
mod file_fingerprint;
pub use file_fingerprint::FileFingerprints;
mod token_response;
pub use token_response::TokenResponse;
mod limits;
pub use limits::Limits;
mod listener;
pub use listener::{ListenError, Listener};
mod metrics;
mod peer;
pub use peer::Peer;
mod error_response;
mod profile;
pub use profile::{Profile, Profiles};
mod proxy;
mod reload;
pub use reload::{LoadedProfile, ProfileList, ProfileLoader, Reloader};
mod request;
#[cfg(test)]
mod testing;
mod ticker;

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

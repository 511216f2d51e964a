//! Salesforce access tokens for everything else on this machine.
//!
//! A [`Broker`] hands out tokens over a Unix socket, or over TCP on the loopback, to programs that
//! never see a key: `POST /v1/token` for any program, `POST /onify/access-token` for the Onify
//! blueprint, `GET /healthz` and `GET /metrics` for whoever watches it.
//!
//! What is *not* done here: no terminal, argument or environment variable is looked at, no
//! settings are read, and no caller can choose an address, an audience, a user or a key, only the
//! name of a profile.
//!
//! ```
//! use orgtoken_broker::{Broker, Limits, ListenError, Listener, Profiles};
//!
//! # async fn serve(profiles: Profiles, clock: fn() -> orgtoken_assertion::UnixTime)
//! # -> Result<(), ListenError> {
//! let broker = Broker::new(profiles, Limits::default(), clock);
//! let listener = Listener::unix("orgtoken.sock")?;
//! tokio::spawn(broker.clone().serve(listener));
//! // … until someone asks it to end:
//! broker.drain().await;
//! # Ok(())
//! # }
//! ```
//!
//! # Gates
//!
//! A request passes them in this order, and each has a counter in `/metrics`:
//!
//! 1. On a Unix socket the peer is the owner, root, or whom a profile lets in ([`Access`]).
//! 2. TCP is bound to `127.0.0.1` or `::1` only.
//! 3. On TCP there is a bearer token ([`Bearer`]).
//! 4. The header `X-Orgtoken-Request: 1` is there, which a web page cannot send elsewhere.
//! 5. There is one `Host`, and on TCP it is the loopback's.
//! 6. Nothing says that the request was forwarded, or that it comes from a web page.
//! 7. Method, path and body are one of the four above, and the profile is a known one.
//! 8. Neither connections nor requests are too many ([`Limits`]).
//! 9. What is answered is not stored, and what was granted is written down ([`Grant`]).

#![forbid(unsafe_code)]

mod access;
pub use access::{Access, Accounts, AccountsError};
mod answer;
mod audit;
pub use audit::Grant;
mod bearer;
pub use bearer::{Bearer, BearerError};
mod broker;
pub use broker::Broker;
mod checks;
mod connection;
mod token_response;
pub use token_response::TokenResponse;
mod limits;
pub use limits::Limits;
mod listener;
pub use listener::{ListenError, Listener};
mod metrics;
mod peer;
pub use peer::Peer;
mod problem;
mod profile;
pub use profile::{Profile, Profiles};
mod request;
#[cfg(test)]
mod testing;
mod ticker;

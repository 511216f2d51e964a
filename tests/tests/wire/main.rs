//! The transport against servers that misbehave, on loopback and on a paused clock.
//!
//! | module | what |
//! |---|---|
//! | `answers` | what a token endpoint has no business sending |
//! | `faults` | connections that fail |
//! | `login` | from an identity to a token |
//! | `pool` | connections that stay open between calls |
//! | `proxy` | proxies, good and bad |
//! | `outage` | sources of tokens while the endpoint grants none, or the same one |
//! | `retry` | attempts after attempts that failed |
//! | `tls` | certificates and handshakes |

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod answers;
mod certs;
mod faults;
mod login;
mod outage;
mod pool;
mod proxy;
mod retry;
mod server;
mod tls;

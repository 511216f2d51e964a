//! The transport against servers that misbehave, on loopback and on a paused clock.
//!
//! | module | what |
//! |---|---|
//! | `answers` | what a token endpoint has no business sending (A102–A109, A116) |
//! | `faults` | connections that fail (B01–B08) |
//! | `login` | from an identity to a token (A98, A108) |
//! | `pool` | connections that stay open between calls |
//! | `proxy` | proxies, good and bad (B34, D16) |
//! | `outage` | sources of tokens while the endpoint grants none, or the same one |
//! | `retry` | attempts after attempts that failed (B02–B14, B25) |
//! | `tls` | certificates and handshakes (B04, B05, D17) |

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

//! The transport against servers that misbehave, on the loopback, with a paused clock.
//!
//! | module | subject |
//! |---|---|
//! | `answers` | responses that no token endpoint should send |
//! | `faults` | connections that fail |
//! | `login` | logins and their errors |
//! | `outage` | token sources while the endpoint grants no new token |
//! | `pool` | connections that stay open between calls |
//! | `proxy` | proxies |
//! | `retry` | further attempts |
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

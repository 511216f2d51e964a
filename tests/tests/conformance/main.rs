//! The program against everything that an org, a bad server or a careless user can give it.
#![forbid(unsafe_code)]
#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod hostile;
mod keys;
mod memory;
mod scenarios;
mod verbose;

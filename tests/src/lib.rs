//! The fixture of all integration tests: an org, its user, the program and test keys.
//!
//! `README.md` lists the tests and says where a new one belongs. The binaries of this package do
//! the heavy tasks of `cargo xtask`.
#![forbid(unsafe_code)]
#![expect(clippy::unwrap_used, reason = "a test whose fixture cannot be set up has failed")]

pub mod keys;
pub mod memory;
pub mod program;
pub mod raw;
pub mod redis_server;
pub mod secret;
pub mod test_org;
pub mod tokens;
pub mod tools;

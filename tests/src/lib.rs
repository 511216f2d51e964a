//! The crates and the program against the fake org.
//!
//! The binaries of this package do the heavy tasks of `cargo xtask`; its integration tests, one
//! binary for each theme, look at several crates at once.
#![forbid(unsafe_code)]

pub mod cases;
pub mod home;
pub mod keys;
pub mod memory;
pub mod program;
pub mod raw;
pub mod secret;
pub mod stage;
pub mod tokens;

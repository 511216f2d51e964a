//! The crates and the program against the fake org.

#![forbid(unsafe_code)]

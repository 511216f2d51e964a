//! Documents and examples do what they say.
#![forbid(unsafe_code)]
#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod book;
mod examples;
mod readme;
mod reference;

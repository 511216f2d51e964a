//! Calls to an org on this machine.
//!
//! `calls` one by one and their failures, `sessions` that end, `trouble` on the way, `pages` of
//! queries, `many` records by one call, `load` of
//! record files.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod calls;
mod load;
mod many;
mod pages;
mod sessions;
mod support;
mod trouble;

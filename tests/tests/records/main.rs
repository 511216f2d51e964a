//! Calls to an org on this machine.
//!
//! | module | subject |
//! |---|---|
//! | `authorize` | the `tower` layer |
//! | `bulk` | jobs of Bulk API 2.0, and record files by them |
//! | `calls` | single calls and their errors |
//! | `collections` | many records in one call |
//! | `load` | record files |
//! | `pages` | queries and their pages |
//! | `retries` | transient and permanent failures |
//! | `sessions` | expired tokens, moved orgs |

#![expect(clippy::unwrap_used, reason = "a test that cannot continue has failed")]

mod authorize;
mod bulk;
mod calls;
mod collections;
mod load;
mod pages;
mod retries;
mod sessions;
mod support;

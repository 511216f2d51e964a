//! The program `orgtoken` against an org and against servers that misbehave. `tests/README.md` lists
//! the modules.
#![forbid(unsafe_code)]
#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod api;
mod bulk;
mod cache;
mod catalogue;
mod config;
mod describe;
mod doctor;
mod exec_and_revoke;
mod existing_token;
mod faults;
mod hardening;
mod hostile;
mod hub;
mod jq;
mod keys;
mod memory;
mod proxy;
mod query;
mod query_bulk;
mod record;
mod record_bulk;
mod record_files;
mod record_resume;
mod redis;
mod refusals;
mod remote_keys;
mod scenarios;
mod secrecy;
mod serve;
mod settings;
mod setup;
mod snapshot;
mod stdio;
mod terminal;
mod test_keys;
mod token;
mod verbose;

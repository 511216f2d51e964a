//! The program against an org on this machine.
//!
//! | module | what |
//! |---|---|
//! | `api` | calls the org |
//! | `cache` | lets runs share a login |
//! | `catalogue` | every refusal, as it is told |
//! | `closed` | keeps others out of its process |
//! | `doctor` | says why there is no token |
//! | `existing_token` | a token that the environment holds |
//! | `hub` | gets settings from there |
//! | `keys` | makes and compares |
//! | `record_files`, `record_resume` | loads files of records, and continues after any end |
//! | `refusals` | what is told when there is no token |
//! | `secrecy`, `streams` | what must never be seen, and where |
//! | `serve` | lets other programs share a login |
//! | `settings` | converts |
//! | `setup` | leads from nothing to a token |
//! | `token` | the main job in all its outputs |

#![expect(clippy::unwrap_used, reason = "what a helper of a test cannot do, the test has failed")]

mod api;
mod cache;
mod catalogue;
mod closed;
mod doctor;
mod elsewhere;
mod existing_token;
mod faults;
mod hand_on;
mod hosts;
mod hub;
mod keys;
mod keys_page;
mod query;
mod record;
mod record_files;
mod record_resume;
#[path = "../../../client/tests/source/redis_server.rs"]
mod redis_server;
mod refusals;
mod secrecy;
mod serve;
mod settings;
mod setup;
mod snapshot;
mod streams;
mod token;

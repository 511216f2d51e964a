//! The program against an org on this machine.
//!
//! `token` is the main job in all its outputs, `cache` lets runs share a login, `serve` lets other
//! programs share it, `refusals` what is told when there is none, `doctor` why, `api` calls the org, `hub` gets
//! settings from there, `keys` makes and compares, `settings` converts, `secrecy` and `streams` what
//! must never be seen and where.

#![expect(clippy::unwrap_used, reason = "what a helper of a test cannot do, the test has failed")]

mod api;
mod cache;
mod doctor;
mod elsewhere;
mod hub;
mod keys;
mod refusals;
mod secrecy;
mod serve;
mod settings;
mod streams;
mod support;
mod token;

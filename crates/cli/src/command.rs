//! The commands. Each one reads, calls the libraries and prints.

pub(crate) mod api;
pub(crate) mod assertion;
pub(crate) mod blueprint;
pub(crate) mod bulk;
pub(crate) mod cache;
pub(crate) mod cert;
pub(crate) mod completions;
pub(crate) mod config;
pub(crate) mod describe;
pub(crate) mod doctor;
pub(crate) mod exec;
pub(crate) mod explain;
pub(crate) mod help;
pub(crate) mod key;
pub(crate) mod man;
mod origin;
pub(crate) mod query;
pub(crate) mod record;
pub(crate) mod resolve;
pub(crate) mod revoke;
pub(crate) mod serve;
pub(crate) mod settings;
pub(crate) mod setup;
pub(crate) mod token;
pub(crate) mod whoami;

//! A login, from arguments and settings to a token.

pub(crate) mod cache;
pub(crate) mod config;
pub(crate) mod context;
pub(crate) mod existing_token;
pub(crate) mod hub;
pub(crate) mod inputs;
pub(crate) mod key_file;
pub(crate) mod profiles;
pub(crate) mod resolved_login;
pub(crate) mod secret_variables;
pub(crate) mod signer;
pub(crate) mod transport;

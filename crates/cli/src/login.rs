//! A login, from arguments and settings to a token.

pub(crate) mod context;
pub(crate) mod existing_token;
pub(crate) mod private_key;
pub(crate) mod secret_variables;
pub(crate) mod session;
pub(crate) mod signer;
pub(crate) mod transport;

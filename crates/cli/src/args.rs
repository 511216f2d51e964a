//! Arguments that commands share.

mod api_name;
mod caller;
mod delimiter;
mod header;
mod id;
mod leading;
mod login;
mod network;
mod other_names;
mod passphrase;
mod same_login;
mod secret;
mod tokens;
mod usage;

pub(crate) use api_name::api_name;
pub(crate) use caller::Caller;
pub(crate) use delimiter::delimiter;
pub(crate) use header::header;
pub(crate) use id::is_id;
pub(crate) use leading::behind_command;
pub(crate) use login::{Login, candidates, profile_names};
pub(crate) use network::{Network, Route, duration};
pub(crate) use passphrase::Passphrase;
pub(crate) use same_login::login_flags;
pub(crate) use secret::refuse as refuse_secrets;
pub(crate) use tokens::Tokens;
pub(crate) use usage::{UsageError, did_you_mean};

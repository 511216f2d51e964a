//! Arguments that commands share.

mod caller;
mod leading;
mod login;
mod network;
mod other_names;
mod passphrase;
mod same_login;
mod secret;
mod usage;
mod values;

pub(crate) use caller::{Caller, Tokens};
pub(crate) use leading::behind_command;
pub(crate) use login::{Login, candidates, profile_names};
pub(crate) use network::{Network, Route, duration};
pub(crate) use passphrase::Passphrase;
pub(crate) use same_login::login_flags;
pub(crate) use secret::refuse as refuse_secrets;
pub(crate) use usage::{UsageError, did_you_mean};
pub(crate) use values::{api_name, delimiter, header};

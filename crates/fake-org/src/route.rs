//! The handlers by path.

use crate::call::Call;
use crate::org::Org;
use crate::reply::{self, Reply};
#[cfg(feature = "rest")]
use crate::rest;
use crate::{control, identity, token_endpoint};

/// Answers a call.
pub(crate) fn answer(org: &Org, call: &Call) -> Reply {
    let path = site_path(call.path());
    let segments: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    match segments.as_slice() {
        ["services", "oauth2", "token"] => token_endpoint::answer(org, call),
        ["services", "oauth2", "userinfo"] => identity::userinfo(org, call),
        ["services", "oauth2", "revoke"] => identity::revoke(org, call),
        #[cfg(feature = "rest")]
        ["services", "data", rest @ ..] => rest::answer(org, call, rest),
        ["services", "Soap" | "async" | "apexrest", ..] => reply::not_offered(path),
        ["id", org_id, user_id] => identity::identity(org, call, org_id, user_id),
        ["__fake", rest @ ..] => control::answer(org, call, rest),
        _ => reply::login_page(),
    }
}

/// Removes the path of an Experience Cloud site (`/customers/services/…`).
fn site_path(path: &str) -> &str {
    path.find("/services/").map_or(path, |start| &path[start..])
}

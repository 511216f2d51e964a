//! `revoke`: revokes the cached token.

use orgtoken_client::cache::TokenCache;
use orgtoken_client::{Timestamp, Transport};
use orgtoken_oauth::TokenResponseError;
use orgtoken_oauth::session;

use crate::args::Caller;
use crate::failure::Failure;
use crate::io::console::Console;
use crate::login::resolved_login::{LONGEST_LOGIN, ResolvedLogin};
use crate::runtime::wait_for;

/// Revoke the cached token
///
/// Programs that still use it get INVALID_SESSION_ID. The next command logs in again.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    caller: Caller,
}

pub(crate) fn run(args: &Args, console: &Console) -> Result<(), Failure> {
    let mut login = ResolvedLogin::open(&args.caller, console)?;
    let transport = login.transport()?;
    let revoked = match login.take_store(&transport)? {
        Some(store) => wait_for(revoke(store.as_ref(), &transport))?,
        None => false,
    };
    if console.json() {
        return Ok(console.document(&serde_json::json!({ "revoked": revoked }))?);
    }
    console.remark(&if revoked { "token revoked" } else { "no cached token to revoke" });
    Ok(())
}

/// Revokes the token, then removes it from the cache.
async fn revoke(store: &dyn TokenCache, transport: &Transport) -> Result<bool, Failure> {
    let Some(held) = store.load().await.token else { return Ok(false) };
    let token = held.token();
    let request = session::revoke(token.instance_url(), token.access_token());
    let answer = transport.exchange(request).await.map_err(|error| match error.is_unsent() {
        true => Failure::from(error),
        false => Failure::from(error).with_note("the token may have been revoked"),
    })?;
    let revoked = match session::revoked(&answer, Timestamp::now().wall) {
        Ok(()) => true,
        // The token had expired or was revoked before.
        Err(TokenResponseError::Refused(refusal)) if ENDED.contains(&refusal.code()) => false,
        Err(error) => return Err(error.into()),
    };
    let lease = store.lease(LONGEST_LOGIN).await;
    let mut state = store.load().await;
    // Another process may have cached a new token.
    if state.token.as_ref().is_some_and(|kept| kept.token().access_token().is(token.access_token()))
    {
        state.token = None;
        store.save(&state, &lease).await;
    }
    store.release(lease).await;
    Ok(revoked)
}

const ENDED: [&str; 2] = ["invalid_token", "unsupported_token_type"];

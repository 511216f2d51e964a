//! An access token in the environment, as in a command that `exec` runs.

use orgtoken_oauth::{AccessToken, Token};
use orgtoken_rest::Org;
use orgtoken_settings::ApiVersion;

use crate::args::{Caller, Login};
use crate::clock;
use crate::environment::{ACCESS_TOKEN as TOKEN, login_variables, variable};
use crate::failure::Failure;
use crate::io::console::Console;
use crate::login::context::Context;
use crate::login::transport::{transport_with, with_call_timeouts};

/// Returns the org of `SF_ACCESS_TOKEN`, or `None` if it is not set, or if flags or `ORGTOKEN_*`
/// choose a login.
pub(crate) fn org(
    caller: &Caller,
    console: &Console,
) -> Result<Option<(Org, ApiVersion)>, Failure> {
    let Caller { login, network, .. } = caller;
    let Some(token) = variable(TOKEN).filter(|_| !asks_for_login(login)) else { return Ok(None) };
    // A token is ASCII: the parser refuses the substitute of other bytes.
    let token = AccessToken::parse(token.to_string_lossy().trim()).map_err(|error| {
        unusable(&format!("{TOKEN} is not an access token: {error}"), "correct it")
    })?;
    let (name, url) = url()?;
    let context = Context { login, route: Some(&network.route), console };
    let settings = context.call_settings(name, url)?;
    tracing::info!("token from {TOKEN}, for {} from {name}", settings.instance_url);
    let transport = transport_with(network, settings.ca_file.as_deref(), settings.proxy.as_ref())?;
    let version = settings.api_version;
    let token = Token::existing(token, settings.instance_url, clock::now());
    Ok(Some((Org::new(with_call_timeouts(transport, network), token, version.major()), version)))
}

/// Whether flags or `ORGTOKEN_*` choose a login or its org.
fn asks_for_login(login: &Login) -> bool {
    login.is_given()
        || [&login.instance_url, &login.login_url, &login.audience].into_iter().any(Option::is_some)
        || login_variables().any(|name| variable(&name).is_some())
}

/// Returns the URL of the token's org and the name of its variable.
fn url() -> Result<(&'static str, String), Failure> {
    let found = URLS.map(|name| variable(name).map(|url| url.to_string_lossy().into_owned()));
    match found {
        [Some(one), Some(other)] if one.trim_end_matches('/') != other.trim_end_matches('/') => {
            let what =
                format!("{} and {} differ, and {TOKEN} belongs to one of them", URLS[0], URLS[1]);
            Err(Failure::new("settings.conflict", Some("unset the wrong one"), what))
        }
        [Some(url), _] => Ok((URLS[0], url)),
        [None, Some(url)] => Ok((URLS[1], url)),
        [None, None] => Err(unusable(
            &format!("{TOKEN} is set, but neither {} nor {} is", URLS[0], URLS[1]),
            "set the URL of the token's org",
        )),
    }
}

fn unusable(what: &str, remedy: &str) -> Failure {
    let hint = format!("{remedy}, or name a login with `--profile`");
    Failure::new("settings.access_token", Some(hint), what)
}

/// The variables of the URL of the org.
const URLS: [&str; 2] = ["SF_INSTANCE_URL", "SF_ORG_INSTANCE_URL"];

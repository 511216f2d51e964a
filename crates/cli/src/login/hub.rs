//! The settings record of Onify Hub that arguments and environment name.

use std::path::Path;

use orgtoken_client::hub::fetch_record;
use zeroize::Zeroizing;

use crate::args::Route;
use crate::environment::variable;
use crate::failure::Failure;
use crate::io::input::read_hub_token;
use crate::login::transport;
use crate::runtime::wait_for;

/// The prefix of the Hub's address where the path of a file is allowed as well.
pub(crate) const SCHEME: &str = "hub:";

/// The prefix of the variables that are about the Hub and are not settings of a login.
pub(crate) const VARIABLES: &str = "ORGTOKEN_HUB_";

/// Fetches a record from the Hub at `url`. Environment variables name the key and the file of the
/// Hub's token if the arguments do not.
pub(crate) fn pull(
    url: &str,
    key: Option<&str>,
    token_file: Option<&Path>,
    route: Option<&Route>,
) -> Result<Zeroizing<Vec<u8>>, Failure> {
    let named = KEYS.into_iter().find_map(variable).map(|key| key.to_string_lossy().into_owned());
    let key = key.or(named.as_deref()).unwrap_or(DEFAULT_KEY);
    let token = token(token_file)?;
    let transport = transport::transport_of_route(route).map_err(Failure::without_doctor)?;
    wait_for(fetch_record(&transport, url, key, &token)).map_err(Failure::without_doctor)
}

fn token(file: Option<&Path>) -> Result<Zeroizing<Vec<u8>>, Failure> {
    let named = || variable(TOKEN_FILE).map(Into::into);
    if let Some(file) = file.map(Path::to_owned).or_else(named) {
        return Ok(read_hub_token(&file)?);
    }
    let token = variable(TOKEN).ok_or_else(|| {
        let hint = format!("put it into {TOKEN}, or into a file that {TOKEN_FILE} names");
        Failure::new("settings.hub_token", Some(hint), "the token for the Hub is missing")
    })?;
    Ok(Zeroizing::new(token.into_encoded_bytes()))
}

/// The setting `record_key`, which is read before any file is.
const KEYS: [&str; 2] = ["ORGTOKEN_SETTINGS_KEY", "ORGTOKEN_RECORD_KEY"];
const DEFAULT_KEY: &str = "_salesforce_api_settings";
const TOKEN: &str = "ORGTOKEN_HUB_TOKEN";
const TOKEN_FILE: &str = "ORGTOKEN_HUB_TOKEN_FILE";

//! The profiles of `config.toml`.

use orgtoken_broker::ProfileList;
use orgtoken_settings::{Input, Layer, Loader, ProfileChoice, Settings};
use tracing::subscriber::{NoSubscriber, with_default};

use crate::args::Login;
use crate::failure::Failure;
use crate::login::config::Config;
use crate::login::context::variables;
use crate::login::hub;
use crate::login::inputs::InputReader;

/// Returns the profiles of `config.toml`, or `None` if a flag or variable chooses one login.
pub(crate) fn profiles(login: &Login) -> Result<Option<ProfileList>, Failure> {
    let is_one = [&login.username, &login.client_id].into_iter().any(Option::is_some)
        || login.jwt_key_file.is_some();
    let loader = Loader::new([login.layer(), Layer::from_environment(variables())]);
    if is_one || loader.profile() != ProfileChoice::Default {
        return Ok(None);
    }
    Ok(Config::find()?.map(|config| {
        let file = config.parsed();
        ProfileList { names: file.names(), default: file.default_name() }
    }))
}

/// Returns the settings of these layers, or `None` if they are not complete. Standard input, the Hub
/// and a passphrase are not read for them. There is no warning about a file: it would be repeated for
/// each profile.
pub(crate) fn offline(loader: Loader) -> Option<Settings> {
    let is_local = |input: &Input| match input {
        Input::File { path, .. } => !path.starts_with(hub::SCHEME),
        input => matches!(input, Input::Variable { .. }),
    };
    let read = || InputReader::new(None, None).read(loader, is_local);
    let (loader, _) = with_default(NoSubscriber::default(), read).ok()?;
    loader.check().ok()
}

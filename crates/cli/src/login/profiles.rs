//! The profiles of `config.toml`.

use std::collections::BTreeMap;

use orgtoken_broker::ProfileList;
use orgtoken_settings::{ConfigFile, Input, Layer, Loader, ProfileChoice, ReadError, Settings};

use crate::args::Login;
use crate::environment::config_file;
use crate::failure::Failure;
use crate::io::console::Console;
use crate::io::input::{InputError, read_config};
use crate::login::context::{Context, variables};
use crate::login::hub;
use crate::login::inputs::{InputReader, Inputs};

/// Reads the settings of several profiles. `config.toml` is read once.
pub(crate) struct ProfileReader {
    layers: BTreeMap<String, Layer>,
}

impl ProfileReader {
    pub(crate) fn open(names: &[String]) -> Result<Self, Failure> {
        let Some(path) = config_file().filter(|_| !names.is_empty()) else {
            return Ok(Self { layers: BTreeMap::new() });
        };
        let (bytes, file) = (read_config(&path)?, path.to_string_lossy());
        let config = ConfigFile::parse(&bytes, &file);
        let layer = |name: &String| (name.clone(), config.profile(Some(name)));
        Ok(Self { layers: names.iter().map(layer).collect() })
    }

    /// Returns the same as [`Context::checked`].
    pub(crate) fn checked(&mut self, context: Context<'_>) -> Result<(Settings, Inputs), Failure> {
        let name = context.login.profile.as_deref().unwrap_or_default();
        let Some(layer) = self.layers.remove(name) else { return context.checked() };
        let mut loader = context.given()?;
        loader.add(layer);
        context.check(loader)
    }
}

/// Returns the profiles of `config.toml`, or `None` if a flag or variable chooses one login.
pub(crate) fn profiles(login: &Login) -> Result<Option<ProfileList>, Failure> {
    let is_one = [&login.username, &login.client_id].into_iter().any(Option::is_some)
        || login.jwt_key_file.is_some();
    let loader = Loader::new([login.layer(), Layer::from_environment(variables())]);
    let Some(path) = config_file().filter(|_| !is_one) else { return Ok(None) };
    if loader.profile() != ProfileChoice::Default {
        return Ok(None);
    }
    let bytes = match read_config(&path) {
        Err(InputError::Os { missing: true, .. }) => return Ok(None),
        result => result?,
    };
    let file = path.to_string_lossy();
    let config = ConfigFile::parse(&bytes, &file);
    Ok(Some(ProfileList { names: config.names(), default: config.default_name() }))
}

/// Returns the settings of these layers, or `None` if they are not complete. Standard input, the Hub
/// and a passphrase are not read for them.
pub(crate) fn offline(mut loader: Loader) -> Option<Settings> {
    let console = &Console::new(true);
    let (settings_key, route, inputs) = (None, None, Inputs::default());
    let mut reader = InputReader { settings_key, route, console, inputs };
    while let Some(input) = loader.next_input() {
        let is_local = match &input {
            Input::File { path, .. } => !path.starts_with(hub::SCHEME),
            Input::Variable { .. } => true,
            _ => false,
        };
        if is_local {
            reader.read(&mut loader, &input).ok()?;
        } else {
            loader.fail(&input, ReadError::Deferred);
        }
    }
    loader.check().ok()
}

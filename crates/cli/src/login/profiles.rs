//! Several profiles of `config.toml`.

use std::collections::BTreeMap;

use orgtoken_broker::ProfileList;
use orgtoken_settings::{ConfigFile, Layer, Loader, ProfileChoice, Settings};

use crate::args::Login;
use crate::environment::config_file;
use crate::failure::Failure;
use crate::io::input::{InputError, read_config};
use crate::login::context::{Context, variables};
use crate::login::inputs::Inputs;

/// Settings of several profiles, for which `config.toml` is read once.
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

    /// As [`Context::checked`].
    pub(crate) fn checked(&mut self, context: Context<'_>) -> Result<(Settings, Inputs), Failure> {
        let name = context.login.profile.as_deref().unwrap_or_default();
        let Some(layer) = self.layers.remove(name) else { return context.checked() };
        let mut loader = context.given()?;
        loader.add(layer);
        context.check(loader)
    }
}

/// The profiles of `config.toml`, where no flag and no variable asks for one login.
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

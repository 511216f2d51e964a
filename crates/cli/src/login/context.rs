//! What a command works with: the settings, from all the places in which they may stand.

use std::env;
use std::path::PathBuf;

use orgtoken_settings::{
    CallSettings, Given, Hosts, Layer, Loader, Notice, ProfileChoice, ReadError, Setting, Settings,
};
use zeroize::Zeroizing;

use crate::args::{Login, Route};
use crate::environment::{at_home, config_file};
use crate::failure::Failure;
use crate::io::console::Console;
use crate::io::input::{InputError, read_config};
use crate::login::hub;
use crate::login::inputs::{InputReader, Inputs};
use crate::login::signer::decrypt_key;

/// What was typed about a login, as far as settings come from it.
#[derive(Clone, Copy)]
pub(crate) struct Context<'a> {
    pub(crate) login: &'a Login,
    /// Commands that send nothing have none.
    pub(crate) route: Option<&'a Route>,
    /// Where mistakes that may be meant are told.
    pub(crate) console: &'a Console,
}

impl<'a> Context<'a> {
    /// Everything that a login needs, checked, and its key opened.
    pub(crate) fn settings(self) -> Result<Settings, Failure> {
        let (mut settings, _) = self.checked()?;
        decrypt_key(&mut settings)?;
        Ok(settings)
    }

    /// The same, and what it was read from; a key with a passphrase stays locked.
    pub(crate) fn checked(self) -> Result<(Settings, Inputs), Failure> {
        self.check(self.loader()?)
    }

    /// Everything read that the settings name, and nothing checked.
    pub(crate) fn complete(self) -> Result<(Loader, Inputs), Failure> {
        self.inputs().read_all(self.loader()?)
    }

    /// Where a login would go, and what else is set. No key is read for it.
    pub(crate) fn hosts(self) -> Result<Hosts, Failure> {
        Ok(self.without_key(self.loader()?)?.check_hosts()?)
    }

    /// The settings of calls to the org at `url`, which the variable `name` holds. Nothing about a
    /// login is read, be it in flags, variables or `config.toml`.
    pub(crate) fn call_settings(self, name: &str, url: String) -> Result<CallSettings, Failure> {
        let of_calls = |name: &str| {
            OF_CALLS.iter().any(|setting| {
                setting.variables().iter().any(|own| own == name)
                    || setting.third_party_variables().contains(&name)
            })
        };
        let variables = variables().filter(|(name, _)| of_calls(name));
        let variables = variables.chain([(name.to_owned(), url)]);
        let loader = Loader::new([self.flags()?, Layer::from_environment(variables)]);
        let settings = self.without_key(loader)?.check_calls()?;
        self.report(settings.notices());
        Ok(settings)
    }

    /// Reads what the settings name, but for the key and what belongs to it.
    fn without_key(self, mut loader: Loader) -> Result<Loader, Failure> {
        let mut inputs = self.inputs();
        while let Some(input) = loader.next_input() {
            match input.setting() {
                Setting::PrivateKey | Setting::Passphrase | Setting::PublicKey => {
                    loader.fail(&input, ReadError::Deferred);
                }
                _ => inputs.read(&mut loader, &input)?,
            }
        }
        Ok(loader)
    }

    /// The file that the private key is in, if the settings name one.
    pub(crate) fn key_file(self) -> Option<PathBuf> {
        match self.loader().ok()?.given(Setting::PrivateKey)? {
            Given::File(path) => Some(at_home(path)),
            _ => None,
        }
    }

    pub(crate) fn check(self, loader: Loader) -> Result<(Settings, Inputs), Failure> {
        let (loader, inputs) = self.inputs().read_all(loader)?;
        let settings = loader.check().inspect_err(|problems| self.report(problems.notices()))?;
        for origin in settings.values() {
            tracing::info!("{origin}");
        }
        self.report(settings.notices());
        Ok((settings, inputs))
    }

    /// What stands in flags, environment and `config.toml`.
    fn loader(self) -> Result<Loader, Failure> {
        let mut loader = self.given()?;
        let profile = match loader.profile() {
            ProfileChoice::None => return Ok(loader),
            ProfileChoice::Default => profile(None)?,
            ProfileChoice::Named(name) => profile(Some(name))?,
        };
        loader.add(profile);
        Ok(loader)
    }

    /// What stands in flags and environment.
    pub(crate) fn given(self) -> Result<Loader, Failure> {
        Ok(Loader::new([self.flags()?, Layer::from_environment(variables())]))
    }

    fn inputs(self) -> InputReader<'a> {
        InputReader {
            settings_key: self.login.settings_key.as_deref(),
            route: self.route,
            console: self.console,
            inputs: Inputs::default(),
        }
    }

    fn flags(self) -> Result<Layer, Failure> {
        let mut flags = self.login.layer();
        if let Some(route) = self.route {
            route.add_to(&mut flags)?;
        }
        Ok(flags)
    }

    /// What looks like a mistake is told to everyone, the rest to those who ask.
    fn report(self, notices: &[Notice]) {
        for notice in notices {
            if notice.is_suspicious() {
                self.console.warn(notice);
            } else {
                tracing::info!("{notice}");
            }
        }
    }
}

/// The profile of `config.toml`; where there is no such file, it is empty.
fn profile(name: Option<&str>) -> Result<Layer, Failure> {
    let Some(path) = config_file() else { return Ok(Layer::default()) };
    let bytes = match read_config(&path) {
        Err(InputError::Os { missing: true, .. }) => Zeroizing::default(),
        result => result?,
    };
    Ok(Layer::from_profile(&bytes, &path.to_string_lossy(), name))
}

/// Variables whose name no one could have set in a shell are nobody's settings.
pub(crate) fn variables() -> impl Iterator<Item = (String, String)> {
    env::vars_os().filter_map(|(name, value)| {
        let name = name.into_string().ok().filter(|name| !name.starts_with(hub::VARIABLES))?;
        Some((name, value.to_string_lossy().into_owned()))
    })
}

/// The settings of calls with a token that exists already.
const OF_CALLS: [Setting; 4] =
    [Setting::AllowHosts, Setting::ApiVersion, Setting::CaFile, Setting::Proxy];

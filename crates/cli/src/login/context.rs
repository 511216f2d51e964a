//! The settings of a command, from flags, environment, `config.toml` and record.

use std::env;
use std::path::PathBuf;

use orgtoken_settings::{
    CallSettings, Given, Hosts, Layer, Loader, Notice, ProfileChoice, Setting, Settings,
};

use crate::args::{Login, Route};
use crate::environment::at_home;
use crate::failure::Failure;
use crate::io::console::Console;
use crate::login::config::Config;
use crate::login::hub;
use crate::login::inputs::{InputReader, Inputs};
use crate::login::signer::decrypt_key;

/// The flags that are settings, and the console for warnings.
#[derive(Clone, Copy)]
pub(crate) struct Context<'a> {
    pub(crate) login: &'a Login,
    /// `None` for commands that send nothing.
    pub(crate) route: Option<&'a Route>,
    /// The console for warnings.
    pub(crate) console: &'a Console,
}

impl<'a> Context<'a> {
    /// Returns valid settings with a decrypted key.
    pub(crate) fn settings(self) -> Result<Settings, Failure> {
        let (mut settings, _) = self.checked()?;
        decrypt_key(&mut settings)?;
        Ok(settings)
    }

    /// Returns valid settings and the names of the inputs. An encrypted key is not decrypted.
    pub(crate) fn checked(self) -> Result<(Settings, Inputs), Failure> {
        let (loader, inputs) = self.complete()?;
        let settings = loader.check().inspect_err(|problems| self.report(problems.notices()))?;
        for origin in settings.values() {
            tracing::info!("{origin}");
        }
        self.report(settings.notices());
        Ok((settings, inputs))
    }

    /// Reads all inputs, and checks nothing.
    pub(crate) fn complete(self) -> Result<(Loader, Inputs), Failure> {
        self.inputs().read(self.loader()?, |_| true)
    }

    /// Returns the hosts of a login and the other values. No key is read.
    pub(crate) fn hosts(self) -> Result<Hosts, Failure> {
        Ok(self.without_key(self.loader()?)?.check_hosts()?)
    }

    /// Returns the settings of calls to the org at `url`, the value of the variable `name`. Settings
    /// of a login are not read.
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
        self.report(&settings.notices);
        Ok(settings)
    }

    /// Reads all inputs but those of the key.
    fn without_key(self, loader: Loader) -> Result<Loader, Failure> {
        let of_key = [Setting::PrivateKey, Setting::Passphrase, Setting::PublicKey];
        let (loader, _) = self.inputs().read(loader, |input| !of_key.contains(&input.setting()))?;
        Ok(loader)
    }

    /// Returns the file of the private key, if the settings name one.
    pub(crate) fn key_file(self) -> Option<PathBuf> {
        match self.loader().ok()?.given(Setting::PrivateKey)? {
            Given::File(path) => Some(at_home(path)),
            _ => None,
        }
    }

    /// Collects flags, environment and `config.toml`.
    pub(crate) fn loader(self) -> Result<Loader, Failure> {
        let mut loader = Loader::new([self.flags()?, Layer::from_environment(variables())]);
        let name = match loader.profile() {
            ProfileChoice::None => return Ok(loader),
            ProfileChoice::Default => None,
            ProfileChoice::Named(name) => Some(name),
        };
        if let Some(config) = Config::find()? {
            let profile = config.parsed().profile(name);
            loader.add(profile);
        }
        Ok(loader)
    }

    fn inputs(self) -> InputReader<'a> {
        InputReader::new(self.login.settings_key.as_deref(), self.route)
    }

    fn flags(self) -> Result<Layer, Failure> {
        let mut flags = self.login.layer();
        if let Some(route) = self.route {
            route.add_to(&mut flags)?;
        }
        Ok(flags)
    }

    /// Warns about likely mistakes, and logs other notices.
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

/// Returns the variables with a name in UTF-8, without those of the Hub.
pub(crate) fn variables() -> impl Iterator<Item = (String, String)> {
    env::vars_os().filter_map(|(name, value)| {
        let name = name.into_string().ok().filter(|name| !name.starts_with(hub::VARIABLES))?;
        Some((name, value.to_string_lossy().into_owned()))
    })
}

/// The settings of calls with an existing token.
const OF_CALLS: [Setting; 4] =
    [Setting::AllowHosts, Setting::ApiVersion, Setting::CaFile, Setting::Proxy];

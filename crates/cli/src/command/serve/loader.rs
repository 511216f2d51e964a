//! The settings of the served profiles.

use std::sync::Arc;
use std::time::Duration;

use orgtoken_broker::{CallRules, LoadedProfile, Profile, ProfileList, ProfileLoader};
use orgtoken_rest::TIMEOUTS;
use orgtoken_settings::Settings;

use super::Args;
use crate::args::{Login, Tokens};
use crate::failure::Failure;
use crate::io::console::Console;
use crate::login::context::Context;
use crate::login::profiles::profiles;
use crate::login::resolved_login::ResolvedLogin;

/// Reads the login that arguments, environment or a record describe, or else every profile of
/// `config.toml`.
pub(super) struct Loader {
    args: Arc<Args>,
    console: Console,
    /// Whether every profile is served.
    is_all: bool,
}

impl Loader {
    pub(super) fn new(args: Arc<Args>, console: Console) -> Result<Self, Failure> {
        let is_all = all(&args)?.is_some();
        Ok(Self { args, console, is_all })
    }

    fn one(&self, name: &str, forget_refusals: bool) -> Result<LoadedProfile, Failure> {
        let mut login: Login = self.args.login.clone();
        if self.is_all {
            login.profile = Some(name.to_owned());
        }
        let route = Some(&self.args.network.route);
        let context = Context { login: &login, route, console: &self.console };
        let (settings, inputs) = context.checked()?;
        Ok(LoadedProfile {
            allow_users: settings.allow_users().to_vec(),
            allow_groups: settings.allow_groups().to_vec(),
            files: inputs.files,
            profile: self.profile(name, settings, forget_refusals)?,
        })
    }

    fn profile(
        &self,
        name: &str,
        settings: Settings,
        forget_refusals: bool,
    ) -> Result<Profile, Failure> {
        let rules = call_rules(&settings);
        let instance_url = settings.instance_url().map(|url| url.as_str().to_owned());
        let tokens = Tokens { min_ttl: Duration::ZERO, no_cache: self.args.no_cache, retry: false };
        let login = ResolvedLogin::of(settings, &self.args.network, &tokens, &self.console)?;
        let (username, version) = (login.username(), login.api_version().to_string());
        if forget_refusals {
            login.forget_refusal()?;
        }
        let transport = login.transport()?;
        let calls = transport.clone().with_timeouts(TIMEOUTS);
        let profile = Profile::new(name, Arc::new(login.source(transport)?))
            .forward(calls, rules)
            .api_version(version)
            .username(username);
        Ok(match instance_url {
            Some(url) => profile.instance_url(url),
            None => profile,
        })
    }
}

impl ProfileLoader for Loader {
    type Error = Failure;

    fn list(&mut self) -> Result<ProfileList, Failure> {
        if !self.is_all {
            let name = self.args.login.profile.clone().unwrap_or_else(|| ONE.to_owned());
            return Ok(ProfileList { names: vec![name.clone()], default: Some(name) });
        }
        // While the file is written, it may be empty.
        let no_profile =
            || Failure::new("settings.missing", None::<&str>, "config.toml has no profile");
        all(&self.args)?.ok_or_else(no_profile)
    }

    fn load(
        &mut self,
        names: &[String],
        forget_refusals: bool,
    ) -> Result<Vec<Result<LoadedProfile, Failure>>, Failure> {
        let one = |name: &String| self.one(name, forget_refusals);
        Ok(names.iter().map(one).collect())
    }
}

/// Returns the API calls that the profile allows.
fn call_rules(settings: &Settings) -> CallRules {
    let mut rules = CallRules::default();
    if let Some(methods) = settings.allow_methods() {
        rules = rules.methods(methods.iter().filter_map(|method| method.parse().ok()));
    }
    if let Some(paths) = settings.allow_paths() {
        rules = rules.paths(paths);
    }
    rules
}

/// Returns every profile of `config.toml`. Returns `None` if the file has no profiles, or if
/// arguments or environment choose one login.
fn all(args: &Args) -> Result<Option<ProfileList>, Failure> {
    let profiles = profiles(&args.login)?;
    Ok(profiles.filter(|profiles| !profiles.names.is_empty()))
}

/// The name of a login without a profile.
const ONE: &str = "default";

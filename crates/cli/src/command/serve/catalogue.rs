//! The profiles that are served, and the files they were read from.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::sync::Arc;
use std::time::Duration;

use orgtoken_broker::{Access, Accounts, Profile, Profiles};
use orgtoken_settings::{ProfileNames, Settings};

use super::Args;
use super::stamp::Stamps;
use crate::args::{Login, Tokens};
use crate::console::Console;
use crate::context;
use crate::failure::Failure;
use crate::session::Session;

/// What is served now. Where settings cannot be read anew, those that were last good stay.
pub(super) struct Catalogue<'a> {
    args: &'a Args,
    console: &'a Console,
    entries: BTreeMap<String, Entry>,
    default: Option<String>,
    config: Stamps,
    /// Whose settings could not be read when they were last looked at.
    broken: BTreeSet<String>,
}

/// A profile, and when its files were as they are in it.
struct Entry {
    profile: Arc<Profile>,
    files: Stamps,
}

impl<'a> Catalogue<'a> {
    /// Reads the one login that flags, environment or record are of, or every profile there is.
    pub(super) fn open(args: &'a Args, console: &'a Console) -> Result<Self, Failure> {
        let mut catalogue = Self {
            args,
            console,
            entries: BTreeMap::new(),
            default: None,
            config: Stamps::of(context::config_file()),
            broken: BTreeSet::new(),
        };
        let mut failures = Vec::new();
        for name in catalogue.names()? {
            if let Err(failure) = catalogue.load(&name, false) {
                failures.push((name, failure));
            }
        }
        if catalogue.entries.is_empty()
            && let Some((_, failure)) = failures.pop()
        {
            return Err(failure);
        }
        for (name, failure) in failures {
            catalogue.tell(&name, &failure);
        }
        Ok(catalogue)
    }

    pub(super) fn profiles(&self) -> Profiles {
        let profiles = self.entries.values().map(|entry| Arc::clone(&entry.profile));
        Profiles::new(profiles, self.default.as_deref())
    }

    pub(super) fn is_degraded(&self) -> bool {
        !self.broken.is_empty()
    }

    /// Reads anew what has changed, or everything if someone asks for it. Returns whether there is
    /// anything new to serve.
    pub(super) fn reload(&mut self, is_asked: bool) -> bool {
        let all = self.config.have_changed() || is_asked;
        let changed = |entry: &mut Entry| entry.files.have_changed();
        let mut names: Vec<String> = self
            .entries
            .iter_mut()
            .filter_map(|(name, entry)| (changed(entry) || all).then(|| name.clone()))
            .collect();
        if all {
            names = match self.names() {
                // A file that is being written may be empty for a moment.
                Ok(now) if now.is_empty() => return self.keep("config.toml", "has no profile"),
                Ok(now) => now,
                Err(failure) => return self.keep("config.toml", &reason(&failure)),
            };
        }
        let mut is_new = false;
        for name in &names {
            match self.load(name, is_asked) {
                Ok(()) => is_new = true,
                Err(failure) => self.tell(name, &failure),
            }
        }
        is_new | (all && self.remove_but(&names))
    }

    /// Whoever is no longer in the settings goes, if all of the others could be read.
    fn remove_but(&mut self, names: &[String]) -> bool {
        self.broken.retain(|name| names.contains(name));
        let before = self.entries.len();
        if self.broken.is_empty() {
            self.entries.retain(|name, _| names.contains(name));
        }
        before != self.entries.len()
    }

    fn keep(&mut self, what: &str, why: &str) -> bool {
        self.console.warn(&format_args!("{what}: {why}; what was read last is served on"));
        self.broken.insert(what.to_owned());
        false
    }

    fn tell(&mut self, name: &str, failure: &Failure) {
        let served = if self.entries.contains_key(name) { "as before" } else { "not" };
        let why = reason(failure);
        self.console.warn(&format_args!("profile {name} is served {served}: {why}"));
        self.broken.insert(name.to_owned());
    }

    /// Which profiles there are to serve now.
    fn names(&mut self) -> Result<Vec<String>, Failure> {
        let profiles = context::profiles(&self.args.login)?;
        Ok(match profiles.filter(|profiles| !profiles.names().is_empty()) {
            Some(profiles) => self.all(&profiles),
            None => {
                let name = self.args.login.profile.clone().unwrap_or_else(|| ONE.to_owned());
                self.default = Some(name.clone());
                vec![name]
            }
        })
    }

    fn all(&mut self, profiles: &ProfileNames) -> Vec<String> {
        self.default = profiles.default_name().map(str::to_owned);
        profiles.names().to_vec()
    }

    /// Reads one profile in place of what is served under its name.
    fn load(&mut self, name: &str, ask_anew: bool) -> Result<(), Failure> {
        let mut login: Login = self.args.login.clone();
        if name != ONE || self.args.login.profile.is_some() {
            login.profile = Some(name.to_owned());
        }
        let route = Some(&self.args.network.route);
        let (settings, files) = context::settings_and_files(&login, route, self.console)?;
        let profile = self.profile(name, settings, ask_anew)?;
        let files = Stamps::of(files.into_iter().filter(|file| file.as_os_str() != "-"));
        self.broken.remove(name);
        self.entries.insert(name.to_owned(), Entry { profile: Arc::new(profile), files });
        Ok(())
    }

    fn profile(&self, name: &str, settings: Settings, ask_anew: bool) -> Result<Profile, Failure> {
        let access = access(&settings)?;
        let instance_url = settings.instance_url().map(|url| url.as_str().to_owned());
        let tokens = Tokens { min_ttl: Duration::ZERO, no_cache: self.args.no_cache, retry: false };
        let session = Session::of(settings, &self.args.network, &tokens, self.console)?;
        let (username, version) = (session.username(), session.api_version().to_string());
        if ask_anew {
            session.forget_refusal();
        }
        let transport = session.transport()?;
        let profile = Profile::new(name, Arc::new(session.source(transport)?))
            .access(access)
            .api_version(version)
            .username(username);
        Ok(match instance_url {
            Some(url) => profile.instance_url(url),
            None => profile,
        })
    }
}

/// All that is wrong, in one line.
fn reason(failure: &Failure) -> String {
    let problems: Vec<_> = failure.problems.iter().map(|problem| &*problem.message).collect();
    if problems.is_empty() { failure.message() } else { problems.join("; ") }
}

/// Whom `allow_users` and `allow_groups` name.
fn access(settings: &Settings) -> Result<Access, Failure> {
    let (users, groups) = (settings.allow_users(), settings.allow_groups());
    if users.is_empty() && groups.is_empty() {
        return Ok(Access::default());
    }
    let text = |path: &str| fs::read_to_string(path).unwrap_or_default();
    let accounts = Accounts::parse(&text("/etc/passwd"), &text("/etc/group"));
    let (users, groups) = (users.iter().map(String::as_str), groups.iter().map(String::as_str));
    Ok(Access::resolve(&accounts, users, groups)?)
}

/// The name of a login that comes from no profile.
const ONE: &str = "default";

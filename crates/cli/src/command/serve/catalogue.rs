//! The profiles that are served, and the files they were read from.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::sync::Arc;
use std::time::Duration;

use orgtoken_broker::{Access, Accounts, Profile, Profiles};
use orgtoken_settings::Settings;

use super::Args;
use super::stamp::Stamps;
use crate::args::{Login, Tokens};
use crate::console::Console;
use crate::context::{Context, Reader, profiles};
use crate::environment::config_file;
use crate::failure::Failure;
use crate::session::Session;

/// What is served now. Where settings cannot be read anew, those that were last good stay.
pub(super) struct Catalogue<'a> {
    args: &'a Args,
    console: &'a Console,
    entries: BTreeMap<String, Entry>,
    plan: Plan,
    config: Stamps,
    /// Whose settings could not be read when they were last looked at.
    broken: BTreeSet<String>,
}

/// A profile, and when its files were as they are in it.
struct Entry {
    profile: Arc<Profile>,
    files: Stamps,
}

/// Which profiles there are to serve.
struct Plan {
    names: Vec<String>,
    default: Option<String>,
    /// Whether they are all that `config.toml` has.
    is_all: bool,
}

impl<'a> Catalogue<'a> {
    /// Reads the one login that flags, environment or record are of, or every profile there is.
    pub(super) fn open(args: &'a Args, console: &'a Console) -> Result<Self, Failure> {
        let mut catalogue = Self {
            args,
            console,
            entries: BTreeMap::new(),
            plan: all(args)?.unwrap_or_else(|| one(args)),
            config: Stamps::of(config_file()),
            broken: BTreeSet::new(),
        };
        let mut failures = Vec::new();
        let names = catalogue.plan.names.clone();
        let mut reader = catalogue.reader(&names)?;
        for name in names {
            if let Err(failure) = catalogue.load(&name, &mut reader, false) {
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
        Profiles::new(profiles, self.plan.default.as_deref())
    }

    pub(super) fn is_degraded(&self) -> bool {
        !self.broken.is_empty()
    }

    /// Reads anew what has changed, or everything if someone asks for it. Returns whether there is
    /// anything new to serve.
    pub(super) fn reload(&mut self, is_asked: bool) -> bool {
        let changed: Vec<_> = self
            .entries
            .iter_mut()
            .filter_map(|(name, entry)| entry.files.have_changed().then(|| name.clone()))
            .collect();
        if !self.config.have_changed() && !is_asked {
            return self.load_all(&changed, false);
        }
        if !self.plan.is_all {
            return self.load_all(&self.plan.names.clone(), is_asked);
        }
        match all(self.args) {
            Ok(Some(plan)) => {
                let is_new = self.load_all(&plan.names, is_asked);
                is_new | self.follow(plan)
            }
            // A file that is being written may be empty for a moment.
            Ok(None) => self.keep("config.toml", "it has no profile"),
            Err(failure) => self.keep("config.toml", &reason(&failure)),
        }
    }

    fn load_all(&mut self, names: &[String], ask_anew: bool) -> bool {
        let mut is_new = false;
        let mut reader = match self.reader(names) {
            Ok(reader) => reader,
            Err(failure) => return self.keep("config.toml", &reason(&failure)),
        };
        for name in names {
            match self.load(name, &mut reader, ask_anew) {
                Ok(()) => is_new = true,
                Err(failure) => self.tell(name, &failure),
            }
        }
        is_new
    }

    /// Whoever is no longer in the settings goes, if all of the others could be read.
    fn follow(&mut self, plan: Plan) -> bool {
        self.broken.retain(|name| plan.names.contains(name));
        if !self.broken.is_empty() {
            return false;
        }
        self.entries.retain(|name, _| plan.names.contains(name));
        self.plan = plan;
        true
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

    /// What reads these profiles; a single login is not of `config.toml` alone.
    fn reader(&self, names: &[String]) -> Result<Reader, Failure> {
        Reader::open(if self.plan.is_all { names } else { &[] })
    }

    /// Reads one profile in place of what is served under its name.
    fn load(&mut self, name: &str, reader: &mut Reader, ask_anew: bool) -> Result<(), Failure> {
        let mut login: Login = self.args.login.clone();
        if name != ONE || self.args.login.profile.is_some() {
            login.profile = Some(name.to_owned());
        }
        let route = Some(&self.args.network.route);
        let context = Context { login: &login, route, console: self.console };
        let (settings, supplied) = reader.checked(context)?;
        let profile = self.profile(name, settings, ask_anew)?;
        let files = Stamps::of(supplied.files);
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

/// Every profile of `config.toml`; none if there is no profile, or one login is asked for.
fn all(args: &Args) -> Result<Option<Plan>, Failure> {
    let profiles = profiles(&args.login)?;
    Ok(profiles.filter(|profiles| !profiles.names().is_empty()).map(|profiles| Plan {
        names: profiles.names().to_vec(),
        default: profiles.default_name().map(str::to_owned),
        is_all: true,
    }))
}

/// The login of flags, environment, record or the profile that is named.
fn one(args: &Args) -> Plan {
    let name = args.login.profile.clone().unwrap_or_else(|| ONE.to_owned());
    Plan { names: vec![name.clone()], default: Some(name), is_all: false }
}

/// All that is wrong, in one line.
fn reason(failure: &Failure) -> String {
    let problems: Vec<_> = failure.listed().iter().map(|problem| &*problem.message).collect();
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

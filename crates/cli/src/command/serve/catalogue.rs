//! The profiles that are served, and the files they were read from.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use orgtoken_broker::{Access, Accounts, AccountsError, Profile, Profiles};
use orgtoken_oauth::redact;
use orgtoken_settings::Settings;

use super::Args;
use super::stamp::Stamps;
use crate::args::{Login, Tokens};
use crate::console::Console;
use crate::context::{Context, Reader, profiles};
use crate::environment::config_file;
use crate::failure::Failure;
use crate::session::Session;

/// The served profiles. Settings that cannot be read again stay as they were last.
pub(super) struct Catalogue {
    args: Arc<Args>,
    console: Console,
    entries: BTreeMap<String, Entry>,
    plan: Plan,
    config: Stamps,
    /// Profiles whose settings are invalid, and files that cannot be read.
    broken: BTreeSet<String>,
    /// Whether profiles that are gone from `config.toml` are removed at the next look.
    is_removal_due: bool,
}

/// A profile, and the state of its files when it was read.
struct Entry {
    profile: Arc<Profile>,
    files: Stamps,
}

/// The profiles to serve.
struct Plan {
    names: Vec<String>,
    default: Option<String>,
    /// Whether they are all that `config.toml` has.
    is_all: bool,
}

impl Catalogue {
    /// Reads the one login that flags, environment or record describe, or else every profile.
    pub(super) fn open(args: Arc<Args>, console: Console) -> Result<Self, Failure> {
        let plan = all(&args)?.unwrap_or_else(|| one(&args));
        let mut catalogue = Self {
            args,
            console,
            entries: BTreeMap::new(),
            plan,
            config: Stamps::of(config_file()),
            broken: BTreeSet::new(),
            is_removal_due: false,
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
            catalogue.report(&name, &failure);
        }
        Ok(catalogue)
    }

    pub(super) fn profiles(&self) -> Profiles {
        let profiles = self.entries.values().map(|entry| Arc::clone(&entry.profile));
        Profiles::new(profiles, self.plan.default.as_deref())
    }

    /// The names of profiles whose settings are invalid, and `config.toml` if it is.
    pub(super) fn degraded(&self) -> Vec<String> {
        self.broken.iter().map(|name| redact::label(name).to_owned()).collect()
    }

    /// Reads again what has changed, or everything if `is_asked`. Returns whether there is
    /// something new to serve.
    pub(super) fn reload(&mut self, is_asked: bool) -> bool {
        let changed: Vec<_> = self
            .entries
            .iter_mut()
            .filter_map(|(name, entry)| entry.files.have_changed().then(|| name.clone()))
            .collect();
        if !self.config.have_changed() && !is_asked && !self.is_removal_due {
            return self.load_all(&changed, false);
        }
        if !self.plan.is_all {
            return self.load_all(&self.plan.names.clone(), is_asked);
        }
        match all(&self.args) {
            Ok(Some(plan)) => {
                let was_broken = self.broken.clone();
                let is_new = self.load_all(&plan.names, is_asked);
                is_new | self.follow(plan, &was_broken)
            }
            // A file that is being written may be empty for a moment.
            Ok(None) => self.keep("config.toml", "it has no profile"),
            Err(failure) => self.keep("config.toml", &reason(&failure)),
        }
    }

    fn load_all(&mut self, names: &[String], forget_refusals: bool) -> bool {
        let mut is_new = false;
        let mut reader = match self.reader(names) {
            Ok(reader) => reader,
            Err(failure) => return self.keep("config.toml", &reason(&failure)),
        };
        for name in names {
            match self.load(name, &mut reader, forget_refusals) {
                Ok(()) => is_new = true,
                Err(failure) => self.report(name, &failure),
            }
        }
        is_new
    }

    /// Removes profiles that are gone from `config.toml`.
    ///
    /// If a served profile has just become invalid, the file may be half written, and the removal
    /// waits for the next look. It waits no longer: removing a profile revokes access to it.
    fn follow(&mut self, plan: Plan, was_broken: &BTreeSet<String>) -> bool {
        self.broken.retain(|name| plan.names.contains(name));
        let is_half_written = self.broken.difference(was_broken).any(|name| self.is_served(name));
        self.is_removal_due = is_half_written && !self.is_removal_due;
        if self.is_removal_due {
            return false;
        }
        self.entries.retain(|name, _| plan.names.contains(name));
        self.plan = plan;
        true
    }

    fn is_served(&self, name: &str) -> bool {
        self.entries.contains_key(name)
    }

    fn keep(&mut self, what: &str, why: &str) -> bool {
        self.console
            .warn(&format_args!("{what}: {why}; the settings that were read last stay in use"));
        self.broken.insert(what.to_owned());
        false
    }

    fn report(&mut self, name: &str, failure: &Failure) {
        let served = if self.is_served(name) { "is served as before" } else { "is not served" };
        let why = reason(failure);
        self.console.warn(&format_args!("profile {} {served}: {why}", redact::label(name)));
        self.broken.insert(name.to_owned());
    }

    /// A reader of these profiles. A single login comes from other places, too.
    fn reader(&self, names: &[String]) -> Result<Reader, Failure> {
        Reader::open(if self.plan.is_all { names } else { &[] })
    }

    /// Reads one profile and replaces the served one of this name.
    fn load(
        &mut self,
        name: &str,
        reader: &mut Reader,
        forget_refusals: bool,
    ) -> Result<(), Failure> {
        let args = Arc::clone(&self.args);
        let mut login: Login = args.login.clone();
        if name != ONE || login.profile.is_some() {
            login.profile = Some(name.to_owned());
        }
        let route = Some(&args.network.route);
        let context = Context { login: &login, route, console: &self.console };
        let (settings, supplied) = reader.checked(context)?;
        let is_shared = !settings.allow_users().is_empty() || !settings.allow_groups().is_empty();
        // Before the accounts are read, so that no later change is missed.
        let accounts = if is_shared { ACCOUNTS.map(PathBuf::from).to_vec() } else { Vec::new() };
        let files = Stamps::of(supplied.files.into_iter().chain(accounts));
        let (access, unknown) = access(&settings);
        let profile = self.profile(name, settings, forget_refusals)?.access(access);
        self.broken.remove(name);
        for error in unknown {
            // Nobody is let in by a name that does not exist. The others are served.
            self.console.warn(&format_args!("profile {}: {error}", redact::label(name)));
            self.broken.insert(name.to_owned());
        }
        self.entries.insert(name.to_owned(), Entry { profile: Arc::new(profile), files });
        Ok(())
    }

    fn profile(
        &self,
        name: &str,
        settings: Settings,
        forget_refusals: bool,
    ) -> Result<Profile, Failure> {
        let instance_url = settings.instance_url().map(|url| url.as_str().to_owned());
        let tokens = Tokens { min_ttl: Duration::ZERO, no_cache: self.args.no_cache, retry: false };
        let session = Session::of(settings, &self.args.network, &tokens, &self.console)?;
        let (username, version) = (session.username(), session.api_version().to_string());
        if forget_refusals {
            session.forget_refusal()?;
        }
        let transport = session.transport()?;
        let profile = Profile::new(name, Arc::new(session.source(transport)?))
            .api_version(version)
            .username(username);
        Ok(match instance_url {
            Some(url) => profile.instance_url(url),
            None => profile,
        })
    }
}

/// Every profile of `config.toml`; `None` if there is none, or if one login is asked for.
fn all(args: &Args) -> Result<Option<Plan>, Failure> {
    let profiles = profiles(&args.login)?;
    Ok(profiles.filter(|profiles| !profiles.names().is_empty()).map(|profiles| Plan {
        names: profiles.names().to_vec(),
        default: profiles.default_name().map(str::to_owned),
        is_all: true,
    }))
}

/// The login that flags, environment, a record or a named profile describe.
fn one(args: &Args) -> Plan {
    let name = args.login.profile.clone().unwrap_or_else(|| ONE.to_owned());
    Plan { names: vec![name.clone()], default: Some(name), is_all: false }
}

/// Every problem, in one line.
fn reason(failure: &Failure) -> String {
    let problems: Vec<_> = failure.listed().iter().map(|problem| &*problem.message).collect();
    if problems.is_empty() { failure.message() } else { problems.join("; ") }
}

/// The users and groups that `allow_users` and `allow_groups` name, and the unknown names.
fn access(settings: &Settings) -> (Access, Vec<AccountsError>) {
    let (users, groups) = (settings.allow_users(), settings.allow_groups());
    if users.is_empty() && groups.is_empty() {
        return (Access::default(), Vec::new());
    }
    let [passwd, group] = ACCOUNTS.map(|path| fs::read_to_string(path).unwrap_or_default());
    let (users, groups) = (users.iter().map(String::as_str), groups.iter().map(String::as_str));
    Access::resolve(&Accounts::parse(&passwd, &group), users, groups)
}

/// A member that is removed from a group loses access: these files are followed like settings.
const ACCOUNTS: [&str; 2] = ["/etc/passwd", "/etc/group"];

/// The name of a login that comes from no profile.
const ONE: &str = "default";

//! Profiles that are read again when their files change.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use orgtoken_oauth::redact;
use tracing::warn;

use crate::access::ACCOUNT_FILES;
use crate::{Access, FileFingerprints, Profile, Profiles};

/// Reads the settings of profiles for a [`Reloader`].
pub trait ProfileLoader {
    /// The reason why settings cannot be read, in one line.
    type Error: fmt::Display;

    /// Lists the profiles to serve.
    fn list(&mut self) -> Result<ProfileList, Self::Error>;

    /// Reads profiles, and returns a result for each. The outer error applies to all of them.
    ///
    /// * `forget_refusals`: whether to drop cached refusals
    fn load(
        &mut self,
        names: &[String],
        forget_refusals: bool,
    ) -> Result<Vec<Result<LoadedProfile, Self::Error>>, Self::Error>;
}

/// The names of the profiles to serve.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct ProfileList {
    /// Every name.
    pub names: Vec<String>,
    /// The profile for requests that name none.
    pub default: Option<String>,
}

/// A profile, and the access list and files of its settings.
#[derive(Debug)]
pub struct LoadedProfile {
    /// The profile, without its access list.
    pub profile: Profile,
    /// The users that may have its tokens, by name or number.
    pub allow_users: Vec<String>,
    /// The groups that may have its tokens, by name or number.
    pub allow_groups: Vec<String>,
    /// The fingerprints of the files that its settings were read from, taken before they were read.
    pub files: FileFingerprints,
}

/// The served profiles. Those whose settings cannot be read again stay as they are.
#[derive(Debug)]
pub struct Reloader<L> {
    loader: L,
    list: ProfileList,
    list_file: FileFingerprints,
    served: BTreeMap<String, Served>,
    /// The profiles whose settings are invalid, and [`LIST`] if the list is.
    degraded: BTreeSet<String>,
    /// Whether profiles that are missing in the list are removed at the next check.
    is_removal_due: bool,
}

#[derive(Debug)]
struct Served {
    profile: Arc<Profile>,
    files: FileFingerprints,
}

impl<L: ProfileLoader> Reloader<L> {
    /// Reads every profile once.
    ///
    /// * `list_file`: the `config.toml` that lists the profiles
    ///
    /// # Errors
    ///
    /// The list cannot be read, or none of the profiles.
    pub fn open(mut loader: L, list_file: Option<PathBuf>) -> Result<Self, L::Error> {
        let list_file = FileFingerprints::of(list_file);
        let list = loader.list()?;
        let loaded = loader.load(&list.names, false)?;
        let (served, degraded) = (BTreeMap::new(), BTreeSet::new());
        let mut this = Self { loader, list, list_file, served, degraded, is_removal_due: false };
        let mut failed = Vec::new();
        for (name, loaded) in this.list.names.clone().into_iter().zip(loaded) {
            match loaded {
                Ok(loaded) => this.serve(&name, loaded),
                Err(error) => failed.push((name, error)),
            }
        }
        if this.served.is_empty()
            && let Some((_, error)) = failed.pop()
        {
            return Err(error);
        }
        for (name, error) in failed {
            this.report(&name, &error);
        }
        Ok(this)
    }

    /// The profiles as they were read last.
    pub fn profiles(&self) -> Profiles {
        let profiles = self.served.values().map(|served| Arc::clone(&served.profile));
        Profiles::new(profiles, self.list.default.as_deref())
    }

    /// The names of profiles whose settings are invalid, and `config.toml` if the list is invalid:
    /// for [`Broker::set_degraded`](crate::Broker::set_degraded).
    pub fn degraded(&self) -> Vec<String> {
        self.degraded.iter().map(|name| redact::label(name).to_owned()).collect()
    }

    /// Reads again what has changed, or everything if `is_asked`. Returns whether there is
    /// something new to serve.
    pub fn reload(&mut self, is_asked: bool) -> bool {
        let changed: Vec<_> = self
            .served
            .iter_mut()
            .filter_map(|(name, served)| served.files.have_changed().then(|| name.clone()))
            .collect();
        if !self.list_file.have_changed() && !is_asked && !self.is_removal_due {
            return self.load(&changed, false);
        }
        match self.loader.list() {
            Ok(list) => {
                let was_degraded = self.degraded.clone();
                let is_new = self.load(&list.names, is_asked);
                is_new | self.follow(list, &was_degraded)
            }
            Err(error) => self.keep(&error),
        }
    }

    fn load(&mut self, names: &[String], forget_refusals: bool) -> bool {
        let loaded = match self.loader.load(names, forget_refusals) {
            Ok(loaded) => loaded,
            Err(error) => return self.keep(&error),
        };
        let mut is_new = false;
        for (name, loaded) in names.iter().zip(loaded) {
            match loaded {
                Ok(loaded) => {
                    self.serve(name, loaded);
                    is_new = true;
                }
                Err(error) => self.report(name, &error),
            }
        }
        is_new
    }

    /// Removes profiles that are missing in the list.
    ///
    /// If a served profile has just become invalid, the file may be half written, and the removal
    /// waits for the next check. It waits only once: removing a profile revokes access to it.
    fn follow(&mut self, list: ProfileList, was_degraded: &BTreeSet<String>) -> bool {
        self.degraded.retain(|name| list.names.contains(name));
        let mut newly_degraded = self.degraded.difference(was_degraded);
        let is_half_written = newly_degraded.any(|name| self.served.contains_key(name));
        self.is_removal_due = list != self.list && is_half_written && !self.is_removal_due;
        if self.is_removal_due {
            return false;
        }
        self.served.retain(|name, _| list.names.contains(name));
        self.list = list;
        true
    }

    /// Replaces the served profile of this name.
    fn serve(&mut self, name: &str, loaded: LoadedProfile) {
        let LoadedProfile { profile, allow_users, allow_groups, mut files } = loaded;
        // A member that is removed from a group loses access: the files of accounts are followed
        // like settings.
        if !allow_users.is_empty() || !allow_groups.is_empty() {
            ACCOUNT_FILES.into_iter().for_each(|file| files.add(file.into()));
        }
        let (access, unknown) = Access::resolve(&allow_users, &allow_groups);
        self.degraded.remove(name);
        for error in unknown {
            // An unknown name grants nothing; the profile is served to the others.
            warn!("profile {}: {error}", redact::label(name));
            self.degraded.insert(name.to_owned());
        }
        let profile = Arc::new(profile.access(access));
        self.served.insert(name.to_owned(), Served { profile, files });
    }

    fn keep(&mut self, error: &L::Error) -> bool {
        warn!("{LIST}: {error}; the previous settings stay in use");
        self.degraded.insert(LIST.to_owned());
        false
    }

    fn report(&mut self, name: &str, error: &L::Error) {
        let is_served = self.served.contains_key(name);
        let served = if is_served { "is served as before" } else { "is not served" };
        warn!("profile {} {served}: {error}", redact::label(name));
        self.degraded.insert(name.to_owned());
    }
}

/// The name of the list in messages, in `/healthz` and in `/metrics`.
const LIST: &str = "config.toml";

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::testing::FakeSource;

    /// Profiles that a test writes: valid ones, and those whose settings are invalid.
    #[derive(Debug, Default)]
    struct Written {
        list: Option<ProfileList>,
        invalid: BTreeSet<String>,
        users: Vec<String>,
        /// A file that changes while it is read.
        file: Option<PathBuf>,
    }

    impl Written {
        fn of(names: &[&str]) -> Self {
            let names = names.iter().map(|name| (*name).to_owned()).collect();
            Self { list: Some(ProfileList { names, default: None }), ..Self::default() }
        }

        fn invalid(mut self, name: &str) -> Self {
            self.invalid.insert(name.to_owned());
            self
        }
    }

    impl ProfileLoader for Written {
        type Error = &'static str;

        fn list(&mut self) -> Result<ProfileList, &'static str> {
            self.list.clone().ok_or("it has no profile")
        }

        fn load(
            &mut self,
            names: &[String],
            _: bool,
        ) -> Result<Vec<Result<LoadedProfile, &'static str>>, &'static str> {
            let load = |name: &String| match self.invalid.contains(name) {
                true => Err("invalid"),
                false => {
                    let files = FileFingerprints::of(self.file.clone());
                    self.file.iter().for_each(|file| fs::write(file, "changed").unwrap());
                    Ok(LoadedProfile {
                        profile: Profile::new(name.as_str(), FakeSource::empty()),
                        allow_users: self.users.clone(),
                        allow_groups: Vec::new(),
                        files,
                    })
                }
            };
            Ok(names.iter().map(load).collect())
        }
    }

    fn served<L>(reloader: &Reloader<L>) -> Vec<&str> {
        reloader.served.keys().map(String::as_str).collect()
    }

    #[test]
    fn invalid_profile_is_left_out_at_the_start_and_kept_later() {
        let mut reloader = Reloader::open(Written::of(&["a", "b"]).invalid("b"), None).unwrap();
        assert_eq!((served(&reloader), reloader.degraded()), (vec!["a"], vec!["b".to_owned()]));
        reloader.loader = Written::of(&["a", "b"]).invalid("a");
        assert!(reloader.reload(true));
        assert_eq!(served(&reloader), ["a", "b"]);
        assert_eq!(reloader.degraded(), ["a"]);
    }

    #[test]
    fn start_fails_without_a_valid_profile() {
        let error = Reloader::open(Written::of(&["a"]).invalid("a"), None).unwrap_err();
        assert_eq!(error, "invalid");
    }

    #[test]
    fn unreadable_list_changes_nothing() {
        let mut reloader = Reloader::open(Written::of(&["a"]), None).unwrap();
        reloader.loader.list = None;
        assert!(!reloader.reload(true));
        assert_eq!((served(&reloader), reloader.degraded()), (vec!["a"], vec![LIST.to_owned()]));
        reloader.loader = Written::of(&["a"]);
        assert!(reloader.reload(true));
        assert!(reloader.degraded().is_empty());
    }

    #[test]
    fn removal_waits_once_if_another_profile_has_become_invalid() {
        let mut reloader = Reloader::open(Written::of(&["a", "b"]), None).unwrap();
        reloader.loader = Written::of(&["a"]).invalid("a");
        reloader.reload(true);
        assert_eq!(served(&reloader), ["a", "b"]);
        reloader.reload(false);
        assert_eq!(served(&reloader), ["a"]);
    }

    #[test]
    fn file_that_changes_while_it_is_read_is_read_again() {
        let folder = tempfile::tempdir().unwrap();
        let file = Some(folder.path().join("app.key"));
        let mut reloader = Reloader::open(Written { file, ..Written::of(&["a"]) }, None).unwrap();
        reloader.loader.file = None;
        assert!(reloader.reload(false));
        assert!(!reloader.reload(false));
    }

    #[test]
    fn profile_with_an_unknown_user_is_served_and_degraded() {
        let written = Written { users: vec!["no such user".to_owned()], ..Written::of(&["a"]) };
        let reloader = Reloader::open(written, None).unwrap();
        assert_eq!((served(&reloader), reloader.degraded()), (vec!["a"], vec!["a".to_owned()]));
    }
}

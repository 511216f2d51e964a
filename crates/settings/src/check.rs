//! Checks all values, and collects all problems.

mod hosts;
mod key;
mod values;

use orgtoken_oauth::redact;

use crate::api_version::ApiVersion;
use crate::identifier::{ClientId, Username};
use crate::input::ReadError;
use crate::layer::Entry;
use crate::loader::Loader;
use crate::notices::{Notice, NoticeKind};
use crate::problems::{Location, Problem, ProblemKind, Problems};
use crate::raw::Raw;
use crate::setting::Setting;
use crate::settings::{Cache, CallSettings, EffectiveValue, Hosts, OtherSettings, Settings};
use crate::source::Source;
use crate::value_kind::ValueKind;

impl Loader {
    /// Checks the settings of a login.
    pub fn check(self) -> Result<Settings, Problems> {
        let mut check = Check::new(self);
        let username = check.required(Setting::Username, Username::parse);
        let client_id = check.required(Setting::ClientId, ClientId::parse);
        let key = check.key();
        let hosts = check.hosts(true);
        let other = check.other();
        check.note_odd_values(hosts.as_ref(), other.api_version);
        if let (Some(username), Some(hosts)) = (&username, &hosts) {
            check.compare(username, hosts);
        }
        if let (Some(key), Some(hosts)) = (&key, &hosts) {
            check.published(key, &hosts.resolution);
        }
        match (username, client_id, key, hosts) {
            (Some(username), Some(client_id), Some(key), Some(hosts))
                if check.problems.is_empty() =>
            {
                let Check { notices, values, .. } = check;
                Ok(Settings { client_id, hosts, key, notices, values, other, username })
            }
            _ => Err(check.into_problems()),
        }
    }

    /// Checks only the hosts of a login, without user and key. Other values are listed if they are
    /// valid.
    pub fn check_hosts(self) -> Result<Hosts, Problems> {
        let mut check = Check::new(self);
        match check.hosts(false) {
            Some(mut hosts) if check.problems.is_empty() => {
                hosts.values = check.all_values();
                Ok(hosts)
            }
            _ => Err(check.into_problems()),
        }
    }

    /// Checks only the settings of API calls with an existing token, which need the instance URL.
    pub fn check_calls(self) -> Result<CallSettings, Problems> {
        let mut check = Check::new(self);
        if check.loader.effective(Setting::InstanceUrl).is_none() {
            check.missing(Setting::InstanceUrl);
        }
        let instance_url = check.hosts(false).and_then(|hosts| hosts.instance_url);
        let OtherSettings { api_version, ca_file, proxy, .. } = check.other();
        match instance_url {
            Some(instance_url) if check.problems.is_empty() => {
                let notices = check.notices;
                Ok(CallSettings { api_version, ca_file, instance_url, notices, proxy })
            }
            _ => Err(check.into_problems()),
        }
    }

    /// Returns the effective values, without secrets, and the problems other than missing values.
    /// No key, passphrase or record is read: their sources are listed.
    pub fn shown(self) -> (Vec<EffectiveValue>, Option<Problems>) {
        let mut check = Check::new(self);
        check.optional(Setting::Record, |path| Ok(path.to_owned()));
        check.optional(Setting::Username, Username::parse);
        check.optional(Setting::ClientId, ClientId::parse);
        check.key_unread();
        check.hosts(false);
        check.other();
        let values = std::mem::take(&mut check.values);
        (values, check.into_problems().without_missing())
    }
}

/// A check in progress.
struct Check {
    loader: Loader,
    notices: Vec<Notice>,
    values: Vec<EffectiveValue>,
    problems: Vec<Problem>,
}

impl Check {
    fn new(mut loader: Loader) -> Self {
        let mut notices = std::mem::take(&mut loader.layer.notices);
        notices.extend(loader.overridden());
        let problems = std::mem::take(&mut loader.layer.problems);
        Self { loader, notices, values: Vec::new(), problems }
    }

    /// Returns the effective values, in the order of a check for a login.
    fn all_values(mut self) -> Vec<EffectiveValue> {
        let of_hosts = std::mem::take(&mut self.values);
        self.required(Setting::Username, Username::parse);
        self.required(Setting::ClientId, ClientId::parse);
        self.key_unread();
        self.values.extend(of_hosts);
        self.other();
        self.values
    }

    fn other(&mut self) -> OtherSettings {
        OtherSettings {
            api_version: self.api_version(),
            token_lifetime: self.optional(Setting::TokenLifetime, values::duration),
            cache: self.optional(Setting::Cache, values::cache).unwrap_or(Cache::File),
            ca_file: self.optional(Setting::CaFile, |path| Ok(path.to_owned())),
            proxy: self.secret(Setting::Proxy),
            allow_methods: self.items(Setting::AllowMethods, values::method),
            allow_paths: self.items(Setting::AllowPaths, values::call_path),
            allow_users: self.list(Setting::AllowUsers),
            allow_groups: self.list(Setting::AllowGroups),
        }
    }

    fn into_problems(self) -> Problems {
        Problems::new(self.problems, self.notices)
    }

    /// The version is required in a record, because flows that read the record need it.
    fn api_version(&mut self) -> ApiVersion {
        let setting = Setting::ApiVersion;
        let found = if self.loader.layer.record.is_some() {
            self.required(setting, ApiVersion::parse)
        } else {
            self.optional(setting, ApiVersion::parse)
        };
        found.unwrap_or(ApiVersion::DEFAULT)
    }

    fn required<T>(
        &mut self,
        setting: Setting,
        parse: impl FnOnce(&str) -> Result<T, ProblemKind>,
    ) -> Option<T> {
        if self.loader.effective(setting).is_none() {
            self.missing(setting);
        }
        self.optional(setting, parse)
    }

    /// Parses the effective value, if any. An invalid value adds a problem, an odd one a notice.
    fn optional<T>(
        &mut self,
        setting: Setting,
        parse: impl FnOnce(&str) -> Result<T, ProblemKind>,
    ) -> Option<T> {
        let (text, source) = self.text(setting)?;
        match with_kind(setting, parse)(&text) {
            Ok(value) => {
                self.note_kind(setting, &text, &source);
                self.note_value(setting, text, source);
                Some(value)
            }
            Err(kind) => {
                self.problem(setting, &source, kind);
                None
            }
        }
    }

    /// Removes and converts the effective value. `convert` returns a value of another kind as an
    /// error, which is a problem.
    fn take<T>(
        &mut self,
        setting: Setting,
        convert: impl FnOnce(Raw) -> Result<T, Raw>,
    ) -> Option<(T, Source)> {
        let Entry { source, raw, .. } = self.loader.take(setting)?;
        match convert(raw) {
            Ok(value) => Some((value, source)),
            Err(raw) => {
                self.problem(setting, &source, problem_of(raw));
                None
            }
        }
    }

    /// Returns the effective text without the blanks around it.
    fn text(&mut self, setting: Setting) -> Option<(String, Source)> {
        let (text, source) = self.take(setting, Raw::into_text)?;
        let trimmed = text.secret().trim();
        if trimmed.is_empty() {
            self.problem(setting, &source, ProblemKind::Missing { meant: None });
            return None;
        }
        if trimmed.len() != text.secret().len() {
            self.notices.push(Notice::new(&source, NoticeKind::Trimmed(setting)));
        }
        Some((trimmed.to_owned(), source))
    }

    fn list(&mut self, setting: Setting) -> Vec<String> {
        let Some((items, source)) = self.take(setting, Raw::into_list) else { return Vec::new() };
        self.note_value(setting, items.join(", "), source);
        items
    }

    /// Parses each item of a list, if it is set. The first invalid one is a problem.
    fn items(
        &mut self,
        setting: Setting,
        parse: impl Fn(&str) -> Result<String, ProblemKind>,
    ) -> Option<Vec<String>> {
        let source = self.loader.effective(setting)?.source.clone();
        let items = self.list(setting);
        match items.iter().map(|item| parse(item)).collect() {
            Ok(items) => Some(items),
            Err(kind) => {
                self.problem(setting, &source, kind);
                None
            }
        }
    }

    fn missing(&mut self, setting: Setting) {
        let record = self.loader.layer.record.as_ref().filter(|_| setting.record_name().is_some());
        let Some(record) = record else {
            // The setting may be in a file that could not be read, or in a profile.
            if let Some(problem) = self.loader.layer.unchosen_profile.take() {
                self.loader.layer.unreadable = true;
                self.problems.push(problem);
            } else if !self.loader.layer.unreadable {
                let kind = ProblemKind::Missing { meant: None };
                self.problems.push(Problem::new(Location::Nowhere(setting), kind));
            }
            return;
        };
        let mut misspelt = record.misspelt.iter().filter(|(meant, _)| *meant == setting);
        let meant = misspelt.next().map(|(_, name)| name.clone());
        let location = Location::of(setting, &record.source(setting));
        self.problems.push(Problem::new(location, ProblemKind::Missing { meant }));
    }

    fn problem(&mut self, setting: Setting, source: &Source, kind: ProblemKind) {
        self.problems.push(Problem::new(Location::of(setting, source), kind));
    }

    /// Adds a notice if an accepted text looks like another kind of value.
    fn note_kind(&mut self, setting: Setting, text: &str, source: &Source) {
        let suspicion = match identified(setting, text) {
            Some(ProblemKind::Placeholder { found }) => Some((found, None)),
            Some(ProblemKind::Swapped { found, belongs }) => Some((found, belongs)),
            _ => None,
        };
        if let Some((found, belongs)) = suspicion {
            self.notices
                .push(Notice::new(source, NoticeKind::LooksLike { setting, found, belongs }));
        }
    }

    fn note_value(&mut self, setting: Setting, shown: String, source: Source) {
        let shown = shown_value(setting, shown);
        self.values.push(EffectiveValue { setting, shown, source });
    }
}

/// Wraps a parser: if it refuses a text that looks like another kind of value, the problem says so.
fn with_kind<T>(
    setting: Setting,
    parse: impl FnOnce(&str) -> Result<T, ProblemKind>,
) -> impl FnOnce(&str) -> Result<T, ProblemKind> {
    move |text| parse(text).map_err(|kind| identified(setting, text).unwrap_or(kind))
}

/// Returns a more specific problem for a text that looks like another kind of value.
fn identified(setting: Setting, text: &str) -> Option<ProblemKind> {
    Some(match ValueKind::guess(text)? {
        found @ ValueKind::Variable => ProblemKind::Placeholder { found },
        // Other kinds apply to settings of a record only: `none` is a valid cache, a URL a valid
        // proxy.
        _ if setting.record_name().is_none() => return None,
        found @ ValueKind::Placeholder => ProblemKind::Placeholder { found },
        found @ (ValueKind::Certificate | ValueKind::ConsumerSecret) => {
            ProblemKind::Swapped { found, belongs: None }
        }
        found => match found.setting() {
            Some(other) if other != setting => ProblemKind::Swapped { found, belongs: Some(other) },
            _ => return None,
        },
    })
}

/// Returns the value if it is known to be harmless, or `[set]`.
fn shown_value(setting: Setting, value: String) -> String {
    let each = |show: fn(&str) -> &str| value.split(", ").all(|item| show(item) == item);
    let is_harmless = match setting {
        Setting::AllowGroups | Setting::AllowUsers => each(redact::name),
        Setting::AllowHosts => each(redact::host),
        Setting::AllowMethods => each(redact::variable),
        Setting::AllowPaths => each(redact::path),
        Setting::Cache => each(redact::name) || each(redact::redis_url),
        Setting::CaFile | Setting::Record => each(redact::path),
        Setting::ClientId => each(redact::client_id),
        Setting::Username => each(redact::username),
        // Checked, so that no secret can be in them.
        Setting::ApiVersion
        | Setting::Audience
        | Setting::InstanceUrl
        | Setting::LoginUrl
        | Setting::TokenLifetime => true,
        _ => false,
    };
    if is_harmless { value } else { HIDDEN.to_owned() }
}

/// Returns the problem of a value that is not text.
fn problem_of(raw: Raw) -> ProblemKind {
    match raw {
        Raw::Broken(kind) => kind,
        Raw::File(path) => {
            let reason = NOT_READ.to_owned();
            ProblemKind::read(ReadError::Os { path, reason }, None)
        }
        Raw::Variable(name) => ProblemKind::read(ReadError::Unset { name }, None),
        _ => ProblemKind::Type { expected: "a string", found: "a list" },
    }
}

/// Shown in place of a secret.
const HIDDEN: &str = "[set]";
const NOT_READ: &str = "not read";

#[cfg(test)]
mod tests;

//! Judges a draft: all values, all problems.

mod hosts;
mod key;
pub(crate) use key::refuse_published;
mod plain;

use orgtoken_oauth::redact;

use crate::api_version::ApiVersion;
use crate::client_id::ClientId;
use crate::draft::Draft;
use crate::layer::Entry;
use crate::looks::Looks;
use crate::need::Unread;
use crate::notices::{Notice, Remark};
use crate::problems::{Fault, Place, Problem, Problems};
use crate::raw::Raw;
use crate::setting::Setting;
use crate::settings::{Cache, CallSettings, Hosts, Origin, Rest, Settings};
use crate::source::Source;
use crate::username::Username;

/// Checks everything that a login needs.
pub(crate) fn settings(draft: Draft) -> Result<Settings, Problems> {
    let mut check = Check::new(draft);
    let username = check.required(Setting::Username, Username::parse);
    let client_id = check.required(Setting::ClientId, ClientId::parse);
    let key = check.key();
    let hosts = check.hosts(true);
    let rest = check.rest();
    check.suspect(hosts.as_ref(), rest.api_version);
    if let (Some(username), Some(hosts)) = (&username, &hosts) {
        check.compare(username, hosts);
    }
    if let (Some(key), Some(hosts)) = (&key, &hosts) {
        check.published(key, &hosts.resolution);
    }
    match (username, client_id, key, hosts) {
        (Some(username), Some(client_id), Some(key), Some(hosts)) if check.problems.is_empty() => {
            let Check { notices, origins, .. } = check;
            Ok(Settings { client_id, hosts, key, notices, origins, rest, username })
        }
        _ => Err(check.into_problems()),
    }
}

/// Checks only where a login would go. What else is set is shown as far as it is right.
pub(crate) fn hosts(draft: Draft) -> Result<Hosts, Problems> {
    let mut check = Check::new(draft);
    match check.hosts(false) {
        Some(mut hosts) if check.problems.is_empty() => {
            hosts.origins = std::mem::take(&mut check.origins);
            hosts.all_origins = check.all_origins(&hosts.origins);
            Ok(hosts)
        }
        _ => Err(check.into_problems()),
    }
}

/// Checks what calls need whose token exists already.
pub(crate) fn calls(draft: Draft) -> Result<CallSettings, Problems> {
    let mut check = Check::new(draft);
    if check.draft.winner(Setting::InstanceUrl).is_none() {
        check.missing(Setting::InstanceUrl);
    }
    let instance_url = check.hosts(false).and_then(|hosts| hosts.instance_url);
    let rest = check.rest();
    match instance_url {
        Some(instance_url) if check.problems.is_empty() => {
            Ok(CallSettings { instance_url, notices: check.notices, rest })
        }
        _ => Err(check.into_problems()),
    }
}

/// A draft under judgement.
struct Check {
    draft: Draft,
    notices: Vec<Notice>,
    origins: Vec<Origin>,
    problems: Vec<Problem>,
}

impl Check {
    fn new(mut draft: Draft) -> Self {
        let mut notices = std::mem::take(&mut draft.layer.notices);
        notices.extend(draft.overruled());
        let problems = std::mem::take(&mut draft.layer.problems);
        Self { draft, notices, origins: Vec::new(), problems }
    }

    /// Every value that counts, in the order in which a check for a login finds them.
    fn all_origins(mut self, of_hosts: &[Origin]) -> Vec<Origin> {
        self.required(Setting::Username, Username::parse);
        self.required(Setting::ClientId, ClientId::parse);
        self.key_unread();
        self.origins.extend_from_slice(of_hosts);
        self.rest();
        self.origins
    }

    fn rest(&mut self) -> Rest {
        Rest {
            api_version: self.api_version(),
            token_lifetime: self.optional(Setting::TokenLifetime, plain::duration),
            cache: self.optional(Setting::Cache, plain::cache).unwrap_or(Cache::File),
            ca_file: self.optional(Setting::CaFile, |path| Ok(path.to_owned())),
            proxy: self.secret(Setting::Proxy),
            allow_users: self.list(Setting::AllowUsers),
            allow_groups: self.list(Setting::AllowGroups),
        }
    }

    fn into_problems(self) -> Problems {
        Problems::new(self.problems, self.notices)
    }

    /// A record without its version is broken for the flows that read it; elsewhere it may lack.
    fn api_version(&mut self) -> ApiVersion {
        let setting = Setting::ApiVersion;
        let found = if self.draft.layer.record.is_some() {
            self.required(setting, ApiVersion::parse)
        } else {
            self.optional(setting, ApiVersion::parse)
        };
        found.unwrap_or(ApiVersion::DEFAULT)
    }

    fn required<T>(
        &mut self,
        setting: Setting,
        parse: impl FnOnce(&str) -> Result<T, Fault>,
    ) -> Option<T> {
        if self.draft.winner(setting).is_none() {
            self.missing(setting);
        }
        self.optional(setting, parse)
    }

    /// Parses the value that counts, if there is one; a fault becomes a problem, and a suspicion a
    /// notice.
    fn optional<T>(
        &mut self,
        setting: Setting,
        parse: impl FnOnce(&str) -> Result<T, Fault>,
    ) -> Option<T> {
        let (text, source) = self.text(setting)?;
        match of(setting, parse)(&text) {
            Ok(value) => {
                self.suspect_text(setting, &text, &source);
                self.origin(setting, text, source);
                Some(value)
            }
            Err(fault) => {
                self.problem(setting, &source, fault);
                None
            }
        }
    }

    /// The text that counts, without the blanks around it.
    fn text(&mut self, setting: Setting) -> Option<(String, Source)> {
        let Entry { source, raw, .. } = self.draft.take(setting)?;
        match raw {
            Raw::Text(text) => {
                let trimmed = text.secret().trim();
                if trimmed.is_empty() {
                    self.problem(setting, &source, Fault::Missing { meant: None });
                    return None;
                }
                if trimmed.len() != text.secret().len() {
                    self.notices.push(Notice::new(&source, Remark::Trimmed(setting)));
                }
                Some((trimmed.to_owned(), source))
            }
            raw => {
                self.problem(setting, &source, fault_of(raw));
                None
            }
        }
    }

    fn list(&mut self, setting: Setting) -> Vec<String> {
        let Some(Entry { source, raw, .. }) = self.draft.take(setting) else { return Vec::new() };
        match raw {
            Raw::List(items) => {
                self.origin(setting, items.join(", "), source);
                items
            }
            Raw::Text(text) => vec![text.secret().to_owned()],
            raw => {
                self.problem(setting, &source, fault_of(raw));
                Vec::new()
            }
        }
    }

    fn missing(&mut self, setting: Setting) {
        let record = self.draft.layer.record.as_ref().filter(|_| setting.record_name().is_some());
        let Some(record) = record else {
            // What is missing may well stand in the file that could not be read, or in a profile.
            if let Some(problem) = self.draft.layer.unchosen.take() {
                self.draft.layer.unreadable = true;
                self.problems.push(problem);
            } else if !self.draft.layer.unreadable {
                let fault = Fault::Missing { meant: None };
                self.problems.push(Problem::new(Place::Nowhere(setting), fault));
            }
            return;
        };
        let mut misspelt = record.misspelt.iter().filter(|(meant, _)| *meant == setting);
        let meant = misspelt.next().map(|(_, name)| name.clone());
        let place = Place::of(setting, &record.source(setting));
        self.problems.push(Problem::new(place, Fault::Missing { meant }));
    }

    fn problem(&mut self, setting: Setting, source: &Source, fault: Fault) {
        self.problems.push(Problem::new(Place::of(setting, source), fault));
    }

    /// Notes that a text which was accepted looks like something else.
    fn suspect_text(&mut self, setting: Setting, text: &str, source: &Source) {
        let suspicion = match identified(setting, text) {
            Some(Fault::Placeholder { found }) => Some((found, None)),
            Some(Fault::Swapped { found, belongs }) => Some((found, belongs)),
            _ => None,
        };
        if let Some((found, belongs)) = suspicion {
            self.notices.push(Notice::new(source, Remark::LooksLike { setting, found, belongs }));
        }
    }

    fn origin(&mut self, setting: Setting, shown: String, source: Source) {
        let shown = shown_value(setting, shown);
        self.origins.push(Origin { setting, shown, source });
    }
}

/// Parses a text; where it is refused and looks like something else, the fault says so.
fn of<T>(
    setting: Setting,
    parse: impl FnOnce(&str) -> Result<T, Fault>,
) -> impl FnOnce(&str) -> Result<T, Fault> {
    move |text| parse(text).map_err(|fault| identified(setting, text).unwrap_or(fault))
}

/// A better fault for a text that was refused, from what it looks like.
fn identified(setting: Setting, text: &str) -> Option<Fault> {
    Some(match Looks::of(text)? {
        found @ Looks::Variable => Fault::Placeholder { found },
        // `none` is a kind of cache, a URL a proxy: the other kinds are of the settings of a record.
        _ if setting.record_name().is_none() => return None,
        found @ Looks::Placeholder => Fault::Placeholder { found },
        found @ (Looks::Certificate | Looks::ConsumerSecret) => {
            Fault::Swapped { found, belongs: None }
        }
        found => match found.setting() {
            Some(other) if other != setting => Fault::Swapped { found, belongs: Some(other) },
            _ => return None,
        },
    })
}

/// The value of a setting, as far as it is known to be harmless.
fn shown_value(setting: Setting, value: String) -> String {
    let each = |show: fn(&str) -> &str| value.split(", ").all(|item| show(item) == item);
    let is_harmless = match setting {
        Setting::AllowGroups | Setting::AllowUsers => each(redact::name),
        Setting::AllowHosts => each(redact::host),
        Setting::Cache => each(redact::name) || each(redact::redis_url),
        Setting::CaFile => each(redact::path),
        Setting::ClientId => each(redact::client_id),
        Setting::Username => each(redact::username),
        // Checked, so they have one form only.
        Setting::ApiVersion
        | Setting::Audience
        | Setting::InstanceUrl
        | Setting::LoginUrl
        | Setting::TokenLifetime => true,
        _ => false,
    };
    if is_harmless { value } else { SET.to_owned() }
}

/// What is wrong with a value that is no text.
fn fault_of(raw: Raw) -> Fault {
    match raw {
        Raw::Broken(fault) => fault,
        Raw::File(path) => {
            let reason = NOBODY_READ.to_owned();
            Fault::unread(Unread::Os { path, reason }, None)
        }
        Raw::Variable(name) => Fault::unread(Unread::Unset { name }, None),
        _ => Fault::Type { expected: "a string", found: "a list" },
    }
}

/// What stands for a secret where values are listed.
const SET: &str = "[set]";
const NOBODY_READ: &str = "it was not read";

#[cfg(test)]
mod tests;

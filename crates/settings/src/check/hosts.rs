//! Checks the hosts of a login.

use orgtoken_oauth::{AllowedHosts, Audience, InstanceUrl, LoginUrl, Resolution, UrlError};

use super::{Check, identified};
use crate::api_version::ApiVersion;
use crate::identifier::Username;
use crate::notices::{Notice, NoticeKind};
use crate::problems::ProblemKind;
use crate::raw::Raw;
use crate::sandbox::sandbox_suffix;
use crate::setting::Setting;
use crate::settings::Hosts;
use crate::source::Source;

impl Check {
    /// `for_login`: whether a record must have the instance URL, which flows that read the record
    /// need.
    pub(super) fn hosts(&mut self, for_login: bool) -> Option<Hosts> {
        let allowed_hosts = self.allowed_hosts();
        let parse = |text: &str| InstanceUrl::parse(text, &allowed_hosts);
        if for_login
            && self.loader.layer.record.is_some()
            && self.given(Setting::InstanceUrl).is_none()
        {
            self.missing(Setting::InstanceUrl);
        }
        let instance_url = self.url(Setting::InstanceUrl, parse, InstanceUrl::as_str);
        let parse = |text: &str| LoginUrl::parse(text, &allowed_hosts);
        let login_url = self.url(Setting::LoginUrl, parse, LoginUrl::as_str);
        let audience_source = self.given(Setting::Audience).cloned();
        let parse = |text: &str| Audience::parse(text, &allowed_hosts);
        let audience = self.url(Setting::Audience, parse, Audience::as_str);
        let resolution =
            Resolution::resolve(login_url.as_ref(), instance_url.as_ref(), audience.as_ref());
        let resolution = match (resolution, audience_source) {
            (Ok(resolution), _) => resolution,
            // With an invalid URL it is unknown whether the audience matches.
            (Err(_), _) if !self.problems.is_empty() => return None,
            (Err(error), source) => {
                let source = source.unwrap_or(Source::Default);
                self.problem(Setting::Audience, &source, ProblemKind::Url(error));
                return None;
            }
        };
        Some(Hosts { allowed_hosts, instance_url, values: Vec::new(), resolution })
    }

    /// Adds a notice if the username does not end in the suffix of the sandbox.
    pub(super) fn compare(&mut self, username: &Username, hosts: &Hosts) {
        let Some(suffix) = sandbox_suffix(hosts.resolution.endpoint().host()) else { return };
        if !username.as_str().to_ascii_lowercase().ends_with(&suffix) {
            self.notice(Setting::Username, NoticeKind::SandboxSuffix(suffix));
        }
    }

    /// Adds notices about valid values that are probably mistakes.
    pub(super) fn note_odd_values(&mut self, hosts: Option<&Hosts>, version: ApiVersion) {
        if let Some(url) = hosts.and_then(|hosts| hosts.instance_url.as_ref())
            && url.serves_every_org()
        {
            self.notice(Setting::InstanceUrl, NoticeKind::LoginHost(url.host().to_owned()));
        }
        if version.major() < OLDEST_VERSION {
            self.notice(Setting::ApiVersion, NoticeKind::Retired);
        }
    }

    fn notice(&mut self, setting: Setting, kind: NoticeKind) {
        let value = self.values.iter().find(|value| value.setting == setting);
        let source = value.map_or(Source::Default, |value| value.source.clone());
        self.notices.push(Notice::new(&source, kind));
    }

    fn given(&self, setting: Setting) -> Option<&Source> {
        self.loader.effective(setting).map(|entry| &entry.source)
    }

    fn url<T>(
        &mut self,
        setting: Setting,
        parse: impl FnOnce(&str) -> Result<T, UrlError>,
        as_str: impl FnOnce(&T) -> &str,
    ) -> Option<T> {
        let (text, source) = self.text(setting)?;
        let refused = |error| identified_url(setting, &text).unwrap_or(ProblemKind::Url(error));
        match parse(&text).map_err(refused) {
            Ok(url) => {
                let canonical = as_str(&url).to_owned();
                if canonical != text {
                    let kind = NoticeKind::Canonical(setting.name(), canonical.clone());
                    self.notices.push(Notice::new(&source, kind));
                }
                self.note_value(setting, canonical, source);
                Some(url)
            }
            Err(kind) => {
                self.problem(setting, &source, kind);
                None
            }
        }
    }

    /// Collects the allowed hosts of all sources. A record cannot allow hosts.
    fn allowed_hosts(&mut self) -> AllowedHosts {
        let mut hosts = Vec::new();
        while self.given(Setting::AllowHosts).is_some() {
            let Some((items, source)) = self.take(Setting::AllowHosts, Raw::into_list) else {
                continue;
            };
            match AllowedHosts::parse(&items) {
                Ok(_) => {
                    self.note_value(Setting::AllowHosts, items.join(", "), source);
                    hosts.extend(items);
                }
                Err(error) => {
                    self.problem(Setting::AllowHosts, &source, ProblemKind::Url(error));
                }
            }
        }
        AllowedHosts::parse(&hosts).unwrap_or(AllowedHosts::none())
    }
}

/// Like `identified`, but a URL is never in the wrong setting.
fn identified_url(setting: Setting, text: &str) -> Option<ProblemKind> {
    identified(setting, text).filter(|kind| {
        !matches!(kind, ProblemKind::Swapped { belongs: Some(Setting::InstanceUrl), .. })
    })
}

/// Salesforce retired earlier versions in the summer of 2025.
const OLDEST_VERSION: u16 = 31;

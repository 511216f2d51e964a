//! Values that need no more than a look.

use std::time::Duration;

use super::{Check, SET, fault_of};
use crate::duration::parse_duration;
use crate::layer::Entry;
use crate::problems::Fault;
use crate::raw::Raw;
use crate::secret::SecretText;
use crate::setting::Setting;
use crate::settings::Cache;

impl Check {
    /// A text that may hold a password.
    pub(super) fn secret(&mut self, setting: Setting) -> Option<SecretText> {
        let Entry { source, raw, .. } = self.draft.take(setting)?;
        match raw {
            Raw::Text(text) => {
                let text = text.secret().trim();
                self.suspect_text(setting, text, &source);
                self.origin(setting, SET.to_owned(), source);
                Some(text.to_owned().into())
            }
            raw => {
                self.problem(setting, &source, fault_of(raw));
                None
            }
        }
    }
}

/// A time from a second to a day.
pub(super) fn duration(text: &str) -> Result<Duration, Fault> {
    let range = Duration::from_secs(1)..=Duration::from_secs(86_400);
    let duration = parse_duration(text).filter(|duration| range.contains(duration));
    duration.ok_or(Fault::Duration)
}

pub(super) fn cache(text: &str) -> Result<Cache, Fault> {
    match text {
        "file" => Ok(Cache::File),
        "memory" => Ok(Cache::Memory),
        "none" => Ok(Cache::None),
        url if url.starts_with("redis://") || url.starts_with("rediss://") => {
            Ok(Cache::Redis(url.to_owned().into()))
        }
        _ => Err(Fault::Cache),
    }
}

//! Values that need no more than a look.

use std::time::Duration;

use super::{Check, SET, fault_of};
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

/// Takes `30s`, `10m`, `2h` or a number of seconds; from a second to a day.
pub(super) fn duration(text: &str) -> Result<Duration, Fault> {
    let units = [("s", 1), ("min", 60), ("m", 60), ("h", 3600), ("", 1)];
    let seconds = units.iter().find_map(|(unit, seconds)| {
        let number = text.strip_suffix(unit)?.trim_end();
        number.parse::<u64>().ok()?.checked_mul(*seconds)
    });
    match seconds {
        Some(seconds @ 1..=86_400) => Ok(Duration::from_secs(seconds)),
        _ => Err(Fault::Duration),
    }
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

pub(super) fn path(text: &str) -> Result<String, Fault> {
    Ok(text.to_owned())
}

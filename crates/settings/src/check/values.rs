//! Parsers of simple values.

use std::time::Duration;

use super::{Check, HIDDEN, problem_of};
use crate::duration::parse_duration;
use crate::layer::Entry;
use crate::problems::ProblemKind;
use crate::raw::Raw;
use crate::secret::SecretText;
use crate::setting::Setting;
use crate::settings::Cache;

impl Check {
    /// Returns a text that may contain a password.
    pub(super) fn secret(&mut self, setting: Setting) -> Option<SecretText> {
        let Entry { source, raw, .. } = self.loader.take(setting)?;
        match raw {
            Raw::Text(text) => {
                let text = text.secret().trim();
                self.note_kind(setting, text, &source);
                self.note_value(setting, HIDDEN.to_owned(), source);
                Some(text.to_owned().into())
            }
            raw => {
                self.problem(setting, &source, problem_of(raw));
                None
            }
        }
    }
}

/// Parses a duration from a second to a day.
pub(super) fn duration(text: &str) -> Result<Duration, ProblemKind> {
    let range = Duration::from_secs(1)..=Duration::from_secs(86_400);
    let duration = parse_duration(text).filter(|duration| range.contains(duration));
    duration.ok_or(ProblemKind::Duration)
}

pub(super) fn cache(text: &str) -> Result<Cache, ProblemKind> {
    match text {
        "file" => Ok(Cache::File),
        "memory" => Ok(Cache::Memory),
        "none" => Ok(Cache::None),
        url if url.starts_with("redis://") || url.starts_with("rediss://") => {
            Ok(Cache::Redis(url.to_owned().into()))
        }
        _ => Err(ProblemKind::Cache),
    }
}

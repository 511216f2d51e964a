//! Parsers of simple values.

use std::time::Duration;

use super::{Check, HIDDEN};
use crate::duration::parse_duration;
use crate::problems::ProblemKind;
use crate::raw::Raw;
use crate::secret::SecretText;
use crate::setting::Setting;
use crate::settings::Cache;

impl Check {
    /// Returns a text that may contain a password.
    pub(super) fn secret(&mut self, setting: Setting) -> Option<SecretText> {
        let (text, source) = self.take(setting, Raw::into_text)?;
        let text = text.secret().trim();
        self.note_kind(setting, text, &source);
        self.note_value(setting, HIDDEN.to_owned(), source);
        Some(text.to_owned().into())
    }
}

/// Parses a duration from a second to a day.
pub(super) fn duration(text: &str) -> Result<Duration, ProblemKind> {
    let range = Duration::from_secs(1)..=Duration::from_secs(86_400);
    let duration = parse_duration(text).filter(|duration| range.contains(duration));
    duration.ok_or(ProblemKind::Value {
        what: "not a duration between 1 s and 24 h",
        hint: "write it as 30s, 10m or 2h",
    })
}

/// Parses a method of API calls, in any case.
pub(super) fn method(text: &str) -> Result<String, ProblemKind> {
    let method = text.to_ascii_uppercase();
    METHODS.contains(&method.as_str()).then_some(method).ok_or(ProblemKind::Value {
        what: "not a method of API calls",
        hint: "use GET, HEAD, POST, PUT, PATCH and DELETE",
    })
}

/// Parses the beginning of the path of API calls: `sobjects/Account`, or a whole path below
/// `/services/`.
pub(super) fn call_path(text: &str) -> Result<String, ProblemKind> {
    let fits = |c: char| c.is_ascii_alphanumeric() || "_.-".contains(c);
    let whole = text.strip_prefix('/');
    let segments = whole.unwrap_or(text).trim_end_matches('/').split('/');
    let is_path = text.len() <= MAX_PATH
        && segments.clone().all(|part| {
            !part.is_empty() && part.chars().all(fits) && part.chars().any(|c| c != '.')
        });
    // These return sessions and tokens.
    let is_login =
        whole.is_some_and(|path| path.to_ascii_lowercase().starts_with("services/oauth2"));
    let is_api = whole.is_none_or(|_| segments.take(2).count() == 2 && text.starts_with(SERVICES));
    (is_path && is_api && !is_login).then(|| text.to_owned()).ok_or(ProblemKind::Value {
        what: "not the beginning of a path of API calls",
        hint: "write `sobjects/Account` for a path below /services/data/vNN.0/, or a whole path such \
               as `/services/apexrest/orders`",
    })
}

const METHODS: [&str; 6] = ["DELETE", "GET", "HEAD", "PATCH", "POST", "PUT"];
const SERVICES: &str = "/services/";
const MAX_PATH: usize = 255;

pub(super) fn cache(text: &str) -> Result<Cache, ProblemKind> {
    match text {
        "file" => Ok(Cache::File),
        "memory" => Ok(Cache::Memory),
        "none" => Ok(Cache::None),
        url if url.starts_with("redis://") || url.starts_with("rediss://") => {
            Ok(Cache::Redis(url.to_owned().into()))
        }
        _ => Err(ProblemKind::Value {
            what: "not a cache",
            hint: "write `file`, `memory`, `none` or a `redis://` or `rediss://` URL",
        }),
    }
}

//! The version of the REST API.

use std::fmt;
use std::str::FromStr;

use crate::problems::ProblemKind;

/// A version of the REST API, written `v51.0`.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct ApiVersion(u16);

impl ApiVersion {
    /// The default version: Winter '26.
    pub const DEFAULT: Self = Self(65);

    /// Returns the number before the dot: 51 for `v51.0`.
    pub fn major(self) -> u16 {
        self.0
    }

    /// Accepts `v51.0`, `51.0`, `v51` and `51`.
    pub(crate) fn parse(text: &str) -> Result<Self, ProblemKind> {
        let digits = text.strip_prefix(['v', 'V']).unwrap_or(text);
        let digits = digits.strip_suffix(".0").unwrap_or(digits);
        let plain = digits.bytes().all(|byte| byte.is_ascii_digit()) && !digits.starts_with('0');
        match u16::from_str(digits) {
            Ok(major) if plain && major <= MAX_MAJOR => Ok(Self(major)),
            _ => Err(ProblemKind::Value { what: "not an API version", hint: "write it as v51.0" }),
        }
    }
}

impl fmt::Display for ApiVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "v{}.0", self.0)
    }
}

/// Three digits: at three versions a year, enough for this century.
const MAX_MAJOR: u16 = 999;

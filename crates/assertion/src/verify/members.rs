use alloc::collections::BTreeMap;
use alloc::string::String;

use serde::Deserialize;
use serde_json::Value;
use serde_with::rust::maps_duplicate_key_is_error;

use super::VerifyError;
use crate::UnixTime;

/// The members of a JSON object that has no name twice.
#[derive(Deserialize)]
pub(super) struct Members(
    // Otherwise the last of two members of one name would win, and nobody would know.
    #[serde(with = "maps_duplicate_key_is_error")] BTreeMap<String, Value>,
);

impl Members {
    pub(super) fn parse(json: &str) -> Result<Self, VerifyError> {
        // The error is dropped, since serde_json quotes the value that it did not like.
        serde_json::from_str(json).map_err(|_| VerifyError::Json)
    }

    pub(super) fn contains(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// A string, or a list that holds one string and no more.
    pub(super) fn text(&self, name: &'static str) -> Result<Option<String>, VerifyError> {
        match self.0.get(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.clone())),
            Some(Value::Array(list)) if name == "aud" => match list.as_slice() {
                [Value::String(text)] => Ok(Some(text.clone())),
                _ => Err(VerifyError::Claim { name }),
            },
            Some(_) => Err(VerifyError::Claim { name }),
        }
    }

    /// Whole seconds, as a number or as a string of digits.
    pub(super) fn time(&self, name: &'static str) -> Result<Option<UnixTime>, VerifyError> {
        let secs = match self.0.get(name) {
            None => return Ok(None),
            Some(Value::Number(number)) => number.as_u64(),
            Some(Value::String(digits)) if digits.bytes().all(|byte| byte.is_ascii_digit()) => {
                digits.parse().ok()
            }
            Some(_) => None,
        };
        secs.map(|secs| Some(UnixTime::from_secs(secs))).ok_or(VerifyError::Claim { name })
    }
}

use alloc::collections::BTreeMap;
use alloc::string::String;

use serde::Deserialize;
use serde_json::Value;
use serde_with::rust::maps_duplicate_key_is_error;

use super::VerifyError;
use crate::UnixTime;

/// The members of a JSON object without repeated names.
#[derive(Deserialize)]
pub(super) struct Members(
    // serde_json alone would silently keep the last of two members with the same name.
    #[serde(with = "maps_duplicate_key_is_error")] BTreeMap<String, Value>,
);

impl Members {
    pub(super) fn parse(json: &str) -> Result<Self, VerifyError> {
        // The error is dropped, because serde_json quotes the value that it rejects.
        serde_json::from_str(json).map_err(|_| VerifyError::Json)
    }

    pub(super) fn contains(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// Returns a string. `aud` may be a list with one string.
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

    /// Returns a time in whole seconds, from a number or a string of digits.
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

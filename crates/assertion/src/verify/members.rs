use alloc::collections::BTreeMap;
use alloc::string::String;
use core::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, Visitor};
use serde_json::Value;

use super::VerifyError;
use crate::UnixTime;

/// The members of a JSON object, each of which stands there once.
pub(super) struct Members(BTreeMap<String, Value>);

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

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Once).map(Self)
    }
}

// serde_json's own map keeps the last of two members of one name, and says nothing.
struct Once;

impl<'de> Visitor<'de> for Once {
    type Value = BTreeMap<String, Value>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut members = BTreeMap::new();
        while let Some((name, value)) = map.next_entry::<String, Value>()? {
            if members.insert(name, value).is_some() {
                return Err(A::Error::custom("a member stands there twice"));
            }
        }
        Ok(members)
    }
}

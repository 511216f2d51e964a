//! The JSON of a response, field by field, without any part of it in an error.

use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_with::{As, Map, Same};
use zeroize::Zeroizing;

/// The fields of a response in their order, including those that are not used.
#[derive(Debug, Default, Deserialize)]
#[serde(transparent)]
pub(crate) struct Fields {
    #[serde(with = "As::<Map<Same, Same>>")]
    fields: Vec<(String, Field)>,
    /// Whether they came in a list, like refusals of the REST API and unlike tokens.
    #[serde(skip)]
    pub(crate) listed: bool,
}

impl Fields {
    /// Returns the last field of this name, like most JSON readers.
    pub(crate) fn field(&self, name: &str) -> Option<&Field> {
        self.fields.iter().rfind(|(known, _)| known == name).map(|(_, field)| field)
    }

    /// Returns a field of [`NAMES`] that is there twice. RFC 8259 leaves the meaning of repeated
    /// names open, so the response is refused.
    pub(crate) fn duplicate(&self) -> Option<&'static str> {
        let fields = |name: &str| self.fields.iter().filter(|(known, _)| known == name).count();
        NAMES.into_iter().find(|name| fields(name) > 1)
    }

    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.field(name).and_then(Field::text)
    }

    pub(crate) fn number(&self, name: &str) -> Option<u64> {
        self.field(name).and_then(Field::number)
    }
}

/// A value of any type. Otherwise `serde_json` would quote an unexpected value in its error.
pub(crate) enum Field {
    /// A list, an object, a boolean or null, by its name.
    Other(&'static str),
    /// `None` unless it is a whole number of zero or more.
    Number(Option<u64>),
    Text(Zeroizing<String>),
}

impl Field {
    pub(crate) fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            Self::Number(_) | Self::Other(_) => None,
        }
    }

    /// Salesforce writes some numbers as strings.
    pub(crate) fn number(&self) -> Option<u64> {
        match self {
            Self::Number(number) => *number,
            Self::Other(_) => None,
            Self::Text(text) => text.parse().ok(),
        }
    }

    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::Number(_) => "a number",
            Self::Other(kind) => kind,
            Self::Text(text) if text.is_empty() => "empty",
            Self::Text(_) => "a string",
        }
    }
}

/// Redacted, because the value may be a token.
impl fmt::Debug for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.kind())
    }
}

/// Reads an object, or the first one of a list.
pub(crate) fn read(body: &[u8]) -> Result<Fields, serde_json::Error> {
    if body.trim_ascii_start().first() == Some(&b'[') {
        let answers: Vec<Fields> = serde_json::from_slice(body)?;
        let first = answers.into_iter().next().unwrap_or_default();
        return Ok(Fields { listed: true, ..first });
    }
    serde_json::from_slice(body)
}

/// Reads an object at the beginning of a text.
pub(crate) fn first(text: &str) -> Option<Fields> {
    serde_json::Deserializer::from_str(text).into_iter().next()?.ok()
}

impl<'de> Deserialize<'de> for Field {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Any)
    }
}

struct Any;

impl<'de> Visitor<'de> for Any {
    type Value = Field;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_bool<E>(self, _: bool) -> Result<Field, E> {
        Ok(Field::Other("a boolean"))
    }

    fn visit_unit<E>(self) -> Result<Field, E> {
        Ok(Field::Other("null"))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Field, E> {
        Ok(Field::Number(u64::try_from(number).ok()))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Field, E> {
        Ok(Field::Number(Some(number)))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Field, E> {
        let whole = number.fract() == 0.0 && (0.0..=MAX_FLOAT).contains(&number);
        Ok(Field::Number(whole.then_some(number as u64)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Field, E> {
        Ok(Field::Text(Zeroizing::new(text.to_owned())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Field, A::Error> {
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Field::Other("a list"))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Field, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Field::Other("an object"))
    }
}

/// Above this, a float cannot represent all integers.
const MAX_FLOAT: f64 = 9_007_199_254_740_992.0;

/// The fields that are used.
const NAMES: [&str; 10] = [
    "access_token",
    "error",
    "errorCode",
    "error_description",
    "expires_in",
    "instance_url",
    "message",
    "scope",
    "sfdc_community_url",
    "token_type",
];

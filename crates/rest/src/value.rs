use std::borrow::Cow;
use std::fmt;
use std::ops::Index;
use std::str::FromStr;

use indexmap::IndexMap;
use serde::de::{DeserializeOwned, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde::ser::Serializer;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

/// A JSON object, such as a record. Its fields are in the order of the document.
pub type Object = IndexMap<String, Value>;

/// A JSON value whose numbers keep the digits that they were written with.
///
/// Numbers in Salesforce have up to 18 digits; `serde_json::Value` keeps 15 to 17 of them. A
/// `serde_json::Value` converts into this type; [`Value::to`] converts it back.
///
/// ```
/// use orgtoken_rest::Value;
///
/// let record: Value = serde_json::from_str(r#"{ "Amount": 1234567890123456.78 }"#)?;
/// assert_eq!(record["Amount"].to_string(), "1234567890123456.78");
/// assert_eq!(record["Amount"].to::<f64>()?, 1234567890123456.8);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Value {
    /// `null`
    #[default]
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A number.
    Number(Number),
    /// A string.
    String(String),
    /// An array.
    Array(Vec<Self>),
    /// An object.
    Object(Object),
}

impl Value {
    /// Whether this is `null`.
    pub fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    /// The string, if this is one.
    pub fn as_str(&self) -> Option<&str> {
        if let Self::String(text) = self { Some(text) } else { None }
    }

    /// The boolean, if this is one.
    pub fn as_bool(&self) -> Option<bool> {
        if let Self::Bool(value) = self { Some(*value) } else { None }
    }

    /// The number, if this is one.
    pub fn as_number(&self) -> Option<&Number> {
        if let Self::Number(number) = self { Some(number) } else { None }
    }

    /// The items, if this is an array.
    pub fn as_array(&self) -> Option<&[Self]> {
        if let Self::Array(items) = self { Some(items) } else { None }
    }

    /// The fields, if this is an object.
    pub fn as_object(&self) -> Option<&Object> {
        if let Self::Object(fields) = self { Some(fields) } else { None }
    }

    /// The items, if this is an array.
    pub fn as_array_mut(&mut self) -> Option<&mut Vec<Self>> {
        if let Self::Array(items) = self { Some(items) } else { None }
    }

    /// The fields, if this is an object.
    pub fn as_object_mut(&mut self) -> Option<&mut Object> {
        if let Self::Object(fields) = self { Some(fields) } else { None }
    }

    /// The field of this name, if this is an object that has it.
    pub fn get(&self, name: &str) -> Option<&Self> {
        self.as_object()?.get(name)
    }

    /// Converts this into another type, as `serde_json::from_str` does.
    pub fn to<T: DeserializeOwned>(&self) -> Result<T, serde_json::Error> {
        serde_json::from_str(&self.to_string())
    }

    /// Reads JSON that is known to be well-formed. Each level is read separately, to get numbers as
    /// text. The depth is counted here, since `serde_json` counts within one level.
    pub(crate) fn read(json: &str, budget: &mut Budget) -> Result<Self, serde_json::Error> {
        budget.values = budget.values.checked_sub(1).ok_or_else(|| too(MANY))?;
        let mut deserializer = serde_json::Deserializer::from_str(json);
        Ok(match json.as_bytes().first() {
            Some(b'{' | b'[') => {
                budget.depth = budget.depth.checked_sub(1).ok_or_else(|| too(DEEP))?;
                let value = deserializer.deserialize_any(Container(budget))?;
                budget.depth += 1;
                value
            }
            Some(b'"') => Self::String(serde_json::from_str(json)?),
            Some(b'n') => Self::Null,
            Some(b't') => Self::Bool(true),
            Some(b'f') => Self::Bool(false),
            _ => Self::Number(Number(json.into())),
        })
    }
}

/// A limit of depth and number of values. A short text can contain more values than fit in memory.
pub(crate) struct Budget {
    depth: u8,
    values: u32,
}

impl Default for Budget {
    fn default() -> Self {
        Self { depth: MAX_DEPTH, values: MAX_VALUES }
    }
}

impl Budget {
    /// Whether there were too many values.
    pub(crate) fn is_spent(&self) -> bool {
        self.values == 0
    }

    /// Whether an error was one of a value with too many levels.
    pub(crate) fn is_too_deep(&self) -> bool {
        self.depth == 0
    }
}

/// A visitor of an array or an object.
struct Container<'a>(&'a mut Budget);

impl<'de> Visitor<'de> for Container<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array or an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let mut fields = Object::new();
        while let Some((name, json)) = map.next_entry::<String, &RawValue>()? {
            let value = Value::read(json.get(), self.0).map_err(A::Error::custom)?;
            fields.insert(name, value);
        }
        Ok(Value::Object(fields))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value, A::Error> {
        let mut items = Vec::new();
        while let Some(json) = seq.next_element::<&RawValue>()? {
            items.push(Value::read(json.get(), self.0).map_err(A::Error::custom)?);
        }
        Ok(Value::Array(items))
    }
}

fn too(what: &'static str) -> serde_json::Error {
    serde_json::Error::custom(what)
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let json = Box::<RawValue>::deserialize(deserializer)?;
        Self::read(json.get(), &mut Budget::default()).map_err(D::Error::custom)
    }
}

/// Compact JSON.
impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&serde_json::to_string(self).map_err(|_| fmt::Error)?)
    }
}

/// Returns the field of an object; `null` if the object lacks it.
impl Index<&str> for Value {
    type Output = Self;

    fn index(&self, name: &str) -> &Self {
        self.get(name).unwrap_or(&Self::Null)
    }
}

/// Returns the item of an array; `null` past its end.
impl Index<usize> for Value {
    type Output = Self;

    fn index(&self, at: usize) -> &Self {
        self.as_array().and_then(|items| items.get(at)).unwrap_or(&Self::Null)
    }
}

impl PartialEq<str> for Value {
    fn eq(&self, other: &str) -> bool {
        self.as_str() == Some(other)
    }
}

impl PartialEq<&str> for Value {
    fn eq(&self, other: &&str) -> bool {
        self == *other
    }
}

impl From<serde_json::Value> for Value {
    fn from(value: serde_json::Value) -> Self {
        match value {
            serde_json::Value::Null => Self::Null,
            serde_json::Value::Bool(value) => Self::Bool(value),
            serde_json::Value::Number(number) => Self::Number(Number(number.to_string().into())),
            serde_json::Value::String(text) => Self::String(text),
            serde_json::Value::Array(items) => {
                Self::Array(items.into_iter().map(Into::into).collect())
            }
            serde_json::Value::Object(fields) => {
                Self::Object(fields.into_iter().map(|(name, value)| (name, value.into())).collect())
            }
        }
    }
}

macro_rules! into_value {
    ($($variant:ident($type:ty))*) => {$(
        impl From<$type> for Value {
            fn from(value: $type) -> Self {
                Self::$variant(value.into())
            }
        }
    )*};
}

into_value!(Bool(bool) String(&str) String(String) Array(Vec<Self>) Object(Object));
into_value!(Number(Number) Number(i32) Number(i64) Number(u32) Number(u64) Number(usize));

impl FromIterator<Self> for Value {
    fn from_iter<I: IntoIterator<Item = Self>>(items: I) -> Self {
        Self::Array(items.into_iter().collect())
    }
}

/// A JSON number (RFC 8259, Section 6) that keeps its digits.
///
/// Numbers are compared as text: `1` and `1.0` differ.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct Number(Box<str>);

impl Number {
    /// The number as in the document: `1.5E3`.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub(crate) fn into_plain(self) -> Self {
        match self.to_plain() {
            Cow::Borrowed(_) => self,
            Cow::Owned(plain) => Self(plain.into()),
        }
    }

    /// The same number without an exponent: `1500`.
    ///
    /// A number with more than 1,100 digits keeps its exponent. No double is that long, and
    /// `1E999999999` would fill the memory.
    pub fn to_plain(&self) -> Cow<'_, str> {
        let text = &*self.0;
        let Some((mantissa, exponent)) = text.split_once(['e', 'E']) else {
            return Cow::Borrowed(text);
        };
        let Ok(exponent) = exponent.parse::<i32>() else { return Cow::Borrowed(text) };
        let (sign, mantissa) =
            mantissa.strip_prefix('-').map_or(("", mantissa), |mantissa| ("-", mantissa));
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let digits = [whole, fraction].concat();
        // The position of the decimal point, counted from the first digit. It may be outside the
        // digits.
        let point = i64::try_from(whole.len()).unwrap_or(i64::MAX).saturating_add(exponent.into());
        let most = MAX_PLAIN_DIGITS as i64;
        if digits.len() > MAX_PLAIN_DIGITS || point > most || point < digits.len() as i64 - most {
            return Cow::Borrowed(text);
        }
        let before = "0".repeat(usize::try_from(1 - point).unwrap_or(0));
        let after = "0".repeat(usize::try_from(point - digits.len() as i64).unwrap_or(0));
        let digits = [&*before, &*digits, &*after].concat();
        let (whole, fraction) = digits.split_at(usize::try_from(point).unwrap_or(0).max(1));
        let zeros = whole.len() - whole.trim_start_matches('0').len();
        let whole = &whole[zeros.min(whole.len() - 1)..];
        let dot = if fraction.is_empty() { "" } else { "." };
        Cow::Owned([sign, whole, dot, fraction].concat())
    }
}

/// The number as in the document.
impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Number {
    type Err = NumberError;

    fn from_str(text: &str) -> Result<Self, NumberError> {
        let is_number = text.starts_with(|c: char| c == '-' || c.is_ascii_digit());
        match serde_json::from_str::<&RawValue>(text) {
            Ok(json) if is_number && json.get() == text => Ok(Self(text.into())),
            _ => Err(NumberError),
        }
    }
}

impl Serialize for Number {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let json = serde_json::from_str::<&RawValue>(&self.0);
        json.expect("a number was checked when it was made").serialize(serializer)
    }
}

macro_rules! into_number {
    ($($integer:ty)*) => {$(
        impl From<$integer> for Number {
            fn from(number: $integer) -> Self {
                Self(number.to_string().into())
            }
        }
    )*};
}

into_number!(i32 i64 u32 u64 usize);

/// The error of a text that is not a JSON number.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("not a JSON number")]
pub struct NumberError;

/// The limit of `serde_json`.
const MAX_DEPTH: u8 = 128;
const DEEP: &str = "recursion limit exceeded";

/// A page has up to 2,000 records with some hundred fields each.
pub(crate) const MAX_VALUES: u32 = 2_000_000;
const MANY: &str = "too many values";

/// The longest double has 1,077 digits: 5E-324 written out.
const MAX_PLAIN_DIGITS: usize = 1100;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn plain(text: &str) -> String {
        text.parse::<Number>().unwrap().to_plain().into_owned()
    }

    #[test]
    fn numbers_keep_their_digits_through_json() {
        for number in [
            "12345678901234567.89",
            "123456789.123456789",
            "9.99999999999999999E17",
            "1E-7",
            "-0",
            "-0.0",
            "1.0",
            "0.10",
            "1e+400",
            "123456789012345678901234567890",
        ] {
            let json = format!(r#"{{"a":[{{"b":{number}}}],"c":{number}}}"#);
            let value: Value = serde_json::from_str(&json).unwrap();
            assert_eq!(value.to_string(), json);
            assert_eq!(value["a"][0]["b"].as_number().unwrap().as_str(), number);
        }
    }

    #[test]
    fn plain_decimals_have_no_exponent() {
        for (number, expected) in [
            ("12", "12"),
            ("-0", "-0"),
            ("1E-7", "0.0000001"),
            ("9.99999999999999999E17", "999999999999999999"),
            ("9.99999999999999999E+16", "99999999999999999.9"),
            ("1.5e3", "1500"),
            ("-1.50E1", "-15.0"),
            ("0E5", "0"),
            ("0.00E1", "0.0"),
            ("0.012e1", "0.12"),
            ("12.5E0", "12.5"),
            ("125E-2", "1.25"),
            ("125E-3", "0.125"),
            ("1E999999999", "1E999999999"),
            ("1E-99999999999999999999", "1E-99999999999999999999"),
        ] {
            assert_eq!(plain(number), expected, "{number}");
        }
    }

    #[test]
    fn other_texts_are_not_numbers() {
        for text in
            ["", " 1", "1 ", "01", "+1", "1.", ".5", "NaN", "1e", "-", "0x1", "true", "\"1\""]
        {
            assert_eq!(text.parse::<Number>(), Err(NumberError), "{text}");
        }
    }

    #[test]
    fn deep_nesting_is_refused() {
        let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        assert!(serde_json::from_str::<Value>(&nested(128)).is_ok());
        let error = serde_json::from_str::<Value>(&nested(129)).unwrap_err();
        assert!(error.to_string().starts_with(DEEP), "{error}");
        assert!(serde_json::from_str::<Value>(&nested(1_000_000)).is_err());
    }

    #[test]
    fn too_many_values_are_refused() {
        let zeros = "0,".repeat(MAX_VALUES as usize);
        let error = serde_json::from_str::<Value>(&format!("[{zeros}0]")).unwrap_err();
        assert!(error.to_string().starts_with(MANY), "{error}");
    }

    #[test]
    fn values_of_serde_json_convert() {
        let theirs = json!({ "a": null, "b": [true, 7, "x"], "c": { "d": -1.5 } });
        let ours = Value::from(theirs.clone());
        assert_eq!(ours.to_string(), theirs.to_string());
        assert_eq!(ours.to::<serde_json::Value>().unwrap(), theirs);
        assert_eq!(serde_json::to_value(&ours).unwrap(), theirs);
    }

    proptest! {
        #[test]
        fn any_number_is_written_as_it_was_read(number in NUMBER) {
            let value: Value = serde_json::from_str(&number).unwrap();
            prop_assert_eq!(value.to_string(), number);
        }

        #[test]
        fn plain_decimals_have_the_same_value(number in NUMBER) {
            let plain = plain(&number);
            prop_assert!(plain.parse::<Number>().is_ok(), "{}", plain);
            prop_assert!(!plain.contains(['e', 'E']), "{}", plain);
            prop_assert_eq!(significant(&plain), significant(&number), "{}", plain);
        }

        #[test]
        fn any_json_is_the_same_after_reading(text in "\\PC*", flag: bool, number: i64) {
            let theirs = json!({ "text": text, "list": [flag, { "number": number }], "": null });
            let ours: Value = serde_json::from_str(&theirs.to_string()).unwrap();
            prop_assert_eq!(ours.to_string(), theirs.to_string());
        }
    }

    const NUMBER: &str = "-?(0|[1-9][0-9]{0,25})(\\.[0-9]{1,25})?([eE][+-]?[0-9]{1,2})?";

    /// Sign, digits without zeros at either end, and the power of ten of the last digit.
    fn significant(number: &str) -> (bool, String, i64) {
        let (mantissa, exponent) = number.split_once(['e', 'E']).unwrap_or((number, "0"));
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let digits = [whole.trim_start_matches('-'), fraction].concat();
        let trimmed = digits.trim_end_matches('0');
        let power = exponent.parse::<i64>().unwrap() - fraction.len() as i64
            + (digits.len() - trimmed.len()) as i64;
        let digits = trimmed.trim_start_matches('0').to_owned();
        let power = if digits.is_empty() { 0 } else { power };
        (mantissa.starts_with('-'), digits, power)
    }
}

//! Values: the check against the type of the field, and the conversion to JSON.
//!
//! A value is a fault only if Salesforce certainly refuses it or would read it as something else.
//! The org checks lengths, picklists and validation rules, and reports them row by row.

use std::borrow::Cow;

use jiff::civil::Date;
use serde_json::value::RawValue;

use super::fault::FaultKind;
use super::id::is_id;
use crate::Value;
use crate::value::Budget;

/// The types of fields, as far as their checks differ.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Kind {
    Boolean,
    Date,
    DateTime,
    Number,
    Reference,
    Text,
    Time,
    Whole,
    Other,
}

impl Kind {
    /// Returns the kind for the `type` in an object description.
    pub(super) fn of(name: &str) -> Self {
        match name {
            "boolean" => Self::Boolean,
            "currency" | "double" | "percent" => Self::Number,
            "date" => Self::Date,
            "datetime" => Self::DateTime,
            "id" | "reference" => Self::Reference,
            "int" | "long" => Self::Whole,
            "time" => Self::Time,
            "combobox" | "email" | "encryptedstring" | "multipicklist" | "phone" | "picklist"
            | "string" | "textarea" | "url" => Self::Text,
            _ => Self::Other,
        }
    }

    /// Converts a text that is not empty to JSON.
    pub(super) fn json_of(self, text: &str) -> Result<Cow<'_, str>, FaultKind> {
        match self {
            Self::Boolean => boolean(text).map(Cow::Borrowed).ok_or(FaultKind::NOT_BOOLEAN),
            Self::Number => number(text),
            Self::Whole => match number(text)? {
                number if !text.contains(['.', 'e', 'E']) => Ok(number),
                _ => Err(FaultKind::NOT_WHOLE),
            },
            Self::Date if !is_date(text) => Err(FaultKind::NOT_DATE),
            Self::DateTime if !is_date(text) => Err(FaultKind::NOT_DATE),
            Self::Time if !is_time(text) => Err(FaultKind::NOT_TIME),
            Self::Reference if !is_id(text) => Err(FaultKind::NOT_ID),
            _ => Ok(quoted(text).into()),
        }
    }

    /// Checks a JSON value and returns it unchanged, except for booleans in quotes.
    pub(super) fn json_of_value(self, value: &RawValue) -> Result<Cow<'_, str>, FaultKind> {
        let raw = value.get();
        match raw.as_bytes().first() {
            Some(b'"') => {
                // Half of a surrogate pair is valid JSON, but the whole call would fail.
                let text: String = serde_json::from_str(raw).map_err(|_| FaultKind::NOT_TEXT)?;
                match self {
                    _ if text.is_empty() => Ok(raw.into()),
                    Self::Boolean => self.json_of(&text).map(|json| json.into_owned().into()),
                    _ => self.json_of(&text).map(|_| raw.into()),
                }
            }
            Some(b't' | b'f') if matches!(self, Self::Boolean | Self::Other) => Ok(raw.into()),
            Some(b'-' | b'0'..=b'9') => match self {
                Self::Number | Self::Whole | Self::Other if !is_finite(raw) => {
                    Err(FaultKind::TOO_LARGE)
                }
                Self::Number | Self::Other => Ok(raw.into()),
                Self::Whole if !raw.contains(['.', 'e', 'E']) => Ok(raw.into()),
                Self::Whole => Err(FaultKind::NOT_WHOLE),
                _ => Err(self.mismatch()),
            },
            Some(b'n') => Ok(raw.into()),
            _ if self == Self::Other => {
                let mut budget = Budget::default();
                let value = Value::read(raw, &mut budget).map_err(|_| {
                    match budget.is_too_deep() || budget.is_spent() {
                        true => FaultKind::TOO_COMPLEX,
                        false => FaultKind::NOT_TEXT,
                    }
                })?;
                if has_finite_numbers(&value) { Ok(raw.into()) } else { Err(FaultKind::TOO_LARGE) }
            }
            _ => Err(self.mismatch()),
        }
    }

    fn mismatch(self) -> FaultKind {
        FaultKind::not_wanted(match self {
            Self::Boolean => "expected true or false",
            Self::Date | Self::DateTime => "expected a date in quotes",
            Self::Time => "expected a time in quotes",
            Self::Number | Self::Whole => "expected a number",
            Self::Reference => "expected an id in quotes",
            Self::Text | Self::Other => "expected text in quotes",
        })
    }
}

pub(super) fn quoted(text: &str) -> String {
    serde_json::to_string(text).expect("text is JSON")
}

/// Reads a boolean. The words are those of Data Loader, in any case.
fn boolean(text: &str) -> Option<&'static str> {
    let is = |words: &[&str]| words.iter().any(|word| text.eq_ignore_ascii_case(word));
    if is(&["true", "yes", "y", "on", "1"]) {
        return Some("true");
    }
    is(&["false", "no", "n", "off", "0"]).then_some("false")
}

/// Returns a decimal number with every digit of the text. A number that is not valid in JSON, such
/// as `007` or `+1`, is put into quotes, which Salesforce accepts.
fn number(text: &str) -> Result<Cow<'_, str>, FaultKind> {
    // Rust accepts the decimal notation of Salesforce, and also `inf` and `NaN`.
    let is_plain = text.bytes().all(|byte| byte.is_ascii_digit() || b"+-.eE".contains(&byte));
    if !is_plain || text.parse::<f64>().is_err() {
        return Err(FaultKind::NOT_NUMBER);
    }
    if !is_finite(text) {
        return Err(FaultKind::TOO_LARGE);
    }
    // The text itself is sent, not the parsed value.
    let is_json = serde_json::from_str::<&RawValue>(text).is_ok();
    Ok(if is_json { text.into() } else { quoted(text).into() })
}

/// Whether a number is in the range of a double. The parser of Salesforce refuses a call with any
/// other one, without its row.
fn is_finite(number: &str) -> bool {
    number.parse().is_ok_and(f64::is_finite)
}

fn has_finite_numbers(value: &Value) -> bool {
    match value {
        Value::Number(number) => is_finite(&number.to_string()),
        Value::Array(parts) => parts.iter().all(has_finite_numbers),
        Value::Object(parts) => parts.values().all(has_finite_numbers),
        _ => true,
    }
}

/// Whether a text is `2026-12-31`, alone or before `T` and a time.
fn is_date(text: &str) -> bool {
    let (date, time) = text.split_at_checked(10).unwrap_or((text, ""));
    // jiff reads other notations, too, but writes only this one.
    date.parse::<Date>().is_ok_and(|read| read.to_string() == date)
        && (time.is_empty() || time.strip_prefix('T').is_some_and(is_time))
}

/// Whether a text is `23:59`, with or without seconds, their fraction and a zone.
fn is_time(text: &str) -> bool {
    let (time, zone) = text.split_at(text.find(['Z', 'z', '+', '-']).unwrap_or(text.len()));
    let zone = zone.strip_prefix(['Z', 'z']).unwrap_or(zone);
    let is_zone = zone.is_empty()
        || zone.strip_prefix(['+', '-']).is_some_and(|offset| {
            [2, 4].contains(&offset.replacen(':', "", 1).len())
                && offset.bytes().all(|byte| byte.is_ascii_digit() || byte == b':')
        });
    let (time, fraction) = time.split_once('.').unwrap_or((time, "0"));
    let is_fraction = !fraction.is_empty() && fraction.bytes().all(|byte| byte.is_ascii_digit());
    let parts: Vec<_> = time.split(':').collect();
    let fits = |(part, most): (&&str, &u8)| {
        part.len() == 2
            && part.bytes().all(|byte| byte.is_ascii_digit())
            && part.parse().is_ok_and(|part: u8| part <= *most)
    };
    let is_clock = [2, 3].contains(&parts.len()) && parts.iter().zip(&[24, 59, 60]).all(fits);
    is_clock && is_fraction && is_zone
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_keep_their_digits_and_other_notations_are_refused() {
        for (text, expected) in [
            ("12345678901234567.89", Some("12345678901234567.89")),
            ("999999999999999999", Some("999999999999999999")),
            ("-0.10", Some("-0.10")),
            ("1E-7", Some("1E-7")),
            ("007", Some("\"007\"")),
            ("+1", Some("\"+1\"")),
            (".5", Some("\".5\"")),
            ("5.", Some("\"5.\"")),
            ("1,5", None),
            ("1.000,00", None),
            ("1,000", None),
            ("1 000", None),
            ("1\u{a0}000", None),
            ("$5", None),
            ("5 %", None),
            (" 5", None),
            ("55x", None),
            (".", None),
            ("1e", None),
            ("--1", None),
            ("0x10", None),
            ("NaN", None),
        ] {
            let found = Kind::Number.json_of(text).ok();
            assert_eq!(found.as_deref(), expected, "{text}");
        }
        for text in ["1e400", "-1E309", "+1e400", &"9".repeat(400)] {
            assert_eq!(Kind::Number.json_of(text), Err(FaultKind::TOO_LARGE), "{text}");
            assert_eq!(Kind::Whole.json_of(text), Err(FaultKind::TOO_LARGE), "{text}");
        }
        assert_eq!(Kind::Whole.json_of("5.0"), Err(FaultKind::NOT_WHOLE));
        assert_eq!(Kind::Whole.json_of("5").as_deref(), Ok("5"));
    }

    #[test]
    fn dates_are_those_of_iso_8601() {
        for (text, expected) in [
            ("2026-12-31", true),
            ("2024-02-29", true),
            ("2026-12-31T23:59:00.000+0000", true),
            ("2026-12-31T23:59:00Z", true),
            ("2026-12-31T23:59:00.123456+05:30", true),
            ("2026-12-31T23:59", true),
            ("2026-12-31T25:00:00Z", false),
            ("2026-12-31T10.30", false),
            ("2026-12-31T10:30:00 PM", false),
            ("2026-12-31T10:30:00+5", false),
            ("2026-12-31T", false),
            ("2026-02-29", false),
            ("2026-13-01", false),
            ("31.12.2026", false),
            ("12/31/2026", false),
            ("2026-1-1", false),
            ("2026-12-31 23:59", false),
            ("+026-12-31", false),
            ("46387", false),
        ] {
            assert_eq!(Kind::Date.json_of(text).is_ok(), expected, "{text}");
        }
    }

    #[test]
    fn times_are_those_of_iso_8601() {
        for (text, expected) in [
            ("23:59:00.000Z", true),
            ("23:59", true),
            ("10:30 PM", false),
            ("1:30", false),
            ("10:60", false),
            ("10", false),
            ("noon", false),
        ] {
            assert_eq!(Kind::Time.json_of(text).is_ok(), expected, "{text}");
        }
    }

    #[test]
    fn json_values_are_sent_unchanged() {
        let sent = |kind: Kind, raw: &str| {
            let raw: Box<RawValue> = serde_json::from_str(raw).unwrap();
            kind.json_of_value(&raw).map(Cow::into_owned)
        };
        for (kind, raw, expected) in [
            (Kind::Number, "12345678901234567.890", Ok("12345678901234567.890")),
            (Kind::Number, "\"1.50\"", Ok("\"1.50\"")),
            (Kind::Text, "\"\\u00e4\"", Ok("\"\\u00e4\"")),
            (Kind::Boolean, "\"TRUE\"", Ok("true")),
            (Kind::Boolean, "false", Ok("false")),
            (Kind::Text, "null", Ok("null")),
            (Kind::Text, "\"\"", Ok("\"\"")),
            (Kind::Other, "{\"latitude\":1}", Ok("{\"latitude\":1}")),
            (Kind::Text, "5", Err(FaultKind::not_wanted("expected text in quotes"))),
            (Kind::Number, "true", Err(FaultKind::not_wanted("expected a number"))),
            (Kind::Number, "\"1,5\"", Err(FaultKind::NOT_NUMBER)),
            (Kind::Whole, "5.0", Err(FaultKind::NOT_WHOLE)),
            (Kind::Number, "1e400", Err(FaultKind::TOO_LARGE)),
            (Kind::Number, "\"1e400\"", Err(FaultKind::TOO_LARGE)),
            (Kind::Other, "1e400", Err(FaultKind::TOO_LARGE)),
            (Kind::Number, "1e-400", Ok("1e-400")),
            (Kind::Text, "[1]", Err(FaultKind::not_wanted("expected text in quotes"))),
            (Kind::Reference, "\"x\"", Err(FaultKind::NOT_ID)),
            (Kind::Text, r#""\ud800""#, Err(FaultKind::NOT_TEXT)),
            (Kind::Text, r#""\ud83d\ude00""#, Ok(r#""\ud83d\ude00""#)),
        ] {
            assert_eq!(sent(kind, raw), expected.map(str::to_owned), "{kind:?} {raw}");
        }
    }

    #[test]
    fn booleans_are_those_of_data_loader() {
        for (text, expected) in [
            ("TRUE", Some("true")),
            ("yes", Some("true")),
            ("1", Some("true")),
            ("False", Some("false")),
            ("0", Some("false")),
            ("WAHR", None),
            ("ja", None),
            ("2", None),
        ] {
            assert_eq!(Kind::Boolean.json_of(text).ok().as_deref(), expected, "{text}");
        }
    }
}

//! `-f key=value` and `-F key=value`, as `gh api` reads them.

use std::path::Path;

use serde_json::{Map, Value};

use crate::failure::Failure;
use crate::input::{Kind, read_text};

/// One `key=value` of the command line.
#[derive(Clone, Debug)]
pub(crate) struct Field {
    key: String,
    value: String,
}

impl Field {
    /// For clap.
    pub(crate) fn parse(text: &str) -> Result<Self, &'static str> {
        match text.split_once('=') {
            Some((key, value)) if !key.is_empty() => {
                Ok(Self { key: key.into(), value: value.into() })
            }
            _ => Err("a field is KEY=VALUE"),
        }
    }
}

/// The fields as a JSON object: the texts of `raw` as they stand, those of `typed` read.
///
/// A typed value is `true`, `false`, `null`, a number, `@FILE` (its text), or else a text.
pub(crate) fn object(raw: &[Field], typed: &[Field]) -> Result<Map<String, Value>, Failure> {
    let mut object = Map::new();
    for Field { key, value } in raw {
        object.insert(key.clone(), Value::from(value.as_str()));
    }
    for Field { key, value } in typed {
        object.insert(key.clone(), read_value(value)?);
    }
    Ok(object)
}

/// The path with the fields behind its `?`.
pub(crate) fn query(path: &str, fields: &Map<String, Value>) -> String {
    if fields.is_empty() {
        return path.to_owned();
    }
    let mut pairs = form_urlencoded::Serializer::new(String::new());
    for (key, value) in fields {
        match value {
            Value::String(text) => pairs.append_pair(key, text),
            other => pairs.append_pair(key, &other.to_string()),
        };
    }
    let joint = if path.contains('?') { '&' } else { '?' };
    format!("{path}{joint}{}", pairs.finish())
}

fn read_value(text: &str) -> Result<Value, Failure> {
    if let Some(path) = text.strip_prefix('@') {
        return Ok(Value::from(read_text(Path::new(path), Kind::Body)?.as_str()));
    }
    Ok(match serde_json::from_str(text) {
        Ok(value @ (Value::Null | Value::Bool(_) | Value::Number(_))) => value,
        _ => Value::from(text),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field(text: &str) -> Field {
        Field::parse(text).unwrap()
    }

    #[test]
    fn typed_fields_are_read_and_raw_ones_are_not() {
        for (typed, value) in [
            ("a=true", "true"),
            ("a=null", "null"),
            ("a=42", "42"),
            ("a=4.5", "4.5"),
            ("a=042", "\"042\""),
            ("a=x=y", "\"x=y\""),
            ("a=", "\"\""),
            ("a={}", "\"{}\""),
        ] {
            let object = object(&[], &[field(typed)]).unwrap();
            assert_eq!(object["a"].to_string(), value, "{typed}");
        }
        assert_eq!(object(&[field("a=42")], &[]).unwrap()["a"], "42");
    }

    #[test]
    fn fields_of_a_get_are_its_query() {
        let fields = object(&[field("q=SELECT Id FROM A WHERE B = 'c&d'")], &[]).unwrap();
        for (path, expected) in [
            ("query", "query?q=SELECT+Id+FROM+A+WHERE+B+%3D+%27c%26d%27"),
            ("query?a=b", "query?a=b&q=SELECT+Id+FROM+A+WHERE+B+%3D+%27c%26d%27"),
        ] {
            assert_eq!(query(path, &fields), expected);
        }
        assert_eq!(query("limits", &Map::new()), "limits");
    }

    #[test]
    fn a_field_has_a_key() {
        for text in ["", "a", "=b"] {
            assert!(Field::parse(text).is_err(), "{text}");
        }
    }
}

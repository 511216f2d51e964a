//! `-f key=value` and `-F key=value`, in the format of `gh api`.

use std::path::Path;

use form_urlencoded::Serializer;
use orgtoken_oauth::redact;
use orgtoken_rest::{Object, Value};

use crate::args::UsageError;
use crate::failure::Failure;
use crate::io::input::{Kind, read_text};

/// One `key=value` of the command line.
#[derive(Clone, Debug)]
pub(crate) struct Field {
    /// The path of the value: `a`, `b` and an empty step for `a[b][]`. An empty step is an array
    /// item.
    steps: Vec<String>,
    /// The value; `None` for an empty array.
    value: Option<String>,
}

impl Field {
    /// The parser for clap.
    pub(crate) fn parse(text: &str) -> Result<Self, &'static str> {
        if let Some((key, value)) = text.split_once('=') {
            return Ok(Self { steps: steps(key).ok_or(NO_FIELD)?, value: Some(value.into()) });
        }
        let list = text.strip_suffix("[]").and_then(steps).ok_or(NO_FIELD)?;
        Ok(Self { steps: list, value: None })
    }

    fn key(&self) -> String {
        let (first, rest) = self.steps.split_first().expect("a key has a step");
        rest.iter().fold(first.clone(), |key, step| format!("{key}[{step}]"))
    }
}

fn steps(key: &str) -> Option<Vec<String>> {
    let end = key.find(['[', ']']).unwrap_or(key.len());
    let (first, mut rest) = key.split_at(end);
    let mut steps = vec![first.to_owned()];
    while !rest.is_empty() {
        let (step, after) = rest.strip_prefix('[')?.split_once(']')?;
        steps.push(step.to_owned());
        rest = after;
    }
    (!first.is_empty()).then_some(steps)
}

/// Returns the fields as a JSON object: those of `raw` as strings, those of `typed` converted.
///
/// A typed value is `true`, `false`, `null`, a number, the content of `@FILE`, or else a string.
pub(crate) fn object(raw: &[Field], typed: &[Field]) -> Result<Object, Failure> {
    let raw = raw.iter().map(|field| (field, false));
    let mut object = Object::new();
    // A field with null looks unset, so the keys are compared, too.
    let mut taken: Vec<&[String]> = Vec::new();
    for (field, is_typed) in raw.chain(typed.iter().map(|field| (field, true))) {
        let value = match &field.value {
            Some(text) if is_typed => read_value(text)?,
            Some(text) => Value::from(text.as_str()),
            None => Value::Array(Vec::new()),
        };
        let (first, rest) = field.steps.split_first().expect("a key has a step");
        let place = object.entry(first.clone()).or_insert(Value::Null);
        let is_free = !taken.iter().any(|other| field.steps.starts_with(other));
        is_free.then(|| put(place, rest, value)).flatten().ok_or_else(|| {
            let argument = format!("field `{}`", redact::name(&field.key()));
            UsageError::conflict(&argument, "an earlier field with the same key", "orgtoken api")
        })?;
        if !field.steps.iter().any(String::is_empty) {
            taken.push(&field.steps);
        }
    }
    Ok(object)
}

/// Sets the value at a path and creates missing objects and arrays. `None` if the path has another
/// value.
fn put(place: &mut Value, steps: &[String], value: Value) -> Option<()> {
    match steps {
        [] if place.is_null() => *place = value,
        [] => return None,
        [item, rest @ ..] if item.is_empty() => {
            let items = or_insert(place, Value::Array(Vec::new())).as_array_mut()?;
            if !items.last().is_some_and(|last| is_same_item(last, rest)) {
                items.push(Value::Null);
            }
            put(items.last_mut()?, rest, value)?;
        }
        [name, rest @ ..] => {
            let fields = or_insert(place, Value::Object(Object::new())).as_object_mut()?;
            put(fields.entry(name.clone()).or_insert(Value::Null), rest, value)?;
        }
    }
    Some(())
}

fn or_insert(place: &mut Value, empty: Value) -> &mut Value {
    if place.is_null() {
        *place = empty;
    }
    place
}

/// Whether a field belongs to the last item: `a[][x]=1 a[][y]=2` is one item, and a second
/// `a[][x]=3` starts the next one.
fn is_same_item(last: &Value, rest: &[String]) -> bool {
    match (last, rest) {
        (Value::Object(item), [name, ..]) => {
            item.get(name).is_none_or(|value| value.as_array().is_some())
        }
        _ => false,
    }
}

/// Returns the path with the fields as its query.
pub(crate) fn query(path: &str, fields: &Object) -> String {
    if fields.is_empty() {
        return path.to_owned();
    }
    let mut pairs = Serializer::new(String::new());
    fields.iter().for_each(|(key, value)| append(&mut pairs, key, value));
    let joint = if path.contains('?') { '&' } else { '?' };
    format!("{path}{joint}{}", pairs.finish())
}

fn append(pairs: &mut Serializer<'_, String>, key: &str, value: &Value) {
    match value {
        Value::Array(items) => {
            items.iter().for_each(|item| append(pairs, &format!("{key}[]"), item));
        }
        Value::Object(fields) => {
            for (name, value) in fields {
                append(pairs, &format!("{key}[{name}]"), value);
            }
        }
        Value::String(text) => {
            pairs.append_pair(key, text);
        }
        other => {
            pairs.append_pair(key, &other.to_string());
        }
    }
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

const NO_FIELD: &str =
    "expected KEY=VALUE, KEY[SUBKEY]=VALUE or KEY[]=VALUE; `--input FILE` sends JSON";

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn field(text: &str) -> Field {
        Field::parse(text).unwrap()
    }

    #[test]
    fn typed_fields_are_converted_and_raw_ones_are_not() {
        for (typed, value) in [
            ("a=true", "true"),
            ("a=null", "null"),
            ("a=42", "42"),
            ("a=4.5", "4.5"),
            ("a=12345678901234567.89", "12345678901234567.89"),
            ("a=9.99999999999999999E17", "9.99999999999999999E17"),
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
    fn fields_of_a_get_are_in_its_query() {
        let fields = object(&[field("q=SELECT Id FROM A WHERE B = 'c&d'")], &[]).unwrap();
        for (path, expected) in [
            ("query", "query?q=SELECT+Id+FROM+A+WHERE+B+%3D+%27c%26d%27"),
            ("query?a=b", "query?a=b&q=SELECT+Id+FROM+A+WHERE+B+%3D+%27c%26d%27"),
        ] {
            assert_eq!(query(path, &fields), expected);
        }
        assert_eq!(query("limits", &Object::new()), "limits");
    }

    // The expected values are those of `gh api`.
    #[test]
    fn fields_nest() {
        for (row, fields, expected) in [
            (
                "object",
                &["a[b]=1", "a[c][d]=2"][..],
                json!({ "a": { "b": "1", "c": { "d": "2" } } }),
            ),
            ("list", &["a[]=1", "a[]=2"], json!({ "a": ["1", "2"] })),
            ("empty list", &["a[]"], json!({ "a": [] })),
            (
                "objects in a list",
                &["a[][x]=1", "a[][y]=2", "a[][x]=3"],
                json!({ "a": [{ "x": "1", "y": "2" }, { "x": "3" }] }),
            ),
            (
                "lists in objects in a list",
                &["a[][x][]=1", "a[][x][]=2", "a[][y]=3"],
                json!({ "a": [{ "x": ["1", "2"], "y": "3" }] }),
            ),
            ("value with brackets", &["a=b[c]=d"], json!({ "a": "b[c]=d" })),
        ] {
            let fields: Vec<_> = fields.iter().map(|text| field(text)).collect();
            assert_eq!(
                Value::Object(object(&fields, &[]).unwrap()),
                Value::from(expected),
                "{row}"
            );
        }
        assert_eq!(object(&[], &[field("a[b]=1")]).unwrap()["a"]["b"], Value::from(1_u64));
    }

    #[test]
    fn conflicting_fields_are_refused() {
        for (row, fields) in [
            ("twice", ["a=1", "a=2"]),
            ("text and object", ["a=1", "a[b]=2"]),
            ("list and object", ["a[]=1", "a[b]=2"]),
            ("object and text", ["a[b]=1", "a=2"]),
        ] {
            let error = object(&fields.map(field), &[]).unwrap_err();
            assert_eq!(error.code(), "usage.conflict", "{row}");
        }
        for fields in [["a=null", "a=1"], ["a=null", "a[b]=1"], ["a[b]=null", "a[b]=null"]] {
            assert!(object(&[], &fields.map(field)).is_err(), "{fields:?}");
        }
    }

    #[test]
    fn nested_fields_of_a_get_keep_their_brackets() {
        let fields = object(&["a[b]=1", "c[]=2", "c[]=3"].map(field), &[]).unwrap();
        assert_eq!(query("x", &fields), "x?a%5Bb%5D=1&c%5B%5D=2&c%5B%5D=3");
    }

    #[test]
    fn field_without_a_key_is_refused() {
        for text in ["", "a", "=b", "[]", "[a]=b", "a[b=c", "a]=b", "a[b]c=d", "a[b]"] {
            assert!(Field::parse(text).is_err(), "{text}");
        }
    }
}

//! `Name=Acme` and `NumberOfEmployees:=12`.

use orgtoken_rest::{Object, Value};

use super::Given;
use crate::args::UsageError;
use crate::failure::Failure;
use crate::input::{Kind, read};

/// One field of a record, as it was typed.
#[derive(Clone, Debug)]
pub(crate) struct Field {
    name: String,
    value: Value,
}

impl Field {
    /// For clap.
    pub(crate) fn parse(text: &str) -> Result<Self, &'static str> {
        let (name, value) = text.split_once('=').ok_or(NO_FIELD)?;
        let (name, value) = match name.strip_suffix(':') {
            Some(name) => {
                let json = serde_json::from_str(value);
                (name, json.map_err(|_| "what stands after `:=` is no JSON")?)
            }
            None => (name, Value::from(value)),
        };
        if name.is_empty() { Err(NO_FIELD) } else { Ok(Self { name: name.to_owned(), value }) }
    }
}

impl Given {
    /// The record: what was typed goes before what stands in the file.
    pub(super) fn record(&self) -> Result<Object, Failure> {
        let mut record = match &self.input {
            Some(file) => object(&read(file, Kind::Body)?)?,
            None => Object::new(),
        };
        for Field { name, value } in &self.fields {
            put(&mut record, name, value.clone());
        }
        if record.is_empty() {
            return Err(UsageError::missing("FIELD=VALUE", "orgtoken record").into());
        }
        Ok(record)
    }
}

/// Puts a value under its name, or, for `Owner.ExternalId__c`, below the related record.
pub(super) fn put(record: &mut Object, name: &str, value: Value) {
    let Some((relationship, field)) = name.split_once('.') else {
        record.insert(name.to_owned(), value);
        return;
    };
    let related =
        record.entry(relationship.to_owned()).or_insert_with(|| Value::Object(Object::new()));
    match related.as_object_mut() {
        Some(related) => put(related, field, value),
        None => *related = value,
    }
}

fn object(bytes: &[u8]) -> Result<Object, Failure> {
    serde_json::from_slice(bytes).map_err(|error| {
        let hint = "give one record as a JSON object, or many with `--from`";
        let place = format!("line {}, column {}", error.line(), error.column());
        Failure::new("usage.record", Some(hint), format!("the record is no JSON object ({place})"))
    })
}

const NO_FIELD: &str = "a field is FIELD=TEXT or FIELD:=JSON";

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn texts_stay_texts_and_json_is_read() {
        for (text, name, value) in [
            ("Name=Acme", "Name", json!("Acme")),
            ("Phone=042", "Phone", json!("042")),
            ("Note=a=b:=c", "Note", json!("a=b:=c")),
            ("Empty=", "Empty", json!("")),
            ("Number:=12", "Number", json!(12)),
            ("Active:=true", "Active", json!(true)),
            ("Gone:=null", "Gone", json!(null)),
            ("Text:=\"x\"", "Text", json!("x")),
        ] {
            let field = Field::parse(text).unwrap();
            assert_eq!((field.name.as_str(), &field.value), (name, &Value::from(value)), "{text}");
        }
        let field = Field::parse("A__c:=12345678901234567.89").unwrap();
        assert_eq!(field.value.to_string(), "12345678901234567.89");
        for text in ["", "Name", "=x", ":=1", "Number:=", "Number:=x"] {
            assert!(Field::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_name_with_dots_is_that_of_a_related_record() {
        let mut record = Object::new();
        put(&mut record, "Owner.ExternalId__c", "7".into());
        assert_eq!(Value::Object(record).to_string(), r#"{"Owner":{"ExternalId__c":"7"}}"#);
    }
}

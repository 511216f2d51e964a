//! Fields of a record: `Name=Acme` and `NumberOfEmployees:=12`.

use orgtoken_rest::{Object, Value};

use super::Given;
use crate::args::UsageError;
use crate::failure::Failure;
use crate::io::input::{Kind, read};

/// One field of a record.
#[derive(Clone, Debug)]
pub(crate) struct Field {
    name: String,
    value: Value,
}

impl Field {
    /// The parser for clap.
    pub(crate) fn parse(text: &str) -> Result<Self, &'static str> {
        let (name, value) = text.split_once('=').ok_or(NO_FIELD)?;
        let (name, value) = match name.strip_suffix(':') {
            Some(name) => {
                let json = serde_json::from_str(value);
                (name, json.map_err(|_| "invalid JSON after `:=`")?)
            }
            None => (name, Value::from(value)),
        };
        if name.split('.').any(str::is_empty) {
            return Err(NO_FIELD);
        }
        Ok(Self { name: name.to_owned(), value })
    }

    /// Whether both are the same field, or one contains the other. Salesforce ignores case.
    fn clashes(&self, name: &str) -> bool {
        let (one, other) = (self.name.to_ascii_lowercase(), name.to_ascii_lowercase());
        one.split('.').zip(other.split('.')).all(|(one, other)| one == other)
    }
}

impl Given {
    pub(super) fn is_empty(&self) -> bool {
        self.fields.is_empty() && self.input.is_none()
    }

    /// Returns the record. Fields of the command line replace those of the file.
    pub(super) fn record(&self, command: &str) -> Result<Object, Failure> {
        let mut record = match &self.input {
            Some(file) => object(&read(file, Kind::Body)?)?,
            None => Object::new(),
        };
        for (at, Field { name, value }) in self.fields.iter().enumerate() {
            if let Some(other) = self.fields[..at].iter().find(|other| other.clashes(name)) {
                let with = format!("an earlier field `{}`", other.name);
                let argument = format!("field `{name}`");
                return Err(UsageError::conflict(&argument, &with, command).into());
            }
            put(&mut record, name, value.clone());
        }
        if record.is_empty() {
            return Err(UsageError::missing("FIELD=VALUE", command).into());
        }
        Ok(record)
    }
}

/// Sets a field, or, for `Owner.ExternalId__c`, a field of the related record. It replaces a field
/// whose name differs only in case.
pub(super) fn put(record: &mut Object, name: &str, value: Value) {
    let (name, below) =
        name.split_once('.').map_or((name, None), |(name, rest)| (name, Some(rest)));
    let known = record.keys().find(|known| known.eq_ignore_ascii_case(name)).cloned();
    let place = record.entry(known.unwrap_or_else(|| name.to_owned())).or_default();
    let Some(below) = below else {
        *place = value;
        return;
    };
    if place.as_object().is_none() {
        *place = Value::Object(Object::new());
    }
    put(place.as_object_mut().expect("this is an object now"), below, value);
}

fn object(bytes: &[u8]) -> Result<Object, Failure> {
    serde_json::from_slice(bytes).map_err(|error| {
        let hint = "give one record as a JSON object; use `--from` for several records";
        let place = format!("line {}, column {}", error.line(), error.column());
        Failure::new(
            "usage.record",
            Some(hint),
            format!("the record is not a JSON object ({place})"),
        )
    })
}

const NO_FIELD: &str =
    "expected FIELD=TEXT or FIELD:=JSON; `--input FILE` reads a record, `--from FILE` many";

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn equals_sign_is_text_and_colon_equals_is_json() {
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
        for text in
            ["", "Name", "=x", ":=1", ".=x", "Owner.=x", ".x=1", "a..b=1", "Number:=", "Number:=x"]
        {
            assert!(Field::parse(text).is_err(), "{text}");
        }
    }

    fn given(fields: &[&str]) -> Result<Object, Failure> {
        let fields = fields.iter().map(|text| Field::parse(text).unwrap()).collect();
        Given { fields, input: None }.record("orgtoken record create")
    }

    #[test]
    fn field_that_is_given_twice_is_refused() {
        for fields in [
            ["Name=A", "Name=B"],
            ["Name=A", "name=B"],
            ["Name=A", "Name.x=B"],
            ["Name.x=A", "Name=B"],
            ["Owner.Key__c=1", "owner.key__c=2"],
            ["Name:=null", "Name=B"],
        ] {
            assert_eq!(given(&fields).unwrap_err().code(), "usage.conflict", "{fields:?}");
        }
        let record = given(&["Owner.A__c=1", "Owner.B__c=2", "OwnerId=3"]).unwrap();
        let expected = r#"{"Owner":{"A__c":"1","B__c":"2"},"OwnerId":"3"}"#;
        assert_eq!(Value::Object(record).to_string(), expected);
    }

    #[test]
    fn field_of_the_command_line_replaces_that_of_the_file() {
        let mut record: Object =
            serde_json::from_str(r#"{"name":"x","Owner":null,"Phone":"1"}"#).unwrap();
        put(&mut record, "Name", "A".into());
        put(&mut record, "Owner.Key__c", "7".into());
        let expected = r#"{"name":"A","Owner":{"Key__c":"7"},"Phone":"1"}"#;
        assert_eq!(Value::Object(record).to_string(), expected);
    }

    #[test]
    fn name_with_a_dot_is_a_field_of_a_related_record() {
        let mut record = Object::new();
        put(&mut record, "Owner.ExternalId__c", "7".into());
        assert_eq!(Value::Object(record).to_string(), r#"{"Owner":{"ExternalId__c":"7"}}"#);
    }
}

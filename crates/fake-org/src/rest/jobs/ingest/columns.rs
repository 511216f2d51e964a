//! The header of an upload, and the fields of a row.

use std::collections::BTreeSet;

use csv::ByteRecord;
use serde_json::Value;

use super::Sent;
use crate::rest::schema::{Field, Kind, ObjectType};
use crate::rest::sobjects::values::{self, Related};
use crate::rest::store::Record;
use crate::rest::{RestCall, RestError, Result};

/// The columns of an upload.
pub(super) struct Columns {
    list: Vec<Column>,
    /// The place of the id.
    id: Option<usize>,
}

enum Column {
    Field(Field),
    Id,
    /// The external id of an upsert.
    Key(String),
    /// `Owner.Email`.
    Related(Related),
}

impl Column {
    /// Returns the name of the field that the column sets.
    fn field(&self) -> &str {
        match self {
            Self::Field(field) | Self::Related(Related { field, .. }) => &field.name,
            Self::Id => "Id",
            Self::Key(field) => field,
        }
    }
}

impl Columns {
    /// Resolves the names of the header.
    ///
    /// # Errors
    ///
    /// The `errorMessage` of the job.
    pub(super) fn of(
        header: &ByteRecord,
        object: &ObjectType,
        operation: &str,
        external_id: Option<&str>,
        call: &RestCall<'_>,
    ) -> Result<Self, String> {
        let names = header.iter().map(String::from_utf8_lossy);
        let list = names.map(|name| column(name.trim(), object, operation, external_id, call));
        let list: Vec<_> = list.collect::<Result<_, _>>()?;
        let mut fields = BTreeSet::new();
        let repeated = list.iter().find(|column| !fields.insert(column.field()));
        if let Some(column) = repeated {
            // The documentation does not have this error.
            return Err(format!("InvalidBatch : Field name is repeated : {}", column.field()));
        }
        let id = list.iter().position(|column| matches!(column, Column::Id));
        let deletes = operation == "delete" || operation == "hardDelete";
        if deletes && (list.len() != 1 || id.is_none()) {
            return Err(format!("InvalidBatch : The '{operation}' batch must contain only ids"));
        }
        if operation == "update" && id.is_none() {
            return Err(not_found("Id"));
        }
        let has_key = list.iter().any(|column| matches!(column, Column::Key(_) | Column::Id));
        if let Some(field) = external_id.filter(|_| operation == "upsert" && !has_key) {
            return Err(not_found(field));
        }
        Ok(Self { list, id })
    }

    /// Returns the id of a row, as it was sent.
    pub(super) fn id<'a>(&self, row: &'a ByteRecord) -> Option<&'a str> {
        std::str::from_utf8(row.get(self.id?)?).ok()
    }

    /// Returns the fields of a row. Empty values are left out, and `#N/A` is null. The documentation
    /// does not say what blanks are: they are left out, too, unlike in a call of the REST API.
    pub(super) fn read(&self, row: &ByteRecord, call: &RestCall<'_>) -> Result<Sent> {
        let mut sent = Sent { id: String::new(), key: None, record: Record::new() };
        for (column, value) in self.list.iter().zip(row) {
            let text = String::from_utf8_lossy(value);
            match column {
                Column::Id => sent.id = text.into_owned(),
                Column::Key(field) => sent.key = Some((field.clone(), text.into_owned())),
                Column::Field(_) | Column::Related(_) if values::is_blank(&text) => {}
                Column::Field(field) | Column::Related(Related { field, .. }) if text == NULL => {
                    sent.record.insert(field.name.clone(), Value::Null);
                }
                Column::Field(field) => {
                    sent.record.insert(field.name.clone(), typed(field, &text)?);
                }
                Column::Related(related) => {
                    let id = related.id(call, &text)?;
                    sent.record.insert(related.field.name.clone(), Value::from(id));
                }
            }
        }
        Ok(sent)
    }
}

fn column(
    name: &str,
    object: &ObjectType,
    operation: &str,
    external_id: Option<&str>,
    call: &RestCall<'_>,
) -> Result<Column, String> {
    if let Some(external_id) = external_id.filter(|_| operation == "upsert")
        && name.eq_ignore_ascii_case(external_id)
        && !name.eq_ignore_ascii_case("Id")
    {
        let field = object.field(name).filter(|field| field.external_id || field.id_lookup);
        return field.map(|field| Column::Key(field.name.clone())).ok_or_else(|| {
            format!(
                "InvalidBatch : Field name provided, {external_id} does not match an External ID, \
                 Salesforce Id, or indexed field for {}",
                object.name
            )
        });
    }
    if name.eq_ignore_ascii_case("Id") && operation != "insert" {
        return Ok(Column::Id);
    }
    if let Some(field) = object.field(name) {
        return Ok(Column::Field(field.clone()));
    }
    find_related(name, object, call).map(Column::Related).ok_or_else(|| not_found(name))
}

/// Resolves `Account.ExternalId__c`, or `User:Owner.Username` for a relationship to several
/// objects.
fn find_related(name: &str, object: &ObjectType, call: &RestCall<'_>) -> Option<Related> {
    let (relationship, key) = name.split_once('.')?;
    let (target, relationship) = match relationship.split_once(':') {
        Some((target, relationship)) => (Some(target), relationship),
        None => (None, relationship),
    };
    Related::find(call, object, relationship, target, key)
}

/// Returns the value of a text in the notation of CSV files.
fn typed(field: &Field, text: &str) -> Result<Value> {
    let wrong = || {
        let message = format!("{}: value not of required type: {text}", field.label);
        RestError::new(400, "INVALID_TYPE_ON_FIELD_IN_RECORD", message).with_fields([&field.name])
    };
    let value = match (field.kind, text.to_ascii_lowercase().as_str()) {
        (Kind::Boolean, "true" | "1" | "yes" | "y" | "on") => Value::Bool(true),
        (Kind::Boolean, "false" | "0" | "no" | "n" | "off") => Value::Bool(false),
        _ => Value::from(text),
    };
    values::coerce(field, value)
        .map_err(|error| if error.code() == "JSON_PARSER_ERROR" { wrong() } else { error })
}

fn not_found(name: &str) -> String {
    format!("InvalidBatch : Field name not found : {name}")
}

/// Empties a field.
const NULL: &str = "#N/A";

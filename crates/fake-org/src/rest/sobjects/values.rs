//! Checks of the fields of a record to be written.

mod fit;
mod related;

pub(in crate::rest) use fit::{coerce, is_blank};
pub(in crate::rest) use related::Related;
use serde_json::Value;

use crate::id;
use crate::rest::schema::{Field, Kind, ObjectType};
use crate::rest::store::Record;
use crate::rest::{RestCall, RestError, Result};

/// Checks the fields of a new record. For an upsert, `key` is the field that identifies it.
pub(in crate::rest) fn complete(
    call: &RestCall<'_>,
    object: &ObjectType,
    fields: Record,
    key: Option<(&str, Value)>,
) -> Result<Record> {
    let mut record = checked(call, object, fields, |field| field.createable)?;
    if let Some((key, value)) = key {
        let field = object.field(key).ok_or_else(|| RestError::no_column(key, &object.name))?;
        let value = coerce(field, value)?;
        // Without its key, a second upsert would create a second record.
        if value.is_null() {
            return Err(RestError::missing(vec![field.name.clone()]));
        }
        record.insert(field.name.clone(), value);
    }
    record.retain(|_, value| !value.is_null());
    let required = |field: &&Field| {
        field.createable
            && !field.nillable
            && !field.defaulted_on_create
            && field.kind != Kind::Boolean
    };
    let missing = object.fields.iter().filter(required);
    let missing: Vec<_> =
        missing.map(|f| f.name.clone()).filter(|f| !record.contains_key(f)).collect();
    if !missing.is_empty() {
        return Err(RestError::missing(missing));
    }
    add_defaults(object, &mut record);
    set_name(object, &mut record);
    Ok(record)
}

/// Checks the changes of a record. Null empties a field.
pub(in crate::rest) fn changes(
    call: &RestCall<'_>,
    object: &ObjectType,
    fields: Record,
) -> Result<Record> {
    let changes = checked(call, object, fields, |field| field.updateable)?;
    let emptied = object.fields.iter().filter(|field| !field.nillable);
    let emptied = emptied.filter(|field| changes.get(&field.name) == Some(&Value::Null));
    let emptied: Vec<_> = emptied.map(|field| field.name.clone()).collect();
    if emptied.is_empty() { Ok(changes) } else { Err(RestError::missing(emptied)) }
}

/// Refuses a value of a unique field that another record has. `id` is the record to change.
pub(in crate::rest) fn check_unique(
    call: &RestCall<'_>,
    object: &ObjectType,
    id: Option<&str>,
    values: &Record,
) -> Result<()> {
    let own = id.and_then(id::canonical);
    for field in object.fields.iter().filter(|field| field.unique) {
        let Some(value) = values.get(&field.name).filter(|value| !value.is_null()) else {
            continue;
        };
        let text = text_of(value);
        let holders = call.org.state().rest.records.ids_with(&object.name, &field.name, &text);
        if let Some(other) = holders.into_iter().find(|holder| Some(holder) != own.as_ref()) {
            let message = format!(
                "duplicate value found: {} duplicates value on record with id: {other}",
                field.name
            );
            let error = RestError::new(400, "DUPLICATE_VALUE", message);
            return Err(error.with_fields(Vec::<String>::new()));
        }
    }
    Ok(())
}

/// Sets the name of a person from its parts.
pub(in crate::rest) fn set_name(object: &ObjectType, record: &mut Record) {
    let is_made = object.field("LastName").is_some() && object.field("Name").is_some();
    if !is_made {
        return;
    }
    let part = |name: &str| record.get(name).and_then(Value::as_str);
    let parts = [part("FirstName"), part("LastName")];
    let name = parts.into_iter().flatten().collect::<Vec<_>>().join(" ");
    record.insert("Name".to_owned(), Value::from(name));
}

/// Returns a value as it is in CSV or in a URL.
pub(in crate::rest) fn text_of(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn add_defaults(object: &ObjectType, record: &mut Record) {
    for field in &object.fields {
        let default = match (&field.default_value, field.kind) {
            (Value::Null, Kind::Boolean) => Value::Bool(false),
            (Value::Null, _) => continue,
            (value, _) => value.clone(),
        };
        record.entry(field.name.clone()).or_insert(default);
    }
}

fn checked(
    call: &RestCall<'_>,
    object: &ObjectType,
    fields: Record,
    may_set: impl Fn(&Field) -> bool,
) -> Result<Record> {
    let mut record = Record::new();
    let mut read_only = Vec::new();
    let mut related = Vec::new();
    for (name, value) in fields {
        if name == "attributes" {
            continue;
        }
        if name.eq_ignore_ascii_case("Id") {
            let message = "The Id field should not be specified in the sobject data.";
            return Err(RestError::new(400, "INVALID_FIELD", message));
        }
        let own = object.field(&name);
        let field = own
            .or_else(|| object.relationship(&name))
            .ok_or_else(|| RestError::no_column(&name, &object.name))?;
        if !may_set(field) {
            read_only.push(field.name.clone());
            continue;
        }
        if own.is_none() {
            related.push((field, name, value));
            continue;
        }
        let value = coerce(field, value)?;
        check_reference(call, field, &value)?;
        record.insert(field.name.clone(), value);
    }
    for (field, name, value) in related {
        if record.contains_key(&field.name) {
            return Err(RestError::two_references(&name, &field.name));
        }
        let id = related::id_in_json(call, object, &name, &value)?;
        record.insert(field.name.clone(), Value::from(id));
    }
    if read_only.is_empty() { Ok(record) } else { Err(RestError::read_only(read_only)) }
}

fn check_reference(call: &RestCall<'_>, field: &Field, value: &Value) -> Result<()> {
    let (Kind::Reference, Some(id)) = (field.kind, value.as_str()) else {
        return Ok(());
    };
    let state = call.org.state();
    let mut targets = field.reference_to.iter();
    let held = targets.clone().any(|target| state.rest.schema.object(target).is_some());
    // An imported object may refer to objects that this org does not have. These are not checked.
    if !held || targets.any(|target| state.rest.records.find(target, id).is_some()) {
        return Ok(());
    }
    Err(RestError::cross_reference())
}

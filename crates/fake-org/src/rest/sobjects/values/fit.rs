//! Conversion of a JSON value to the type of a field.

use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::Value;

use crate::clock::to_api;
use crate::id;
use crate::rest::schema::{Field, Kind};
use crate::rest::{RestError, Result, number};

/// Returns the value to store. A string that is empty or has blanks only is null.
pub(in crate::rest) fn coerce(field: &Field, value: Value) -> Result<Value> {
    if value.is_null() || value.as_str().is_some_and(is_blank) {
        return Ok(Value::Null);
    }
    match field.kind {
        Kind::Boolean => boolean(field, value),
        Kind::Currency | Kind::Double | Kind::Percent => number(field, value),
        Kind::Date => date(field, value),
        Kind::DateTime => date_time(field, value),
        Kind::Email => email(field, text(field, value)?),
        Kind::Int => whole(field, value),
        Kind::Id | Kind::Reference => reference(field, text(field, value)?),
        Kind::Address | Kind::Base64 | Kind::Location | Kind::Other | Kind::Time => Ok(value),
        Kind::Combobox | Kind::Picklist => picklist(field, text(field, value)?),
        Kind::MultiPicklist => multi_picklist(field, text(field, value)?),
        Kind::EncryptedString | Kind::Phone | Kind::String | Kind::TextArea | Kind::Url => {
            text(field, value).map(Value::from)
        }
    }
}

/// Whether a text is empty once it is trimmed, as the platform stores it.
pub(in crate::rest) fn is_blank(text: &str) -> bool {
    text.chars().all(|c| c <= ' ')
}

/// Accepts a string as well, which comes from CSV files.
fn boolean(field: &Field, value: Value) -> Result<Value> {
    match value.as_str() {
        Some("true") => Ok(Value::Bool(true)),
        Some("false") => Ok(Value::Bool(false)),
        None if value.is_boolean() => Ok(value),
        _ => Err(misfit(field, &value)),
    }
}

fn whole(field: &Field, value: Value) -> Result<Value> {
    let number = value.as_str().map_or_else(|| value.as_i64(), |text| text.parse().ok());
    number.map(Value::from).ok_or_else(|| misfit(field, &value))
}

fn text(field: &Field, value: Value) -> Result<String> {
    let Value::String(text) = value else {
        return Err(misfit(field, &value));
    };
    if field.length > 0 && text.chars().count() > field.length {
        let (label, length) = (&field.label, field.length);
        let message = format!("{label}: data value too large: {text} (max length={length})");
        return Err(refused(field, "STRING_TOO_LONG", message));
    }
    Ok(text)
}

fn picklist(field: &Field, text: String) -> Result<Value> {
    let mut values = field.picklist_values.iter().filter(|value| value.active);
    if !field.restricted_picklist || values.any(|value| value.value == text) {
        return Ok(Value::from(text));
    }
    let message = format!("{}: bad value for restricted picklist field: {text}", field.label);
    Err(refused(field, "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", message))
}

/// Checks each of the values, which semicolons separate.
fn multi_picklist(field: &Field, text: String) -> Result<Value> {
    for value in text.split(';') {
        picklist(field, value.to_owned())?;
    }
    Ok(Value::from(text))
}

fn number(field: &Field, value: Value) -> Result<Value> {
    match &value {
        Value::Number(_) => Ok(value),
        Value::String(text) => {
            number::parse(text).map(Value::Number).ok_or_else(|| misfit(field, &value))
        }
        _ => Err(misfit(field, &value)),
    }
}

fn date(field: &Field, value: Value) -> Result<Value> {
    let is_date = |text: &&str| text.len() == 10 || text.parse::<Timestamp>().is_ok();
    let text = value.as_str().filter(is_date);
    let date = text.and_then(|text| text.get(..10)?.parse::<Date>().ok());
    date.map(|date| Value::from(date.to_string())).ok_or_else(|| misfit(field, &value))
}

fn date_time(field: &Field, value: Value) -> Result<Value> {
    let moment = value.as_str().and_then(|text| text.parse::<Timestamp>().ok());
    let moment = moment.ok_or_else(|| misfit(field, &value))?;
    Ok(Value::from(to_api(moment)))
}

fn email(field: &Field, text: String) -> Result<Value> {
    let parts = text.split_once('@').filter(|(local, host)| {
        !local.is_empty() && host.contains('.') && !host.contains('@') && !text.contains(' ')
    });
    if parts.is_some() {
        return Ok(Value::from(text));
    }
    let message = format!("{}: invalid email address: {text}", field.label);
    Err(refused(field, "INVALID_EMAIL_ADDRESS", message))
}

fn reference(field: &Field, text: String) -> Result<Value> {
    id::canonical(&text).map(Value::from).ok_or_else(|| {
        let message = format!("{}: id value of incorrect type: {text}", field.label);
        refused(field, "MALFORMED_ID", message)
    })
}

fn refused(field: &Field, code: &str, message: String) -> RestError {
    RestError::new(400, code, message).with_fields([&field.name])
}

fn misfit(field: &Field, value: &Value) -> RestError {
    let token = match value {
        Value::Array(_) => "START_ARRAY",
        Value::Bool(true) => "VALUE_TRUE",
        Value::Bool(false) => "VALUE_FALSE",
        Value::Null => "VALUE_NULL",
        Value::Number(number) if number.is_f64() => "VALUE_NUMBER_FLOAT",
        Value::Number(_) => "VALUE_NUMBER_INT",
        Value::Object(_) => "START_OBJECT",
        Value::String(_) => "VALUE_STRING",
    };
    let shown = super::text_of(value);
    let message = format!(
        "Cannot deserialize instance of {} from {token} value {shown} or request may be missing a \
         required field",
        field.kind.name()
    );
    RestError::new(400, "JSON_PARSER_ERROR", message)
}

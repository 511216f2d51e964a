//! `composite/tree`: up to 200 records with their children, all or none of which are created.

use http::{Method, StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::reply;
use crate::rest::schema::ObjectType;
use crate::rest::sobjects::{self, records, values};
use crate::rest::store::Record;
use crate::rest::{Answer, RestCall, RestError, Result};

#[derive(Deserialize)]
struct Sent {
    records: Vec<Record>,
}

/// The ids of the records that were created, and the errors of the others, by reference.
#[derive(Default)]
struct Made {
    ids: Vec<(String, String)>,
    errors: Vec<(String, RestError)>,
}

/// `POST composite/tree/Account`
pub(in crate::rest) fn answer(call: &RestCall<'_>, object: &str) -> Answer {
    call.only(Method::POST)?;
    let object = sobjects::find(call, object)?;
    let Sent { records } = call.body()?;
    let number: usize = records.iter().map(count).sum();
    if number > MOST_RECORDS {
        let message = "The request can't have more than 200 records";
        return Err(RestError::new(400, "INVALID_INPUT", message));
    }
    let before = call.org.state().rest.records.clone();
    let mut made = Made::default();
    let sent =
        records.into_iter().try_for_each(|record| create(call, &object, record, None, &mut made));
    if sent.is_ok() && made.errors.is_empty() {
        let results: Value =
            made.ids.iter().map(|(name, id)| json!({ "referenceId": name, "id": id })).collect();
        let body = json!({ "hasErrors": false, "results": results });
        return Ok(reply::json(StatusCode::CREATED, &body));
    }
    call.org.state().rest.records.roll_back(before);
    sent?;
    let entry = |(name, error): &(String, RestError)| json!({ "referenceId": name, "errors": [error.to_problem()] });
    let results: Value = made.errors.iter().map(entry).collect();
    let body = json!({ "hasErrors": true, "results": results });
    Ok(reply::json(StatusCode::BAD_REQUEST, &body))
}

/// Creates a record below another one, and then its children.
fn create(
    call: &RestCall<'_>,
    object: &ObjectType,
    mut record: Record,
    parent: Option<(&str, &str)>,
    made: &mut Made,
) -> Result<()> {
    let attributes = record.shift_remove("attributes").unwrap_or_default();
    let Some(name) = attributes["referenceId"].as_str().map(str::to_owned) else {
        let message = "Include a reference ID in the attributes of each record";
        return Err(RestError::new(400, "INVALID_INPUT", message));
    };
    if let Some((field, id)) = parent {
        record.insert(field.to_owned(), Value::from(id));
    }
    let children: Vec<_> =
        record.keys().filter(|name| object.children(name).is_some()).cloned().collect();
    let children: Vec<_> = children
        .into_iter()
        .filter_map(|name| Some((name.clone(), record.shift_remove(&name)?)))
        .collect();
    let id = values::complete(call, object, record, None)
        .and_then(|record| records::insert(call, object, record));
    let id = match id {
        Ok(id) => id,
        Err(error) => {
            made.errors.push((name, error));
            return Ok(());
        }
    };
    made.ids.push((name, id.clone()));
    for (relationship, sent) in children {
        let Some(child) = object.children(&relationship) else { continue };
        let child_object = sobjects::find(call, &child.child_s_object)?;
        let Sent { records } = serde_json::from_value(sent).map_err(|_| {
            let message = format!("{relationship} must have a list of records");
            RestError::new(400, "JSON_PARSER_ERROR", message)
        })?;
        for record in records {
            create(call, &child_object, record, Some((&child.field, &id)), made)?;
        }
    }
    Ok(())
}

/// Returns the number of records in a record and its children.
fn count(record: &Record) -> usize {
    let lists = record.values().filter_map(|value| value["records"].as_array());
    let children = lists.flatten().filter_map(Value::as_object);
    1 + children.map(count).sum::<usize>()
}

const MOST_RECORDS: usize = 200;

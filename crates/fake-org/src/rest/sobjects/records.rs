//! Single records: create, get, update, delete, upsert.

use http::{Method, StatusCode, header};
use percent_encoding::percent_decode_str;
use serde_json::{Value, json};

use super::values;
use crate::clock::to_api;
use crate::id;
use crate::reply;
use crate::rest::schema::{Field, ObjectType};
use crate::rest::seed::stamp;
use crate::rest::store::{Record, Row};
use crate::rest::{Answer, RestCall, RestError, Result, ok, sobjects};

/// `POST sobjects/Account`.
pub(in crate::rest) fn create(call: &RestCall<'_>, object: &ObjectType) -> Answer {
    let record = values::complete(call, object, call.body()?, None)?;
    let id = insert(call, object, record)?;
    Ok(created(call, object, &id, false))
}

/// `GET`, `PATCH` and `DELETE` of `sobjects/Account/001…`.
pub(in crate::rest) fn by_id(call: &RestCall<'_>, object: &str, id: &str) -> Answer {
    let object = sobjects::find(call, object)?;
    match call.method() {
        Method::GET => get(call, &object, id),
        Method::PATCH => {
            update(call, &object, id, call.body()?)?;
            Ok(reply::empty(StatusCode::NO_CONTENT))
        }
        Method::DELETE => delete_reply(call, &object, id),
        other => Err(RestError::method(&other, "HEAD,GET,PATCH,DELETE")),
    }
}

/// `GET`, `PATCH` and `DELETE` of `sobjects/Account/ExternalId__c/42`.
pub(in crate::rest) fn by_key(
    call: &RestCall<'_>,
    object: &str,
    field: &str,
    value: &str,
) -> Answer {
    let object = sobjects::find(call, object)?;
    let key = object.field(field).filter(|field| field.external_id || field.id_lookup);
    let key = match key {
        Some(key) => key.name.clone(),
        // `sobjects/Account/001…/Contacts`
        None if id::canonical(field).is_some() => {
            return Ok(reply::not_offered(call.request.path()));
        }
        None => return Err(unknown_key(field)),
    };
    let value = percent_decode_str(value).decode_utf8().map_err(|_| RestError::not_found())?;
    let value = id::canonical(&value).filter(|_| key == "Id").unwrap_or_else(|| value.into_owned());

    let found = call.org.state().rest.records.ids_with(&object.name, &key, &value);
    match (call.method(), found.as_slice()) {
        (_, [_, _, ..]) => Ok(several(call, &object, &found)),
        (Method::PATCH, _)
            if call.body::<Record>()?.keys().any(|name| name.eq_ignore_ascii_case(&key)) =>
        {
            let message = format!("The {key} field should not be specified in the sobject data.");
            Err(RestError::new(400, "INVALID_FIELD", message))
        }
        (Method::GET, [id]) => get(call, &object, id),
        (Method::DELETE, [id]) => delete_reply(call, &object, id),
        (Method::PATCH, []) if key == "Id" || is_update_only(call) => Err(RestError::not_found()),
        (Method::PATCH, _) => {
            let (id, is_new) = upsert(call, &object, &key, Value::from(value), call.body()?)?;
            Ok(if is_new { created(call, &object, &id, true) } else { updated(call, &id) })
        }
        (Method::GET | Method::DELETE, []) => Err(RestError::not_found()),
        (other, _) => Err(RestError::method(&other, "HEAD,GET,PATCH,DELETE")),
    }
}

/// Whether `?updateOnly=true` forbids an upsert to create a record.
fn is_update_only(call: &RestCall<'_>) -> bool {
    let query = call.query();
    query.first("updateOnly").is_some_and(|value| value.eq_ignore_ascii_case("true"))
}

fn get(call: &RestCall<'_>, object: &ObjectType, id: &str) -> Answer {
    let query = call.query();
    let named = query.first("fields").map(|_| fields_of(object, &query.list("fields")));
    let named = named.transpose()?;
    ok(&some_fields(call, object, id, named.as_deref().unwrap_or(&object.fields))?)
}

/// Returns a record with its id and these fields.
pub(in crate::rest) fn some_fields(
    call: &RestCall<'_>,
    object: &ObjectType,
    id: &str,
    fields: &[Field],
) -> Result<Value> {
    let state = call.org.state();
    let row = live(state.rest.records.find(&object.name, id), id)?;
    let url = format!("{}/sobjects/{}/{}", call.base, object.name, row.id());
    let mut shown = json!({ "attributes": { "type": object.name, "url": url }, "Id": row.id() });
    for field in fields {
        shown[field.name.as_str()] = row.get(&field.name);
    }
    Ok(shown)
}

/// Returns the fields with these names.
pub(in crate::rest) fn fields_of(object: &ObjectType, names: &[String]) -> Result<Vec<Field>> {
    let field = |name: &String| {
        let field = object.field(name).cloned();
        field.ok_or_else(|| RestError::no_column(name, &object.name))
    };
    names.iter().map(field).collect()
}

/// Stores a checked record and returns its id.
pub(in crate::rest) fn insert(
    call: &RestCall<'_>,
    object: &ObjectType,
    record: Record,
) -> Result<String> {
    let number = insert_numbered(call, object, record)?;
    Ok(id::id(object.key_prefix.as_deref().unwrap_or(UNKNOWN_PREFIX), number))
}

/// Stores a checked record and returns the number of its id.
pub(in crate::rest) fn insert_numbered(
    call: &RestCall<'_>,
    object: &ObjectType,
    mut record: Record,
) -> Result<u64> {
    if !object.createable {
        let message = format!("entity type {} does not support create", object.name);
        return Err(RestError::new(400, "INVALID_TYPE_FOR_OPERATION", message));
    }
    stamp(&mut record, &to_api(call.org.now()), Some(&call.user_id));
    record.retain(|name, _| object.field(name).is_some());
    let prefix = object.key_prefix.as_deref().unwrap_or(UNKNOWN_PREFIX);
    values::check_unique(call, object, None, &record)?;
    Ok(call.org.state().rest.records.insert_numbered(&object.name, prefix, &record))
}

/// Changes a record.
pub(in crate::rest) fn update(
    call: &RestCall<'_>,
    object: &ObjectType,
    id: &str,
    fields: Record,
) -> Result<()> {
    let changes = values::changes(call, object, fields)?;
    values::check_unique(call, object, Some(id), &changes)?;
    let now = to_api(call.org.now());
    let mut state = call.org.state();
    let mut record = live(state.rest.records.find(&object.name, id), id)?.to_record();
    for (name, value) in changes {
        match value {
            Value::Null => record.shift_remove(&name),
            value => record.insert(name, value),
        };
    }
    values::set_name(object, &mut record);
    for field in ["LastModifiedDate", "SystemModstamp"] {
        record.insert(field.to_owned(), Value::from(now.clone()));
    }
    record.insert("LastModifiedById".to_owned(), Value::from(call.user_id.clone()));
    state.rest.records.replace(&object.name, id, &record);
    Ok(())
}

/// Changes the record with this value of a key, or creates it. Returns its id, and whether it is
/// new.
pub(in crate::rest) fn upsert(
    call: &RestCall<'_>,
    object: &ObjectType,
    key: &str,
    value: Value,
    record: Record,
) -> Result<(String, bool)> {
    let text = values::text_of(&value);
    let found = call.org.state().rest.records.ids_with(&object.name, key, &text);
    match found.as_slice() {
        [id] => update(call, object, id, record).map(|()| (id.clone(), false)),
        [] => {
            let record = values::complete(call, object, record, Some((key, value)))?;
            Ok((insert(call, object, record)?, true))
        }
        several => Err(RestError::ambiguous(key, several)),
    }
}

fn delete_reply(call: &RestCall<'_>, object: &ObjectType, id: &str) -> Answer {
    delete(call, object, id)?;
    Ok(reply::empty(StatusCode::NO_CONTENT))
}

/// Puts a record into the recycle bin.
pub(in crate::rest) fn delete(call: &RestCall<'_>, object: &ObjectType, id: &str) -> Result<()> {
    if !object.deletable {
        let message = format!("entity type {} does not support delete", object.name);
        return Err(RestError::new(400, "INVALID_TYPE_FOR_OPERATION", message));
    }
    let now = to_api(call.org.now());
    let mut state = call.org.state();
    let mut record = live(state.rest.records.find(&object.name, id), id)?.to_record();
    record.insert("IsDeleted".to_owned(), Value::Bool(true));
    record.insert("SystemModstamp".to_owned(), Value::from(now));
    state.rest.records.replace(&object.name, id, &record);
    Ok(())
}

/// Deletes records for good.
pub(in crate::rest) fn purge(call: &RestCall<'_>, object: &ObjectType, ids: &[String]) {
    if !ids.is_empty() {
        call.org.state().rest.records.purge(&object.name, ids);
    }
}

/// Returns the record, or an error for an invalid id, an unknown id or a deleted record.
fn live<'a>(record: Option<Row<'a>>, id: &str) -> Result<Row<'a>> {
    match record {
        Some(record) if record.is_deleted() => Err(RestError::deleted()),
        Some(record) => Ok(record),
        None if id::canonical(id).is_none() => Err(unknown_key(id)),
        None => Err(RestError::not_found()),
    }
}

fn unknown_key(name: &str) -> RestError {
    let message = format!("Provided external ID field does not exist or is not accessible: {name}");
    RestError::new(404, "NOT_FOUND", message)
}

fn created(call: &RestCall<'_>, object: &ObjectType, id: &str, upsert: bool) -> reply::Reply {
    let mut body = json!({ "id": id, "success": true, "errors": [] });
    if upsert && call.version >= CREATED_FLAG_SINCE {
        body["created"] = Value::Bool(true);
    }
    let mut reply = reply::json(StatusCode::CREATED, &body);
    let location = format!("{}/sobjects/{}/{id}", call.base, object.name);
    reply::set_header(&mut reply, header::LOCATION, &location);
    reply
}

fn updated(call: &RestCall<'_>, id: &str) -> reply::Reply {
    if call.version < CREATED_FLAG_SINCE {
        return reply::empty(StatusCode::NO_CONTENT);
    }
    let body = json!({ "id": id, "success": true, "errors": [], "created": false });
    reply::json(StatusCode::OK, &body)
}

fn several(call: &RestCall<'_>, object: &ObjectType, ids: &[String]) -> reply::Reply {
    let url = |id: &String| format!("{}/sobjects/{}/{id}", call.base, object.name);
    let urls: Value = ids.iter().map(url).collect();
    reply::json(StatusCode::MULTIPLE_CHOICES, &urls)
}

/// The key prefix of an object that was described without one.
pub(in crate::rest) const UNKNOWN_PREFIX: &str = "a00";
pub(in crate::rest) const CREATED_FLAG_SINCE: u32 = 46;

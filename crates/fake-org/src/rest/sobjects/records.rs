//! Single records: create, get, update, delete, upsert.

use http::{HeaderValue, Method, StatusCode, header};
use percent_encoding::percent_decode_str;
use serde_json::{Value, json};

use super::values;
use crate::id;
use crate::reply;
use crate::rest::schema::ObjectType;
use crate::rest::seed::stamp;
use crate::rest::store::{Record, Row};
use crate::rest::{Answer, AuthorizedCall, RestError, conditions, sobjects};

/// `POST sobjects/Account`.
pub(in crate::rest) fn create(session: &AuthorizedCall<'_>, object: &ObjectType) -> Answer {
    let record = values::complete(session, object, values::body(session)?, None)?;
    let id = insert(session, object, record)?;
    Ok(created(session, object, &id, false))
}

/// `GET`, `PATCH` and `DELETE` of `sobjects/Account/001…`.
pub(in crate::rest) fn by_id(session: &AuthorizedCall<'_>, object: &str, id: &str) -> Answer {
    let object = sobjects::find(session, object)?;
    match session.method() {
        Method::GET => get(session, &object, id),
        Method::PATCH => {
            check_unmodified(session, &object, id)?;
            update(session, &object, id, values::body(session)?)?;
            Ok(reply::empty(StatusCode::NO_CONTENT))
        }
        Method::DELETE => {
            check_unmodified(session, &object, id)?;
            delete_reply(session, &object, id)
        }
        other => Err(RestError::method(&other, "HEAD,GET,PATCH,DELETE")),
    }
}

/// `GET`, `PATCH` and `DELETE` of `sobjects/Account/ExternalId__c/42`.
pub(in crate::rest) fn by_key(
    session: &AuthorizedCall<'_>,
    object: &str,
    field: &str,
    value: &str,
) -> Answer {
    let object = sobjects::find(session, object)?;
    if session.method() == Method::GET
        && let Some(answer) = related(session, &object, field, value)?
    {
        return Ok(answer);
    }
    let key = object.field(field).filter(|field| field.external_id || field.id_lookup);
    let key = key.ok_or_else(|| unknown_key(field))?.name.clone();
    let value = percent_decode_str(value).decode_utf8().map_err(|_| RestError::not_found())?;
    let value = id::canonical(&value).filter(|_| key == "Id").unwrap_or_else(|| value.into_owned());

    let found = session.org.state().rest.records.ids_with(&object.name, &key, &value);
    match (session.method(), found.as_slice()) {
        (_, [_, _, ..]) => Ok(several(session, &object, &found)),
        (Method::PATCH, _)
            if values::body::<Record>(session)?
                .keys()
                .any(|name| name.eq_ignore_ascii_case(&key)) =>
        {
            let message = format!("The {key} field should not be specified in the sobject data.");
            Err(RestError::new(400, "INVALID_FIELD", message))
        }
        (Method::GET, [id]) => get(session, &object, id),
        (Method::DELETE, [id]) => delete_reply(session, &object, id),
        (Method::PATCH, [id]) => {
            update(session, &object, id, values::body(session)?)?;
            Ok(updated(session, id))
        }
        (Method::PATCH, []) if key == "Id" || is_update_only(session) => {
            Err(RestError::not_found())
        }
        (Method::PATCH, []) => {
            let key = Some((key.as_str(), Value::from(value)));
            let record = values::complete(session, &object, values::body(session)?, key)?;
            let id = insert(session, &object, record)?;
            Ok(created(session, &object, &id, true))
        }
        (Method::GET | Method::DELETE, []) => Err(RestError::not_found()),
        (other, _) => Err(RestError::method(&other, "HEAD,GET,PATCH,DELETE")),
    }
}

/// Whether `?updateOnly=true` forbids an upsert to create a record.
fn is_update_only(session: &AuthorizedCall<'_>) -> bool {
    let query = session.call.query().unwrap_or_default();
    query.first("updateOnly").is_some_and(|value| value.eq_ignore_ascii_case("true"))
}

/// Returns a record with all fields of its object.
pub(in crate::rest) fn shown(
    session: &AuthorizedCall<'_>,
    object: &ObjectType,
    record: &Record,
) -> Record {
    let mut shown = Record::new();
    let id = record.get("Id").and_then(Value::as_str).unwrap_or_default();
    let url = format!("{}/sobjects/{}/{id}", session.base, object.name);
    shown.insert("attributes".to_owned(), json!({ "type": object.name, "url": url }));
    for field in &object.fields {
        shown.insert(field.name.clone(), record.get(&field.name).cloned().unwrap_or_default());
    }
    shown
}

fn get(session: &AuthorizedCall<'_>, object: &ObjectType, id: &str) -> Answer {
    let record = {
        let state = session.org.state();
        live(state.rest.records.find(&object.name, id), id)?.to_record()
    };
    if conditions::is_unchanged(session.call, modified(&record)) {
        return Ok(reply::empty(StatusCode::NOT_MODIFIED));
    }
    let query = session.call.query().unwrap_or_default();
    let shown = match query.first("fields") {
        None => Value::Object(shown(session, object, &record)),
        Some(fields) => {
            let fields: Vec<_> = fields.split(',').map(|name| name.trim().to_owned()).collect();
            some_fields(session, object, id, &fields)?
        }
    };
    Ok(reply::json(StatusCode::OK, &shown))
}

/// Returns a record with its id and these fields.
pub(in crate::rest) fn some_fields(
    session: &AuthorizedCall<'_>,
    object: &ObjectType,
    id: &str,
    fields: &[String],
) -> Result<Value, RestError> {
    let mut wanted = vec!["attributes", "Id"];
    for name in fields {
        let field = object.field(name);
        wanted.push(&field.ok_or_else(|| RestError::no_column(name, &object.name))?.name);
    }
    let state = session.org.state();
    let record = live(state.rest.records.find(&object.name, id), id)?.to_record();
    let mut shown = shown(session, object, &record);
    shown.retain(|name, _| wanted.contains(&name.as_str()));
    Ok(Value::Object(shown))
}

/// Returns the time of the last change of a record, in the format of the API.
fn modified(record: &Record) -> &str {
    record.get("LastModifiedDate").and_then(Value::as_str).unwrap_or_default()
}

/// Refuses to change a record that was changed after the time in `If-Unmodified-Since`.
fn check_unmodified(
    session: &AuthorizedCall<'_>,
    object: &ObjectType,
    id: &str,
) -> Result<(), RestError> {
    let state = session.org.state();
    let record = state.rest.records.find(&object.name, id).map(Row::to_record);
    match record {
        Some(record) if conditions::was_changed(session.call, modified(&record)) => {
            // The status is documented, the error is not.
            let message = "The record has been modified since the specified time";
            Err(RestError::new(412, "PRECONDITION_FAILED", message))
        }
        _ => Ok(()),
    }
}

/// `GET sobjects/Contact/003…/Account` and `GET sobjects/Account/001…/Contacts`; `None` if it is
/// neither.
fn related(
    session: &AuthorizedCall<'_>,
    object: &ObjectType,
    id: &str,
    relationship: &str,
) -> Result<Option<reply::Reply>, RestError> {
    let (parent, children) = (object.relationship(relationship), object.children(relationship));
    if id::canonical(id).is_none() || (parent.is_none() && children.is_none()) {
        return Ok(None);
    }
    let state = session.org.state();
    let record = live(state.rest.records.find(&object.name, id), id)?;
    if let Some(field) = parent {
        let id = record.get(&field.name);
        let id = id.as_str().ok_or_else(RestError::not_found)?;
        let mut targets = field.reference_to.iter();
        let target = targets.find(|target| state.rest.records.find(target, id).is_some());
        let target = target.and_then(|target| session.schema(&state).object(target)).cloned();
        drop(state);
        return get(session, &target.ok_or_else(RestError::not_found)?, id).map(Some);
    }
    let Some(children) = children else { return Ok(None) };
    let object = session.schema(&state).object(&children.child_s_object);
    let object = object.ok_or_else(RestError::not_found)?;
    let parent = Value::from(record.id());
    let all = state.rest.records.all(&object.name);
    let rows = all.filter(|row| !row.is_deleted() && row.get(&children.field) == parent);
    let records: Vec<_> = rows.map(|row| shown(session, object, &row.to_record())).collect();
    let body = json!({ "done": true, "totalSize": records.len(), "records": records });
    Ok(Some(reply::json(StatusCode::OK, &body)))
}

/// Stores a checked record and returns its id.
pub(in crate::rest) fn insert(
    session: &AuthorizedCall<'_>,
    object: &ObjectType,
    record: Record,
) -> Result<String, RestError> {
    let number = insert_numbered(session, object, record)?;
    Ok(id::id(object.key_prefix.as_deref().unwrap_or(UNKNOWN_PREFIX), number))
}

/// Stores a checked record and returns the number of its id.
pub(in crate::rest) fn insert_numbered(
    session: &AuthorizedCall<'_>,
    object: &ObjectType,
    mut record: Record,
) -> Result<u64, RestError> {
    if !object.createable {
        let message = format!("entity type {} does not support create", object.name);
        return Err(RestError::new(400, "INVALID_TYPE_FOR_OPERATION", message));
    }
    stamp(&mut record, &session.org.now().to_api(), Some(&session.user_id));
    record.retain(|name, _| object.field(name).is_some());
    let prefix = object.key_prefix.as_deref().unwrap_or(UNKNOWN_PREFIX);
    values::check_unique(session, object, None, &record)?;
    Ok(session.org.state().rest.records.insert_numbered(&object.name, prefix, &record))
}

/// Changes a record.
pub(in crate::rest) fn update(
    session: &AuthorizedCall<'_>,
    object: &ObjectType,
    id: &str,
    fields: Record,
) -> Result<(), RestError> {
    let changes = values::changes(session, object, fields)?;
    values::check_unique(session, object, Some(id), &changes)?;
    let now = session.org.now().to_api();
    let mut state = session.org.state();
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
    record.insert("LastModifiedById".to_owned(), Value::from(session.user_id.clone()));
    state.rest.records.replace(&object.name, id, &record);
    Ok(())
}

fn delete_reply(session: &AuthorizedCall<'_>, object: &ObjectType, id: &str) -> Answer {
    delete(session, object, id)?;
    Ok(reply::empty(StatusCode::NO_CONTENT))
}

/// Puts a record into the recycle bin.
pub(in crate::rest) fn delete(
    session: &AuthorizedCall<'_>,
    object: &ObjectType,
    id: &str,
) -> Result<(), RestError> {
    if !object.deletable {
        let message = format!("entity type {} does not support delete", object.name);
        return Err(RestError::new(400, "INVALID_TYPE_FOR_OPERATION", message));
    }
    let now = session.org.now().to_api();
    let mut state = session.org.state();
    let mut record = live(state.rest.records.find(&object.name, id), id)?.to_record();
    record.insert("IsDeleted".to_owned(), Value::Bool(true));
    record.insert("SystemModstamp".to_owned(), Value::from(now));
    state.rest.records.replace(&object.name, id, &record);
    Ok(())
}

/// Deletes records for good.
pub(in crate::rest) fn purge(session: &AuthorizedCall<'_>, object: &ObjectType, ids: &[String]) {
    if !ids.is_empty() {
        session.org.state().rest.records.purge(&object.name, ids);
    }
}

/// Returns the record, or an error for an invalid id, an unknown id or a deleted record.
fn live<'a>(record: Option<Row<'a>>, id: &str) -> Result<Row<'a>, RestError> {
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

fn created(
    session: &AuthorizedCall<'_>,
    object: &ObjectType,
    id: &str,
    upsert: bool,
) -> reply::Reply {
    let mut body = json!({ "id": id, "success": true, "errors": [] });
    if upsert && session.version >= CREATED_FLAG_SINCE {
        body["created"] = Value::Bool(true);
    }
    let mut reply = reply::json(StatusCode::CREATED, &body);
    let location = format!("{}/sobjects/{}/{id}", session.base, object.name);
    let location = HeaderValue::try_from(location).ok();
    reply.headers_mut().extend(location.map(|value| (header::LOCATION, value)));
    reply
}

fn updated(session: &AuthorizedCall<'_>, id: &str) -> reply::Reply {
    if session.version < CREATED_FLAG_SINCE {
        return reply::empty(StatusCode::NO_CONTENT);
    }
    let body = json!({ "id": id, "success": true, "errors": [], "created": false });
    reply::json(StatusCode::OK, &body)
}

fn several(session: &AuthorizedCall<'_>, object: &ObjectType, ids: &[String]) -> reply::Reply {
    let url = |id: &String| format!("{}/sobjects/{}/{id}", session.base, object.name);
    let urls: Value = ids.iter().map(url).collect();
    reply::json(StatusCode::MULTIPLE_CHOICES, &urls)
}

/// The key prefix of an object that was described without one.
pub(in crate::rest) const UNKNOWN_PREFIX: &str = "a00";
pub(in crate::rest) const CREATED_FLAG_SINCE: u32 = 46;

//! `composite/sobjects`: up to 200 records in one call, which may fail one by one.

use http::{Method, StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::id;
use crate::reply::{self, Reply};
use crate::rest::schema::ObjectType;
use crate::rest::sobjects::{self, records, values};
use crate::rest::store::Record;
use crate::rest::{Answer, RestCall, RestError, Result, ok};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Sent {
    /// Null is the default as well.
    all_or_none: Option<bool>,
    records: Vec<Record>,
}

/// The id of a record and, for an upsert, whether it was created.
type Done = Result<(String, Option<bool>)>;

/// Creates with POST, updates with PATCH, deletes with DELETE.
pub(in crate::rest) fn answer(call: &RestCall<'_>) -> Answer {
    match call.method() {
        Method::POST => each(call, |record| create(call, record)),
        Method::PATCH => each(call, |record| update(call, record)),
        Method::DELETE => delete(call),
        other => Err(RestError::method(&other, "DELETE,PATCH,POST")),
    }
}

/// `PATCH composite/sobjects/Account/ExternalId__c`
pub(in crate::rest) fn upsert(call: &RestCall<'_>, object: &str, field: &str) -> Answer {
    call.only(Method::PATCH)?;
    let object = sobjects::find(call, object)?;
    let field =
        object.field(field).filter(|field| field.external_id).ok_or_else(RestError::not_found)?;
    let with_created = call.version >= records::CREATED_FLAG_SINCE;
    each(call, |mut record| {
        record.shift_remove("attributes");
        let key = record.shift_remove(&field.name).filter(|key| !key.is_null());
        let key = key.ok_or_else(|| RestError::missing(vec![field.name.clone()]))?;
        let (id, created) = records::upsert(call, &object, &field.name, key, record)?;
        Ok((id, with_created.then_some(created)))
    })
}

/// `GET composite/sobjects/Account?ids=…&fields=…`, or POST for longer lists.
pub(in crate::rest) fn retrieve(call: &RestCall<'_>, object: &str) -> Answer {
    #[derive(Deserialize)]
    struct Wanted {
        ids: Vec<String>,
        fields: Vec<String>,
    }
    let object = sobjects::find(call, object)?;
    let wanted = match call.method() {
        Method::POST => call.body()?,
        Method::GET => {
            let query = call.query();
            Wanted { ids: query.list("ids"), fields: query.list("fields") }
        }
        other => return Err(RestError::method(&other, "GET,POST")),
    };
    for (name, list) in [("ids", &wanted.ids), ("fields", &wanted.fields)] {
        if list.is_empty() {
            let message = format!("{name} must be specified");
            return Err(RestError::new(400, "MISSING_ARGUMENT", message));
        }
    }
    if wanted.ids.len() > MOST_RETRIEVED {
        let message = "record limit reached. cannot submit more than 2000 records in this request";
        return Err(RestError::new(400, "EXCEEDED_ID_LIMIT", message));
    }
    let fields = records::fields_of(&object, &wanted.fields)?;
    let found = wanted.ids.iter().map(|id| records::some_fields(call, &object, id, &fields));
    let found = found.map(|found| match found {
        Err(error) if ["NOT_FOUND", "ENTITY_IS_DELETED"].contains(&error.code()) => Ok(Value::Null),
        found => found,
    });
    let found: Value = found.collect::<Result<_, _>>()?;
    ok(&found)
}

fn each(call: &RestCall<'_>, work: impl Fn(Record) -> Done) -> Answer {
    let Sent { all_or_none, records } = call.body()?;
    check_number(records.len())?;
    let all_or_none = all_or_none.unwrap_or(false);
    Ok(in_transaction(call, all_or_none, || records.into_iter().map(work).collect()))
}

/// Runs `work`. With `all_or_none`, a record that fails rolls all of them back.
fn in_transaction(
    call: &RestCall<'_>,
    all_or_none: bool,
    work: impl FnOnce() -> Vec<Done>,
) -> Reply {
    let before = all_or_none.then(|| call.org.state().rest.records.clone());
    let mut done = work();
    if let Some(before) = before.filter(|_| done.iter().any(Result::is_err)) {
        call.org.state().rest.records.roll_back(before);
        let message = "Record rolled back because not all records were valid and the request was \
                       using AllOrNone header";
        let undone = RestError::new(400, "ALL_OR_NONE_OPERATION_ROLLED_BACK", message);
        for one in done.iter_mut().filter(|one| one.is_ok()) {
            *one = Err(undone.clone());
        }
    }
    let outcomes: Value = done.iter().map(outcome).collect();
    reply::json(StatusCode::OK, &outcomes)
}

fn create(call: &RestCall<'_>, record: Record) -> Done {
    let (object, record) = split_type_and_fields(call, record)?;
    let record = values::complete(call, &object, record, None)?;
    Ok((records::insert(call, &object, record)?, None))
}

fn update(call: &RestCall<'_>, record: Record) -> Done {
    let (object, mut record) = split_type_and_fields(call, record)?;
    let named = record.keys().find(|name| name.eq_ignore_ascii_case("Id")).cloned();
    let id = named.and_then(|name| record.shift_remove(&name));
    let id = id.as_ref().and_then(Value::as_str).unwrap_or_default().to_owned();
    if id.is_empty() {
        return Err(RestError::new(400, "MISSING_ARGUMENT", "Id not specified in an update call"));
    }
    records::update(call, &object, &id, record)?;
    Ok((id::canonical(&id).unwrap_or(id), None))
}

fn delete(call: &RestCall<'_>) -> Answer {
    let query = call.query();
    let ids: Vec<_> =
        query.first("ids").unwrap_or_default().split(',').map(str::to_owned).collect();
    check_number(ids.len())?;
    let one = |id: String| -> Done {
        let object = object_of(call, &id)?;
        records::delete(call, &object, &id)?;
        Ok((id::canonical(&id).unwrap_or(id), None))
    };
    let all_or_none = query.first("allOrNone") == Some("true");
    Ok(in_transaction(call, all_or_none, || ids.into_iter().map(one).collect()))
}

fn object_of(call: &RestCall<'_>, id: &str) -> Result<ObjectType> {
    let state = call.org.state();
    let fits = |object: &&ObjectType| {
        object.key_prefix.as_deref().is_some_and(|prefix| id.starts_with(prefix))
    };
    let object = state.rest.schema.objects().find(fits).cloned();
    object.ok_or_else(|| RestError::new(400, "MALFORMED_ID", format!("malformed id {id}")))
}

/// Returns the object that `attributes` names, and the fields.
fn split_type_and_fields(call: &RestCall<'_>, mut record: Record) -> Result<(ObjectType, Record)> {
    let attributes = record.shift_remove("attributes").unwrap_or_default();
    let Some(name) = attributes["type"].as_str() else {
        let message = "Include an entity type attribute for each record";
        return Err(RestError::new(400, "INVALID_INPUT", message));
    };
    Ok((sobjects::find(call, name)?, record))
}

fn check_number(records: usize) -> Result<()> {
    if records <= MOST_RECORDS {
        return Ok(());
    }
    let message = "record limit reached. cannot submit more than 200 records in this request";
    Err(RestError::new(400, "EXCEEDED_ID_LIMIT", message))
}

fn outcome(done: &Done) -> Value {
    match done {
        Ok((id, None)) => json!({ "id": id, "success": true, "errors": [] }),
        Ok((id, Some(created))) => {
            json!({ "id": id, "success": true, "errors": [], "created": created })
        }
        Err(error) => json!({ "success": false, "errors": [error.to_problem()] }),
    }
}

const MOST_RECORDS: usize = 200;
const MOST_RETRIEVED: usize = 2000;

//! `updated` and `deleted`: the ids of records that have changed in a period.

use http::StatusCode;
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::reply;
use crate::rest::store::Row;
use crate::rest::{Answer, AuthorizedCall, RestError, conditions, sobjects};

/// `GET sobjects/Account/updated?start=…&end=…`
pub(in crate::rest) fn updated(session: &AuthorizedCall<'_>, object: &str) -> Answer {
    let (changed, end) =
        changed(session, object, |row| (!row.is_deleted()).then(|| Value::from(row.id())))?;
    Ok(reply::json(StatusCode::OK, &json!({ "ids": changed, "latestDateCovered": end })))
}

/// `GET sobjects/Account/deleted?start=…&end=…`
pub(in crate::rest) fn deleted(session: &AuthorizedCall<'_>, object: &str) -> Answer {
    let (changed, end) = changed(session, object, |row| {
        let when = row.get("SystemModstamp");
        row.is_deleted().then(|| json!({ "id": row.id(), "deletedDate": when }))
    })?;
    let earliest = session.org.state().rest.started.clone();
    let body = json!({ "deletedRecords": changed, "earliestDateAvailable": earliest,
        "latestDateCovered": end });
    Ok(reply::json(StatusCode::OK, &body))
}

/// Returns the entries of the records that were changed in the period, and its end.
fn changed(
    session: &AuthorizedCall<'_>,
    object: &str,
    entry: impl Fn(Row<'_>) -> Option<Value>,
) -> Result<(Vec<Value>, String), RestError> {
    session.only_get()?;
    let object = sobjects::find(session, object)?;
    let query = session.call.query().unwrap_or_default();
    let time = |name: &str| -> Result<Timestamp, RestError> {
        let text = query.first(name).ok_or_else(|| {
            RestError::new(400, "MISSING_ARGUMENT", format!("{name} must be specified"))
        })?;
        // A plus sign that was not escaped is a space by now.
        let time = conditions::time(&text.replace(' ', "+"));
        time.ok_or_else(|| RestError::new(400, "INVALID_FIELD", format!("{name} is not a date")))
    };
    let (start, end) = (time("start")?, time("end")?);
    if end <= start {
        let message = "end date must be later than start date";
        return Err(RestError::new(400, "INVALID_REPLICATION_DATE", message));
    }
    let is_inside = |row: &Row<'_>| {
        let changed = row.get("SystemModstamp");
        let changed = changed.as_str().and_then(conditions::time);
        changed.is_some_and(|changed| start <= changed && changed <= end)
    };
    let state = session.org.state();
    let rows = state.rest.records.all(&object.name).filter(is_inside);
    Ok((rows.filter_map(entry).collect(), end.strftime("%Y-%m-%dT%H:%M:%S.000+0000").to_string()))
}

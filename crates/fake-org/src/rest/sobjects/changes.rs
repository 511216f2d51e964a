//! `updated` and `deleted`: the ids of records that have changed in a period.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::clock::to_api;
use crate::rest::store::Row;
use crate::rest::{Answer, RestCall, RestError, Result, ok, sobjects};

/// `GET sobjects/Account/updated?start=…&end=…`
pub(in crate::rest) fn updated(call: &RestCall<'_>, object: &str) -> Answer {
    let (changed, end) =
        changed(call, object, |row| (!row.is_deleted()).then(|| Value::from(row.id())))?;
    ok(&json!({ "ids": changed, "latestDateCovered": end }))
}

/// `GET sobjects/Account/deleted?start=…&end=…`
pub(in crate::rest) fn deleted(call: &RestCall<'_>, object: &str) -> Answer {
    let (changed, end) = changed(call, object, |row| {
        let when = row.get("SystemModstamp");
        row.is_deleted().then(|| json!({ "id": row.id(), "deletedDate": when }))
    })?;
    let earliest = call.org.state().rest.started.clone();
    let body = json!({ "deletedRecords": changed, "earliestDateAvailable": earliest,
        "latestDateCovered": end });
    ok(&body)
}

/// Returns the entries of the records that were changed in the period, and its end.
fn changed(
    call: &RestCall<'_>,
    object: &str,
    entry: impl Fn(Row<'_>) -> Option<Value>,
) -> Result<(Vec<Value>, String)> {
    call.only_get()?;
    let object = sobjects::find(call, object)?;
    let query = call.query();
    let time = |name: &str| -> Result<Timestamp> {
        let text = query.first(name).ok_or_else(|| {
            RestError::new(400, "MISSING_ARGUMENT", format!("{name} must be specified"))
        })?;
        // A plus sign that was not escaped is a space by now.
        let time = text.replace(' ', "+").parse();
        time.map_err(|_| RestError::new(400, "INVALID_FIELD", format!("{name} is not a date")))
    };
    let (start, end) = (time("start")?, time("end")?);
    if end <= start {
        let message = "end date must be later than start date";
        return Err(RestError::new(400, "INVALID_REPLICATION_DATE", message));
    }
    let is_inside = |row: &Row<'_>| {
        let changed = row.get("SystemModstamp");
        let changed = changed.as_str().and_then(|text| text.parse::<Timestamp>().ok());
        changed.is_some_and(|changed| start <= changed && changed <= end)
    };
    let state = call.org.state();
    let rows = state.rest.records.all(&object.name).filter(is_inside);
    Ok((rows.filter_map(entry).collect(), to_api(end)))
}

//! `query` and `queryAll`, with pages.

use std::mem;

use http::HeaderName;
use serde_json::{Map, Value, json};

use super::{Answer, RestCall, RestError, ok};
use crate::id;
use crate::org::State;
use crate::reply;
use crate::rest::soql::{Found, Prepared};

/// `GET query?q=SELECT…`
pub(super) fn answer(call: &RestCall<'_>, with_deleted: bool) -> Answer {
    call.only_get()?;
    let query = call.query();
    if query.first("explain").is_some() {
        return Ok(reply::not_offered("query?explain"));
    }
    let Some(text) = query.first("q").filter(|text| !text.trim().is_empty()) else {
        let message = "SOQL statements cannot be empty or null";
        return Err(RestError::new(400, "MALFORMED_QUERY", message));
    };
    let mut state = call.org.state();
    let prepared = Prepared::new(text, call.schema(&state), call.today());
    let prepared = prepared.map_err(|error| error.in_query(text))?;
    if query.first("columns") == Some("true") {
        return ok(&prepared.metadata());
    }
    let Found { total, mut records } = prepared.run(&state.rest.records, with_deleted, &call.base);
    if prepared.is_aggregate() && records.len() > MOST_GROUPS {
        let message = "Aggregate query does not support queryMore(), use LIMIT to restrict the \
                       results to a single batch";
        return Err(RestError::new(400, "EXCEEDED_ID_LIMIT", message));
    }
    records.iter_mut().for_each(|record| open_children(call, &mut state, record));
    ok(&open(call, &mut state, records, total))
}

/// `GET query/01g…-2000`
pub(super) fn next_page(call: &RestCall<'_>, locator: &str) -> Answer {
    call.only_get()?;
    let state = call.org.state();
    let unknown = || RestError::new(400, "INVALID_QUERY_LOCATOR", "invalid query locator");
    let (cursor, start) = locator.split_once('-').ok_or_else(unknown)?;
    let start = start.parse().map_err(|_| unknown())?;
    let is_it = |number: &usize| id::id(CURSOR, *number as u64 + 1) == cursor;
    let number = (0..state.rest.cursors.len()).find(is_it).ok_or_else(unknown)?;
    if start >= state.rest.cursors[number].len() {
        return Err(unknown());
    }
    ok(&page(call, &state.rest.cursors[number], cursor, start))
}

/// Splits the results of sub-queries into pages.
fn open_children(call: &RestCall<'_>, state: &mut State, record: &mut Value) {
    for child in record.as_object_mut().into_iter().flat_map(Map::values_mut) {
        let Some(Value::Array(records)) = child.get_mut("records") else { continue };
        let mut records = mem::take(records);
        records.iter_mut().for_each(|record| open_children(call, state, record));
        let total = records.len();
        *child = open(call, state, records, total);
    }
}

/// Returns the whole result, or its first page and a link to the next one.
fn open(call: &RestCall<'_>, state: &mut State, records: Vec<Value>, total: usize) -> Value {
    if records.len() <= page_size(call) {
        return result(call, &records, total, None);
    }
    let cursor = id::id(CURSOR, state.rest.cursors.len() as u64 + 1);
    let first = page(call, &records, &cursor, 0);
    state.rest.cursors.push(records);
    first
}

fn page(call: &RestCall<'_>, records: &[Value], cursor: &str, start: usize) -> Value {
    let end = records.len().min(start + page_size(call));
    let next = (end < records.len()).then(|| format!("{}/query/{cursor}-{end}", call.base));
    result(call, &records[start..end], records.len(), next)
}

fn result(call: &RestCall<'_>, records: &[Value], total: usize, next: Option<String>) -> Value {
    let mut body = json!({ "totalSize": total, "done": next.is_none(), "records": records });
    if call.is_tooling {
        body["size"] = Value::from(records.len());
        body["entityTypeName"] = records.first().map_or(Value::Null, entity_type);
        body["queryLocator"] = Value::Null;
    }
    if let Some(next) = next {
        body["nextRecordsUrl"] = Value::from(next);
    }
    body
}

fn entity_type(record: &Value) -> Value {
    record["attributes"]["type"].clone()
}

/// Returns the page size of `Sforce-Query-Options: batchSize=200`, between 200 and 2,000.
fn page_size(call: &RestCall<'_>) -> usize {
    let wish = call.request.header(OPTIONS).and_then(|options| options.strip_prefix("batchSize="));
    wish.and_then(|size| size.trim().parse().ok()).unwrap_or(2000).clamp(200, 2000)
}

const MOST_GROUPS: usize = 2000;
const CURSOR: &str = "01g";
const OPTIONS: HeaderName = HeaderName::from_static("sforce-query-options");

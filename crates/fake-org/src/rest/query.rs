//! `query` and `queryAll`, page by page.

use http::{HeaderName, StatusCode};
use serde_json::{Value, json};

use super::{Answer, RestError, Session};
use crate::id;
use crate::reply::{self, Reply};
use crate::soql::Prepared;

/// `GET query?q=SELECT…`
pub(super) fn answer(session: &Session<'_>, with_deleted: bool) -> Answer {
    session.only_get()?;
    let query = session.call.query().unwrap_or_default();
    let Some(text) = query.first("q").filter(|text| !text.trim().is_empty()) else {
        let message = "SOQL statements cannot be empty or null";
        return Err(RestError::new(400, "MALFORMED_QUERY", message));
    };
    let state = session.org.state();
    let prepared = Prepared::new(text, &state.schema, &state.records);
    let prepared =
        prepared.map_err(|error| RestError::new(400, error.code(), error.message(text)))?;
    if query.first("columns") == Some("true") {
        return Ok(reply::json(StatusCode::OK, &prepared.metadata()));
    }
    let found = prepared.run(&state.records, with_deleted, &session.base);
    if found.records.len() <= page_size(session) {
        let body = json!({ "totalSize": found.total, "done": true, "records": found.records });
        return Ok(reply::json(StatusCode::OK, &body));
    }
    drop(state);
    let mut state = session.org.state();
    state.cursors.push(found.records);
    let cursor = id::id(CURSOR, state.cursors.len() as u64);
    Ok(page(session, &state.cursors[state.cursors.len() - 1], &cursor, 0))
}

/// `GET query/01g…-2000`
pub(super) fn further(session: &Session<'_>, locator: &str) -> Answer {
    session.only_get()?;
    let state = session.org.state();
    let unknown = || RestError::new(400, "INVALID_QUERY_LOCATOR", "invalid query locator");
    let (cursor, start) = locator.split_once('-').ok_or_else(unknown)?;
    let start = start.parse().map_err(|_| unknown())?;
    let is_it = |number: &usize| id::id(CURSOR, *number as u64 + 1) == cursor;
    let number = (0..state.cursors.len()).find(is_it).ok_or_else(unknown)?;
    if start >= state.cursors[number].len() {
        return Err(unknown());
    }
    Ok(page(session, &state.cursors[number], cursor, start))
}

fn page(session: &Session<'_>, records: &[Value], cursor: &str, start: usize) -> Reply {
    let end = records.len().min(start + page_size(session));
    let done = end == records.len();
    let page = &records[start..end];
    let mut body = json!({ "totalSize": records.len(), "done": done, "records": page });
    if !done {
        body["nextRecordsUrl"] = Value::from(format!("{}/query/{cursor}-{end}", session.base));
    }
    reply::json(StatusCode::OK, &body)
}

/// `Sforce-Query-Options: batchSize=200`, of 200 to 2,000.
fn page_size(session: &Session<'_>) -> usize {
    let wish = session.call.header(OPTIONS).and_then(|options| options.strip_prefix("batchSize="));
    wish.and_then(|size| size.trim().parse().ok()).unwrap_or(2000).clamp(200, 2000)
}

const CURSOR: &str = "01g";
const OPTIONS: HeaderName = HeaderName::from_static("sforce-query-options");

//! `query` and `queryAll`.

use http::StatusCode;
use serde_json::json;

use super::{Answer, RestError, Session};
use crate::reply;
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
    let body = json!({ "totalSize": found.total, "done": true, "records": found.records });
    Ok(reply::json(StatusCode::OK, &body))
}

//! `query` and `queryAll`.

use http::StatusCode;
use serde_json::json;

use super::{Answer, RestError, Session};
use crate::{reply, soql};

/// `GET query?q=SELECT…`
pub(super) fn answer(session: &Session<'_>, with_deleted: bool) -> Answer {
    session.only_get()?;
    let query = session.call.query().unwrap_or_default();
    let Some(text) = query.first("q").filter(|text| !text.trim().is_empty()) else {
        let message = "SOQL statements cannot be empty or null";
        return Err(RestError::new(400, "MALFORMED_QUERY", message));
    };
    let state = session.org.state();
    let found = soql::run(text, &state.schema, &state.records, with_deleted, &session.base);
    let found = found.map_err(|error| RestError::new(400, error.code(), error.message(text)))?;
    let body = json!({ "totalSize": found.total, "done": true, "records": found.records });
    Ok(reply::json(StatusCode::OK, &body))
}

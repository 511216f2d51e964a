//! Query jobs, whose results are read in parts.

use base64ct::{Base64Unpadded, Encoding};
use http::HeaderName;
use serde_json::Value;

use super::csv as text;
use super::{Failure, Settings, Share, State, Wanted, Work, invalid_job, not_finished};
use crate::reply;
use crate::rest::schema::Kind;
use crate::rest::soql::Prepared;
use crate::rest::store::Stored;
use crate::rest::{Answer, RestCall, RestError, Result};

#[derive(Debug)]
pub(super) struct Query {
    text: String,
    /// The records as they were when the job was complete. Related records are read later.
    pub(super) rows: Vec<Stored>,
}

/// Checks the request for a new job.
pub(super) fn new(call: &RestCall<'_>, wanted: Wanted) -> Result<(String, Work)> {
    let query = wanted.query.ok_or_else(|| invalid_job("query must be specified"))?;
    let state = call.org.state();
    let api_error = |message: String| RestError::new(400, "API_ERROR", message);
    let prepared = Prepared::new(&query, &state.rest.schema, call.today());
    let prepared = prepared.map_err(|error| match error.code() {
        "INVALID_TYPE" => RestError::new(400, "INVALIDENTITY", error.message(&query)),
        _ => api_error(error.message(&query)),
    })?;
    if let Some(refusal) = prepared.bulk_refusal() {
        return Err(api_error(refusal.to_owned()));
    }
    let object = prepared.object().name.clone();
    Ok((object, Work::Query(Query { text: query, rows: Vec::new() })))
}

impl Query {
    /// Runs the query at the end, in one go.
    ///
    /// # Errors
    ///
    /// The `errorMessage` of the job, which fails.
    pub(super) fn run(
        &mut self,
        call: &RestCall<'_>,
        settings: &Settings,
        share: Share,
        failure: Option<&Failure>,
    ) -> Result<(), String> {
        if let Some(failure) = failure {
            return Err(failure.message.clone());
        }
        if share.is_last() {
            let state = call.org.state();
            let prepared = Prepared::new(&self.text, &state.rest.schema, call.today());
            let prepared = prepared.map_err(|error| error.message(&self.text))?;
            let with_deleted = settings.operation == "queryAll";
            self.rows = prepared.stored(&state.rest.records, with_deleted);
        }
        Ok(())
    }
}

/// `GET jobs/query/ID/results?maxRecords=…&locator=…`
pub(super) fn results(call: &RestCall<'_>, id: &str) -> Answer {
    call.only_get()?;
    let parameters = call.query();
    let start = parameters.first("locator").map_or(Ok(0), |it| parse_locator(call, it))?;
    let most = match parameters.first("maxRecords") {
        None => DEFAULT_RECORDS,
        Some(text) => text.parse().ok().filter(|&most| most > 0).ok_or_else(|| {
            RestError::new(400, "API_ERROR", format!("Invalid maxRecords: {text}"))
        })?,
    };
    let state = call.org.state();
    let job = state.rest.jobs.get(id)?;
    if job.version != call.version {
        // The status is documented, the error is not.
        let message = "The API version must be the one of the query job";
        return Err(RestError::new(409, "API_ERROR", message));
    }
    if job.state != State::JobComplete {
        return Err(not_finished());
    }
    let format = job.settings.format;
    let Work::Query(query) = &job.work else { return Err(RestError::not_found()) };
    let total = query.rows.len();
    if start > 0 && start >= total {
        return Err(invalid_locator());
    }
    let rows = &query.rows[start..total.min(start + most.min(MOST_RECORDS))];
    let end = start + rows.len();

    let prepared = Prepared::new(&query.text, &state.rest.schema, call.today());
    let prepared =
        prepared.map_err(|error| RestError::new(400, "API_ERROR", error.message(&query.text)))?;
    let mut columns = prepared.columns();
    if call.version < IN_ORDER_SINCE {
        columns.sort_by_key(|column| column.path().join("."));
    }
    let mut csv = format.writer();
    let names: Vec<_> = columns.iter().map(|column| column.path().join(".")).collect();
    text::write(&mut csv, names.iter().map(String::as_bytes));
    let object = &prepared.object().name;
    for stored in rows {
        let Some(row) = state.rest.records.row(object, stored) else { continue };
        let cells = columns.iter();
        let cells: Vec<_> = cells
            .map(|column| cell(column.kind(), column.value(&state.rest.records, row)))
            .collect();
        text::write(&mut csv, cells.iter().map(String::as_bytes));
    }
    let mut reply = text::reply(csv);
    let locator = if end < total { locator(call, end) } else { "null".to_owned() };
    reply::set_header(&mut reply, LOCATOR, &locator);
    reply::set_header(&mut reply, NUMBER_OF_RECORDS, &rows.len().to_string());
    Ok(reply)
}

/// Returns a value in the notation of CSV results.
fn cell(kind: Kind, value: Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) if kind == Kind::DateTime => text.replace("+0000", "Z"),
        Value::String(text) => text,
        other => other.to_string(),
    }
}

/// Locators are numbers before version 49.0, and since then such numbers in Base64.
fn locator(call: &RestCall<'_>, start: usize) -> String {
    let number = start.to_string();
    if call.version < OPAQUE_SINCE {
        return number;
    }
    Base64Unpadded::encode_string(number.as_bytes())
}

fn parse_locator(call: &RestCall<'_>, text: &str) -> Result<usize> {
    let number = if call.version < OPAQUE_SINCE {
        Some(text.to_owned())
    } else {
        let bytes = Base64Unpadded::decode_vec(text.trim_end_matches('=')).ok();
        bytes.and_then(|bytes| String::from_utf8(bytes).ok())
    };
    number.and_then(|number| number.parse().ok()).ok_or_else(invalid_locator)
}

/// The documentation does not have this error.
fn invalid_locator() -> RestError {
    RestError::new(400, "API_ERROR", "Invalid locator")
}

/// The platform chooses the number of records itself, and does not say how.
const DEFAULT_RECORDS: usize = 50_000;
const MOST_RECORDS: usize = 250_000;
/// Earlier versions sort the columns by name.
const IN_ORDER_SINCE: u32 = 50;
const OPAQUE_SINCE: u32 = 49;
const LOCATOR: HeaderName = HeaderName::from_static("sforce-locator");
const NUMBER_OF_RECORDS: HeaderName = HeaderName::from_static("sforce-numberofrecords");

//! Ingest jobs: one upload of CSV, and a result for each of its rows.

mod columns;

use bytes::Bytes;
use csv::ByteRecord;
use http::{Method, StatusCode};
use serde_json::Value;

use super::csv::{self as text, Format};
use super::{Failure, Settings, Share, State, Wanted, Work, invalid_job, job, not_finished};
use crate::id;
use crate::reply::{self, Reply};
use crate::rest::schema::ObjectType;
use crate::rest::sobjects::{self, records, values};
use crate::rest::store::Record;
use crate::rest::{Answer, RestCall, RestError, Result};
use columns::Columns;

#[derive(Debug, Default)]
pub(super) struct Ingest {
    pub(super) external_id: Option<String>,
    pub(super) assignment_rule: Option<String>,
    data: Option<Bytes>,
    /// The positions of the rows in `data`; none before the job is processed. The first is that of
    /// the header.
    starts: Vec<u32>,
    /// The result of each row that was processed.
    outcomes: Vec<Outcome>,
}

/// The result of a row, small because there are millions.
#[derive(Debug)]
enum Outcome {
    /// The number of the record's id, and whether the record is new.
    Done {
        number: u64,
        created: bool,
    },
    Failed(Box<FailedRow>),
}

#[derive(Debug)]
struct FailedRow {
    id: String,
    error: String,
}

/// Checks the request for a new job.
pub(super) fn new(call: &RestCall<'_>, wanted: Wanted) -> Result<(String, Work)> {
    let object = wanted.object.ok_or_else(|| invalid_job("Object name must be specified"))?;
    let unknown =
        |_| RestError::new(400, "INVALIDENTITY", format!("Unable to find object: {object}"));
    let object = sobjects::find(call, &object).map_err(unknown)?;
    let external_id = wanted.external_id_field_name.filter(|name| !name.is_empty());
    if wanted.operation == "upsert" && external_id.is_none() {
        let message = format!(
            "External ID was blank for {}. An External ID must be specified for upsert.",
            object.name
        );
        return Err(invalid_job(message));
    }
    let assignment_rule = wanted.assignment_rule_id;
    let ingest = Ingest { external_id, assignment_rule, ..Ingest::default() };
    Ok((object.name, Work::Ingest(ingest)))
}

/// Answers a call of `jobs/ingest/ID/batches` or of one of the results.
pub(super) fn part(call: &RestCall<'_>, id: &str, part: &str) -> Answer {
    let method = call.method();
    if part == "batches" {
        return match method {
            Method::PUT => upload(call, id),
            other => Err(RestError::method(&other, "PUT")),
        };
    }
    let rows = match part.to_ascii_lowercase().as_str() {
        "successfulresults" => Rows::Done,
        "failedresults" => Rows::Failed,
        "unprocessedrecords" => Rows::Unprocessed,
        _ => return Err(RestError::not_found()),
    };
    call.only_get()?;
    let state = call.org.state();
    let job = state.rest.jobs.get(id)?;
    let Work::Ingest(ingest) = &job.work else { return Err(RestError::not_found()) };
    if !job.state.is_final() {
        return Err(not_finished());
    }
    let object = state.rest.schema.object(&job.settings.object);
    let prefix = object.and_then(|object| object.key_prefix.as_deref());
    Ok(ingest.results(job.settings.format, rows, prefix.unwrap_or(records::UNKNOWN_PREFIX)))
}

/// `PUT jobs/ingest/ID/batches`, once.
fn upload(call: &RestCall<'_>, id: &str) -> Answer {
    call.require_content_type("text/csv")?;
    let mut state = call.org.state();
    let job = job(&mut state, id)?;
    if job.state != State::Open {
        // The documentation names the state, not the message.
        return Err(job.state.refuses("Uploading to"));
    }
    let Work::Ingest(ingest) = &mut job.work else { return Err(RestError::not_found()) };
    if ingest.data.is_some() {
        let message = format!(
            "Found multiple contents for job: <{id}>, please 'Close' / 'Abort' / 'Delete' the \
             current Job then create a new Job and make sure you only do 'PUT' once on a given Job."
        );
        return Err(RestError::new(400, "API_ERROR", message));
    }
    ingest.data = Some(call.request.body().clone());
    Ok(reply::empty(StatusCode::CREATED))
}

/// The rows of one of the results.
#[derive(Clone, Copy, PartialEq)]
enum Rows {
    Done,
    Failed,
    Unprocessed,
}

impl Ingest {
    /// Deletes the data that was uploaded.
    pub(super) fn discard(&mut self) {
        self.data = None;
    }

    /// Returns the numbers of rows that were processed and that failed.
    pub(super) fn counts(&self) -> (usize, usize) {
        let failed = self.outcomes.iter().filter(|it| matches!(it, Outcome::Failed(_)));
        (self.outcomes.len(), failed.count())
    }

    /// Processes rows until this share of them is done.
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
        // A job without data completes, as the tests of jsforce show.
        let Some(data) = self.data.clone().filter(|data| !data.is_empty()) else { return Ok(()) };
        if self.starts.is_empty() {
            check(&data, settings.format)?;
            self.starts = starts(&data, settings.format);
        }
        // Data of nothing but line ends has no header either. Taken as no data: not documented.
        let Some(total) = self.starts.len().checked_sub(1) else { return Ok(()) };
        let object =
            sobjects::find(call, &settings.object).map_err(|error| error.to_row_error())?;
        let mut row = ByteRecord::new();
        text::next(&mut settings.format.reader(&data), &mut row);
        let width = row.len();
        let header = if data.starts_with(BYTE_ORDER_MARK) {
            with_byte_order_mark(&row)
        } else {
            row.clone()
        };
        let columns =
            Columns::of(&header, &object, &settings.operation, self.external_id.as_deref(), call)?;

        let mut end = share.rows(total);
        let fault = failure.filter(|it| it.after_rows < total);
        if let Some(failure) = fault {
            end = failure.after_rows.max(self.outcomes.len());
        }
        let from = self.starts.get(self.outcomes.len() + 1).map_or(data.len(), |&at| at as usize);
        let mut reader = settings.format.reader(&data[from..]);
        let mut purged = Vec::new();
        while self.outcomes.len() < end && text::next(&mut reader, &mut row) {
            if row.len() != width {
                records::purge(call, &object, &purged);
                let number = self.outcomes.len() + 1;
                // The documentation says that all rows have the columns of the header, and not how
                // a job fails otherwise.
                return Err(format!(
                    "ClientInputError : Row {number} has {} columns instead of {width}",
                    row.len()
                ));
            }
            let outcome = columns
                .read(&row, call)
                .and_then(|sent| write(call, &object, &settings.operation, sent, &mut purged));
            self.outcomes.push(outcome.unwrap_or_else(|error| {
                let id = columns.id(&row).and_then(id::canonical).unwrap_or_default();
                Outcome::Failed(Box::new(FailedRow { id, error: error.to_row_error() }))
            }));
        }
        records::purge(call, &object, &purged);
        match fault {
            Some(failure) if self.outcomes.len() >= failure.after_rows => {
                Err(failure.message.clone())
            }
            _ => Ok(()),
        }
    }

    fn results(&self, format: Format, rows: Rows, prefix: &str) -> Reply {
        let data = self.data.clone().unwrap_or_default();
        let mut csv = format.writer();
        let mut row = ByteRecord::new();
        if !text::next(&mut format.reader(&data), &mut row) {
            return text::reply(csv);
        }
        let own: &[&[u8]] = match rows {
            Rows::Done => &[b"sf__Id", b"sf__Created"],
            Rows::Failed => &[b"sf__Id", b"sf__Error"],
            Rows::Unprocessed => &[],
        };
        text::write(&mut csv, own.iter().copied().chain(&row));
        // A job that was never processed has its rows counted here.
        let starts = if self.starts.is_empty() { &starts(&data, format) } else { &self.starts };
        // The platform guarantees no order. This one differs from that of the upload.
        for first in (0..starts.len().saturating_sub(1)).step_by(BLOCK).rev() {
            let mut reader = format.reader(&data[starts[first + 1] as usize..]);
            let mut block = Vec::new();
            for number in first..(first + BLOCK).min(starts.len() - 1) {
                let mut row = ByteRecord::new();
                let (own_rows, own) = self.result(number, prefix);
                if text::next(&mut reader, &mut row) && own_rows == rows {
                    block.push((own, row));
                }
            }
            for (own, row) in block.iter().rev() {
                text::write(&mut csv, own.iter().map(String::as_bytes).chain(row));
            }
        }
        text::reply(csv)
    }

    /// Returns which of the results a row is in, and the values of its first columns there.
    fn result(&self, row: usize, prefix: &str) -> (Rows, Vec<String>) {
        match self.outcomes.get(row) {
            None => (Rows::Unprocessed, Vec::new()),
            Some(Outcome::Done { number, created }) => {
                (Rows::Done, vec![id::id(prefix, *number), created.to_string()])
            }
            Some(Outcome::Failed(failed)) => {
                (Rows::Failed, vec![failed.id.clone(), failed.error.clone()])
            }
        }
    }
}

/// The parser drops the mark, and the platform takes it for a part of the first name.
fn with_byte_order_mark(header: &ByteRecord) -> ByteRecord {
    let first = header.iter().take(1).map(|name| [BYTE_ORDER_MARK, name].concat());
    first.chain(header.iter().skip(1).map(<[u8]>::to_vec)).collect()
}

/// Refuses data that the settings do not fit.
fn check(data: &[u8], format: Format) -> Result<(), String> {
    if std::str::from_utf8(data).is_err() {
        // The documentation says that data is UTF-8.
        return Err("ClientInputError : The data is not UTF-8".to_owned());
    }
    if !format.line_ending.ends_header_of(data) {
        let setting = serde_json::json!(format.line_ending);
        return Err(format!(
            "ClientInputError : LineEnding is invalid on user data. Current LineEnding setting is \
             {}",
            setting.as_str().unwrap_or_default()
        ));
    }
    Ok(())
}

/// Returns the positions of all rows, the first of which is the header.
fn starts(data: &[u8], format: Format) -> Vec<u32> {
    let mut reader = format.reader(data);
    let mut row = ByteRecord::new();
    let mut starts = Vec::new();
    while text::next(&mut reader, &mut row) {
        let at = row.position().map_or(0, csv::Position::byte);
        starts.push(u32::try_from(at).expect("an upload is shorter than 4 GB"));
    }
    starts
}

/// A row with checked columns.
struct Sent {
    id: String,
    /// The field and value that identify the record of an upsert.
    key: Option<(String, String)>,
    record: Record,
}

fn write(
    call: &RestCall<'_>,
    object: &ObjectType,
    operation: &str,
    sent: Sent,
    purged: &mut Vec<String>,
) -> Result<Outcome> {
    let Sent { id, key, record } = sent;
    match operation {
        "insert" => create(call, object, record),
        "upsert" => upsert(call, object, &id, key, record),
        "update" => {
            require(&id, "Id")?;
            records::update(call, object, &id, record).map_err(of_no_record)?;
            done(&id, false)
        }
        _ => {
            require(&id, "Id")?;
            records::delete(call, object, &id).map_err(of_no_record)?;
            if operation == "hardDelete" {
                purged.push(id.clone());
            }
            done(&id, false)
        }
    }
}

fn upsert(
    call: &RestCall<'_>,
    object: &ObjectType,
    id: &str,
    key: Option<(String, String)>,
    record: Record,
) -> Result<Outcome> {
    // With `Id` as the external id, an upsert updates the rows with an id and inserts the others.
    let Some((field, value)) = key else {
        if id.is_empty() {
            return create(call, object, record);
        }
        records::update(call, object, id, record).map_err(of_no_record)?;
        return done(id, false);
    };
    require(&value, &field)?;
    let (id, created) = records::upsert(call, object, &field, Value::from(value), record)?;
    done(&id, created)
}

fn create(call: &RestCall<'_>, object: &ObjectType, record: Record) -> Result<Outcome> {
    let record = values::complete(call, object, record, None)?;
    let number = records::insert_numbered(call, object, record)?;
    Ok(Outcome::Done { number, created: true })
}

fn done(id: &str, created: bool) -> Result<Outcome> {
    let (_, number) = id::parse(id).ok_or_else(RestError::cross_reference)?;
    Ok(Outcome::Done { number, created })
}

fn require(value: &str, field: &str) -> Result<()> {
    if values::is_blank(value) {
        return Err(RestError::new(400, "MISSING_ARGUMENT", format!("{field} not specified")));
    }
    Ok(())
}

/// A row with the id of no record has another error than a call.
fn of_no_record(error: RestError) -> RestError {
    if error.code() == "NOT_FOUND" { RestError::cross_reference() } else { error }
}

const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();
/// The number of rows that are reversed in the results.
const BLOCK: usize = 200;

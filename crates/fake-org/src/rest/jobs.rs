//! `jobs`: [Bulk API 2.0].
//!
//! The org has no thread that works on jobs. A job moves on when a client asks for its state, so a
//! test decides how far it gets: [`Jobs::polls`] requests complete it, and each does its share of
//! the rows.
//!
//! States, fields, messages and results are those of the documentation, and of responses of real
//! orgs in the issues and tests of other clients. Where both are silent, a comment says so.
//!
//! [Bulk API 2.0]: https://developer.salesforce.com/docs/atlas.en-us.api_asynch.meta/api_asynch/bulk_api_2_0.htm

mod csv;
mod ingest;
mod query;

use std::collections::BTreeMap;

use http::{Method, StatusCode};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Answer, RestCall, RestError, Result, ok};
use crate::clock::to_api;
use crate::id;
use crate::org::State as OrgState;
use crate::reply;

use csv::{Delimiter, Format, LineEnding};
use ingest::Ingest;
use query::Query;

/// The jobs of an org.
#[derive(Debug)]
pub(crate) struct Jobs {
    /// By id, which ascends with the time of creation.
    list: BTreeMap<String, Job>,
    made: u64,
    /// The number of requests for its state after which a job is complete; `None` for never.
    pub(crate) polls: Option<u32>,
    /// The fault that the next job fails with.
    pub(crate) failure: Option<Failure>,
}

/// A fault of Salesforce while a job is processed.
#[derive(Clone, Debug)]
pub(crate) struct Failure {
    /// The number of rows that are processed before.
    pub(crate) after_rows: usize,
    /// The `errorMessage` of the job.
    pub(crate) message: String,
}

#[derive(Debug)]
struct Job {
    id: String,
    kind: Kind,
    settings: Settings,
    state: State,
    created_by: String,
    created: String,
    modified: String,
    version: u32,
    /// The number of requests for the state since processing could begin.
    polled: u32,
    error: Option<String>,
    work: Work,
}

/// The settings that the work on the rows needs.
#[derive(Debug)]
struct Settings {
    operation: String,
    object: String,
    format: Format,
}

#[derive(Debug)]
enum Work {
    Ingest(Ingest),
    Query(Query),
}

#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
enum State {
    Open,
    UploadComplete,
    InProgress,
    JobComplete,
    Failed,
    Aborted,
}

/// The two kinds of jobs: `jobs/ingest` and `jobs/query`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Kind {
    Ingest,
    Query,
}

/// The request for a new job.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Wanted {
    operation: String,
    content_type: Option<String>,
    #[serde(default)]
    column_delimiter: Delimiter,
    #[serde(default)]
    line_ending: LineEnding,
    /// Of an ingest job.
    object: Option<String>,
    external_id_field_name: Option<String>,
    assignment_rule_id: Option<String>,
    /// Of a query job.
    query: Option<String>,
}

impl Default for Jobs {
    fn default() -> Self {
        Self { list: BTreeMap::new(), made: 0, polls: Some(DEFAULT_POLLS), failure: None }
    }
}

impl Jobs {
    fn get(&self, id: &str) -> Result<&Job> {
        self.list.get(id).ok_or_else(RestError::not_found)
    }
}

/// Answers a call below `jobs`.
pub(super) fn answer(call: &RestCall<'_>, segments: &[&str]) -> Answer {
    let (kind, since, rest) = match segments {
        ["ingest", rest @ ..] => (Kind::Ingest, INGEST_SINCE, rest),
        ["query", rest @ ..] => (Kind::Query, QUERY_SINCE, rest),
        _ => return Err(RestError::not_found()),
    };
    if call.version < since {
        return Err(RestError::not_found());
    }
    match rest {
        [] => match call.method() {
            Method::GET => list(call, kind),
            Method::POST => create(call, kind),
            other => Err(RestError::method(&other, "HEAD,GET,POST")),
        },
        [id] => {
            let id = known(call, kind, id)?;
            match call.method() {
                Method::GET => ok(&status(call, &id)),
                Method::PATCH => change_state(call, &id),
                Method::DELETE => delete(call, &id),
                other => Err(RestError::method(&other, "HEAD,GET,PATCH,DELETE")),
            }
        }
        [id, part] => {
            let id = known(call, kind, id)?;
            match kind {
                Kind::Ingest => ingest::part(call, &id, part),
                Kind::Query if part.eq_ignore_ascii_case("results") => query::results(call, &id),
                Kind::Query => Err(RestError::not_found()),
            }
        }
        _ => Err(RestError::not_found()),
    }
}

/// Returns the id of 18 characters of a job of this kind.
fn known(call: &RestCall<'_>, kind: Kind, id: &str) -> Result<String> {
    let invalid = || RestError::new(400, "INVALIDJOB", format!("Invalid job id: {id}"));
    let id = id::canonical(id).ok_or_else(invalid)?;
    let state = call.org.state();
    let job = state.rest.jobs.list.get(&id).filter(|job| job.kind == kind);
    job.map(|job| job.id.clone()).ok_or_else(RestError::not_found)
}

fn create(call: &RestCall<'_>, kind: Kind) -> Answer {
    let wanted: Wanted = call.body()?;
    if wanted.content_type.as_deref().is_some_and(|it| it != "CSV") {
        return Err(invalid_job("Only CSV content type is supported"));
    }
    let operation = wanted.operation.clone();
    if !kind.operations().contains(&operation.as_str()) {
        return Err(invalid_job(format!("Invalid operation: {operation}")));
    }
    let format = Format { delimiter: wanted.column_delimiter, line_ending: wanted.line_ending };
    let (object, work) = match kind {
        Kind::Ingest => ingest::new(call, wanted)?,
        Kind::Query => query::new(call, wanted)?,
    };
    let now = to_api(call.org.now());
    let mut state = call.org.state();
    let jobs = &mut state.rest.jobs;
    jobs.made += 1;
    let job = Job {
        id: id::id(PREFIX, jobs.made),
        kind,
        settings: Settings { operation, object, format },
        state: if kind == Kind::Ingest { State::Open } else { State::UploadComplete },
        created_by: call.user_id.clone(),
        created: now.clone(),
        modified: now,
        version: call.version,
        polled: 0,
        error: None,
        work,
    };
    let created = job.info();
    jobs.list.insert(job.id.clone(), job);
    ok(&created)
}

/// Moves a job on, and returns its properties.
fn status(call: &RestCall<'_>, id: &str) -> Value {
    advance(call, id);
    let state = call.org.state();
    state.rest.jobs.list.get(id).map_or(Value::Null, Job::details)
}

/// `GET jobs/ingest` and `GET jobs/query`: one page of jobs, the oldest first.
fn list(call: &RestCall<'_>, kind: Kind) -> Answer {
    let query = call.query();
    let start = match query.first("queryLocator") {
        None => 0,
        Some(locator) => {
            let unknown = || RestError::new(400, "INVALID_QUERY_LOCATOR", "invalid query locator");
            locator.parse().map_err(|_| unknown())?
        }
    };
    let wanted = |job: &&Job| {
        let of_type = query.first("jobType").is_none_or(|wanted| wanted == job.kind.type_name());
        let parallel = query.first("concurrencyMode").is_none_or(|mode| mode == "Parallel");
        let chunked = query.first("isPkChunkingEnabled") == Some("true");
        job.kind == kind && of_type && parallel && !chunked
    };
    let state = call.org.state();
    let jobs: Vec<_> = state.rest.jobs.list.values().filter(wanted).collect();
    let page = jobs.iter().skip(start).take(PAGE);
    let end = start + page.len();
    let next = (end < jobs.len())
        .then(|| format!("{}/jobs/{}?queryLocator={end}", call.base, kind.name()));
    let records: Value = page.map(|job| job.info()).collect();
    let body = json!({ "done": next.is_none(), "records": records, "nextRecordsUrl": next });
    ok(&body)
}

/// `PATCH jobs/ingest/ID` with `{"state": …}`.
fn change_state(call: &RestCall<'_>, id: &str) -> Answer {
    #[derive(Deserialize)]
    struct Wanted {
        state: State,
    }
    let Wanted { state: wanted } = call.body()?;
    let now = to_api(call.org.now());
    let mut state = call.org.state();
    let job = job(&mut state, id)?;
    match (job.kind, wanted, job.state) {
        (Kind::Ingest, State::UploadComplete, State::Open) => {}
        (_, State::Aborted, State::Open | State::UploadComplete | State::InProgress) => {}
        (_, State::Aborted, old) => return Err(old.refuses("Aborting already")),
        (Kind::Ingest, State::UploadComplete, old) => return Err(old.refuses("Closing already")),
        _ => return Err(invalid_job("Invalid state change")),
    }
    // The documentation of a sibling of this API says that the data is deleted; that of this API is
    // silent. A client that counts on the data would be wrong there.
    if let (State::Aborted, State::Open, Work::Ingest(ingest)) = (wanted, job.state, &mut job.work)
    {
        ingest.discard();
    }
    job.state = wanted;
    job.modified = now;
    let changed = job.info();
    ok(&changed)
}

fn delete(call: &RestCall<'_>, id: &str) -> Answer {
    let mut state = call.org.state();
    let job = job(&mut state, id)?;
    let deletable = match job.state {
        State::JobComplete | State::Failed | State::Aborted => true,
        State::UploadComplete => job.kind == Kind::Ingest,
        State::Open | State::InProgress => false,
    };
    if !deletable {
        // The states are documented, the message is not.
        return Err(job.state.refuses("Deleting"));
    }
    state.rest.jobs.list.remove(id);
    Ok(reply::empty(StatusCode::NO_CONTENT))
}

/// Does a share of the work of a job. Its last share completes it.
fn advance(call: &RestCall<'_>, id: &str) {
    let mut state = call.org.state();
    let jobs = &mut state.rest.jobs;
    let Some(job) = jobs.list.get_mut(id).filter(|job| job.state.is_waiting()) else { return };
    job.state = State::InProgress;
    let Some(polls) = jobs.polls else { return };
    let Some(mut job) = jobs.list.remove(id) else { return };
    let failure = jobs.failure.clone();
    // The rows are written by the calls of single records, which lock the state themselves. No
    // other call can miss the job meanwhile, because the org serves one call at a time.
    drop(state);
    job.polled += 1;
    let share = Share { done: job.polled, of: polls.max(1) };
    let result = job.run(call, share, failure.as_ref());
    job.modified = to_api(call.org.now());
    let mut state = call.org.state();
    match result {
        Err(error) => {
            state.rest.jobs.failure = None;
            job.error = Some(error);
            job.state = State::Failed;
        }
        Ok(()) if share.is_last() => job.state = State::JobComplete,
        Ok(()) => {}
    }
    state.rest.jobs.list.insert(job.id.clone(), job);
}

/// The part of the work that has to be done by now.
#[derive(Clone, Copy, Debug)]
struct Share {
    done: u32,
    of: u32,
}

impl Share {
    fn is_last(self) -> bool {
        self.done >= self.of
    }

    /// Returns the number of rows to be done by now.
    fn rows(self, total: usize) -> usize {
        if self.is_last() {
            return total;
        }
        let part = total as u64 * u64::from(self.done) / u64::from(self.of);
        usize::try_from(part).unwrap_or(total)
    }
}

impl Job {
    /// Does a share of the work.
    ///
    /// # Errors
    ///
    /// The `errorMessage` of the job, which fails.
    fn run(
        &mut self,
        call: &RestCall<'_>,
        share: Share,
        failure: Option<&Failure>,
    ) -> Result<(), String> {
        let call = RestCall { user_id: self.created_by.clone(), ..call.clone() };
        match &mut self.work {
            Work::Ingest(ingest) => ingest.run(&call, &self.settings, share, failure),
            Work::Query(query) => query.run(&call, &self.settings, share, failure),
        }
    }

    /// Returns the properties of a new job, and of a job in a list.
    fn info(&self) -> Value {
        let mut info = json!({
            "id": self.id, "operation": self.settings.operation, "object": self.settings.object,
            "createdById": self.created_by, "createdDate": self.created,
            "systemModstamp": self.modified, "state": self.state, "concurrencyMode": "Parallel",
            "contentType": "CSV", "apiVersion": f64::from(self.version),
            "jobType": self.kind.type_name(), "lineEnding": self.settings.format.line_ending,
            "columnDelimiter": self.settings.format.delimiter,
        });
        if let Work::Ingest(ingest) = &self.work {
            let url = format!("services/data/v{}.0/jobs/ingest/{}/batches", self.version, self.id);
            info["contentUrl"] = url.into();
            if let Some(field) = &ingest.external_id {
                info["externalIdFieldName"] = field.as_str().into();
            }
            if let Some(rule) = &ingest.assignment_rule {
                info["assignmentRuleId"] = rule.as_str().into();
            }
        }
        info
    }

    /// Returns all properties of a job.
    fn details(&self) -> Value {
        let mut info = self.info();
        let processed = match &self.work {
            Work::Ingest(ingest) => {
                let (processed, failed) = ingest.counts();
                info["numberRecordsFailed"] = failed.into();
                info["apiActiveProcessingTime"] = processed.into();
                info["apexProcessingTime"] = 0.into();
                processed
            }
            Work::Query(query) => {
                info["isPkChunkingSupported"] = true.into();
                query.rows.len()
            }
        };
        info["numberRecordsProcessed"] = processed.into();
        info["retries"] = 0.into();
        // In milliseconds. The org has no better measure than the rows.
        info["totalProcessingTime"] = processed.into();
        if let Some(error) = &self.error {
            info["errorMessage"] = error.as_str().into();
        }
        info
    }
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Self::Ingest => "ingest",
            Self::Query => "query",
        }
    }

    fn type_name(self) -> &'static str {
        match self {
            Self::Ingest => "V2Ingest",
            Self::Query => "V2Query",
        }
    }

    fn operations(self) -> &'static [&'static str] {
        match self {
            Self::Ingest => &["insert", "update", "upsert", "delete", "hardDelete"],
            Self::Query => &["query", "queryAll"],
        }
    }
}

impl State {
    /// Returns the word in "Aborting already Completed Job not allowed", which the documentation
    /// has. The other states have the same sentence.
    fn adjective(self) -> &'static str {
        match self {
            Self::Open => "Open",
            Self::UploadComplete => "Closed",
            Self::InProgress => "InProgress",
            Self::JobComplete => "Completed",
            Self::Failed => "Failed",
            Self::Aborted => "Aborted",
        }
    }

    fn refuses(self, what: &str) -> RestError {
        let message = format!("{what} {} Job not allowed", self.adjective());
        RestError::new(400, "INVALIDJOBSTATE", message)
    }

    /// Whether there is work to do.
    fn is_waiting(self) -> bool {
        matches!(self, Self::UploadComplete | Self::InProgress)
    }

    fn is_final(self) -> bool {
        matches!(self, Self::JobComplete | Self::Failed | Self::Aborted)
    }
}

fn job<'a>(state: &'a mut OrgState, id: &str) -> Result<&'a mut Job> {
    state.rest.jobs.list.get_mut(id).ok_or_else(RestError::not_found)
}

fn invalid_job(message: impl Into<String>) -> RestError {
    RestError::new(400, "INVALIDJOB", message)
}

/// The error for results of a job that is not in a final state. The documentation names the states,
/// not the error.
fn not_finished() -> RestError {
    RestError::new(400, "INVALIDJOBSTATE", "Job is not in a final state")
}

const PREFIX: &str = "750";
const INGEST_SINCE: u32 = 41;
const QUERY_SINCE: u32 = 47;
const DEFAULT_POLLS: u32 = 2;
/// The documentation does not name the number of jobs of a page.
const PAGE: usize = 1000;

#[cfg(test)]
mod tests;

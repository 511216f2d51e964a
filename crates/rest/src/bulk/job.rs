use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue, Method};
use serde::{Deserialize, Deserializer};
use serde_json::json;

use super::JobData;
use crate::org::to_json;
use crate::path::segment;
use crate::{AssignmentRule, Org, RestError};

/// A job, as Salesforce describes it.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
#[non_exhaustive]
pub struct Job {
    /// The id, 18 characters.
    pub id: String,
    /// `insert`, `update`, `upsert`, `delete`, `hardDelete`, `query` or `queryAll`.
    pub operation: String,
    /// The object.
    pub object: String,
    /// The state.
    pub state: JobState,
    /// The time when it was created: `2026-11-28T22:45:00.000+0000`.
    pub created_date: String,
    /// The id of the user who created it.
    pub created_by_id: String,
    /// The field of an upsert.
    pub external_id_field_name: Option<String>,
    /// The number of rows that were processed, with those that failed. Lists of jobs lack it.
    pub number_records_processed: Option<u64>,
    /// The number of rows that failed. Query jobs and lists of jobs lack it.
    pub number_records_failed: Option<u64>,
    /// The reason why the job failed.
    pub error_message: Option<String>,
    /// The version of the API that created it: 65 for `v65.0`.
    #[serde(deserialize_with = "version")]
    api_version: Option<u16>,
}

impl Job {
    /// Whether it is a query or changes records.
    pub fn kind(&self) -> JobKind {
        match self.operation.as_str() {
            "query" | "queryAll" => JobKind::Query,
            _ => JobKind::Ingest,
        }
    }
}

/// Reads `65.0`, which the documentation calls a string.
fn version<'de, D: Deserializer<'de>>(from: D) -> Result<Option<u16>, D::Error> {
    let number = serde_json::Value::deserialize(from)?.to_string();
    let whole = number.trim_matches('"').split('.').next();
    Ok(whole.and_then(|whole| whole.parse().ok()))
}

/// The two kinds of jobs, which have different resources.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum JobKind {
    /// A job that changes records.
    Ingest,
    /// A query.
    Query,
}

impl JobKind {
    /// Returns the resource, and the version of the API that introduced it.
    fn resource(self) -> (&'static str, u16) {
        match self {
            Self::Ingest => ("jobs/ingest", 41),
            Self::Query => ("jobs/query", 47),
        }
    }
}

/// The [states of a job].
///
/// [states of a job]: https://developer.salesforce.com/docs/atlas.en-us.api_asynch.meta/api_asynch/how_requests_are_processed.htm
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq)]
#[non_exhaustive]
pub enum JobState {
    /// The job waits for its data.
    Open,
    /// The data is complete, and the job is in the queue.
    UploadComplete,
    /// Salesforce processes the job.
    InProgress,
    /// Every row was processed. Single rows may have failed.
    JobComplete,
    /// The job ended early. Some rows may have been processed.
    Failed,
    /// A user ended the job. Some rows may have been processed.
    Aborted,
    /// A state that this version does not know. The job has not ended.
    #[default]
    #[serde(other)]
    Other,
}

impl JobState {
    /// The name as Salesforce spells it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Open => "Open",
            Self::UploadComplete => "UploadComplete",
            Self::InProgress => "InProgress",
            Self::JobComplete => "JobComplete",
            Self::Failed => "Failed",
            Self::Aborted => "Aborted",
            Self::Other => "unknown",
        }
    }

    /// Whether the job has ended, and its results are final.
    pub fn has_ended(self) -> bool {
        matches!(self, Self::JobComplete | Self::Failed | Self::Aborted)
    }
}

/// The operation of a job on the rows of its data.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum JobOperation {
    /// Creates records.
    Insert,
    /// Changes the records of the column `Id`.
    Update,
    /// Changes the records with the external id in this field, or creates them.
    Upsert(String),
    /// Moves the records of the column `Id` to the recycle bin.
    Delete,
    /// Deletes the records of the column `Id` for good. It needs the permission Bulk API Hard
    /// Delete.
    HardDelete,
}

impl JobOperation {
    /// The name as Salesforce spells it.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Insert => "insert",
            Self::Update => "update",
            Self::Upsert(_) => "upsert",
            Self::Delete => "delete",
            Self::HardDelete => "hardDelete",
        }
    }
}

/// Options of a query job.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct QueryJobOptions {
    /// Whether the results contain deleted and archived records.
    pub all_rows: bool,
    /// Whether the lines of the results end with CRLF, as in RFC 4180; default: LF.
    pub crlf: bool,
    /// The character between the values of the results; default: a comma.
    pub delimiter: JobDelimiter,
}

/// A character that can separate the values of the results of a query job: a comma, a semicolon, a
/// tab, `|`, `^` or a backquote.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct JobDelimiter(&'static str);

impl JobDelimiter {
    /// Returns the delimiter with this character; `None` if Salesforce does not offer it.
    pub fn from_byte(byte: u8) -> Option<Self> {
        Some(Self(match byte {
            b'`' => "BACKQUOTE",
            b'^' => "CARET",
            b',' => "COMMA",
            b'|' => "PIPE",
            b';' => "SEMICOLON",
            b'\t' => "TAB",
            _ => return None,
        }))
    }
}

impl Default for JobDelimiter {
    /// A comma.
    fn default() -> Self {
        Self("COMMA")
    }
}

/// Jobs of [Bulk API 2.0](crate::bulk). A call uses the version of the org, or the version that
/// introduced its resource, if that is later.
impl Org {
    /// Creates a job for CSV with commas and lines that end with LF. If the response is lost, an
    /// open job remains, which Salesforce never carries out.
    ///
    /// Of the [`RecordOptions`](crate::RecordOptions) of the org, a job has the assignment rule
    /// ([`check_job_options`](Self::check_job_options)).
    pub async fn create_job(
        &self,
        object: &str,
        operation: &JobOperation,
    ) -> Result<Job, RestError> {
        let rule = self.job_assignment_rule(object)?;
        let mut job = json!({
            "object": object, "operation": operation.name(), "contentType": "CSV",
            "lineEnding": "LF", "columnDelimiter": "COMMA",
        });
        if let JobOperation::Upsert(field) = operation {
            job["externalIdFieldName"] = field.as_str().into();
        }
        if let Some(rule) = rule {
            job["assignmentRuleId"] = rule.into();
        }
        self.json(Method::POST, &self.jobs_path(JobKind::Ingest), to_json(&job)?).await
    }

    /// Returns an error if a job for this object cannot have the assignment rule of the
    /// [`RecordOptions`](crate::RecordOptions): a job takes it [by its id, for cases and leads].
    ///
    /// [by its id, for cases and leads]: https://developer.salesforce.com/docs/atlas.en-us.api_asynch.meta/api_asynch/create_job.htm
    pub fn check_job_options(&self, object: &str) -> Result<(), RestError> {
        self.job_assignment_rule(object).map(drop)
    }

    fn job_assignment_rule(&self, object: &str) -> Result<Option<&str>, RestError> {
        let has_rules = || ["Case", "Lead"].iter().any(|it| it.eq_ignore_ascii_case(object));
        match &self.record_options.assignment_rule {
            None => Ok(None),
            Some(AssignmentRule::Id(id)) if has_rules() => Ok(Some(id)),
            Some(AssignmentRule::Id(_)) => Err(RestError::JobOption(
                "Bulk API 2.0 has assignment rules for cases and leads only",
            )),
            Some(AssignmentRule::Default | AssignmentRule::Off) => {
                Err(RestError::JobOption("Bulk API 2.0 takes an assignment rule by its id only"))
            }
        }
    }

    /// Returns an org whose calls have the version of the API that created the job. In another
    /// version, Salesforce does not return the [results of a query].
    ///
    /// [results of a query]: https://developer.salesforce.com/docs/atlas.en-us.api_asynch.meta/api_asynch/query_get_job_results.htm
    #[must_use]
    pub fn in_version_of(&self, job: &Job) -> Self {
        let mut org = self.clone();
        org.version = job.api_version.unwrap_or(org.version);
        org
    }

    /// Returns the path of the jobs of this kind.
    pub(super) fn jobs_path(&self, kind: JobKind) -> String {
        let (resource, since) = kind.resource();
        let has_rule = kind == JobKind::Ingest && self.record_options.assignment_rule.is_some();
        let since = if has_rule { RULE_SINCE } else { since };
        format!("{}{resource}", self.versioned_since(since))
    }

    pub(super) fn job_path(&self, kind: JobKind, id: &str) -> Result<String, RestError> {
        Ok(format!("{}/{}", self.jobs_path(kind), segment("id", id)?))
    }

    /// Sends the data of an open job, up to [`MAX_JOB_BYTES`](super::MAX_JOB_BYTES). A job takes
    /// data once.
    ///
    /// If the response is lost, abort the job and create another one: nothing was processed yet.
    pub async fn upload_job_data(&self, id: &str, csv: &JobData) -> Result<(), RestError> {
        let path = format!("{}/batches", self.job_path(JobKind::Ingest, id)?);
        let csv_type = (CONTENT_TYPE, HeaderValue::from_static("text/csv"));
        let headers = HeaderMap::from_iter([csv_type]);
        self.request_payload(Method::PUT, &path, headers, &csv.0).await.map(drop)
    }

    /// Reports that the data of a job is complete. Salesforce begins to process it.
    ///
    /// If the response is lost, the state of the job shows whether it was closed.
    pub async fn close_job(&self, id: &str) -> Result<Job, RestError> {
        self.set_state(JobKind::Ingest, id, JobState::UploadComplete).await
    }

    /// Aborts a job. Changes of rows that were processed already are not undone.
    pub async fn abort_job(&self, kind: JobKind, id: &str) -> Result<Job, RestError> {
        self.set_state(kind, id, JobState::Aborted).await
    }

    async fn set_state(&self, kind: JobKind, id: &str, state: JobState) -> Result<Job, RestError> {
        let body = to_json(&json!({ "state": state.name() }))?;
        self.json(Method::PATCH, &self.job_path(kind, id)?, body).await
    }

    /// Creates the job of a query. If the response is lost, the job still runs: it counts against
    /// the limits of the org, and its id is in the list of [`jobs`](Self::jobs).
    ///
    /// [`check_bulk_query`](Self::check_bulk_query) returns an error for a query that Salesforce
    /// would refuse.
    pub async fn create_query_job(
        &self,
        soql: &str,
        options: &QueryJobOptions,
    ) -> Result<Job, RestError> {
        let body = to_json(&json!({
            "operation": if options.all_rows { "queryAll" } else { "query" }, "query": soql,
            "contentType": "CSV", "columnDelimiter": options.delimiter.0,
            "lineEnding": if options.crlf { "CRLF" } else { "LF" },
        }))?;
        self.json(Method::POST, &self.jobs_path(JobKind::Query), body).await
    }

    /// Returns a job.
    pub async fn job(&self, kind: JobKind, id: &str) -> Result<Job, RestError> {
        self.json(Method::GET, &self.job_path(kind, id)?, Bytes::new()).await
    }

    /// Returns a job of either kind: ids do not show the kind.
    pub async fn find_job(&self, id: &str) -> Result<Job, RestError> {
        let error = match self.job(JobKind::Ingest, id).await {
            Err(error) if error.api_error().is_some_and(|it| it.status().is_client_error()) => {
                error
            }
            found => return found,
        };
        match self.job(JobKind::Query, id).await {
            Err(other) if other.api_error().is_some_and(|it| it.status().is_client_error()) => {
                Err(error)
            }
            found => found,
        }
    }
}

/// The version that introduced assignment rules of jobs.
const RULE_SINCE: u16 = 49;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn job_is_read_with_all_states_and_without_counts() {
        for (name, state, has_ended) in [
            ("Open", JobState::Open, false),
            ("UploadComplete", JobState::UploadComplete, false),
            ("InProgress", JobState::InProgress, false),
            ("JobComplete", JobState::JobComplete, true),
            ("Failed", JobState::Failed, true),
            ("Aborted", JobState::Aborted, true),
            ("Dreaming", JobState::Other, false),
        ] {
            let json = json!({ "id": "750", "operation": "queryAll", "state": name });
            let job: Job = serde_json::from_value(json).unwrap();
            assert_eq!((job.state, job.state.has_ended()), (state, has_ended), "{name}");
            assert_eq!((job.kind(), job.number_records_processed), (JobKind::Query, None));
        }
    }
}

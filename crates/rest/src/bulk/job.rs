use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue, Method};
use serde::Deserialize;
use serde_json::json;

use super::JobData;
use crate::org::to_json;
use crate::path::segment;
use crate::{Org, RestError};

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

/// The two kinds of jobs, which have different resources.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum JobKind {
    /// A job that changes records.
    Ingest,
    /// A query.
    Query,
}

impl JobKind {
    pub(super) fn resource(self) -> &'static str {
        match self {
            Self::Ingest => "jobs/ingest",
            Self::Query => "jobs/query",
        }
    }

    pub(super) fn path(self, id: &str) -> Result<String, RestError> {
        Ok(format!("{}/{}", self.resource(), segment("id", id)?))
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

/// Jobs of [Bulk API 2.0](crate::bulk).
impl Org {
    /// Creates a job for CSV with commas and lines that end with LF. If the response is lost, an
    /// open job remains, which Salesforce never carries out.
    pub async fn create_job(
        &self,
        object: &str,
        operation: &JobOperation,
    ) -> Result<Job, RestError> {
        let mut job = json!({
            "object": object, "operation": operation.name(), "contentType": "CSV",
            "lineEnding": "LF", "columnDelimiter": "COMMA",
        });
        if let JobOperation::Upsert(field) = operation {
            job["externalIdFieldName"] = field.as_str().into();
        }
        self.json(Method::POST, JobKind::Ingest.resource(), to_json(&job)?).await
    }

    /// Sends the data of an open job, up to [`MAX_JOB_BYTES`](super::MAX_JOB_BYTES). A job takes
    /// data once.
    ///
    /// If the response is lost, abort the job and create another one: nothing was processed yet.
    pub async fn upload_job_data(&self, id: &str, csv: &JobData) -> Result<(), RestError> {
        let path = format!("{}/batches", JobKind::Ingest.path(id)?);
        let csv_type = (CONTENT_TYPE, HeaderValue::from_static("text/csv"));
        self.send_payload(Method::PUT, &path, HeaderMap::from_iter([csv_type]), &csv.0).await
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
        self.json(Method::PATCH, &kind.path(id)?, body).await
    }

    /// Creates the job of a query, with deleted and archived records if `all_rows`. If the response
    /// is lost, the job still runs: it counts against the limits of the org, and its id is in the
    /// list of [`jobs`](Self::jobs).
    pub async fn create_query_job(&self, soql: &str, all_rows: bool) -> Result<Job, RestError> {
        let operation = if all_rows { "queryAll" } else { "query" };
        let body = to_json(&json!({ "operation": operation, "query": soql }))?;
        self.json(Method::POST, JobKind::Query.resource(), body).await
    }

    /// Returns a job.
    pub async fn job(&self, kind: JobKind, id: &str) -> Result<Job, RestError> {
        self.json(Method::GET, &kind.path(id)?, Bytes::new()).await
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

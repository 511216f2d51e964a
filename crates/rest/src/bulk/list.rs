use bytes::Bytes;
use http::Method;
use serde::Deserialize;

use super::{Job, JobKind};
use crate::{Org, RestError};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Page {
    done: bool,
    records: Vec<Job>,
    next_records_url: Option<String>,
}

impl Org {
    /// Returns the jobs of Bulk API 2.0 of this kind, of all users, in no certain order. There is one
    /// call for each 1,000 jobs.
    pub async fn jobs(&self, kind: JobKind) -> Result<Vec<Job>, RestError> {
        let kind_of_list = match kind {
            JobKind::Ingest => "V2Ingest",
            JobKind::Query => "V2Query",
        };
        let first = format!("{}?jobType={kind_of_list}", self.jobs_path(kind));
        let (mut jobs, mut next, mut read) = (Vec::new(), Some(first), Vec::new());
        while let Some(path) = next {
            if read.contains(&path) {
                return Err(RestError::Loop);
            }
            let page: Page = self.json(Method::GET, &path, Bytes::new()).await?;
            jobs.extend(page.records);
            read.push(path);
            next = match page.next_records_url {
                _ if page.done => None,
                Some(path) if path.starts_with('/') => Some(path),
                _ => return Err(RestError::Page),
            };
        }
        Ok(jobs)
    }
}

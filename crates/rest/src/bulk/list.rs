use bytes::Bytes;
use http::Method;
use serde::Deserialize;

use super::{Job, JobKind};
use crate::{Org, RestError};

/// The jobs of an org, page by page.
#[derive(Debug)]
#[must_use = "the list is requested by the first `next`"]
pub struct Jobs {
    org: Org,
    /// The path of the next page; `None` after the last one.
    next: Option<String>,
    read: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Answer {
    records: Vec<Job>,
    next_records_url: Option<String>,
}

impl Org {
    /// Returns the jobs of Bulk API 2.0 of this kind, of all users, in no certain order.
    pub fn jobs(&self, kind: JobKind) -> Jobs {
        let kind_of_list = match kind {
            JobKind::Ingest => "V2Ingest",
            JobKind::Query => "V2Query",
        };
        let first = format!("{}?jobType={kind_of_list}", self.jobs_path(kind));
        Jobs { org: self.clone(), next: Some(first), read: Vec::new() }
    }
}

impl Jobs {
    /// Returns the next page, up to 1,000 jobs, or `None` after the last one.
    pub async fn next(&mut self) -> Result<Option<Vec<Job>>, RestError> {
        let Some(path) = self.next.clone() else { return Ok(None) };
        if self.read.contains(&path) {
            return Err(RestError::Loop);
        }
        let page: Answer = self.org.json(Method::GET, &path, Bytes::new()).await?;
        self.read.push(path);
        self.next = match page.next_records_url {
            Some(path) if !path.starts_with('/') => return Err(RestError::Page),
            next => next,
        };
        Ok(Some(page.records))
    }
}

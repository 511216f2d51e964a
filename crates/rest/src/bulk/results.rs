use bytes::Bytes;
use http::header::ACCEPT;
use http::{HeaderMap, HeaderValue, Method};

use super::JobKind;
use crate::path::encode;
use crate::{Body, Org, RestError};

/// The three results of a job that has ended. Each is CSV with the columns of the data.
///
/// Salesforce guarantees no order of the rows.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum JobRows {
    /// Rows that succeeded, after `sf__Id` and `sf__Created`.
    Successful,
    /// Rows that failed, after `sf__Id` and `sf__Error`.
    Failed,
    /// Rows that were not processed, because the job failed or was aborted.
    Unprocessed,
}

/// A page of the results of a query.
#[derive(Debug)]
#[non_exhaustive]
pub struct ResultPage {
    /// The number of records of this page, if Salesforce sent it.
    pub records: Option<u64>,
    /// The locator of the next page; `None` for the last one.
    pub locator: Option<String>,
    /// CSV with a header.
    pub csv: Body,
}

impl Org {
    /// Returns one of the results of a job that has ended.
    pub async fn job_rows(&self, id: &str, rows: JobRows) -> Result<Body, RestError> {
        let resource = match rows {
            JobRows::Successful => "successfulResults",
            JobRows::Failed => "failedResults",
            JobRows::Unprocessed => "unprocessedrecords",
        };
        let path = format!("{}/{resource}/", self.job_path(JobKind::Ingest, id)?);
        Ok(self.send(Method::GET, &path, csv(), Bytes::new()).await?.into_body())
    }

    /// Returns a page of the results of a query, with up to `max_records` records: the first page,
    /// or the one of `locator`. As long as the job exists, a locator stays valid.
    pub async fn query_results(
        &self,
        id: &str,
        locator: Option<&str>,
        max_records: u32,
    ) -> Result<ResultPage, RestError> {
        let locator = locator.map(|locator| format!("&locator={}", encode(locator)));
        let path = self.job_path(JobKind::Query, id)?;
        let path =
            format!("{path}/results?maxRecords={max_records}{}", locator.unwrap_or_default());
        let (head, csv) = self.send(Method::GET, &path, csv(), Bytes::new()).await?.into_parts();
        let text = |name: &str| head.headers.get(name)?.to_str().ok().map(str::trim);
        let records = text("sforce-numberofrecords").and_then(|number| number.parse().ok());
        let locator = text("sforce-locator").filter(|it| !["", "null"].contains(it));
        Ok(ResultPage { records, locator: locator.map(str::to_owned), csv })
    }
}

fn csv() -> HeaderMap {
    HeaderMap::from_iter([(ACCEPT, HeaderValue::from_static("text/csv"))])
}

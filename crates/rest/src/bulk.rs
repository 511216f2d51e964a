//! Bulk API 2.0: jobs that Salesforce carries out in the background.
//!
//! A job inserts, updates, upserts or deletes the rows of a CSV file, or runs a query whose results
//! are CSV. [`Org::create_job`] and [`Org::create_query_job`] begin one, and [`JobWait`] polls it
//! until it ends.
//!
//! [`Org::create_job`]: crate::Org::create_job
//! [`Org::create_query_job`]: crate::Org::create_query_job
//!
//! ```no_run
//! # async fn insert(org: orgtoken_rest::Org) -> Result<(), orgtoken_rest::RestError> {
//! use orgtoken_rest::bulk::{JobData, JobKind, JobOperation, JobRows};
//!
//! let job = org.create_job("Account", &JobOperation::Insert).await?;
//! org.upload_job_data(&job.id, &JobData::from("Name\nAcme\n")).await?;
//! org.close_job(&job.id).await?;
//!
//! let mut wait = org.wait_for_job(JobKind::Ingest, &job.id);
//! while !wait.next().await?.state.has_ended() {}
//! let ids = org.job_rows(&job.id, JobRows::Successful).await?.whole(1 << 20).await?;
//! # drop(ids);
//! # Ok(())
//! # }
//! ```
//!
//! [`Org::query_pages`](crate::Org::query_pages) downloads the results of a query page by page, and
//! [`ResultFile`] downloads them to a file and can be resumed.
//!
//! Salesforce keeps a job that has ended for seven days. See the [Bulk API 2.0 Developer Guide].
//!
//! [Bulk API 2.0 Developer Guide]: https://developer.salesforce.com/docs/atlas.en-us.api_asynch.meta/api_asynch/

mod data;
mod download;
mod job;
mod list;
mod result_file;
mod results;
mod soql;
mod wait;

pub use data::JobData;
pub(crate) use data::{Payload, PayloadBody};
pub use download::{DownloadError, QueryPages, WrittenPage};
pub use job::{Job, JobDelimiter, JobKind, JobOperation, JobState, QueryJobOptions};
pub use result_file::{EarlierDownload, ResultFile, ResultFileError};
pub use results::{JobRows, ResultPage};
pub use soql::check_query;
pub use wait::JobWait;

/// The longest data of one job, in bytes. Salesforce encodes it as base64, which may have 150 MB.
pub const MAX_JOB_BYTES: u64 = 100_000_000;

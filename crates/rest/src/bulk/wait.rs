use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Method};
use orgtoken_oauth::retry_after;
use tokio::time::sleep;
use tracing::info;

use super::{Job, JobKind};
use crate::org::from_json;
use crate::{Org, RestError};

/// The polling of a job until it ends.
///
/// The first request is immediate. The waits between the next ones grow from half a second to half a
/// minute, and `Retry-After` makes them longer.
#[derive(Debug)]
#[must_use = "the job is polled by `next`"]
pub struct JobWait {
    org: Org,
    kind: JobKind,
    id: String,
    wait: Duration,
    /// The `Retry-After` of the last response.
    asked: Duration,
    failures: u32,
}

impl Org {
    /// Returns the polling of a job.
    pub fn wait_for_job(&self, kind: JobKind, id: &str) -> JobWait {
        let (wait, asked) = (Duration::ZERO, Duration::ZERO);
        JobWait { org: self.clone(), kind, id: id.to_owned(), wait, asked, failures: 0 }
    }
}

impl JobWait {
    /// Waits, and returns the job. It has ended if its state
    /// [says so](super::JobState::has_ended).
    ///
    /// A request that fails for a transient reason is repeated later, up to ten times in sequence. The
    /// future can be dropped at any time.
    pub async fn next(&mut self) -> Result<Job, RestError> {
        let path = self.org.job_path(self.kind, &self.id)?;
        loop {
            sleep(self.wait.max(self.asked)).await;
            self.wait = (self.wait * 3 / 2).clamp(FIRST, LONGEST);
            let answer = self.org.request(Method::GET, &path, HeaderMap::new(), Bytes::new()).await;
            match answer {
                Ok(answer) => {
                    self.failures = 0;
                    self.asked =
                        retry_after(answer.headers(), None).unwrap_or_default().min(LONGEST_ASKED);
                    return from_json(answer.body());
                }
                Err(error)
                    if self.failures < MAX_FAILURES
                        && (error.is_transient() || error.is_throttled()) =>
                {
                    self.failures += 1;
                    self.asked = error.retry_after().unwrap_or_default().min(LONGEST_ASKED);
                    info!("cannot poll the job, trying again: {error}");
                }
                Err(error) => return Err(error),
            }
        }
    }
}

/// The first wait between two requests.
const FIRST: Duration = Duration::from_millis(500);
const LONGEST: Duration = Duration::from_secs(30);
const LONGEST_ASKED: Duration = Duration::from_secs(300);

/// Each failure is that of several attempts.
const MAX_FAILURES: u32 = 10;

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::resume::{Journal, ResumeError};
use crate::Problem;

/// The outcome of a row that was sent.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Outcome {
    /// A record was created.
    Created,
    /// The record was deleted. It is in the recycle bin.
    Deleted,
    /// The row was refused, with the problems.
    Failed(Vec<Problem>),
    /// The row was sent, and its outcome was not reported.
    Unknown,
    /// The job of the row ended before it was processed. Only loads by the Bulk API have such rows.
    Unprocessed,
    /// The record was changed.
    Updated,
    /// The record was created or changed. Before v46.0 an upsert does not report which.
    Upserted,
}

impl Outcome {
    /// `created`, `deleted`, `failed`, `unknown`, `unprocessed`, `updated` or `upserted`.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Deleted => "deleted",
            Self::Failed(_) => "failed",
            Self::Unknown => "unknown",
            Self::Unprocessed => "unprocessed",
            Self::Updated => "updated",
            Self::Upserted => "upserted",
        }
    }

    /// Whether the operation on the row succeeded.
    pub fn is_done(&self) -> bool {
        match self {
            Self::Created | Self::Deleted | Self::Updated | Self::Upserted => true,
            Self::Failed(_) | Self::Unknown | Self::Unprocessed => false,
        }
    }

    /// The reason of a failure, as reported by Salesforce.
    pub fn reason(&self) -> Option<String> {
        let Self::Failed(problems) = self else { return None };
        let texts: Vec<_> = problems.iter().map(ToString::to_string).collect();
        Some(if texts.is_empty() { "no reason given".to_owned() } else { texts.join("; ") })
    }
}

/// A row and its outcome.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct RowResult {
    /// The number of the row, counted from 1 after the header.
    pub row: u64,
    /// The id of the record, if there is one.
    pub id: Option<String>,
    /// The outcome.
    pub outcome: Outcome,
}

/// The numbers of rows by outcome.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Counts {
    /// Records created.
    pub created: u64,
    /// Records changed.
    pub updated: u64,
    /// Records created or changed, if Salesforce does not report which.
    pub upserted: u64,
    /// Records deleted.
    pub deleted: u64,
    /// Rows that Salesforce refused.
    pub failed: u64,
    /// Rows that were sent and not answered.
    pub unknown: u64,
    /// Rows that were not sent, or whose call was refused as a whole.
    pub not_sent: u64,
    /// Rows whose job ended before they were processed.
    pub unprocessed: u64,
    /// Rows of a job that has not ended.
    pub pending: u64,
}

impl Counts {
    /// The number of rows that were done.
    pub fn done(&self) -> u64 {
        self.created + self.updated + self.upserted + self.deleted
    }

    pub(super) fn add(&mut self, outcome: &Outcome) {
        *match outcome {
            Outcome::Created => &mut self.created,
            Outcome::Deleted => &mut self.deleted,
            Outcome::Failed(_) => &mut self.failed,
            Outcome::Unknown => &mut self.unknown,
            Outcome::Unprocessed => &mut self.unprocessed,
            Outcome::Updated => &mut self.updated,
            Outcome::Upserted => &mut self.upserted,
        } += 1;
    }
}

/// A reason why rows failed.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Reason {
    /// The message for the first row. The other rows have the same codes and fields.
    #[serde(rename = "reason")]
    pub text: String,
    /// The number of rows.
    pub rows: u64,
    /// The first of these rows.
    pub first_row: u64,
    /// Whether the rows may succeed later without a change: `UNABLE_TO_LOCK_ROW`.
    pub transient: bool,
    /// The next step, if the code is known.
    #[serde(skip)]
    pub hint: Option<&'static str>,
}

/// Reasons by the codes and fields of their problems. Messages are not compared: they may quote a
/// value of the row.
#[derive(Debug, Default)]
pub(super) struct Reasons(BTreeMap<String, Reason>);

impl Reasons {
    pub(super) fn add(&mut self, result: &RowResult) {
        let (Outcome::Failed(problems), Some(text)) = (&result.outcome, result.outcome.reason())
        else {
            return;
        };
        let kind = |problem: &Problem| format!("{} {}", problem.code, problem.fields.join(","));
        let key = problems.iter().map(kind).collect::<Vec<_>>().join(";");
        if self.0.len() >= MAX_REASONS && !self.0.contains_key(&key) {
            return;
        }
        let known: Vec<_> = problems.iter().filter_map(Problem::catalogue_entry).collect();
        let transient = !known.is_empty()
            && known.len() == problems.len()
            && known.iter().all(|it| it.transient);
        let hint = known.first().map(|known| known.remedy);
        let new = || Reason { rows: 0, first_row: result.row, text, transient, hint };
        self.0.entry(key).or_insert_with(new).rows += 1;
    }

    pub(super) fn into_list(self) -> Vec<Reason> {
        let mut list: Vec<_> = self.0.into_values().collect();
        list.sort_by_key(|reason| (Reverse(reason.rows), reason.first_row));
        list
    }
}

/// The result of a load.
#[derive(Debug)]
#[non_exhaustive]
pub struct Report {
    /// The number of rows of the file.
    pub rows: u64,
    /// The outcomes of the rows, including those of earlier runs if the load was resumed.
    pub counts: Counts,
    /// The reasons why rows failed in this run, the most frequent first.
    pub reasons: Vec<Reason>,
    /// Rows of unknown outcome, as ranges. For a load by the Bulk API only the file names them.
    pub unknown: Vec<(u64, u64)>,
    /// Results of at most one call that [`Load::next`](super::Load::next) did not return, since a
    /// file or the journal could not be written.
    pub unreported: Vec<RowResult>,
    /// The file of rows that were done, if there are any and it was requested.
    pub success_file: Option<PathBuf>,
    /// The file of rows that failed, if there are any.
    pub failed_file: Option<PathBuf>,
    /// The file of rows that were not sent, if there are any.
    pub not_sent_file: Option<PathBuf>,
    /// The file of rows of unknown outcome, if there are any. A resumed load continues it.
    pub unknown_file: Option<PathBuf>,
    /// The file of rows that were not processed, if this run has any.
    pub unprocessed_file: Option<PathBuf>,
    /// The job in progress, whose outcomes a resumed load will report.
    pub job: Option<PendingJob>,
    /// Rows in the results of jobs that are not in the file.
    pub unmatched: u64,
    /// The journal, if there are rows left to send or a job is in progress.
    pub journal: Option<PathBuf>,
    /// Files that could not be written, with the error.
    pub unwritten: Vec<(PathBuf, io::Error)>,
    /// The journal of a load that is done.
    pub(super) done: Option<Journal>,
}

/// A job that a load has left in progress.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[non_exhaustive]
pub struct PendingJob {
    /// The id of the job.
    pub id: String,
    /// The first of its rows.
    pub first: u64,
    /// The last of its rows.
    pub last: u64,
}

impl Report {
    /// Removes the journal of a load that is done. Call it when the report has been shown: as long
    /// as the journal exists, the same records are not created again.
    ///
    /// # Errors
    ///
    /// The file cannot be removed.
    pub fn remove_journal(self) -> Result<(), ResumeError> {
        self.done.map_or(Ok(()), Journal::remove)
    }

    /// Whether every row that failed may succeed later without a change.
    pub fn failed_rows_are_transient(&self) -> bool {
        let listed: u64 = self.reasons.iter().map(|reason| reason.rows).sum();
        listed == self.counts.failed && self.reasons.iter().all(|reason| reason.transient)
    }
}

const MAX_REASONS: usize = 500;

#[cfg(test)]
mod tests {
    use super::*;

    fn reasons(codes: &[&str]) -> Vec<(u64, bool)> {
        let mut reasons = Reasons::default();
        for (row, code) in (1..).zip(codes) {
            let problem = |code: &str| Problem { code: code.to_owned(), ..Problem::default() };
            let outcome = Outcome::Failed(code.split(' ').map(problem).collect());
            reasons.add(&RowResult { row, id: None, outcome });
        }
        reasons.into_list().iter().map(|reason| (reason.rows, reason.transient)).collect()
    }

    #[test]
    fn locked_rows_are_transient_and_other_failures_are_not() {
        let codes = ["UNABLE_TO_LOCK_ROW", "DUPLICATE_VALUE", "UNABLE_TO_LOCK_ROW", "UNKNOWN"];
        assert_eq!(reasons(&codes), [(2, true), (1, false), (1, false)]);
        assert_eq!(reasons(&["UNABLE_TO_LOCK_ROW DUPLICATE_VALUE"]), [(1, false)]);
        assert_eq!(reasons(&["UNABLE_TO_LOCK_ROW UNKNOWN"]), [(1, false)]);
    }
}

//! Loads of record files: a record is created, updated, upserted or deleted for each row of a file.
//!
//! The whole file is checked before its first row is sent. Afterwards the outcome of every row is
//! known: created, updated, deleted, failed with a reason, not sent, or unknown (sent, but the
//! response was lost). The steps are separate, so that a program can show its progress:
//!
//! 1. [`RecordFile::open`] detects the [`Form`], the delimiter and the [`Encoding`] by fixed rules.
//! 2. [`RecordFile::check`] describes the object and checks every row: quotes, widths, names, ids,
//!    types. It returns the faults with row and column, or a [`CheckedFile`].
//! 3. [`Load`] sends the rows, up to 200 in each call. The future of [`Load::next`] can be dropped
//!    at any time: [`Load::finish`] reports the rows of that call as unknown.
//! 4. A [`Journal`] on disk makes a load resumable, however it ended. Rows that it lists as unknown
//!    are never sent again. [`Report::remove_journal`] removes it.
//!
//! Memory does not grow with the file: one batch of rows is in memory at a time.
//!
//! ```no_run
//! # async fn load(org: orgtoken_rest::Org) -> Result<(), Box<dyn std::error::Error>> {
//! use orgtoken_rest::load::{Load, Operation, Outputs, ReadOptions, RecordFile};
//!
//! let file = RecordFile::open("accounts.csv".as_ref(), ReadOptions::default())?;
//! let checked = file.check(&org, "Account", Operation::Create).await?;
//! let mut load = Load::begin(&org, &checked, Outputs::default(), None)?;
//! while let Some(rows) = load.next().await? {
//!     println!("{} rows done", rows.len());
//! }
//! println!("{} created", load.finish().counts.created);
//! # Ok(())
//! # }
//! ```

mod cell;
mod check;
mod columns;
mod fault;
mod id;
mod output;
mod read;
mod record;
mod report;
mod resume;
mod send;

use orgtoken_assertion::UnixTime;

pub use check::{CheckedFile, Operation};
pub use fault::{CheckError, Fault, Place};
pub(crate) use id::is_id;
pub use output::{Output, Outputs};
pub use read::{Encoding, Form, ReadOptions, RecordFile};
pub use report::{Counts, Outcome, PendingJob, Reason, Report, RowResult};
pub use resume::{EarlierLoad, Journal, ResumeError};
pub use send::{BulkLoad, BulkPlan, BulkStep, Load, LoadError};

/// A time in the name of a file, in UTC: `20261128-224500`.
fn time_stamp(now: UnixTime) -> String {
    let seconds = i64::try_from(now.as_secs()).unwrap_or(i64::MAX);
    let time = jiff::Timestamp::from_second(seconds).unwrap_or(jiff::Timestamp::MAX);
    time.strftime("%Y%m%d-%H%M%S").to_string()
}

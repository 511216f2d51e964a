//! Many records, 200 by each call.

use std::path::Path;

use orgtoken_rest::{Object, Org, RestError, Saved};
use serde_json::json;

use super::Common;
use super::failed::Failed;
use super::rows::{Row, Rows, Source};
use crate::console::Console;
use crate::failure::Failure;
use crate::progress::Progress;
use crate::runtime::wait_for;
use crate::session;

/// What is to be done with each record.
#[derive(Clone, Copy)]
pub(super) enum Work<'a> {
    Create,
    Delete,
    Update,
    Upsert(&'a str),
}

/// A file of records and what to do with them.
pub(super) struct Many<'a> {
    work: Work<'a>,
    object: &'a str,
    from: &'a Path,
    common: &'a Common,
    console: &'a Console,
}

/// What has been done so far.
#[derive(Default)]
struct Done {
    number: u64,
    /// Whom the summary is to name: kept for JSON alone, since elsewhere they are printed as they come.
    ids: Vec<String>,
}

/// A row that is a record.
type Good = (Source, Object);

impl<'a> Many<'a> {
    /// `None` if there is no file, but one record.
    pub(super) fn asked_for(
        work: Work<'a>,
        object: &'a str,
        common: &'a Common,
        console: &'a Console,
    ) -> Option<Self> {
        let from = common.many.from.as_deref()?;
        Some(Self { work, object, from, common, console })
    }

    pub(super) fn run(self) -> Result<(), Failure> {
        let Common { many, caller } = self.common;
        let mut rows = Rows::open(self.from, many.format)?;
        let path = many.failed.as_ref();
        let mut failed = Failed::new(path, self.from, rows.format(), rows.head())?;
        let org = session::org(caller, self.console)?.0;
        let mut done = Done::default();
        let ended = wait_for(self.feed(&org, &mut rows, &mut failed, &mut done));
        self.sum_up(&done, &failed)?;
        ended?;
        if failed.number == 0 {
            return Ok(());
        }
        let (number, all) = (failed.number, failed.number + done.number);
        let hint = format!("mend the rows in `{}`, and feed that file in", failed.path());
        Err(Failure::new("api.records", Some(hint), format!("{number} of {all} records failed")))
    }

    async fn feed(
        &self,
        org: &Org,
        rows: &mut Rows,
        failed: &mut Failed,
        done: &mut Done,
    ) -> Result<(), Failure> {
        let mut progress = Progress::new(self.console, false);
        loop {
            let batch = next_batch(rows, failed)?;
            if batch.is_empty() {
                return Ok(());
            }
            match self.send(org, &batch).await {
                Ok(saved) => self.settle(&batch, saved, failed, done)?,
                Err(error) => {
                    drop(progress);
                    return Err(give_up(error, &batch, rows, failed));
                }
            }
            progress.at(done.number + failed.number, None, "records");
        }
    }

    async fn send(&self, org: &Org, batch: &[Good]) -> Result<Vec<Saved>, RestError> {
        let records: Vec<_> = batch.iter().map(|(_, record)| record.clone()).collect();
        match self.work {
            Work::Create => org.create_all(self.object, &records).await,
            Work::Update => org.update_all(self.object, &records).await,
            Work::Upsert(key) => org.upsert_all(self.object, key, &records).await,
            Work::Delete => {
                let ids: Vec<_> = records.iter().map(id).collect();
                org.delete_all(&ids).await
            }
        }
    }

    /// Counts what was done, prints the ids of what was made, and keeps the rows that failed.
    fn settle(
        &self,
        batch: &[Good],
        saved: Vec<Saved>,
        failed: &mut Failed,
        done: &mut Done,
    ) -> Result<(), Failure> {
        let mut ids = Vec::new();
        for ((source, _), saved) in batch.iter().zip(saved) {
            if saved.is_success() {
                done.number += 1;
                ids.extend(saved.id);
                continue;
            }
            let reasons: Vec<_> = saved.problems.iter().map(ToString::to_string).collect();
            failed.add(source, &reasons.join("; "))?;
        }
        if !self.makes() {
            return Ok(());
        }
        if self.console.json() {
            done.ids.append(&mut ids);
            return Ok(());
        }
        let lines: String = ids.iter().flat_map(|id| [id.as_str(), "\n"]).collect();
        Ok(self.console.data(lines.as_bytes())?)
    }

    /// Whether there are ids that nobody knew before.
    fn makes(&self) -> bool {
        matches!(self.work, Work::Create | Work::Upsert(_))
    }

    fn sum_up(&self, done: &Done, failed: &Failed) -> Result<(), Failure> {
        let file = (failed.number > 0).then(|| failed.path());
        let Done { number, ids } = done;
        if self.console.json() {
            let mut summary =
                json!({ "done": number, "failed": failed.number, "failed_file": file });
            if self.makes() {
                summary["ids"] = json!(ids);
            }
            return Ok(self.console.document(&summary)?);
        }
        let what = match self.work {
            Work::Create => "created",
            Work::Delete => "deleted",
            Work::Update => "updated",
            Work::Upsert(_) => "upserted",
        };
        let rest = file.map(|file| format!(", {} failed: see {file}", failed.number));
        self.console.remark(&format_args!("{what} {number}{}", rest.unwrap_or_default()));
        Ok(())
    }
}

/// Up to 200 rows that are records. Those that are none have failed already.
fn next_batch(rows: &mut Rows, failed: &mut Failed) -> Result<Vec<Good>, Failure> {
    let mut batch = Vec::with_capacity(Org::MOST_RECORDS);
    while batch.len() < Org::MOST_RECORDS
        && let Some(Row { source, record }) = rows.next()?
    {
        match record {
            Ok(record) => batch.push((source, record)),
            Err(reason) => failed.add(&source, reason)?,
        }
    }
    Ok(batch)
}

/// A call that failed as a whole ends it all. Every row that was not surely done is kept, with what
/// is known of it.
fn give_up(error: RestError, batch: &[Good], rows: &mut Rows, failed: &mut Failed) -> Failure {
    let unknown = error.failure().is_none_or(|failure| failure.status().is_server_error());
    let doubt = if unknown { "it is not known whether this was done: " } else { "" };
    let reason = format!("{doubt}{error}");
    let kept = batch.iter().try_for_each(|(source, _)| failed.add(source, &reason));
    let kept = kept.and_then(|()| {
        while let Some(row) = rows.next()? {
            failed.add(&row.source, "not sent: an earlier call failed")?;
        }
        Ok(())
    });
    kept.err().unwrap_or_else(|| error.into())
}

fn id(record: &Object) -> &str {
    let named = record.iter().find(|(name, _)| name.eq_ignore_ascii_case("Id"));
    named.and_then(|(_, id)| id.as_str()).unwrap_or_default()
}

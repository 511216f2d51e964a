//! Loads of record files by `orgtoken_rest::load`: arguments, signals and output.

mod bulk;
mod files;
mod print;

use std::fs::File;

use orgtoken_rest::Org;
use orgtoken_rest::load::{BulkLoad, CheckedFile, Load, Operation};

use self::files::Source;
use self::print::Printer;
use super::{Common, single};
use crate::args::UsageError;
use crate::command::describe::not_found;
use crate::failure::Failure;
use crate::io::console::Console;
use crate::io::prompt;
use crate::io::text::counted;
use crate::runtime::interrupts::{Interrupts, interrupted};
use crate::runtime::wait_for;

/// A record file and the operation on its rows.
pub(super) struct FileLoad<'a> {
    pub(super) operation: Operation,
    pub(super) object: &'a str,
    /// Whether the arguments have one record, too.
    pub(super) has_record: bool,
    pub(super) common: &'a Common,
    /// Whether to ask before the first row is sent.
    pub(super) asks: bool,
    /// Whether deleted records skip the recycle bin.
    pub(super) is_final: bool,
    pub(super) console: &'a Console,
}

impl FileLoad<'_> {
    /// Checks the arguments, logs in and loads the file.
    ///
    /// Conflicts are not left to clap, which does not require an argument that conflicts with a given
    /// one: with a conflict, `--dry-run` would no longer require `--from`. For the same reason
    /// `--bulk`, which `--hard-delete` requires, has no conflicts in clap.
    pub(super) fn run(self) -> Result<(), Failure> {
        let Common { rows, options, .. } = self.common;
        let by_key = self.is_by_external_id().then_some("`--external-id`");
        let conflict = match options.not_for_jobs().or(by_key) {
            _ if self.has_record => Some(("`--from`", "one record")),
            // Other flags use the last value. Here that would ignore a file.
            _ if rows.from.len() > 1 => Some(("a second `--from`", "the first")),
            Some(other) if rows.bulk => Some(("`--bulk`", other)),
            _ => None,
        };
        if let Some((argument, with)) = conflict {
            let command = format!("orgtoken record {}", self.operation.name());
            return Err(UsageError::conflict(argument, with, &command).into());
        }
        if options.batch_size.is_some_and(|rows| usize::from(rows) > self.operation.max_rows()) {
            let reason = "with `--external-id` a call has up to 25 rows";
            return Err(UsageError::value("`--batch-size`", reason).into());
        }
        if self.asks && !rows.dry_run && !prompt::is_interactive() {
            let hint = "add `--yes` to delete the records without a question; `--dry-run` checks \
                        the file";
            let what = "missing `--yes`: there is no terminal for the question";
            return Err(Failure::new("usage.missing", Some(hint), what));
        }
        let input = files::open(&rows.from[0])?;
        let org = single::org(self.common, self.console)?;
        wait_for(self.load(input, &org))
    }

    async fn load(self, input: File, org: &Org) -> Result<(), Failure> {
        let rows = &self.common.rows;
        let mut interrupts = Interrupts::listen();
        let (source, file) = Source::read(rows, input, &mut interrupts).await?;
        let check = async {
            match file.check(org, self.object, self.operation.clone()).await {
                Ok(checked) => Ok(checked),
                Err(error) => Err(not_found(org, self.object, None, error.into()).await),
            }
        };
        let checked = interrupts.run(check, NOTHING_SENT).await?;
        self.check_one_transaction(&checked)?;
        let plan = match rows.bulk {
            true => {
                org.check_job_options(checked.object())?;
                Some(checked.bulk_plan(self.is_final)?)
            }
            false => None,
        };
        let mut printer = Printer::new(self.console, &checked);
        printer.ignored_columns();
        if rows.dry_run {
            return printer.dry_run();
        }
        if self.asks {
            self.confirm(&checked, &mut interrupts).await?;
        }
        if interrupts.is_pending() {
            return Err(interrupted(NOTHING_SENT));
        }
        let journal = match checked.rows() {
            0 => None,
            _ => Some(source.journal(&checked, rows, self.console)?),
        };
        let outputs = source.outputs(rows, checked.file().form());
        let (ended, report) = match &plan {
            Some(plan) => {
                let mut load = BulkLoad::begin(org, &checked, plan, outputs, journal)?;
                let ended = self.send_by_jobs(&mut load, &mut printer, &mut interrupts).await;
                (ended, load.finish())
            }
            None => {
                let max = self.common.options.batch_size.map_or(usize::MAX, usize::from);
                let mut load = Load::begin(org, &checked, outputs, journal)?.batch_size(max);
                let ended = self.send(&mut load, &mut printer, &mut interrupts).await;
                (ended, load.finish())
            }
        };
        let resume = source.resume_command(&report);
        let finds_journal = source.finds_journal(rows);
        if resume.is_some() {
            source.keep();
        }
        printer.report(report, resume.as_deref(), finds_journal, ended)
    }

    async fn send(
        &self,
        load: &mut Load<'_>,
        printer: &mut Printer<'_>,
        interrupts: &mut Interrupts,
    ) -> Result<(), Failure> {
        let rows = printer.checked.rows();
        if rows > MANY_ROWS && !self.common.rows.resume && !self.is_by_external_id() {
            let rows = counted(rows, "row");
            self.console.remark(&format_args!("`--bulk` loads {rows} with fewer API calls"));
        }
        let mut progress = self.console.progress();
        loop {
            progress.count(load.settled(), rows);
            // After the last row there is nothing left to stop.
            if interrupts.is_pending() && load.settled() < rows {
                return Err(interrupted(STOPPED));
            }
            let results = interrupts.finish(load.next(), self.console).await;
            match results.ok_or_else(|| interrupted(STOPPED))?? {
                Some(results) => printer.results(results)?,
                None => return Ok(()),
            }
        }
    }

    /// Refuses all-or-none for a file of several calls, unless the user names their size: the rows
    /// of one call are not rolled back when a later one fails.
    fn check_one_transaction(&self, checked: &CheckedFile) -> Result<(), Failure> {
        let options = &self.common.options;
        let limit = checked.operation().max_rows() as u64;
        if !options.all_or_none || options.batch_size.is_some() || checked.rows() <= limit {
            return Ok(());
        }
        let what = format!(
            "`--all-or-none` cannot roll back {}: a call has up to {limit}",
            counted(checked.rows(), "row")
        );
        let hint = format!("add `--batch-size {limit}` to roll back each call on its own");
        Err(Failure::new("usage.conflict", Some(hint), what))
    }

    async fn confirm(
        &self,
        checked: &CheckedFile,
        interrupts: &mut Interrupts,
    ) -> Result<(), Failure> {
        let (records, object) = (counted(checked.rows(), "record"), checked.object());
        let how = if self.is_final { " for good" } else { "" };
        match interrupts.confirm(format!("Delete {records} of {object}{how}? [y/N] ")).await? {
            Some(true) => Ok(()),
            Some(false) => {
                let what = "nothing was deleted, since it was not confirmed";
                Err(Failure::new("interrupted", None::<&str>, what))
            }
            None => Err(interrupted("nothing was deleted")),
        }
    }

    fn is_by_external_id(&self) -> bool {
        matches!(self.operation, Operation::UpdateBy(_) | Operation::DeleteBy(_))
    }
}

/// The number of rows above which Salesforce recommends Bulk API 2.0.
const MANY_ROWS: u64 = 2_000;
const NOTHING_SENT: &str = "nothing was sent";
const STOPPED: &str = "the load was stopped";

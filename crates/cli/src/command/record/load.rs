//! Loads of record files by `orgtoken_rest::load`: arguments, signals and output.

mod bulk;
mod files;
mod print;

use std::fs::File;
use std::path::Path;

use orgtoken_rest::Org;
use orgtoken_rest::load::{CheckedFile, Journal, Load, Operation, ReadOptions, Report};

use self::files::Source;
use self::print::Printer;
use super::{Common, Rows, single};
use crate::args::UsageError;
use crate::command::describe::not_found;
use crate::failure::Failure;
use crate::io::console::Console;
use crate::io::prompt;
use crate::io::text::counted;
use crate::runtime::interrupts::{Interrupts, Waited, interrupted};
use crate::runtime::wait_for;

/// A record file and the operation on its rows.
pub(super) struct FileLoad<'a> {
    operation: Operation,
    object: &'a str,
    from: &'a Path,
    common: &'a Common,
    /// Whether to ask before the first row is sent.
    asks: bool,
    /// Whether deleted records skip the recycle bin.
    is_final: bool,
    console: &'a Console,
}

impl<'a> FileLoad<'a> {
    /// Returns the load of `--from`; `None` without it.
    pub(super) fn asked_for(
        operation: Operation,
        object: &'a str,
        common: &'a Common,
        console: &'a Console,
    ) -> Option<Self> {
        let from = common.rows.from.first()?;
        Some(Self { operation, object, from, common, asks: false, is_final: false, console })
    }

    /// Refuses the arguments of one record.
    ///
    /// This is not left to clap, which does not require an argument that conflicts with a given one:
    /// with a conflict, `--dry-run` would no longer require `--from`. For the same reason `--bulk`,
    /// which `--hard-delete` requires, has no conflicts in clap.
    pub(super) fn without(self, one_record: bool) -> Result<Self, UsageError> {
        match one_record {
            true => Err(UsageError::conflict("`--from`", "one record", &self.command())),
            false => Ok(self),
        }
    }

    pub(super) fn asking(mut self, asks: bool) -> Self {
        self.asks = asks;
        self
    }

    pub(super) fn for_good(mut self, is_final: bool) -> Self {
        self.is_final = is_final;
        self
    }

    /// The command, whose help has the flags of record files.
    fn command(&self) -> String {
        format!("orgtoken record {}", self.operation.name())
    }

    pub(super) fn run(self) -> Result<(), Failure> {
        // Other flags use the last value. Here that would ignore a file.
        if self.common.rows.from.len() > 1 {
            let command = self.command();
            return Err(UsageError::conflict("a second `--from`", "the first", &command).into());
        }
        if self.common.bulk.bulk {
            let by_key = by_external_id(&self.operation).then_some("`--external-id`");
            if let Some(other) = self.common.options.not_for_jobs().or(by_key) {
                return Err(UsageError::conflict("`--bulk`", other, &self.command()).into());
            }
        }
        let max_rows = self.operation.max_rows();
        if self.common.options.batch_size.is_some_and(|rows| usize::from(rows) > max_rows) {
            let reason = "with `--external-id` a call has up to 25 rows";
            return Err(UsageError::value("`--batch-size`", reason).into());
        }
        if self.asks && !self.common.rows.dry_run && !prompt::is_interactive() {
            let hint = "add `--yes` to delete the records without a question; `--dry-run` checks \
                        the file";
            let what = "missing `--yes`: there is no terminal for the question";
            return Err(Failure::new("usage.missing", Some(hint), what));
        }
        let input = files::open(self.from)?;
        let org = single::org(self.common, self.console)?;
        wait_for(self.load(input, &org))
    }

    async fn load(self, input: File, org: &Org) -> Result<(), Failure> {
        let rows = &self.common.rows;
        let mut interrupts = Interrupts::listen();
        let options = rows.read_options();
        let (source, file) = Source::read(self.from, input, options, &mut interrupts).await?;
        let check = file.check(org, self.object, self.operation.clone());
        let checked = match interrupts.wait(check).await {
            Waited::Done(Ok(checked)) => checked,
            Waited::Done(Err(error)) => {
                return Err(not_found(org, self.object, None, error.into()).await);
            }
            Waited::Interrupted => return Err(interrupted("nothing was sent")),
        };
        self.check_one_transaction(&checked)?;
        let bulk = match self.common.bulk.bulk {
            true => {
                org.check_job_options(checked.object())?;
                Some(checked.bulk_plan(self.is_final)?)
            }
            false => None,
        };
        let printer = Printer::new(self.console, &checked)?;
        printer.ignored_columns(&checked);
        if rows.dry_run {
            return printer.dry_run(&checked);
        }
        if self.asks && !self.is_confirmed(&checked, &mut interrupts).await? {
            let what = "nothing was deleted, since it was not confirmed";
            return Err(Failure::new("interrupted", None::<&str>, what));
        }
        if interrupts.is_pending() {
            return Err(interrupted("nothing was sent"));
        }
        if let Some(plan) = bulk {
            return self.send_by_jobs(org, &checked, &plan, source, printer, &mut interrupts).await;
        }
        self.send(org, &checked, source, printer, &mut interrupts).await
    }

    async fn send(
        &self,
        org: &Org,
        checked: &CheckedFile,
        source: Source,
        mut printer: Printer<'_>,
        interrupts: &mut Interrupts,
    ) -> Result<(), Failure> {
        let journal = self.journal(checked, &source)?;
        let outputs = source.outputs(&self.common.rows, checked.file().form());
        let mut load = Load::begin(org, checked, outputs, journal)?;
        let is_resumed = self.common.rows.resume;
        if checked.rows() > MANY_ROWS && !is_resumed && !by_external_id(checked.operation()) {
            let rows = counted(checked.rows(), "row");
            self.console.remark(&format_args!("`--bulk` loads {rows} with fewer API calls"));
        }
        if let Some(rows) = self.common.options.batch_size {
            load = load.batch_size(rows.into());
        }
        let ended = self.send_rows(&mut load, checked.rows(), &mut printer, interrupts).await;
        report(&load.finish(), source, printer, ended)
    }

    fn journal(&self, checked: &CheckedFile, source: &Source) -> Result<Option<Journal>, Failure> {
        match checked.rows() {
            0 => Ok(None),
            _ => Ok(Some(source.journal(checked, &self.common.rows, self.console)?)),
        }
    }

    async fn send_rows(
        &self,
        load: &mut Load<'_>,
        rows: u64,
        printer: &mut Printer<'_>,
        interrupts: &mut Interrupts,
    ) -> Result<(), Failure> {
        let mut progress = self.console.progress();
        loop {
            progress.count(load.settled(), rows);
            // After the last row there is nothing left to stop.
            if interrupts.is_pending() && load.settled() < rows {
                return Err(interrupted("the load was stopped"));
            }
            let results = match interrupts.finish(load.next(), self.console).await {
                Waited::Done(results) => results?,
                Waited::Interrupted => return Err(interrupted("the load was stopped")),
            };
            let Some(results) = results else { return Ok(()) };
            printer.results(results)?;
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

    async fn is_confirmed(
        &self,
        checked: &CheckedFile,
        interrupts: &mut Interrupts,
    ) -> Result<bool, Failure> {
        let (records, object) = (counted(checked.rows(), "record"), checked.object());
        let how = if self.is_final { " for good" } else { "" };
        let question = format!("Delete {records} of {object}{how}? [y/N] ");
        match interrupts.ask(question).await? {
            Waited::Done(answer) => Ok(answer.is_some_and(|answer| prompt::is_yes(&answer))),
            Waited::Interrupted => {
                self.console.remark(&"");
                Err(interrupted("nothing was deleted"))
            }
        }
    }
}

/// Prints the report of a load, and keeps its input if it can be resumed.
fn report(
    report: &Report,
    source: Source,
    printer: Printer<'_>,
    ended: Result<(), Failure>,
) -> Result<(), Failure> {
    let resume = source.resume_command(report);
    if resume.is_some() {
        source.keep();
    }
    printer.report(report, resume.as_deref(), ended)
}

impl Rows {
    fn read_options(&self) -> ReadOptions {
        let mut options = ReadOptions::default();
        options.form = self.format.map(Into::into);
        options.delimiter = self.delimiter;
        options.encoding = self.encoding.map(Into::into).unwrap_or_default();
        options
    }
}

fn by_external_id(operation: &Operation) -> bool {
    matches!(operation, Operation::UpdateBy(_) | Operation::DeleteBy(_))
}

/// The number of rows above which Salesforce recommends Bulk API 2.0.
const MANY_ROWS: u64 = 2_000;

//! The output of a load: results during the load, and a summary at the end.

use std::path::PathBuf;

use orgtoken_client::error_chain;
use orgtoken_rest::load::{CheckedFile, Form, Operation, Outcome, PendingJob, Report, RowResult};
use serde_json::{Value, json};

use crate::failure::{Failure, Problem};
use crate::io::console::{Console, OutputError};
use crate::io::text::{counted, opened, printable, sh_quoted, shown};

/// A printer of results (standard output) and everything else (standard error).
pub(super) struct Printer<'a> {
    pub(super) checked: &'a CheckedFile,
    console: &'a Console,
    /// The number of results in the document of `--json`, which is written while rows are sent.
    written: u64,
    /// Results that could not be written to standard output.
    unprinted: Vec<RowResult>,
}

impl<'a> Printer<'a> {
    pub(super) fn new(console: &'a Console, checked: &'a CheckedFile) -> Self {
        Self { checked, console, written: 0, unprinted: Vec::new() }
    }

    pub(super) fn ignored_columns(&self) {
        let ignored = self.checked.ignored();
        if !ignored.is_empty() && self.checked.operation().name() != "delete" {
            let names = printable(&ignored.join(", "));
            self.console.remark(&format_args!("columns that are not sent: {names}"));
        }
    }

    pub(super) fn dry_run(&self) -> Result<(), Failure> {
        let (file, rows) = (self.checked.file(), self.checked.rows());
        let (operation, object) = (self.checked.operation().name(), self.checked.object());
        let (form, encoding) = (file.form().name(), file.encoding().name());
        let delimiter = (file.form() == Form::Csv).then(|| char::from(file.delimiter()));
        if self.console.json() {
            return Ok(self.console.document(&json!({
                "dry_run": true, "operation": operation, "object": object, "rows": rows,
                "form": form, "delimiter": delimiter, "encoding": encoding,
                "ignored_columns": self.checked.ignored(),
            }))?);
        }
        let separated = match delimiter {
            None => String::new(),
            Some('\t') => ", separated by tabs".to_owned(),
            Some(delimiter) => format!(", separated by `{delimiter}`"),
        };
        self.console.remark(&format_args!(
            "checked {} ({form}{separated}, {encoding}) to {operation} {object}: nothing was sent",
            counted(rows, "row")
        ));
        Ok(())
    }

    /// Prints the outcomes of one call.
    pub(super) fn results(&mut self, results: Vec<RowResult>) -> Result<(), Failure> {
        let written = match self.checked.operation() {
            _ if self.console.json() => self.write(&results),
            Operation::Create | Operation::Upsert(_) => {
                let done = results.iter().filter(|result| result.outcome.is_done());
                let ids = done.filter_map(|result| result.id.as_deref());
                let ids: String = ids.flat_map(|id| [id, "\n"]).collect();
                self.console.data(ids.as_bytes())
            }
            _ => Ok(()),
        };
        if written.is_err() {
            self.unprinted = results;
        }
        Ok(written?)
    }

    /// Continues the document of `--json`.
    fn write(&mut self, results: &[RowResult]) -> Result<(), OutputError> {
        let mut text = String::new();
        for result in results {
            text += if self.written == 0 { BEGIN } else { "," };
            text += &row(result).to_string();
            self.written += 1;
        }
        self.console.json_data(text.as_bytes())
    }

    /// Prints the outcomes of the rows, and returns the error of the command.
    ///
    /// If standard output lacks an outcome, the journal of a load that is done stays, so that a script
    /// cannot load the file twice. `finds_journal`: whether a second run would find it.
    pub(super) fn report(
        mut self,
        report: Report,
        resume: Option<&str>,
        finds_journal: bool,
        ended: Result<(), Failure>,
    ) -> Result<(), Failure> {
        let mut missing = std::mem::take(&mut self.unprinted);
        missing.extend(report.unreported.iter().cloned());
        let ended = ended.and_then(|()| check_complete(&report));
        let written = if self.console.json() { self.end(&report, resume) } else { Ok(()) };
        // With `--json` the document has it. A filter may drop it there.
        self.remarks(&report, &missing, resume);
        if (written.is_ok() && missing.is_empty() || !finds_journal)
            && let Err(error) = report.remove_journal()
        {
            self.console.warn(&error_chain(&error));
        }
        match ended {
            Ok(()) => Ok(written?),
            Err(failure) if self.console.json() && !missing.is_empty() => {
                Err(failure.with_problems(missing.iter().map(problem).collect()))
            }
            Err(failure) => Err(failure),
        }
    }

    /// Ends the document of `--json`.
    fn end(&mut self, report: &Report, resume: Option<&str>) -> Result<(), OutputError> {
        self.write(&report.unreported)?;
        let begin = if self.written == 0 { BEGIN } else { "" };
        // The summary continues the same object.
        let summary = summary(report, resume).to_string();
        self.console.json_data(format!("{begin}],{}\n", &summary[1..]).as_bytes())?;
        self.console.end_json()
    }

    /// Prints the summary for the user.
    fn remarks(&self, report: &Report, missing: &[RowResult], resume: Option<&str>) {
        self.console.remark(&counts(report));
        self.reasons(report);
        self.files(report);
        if !missing.is_empty() {
            let rows = counted(missing.len() as u64, "row");
            self.console.remark(&format_args!("the results of {rows} could not be written:"));
        }
        for result in missing {
            self.console.remark(&printable(&described(result)));
        }
        if let Some(resume) = resume {
            if report.not_sent_file.is_some() {
                self.console.remark(
                    &"either continue with this command or load the file of rows not sent; both \
                      would send these rows twice",
                );
            }
            self.console.command("resume:", resume);
        }
    }

    fn reasons(&self, report: &Report) {
        let operation = self.checked.operation();
        for reason in report.reasons.iter().take(MAX_REASONS) {
            self.console.remark(&format_args!(
                "  {}: {} (first: row {}{})",
                counted(reason.rows, "row"),
                printable(&reason.text),
                reason.first_row,
                if reason.transient { "; can be sent again unchanged" } else { "" }
            ));
            let by_key = matches!(operation, Operation::UpdateBy(_) | Operation::DeleteBy(_));
            let is_absent = by_key && reason.text.starts_with("NOT_FOUND");
            if let Some(hint) = if is_absent { Some(ABSENT) } else { reason.hint } {
                self.console.remark(&format_args!("    {hint}"));
            }
        }
        if let Some(more) = report.reasons.len().checked_sub(MAX_REASONS).filter(|more| *more > 0) {
            self.console.remark(&format_args!("  {more} more reasons"));
        }
    }

    fn files(&self, report: &Report) {
        for (first, last) in &report.unknown {
            self.console.remark(&format_args!(
                "rows {first} to {last} were sent but not answered: look for them in the org before \
                 you send them again"
            ));
        }
        for (what, path) in [
            ("done", &report.success_file),
            ("failed", &report.failed_file),
            ("of unknown outcome", &report.unknown_file),
            ("not processed", &report.unprocessed_file),
            ("not sent", &report.not_sent_file),
        ] {
            if let Some(path) = path {
                self.console.remark(&format_args!("rows {what}: {}", opened(path)));
            }
        }
        if let Some(PendingJob { id, first, last, .. }) = &report.job {
            let id = printable(id);
            self.console.remark(&format_args!(
                "rows {first} to {last} are in job {id}, which continues: `orgtoken bulk status {id}`"
            ));
        }
        if report.unmatched > 0 {
            let results = counted(report.unmatched, "result");
            self.console.warn(&format_args!(
                "{results} of the jobs match no row: see `orgtoken bulk results`"
            ));
        }
        for (path, error) in &report.unwritten {
            let reason = error_chain(error);
            self.console.warn(&format_args!("cannot write `{}`: {reason}", shown(path)));
        }
    }
}

fn summary(report: &Report, resume: Option<&str>) -> Value {
    let counts = &report.counts;
    // serde refuses a path that is not UTF-8.
    let text =
        |path: &Option<PathBuf>| path.as_deref().map(|path| path.to_string_lossy().into_owned());
    let unwritten = report.unwritten.iter().map(|(path, _)| path.to_string_lossy());
    json!({
        "rows": report.rows, "done": counts.done(), "created": counts.created,
        "updated": counts.updated, "upserted": counts.upserted, "deleted": counts.deleted,
        "failed": counts.failed, "not_sent": counts.not_sent, "unknown": counts.unknown,
        "unprocessed": counts.unprocessed, "pending": counts.pending, "job": report.job,
        "unknown_rows": report.unknown,
        "reasons": report.reasons,
        "success_file": text(&report.success_file), "failed_file": text(&report.failed_file),
        "unknown_file": text(&report.unknown_file), "not_sent_file": text(&report.not_sent_file),
        "unprocessed_file": text(&report.unprocessed_file),
        "unwritten_files": unwritten.collect::<Vec<_>>(), "unmatched": report.unmatched,
        "journal": text(&report.journal), "resume": resume,
    })
}

fn row(result: &RowResult) -> Value {
    let mut row = json!({
        "row": result.row, "id": result.id, "outcome": result.outcome.name(),
        "success": result.outcome.is_done(),
    });
    if let Outcome::Failed(problems) = &result.outcome {
        row["errors"] = json!(problems);
    }
    row
}

fn described(result: &RowResult) -> String {
    let RowResult { row, outcome, .. } = result;
    match (outcome.reason(), &result.id) {
        (Some(reason), _) => format!("row {row}: failed: {reason}"),
        (None, Some(id)) => format!("row {row}: {} {id}", outcome.name()),
        (None, None) => format!("row {row}: {}", outcome.name()),
    }
}

fn problem(result: &RowResult) -> Problem {
    Problem {
        code: result.outcome.name().into(),
        at: format!("row {}", result.row),
        message: printable(&described(result)),
        hint: None,
    }
}

/// `created 448, failed 2`
fn counts(report: &Report) -> String {
    let counts = json!(report.counts);
    let some = counts.as_object().into_iter().flatten().filter(|(_, number)| **number != 0);
    let some = some.map(|(what, number)| format!("{} {number}", what.replace('_', " ")));
    let some = some.collect::<Vec<_>>().join(", ");
    if some.is_empty() { "no rows".to_owned() } else { some }
}

/// Returns an error unless every row was done.
fn check_complete(report: &Report) -> Result<(), Failure> {
    let (rows, counts) = (report.rows, &report.counts);
    let left = [
        (counts.unprocessed, "were not processed"),
        (counts.failed, "failed"),
        (counts.unknown, "have an unknown outcome"),
    ];
    let left = left.into_iter().filter(|(number, _)| *number > 0);
    let left: Vec<_> =
        left.map(|(number, what)| format!("{number} of {rows} records {what}")).collect();
    if left.is_empty() {
        return Ok(());
    }
    let hint = match report.failed_file.as_deref().map(opened) {
        _ if counts.unprocessed > 0 => {
            "send the rows of the file of unprocessed rows again".to_owned()
        }
        _ if counts.failed == 0 => "look for these records in the org".to_owned(),
        None => "see the file of failed rows of the earlier run".to_owned(),
        Some(file) if report.failed_rows_are_transient() => {
            format!("send these rows again with `--from {}`", sh_quoted(&file))
        }
        Some(file) => {
            format!("fix the rows in `{file}`, then run again with `--from {}`", sh_quoted(&file))
        }
    };
    Err(Failure::new("api.records", Some(hint), left.join(", ")))
}

const ABSENT: &str = "no record has this external id, or this user cannot see it";
const BEGIN: &str = "{\"results\":[";
const MAX_REASONS: usize = 10;

//! The output of a load: results during the load, and a summary at the end.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::PathBuf;

use orgtoken_rest::load::{CheckedFile, Form, Operation, Outcome, PendingJob, Report, RowResult};
use serde_json::{Value, json};

use super::by_external_id;
use crate::failure::{Failure, Problem};
use crate::io::console::Console;
use crate::io::text::{counted, opened, printable, reason, sh_quoted, shown};

/// A printer of results (standard output) and everything else (standard error).
pub(super) struct Printer<'a> {
    console: &'a Console,
    /// Whether the operation creates ids.
    makes_ids: bool,
    /// Whether the rows name records by an external id.
    by_external_id: bool,
    /// The document of `--json`, which is written while rows are sent.
    document: Option<Document>,
    /// Results that could not be written to standard output.
    unprinted: Vec<RowResult>,
}

struct Document {
    results: u64,
    /// The ids for the list at the end. Their number is not limited, so they are in a file.
    ids: Option<File>,
}

impl<'a> Printer<'a> {
    pub(super) fn new(console: &'a Console, checked: &CheckedFile) -> Result<Self, Failure> {
        let makes_ids = matches!(checked.operation(), Operation::Create | Operation::Upsert(_));
        let document = match console.json() {
            true => Some(Document::new(makes_ids).map_err(Failure::of_temporary_file)?),
            false => None,
        };
        let by_external_id = by_external_id(checked.operation());
        Ok(Self { console, makes_ids, by_external_id, document, unprinted: Vec::new() })
    }

    pub(super) fn ignored_columns(&self, checked: &CheckedFile) {
        let ignored = checked.ignored();
        if !ignored.is_empty() && checked.operation().name() != "delete" {
            let names = printable(&ignored.join(", "));
            self.console.remark(&format_args!("columns that are not sent: {names}"));
        }
    }

    pub(super) fn dry_run(&self, checked: &CheckedFile) -> Result<(), Failure> {
        let file = checked.file();
        let (rows, form) = (checked.rows(), file.form().name());
        let delimiter = char::from(file.delimiter());
        if self.console.json() {
            let delimiter = (file.form() == Form::Csv).then(|| delimiter.to_string());
            return Ok(self.console.document(&json!({
                "dry_run": true, "operation": checked.operation().name(),
                "object": checked.object(), "rows": rows, "form": form, "delimiter": delimiter,
                "encoding": file.encoding().name(), "ignored_columns": checked.ignored(),
            }))?);
        }
        let separated = match (file.form(), delimiter) {
            (Form::Csv, '\t') => ", separated by tabs".to_owned(),
            (Form::Csv, delimiter) => format!(", separated by `{delimiter}`"),
            _ => String::new(),
        };
        let (operation, object) = (checked.operation().name(), checked.object());
        self.console.remark(&format_args!(
            "checked {} ({form}{separated}, {}) to {operation} {object}: nothing was sent",
            counted(rows, "row"),
            file.encoding().name()
        ));
        Ok(())
    }

    /// Prints the outcomes of one call.
    pub(super) fn results(&mut self, results: Vec<RowResult>) -> Result<(), Failure> {
        let written = match &mut self.document {
            Some(document) => document.add(self.console, &results),
            None if self.makes_ids => {
                let done = results.iter().filter(|result| is_done(result));
                let ids: String = done
                    .filter_map(|result| result.id.as_deref())
                    .flat_map(|id| [id, "\n"])
                    .collect();
                self.console.data(ids.as_bytes()).map_err(Failure::from)
            }
            None => Ok(()),
        };
        if written.is_err() {
            self.unprinted = results;
        }
        written
    }

    /// Prints the outcomes of the rows, and returns the error of the command.
    pub(super) fn report(
        mut self,
        report: &Report,
        resume: Option<&str>,
        ended: Result<(), Failure>,
    ) -> Result<(), Failure> {
        let mut missing = std::mem::take(&mut self.unprinted);
        missing.extend(report.unreported.iter().cloned());
        let ended = ended.and_then(|()| check_complete(report));
        let document = self.document.take();
        let written = document.map_or(Ok(()), |it| it.end(self.console, report, resume));
        // With `--json` the document has it. A filter may drop it there.
        self.remarks(report, &missing, resume);
        match (ended, written) {
            (Ok(()), written) => written,
            (Err(failure), _) if missing.is_empty() || !self.console.json() => Err(failure),
            (Err(failure), _) => Err(failure.with_problems(missing.iter().map(problem).collect())),
        }
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
        for reason in report.reasons.iter().take(MAX_REASONS) {
            self.console.remark(&format_args!(
                "  {}: {} (first: row {}{})",
                counted(reason.rows, "row"),
                printable(&reason.text),
                reason.first_row,
                if reason.transient { "; can be sent again unchanged" } else { "" }
            ));
            let is_absent = self.by_external_id && reason.text.starts_with("NOT_FOUND");
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
            let reason = reason(error);
            self.console.warn(&format_args!("cannot write `{}`: {reason}", shown(path)));
        }
    }
}

impl Document {
    fn new(makes_ids: bool) -> io::Result<Self> {
        Ok(Self { results: 0, ids: makes_ids.then(tempfile::tempfile).transpose()? })
    }

    fn add(&mut self, console: &Console, results: &[RowResult]) -> Result<(), Failure> {
        let text = self.rows(results).map_err(Failure::of_temporary_file)?;
        Ok(console.json_data(text.as_bytes())?)
    }

    fn rows(&mut self, results: &[RowResult]) -> io::Result<String> {
        let (mut text, mut ids) = (String::new(), String::new());
        for result in results {
            text.push_str(if self.results == 0 { BEGIN } else { "," });
            text.push_str(&row(result).to_string());
            self.results += 1;
            if let Some(id) = result.id.as_ref().filter(|_| is_done(result)) {
                ids.push_str(&format!(",{}", json!(id)));
            }
        }
        if let Some(file) = &mut self.ids {
            file.write_all(ids.as_bytes())?;
        }
        Ok(text)
    }

    fn end(
        mut self,
        console: &Console,
        report: &Report,
        resume: Option<&str>,
    ) -> Result<(), Failure> {
        self.add(console, &report.unreported)?;
        console.json_data(if self.results == 0 { b"{\"results\":[]".as_slice() } else { b"]" })?;
        if let Some(ids) = &mut self.ids {
            console.json_data(b",\"ids\":[")?;
            copy(ids, console)?;
            console.json_data(b"]")?;
        }
        // The summary continues the same object.
        let summary = summary(report, resume).to_string();
        console.json_data(format!(",{}\n", &summary[1..]).as_bytes())?;
        Ok(console.end_json()?)
    }
}

/// Prints a file without its first byte, which is a comma.
fn copy(from: &mut File, console: &Console) -> Result<(), Failure> {
    from.seek(SeekFrom::Start(1)).map_err(Failure::of_temporary_file)?;
    let mut buffer = vec![0; 64 << 10];
    loop {
        match from.read(&mut buffer).map_err(Failure::of_temporary_file)? {
            0 => return Ok(()),
            read => console.json_data(&buffer[..read])?,
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
        "success": is_done(result),
    });
    if let Outcome::Failed(problems) = &result.outcome {
        row["errors"] = json!(problems);
    }
    row
}

fn is_done(result: &RowResult) -> bool {
    result.outcome.is_done()
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
    let counts = &report.counts;
    let (rows, failed, unknown) = (report.rows, counts.failed, counts.unknown);
    if counts.unprocessed > 0 {
        let what = format!("{} of {rows} rows were not processed", counts.unprocessed);
        let hint = "send the rows of the file of unprocessed rows again";
        return Err(Failure::new("api.records", Some(hint), what));
    }
    let (what, hint) = match (failed, unknown) {
        (0, 0) => return Ok(()),
        (0, _) => (
            format!("the outcome of {unknown} of {rows} rows is unknown"),
            "look for these records in the org".to_owned(),
        ),
        (_, 0) => (format!("{failed} of {rows} records failed"), hint(report)),
        (..) => (
            format!("{failed} of {rows} records failed, and the outcome of {unknown} is unknown"),
            hint(report),
        ),
    };
    Err(Failure::new("api.records", Some(hint), what))
}

fn hint(report: &Report) -> String {
    match &report.failed_file {
        Some(file) => {
            let file = opened(file);
            let quoted = sh_quoted(&file);
            if report.failed_rows_are_transient() {
                return format!("send these rows again with `--from {quoted}`");
            }
            format!("fix the rows in `{file}`, then run again with `--from {quoted}`")
        }
        None => "see the file of failed rows of the earlier run".to_owned(),
    }
}

const ABSENT: &str = "no record has this external id, or this user cannot see it";
const BEGIN: &str = "{\"results\":[";
const MAX_REASONS: usize = 10;

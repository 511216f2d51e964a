//! Jobs on the screen.

use orgtoken_rest::bulk::{Job, JobKind, JobState};
use serde_json::{Value, json};

use crate::failure::Failure;
use crate::io::console::Console;
use crate::io::table::{Row, columns};
use crate::io::text::printable;

pub(super) fn list(jobs: &[Job], console: &Console) -> Result<(), Failure> {
    if console.json() {
        let jobs: Vec<_> = jobs.iter().map(document).collect();
        return Ok(console.document(&json!({ "jobs": jobs }))?);
    }
    if jobs.is_empty() {
        console.remark(&"no jobs");
        return Ok(());
    }
    let head = ["job", "operation", "object", "state", "created"].map(str::to_owned);
    let rows = jobs.iter().map(|job| {
        let Job { id, operation, object, state, created_date, .. } = job;
        [id, operation, object, state.name(), created_date].map(|cell: &str| printable(cell))
    });
    let rows: Vec<_> = [head].into_iter().chain(rows).collect();
    Ok(console.text(&columns(&rows, &[], console.look()))?)
}

pub(super) fn job(job: &Job, console: &Console) -> Result<(), Failure> {
    if console.json() {
        return Ok(console.document(&document(job))?);
    }
    let document = document(job);
    let rows = document.as_object().into_iter().flatten().filter_map(|(name, value)| match value {
        Value::Null => None,
        Value::String(text) if text.is_empty() => None,
        Value::String(text) => Some(Row::new(&name.replace('_', " "), text)),
        number => Some(Row::new(name, &number.to_string())),
    });
    Ok(console.table(rows)?)
}

fn document(job: &Job) -> Value {
    json!({
        "id": job.id, "operation": job.operation, "object": job.object,
        "external_id": job.external_id_field_name, "state": job.state.name(),
        "created": job.created_date, "processed": job.number_records_processed,
        "failed": job.number_records_failed, "error": job.error_message,
    })
}

/// Returns the error of a job that failed or was aborted.
pub(crate) fn check_completed(job: &Job) -> Result<(), Failure> {
    let id = printable(&job.id);
    let what = match job.state {
        JobState::Failed => {
            let reason = job.error_message.as_deref().unwrap_or("Salesforce gave no reason");
            format!("job {id} failed: {}", printable(reason))
        }
        JobState::Aborted => format!("job {id} was aborted"),
        _ => return Ok(()),
    };
    let hint = match job.kind() {
        JobKind::Ingest => {
            format!("get the unprocessed rows with `orgtoken bulk results {id} --rows unprocessed`")
        }
        JobKind::Query => "correct the query, or run it again".to_owned(),
    };
    Err(Failure::new("api.job", Some(hint), what))
}

/// Returns an error unless every row of a job succeeded.
pub(super) fn check_rows(job: &Job) -> Result<(), Failure> {
    check_completed(job)?;
    let Some(failed) = job.number_records_failed.filter(|failed| *failed > 0) else {
        return Ok(());
    };
    let of = job.number_records_processed.unwrap_or(failed);
    let id = printable(&job.id);
    let hint = format!("see the reasons: `orgtoken bulk results {id} --rows failed`");
    Err(Failure::new("api.records", Some(hint), format!("{failed} of {of} records failed")))
}

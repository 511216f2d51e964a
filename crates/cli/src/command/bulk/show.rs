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

/// `job 750R0000000zxr8IAA: InProgress, 2000 records processed`
pub(super) fn progress(job: &Job) -> String {
    let processed = job.number_records_processed.unwrap_or_default();
    format!("job {}: {}, {processed} records processed", job.id, job.state.name())
}

/// Returns the error of a job that has ended; `None` if every row succeeded.
pub(crate) fn job_failure(job: &Job) -> Option<Failure> {
    let Job { id, state, .. } = job;
    let id = printable(id);
    let what = match state {
        JobState::Failed => {
            let reason = job.error_message.as_deref().unwrap_or("Salesforce gave no reason");
            format!("job {id} failed: {}", printable(reason))
        }
        JobState::Aborted => format!("job {id} was aborted"),
        _ => {
            let failed = job.number_records_failed.filter(|failed| *failed > 0)?;
            let of = job.number_records_processed.unwrap_or(failed);
            let hint = format!("see the reasons: `orgtoken bulk results {id} --rows failed`");
            let what = format!("{failed} of {of} records failed");
            return Some(Failure::new("api.records", Some(hint), what));
        }
    };
    let hint = match job.kind() {
        JobKind::Ingest => {
            format!("get the unprocessed rows with `orgtoken bulk results {id} --rows unprocessed`")
        }
        JobKind::Query => "correct the query, or run it again".to_owned(),
    };
    Some(Failure::new("api.job", Some(hint), what))
}

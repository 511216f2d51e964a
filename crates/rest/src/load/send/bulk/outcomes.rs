use std::fs::File;
use std::io::{BufReader, BufWriter, Seek, Write};
use std::os::unix::fs::FileExt;

use csv::ByteRecord;

use super::part::{Hash, hash};
use super::plan::BulkPlan;
use crate::bulk::{Job, JobRows, JobState};
use crate::error::api::legible;
use crate::load::check::Operation;
use crate::load::report::Outcome;
use crate::load::send::LoadError;
use crate::{Org, Problem};

/// The outcomes of the rows of a job that has ended.
#[derive(Debug)]
pub(super) struct Outcomes {
    first: u64,
    slots: Vec<Slot>,
    /// The reasons of failed rows.
    errors: Option<File>,
    /// Results that match no row.
    pub(super) unmatched: u64,
}

/// The outcome of a row, in few bytes.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) enum Slot {
    Done {
        id: [u8; 18],
        created: bool,
    },
    /// The offset and the length of the reason.
    Failed {
        at: u64,
        length: u32,
    },
    Unprocessed,
    Unknown,
}

impl Outcomes {
    /// The same outcome for all rows of a job.
    pub(super) fn all(slot: Slot, first: u64, rows: u64) -> Self {
        let rows = usize::try_from(rows).unwrap_or_default();
        Self { first, slots: vec![slot; rows], errors: None, unmatched: 0 }
    }

    /// Downloads the results of a job and matches them with the hashes of its rows.
    pub(super) async fn download(
        org: &Org,
        job: &Job,
        plan: &BulkPlan,
        first: u64,
        hashes: &[Hash],
    ) -> Result<Self, LoadError> {
        let errors = tempfile::tempfile().map_err(LoadError::Spool)?;
        let mut matching = Matching::new(hashes, plan, errors);
        let mut found = 0;
        for rows in [JobRows::Successful, JobRows::Failed, JobRows::Unprocessed] {
            // A complete job has no such rows.
            if rows == JobRows::Unprocessed
                && (job.state == JobState::JobComplete || found >= hashes.len() as u64)
            {
                break;
            }
            let mut csv = tempfile::tempfile().map_err(LoadError::Spool)?;
            found += org.write_job_rows(&job.id, rows, &mut csv).await?;
            csv.rewind().map_err(LoadError::Spool)?;
            matching.read(csv, rows)?;
        }
        matching.outcomes(first)
    }

    /// Returns the id of the record, if there is one, and the outcome of a row.
    pub(super) fn of(
        &self,
        row: u64,
        operation: &Operation,
    ) -> Result<(Option<String>, Outcome), LoadError> {
        let index = usize::try_from(row - self.first).unwrap_or(usize::MAX);
        Ok(match self.slots.get(index).unwrap_or(&Slot::Unknown) {
            Slot::Unknown => (None, Outcome::Unknown),
            Slot::Unprocessed => (None, Outcome::Unprocessed),
            Slot::Failed { at, length } => {
                let mut text = vec![0; *length as usize];
                if let Some(errors) = &self.errors {
                    errors.read_exact_at(&mut text, *at).map_err(LoadError::Spool)?;
                }
                let problem = problem_of(&String::from_utf8_lossy(&text));
                (None, Outcome::Failed(vec![problem]))
            }
            Slot::Done { id, created } => {
                let id = id.split(|byte| *byte == 0).next().unwrap_or_default();
                let id = String::from_utf8_lossy(id).into_owned();
                let outcome = operation.done(Some(*created));
                (Some(id).filter(|id| !id.is_empty()), outcome)
            }
        })
    }
}

/// Rows by their hashes, and the outcomes found so far.
struct Matching<'a> {
    hashes: &'a [Hash],
    plan: &'a BulkPlan,
    /// The rows in the order of their hashes.
    order: Vec<u32>,
    /// For the first row of each hash: the number of rows with that hash that have an outcome.
    taken: Vec<u32>,
    slots: Vec<Slot>,
    errors: BufWriter<File>,
    /// The length of `errors`.
    length: u64,
    unmatched: u64,
}

impl<'a> Matching<'a> {
    fn new(hashes: &'a [Hash], plan: &'a BulkPlan, errors: File) -> Self {
        let rows = u32::try_from(hashes.len()).expect("a job has fewer rows");
        let mut order: Vec<u32> = (0..rows).collect();
        order.sort_unstable_by_key(|row| (hashes[*row as usize], *row));
        let (taken, slots) = (vec![0; hashes.len()], vec![Slot::Unknown; hashes.len()]);
        let errors = BufWriter::new(errors);
        Self { hashes, plan, order, taken, slots, errors, length: 0, unmatched: 0 }
    }

    /// Reads one of the results.
    fn read(&mut self, csv: File, rows: JobRows) -> Result<(), LoadError> {
        let mut builder = csv::ReaderBuilder::new();
        builder.flexible(true).has_headers(false);
        let mut reader = builder.from_reader(BufReader::with_capacity(64 << 10, csv));
        let mut record = ByteRecord::new();
        let mut read = |record: &mut ByteRecord| {
            reader.read_byte_record(record).map_err(|error| match error.into_kind() {
                csv::ErrorKind::Io(error) => LoadError::Spool(error),
                _ => LoadError::Spool(std::io::ErrorKind::InvalidData.into()),
            })
        };
        if !read(&mut record)? {
            return Ok(());
        }
        let header = record.clone();
        let column =
            |name: &str| header.iter().position(|cell| cell.eq_ignore_ascii_case(name.as_bytes()));
        let own: Vec<_> = self.plan.header().iter().map(|name| column(name)).collect();
        let (id, created, error) = (column("sf__Id"), column("sf__Created"), column("sf__Error"));
        while read(&mut record)? {
            let cell = |at: &Option<usize>| at.and_then(|at| record.get(at)).unwrap_or_default();
            let hash = hash(own.iter().map(cell));
            let slot = match rows {
                JobRows::Successful => Slot::Done {
                    id: fixed(cell(&id)),
                    created: cell(&created).eq_ignore_ascii_case(b"true"),
                },
                JobRows::Failed => self.failed(cell(&error))?,
                JobRows::Unprocessed => Slot::Unprocessed,
            };
            match self.next_row(&hash) {
                Some(row) => self.slots[row] = slot,
                None => self.unmatched += 1,
            }
        }
        Ok(())
    }

    fn failed(&mut self, reason: &[u8]) -> Result<Slot, LoadError> {
        let reason = &reason[..reason.len().min(MAX_REASON)];
        self.errors.write_all(reason).map_err(LoadError::Spool)?;
        let slot = Slot::Failed { at: self.length, length: reason.len() as u32 };
        self.length += reason.len() as u64;
        Ok(slot)
    }

    /// Returns the next row with this hash that has no outcome.
    fn next_row(&mut self, hash: &Hash) -> Option<usize> {
        let start = self.order.partition_point(|row| self.hashes[*row as usize] < *hash);
        let taken = self.taken.get_mut(start)?;
        let row = *self.order.get(start + *taken as usize)? as usize;
        if self.hashes[row] != *hash {
            return None;
        }
        *taken += 1;
        Some(row)
    }

    /// Returns the outcomes. Those of rows with the same values are sorted, so that a resumed load
    /// finds the same outcome for each row.
    fn outcomes(mut self, first: u64) -> Result<Outcomes, LoadError> {
        let mut start = 0;
        while start < self.order.len() {
            let hash = &self.hashes[self.order[start] as usize];
            let same = |row: &&u32| self.hashes[**row as usize] == *hash;
            let end = start + self.order[start..].iter().take_while(same).count();
            if end - start > 1 {
                let rows = &self.order[start..end];
                let mut slots: Vec<_> = rows.iter().map(|row| self.slots[*row as usize]).collect();
                slots.sort_unstable();
                rows.iter().zip(slots).for_each(|(row, slot)| self.slots[*row as usize] = slot);
            }
            start = end;
        }
        let errors =
            self.errors.into_inner().map_err(|error| LoadError::Spool(error.into_error()))?;
        let (slots, unmatched) = (self.slots, self.unmatched);
        Ok(Outcomes { first, slots, errors: Some(errors), unmatched })
    }
}

/// Returns an id of up to 18 characters, followed by zeros.
fn fixed(id: &[u8]) -> [u8; 18] {
    let mut fixed = [0; 18];
    let length = id.len().min(fixed.len());
    fixed[..length].copy_from_slice(&id[..length]);
    fixed
}

/// Reads the column `sf__Error`: `DUPLICATE_VALUE:duplicate value found:Key__c --`.
fn problem_of(error: &str) -> Problem {
    let said = &legible(error.trim(), "");
    let is_code = |text: &str| {
        !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_')
    };
    let Some((code, rest)) = said.split_once(':').filter(|(code, _)| is_code(code)) else {
        return Problem { message: said.to_owned(), ..Problem::default() };
    };
    let rest = rest.strip_suffix("--").unwrap_or(rest).trim_end();
    let is_field = |text: &str| {
        text.starts_with(|first: char| first.is_ascii_alphabetic())
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_.".contains(&byte))
    };
    let (message, fields) = rest.rsplit_once(':').unwrap_or((rest, ""));
    let fields: Vec<_> = fields.split(',').map(str::trim).filter(|it| !it.is_empty()).collect();
    if !fields.iter().all(|field| is_field(field)) {
        return Problem { code: code.to_owned(), message: rest.to_owned(), fields: Vec::new() };
    }
    let fields = fields.into_iter().map(str::to_owned).collect();
    Problem { code: code.to_owned(), message: message.trim().to_owned(), fields }
}

/// The longest reason of a failed row, in bytes.
const MAX_REASON: usize = 8 << 10;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn error_of_a_row_has_code_message_and_fields() {
        for (text, code, message, fields) in [
            (
                "REQUIRED_FIELD_MISSING:Required fields are missing: [Name]:Name --",
                "REQUIRED_FIELD_MISSING",
                "Required fields are missing: [Name]",
                "Name",
            ),
            (
                "DUPLICATE_VALUE:duplicate value found: <unknown> duplicates value on record with \
                 id: <unknown>:--",
                "DUPLICATE_VALUE",
                "duplicate value found: <unknown> duplicates value on record with id: <unknown>",
                "",
            ),
            (
                "FIELD_CUSTOM_VALIDATION_EXCEPTION:too long: really:A__c,B__c --",
                "FIELD_CUSTOM_VALIDATION_EXCEPTION",
                "too long: really",
                "A__c|B__c",
            ),
            ("UNKNOWN_EXCEPTION:see http://x y", "UNKNOWN_EXCEPTION", "see http://x y", ""),
            ("something else: happened", "", "something else: happened", ""),
            ("", "", "", ""),
        ] {
            let problem = problem_of(text);
            assert_eq!((&*problem.code, &*problem.message), (code, message), "{text}");
            assert_eq!(problem.fields.join("|"), fields, "{text}");
        }
    }
}

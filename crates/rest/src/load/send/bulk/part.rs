use std::borrow::Cow;
use std::io::{self, BufWriter};

use sha2::{Digest, Sha256};

use super::plan::BulkPlan;
use crate::bulk::{JobData, MAX_JOB_BYTES};
use crate::load::check::CheckedFile;
use crate::load::send::LoadError;
use crate::load::send::reader::Reader;

/// A hash of the values of a row.
pub(super) type Hash = [u8; 16];

/// The rows of one job.
#[derive(Debug)]
pub(super) struct Part {
    pub(super) first: u64,
    pub(super) data: JobData,
    pub(super) hashes: Vec<Hash>,
}

impl Part {
    pub(super) fn last(&self) -> u64 {
        self.first + self.hashes.len() as u64 - 1
    }

    /// Writes the CSV of the next rows to a temporary file.
    pub(super) fn read(cells: &mut Cells<'_>) -> Result<Self, LoadError> {
        let plan = cells.plan;
        let file = tempfile::tempfile().map_err(LoadError::Spool)?;
        let copy = file.try_clone().map_err(LoadError::Spool)?;
        let mut builder = csv::WriterBuilder::new();
        builder.terminator(csv::Terminator::Any(b'\n'));
        let mut writer = builder.from_writer(BufWriter::with_capacity(64 << 10, copy));
        writer.write_record(plan.header()).map_err(spool)?;
        let mut length = most_bytes(plan.header());
        let (first, mut hashes) = (cells.next_number(), Vec::new());
        while (hashes.len() as u64) < plan.max_rows && cells.next_number() <= cells.checked.rows {
            let row = cells.next()?;
            length += most_bytes(&row);
            if length > MAX_JOB_BYTES && !hashes.is_empty() {
                cells.put_back = Some(row);
                break;
            }
            writer.write_record(&row).map_err(spool)?;
            hashes.push(hash(row.iter().map(String::as_bytes)));
        }
        writer.flush().map_err(LoadError::Spool)?;
        drop(writer);
        let data = JobData::from_file(file).map_err(LoadError::Spool)?;
        Ok(Self { first, data, hashes })
    }
}

/// A reader of the rows as cells.
pub(super) struct Cells<'a> {
    checked: &'a CheckedFile,
    plan: &'a BulkPlan,
    reader: Reader<'a>,
    /// The row that will be the next one again.
    put_back: Option<Vec<String>>,
}

impl<'a> Cells<'a> {
    /// Returns a reader of the rows after this one.
    pub(super) fn after(
        checked: &'a CheckedFile,
        plan: &'a BulkPlan,
        number: u64,
    ) -> Result<Self, LoadError> {
        let reader = Reader::after(checked, number)?;
        Ok(Self { checked, plan, reader, put_back: None })
    }

    /// Returns the hashes of the next rows.
    pub(super) fn hashes(mut self, rows: u64) -> Result<Vec<Hash>, LoadError> {
        let hash = |row: Vec<String>| hash(row.iter().map(String::as_bytes));
        (0..rows).map(|_| self.next().map(hash)).collect()
    }

    fn next_number(&self) -> u64 {
        self.reader.number + u64::from(self.put_back.is_none())
    }

    fn next(&mut self) -> Result<Vec<String>, LoadError> {
        if let Some(row) = self.put_back.take() {
            return Ok(row);
        }
        let (_, prepared) = self.reader.next()?;
        self.plan.row(&self.checked.plan, &prepared).ok_or(LoadError::Changed)
    }
}

/// Returns the hash of the cells of a row. Blanks around a value and the kind of its line breaks do
/// not count: Salesforce may change them.
pub(super) fn hash<'a>(cells: impl Iterator<Item = &'a [u8]>) -> Hash {
    let mut hash = Sha256::new();
    for cell in cells {
        let cell = plain(cell.trim_ascii());
        hash.update((cell.len() as u64).to_le_bytes());
        hash.update(cell);
    }
    let hash: [u8; 32] = hash.finalize().into();
    hash[..16].try_into().expect("it has 32 bytes")
}

fn plain(cell: &[u8]) -> Cow<'_, [u8]> {
    if !cell.contains(&b'\r') {
        return cell.into();
    }
    let mut plain = Vec::with_capacity(cell.len());
    for (at, byte) in cell.iter().enumerate() {
        match byte {
            b'\r' if cell.get(at + 1) == Some(&b'\n') => {}
            b'\r' => plain.push(b'\n'),
            byte => plain.push(*byte),
        }
    }
    plain.into()
}

/// The length of a CSV record if every cell is quoted and every quote in it doubled.
fn most_bytes(cells: &[String]) -> u64 {
    let most = |cell: &String| cell.len() + cell.bytes().filter(|byte| *byte == b'"').count() + 3;
    cells.iter().map(most).sum::<usize>() as u64
}

/// Converts an error of the `csv` crate, which is always one of writing here.
fn spool(error: csv::Error) -> LoadError {
    LoadError::Spool(match error.into_kind() {
        csv::ErrorKind::Io(error) => error,
        _ => io::ErrorKind::Other.into(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hash_ignores_blanks_around_values_and_kinds_of_line_breaks() {
        let of = |cells: &[&str]| hash(cells.iter().map(|cell| cell.as_bytes()));
        assert_eq!(of(&["a\r\nb", " c "]), of(&["a\nb", "c"]));
        assert_eq!(of(&["a\rb", ""]), of(&["a\nb", ""]));
        for other in [["ab", ""], ["", "ab"], ["a", "b"], ["a b", ""], ["b", "a"]] {
            let is_equal = |one: &[&str; 2]| of(one) == of(&other);
            assert_eq!(
                [["ab", ""], ["", "ab"], ["a", "b"], ["a b", ""], ["b", "a"]]
                    .iter()
                    .filter(|one| is_equal(one))
                    .count(),
                1
            );
        }
    }
}

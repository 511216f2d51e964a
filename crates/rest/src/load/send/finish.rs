use std::path::{Path, PathBuf};
use std::{io, mem};

use super::{Load, LoadError};
use crate::Org;
use crate::load::output::OutputFile;
use crate::load::read::Row;
use crate::load::report::{Outcome, RowResult};

/// The end of a load: rows without an outcome, and the journal.
impl Load<'_> {
    /// Lists the rows in flight, if there are any, as unknown, so that they are never sent again.
    pub(super) fn list_unknown(&mut self) -> Result<(), LoadError> {
        let Some(last) = self.journal.state.sending else { return Ok(()) };
        let batch = mem::take(&mut self.batch);
        let result = |row: u64| RowResult { row, id: None, outcome: Outcome::Unknown };
        let results: Vec<_> = batch.iter().map(|(row, _)| result(row.number)).collect();
        self.write(&batch, &results)?;
        let state = &mut self.journal.state;
        state.unknown.push((state.settled + 1, last));
        state.counts.unknown += last - state.settled;
        (state.settled, state.sending) = (last, None);
        self.save()
    }

    /// Writes the rows after this one, which were not sent, to their file.
    pub(super) fn write_not_sent(&mut self, sent: u64) -> Option<PathBuf> {
        let mut file = self.files.not_sent()?;
        let written = self.write_rest(&mut file, sent);
        // After a change, the rows are not those that were checked.
        let written = match self.checked.file.is_unchanged() {
            Ok(false) => Err(io::Error::other("the record file was changed")),
            checked => checked.and(written),
        };
        match written {
            Ok(()) => Some(file.path().to_owned()),
            Err(error) => {
                // A file with some of the rows would look complete.
                self.keep(file.error(error));
                file.discard();
                None
            }
        }
    }

    fn write_rest(&mut self, file: &mut OutputFile, sent: u64) -> io::Result<()> {
        let mut some: Vec<Row> =
            mem::take(&mut self.batch).into_iter().map(|(row, _)| row).collect();
        loop {
            file.write(some.iter().map(|row| (row, vec![row.number.to_string()])))?;
            some.clear();
            while some.len() < Org::MAX_RECORDS
                && let Some(row) = self.reader.rows.next().map_err(io::Error::other)?
            {
                // The reader begins with the rows of a job in progress.
                some.extend(Some(row).filter(|row| row.number > sent));
            }
            if some.is_empty() {
                return file.sync();
            }
        }
    }

    /// Notes the file of rows that were not sent in the journal, and returns the path of the journal.
    pub(super) fn keep_journal(&mut self, not_sent_file: Option<&Path>) -> Option<PathBuf> {
        let path = self.journal.path()?.to_owned();
        let state = &mut self.journal.state;
        state.not_sent_file = not_sent_file.and_then(|file| std::path::absolute(file).ok());
        let found = not_sent_file.and_then(|file| file.metadata().ok());
        state.not_sent_length = found.map(|found| found.len());
        if let Err(error) = self.journal.write() {
            self.keep(error);
        }
        Some(path)
    }
}

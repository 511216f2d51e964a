use std::io;
use std::path::{Path, PathBuf};

use super::{Load, write};
use crate::Org;
use crate::load::output::OutputFile;
use crate::load::read::Row;

/// The end of a load: rows without an outcome, and the journal.
impl Load<'_> {
    /// Lists the rows in flight as unknown, so that they are never sent again. `false` if neither
    /// file nor journal could be written; then the journal stays.
    pub(super) fn list_unknown(&mut self) -> bool {
        let batch = std::mem::take(&mut self.batch);
        self.in_flight = false;
        let (Some((first, _)), Some((last, _))) = (batch.first(), batch.last()) else {
            return true;
        };
        let range = (first.number, last.number);
        self.unknown.push(range);
        self.counts.unknown += batch.len() as u64;
        self.settled = range.1;
        let rows = batch.iter().map(|(row, _)| (row, vec![row.number.to_string()]));
        if let Err(error) = write(&mut self.unknown_rows, rows) {
            self.keep(error);
            return false;
        }
        let (settled, counts, unknown) = (self.settled, self.counts, self.unknown.clone());
        let noted = self.note(|journal| {
            let state = &mut journal.state;
            (state.settled, state.sending) = (settled, None);
            (state.counts, state.unknown) = (counts, unknown);
        });
        noted.map_err(|error| self.keep(error)).is_ok()
    }

    pub(super) fn write_not_sent(&mut self) -> Option<PathBuf> {
        let output = self.not_sent.take()?;
        let path = output.path().to_owned();
        let mut file = match OutputFile::new(Some(output), OutputFile::ROW, &self.style) {
            Ok(file) => file?,
            Err(source) => {
                self.unwritten.push((path, source));
                return None;
            }
        };
        match self.write_rest(&mut file) {
            Ok(()) => Some(file.path().to_owned()),
            Err(source) => {
                // A file with some of the rows would look complete.
                self.unwritten.push((file.path().to_owned(), source));
                file.discard();
                None
            }
        }
    }

    fn write_rest(&mut self, file: &mut OutputFile) -> io::Result<()> {
        // After a change, the rows are not those that were checked.
        if !self.checked.file.is_unchanged()? {
            return Err(io::Error::other("the record file was changed"));
        }
        let mut some: Vec<Row> =
            std::mem::take(&mut self.batch).into_iter().map(|(row, _)| row).collect();
        loop {
            file.write(some.iter().map(|row| (row, vec![row.number.to_string()])))?;
            some.clear();
            while some.len() < Org::MAX_RECORDS
                && let Some(row) = self.rows.next().map_err(io::Error::other)?
            {
                some.push(row);
            }
            if some.is_empty() {
                return file.sync();
            }
        }
    }

    /// Removes the journal if the load is done, or else returns its path.
    pub(super) fn close_journal(
        &mut self,
        is_done: bool,
        not_sent_file: Option<&Path>,
    ) -> Option<PathBuf> {
        let mut journal = self.journal.take()?;
        let path = journal.path().to_owned();
        if is_done {
            return journal.remove().err().map(|_| path);
        }
        journal.state.not_sent_file = not_sent_file.and_then(|file| std::path::absolute(file).ok());
        if let Err(source) = journal.write() {
            self.unwritten.push((path.clone(), source));
        }
        Some(path)
    }
}

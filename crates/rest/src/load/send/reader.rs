use crate::load::check::CheckedFile;
use crate::load::columns::Columns;
use crate::load::read::{Row, Rows};
use crate::load::record::Prepared;
use crate::load::send::LoadError;

/// A reader of the rows of a checked file. A row that was valid is still valid, unless the file has
/// changed.
pub(super) struct Reader<'a> {
    checked: &'a CheckedFile,
    pub(super) rows: Rows,
    columns: Columns,
    /// The number of the last row that was read.
    pub(super) number: u64,
}

impl<'a> Reader<'a> {
    /// Returns a reader of the rows after this one.
    pub(super) fn after(checked: &'a CheckedFile, number: u64) -> Result<Self, LoadError> {
        let mut rows = checked.file.rows()?;
        let columns = checked.plan.columns(rows.header());
        for _ in 0..number {
            rows.next()?.ok_or(LoadError::Changed)?;
        }
        Ok(Self { checked, rows, columns, number })
    }

    /// Returns the next row as it is sent.
    pub(super) fn next(&mut self) -> Result<(Row, Prepared), LoadError> {
        let row = self.rows.next()?.ok_or(LoadError::Changed)?;
        let prepared = self.checked.plan.prepare(&mut self.columns, &row);
        let prepared = prepared.map_err(|_| LoadError::Changed)?;
        self.number = row.number;
        Ok((row, prepared))
    }
}

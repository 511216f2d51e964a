//! Aligned columns.

use unicode_width::UnicodeWidthStr;

use crate::io::text::printable;

/// A line of a table: a name, a value and a remark.
pub(crate) struct Row([String; 3]);

impl Row {
    pub(crate) fn new(name: &str, value: &str) -> Self {
        Self([name.to_owned(), printable(value), String::new()])
    }

    /// Adds a remark about the value.
    pub(crate) fn remark(mut self, remark: &str) -> Self {
        self.0[2] = printable(remark);
        self
    }
}

/// Formats rows in aligned columns.
pub(crate) fn table(rows: impl IntoIterator<Item = Row>) -> String {
    let rows: Vec<_> = rows.into_iter().map(|Row(cells)| cells).collect();
    columns(&rows)
}

/// Formats cells in aligned columns, with two blanks between them.
pub(crate) fn columns(rows: &[impl AsRef<[String]>]) -> String {
    let mut text = String::new();
    let widths = widths(rows);
    for row in rows {
        let mut line = String::new();
        for (cell, width) in row.as_ref().iter().zip(&widths) {
            line.push_str(cell);
            line.push_str(&" ".repeat(width - cell.width() + 2));
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

/// Returns the width of each column, in columns of a terminal.
pub(crate) fn widths(rows: &[impl AsRef<[String]>]) -> Vec<usize> {
    let mut widths = Vec::new();
    for row in rows {
        for (at, cell) in row.as_ref().iter().enumerate() {
            widths.resize(widths.len().max(at + 1), 0);
            widths[at] = cell.width().max(widths[at]);
        }
    }
    widths
}

//! Tables and CSV of records.

use crate::io::look::Look;
use crate::io::table::columns;
use crate::io::text::printable;

/// Returns the rows below a header. The columns in `right` are aligned to the right.
pub(crate) fn table(
    head: Vec<String>,
    rows: Vec<Vec<String>>,
    right: &[usize],
    look: Look,
) -> String {
    let shown = |cells: Vec<String>| cells.iter().map(|cell| one_line(cell)).collect();
    let rows: Vec<Vec<String>> = std::iter::once(head).chain(rows).map(shown).collect();
    columns(&rows, right, look)
}

/// Returns the rows as CSV (RFC 4180).
pub(crate) fn csv(rows: impl IntoIterator<Item = Vec<String>>, delimiter: u8) -> Vec<u8> {
    let mut text = Vec::new();
    let mut builder = csv::WriterBuilder::new();
    builder.terminator(csv::Terminator::CRLF).delimiter(delimiter);
    let mut writer = builder.from_writer(&mut text);
    let written = rows.into_iter().try_for_each(|row| writer.write_record(row));
    written.expect("writing rows of one length to memory does not fail");
    drop(writer);
    text
}

fn one_line(cell: &str) -> String {
    let cell = cell.trim_end_matches(['\r', '\n']).replace("\r\n", BREAK);
    printable(&cell.replace(['\r', '\n'], BREAK).replace('\t', " "))
}

/// The sign for a line break within a cell.
const BREAK: &str = "⏎";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn line_break_in_a_cell_is_a_sign() {
        for (cell, shown) in
            [("a\nb", "a⏎b"), ("a\r\nb\r", "a⏎b"), ("a\tb\n", "a b"), ("\u{1b}[2J", "\u{fffd}[2J")]
        {
            assert_eq!(one_line(cell), shown, "{cell:?}");
        }
    }
}

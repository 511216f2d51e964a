//! Tables for terminals.

use unicode_width::UnicodeWidthStr;

use crate::io::table::{columns, widths};
use crate::io::text::printable;

/// Returns the rows below a header. A column is at most [`MAX_WIDTH`] wide.
pub(crate) fn table(head: Vec<String>, rows: Vec<Vec<String>>) -> String {
    let shown = |cells: Vec<String>| cells.iter().map(|cell| cut(&one_line(cell))).collect();
    let mut rows: Vec<Vec<String>> = std::iter::once(head).chain(rows).map(shown).collect();
    let rule = widths(&rows).into_iter().map(|width| "-".repeat(width)).collect();
    rows.insert(1, rule);
    columns(&rows)
}

fn one_line(cell: &str) -> String {
    let cell = cell.trim_end_matches(['\r', '\n']).replace("\r\n", BREAK);
    printable(&cell.replace(['\r', '\n'], BREAK).replace('\t', " "))
}

fn cut(text: &str) -> String {
    if text.width() <= MAX_WIDTH {
        return text.to_owned();
    }
    let mut short = String::new();
    for c in text.chars() {
        if short.width() + 3 > MAX_WIDTH {
            break;
        }
        short.push(c);
    }
    short + "…"
}

/// The sign for a line break within a cell.
const BREAK: &str = "⏎";

/// The widest column. The other formats have the whole text.
const MAX_WIDTH: usize = 60;

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

    #[test]
    fn columns_are_as_wide_as_their_cells() {
        let row = |cells: [&str; 2]| cells.map(str::to_owned).to_vec();
        let long = "x".repeat(70);
        let rows = [row(["Åre", "1"]), row(["東京", ""]), row(["\u{1b}[2J", &long])];
        let table = table(row(["Name", "N"]), rows.to_vec());
        let lines: Vec<_> = table.lines().collect();
        assert_eq!(
            lines[..4],
            [
                "Name  N".to_owned(),
                format!("----  {}", "-".repeat(59)),
                "Åre   1".to_owned(),
                "東京".to_owned(),
            ]
        );
        assert!(lines[4].starts_with("\u{fffd}[2J") && lines[4].ends_with("x…"));
    }
}

//! Aligned columns.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use crate::io::look::{self, Look};
use crate::io::text::{is_id, printable};

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

    /// Formats a row that is wider than the terminal: value and remark below each other.
    fn wrapped(&self, name_width: usize, look: Look) -> String {
        let Self([name, value, remark]) = self;
        let indent = " ".repeat(name_width + 2);
        let first = format!("{name}{}", " ".repeat(indent.len() - name.width()));
        let value = look.wrapped(&first, &indent, value);
        if remark.is_empty() { value } else { value + &look.wrapped(&indent, &indent, remark) }
    }
}

/// Formats rows in aligned columns.
pub(crate) fn table(rows: impl IntoIterator<Item = Row>, look: Look) -> String {
    let rows: Vec<_> = rows.into_iter().collect();
    let room = look.width().unwrap_or(usize::MAX);
    let name_width = rows.iter().map(|row| row.0[0].width()).max().unwrap_or_default();
    // A long value does not move the remarks of the other rows to the right.
    let is_short = |row: &&Row| row.0[1].width() <= room / 2;
    let value_width = rows.iter().filter(is_short).map(|row| row.0[1].width()).max();
    let widths = [name_width, value_width.unwrap_or_default(), 0];
    rows.iter()
        .map(|row| {
            let line = line(&row.0, &widths, &[]);
            if line.width() <= room { line + "\n" } else { row.wrapped(name_width, look) }
        })
        .collect()
}

/// Formats cells in aligned columns below a header, with two blanks between them. The columns in
/// `right` are aligned to the right. On a terminal, wide columns are cut so that a row fits.
pub(crate) fn columns(rows: &[impl AsRef<[String]>], right: &[usize], look: Look) -> String {
    let mut widths = widths(rows);
    if let Some(room) = look.width() {
        fit(&mut widths, &least_widths(rows), room);
    }
    let mut text = String::new();
    for (at, row) in rows.iter().enumerate() {
        let cells: Vec<_> =
            row.as_ref().iter().zip(&widths).map(|(cell, width)| cut(cell, *width)).collect();
        let line = line(&cells, &widths, right);
        text += &if at == 0 { look.paint(look::HEADING, &line) } else { line };
        text.push('\n');
    }
    text
}

fn line(cells: &[String], widths: &[usize], right: &[usize]) -> String {
    let mut line = String::new();
    for (at, (cell, width)) in cells.iter().zip(widths).enumerate() {
        let blanks = " ".repeat(width.saturating_sub(cell.width()));
        let (before, after) = if right.contains(&at) { (&*blanks, "") } else { ("", &*blanks) };
        line += &format!("{before}{cell}{after}  ");
    }
    line.truncate(line.trim_end().len());
    line
}

/// Returns the width of each column, in columns of a terminal.
fn widths(rows: &[impl AsRef<[String]>]) -> Vec<usize> {
    let columns = rows.first().map_or(0, |row| row.as_ref().len());
    let width = |row: &[String], at: usize| row.get(at).map_or(0, |cell| cell.width());
    let widest = |at| rows.iter().map(|row| width(row.as_ref(), at)).max().unwrap_or_default();
    (0..columns).map(widest).collect()
}

/// Returns the least width of each column. An id is shown as a whole: a part of it finds nothing.
fn least_widths(rows: &[impl AsRef<[String]>]) -> Vec<usize> {
    let columns = rows.first().map_or(0, |header| header.as_ref().len());
    let cells = |at| rows.iter().skip(1).filter_map(move |row| row.as_ref().get(at));
    let longest_id = |at| cells(at).filter(|cell: &&String| is_id(cell)).map(String::len).max();
    (0..columns).map(|at| longest_id(at).unwrap_or(MIN_WIDTH)).collect()
}

/// Makes the widest columns narrower until a row fits, but none narrower than its `least` width.
fn fit(widths: &mut [usize], least: &[usize], room: usize) {
    while widths.iter().map(|width| width + 2).sum::<usize>() > room + 2 {
        let wide = widths.iter_mut().zip(least).filter(|(width, least)| **width > **least);
        let Some((widest, _)) = wide.max() else { return };
        *widest -= 1;
    }
}

/// Cuts text to a width.
pub(crate) fn cut(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let mut left = width - 1;
    let fits = |c: &char| {
        let width = c.width().unwrap_or_default();
        let fits = width <= left;
        left = left.saturating_sub(width);
        fits
    };
    text.chars().take_while(fits).chain(['…']).collect()
}

/// The narrowest column that is still of use.
const MIN_WIDTH: usize = 8;

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(cells: &[[&str; 3]]) -> Vec<[String; 3]> {
        cells.iter().map(|row| row.map(str::to_owned)).collect()
    }

    #[test]
    fn widest_columns_are_cut_to_the_terminal_and_numbers_are_aligned_to_the_right() {
        let rows = rows(&[
            ["NAME", "NUMBER", "NOTE"],
            ["Åre Skidort AB", "5", "a note that is far too long for it"],
            ["東京都千代田区", "1200", ""],
        ]);
        let text = columns(&rows, &[1], Look::terminal(40));
        assert_eq!(
            text,
            "NAME            NUMBER  NOTE\n\
             Åre Skidort AB       5  a note that is …\n\
             東京都千代田区    1200\n"
        );
        assert_eq!(
            columns(&rows, &[1], Look::terminal(20)).lines().nth(2),
            Some("東京都…     1200")
        );
        let pipe = columns(&rows, &[1], Look::PIPE);
        assert!(
            pipe.contains("Åre Skidort AB       5  a note that is far too long for it\n"),
            "{pipe}"
        );
    }

    #[test]
    fn ids_are_never_cut() {
        let rows = rows(&[
            ["JOB", "OBJECT", "CREATED"],
            ["750R0000000zxr8IAA", "Opportunity__History", "2026-12-31T23:59:00.000+0000"],
        ]);
        assert_eq!(
            columns(&rows, &[], Look::terminal(48)).lines().nth(1),
            Some("750R0000000zxr8IAA  Opportunity_…  2026-12-31T2…")
        );
        assert_eq!(
            columns(&rows, &[], Look::terminal(20)).lines().nth(1),
            Some("750R0000000zxr8IAA  Opportu…  2026-12…")
        );
    }

    #[test]
    fn row_that_is_too_wide_has_its_remark_below() {
        let rows = || {
            [
                Row::new("endpoint", "https://acme.my.salesforce.com/services/oauth2/token")
                    .remark("from the URL"),
                Row::new("user", "a@acme.com").remark("flag"),
                Row::new("proxy", "[set]").remark("HTTPS_PROXY"),
            ]
        };
        let wide = "endpoint  https://acme.my.salesforce.com/services/oauth2/token  from the URL\n\
                    user      a@acme.com                                            flag\n\
                    proxy     [set]                                                 HTTPS_PROXY\n";
        assert_eq!(table(rows(), Look::PIPE), wide);
        let narrow = "endpoint  https://acme.my.salesforce.com/services/oauth2/token\n          from the URL\n\
                      user      a@acme.com  flag\n\
                      proxy     [set]       HTTPS_PROXY\n";
        assert_eq!(table(rows(), Look::terminal(64)), narrow);
    }
}

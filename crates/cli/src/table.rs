//! What is, line by line: results for people.

use crate::text::printable;

/// A line of a table: what it is, its value, and what there may be to say about that.
pub(crate) struct Row {
    name: &'static str,
    value: String,
    remark: String,
}

impl Row {
    pub(crate) fn new(name: &'static str, value: &str) -> Self {
        Self { name, value: value.to_owned(), remark: String::new() }
    }

    /// What there is to say about the value; nothing unless told.
    pub(crate) fn remark(self, remark: &str) -> Self {
        Self { remark: remark.to_owned(), ..self }
    }
}

/// The rows, their columns one below the other.
pub(crate) fn table(rows: impl IntoIterator<Item = Row>) -> String {
    let rows: Vec<Row> = rows.into_iter().collect();
    let widest = |of: fn(&Row) -> &str| {
        rows.iter().map(|row| of(row).chars().count()).max().unwrap_or_default()
    };
    let names = widest(|row| row.name);
    // A remark stands beside its value; where there are none, no value is padded.
    let values = widest(|row| if row.remark.is_empty() { "" } else { &row.value });
    let mut text = String::new();
    for Row { name, value, remark } in &rows {
        let (value, remark) = (printable(value), printable(remark));
        let line = format!("{name:names$}  {value:values$}  {remark}");
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

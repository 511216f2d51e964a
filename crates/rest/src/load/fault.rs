use std::borrow::Cow;
use std::fmt;

use orgtoken_assertion::Diagnostic;
use orgtoken_oauth::redact;

use crate::RestError;

/// A fault of a record file. It does not quote the value, which may be private.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{place}{}", kind.message)]
#[non_exhaustive]
pub struct Fault {
    /// The position.
    pub place: Place,
    pub(super) kind: FaultKind,
}

impl Fault {
    pub(super) fn new(place: Place, kind: FaultKind) -> Self {
        Self { place, kind }
    }

    /// The error code of all faults.
    pub const CODE: &'static str = "usage.records";

    /// The next step for the user.
    pub fn hint(&self) -> Option<Cow<'static, str>> {
        self.kind.hint.map(Cow::Borrowed)
    }
}

/// The position of a fault, as far as it is known.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct Place {
    /// The line of the file, counted from 1.
    pub line: Option<u64>,
    /// The row, counted from 1 after the header.
    pub row: Option<u64>,
    /// The column of a CSV file, counted from 1.
    pub column: Option<usize>,
    /// The name of the column or of the field.
    pub name: Option<String>,
}

impl Place {
    pub(super) fn line(line: u64) -> Self {
        Self { line: Some(line), ..Self::default() }
    }

    pub(super) fn row(row: u64, line: u64) -> Self {
        Self { row: Some(row), line: Some(line), ..Self::default() }
    }

    pub(super) fn in_column(mut self, column: usize, name: &str) -> Self {
        self.column = Some(column);
        self.with_name(name)
    }

    pub(super) fn with_name(mut self, name: &str) -> Self {
        self.name = Some(shown(name));
        self
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut parts = Vec::new();
        parts.extend(self.line.map(|line| format!("line {line}")));
        parts.extend(self.row.map(|row| format!("row {row}")));
        match (self.column, &self.name) {
            (Some(column), Some(name)) => parts.push(format!("column {column} (`{name}`)")),
            (Some(column), None) => parts.push(format!("column {column}")),
            (None, Some(name)) => parts.push(format!("field `{name}`")),
            (None, None) => {}
        }
        if parts.is_empty() { Ok(()) } else { write!(f, "{}: ", parts.join(", ")) }
    }
}

/// The message of a fault and the next step. Neither quotes a value.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct FaultKind {
    message: Cow<'static, str>,
    hint: Option<&'static str>,
    /// Whether the next rows are still read correctly.
    pub(super) is_of_one_row: bool,
}

impl FaultKind {
    pub(super) const DELIMITER: Self =
        Self::new("the header has both `;` and tabs", "name the delimiter");
    pub(super) const DUPLICATE_NAME: Self = Self::new("duplicate name", "remove one of the two");
    pub(super) const EMPTY: Self = Self::new(
        "the file is empty",
        "check the program that writes the file; without rows, a file has at least a header",
    );
    pub(super) const EMPTY_ROW: Self = Self::new("the row is empty", "remove the row");
    pub(super) const EMPTY_VALUE: Self =
        Self::new("the value is missing", "add the value, or remove the row");
    pub(super) const NO_NAME: Self = Self::new(
        "the column has no name",
        "remove the column, or the delimiter at the end of each line",
    );
    pub(super) const NOT_BOOLEAN: Self = Self::new("not true or false", "write true or false");
    pub(super) const NOT_DATE: Self =
        Self::new("not a date", "write dates as 2026-12-31, times as 2026-12-31T23:59:00Z");
    pub(super) const NOT_EXTERNAL_ID: Self = Self::new(
        "the field is not an external id",
        "tick External ID on the field, or choose another field",
    );
    pub(super) const NOT_ID: Self = Self::new(
        "not a record id",
        "an id has 15 or 18 letters and digits, exactly as Salesforce shows it",
    );
    pub(super) const NOT_NUMBER: Self =
        Self::new("not a number", "write 1234.5: a decimal point, no thousands separator, no unit");
    /// Half of a surrogate pair is valid JSON, but no text.
    pub(super) const NOT_TEXT: Self = Self::new(
        "not Unicode text: half of a surrogate pair",
        "check the program that writes the file: it cuts text within a character",
    );
    pub(super) const NOT_TIME: Self = Self::new("not a time", "write times as 23:59:00.000Z");
    pub(super) const NOT_WHOLE: Self = Self::new("not a whole number", "write digits only");
    pub(super) const NOT_WRITABLE: Self = Self::new(
        "the field cannot be written",
        "remove the column, or check the field-level security of the user",
    );
    pub(super) const QUOTE_INSIDE: Self =
        Self::new("a quote inside a field that does not begin with a quote (RFC 4180)", QUOTE_HINT);
    pub(super) const QUOTE_OPEN: Self = Self::new(
        "a quote that is never closed (RFC 4180)",
        "close the quote, or write it twice inside a quoted field",
    );
    /// A carriage return outside quotes, in a file whose lines do not end with one alone.
    pub(super) const RETURN: Self = Self::new(
        "a carriage return in a field that has no quotes (RFC 4180)",
        "put the field into quotes, or remove the carriage return",
    );
    pub(super) const SPACED: Self = Self::new("the name has blanks around it", "remove the blanks");
    /// The number is beyond the range of a double (IEEE 754). Salesforce refuses the whole call.
    pub(super) const TOO_LARGE: Self = Self::new(
        "the number is too large",
        "correct the number: the largest has about 308 digits",
    );
    /// The parts of the value are not checked, and one of them could make the whole call fail.
    pub(super) const TOO_COMPLEX: Self =
        Self::not_wanted("the value has more than 128 levels, or more than 2,000,000 parts");
    pub(super) const TOO_LONG: Self = Self::new(
        "the row is longer than 32 MiB",
        "close the quote that begins in this line, or check that the file is CSV",
    );

    const fn new(message: &'static str, hint: &'static str) -> Self {
        Self { message: Cow::Borrowed(message), hint: Some(hint), is_of_one_row: false }
    }

    /// A fault whose message names the next step.
    pub(super) const fn not_wanted(message: &'static str) -> Self {
        Self { message: Cow::Borrowed(message), hint: None, is_of_one_row: false }
    }

    fn with(message: String, hint: &'static str) -> Self {
        Self { message: message.into(), hint: Some(hint), is_of_one_row: false }
    }

    /// Two columns write the same field, such as `AccountId` and `Account.Key__c`.
    pub(super) fn duplicate(first: usize) -> Self {
        let message = format!("the same field is in column {first} already");
        Self::with(message, "remove one of the two")
    }

    /// Bytes that are invalid in the encoding: `UTF-8` or `windows-1252`.
    pub(super) fn encoding(encoding: &str) -> Self {
        let hint = "save the file as UTF-8, or name its encoding";
        let is_of_one_row = encoding == "UTF-8";
        Self { is_of_one_row, ..Self::with(format!("not {encoding}"), hint) }
    }

    /// JSON that is malformed, or that does not contain records.
    pub(super) const fn json(message: &'static str) -> Self {
        Self::new(
            message,
            "give an array of objects, {\"records\": […]}, or one object on each line",
        )
    }

    pub(super) fn missing_column(name: &str) -> Self {
        let message = format!("the column `{}` is missing", shown(name));
        Self::with(message, "add the column, or check the delimiter of the header")
    }

    pub(super) fn not_field(object: &str) -> Self {
        Self::with(
            format!("`{object}` has no such field"),
            "compare the name with the fields of the object, and check the delimiter of the header",
        )
    }

    pub(super) fn not_records(what: &str) -> Self {
        let message = format!("the file is {what}, not CSV or JSON");
        Self::with(message, "save the data as CSV in UTF-8")
    }

    /// The id, or `attributes`, belongs to another object.
    pub(super) fn other_object(object: &str) -> Self {
        let message = format!("not a record of `{object}`");
        Self::with(message, "check the object and the source of the ids")
    }

    /// Text between the closing quote and the end of the field.
    pub(super) fn quote_text(opened: u64) -> Self {
        let what = "text after the closing quote of a field that begins at line";
        Self::with(format!("{what} {opened} (RFC 4180)"), QUOTE_HINT)
    }

    pub(super) fn width(expected: usize, found: usize) -> Self {
        let message = format!("{found} cells, but the header has {expected}");
        let hint = "put cells that hold the delimiter or a line break into quotes";
        Self { is_of_one_row: true, ..Self::with(message, hint) }
    }
}

/// The first faults of a file and the total number.
#[derive(Debug, Default)]
pub(super) struct Faults {
    first: Vec<Fault>,
    pub(super) total: u64,
}

impl Faults {
    pub(super) fn is_empty(&self) -> bool {
        self.total == 0
    }

    pub(super) fn add(&mut self, fault: Fault) {
        self.total += 1;
        if self.first.len() < MAX_FAULTS {
            self.first.push(fault);
        }
    }

    pub(super) fn extend(&mut self, faults: Vec<Fault>) {
        for fault in faults {
            self.add(fault);
        }
    }
}

/// The error of a file that cannot be read, or that is not sent.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CheckError {
    /// The object could not be described.
    #[error(transparent)]
    Describe(#[from] Box<RestError>),
    /// The file has faults.
    #[error("{}", first(faults, *total))]
    Faults {
        /// The first faults, at least one.
        faults: Vec<Fault>,
        /// The total number of faults.
        total: u64,
    },
    /// The file cannot be read.
    #[error("cannot read the record file")]
    Io(#[from] std::io::Error),
    /// The content of a pipe cannot be saved.
    #[error("cannot save standard input to a temporary file")]
    Spool(#[source] std::io::Error),
}

impl Diagnostic for CheckError {
    fn code(&self) -> &str {
        match self {
            Self::Describe(error) => error.code(),
            Self::Faults { .. } => Fault::CODE,
            Self::Io(_) => "io.read",
            Self::Spool(_) => "io.write",
        }
    }

    fn hint(&self) -> Option<Cow<'_, str>> {
        match self {
            Self::Describe(error) => error.hint(),
            Self::Faults { faults, .. } => faults.first().and_then(Fault::hint),
            Self::Io(_) => Some("check the permissions of the file".into()),
            Self::Spool(_) => Some("set TMPDIR to a folder with free space, or use a file".into()),
        }
    }
}

fn first(faults: &[Fault], total: u64) -> String {
    match faults {
        [one] if total == 1 => one.to_string(),
        _ if total > faults.len() as u64 => {
            format!("{total} faults in the record file; these are the first {}", faults.len())
        }
        _ => format!("{total} faults in the record file"),
    }
}

impl CheckError {
    pub(super) fn nowhere(kind: FaultKind) -> Self {
        Fault::new(Place::default(), kind).into()
    }
}

impl From<Fault> for CheckError {
    fn from(fault: Fault) -> Self {
        Self::Faults { faults: vec![fault], total: 1 }
    }
}

impl From<Faults> for CheckError {
    fn from(faults: Faults) -> Self {
        Self::Faults { faults: faults.first, total: faults.total }
    }
}

/// Returns text of the file for a message, redacted and cut. Without a header, it may be a value.
fn shown(text: &str) -> String {
    let redacted = redact::text(text);
    let is_plain = text.split_whitespace().eq(redacted.split(' ').filter(|word| !word.is_empty()));
    let text = if is_plain { text } else { &redacted };
    let mut shown: String = text.chars().filter(|c| !c.is_control()).take(MAX_SHOWN).collect();
    if text.chars().count() > MAX_SHOWN {
        shown.push('…');
    }
    shown
}

const MAX_FAULTS: usize = 20;
const MAX_SHOWN: usize = 60;

const QUOTE_HINT: &str =
    "put the field into quotes and write each quote in it twice: \"Acme \"\"X\"\"\"";

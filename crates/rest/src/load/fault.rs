use std::borrow::Cow;
use std::fmt;

use orgtoken_oauth::redact;

/// A fault of a record file. It does not quote the value, which may be private.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{place}{kind}")]
#[non_exhaustive]
pub struct Fault {
    /// The position.
    pub place: Place,
    /// The kind of fault.
    pub kind: FaultKind,
}

impl Fault {
    pub(super) fn new(place: Place, kind: FaultKind) -> Self {
        Self { place, kind }
    }

    /// The error code of all faults.
    pub const CODE: &'static str = "usage.records";

    /// The next step for the user.
    pub fn hint(&self) -> Option<Cow<'static, str>> {
        self.kind.hint()
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

/// The kinds of faults in a record file.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum FaultKind {
    /// Two columns write the same field, such as `AccountId` and `Account.Key__c`.
    #[error("the same field is in column {first} already")]
    Duplicate {
        /// The earlier column, counted from 1.
        first: usize,
    },
    /// A JSON object has the same name twice.
    #[error("duplicate name")]
    DuplicateName,
    /// Bytes that are invalid in the encoding.
    #[error("not {encoding}")]
    Encoding {
        /// `UTF-8` or `windows-1252`.
        encoding: &'static str,
    },
    /// The file is empty.
    #[error("the file is empty")]
    Empty,
    /// A required cell is empty.
    #[error("the value is missing")]
    EmptyValue,
    /// A row without any value.
    #[error("the row is empty")]
    EmptyRow,
    /// The header has two possible delimiters.
    #[error("the header has both `;` and tabs")]
    Delimiter,
    /// JSON that is malformed, or that does not contain records.
    #[error("{0}")]
    Json(&'static str),
    /// A column or field that the operation needs is missing.
    #[error("the column `{}` is missing", shown(.0))]
    MissingColumn(String),
    /// A column without a name.
    #[error("the column has no name")]
    NoName,
    /// The field cannot be the key of an upsert.
    #[error("the field is not an external id")]
    NotExternalId,
    /// The value is not a boolean.
    #[error("not true or false")]
    NotBoolean,
    /// The value is not a date.
    #[error("not a date")]
    NotDate,
    /// The object has no such field.
    #[error("`{0}` has no such field")]
    NotField(String),
    /// The value is not a record id.
    #[error("not a record id")]
    NotId,
    /// The value is not a number.
    #[error("not a number")]
    NotNumber,
    /// The value is not a time.
    #[error("not a time")]
    NotTime,
    /// The file is neither a table nor a list of records.
    #[error("the file is {0}, not CSV or JSON")]
    NotRecords(&'static str),
    /// The JSON value has the wrong type for the field.
    #[error("expected {0}")]
    NotType(&'static str),
    /// The value is not a whole number.
    #[error("not a whole number")]
    NotWhole,
    /// The field must not be in the file.
    #[error("{0}")]
    NotWanted(&'static str),
    /// The user cannot write the field.
    #[error("the field cannot be written")]
    NotWritable,
    /// The id, or `attributes`, belongs to another object.
    #[error("not a record of `{0}`")]
    OtherObject(String),
    /// A quote in a field that does not begin with one.
    #[error("a quote inside a field that does not begin with a quote (RFC 4180)")]
    QuoteInside,
    /// A quote that is never closed.
    #[error("a quote that is never closed (RFC 4180)")]
    QuoteOpen,
    /// A JSON string has half of a surrogate pair.
    #[error("not Unicode text: half of a surrogate pair")]
    NotText,
    /// A carriage return outside quotes, in a file whose lines do not end with one alone.
    #[error("a carriage return in a field that has no quotes (RFC 4180)")]
    Return,
    /// Text between the closing quote and the end of the field.
    #[error("text after the closing quote of a field that begins at line {opened} (RFC 4180)")]
    QuoteText {
        /// The line of the opening quote.
        opened: u64,
    },
    /// A name has blanks around it.
    #[error("the name has blanks around it")]
    Spaced,
    /// The number is beyond the range of a double (IEEE 754). Salesforce refuses the whole call.
    #[error("the number is too large")]
    TooLarge,
    /// A row has more or fewer cells than the header.
    #[error("{found} cells, but the header has {expected}")]
    Width {
        /// Cells of the header.
        expected: usize,
        /// Cells of the row.
        found: usize,
    },
}

impl FaultKind {
    fn hint(&self) -> Option<Cow<'static, str>> {
        let hint = match self {
            Self::Duplicate { .. } | Self::DuplicateName => "remove one of the two",
            Self::Encoding { .. } => "save the file as UTF-8, or name its encoding",
            Self::Empty => {
                "check the program that writes the file; without rows, a file has at least a header"
            }
            Self::EmptyValue => "add the value, or remove the row",
            Self::EmptyRow => "remove the row",
            Self::Delimiter => "name the delimiter",
            Self::Json(_) => {
                "give an array of objects, {\"records\": […]}, or one object on each line"
            }
            Self::MissingColumn(_) => "add the column, or check the delimiter of the header",
            Self::NoName => "remove the column, or the delimiter at the end of each line",
            Self::NotExternalId => "tick External ID on the field, or choose another field",
            Self::NotBoolean => "write true or false",
            Self::NotDate => "write dates as 2026-12-31, times as 2026-12-31T23:59:00Z",
            Self::NotField(_) => {
                "compare the name with the fields of the object, and check the delimiter of the header"
            }
            Self::NotId => "an id has 15 or 18 letters and digits, exactly as Salesforce shows it",
            Self::NotNumber => "write 1234.5: a decimal point, no thousands separator, no unit",
            Self::NotRecords(_) => "save the data as CSV in UTF-8",
            Self::NotTime => "write times as 23:59:00.000Z",
            Self::NotWhole => "write digits only",
            Self::NotWritable => "remove the column, or check the field-level security of the user",
            Self::OtherObject(_) => "check the object and the source of the ids",
            Self::QuoteInside | Self::QuoteText { .. } => {
                "put the field into quotes and write each quote in it twice: \"Acme \"\"X\"\"\""
            }
            Self::QuoteOpen => "close the quote, or write it twice inside a quoted field",
            Self::NotText => {
                "check the program that writes the file: it cuts text within a character"
            }
            Self::Return => "put the field into quotes, or remove the carriage return",
            Self::Spaced => "remove the blanks",
            Self::TooLarge => "correct the number: the largest has about 308 digits",
            Self::Width { .. } => "put cells that hold the delimiter or a line break into quotes",
            Self::NotType(_) | Self::NotWanted(_) => return None,
        };
        Some(hint.into())
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

const MAX_SHOWN: usize = 60;

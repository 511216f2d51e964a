//! Problems of settings: all at once, each with its location, without values.

mod kind;

use std::borrow::Cow;
use std::error::Error;
use std::fmt;

use orgtoken_assertion::Diagnostic;

pub(crate) use kind::{Json, ProblemKind, quoted};

use crate::notices::Notice;
use crate::setting::Setting;
use crate::source::Source;

/// All problems of the settings.
#[derive(Debug)]
pub struct Problems {
    problems: Vec<Problem>,
    notices: Vec<Notice>,
}

impl Problems {
    pub(crate) fn new(problems: Vec<Problem>, notices: Vec<Notice>) -> Self {
        Self { problems, notices }
    }

    /// Returns the problems other than missing settings, or `None` if there are none.
    pub(crate) fn without_missing(mut self) -> Option<Self> {
        self.problems.retain(|problem| problem.code() != "settings.missing");
        (!self.problems.is_empty()).then_some(self)
    }

    /// Returns the problems. There is at least one.
    pub fn iter(&self) -> impl Iterator<Item = &Problem> {
        self.problems.iter()
    }

    pub(crate) fn into_vec(self) -> Vec<Problem> {
        self.problems
    }

    /// Returns notices about accepted values.
    pub fn notices(&self) -> &[Notice] {
        &self.notices
    }
}

impl Diagnostic for Problems {
    fn code(&self) -> &str {
        self.problems.first().map_or("settings.empty", Problem::code)
    }

    fn hint(&self) -> Option<Cow<'_, str>> {
        self.problems.first().and_then(Problem::hint)
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let [problem] = self.problems.as_slice() {
            return write!(f, "{problem}");
        }
        write!(f, "{} problems in the settings", self.problems.len())?;
        let mut separator = ": ";
        for problem in &self.problems {
            write!(f, "{separator}{problem}")?;
            separator = "; ";
        }
        Ok(())
    }
}

impl Error for Problems {}

/// A problem of the settings, and its location.
#[derive(Debug)]
pub struct Problem {
    pub(crate) location: Location,
    pub(crate) kind: ProblemKind,
}

impl Problem {
    pub(crate) fn new(location: Location, kind: ProblemKind) -> Self {
        Self { location, kind }
    }

    /// Returns the location: a JSON pointer, `file:line`, a variable or a flag; `$` for a whole
    /// record.
    pub fn at(&self) -> String {
        match &self.location {
            Location::Document { .. } => "$".to_owned(),
            Location::Field { source, .. } => source.at(),
            Location::File(file) => file.clone(),
            Location::Nowhere(setting) => setting.name().to_owned(),
            Location::Position { file, line, column } => format!("{file}:{line}:{column}"),
        }
    }

    /// Returns the message without the location.
    pub fn message(&self) -> String {
        self.kind.to_string()
    }

    /// Returns the setting that it is about, if any.
    pub fn setting(&self) -> Option<Setting> {
        match &self.location {
            Location::Field { setting, .. } => *setting,
            Location::Nowhere(setting) => Some(*setting),
            _ => None,
        }
    }
}

impl Diagnostic for Problem {
    fn code(&self) -> &str {
        self.kind.code()
    }

    fn hint(&self) -> Option<Cow<'_, str>> {
        let in_record =
            matches!(&self.location, Location::Field { source: Source::Record { .. }, .. });
        self.kind.hint(self.setting(), in_record)
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.location, self.kind)
    }
}

impl Error for Problem {}

/// The location of a problem.
#[derive(Clone, Debug)]
pub(crate) enum Location {
    /// A record as a whole.
    Document { file: String },
    /// A value, and its setting if it has one.
    Field { setting: Option<Setting>, source: Source },
    /// A file as a whole.
    File(String),
    /// A setting that is given nowhere.
    Nowhere(Setting),
    /// A position in a file; line and column count from 1.
    Position { file: String, line: usize, column: usize },
}

impl Location {
    pub(crate) fn of(setting: Setting, source: &Source) -> Self {
        Self::Field { setting: Some(setting), source: source.clone() }
    }
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Document { file } if file == "-" => f.write_str("record on standard input"),
            Self::Document { file } => write!(f, "record {file}"),
            Self::Field { source, .. } => write!(f, "{source}"),
            Self::File(file) => f.write_str(file),
            Self::Nowhere(setting) => f.write_str(setting.name()),
            Self::Position { file, line, column } => {
                let file = if file == "-" { "standard input" } else { file };
                write!(f, "{file}, line {line}, column {column}")
            }
        }
    }
}

//! Sources of values.

use std::fmt;

use orgtoken_oauth::redact;

/// The source of a value.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Source {
    /// The default.
    Default,
    /// A flag of the program.
    Flag(&'static str),
    /// A line of `config.toml`.
    Profile {
        /// Name of the profile.
        profile: String,
        /// The file, as it was given.
        file: String,
        /// The line, counted from 1.
        line: usize,
    },
    /// A field of an Onify record.
    Record {
        /// The file, as it was given; `-` for standard input.
        file: String,
        /// JSON pointer to the field ([RFC 6901](https://www.rfc-editor.org/rfc/rfc6901)).
        pointer: String,
    },
    /// A variable whose name starts with `ORGTOKEN_`.
    Variable(String),
    /// A variable of another tool.
    ThirdPartyVariable(String),
}

impl Source {
    /// Returns the location alone: a JSON pointer, `file:line`, a variable or a flag.
    pub fn at(&self) -> String {
        match self {
            Self::Default => "default".to_owned(),
            Self::Flag(flag) => (*flag).to_owned(),
            Self::Profile { file, line, .. } => format!("{}:{line}", redact::path(file)),
            Self::Record { pointer, .. } => pointer.clone(),
            Self::Variable(name) | Self::ThirdPartyVariable(name) => name.clone(),
        }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::Flag(flag) => write!(f, "flag {flag}"),
            Self::Profile { profile, file, line } => {
                write!(f, "profile {profile}, {}:{line}", redact::path(file))
            }
            Self::Record { file, pointer } if file == "-" => {
                write!(f, "record on standard input, {pointer}")
            }
            Self::Record { file, pointer } => write!(f, "record {}, {pointer}", redact::path(file)),
            Self::Variable(name) | Self::ThirdPartyVariable(name) => {
                write!(f, "environment variable {name}")
            }
        }
    }
}

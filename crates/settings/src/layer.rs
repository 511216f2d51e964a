//! The settings of one source.

use crate::notices::{Notice, NoticeKind};
use crate::problems::{Location, Problem, ProblemKind};
use crate::raw::Raw;
use crate::setting::Setting;
use crate::source::Source;

/// The settings of one source: a record, a profile, the environment or the arguments of a program.
///
/// Values are not checked yet, so that an invalid value does no harm if it is overridden.
/// [`Loader`](crate::Loader) combines layers.
#[derive(Default)]
pub struct Layer {
    pub(crate) entries: Vec<Entry>,
    pub(crate) notices: Vec<Notice>,
    pub(crate) problems: Vec<Problem>,
    pub(crate) record: Option<RecordLocation>,
    /// Whether the source could not be read. It may contain the settings that are missing.
    pub(crate) unreadable: bool,
    /// The problem to report if a setting is missing and no profile is selected.
    pub(crate) unchosen_profile: Option<Problem>,
}

impl Layer {
    /// Creates a layer for the arguments of a program; see [`Layer::set`].
    pub fn flags() -> Self {
        Self::default()
    }

    /// Sets a value that a flag gives.
    pub fn set(&mut self, setting: Setting, flag: &'static str, value: impl Into<String>) {
        self.add(setting, Source::Flag(flag), Raw::Text(value.into().into()));
    }

    /// Sets the values of a flag that may be repeated.
    pub fn set_list(&mut self, setting: Setting, flag: &'static str, values: Vec<String>) {
        self.add(setting, Source::Flag(flag), Raw::List(values));
    }

    /// Sets the file of a value, which a flag names; `-` is standard input.
    pub fn set_file(&mut self, setting: Setting, flag: &'static str, path: impl Into<String>) {
        self.add(setting, Source::Flag(flag), Raw::File(path.into()));
    }

    /// Sets the key in an SSH agent, which a flag names.
    pub fn set_agent(&mut self, flag: &'static str, name: impl Into<String>) {
        self.add(Setting::PrivateKey, Source::Flag(flag), Raw::Agent(name.into()));
    }

    /// Sets the variable of a value, which a flag names.
    pub fn set_variable(&mut self, setting: Setting, flag: &'static str, name: impl Into<String>) {
        self.add(setting, Source::Flag(flag), Raw::Variable(name.into()));
    }

    /// Adds a value. A blank value counts as unset.
    pub(crate) fn add(&mut self, setting: Setting, source: Source, raw: Raw) {
        if !raw.is_blank() {
            let rank = Rank::of(&source);
            self.entries.push(Entry { setting, rank, source, raw: raw.without_key_as_name() });
        }
    }

    /// Adds the content of another layer.
    pub(crate) fn include(&mut self, layer: Self) {
        self.entries.extend(layer.entries);
        self.notices.extend(layer.notices);
        self.problems.extend(layer.problems);
        self.record = layer.record.or_else(|| self.record.take());
        self.unreadable |= layer.unreadable;
        self.unchosen_profile = layer.unchosen_profile.or_else(|| self.unchosen_profile.take());
    }

    pub(crate) fn problem(&mut self, location: Location, kind: ProblemKind) {
        self.problems.push(Problem::new(location, kind));
    }

    /// Adds a problem that makes the source unreadable.
    pub(crate) fn give_up(&mut self, location: Location, kind: ProblemKind) {
        self.unreadable = true;
        self.problem(location, kind);
    }

    pub(crate) fn notice(&mut self, source: &Source, kind: NoticeKind) {
        self.notices.push(Notice::new(source, kind));
    }
}

/// The value of a setting in one source.
pub(crate) struct Entry {
    pub(crate) setting: Setting,
    pub(crate) rank: Rank,
    pub(crate) source: Source,
    pub(crate) raw: Raw,
}

/// The order of precedence of sources, the first one highest.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) enum Rank {
    Flag,
    Variable,
    Record,
    Profile,
    RecordOfProfile,
    ThirdParty,
    DefaultProfile,
    RecordOfDefaultProfile,
    Default,
}

impl Rank {
    fn of(source: &Source) -> Self {
        match source {
            Source::Default => Self::Default,
            Source::Flag(_) => Self::Flag,
            Source::Profile { .. } => Self::Profile,
            Source::Record { .. } => Self::Record,
            Source::Variable(_) => Self::Variable,
            Source::ThirdPartyVariable(_) => Self::ThirdParty,
        }
    }
}

/// The location of the settings of a record.
pub(crate) struct RecordLocation {
    pub(crate) file: String,
    /// JSON pointer to the object with the settings.
    pub(crate) pointer: String,
    /// Unknown names that are probably misspelt settings.
    pub(crate) misspelt: Vec<(Setting, String)>,
}

impl RecordLocation {
    pub(crate) fn source(&self, setting: Setting) -> Source {
        let name = setting.record_name().unwrap_or_else(|| setting.name());
        Source::Record { file: self.file.clone(), pointer: format!("{}/{name}", self.pointer) }
    }
}

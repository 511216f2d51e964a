//! What one place says about the settings.

use crate::notices::{Notice, NoticeKind};
use crate::problems::{Location, Problem, ProblemKind};
use crate::profile::ConfigFile;
use crate::raw::Raw;
use crate::setting::Setting;
use crate::source::Source;
use crate::{environment, record};

/// What one place says: a record, a profile, the environment or the arguments of the program.
///
/// Nothing is judged yet, except that the place could be read at all: a broken value that a better
/// place overrules does no harm. [`Loader`](crate::Loader) puts the layers together.
#[derive(Default)]
pub struct Layer {
    pub(crate) entries: Vec<Entry>,
    pub(crate) notices: Vec<Notice>,
    pub(crate) problems: Vec<Problem>,
    pub(crate) record: Option<RecordLocation>,
    /// The place could not be read, so what is missing elsewhere may well stand in it.
    pub(crate) unreadable: bool,
    /// What to say if something is missing, where there are profiles to choose from.
    pub(crate) unchosen_profile: Option<Problem>,
}

impl Layer {
    /// Arguments of the program: nothing yet; see [`Layer::set`].
    pub fn flags() -> Self {
        Self::default()
    }

    /// An Onify record, in any of the forms in which people have it; `file` is `-` for standard
    /// input.
    ///
    /// Accepted are the record `{key, name, value, tag, role}` with its value as an object or as a
    /// text of JSON, the bare value, and the answer of the Hub's settings endpoint. `key` chooses
    /// among several records.
    pub fn from_record(bytes: &[u8], file: &str, key: Option<&str>) -> Self {
        record::read(bytes, file, key)
    }

    /// One profile of a `config.toml`: see [`ConfigFile::profile`].
    pub fn from_profile(bytes: &[u8], file: &str, name: Option<&str>) -> Self {
        ConfigFile::parse(bytes, file).profile(name)
    }

    /// Variables of the environment; those that mean nothing to us are passed over.
    pub fn from_environment(variables: impl IntoIterator<Item = (String, String)>) -> Self {
        environment::read(variables)
    }

    /// A value given by a flag.
    pub fn set(&mut self, setting: Setting, flag: &'static str, value: impl Into<String>) {
        self.add(setting, Source::Flag(flag), Raw::Text(value.into().into()));
    }

    /// Values given by a flag that may be repeated.
    pub fn set_list(&mut self, setting: Setting, flag: &'static str, values: Vec<String>) {
        self.add(setting, Source::Flag(flag), Raw::List(values));
    }

    /// A file, named by a flag, that holds the value; `-` is standard input.
    pub fn set_file(&mut self, setting: Setting, flag: &'static str, path: impl Into<String>) {
        self.add(setting, Source::Flag(flag), Raw::File(path.into()));
    }

    /// The key in an SSH agent, named by a flag, that is to sign.
    pub fn set_agent(&mut self, flag: &'static str, name: impl Into<String>) {
        self.add(Setting::PrivateKey, Source::Flag(flag), Raw::Agent(name.into()));
    }

    /// A variable, named by a flag, that holds the value.
    pub fn set_variable(&mut self, setting: Setting, flag: &'static str, name: impl Into<String>) {
        self.add(setting, Source::Flag(flag), Raw::Variable(name.into()));
    }

    /// Adds a value unless it is blank: a blank value is one that nobody gave.
    pub(crate) fn add(&mut self, setting: Setting, source: Source, raw: Raw) {
        if !raw.is_blank() {
            let rank = Rank::of(&source);
            self.entries.push(Entry { setting, rank, source, raw: raw.without_key_as_name() });
        }
    }

    /// Adds a record that was found inside another place.
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

    /// A problem for which nothing else of the place can be looked at.
    pub(crate) fn give_up(&mut self, location: Location, kind: ProblemKind) {
        self.unreadable = true;
        self.problem(location, kind);
    }

    pub(crate) fn notice(&mut self, source: &Source, kind: NoticeKind) {
        self.notices.push(Notice::new(source, kind));
    }
}

/// What one place says about one setting.
pub(crate) struct Entry {
    pub(crate) setting: Setting,
    pub(crate) rank: Rank,
    pub(crate) source: Source,
    pub(crate) raw: Raw,
}

/// Which place counts where several speak; the first does.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) enum Rank {
    Flag,
    Variable,
    Record,
    Profile,
    RecordOfProfile,
    ThirdParty,
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

/// Where in which file the settings of a record stand.
pub(crate) struct RecordLocation {
    pub(crate) file: String,
    /// JSON pointer to the object that holds the fields.
    pub(crate) pointer: String,
    /// Names that look like a misspelt setting.
    pub(crate) misspelt: Vec<(Setting, String)>,
}

impl RecordLocation {
    pub(crate) fn source(&self, setting: Setting) -> Source {
        let name = setting.record_name().unwrap_or_else(|| setting.name());
        Source::Record { file: self.file.clone(), pointer: format!("{}/{name}", self.pointer) }
    }
}

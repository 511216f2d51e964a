//! Combines layers, and requests the input that they name.

use zeroize::Zeroizing;

use crate::input::{Input, ReadError};
use crate::layer::{Entry, Layer, Rank};
use crate::notices::{Notice, NoticeKind};
use crate::problems::{Location, Problem, ProblemKind};
use crate::raw::Raw;
use crate::setting::{Content, Setting};
use crate::settings::SignerCommand;
use crate::source::Source;

/// Combines the layers of settings.
///
/// Order of precedence: flag, `ORGTOKEN_…` variable, record named by either, profile, record named
/// by the profile, variables of other tools. The loader reads nothing itself: read each
/// [`Loader::next_input`] and pass it to [`Loader::provide`], until there is none left. Then call
/// [`Loader::check`].
#[derive(Default)]
pub struct Loader {
    pub(crate) layer: Layer,
    pub(crate) record_read: bool,
}

impl Loader {
    /// Creates a loader of these layers. Among layers of the same rank, the first takes precedence.
    pub fn new(layers: impl IntoIterator<Item = Layer>) -> Self {
        let mut loader = Self::default();
        for layer in layers {
            loader.add(layer);
        }
        loader
    }

    /// Adds a layer after those of the same rank.
    pub fn add(&mut self, layer: Layer) {
        self.layer.include(layer);
        self.read_record_in_variable();
    }

    /// Returns which profile of `config.toml` to add, according to flags and environment.
    pub fn profile(&self) -> ProfileChoice<'_> {
        let rank = |setting| self.effective(setting).map(|entry| entry.rank);
        let record =
            rank(Setting::Record).or_else(|| self.layer.record.as_ref().map(|_| Rank::Variable));
        match (self.text(Setting::Profile), record) {
            (Some(name), record) if record.is_none() || rank(Setting::Profile) <= record => {
                ProfileChoice::Named(name)
            }
            (_, Some(_)) => ProfileChoice::None,
            (_, None) => ProfileChoice::Default,
        }
    }

    /// Returns the next input to read, or `None` if the settings are complete.
    pub fn next_input(&self) -> Option<Input> {
        if let (false, Some(path)) = (self.record_read, self.text(Setting::Record)) {
            return Some(Input::file(Setting::Record, path));
        }
        let read = |setting| match &self.effective(setting)?.raw {
            Raw::File(path) => Some(Input::file(setting, path)),
            Raw::Variable(name) => Some(Input::Variable { setting, name: name.clone() }),
            _ => None,
        };
        Setting::ALL.into_iter().find_map(read)
    }

    /// Provides the content of an input.
    pub fn provide(&mut self, input: &Input, bytes: Zeroizing<Vec<u8>>) {
        match input.setting() {
            Setting::Record => self.provide_record(&bytes),
            setting => self.replace_raw(setting, file_content(setting, bytes)),
        }
    }

    /// Reports that an input could not be read.
    pub fn fail(&mut self, input: &Input, why: ReadError) {
        let setting = input.setting();
        let kind = ProblemKind::read(why, Some(setting));
        match setting {
            Setting::Record => {
                self.record_read = true;
                self.layer.unreadable = true;
                if let Some(entry) = self.effective(setting) {
                    let problem = Problem::new(Location::of(setting, &entry.source), kind);
                    self.layer.problems.push(problem);
                }
            }
            _ => self.replace_raw(setting, Raw::Broken(kind)),
        }
    }

    /// Returns the effective value of a setting, unchecked. `None` for a secret, and for a value
    /// that was read from a file already.
    pub fn given(&self, setting: Setting) -> Option<Given<'_>> {
        Some(match &self.effective(setting)?.raw {
            Raw::Agent(name) => Given::Agent(name),
            Raw::Command(command) => Given::Command(command),
            Raw::File(path) => Given::File(path),
            Raw::Text(text) if !setting.is_secret() => Given::Value(text.secret().trim()),
            _ => return None,
        })
    }

    /// Whether a record contains a private key, even if it is overridden.
    pub fn has_key_in_record(&self) -> bool {
        self.layer.entries.iter().any(|entry| {
            entry.setting == Setting::PrivateKey && matches!(entry.source, Source::Record { .. })
        })
    }

    /// Returns the effective value of a setting.
    pub(crate) fn effective(&self, setting: Setting) -> Option<&Entry> {
        let given = self.layer.entries.iter().filter(|entry| entry.setting == setting);
        given.min_by_key(|entry| entry.rank)
    }

    /// Removes and returns the effective value of a setting.
    pub(crate) fn take(&mut self, setting: Setting) -> Option<Entry> {
        let given =
            self.layer.entries.iter().enumerate().filter(|(_, entry)| entry.setting == setting);
        let (at, _) = given.min_by_key(|(_, entry)| entry.rank)?;
        Some(self.layer.entries.remove(at))
    }

    /// Returns notices about values that are overridden.
    pub(crate) fn overridden(&self) -> Vec<Notice> {
        let overridden = |entry: &Entry| {
            let effective = self.effective(entry.setting)?;
            let by = effective.source.clone();
            let kind = NoticeKind::Overridden { setting: entry.setting, by };
            let counts = std::ptr::eq(effective, entry) || entry.setting == Setting::AllowHosts;
            (!counts).then(|| Notice::new(&entry.source, kind))
        };
        self.layer.entries.iter().filter_map(overridden).collect()
    }

    /// Reads a record that is the value of a variable.
    fn read_record_in_variable(&mut self) {
        let Some(Entry { source, raw: Raw::Bytes(bytes), .. }) =
            self.effective(Setting::Record).filter(|_| !self.record_read)
        else {
            return;
        };
        let layer = Layer::from_record(bytes, &source.at(), self.text(Setting::RecordKey));
        self.record_read = true;
        self.layer.include(layer);
    }

    fn provide_record(&mut self, bytes: &[u8]) {
        self.record_read = true;
        let file = self.text(Setting::Record).unwrap_or("-").to_owned();
        let mut layer = Layer::from_record(bytes, &file, self.text(Setting::RecordKey));
        let named_by = self.effective(Setting::Record).map(|entry| entry.rank);
        let of_profile = match named_by {
            Some(Rank::Profile) => Some(Rank::RecordOfProfile),
            Some(Rank::DefaultProfile) => Some(Rank::RecordOfDefaultProfile),
            _ => None,
        };
        if let Some(rank) = of_profile {
            layer.entries.iter_mut().for_each(|entry| entry.rank = rank);
        }
        self.add(layer);
    }

    fn text(&self, setting: Setting) -> Option<&str> {
        match &self.effective(setting)?.raw {
            Raw::Text(text) => Some(text.secret().trim()),
            _ => None,
        }
    }

    fn replace_raw(&mut self, setting: Setting, raw: Raw) {
        let given = self.layer.entries.iter_mut().filter(|entry| entry.setting == setting);
        if let Some(entry) = given.min_by_key(|entry| entry.rank) {
            entry.raw = raw;
        }
    }
}

/// The effective value of a setting, unchecked.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Given<'a> {
    /// A key in the SSH agent, by its fingerprint or comment.
    Agent(&'a str),
    /// A command that signs.
    Command(&'a SignerCommand),
    /// The path of a file that holds the value.
    File(&'a str),
    /// The value itself.
    Value(&'a str),
}

/// The choice of a profile.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ProfileChoice<'a> {
    /// The `default_profile`, or the only profile. There may be none.
    Default,
    /// The profile with this name.
    Named(&'a str),
    /// No profile, because a record was given with the same or higher precedence.
    None,
}

/// Returns the value in a file. Keys may be binary; other files are text with a line break at the
/// end.
fn file_content(setting: Setting, bytes: Zeroizing<Vec<u8>>) -> Raw {
    match setting {
        Setting::PrivateKey | Setting::PublicKey => Raw::Bytes(bytes),
        Setting::Passphrase => Raw::Bytes(without_line_break(&bytes)),
        _ => match str::from_utf8(&bytes) {
            Ok(text) => Raw::of_text(setting, Content::Value, text.trim_end_matches(['\r', '\n'])),
            Err(error) => Raw::Broken(ProblemKind::Encoding { offset: error.valid_up_to() }),
        },
    }
}

/// Removes the line break that editors add at the end.
fn without_line_break(bytes: &[u8]) -> Zeroizing<Vec<u8>> {
    let bytes = bytes.strip_suffix(b"\n").unwrap_or(bytes);
    Zeroizing::new(bytes.strip_suffix(b"\r").unwrap_or(bytes).to_vec())
}

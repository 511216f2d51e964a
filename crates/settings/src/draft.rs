//! Puts the layers together and says what has to be read.

use orgtoken_assertion::SigningKey;
use zeroize::Zeroizing;

use crate::check;
use crate::convert::{self, Converted, Form};
use crate::layer::{Entry, Layer, Rank};
use crate::need::{Need, Unread};
use crate::notices::{Notice, Remark};
use crate::problems::{Fault, Place, Problem, Problems};
use crate::raw::Raw;
use crate::setting::{Content, Setting};
use crate::settings::{CallSettings, Hosts, Settings, SignerCommand};
use crate::source::Source;

/// Settings in the making: layers, and the files that they name.
///
/// A flag wins over a variable `ORGTOKEN_…`, that over a record named by either, that over a
/// profile, that over the record that the profile points at, that over the variables of other
/// tools. Nothing is read here: ask [`Draft::next_need`] what to read and hand it to
/// [`Draft::supply`], until there is no more need; then [`Draft::check`].
#[derive(Default)]
pub struct Draft {
    pub(crate) layer: Layer,
    record_read: bool,
    passphrase_asked: bool,
    pub(crate) passphrase_later: bool,
}

impl Draft {
    /// A draft of these layers, the most important first where two are of the same rank.
    pub fn new(layers: impl IntoIterator<Item = Layer>) -> Self {
        let mut draft = Self::default();
        for layer in layers {
            draft.add(layer);
        }
        draft
    }

    /// Adds a layer behind those of its rank.
    pub fn add(&mut self, layer: Layer) {
        self.layer.include(layer);
        self.read_record_in_variable();
    }

    /// Which profile of `config.toml` to add, if any, as the flags and the environment have it.
    pub fn profile(&self) -> ProfileChoice<'_> {
        let rank = |setting| self.winner(setting).map(|entry| entry.rank);
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

    /// The next thing to read, or `None` when the draft can be checked.
    pub fn next_need(&self) -> Option<Need> {
        if let (false, Some(path)) = (self.record_read, self.text(Setting::Record)) {
            return Some(Need::file(Setting::Record, path));
        }
        let read = |setting| match &self.winner(setting)?.raw {
            Raw::File(path) => Some(Need::file(setting, path)),
            Raw::Variable(name) => Some(Need::Variable { setting, name: name.clone() }),
            _ => None,
        };
        Setting::ALL.into_iter().find_map(read).or_else(|| self.passphrase_need())
    }

    /// Hands in what was read for a need.
    pub fn supply(&mut self, need: &Need, bytes: Zeroizing<Vec<u8>>) {
        match need {
            Need::Passphrase => {
                let source = Source::Flag("passphrase prompt");
                let rank = Rank::Flag;
                let raw = Raw::Bytes(bytes);
                self.layer.entries.push(Entry { setting: Setting::Passphrase, rank, source, raw });
            }
            _ if need.setting() == Setting::Record => self.supply_record(&bytes),
            _ => self.settle(need.setting(), supplied(need.setting(), bytes)),
        }
    }

    /// Says that a need could not be met.
    pub fn refuse(&mut self, need: &Need, why: Unread) {
        let setting = need.setting();
        let later = why == Unread::Later;
        let fault = Fault::unread(why, Some(setting));
        match setting {
            Setting::Passphrase if *need == Need::Passphrase => {
                self.passphrase_asked = true;
                self.passphrase_later = later;
            }
            Setting::Record => {
                self.record_read = true;
                self.layer.unreadable = true;
                if let Some(entry) = self.winner(setting) {
                    let problem = Problem::new(Place::of(setting, &entry.source), fault);
                    self.layer.problems.push(problem);
                }
            }
            _ => self.settle(setting, Raw::Broken(fault)),
        }
    }

    /// Returns what counts for a setting, unchecked: `None` for a secret, and for what was read from
    /// a file already.
    pub fn given(&self, setting: Setting) -> Option<Given<'_>> {
        Some(match &self.winner(setting)?.raw {
            Raw::Agent(name) => Given::Agent(name),
            Raw::Command(command) => Given::Command(command),
            Raw::File(path) => Given::File(path),
            Raw::Text(text) if !setting.is_secret() => Given::Value(text.secret().trim()),
            _ => return None,
        })
    }

    /// Whether a record that was read contains a private key, be it the one that counts or not.
    pub fn has_key_in_record(&self) -> bool {
        self.layer.entries.iter().any(|entry| {
            entry.setting == Setting::PrivateKey && matches!(entry.source, Source::Record { .. })
        })
    }

    /// Checks everything that a login needs.
    pub fn check(self) -> Result<Settings, Problems> {
        check::settings(self)
    }

    /// Checks only where a login would go: enough to explain it, without user and key.
    pub fn check_hosts(self) -> Result<Hosts, Problems> {
        check::hosts(self)
    }

    /// Checks only what calls need whose token exists already: the instance URL has to be there.
    pub fn check_calls(self) -> Result<CallSettings, Problems> {
        check::calls(self)
    }

    /// Writes the values that count in another form. Some may be missing, none may be wrong.
    pub fn convert(self, form: Form<'_>) -> Result<Converted, Problems> {
        convert::convert(self, form)
    }

    /// The value that counts for a setting.
    pub(crate) fn winner(&self, setting: Setting) -> Option<&Entry> {
        let given = self.layer.entries.iter().filter(|entry| entry.setting == setting);
        given.min_by_key(|entry| entry.rank)
    }

    /// Takes the value that counts for a setting.
    pub(crate) fn take(&mut self, setting: Setting) -> Option<Entry> {
        let given =
            self.layer.entries.iter().enumerate().filter(|(_, entry)| entry.setting == setting);
        let (at, _) = given.min_by_key(|(_, entry)| entry.rank)?;
        Some(self.layer.entries.remove(at))
    }

    /// Values that are given, but do not count.
    pub(crate) fn overruled(&self) -> Vec<Notice> {
        let overruled = |entry: &Entry| {
            let winner = self.winner(entry.setting)?;
            let by = winner.source.clone();
            let remark = Remark::Overruled { setting: entry.setting, by };
            let counts = std::ptr::eq(winner, entry) || entry.setting == Setting::AllowHosts;
            (!counts).then(|| Notice::new(&entry.source, remark))
        };
        self.layer.entries.iter().filter_map(overruled).collect()
    }

    /// Reads a record that is itself the value of a variable.
    fn read_record_in_variable(&mut self) {
        let Some(Entry { source, raw: Raw::Bytes(bytes), .. }) =
            self.winner(Setting::Record).filter(|_| !self.record_read)
        else {
            return;
        };
        let layer = Layer::from_record(bytes, &source.at(), self.text(Setting::RecordKey));
        self.record_read = true;
        self.layer.include(layer);
    }

    fn supply_record(&mut self, bytes: &[u8]) {
        self.record_read = true;
        let file = self.text(Setting::Record).unwrap_or("-").to_owned();
        let mut layer = Layer::from_record(bytes, &file, self.text(Setting::RecordKey));
        let by_profile = self.winner(Setting::Record).is_some_and(|e| e.rank == Rank::Profile);
        if by_profile {
            layer.entries.iter_mut().for_each(|entry| entry.rank = Rank::RecordOfProfile);
        }
        self.add(layer);
    }

    /// An encrypted key without a passphrase: somebody may be there to type it.
    fn passphrase_need(&self) -> Option<Need> {
        let bytes = match &self.winner(Setting::PrivateKey)?.raw {
            Raw::Bytes(bytes) => bytes.as_slice(),
            Raw::Text(text) => text.secret().as_bytes(),
            _ => return None,
        };
        let lacks = !self.passphrase_asked
            && self.winner(Setting::Passphrase).is_none()
            && SigningKey::is_encrypted(bytes);
        lacks.then_some(Need::Passphrase)
    }

    fn text(&self, setting: Setting) -> Option<&str> {
        match &self.winner(setting)?.raw {
            Raw::Text(text) => Some(text.secret().trim()),
            _ => None,
        }
    }

    fn settle(&mut self, setting: Setting, raw: Raw) {
        let given = self.layer.entries.iter_mut().filter(|entry| entry.setting == setting);
        if let Some(entry) = given.min_by_key(|entry| entry.rank) {
            entry.raw = raw;
        }
    }
}

/// The value that counts for a setting, unchecked.
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

/// Which profile counts.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ProfileChoice<'a> {
    /// The `default_profile`, or the only one; it is no fault if there is none.
    Default,
    /// This one.
    Named(&'a str),
    /// None: a record was asked for, and a profile was not, or less urgently.
    None,
}

/// What a file holds for a setting: keys may be binary, the rest is text with a line break.
fn supplied(setting: Setting, bytes: Zeroizing<Vec<u8>>) -> Raw {
    match setting {
        Setting::PrivateKey | Setting::PublicKey => Raw::Bytes(bytes),
        Setting::Passphrase => Raw::Bytes(without_line_break(&bytes)),
        _ => match str::from_utf8(&bytes) {
            Ok(text) => Raw::of_text(setting, Content::Value, text.trim_end_matches(['\r', '\n'])),
            Err(error) => Raw::Broken(Fault::Encoding { offset: error.valid_up_to() }),
        },
    }
}

/// Editors end the last line; a passphrase does not have that line break.
fn without_line_break(bytes: &[u8]) -> Zeroizing<Vec<u8>> {
    let bytes = bytes.strip_suffix(b"\n").unwrap_or(bytes);
    Zeroizing::new(bytes.strip_suffix(b"\r").unwrap_or(bytes).to_vec())
}

//! Reads profiles of `config.toml`.

use std::path::{Path, PathBuf};

use orgtoken_oauth::redact;
use toml::Spanned;
use toml::de::{DeString, DeTable, DeValue};

use crate::layer::{Layer, Rank};
use crate::problems::{Location, Problem, ProblemKind, Problems, quoted};
use crate::raw::Raw;
use crate::setting::{Content, Setting};
use crate::settings::SignerCommand;
use crate::source::Source;
use crate::{spelling, text};

/// A `config.toml`, parsed once for all of its profiles.
pub struct ConfigFile<'a> {
    bytes: &'a [u8],
    text: &'a str,
    file: &'a str,
    root: Spanned<DeTable<'a>>,
    errors: Vec<toml::de::Error>,
    /// The offset of each line break.
    ends: Vec<usize>,
}

impl<'a> ConfigFile<'a> {
    /// Parses the file. Its errors are reported by every layer that is read from it.
    pub fn parse(bytes: &'a [u8], file: &'a str) -> Self {
        let text = text::decode(bytes).unwrap_or_default();
        let (root, errors) = DeTable::parse_recoverable(text);
        let ends = text.match_indices('\n').map(|(at, _)| at).collect();
        Self { bytes, text, file, root, errors, ends }
    }

    /// Returns one profile: the one named, else the `default_profile`, else the only one.
    ///
    /// Variables of other tools take precedence over a profile that is not named. A file without any
    /// profile is an empty layer unless a profile is named.
    pub fn profile(&self, name: Option<&str>) -> Layer {
        let mut layer = Layer::default();
        match text::decode(self.bytes) {
            Err(kind) => layer.give_up(Location::File(redact::path(self.file).to_owned()), kind),
            Ok(_) if self.errors.is_empty() => self.choose(&mut layer, name),
            Ok(_) => self.report_errors(&mut layer),
        }
        if name.is_none() {
            layer.entries.iter_mut().for_each(|entry| entry.rank = Rank::DefaultProfile);
        }
        layer
    }

    /// Returns the names of the profiles, in alphabetical order.
    pub fn names(&self) -> Vec<String> {
        self.profiles().map(|(name, _)| name.get_ref().to_string()).collect()
    }

    /// Returns the profile to use if none is named: the `default_profile`, else the only one.
    pub fn default_name(&self) -> Option<String> {
        let named = self.root.get_ref().get("default_profile");
        let mut names = self.names();
        match named.map(Spanned::get_ref) {
            Some(DeValue::String(name)) => Some(name.to_string()),
            _ => names.pop().filter(|_| names.is_empty()),
        }
    }

    /// Returns the name of a profile in the file: `named`, or else the default.
    ///
    /// # Errors
    ///
    /// The file is invalid, it has no profile `named`, or there is no default.
    pub fn existing_name(&self, named: Option<&str>) -> Result<String, Problems> {
        let name = named.map(str::to_owned).or_else(|| self.default_name());
        if let Some(name) = name.filter(|name| self.names().contains(name))
            && self.errors.is_empty()
        {
            return Ok(name);
        }
        let Layer { mut problems, unchosen_profile, .. } = self.profile(named);
        problems.extend(unchosen_profile);
        if problems.is_empty() {
            problems.push(self.no_profile("no profile in the file", SETUP));
        }
        Err(Problems::new(problems, Vec::new()))
    }

    /// Returns the variables that any of the profiles reads its private key from.
    pub fn key_variables(&self) -> Vec<String> {
        let variable = |profile: &Spanned<DeValue<'_>>| {
            let name = profile.get_ref().as_table()?.get("private_key_env")?;
            name.get_ref().as_str().map(str::to_owned)
        };
        self.profiles().filter_map(|(_, profile)| variable(profile)).collect()
    }

    /// Returns the line of an entry of a profile, counted from 1.
    pub(crate) fn line_of(&self, profile: &str, name: &str) -> Option<usize> {
        let profile = self.root.get_ref().get("profile")?.get_ref().as_table()?.get(profile)?;
        let (key, _) = profile.get_ref().as_table()?.get_key_value(name)?;
        Some(self.line(key.span().start))
    }

    fn profiles(&self) -> impl Iterator<Item = (&Spanned<DeString<'a>>, &Spanned<DeValue<'a>>)> {
        let profiles = self.root.get_ref().get("profile");
        profiles.and_then(|profiles| profiles.get_ref().as_table()).into_iter().flatten()
    }

    fn report_errors(&self, layer: &mut Layer) {
        for error in self.errors.iter().take(MAX_PROBLEMS) {
            // The message is a fixed text. `Display` would show the line.
            let at = error.span().map_or(0, |span| span.start);
            let kind = ProblemKind::Toml { message: error.message().to_owned() };
            layer.give_up(self.position(at), kind);
        }
    }

    fn choose(&self, layer: &mut Layer, named: Option<&str>) {
        let root = self.root.get_ref();
        let is_unknown = |key: &&Spanned<DeString<'_>>| !ROOT.contains(&key.get_ref().as_ref());
        let mut unknown: Vec<_> = root.keys().filter(is_unknown).collect();
        unknown.sort_unstable_by_key(|key| key.span().start);
        for key in unknown.into_iter().take(MAX_PROBLEMS) {
            let name = redact::label(key.get_ref()).to_owned();
            let near = spelling::nearest(key.get_ref(), ROOT.into_iter()).map(str::to_owned);
            let is_section = matches!(root[key].get_ref(), DeValue::Table(_));
            let kind = match near {
                None if is_section => ProblemKind::UnknownSection { name },
                None if known(key.get_ref()).is_some() => ProblemKind::OutsideProfile { name },
                near => ProblemKind::Unknown { name, near },
            };
            let location = self.position(key.span().start);
            match kind {
                ProblemKind::Unknown { near: None, .. } => layer.problem(location, kind),
                // It may contain what is missing.
                _ => layer.give_up(location, kind),
            }
        }
        let profiles = match root.get("profile").map(|value| (value, value.get_ref())) {
            None => None,
            Some((_, DeValue::Table(profiles))) => Some(profiles),
            Some((value, other)) => {
                let kind = ProblemKind::Type { expected: "a section", found: found(other) };
                return layer.problem(self.position(value.span().start), kind);
            }
        };
        let default = root.get("default_profile").filter(|_| named.is_none());
        if let Some(value) = default.filter(|value| !value.get_ref().is_str()) {
            let kind = ProblemKind::Type { expected: "a string", found: found(value.get_ref()) };
            layer.problem(self.position(value.span().start), kind);
        }
        let Some(name) = named.map(str::to_owned).or_else(|| self.default_name()) else {
            if profiles.is_some_and(|profiles| !profiles.is_empty()) {
                let what = format!("several profiles and no default: {}", quoted(&self.labels()));
                let hint = "run `orgtoken config use NAME` to choose the default, or name one in \
                            ORGTOKEN_PROFILE";
                layer.unchosen_profile = Some(self.no_profile(what, hint));
            }
            return;
        };
        match (profiles.and_then(|profiles| profiles.get(name.as_str())), named) {
            (Some(profile), _) => self.read_profile(layer, &name, profile),
            (None, Some(_)) => {
                let Problem { location, kind } = self.not_found(&name);
                layer.give_up(location, kind);
            }
            (None, None) => {
                let at = default.map_or(0, |value| value.span().start);
                let hint = match self.labels().as_slice() {
                    [] => "run `orgtoken setup` to configure a login".to_owned(),
                    known => {
                        format!("run `orgtoken config use NAME` with one of {}", quoted(known))
                    }
                };
                let what = "the default profile does not exist";
                layer.give_up(self.position(at), self.no_profile(what, hint).kind);
            }
        }
    }

    fn not_found(&self, name: &str) -> Problem {
        let (file, shown) = (redact::path(self.file), redact::name(name));
        let known = self.labels();
        let near = spelling::nearest(name, known.iter().map(String::as_str));
        let hint = match (near, known.as_slice()) {
            (_, []) => SETUP.to_owned(),
            (None, known) => format!("use one of {}", quoted(known)),
            (Some(near), [_]) => format!("did you mean `{near}`?"),
            (Some(near), known) => {
                format!("did you mean `{near}`? The profiles are {}", quoted(known))
            }
        };
        let is_empty = known.is_empty();
        let what = if is_empty { "no profile in the file" } else { "no profile with that name" };
        let location = Location::File(format!("{file}, profile {shown}"));
        Problem { location, ..self.no_profile(what, hint) }
    }

    fn no_profile(&self, what: impl Into<String>, hint: impl Into<String>) -> Problem {
        let location = Location::File(redact::path(self.file).to_owned());
        Problem::new(location, ProblemKind::NoProfile { what: what.into(), hint: hint.into() })
    }

    fn labels(&self) -> Vec<String> {
        self.profiles().map(|(name, _)| redact::label(name.get_ref()).to_owned()).collect()
    }

    fn read_profile(&self, layer: &mut Layer, name: &str, profile: &Spanned<DeValue<'_>>) {
        let DeValue::Table(entries) = profile.get_ref() else {
            let kind = ProblemKind::Type { expected: "a section", found: found(profile.get_ref()) };
            return layer.problem(self.position(profile.span().start), kind);
        };
        let mut key_form: Option<String> = None;
        let mut entries: Vec<_> = entries.iter().collect();
        entries.sort_unstable_by_key(|(key, _)| key.span().start);
        for (key, value) in entries.into_iter().take(MAX_NAMES) {
            let source = Source::Profile {
                profile: redact::label(name).to_owned(),
                file: self.file.to_owned(),
                line: self.line(key.span().start),
            };
            let Some((setting, content)) = known(key.get_ref()) else {
                let near = nearest(key.get_ref());
                let name = redact::label(key.get_ref()).to_owned();
                let kind = ProblemKind::Unknown { name, near };
                layer.problem(Location::Field { setting: None, source }, kind);
                continue;
            };
            if setting == Setting::PrivateKey
                && let Some(first) = key_form.replace(key.get_ref().to_string())
            {
                let kind = ProblemKind::Conflict { first, second: key.get_ref().to_string() };
                layer.problem(Location::of(setting, &source), kind);
            }
            layer.add(setting, source, self.raw(setting, content, value.get_ref()));
        }
    }

    fn raw(&self, setting: Setting, content: Content, value: &DeValue<'_>) -> Raw {
        let may_be_list = setting.is_list() || content == Content::Command;
        let text = match value {
            DeValue::String(text) => text.to_string(),
            DeValue::Integer(number) if NUMBERS.contains(&setting) => number.as_str().to_owned(),
            DeValue::Float(number) if NUMBERS.contains(&setting) => number.as_str().to_owned(),
            other => match texts(other).filter(|_| may_be_list) {
                // A list is a program and its arguments; a string is a shell command.
                Some(words) if content == Content::Command => {
                    return Raw::Command(SignerCommand::Program(words));
                }
                // An empty value counts as unset, and the default would allow more than nothing.
                Some(words) if words.is_empty() && CALLS.contains(&setting) => {
                    return Raw::Broken(ProblemKind::Value {
                        what: "an empty list, which allows nothing",
                        hint: "name what is allowed, or remove the line for the default",
                    });
                }
                Some(words) => return Raw::List(words),
                None => {
                    let expected = if may_be_list { "a list of strings" } else { "a string" };
                    return Raw::Broken(ProblemKind::Type { expected, found: found(other) });
                }
            },
        };
        let text = if is_path(setting, content) { self.beside(&text) } else { text };
        Raw::of_text(setting, content, &text)
    }

    /// Resolves a path against the folder of the file.
    fn beside(&self, path: &str) -> String {
        let folder = Path::new(self.file).parent().filter(|folder| *folder != Path::new(""));
        match folder {
            Some(folder) => absolute(folder, path),
            None => path.to_owned(),
        }
    }

    /// Returns the line of an offset, counted from 1.
    fn line(&self, at: usize) -> usize {
        self.ends.partition_point(|&end| end < at) + 1
    }

    fn position(&self, at: usize) -> Location {
        let before = self.text.get(..at).unwrap_or(self.text);
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        Location::Position {
            file: redact::path(self.file).to_owned(),
            line: self.line(at),
            column: before[line_start..].chars().count() + 1,
        }
    }
}

fn is_path(setting: Setting, content: Content) -> bool {
    content == Content::File || setting.is_path()
}

/// Resolves a path against a folder, unless it is empty or `-`, or the program resolves it: `~/` and
/// `hub:`.
fn absolute(folder: &Path, path: &str) -> String {
    let starts = |start: &&str| path.starts_with(start);
    if path.is_empty() || path == "-" || NOT_RELATIVE.iter().any(starts) {
        return path.to_owned();
    }
    // `components` leaves out each `.`.
    let path: PathBuf = folder.join(path).components().collect();
    path.to_string_lossy().into_owned()
}

/// Returns the value of an entry as a profile stores it. A path relative to `folder` becomes
/// absolute, since a relative path in a profile starts at the folder of `config.toml`.
pub(crate) fn stored(entry: &str, value: &str, folder: &Path) -> String {
    match known(entry) {
        Some((setting, content)) if is_path(setting, content) => absolute(folder, value),
        _ => value.to_owned(),
    }
}

/// Returns the setting that an entry of a profile gives, and the form in which it does.
pub(crate) fn known(name: &str) -> Option<(Setting, Content)> {
    let mut known = Setting::in_profiles();
    known.find(|(known, ..)| *known == name).map(|(_, setting, content)| (setting, content))
}

/// Returns the name that was probably meant. For a secret, that is the name of its file.
pub(crate) fn nearest(name: &str) -> Option<String> {
    let names: Vec<String> = Setting::in_profiles().map(|(name, ..)| name).collect();
    let file = format!("{name}_file");
    let near = || spelling::nearest(name, names.iter().map(String::as_str)).map(str::to_owned);
    if names.contains(&file) { Some(file) } else { near() }
}

fn texts(value: &DeValue<'_>) -> Option<Vec<String>> {
    value.as_array()?.iter().map(|item| item.get_ref().as_str().map(str::to_owned)).collect()
}

fn found(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a string",
        DeValue::Integer(_) | DeValue::Float(_) => "a number",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "an object",
    }
}

const SETUP: &str = "run `orgtoken setup` to configure a login, or add a section `[profile.NAME]`";

const ROOT: [&str; 2] = ["default_profile", "profile"];

/// Prefixes of paths that are not relative to the folder.
const NOT_RELATIVE: [&str; 2] = ["hub:", "~/"];

/// The maximum number of problems of one kind that are reported.
const MAX_PROBLEMS: usize = 32;

/// More names than a profile can have.
const MAX_NAMES: usize = 64;

/// Settings that say which API calls are forwarded.
const CALLS: [Setting; 2] = [Setting::AllowMethods, Setting::AllowPaths];

/// Settings that may be written as numbers, without quotes.
const NUMBERS: [Setting; 2] = [Setting::ApiVersion, Setting::TokenLifetime];

#[cfg(test)]
mod tests;

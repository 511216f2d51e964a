//! Edits `config.toml`, and preserves everything else in it, such as comments and layout.

use std::fmt;
use std::path::Path;

use orgtoken_oauth::redact;
use toml_edit::{Array, Decor, DocumentMut, Item, Table, TableLike, Value};

use crate::loader::Loader;
use crate::problems::{Location, Problem, ProblemKind, Problems};
use crate::profile::{self, ConfigFile};
use crate::source::Source;
use crate::text;

/// A `config.toml` to edit. Everything that is not edited is preserved, such as comments and layout.
/// All lines end like the first one.
#[derive(Clone, Debug)]
pub struct ConfigEditor {
    document: DocumentMut,
    file: String,
    /// A byte order mark, or nothing. `toml_edit` preserves neither it nor CRLF.
    mark: &'static str,
    /// Whether the first line ends in CRLF.
    is_crlf: bool,
}

impl ConfigEditor {
    /// Parses the content of `file`, which may be empty.
    ///
    /// # Errors
    ///
    /// The content is not TOML.
    pub fn parse(config: &[u8], file: &str) -> Result<Self, Problems> {
        let Ok(text) = text::decode(config) else { return Err(problems(config, file, None)) };
        let mark = if config.starts_with(b"\xef\xbb\xbf") { "\u{feff}" } else { "" };
        let is_crlf = text.find('\n').is_some_and(|end| text[..end].ends_with('\r'));
        match text.replace("\r\n", "\n").parse() {
            Ok(document) => Ok(Self { document, file: file.to_owned(), mark, is_crlf }),
            Err(_) => Err(problems(config, file, None)),
        }
    }

    /// Whether a profile has an entry.
    pub fn has(&self, profile: &str, name: &str) -> bool {
        let profiles = self.document.get("profile").and_then(Item::as_table_like);
        let section = profiles.and_then(|profiles| profiles.get(profile)?.as_table_like());
        section.is_some_and(|section| section.contains_key(name))
    }

    /// Sets an entry of a profile. A profile that does not exist is added. If the file had only one
    /// profile, that one stays the default.
    ///
    /// Lists and a `signer_command` take any number of values, all other entries take one. A path is
    /// relative to `folder`, and stored as an absolute path.
    ///
    /// # Errors
    ///
    /// A profile has no such entry, the value is invalid, or the profile has its private key in
    /// another form already. Nothing is changed then.
    pub fn set(
        &mut self,
        profile: &str,
        name: &str,
        values: &[impl AsRef<str>],
        folder: &Path,
    ) -> Result<(), Problems> {
        let Some((setting, _)) = profile::known(name) else { return Err(self.unknown(name)) };
        let mut edited = self.clone();
        let section = edited.section(profile)?;
        let mut values = values.iter().map(|it| profile::stored(name, it.as_ref(), folder));
        let value = match values.next() {
            Some(value) if values.len() == 0 && !setting.is_list() => Value::from(value),
            first => Value::from(first.into_iter().chain(values).collect::<Array>()),
        };
        replace(section, name, value);
        edited.check(profile, name)?;
        *self = edited;
        Ok(())
    }

    /// Removes an entry of a profile. Returns whether there was one.
    ///
    /// # Errors
    ///
    /// There was none, and no profile can have such an entry.
    pub fn unset(&mut self, profile: &str, name: &str) -> Result<bool, Problems> {
        let section = self.profiles().and_then(|profiles| profiles.get_mut(profile));
        let section = section.and_then(Item::as_table_like_mut);
        match section.and_then(|section| section.remove(name)) {
            None if profile::known(name).is_none() => Err(self.unknown(name)),
            removed => Ok(removed.is_some()),
        }
    }

    /// Makes a profile the default.
    ///
    /// # Errors
    ///
    /// There is no such profile.
    pub fn set_default(&mut self, profile: &str) -> Result<(), Problems> {
        self.parsed(|config| config.existing_name(Some(profile)))?;
        self.replace_default(profile);
        Ok(())
    }

    /// Removes a profile and the comments directly above it; other comments stay. If it was the
    /// `default_profile` and one other profile is left, that one becomes the default.
    ///
    /// # Errors
    ///
    /// There is no such profile.
    pub fn remove_profile(&mut self, profile: &str) -> Result<(), Problems> {
        self.parsed(|config| config.existing_name(Some(profile)))?;
        if let Some(profiles) = self.profiles() {
            let of_key = profiles.key(profile).map(|key| prefix(key.leaf_decor()));
            let removed = profiles.remove(profile);
            let (comments, position) = match removed.as_ref().and_then(Item::as_table) {
                Some(section) if !section.is_dotted() => {
                    (Some(prefix(section.decor())), section.position())
                }
                _ => (of_key, None),
            };
            self.keep_comments(&comments.unwrap_or_default(), position);
        }
        if self.document.get(DEFAULT).and_then(Item::as_str) == Some(profile) {
            match self.parsed(|config| config.names()).as_slice() {
                [only] => self.replace_default(only),
                _ => {
                    let comments = self.document.key(DEFAULT).map(|key| prefix(key.leaf_decor()));
                    self.document.remove(DEFAULT);
                    self.keep_comments(&comments.unwrap_or_default(), Some(isize::MIN));
                }
            }
        }
        if self.document.to_string().starts_with('\n')
            && let Some(first) = self.next_section(isize::MIN)
        {
            let above = prefix(first.decor());
            first.decor_mut().set_prefix(above.trim_start_matches('\n'));
        }
        Ok(())
    }

    fn parsed<T>(&self, read: impl FnOnce(&ConfigFile<'_>) -> T) -> T {
        let text = self.to_string();
        read(&ConfigFile::parse(text.as_bytes(), &self.file))
    }

    fn replace_default(&mut self, profile: &str) {
        let is_new = !self.document.contains_key(DEFAULT);
        replace(self.document.as_table_mut(), DEFAULT, Value::from(profile));
        if is_new && let Some(first) = self.next_section(isize::MIN) {
            let above = prefix(first.decor());
            if !above.starts_with('\n') {
                first.decor_mut().set_prefix(format!("\n{above}"));
            }
        }
    }

    /// Puts the comments above something that was removed before the next profile, or at the end of
    /// the file. Those after the last blank line belong to what was removed.
    fn keep_comments(&mut self, above: &str, position: Option<isize>) {
        let lines: Vec<_> = above.split_inclusive('\n').collect();
        let blank = lines.iter().rposition(|line| line.trim().is_empty());
        let kept = lines[..blank.unwrap_or_default()].concat();
        match position.and_then(|position| self.next_section(position)) {
            Some(next) => {
                let above = prefix(next.decor());
                next.decor_mut().set_prefix(kept + &above);
            }
            None => {
                let end = self.document.trailing().as_str().unwrap_or_default().to_owned();
                self.document.set_trailing(kept + &end);
            }
        }
    }

    fn profiles(&mut self) -> Option<&mut dyn TableLike> {
        self.document.get_mut("profile").and_then(Item::as_table_like_mut)
    }

    /// Returns the first section of a profile after a position in the file.
    fn next_section(&mut self, after: isize) -> Option<&mut Table> {
        let sections = self.profiles()?.iter_mut();
        let sections = sections.filter_map(|(_, profile)| profile.as_table_mut());
        let sections = sections.filter(|section| section.position() > Some(after));
        sections.min_by_key(|section| section.position())
    }

    /// Returns the section of a profile, which is added if it is missing.
    pub(crate) fn section(&mut self, name: &str) -> Result<&mut dyn TableLike, Problems> {
        let (text, file) = (self.document.to_string(), self.file.clone());
        let wrong = || problems(text.as_bytes(), &file, Some(name));
        let gap = if text.is_empty() || text.ends_with("\n\n") { "" } else { "\n" };
        let above = format!("{}{gap}", self.document.trailing().as_str().unwrap_or_default());
        let mut section = Table::new();
        section.set_implicit(true);
        let profiles = self.document.entry("profile").or_insert(Item::Table(section));
        let profiles = profiles.as_table_like_mut().ok_or_else(wrong)?;
        if !profiles.contains_key(name) {
            let mut profile = Table::new();
            // Comments at the end of the file stay before what is added.
            profile.decor_mut().set_prefix(above);
            profiles.insert(name, Item::Table(profile));
            self.document.set_trailing("");
            // With a second profile, the only one would no longer be the default.
            let config = ConfigFile::parse(text.as_bytes(), &file);
            let only = config.default_name().filter(|_| !self.document.contains_key(DEFAULT));
            only.iter().for_each(|only| self.replace_default(only));
        }
        let profile = self.profiles().and_then(|profiles| profiles.get_mut(name));
        profile.and_then(Item::as_table_like_mut).ok_or_else(wrong)
    }

    /// The name is not repeated, since it may be a secret.
    fn unknown(&self, name: &str) -> Problems {
        let kind = ProblemKind::NoSuchEntry { near: profile::nearest(name) };
        let location = Location::File(redact::path(&self.file).to_owned());
        Problems::new(vec![Problem::new(location, kind)], Vec::new())
    }

    /// Checks an entry as a login would, as far as this is possible without reading other files.
    fn check(&self, profile: &str, name: &str) -> Result<(), Problems> {
        let text = self.to_string();
        let config = ConfigFile::parse(text.as_bytes(), &self.file);
        let Some(line) = config.line_of(profile, name) else { return Ok(()) };
        let (_, found) = Loader::new([config.profile(Some(profile))]).shown();
        let is_here =
            |source: &Source| matches!(source, Source::Profile { line: at, .. } if *at == line);
        let mut problems = found.map_or_else(Vec::new, Problems::into_vec);
        problems.retain_mut(|problem| match &problem.location {
            Location::Field { setting: Some(setting), source } if is_here(source) => {
                // The line is one of a file that will not be written.
                problem.location = Location::Nowhere(*setting);
                true
            }
            _ => false,
        });
        if problems.is_empty() { Ok(()) } else { Err(Problems::new(problems, Vec::new())) }
    }
}

impl fmt::Display for ConfigEditor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self.document.to_string();
        let text = if self.is_crlf { text.replace('\n', "\r\n") } else { text };
        write!(f, "{}{text}", self.mark)
    }
}

fn problems(config: &[u8], file: &str, profile: Option<&str>) -> Problems {
    Problems::new(ConfigFile::parse(config, file).profile(profile).problems, Vec::new())
}

/// Sets an entry. The comments around an old value stay.
fn replace(section: &mut dyn TableLike, name: &str, mut value: Value) {
    match section.get_mut(name).and_then(Item::as_value_mut) {
        Some(old) => {
            *value.decor_mut() = old.decor().clone();
            *old = value;
        }
        None => drop(section.insert(name, Item::Value(value))),
    }
}

fn prefix(decor: &Decor) -> String {
    decor.prefix().and_then(|prefix| prefix.as_str()).unwrap_or_default().to_owned()
}

const DEFAULT: &str = "default_profile";

#[cfg(test)]
mod tests {
    use orgtoken_assertion::Diagnostic;

    use super::*;

    /// Returns a text as editors of Windows save it.
    fn of_windows(text: &str) -> String {
        format!("\u{feff}{}", text.replace('\n', "\r\n"))
    }

    /// Adds what is missing of a profile `acme`.
    fn with_acme(text: &str) -> Result<String, Problems> {
        let mut editor = ConfigEditor::parse(text.as_bytes(), "c.toml")?;
        for (name, value) in [("username", "u@acme.com"), ("private_key_file", "./acme.key")] {
            if !editor.has("acme", name) {
                editor.set("acme", name, &[value], Path::new("/etc"))?;
            }
        }
        Ok(editor.to_string())
    }

    #[test]
    fn existing_content_is_kept() {
        let lines = "username = \"u@acme.com\"\nprivate_key_file = \"/etc/acme.key\"\n";
        let other = "# mine\ndefault_profile = 'x' # y\n\n[profile.x]\nusername = \"x@x.com\"\n";
        let two = "# A\n[profile.a]\n\n[profile.b]\n";
        for (name, text, after) in [
            ("nothing there", "", format!("[profile.acme]\n{lines}")),
            ("a comment alone", "# mine\n", format!("# mine\n\n[profile.acme]\n{lines}")),
            ("another profile", other, format!("{other}\n[profile.acme]\n{lines}")),
            (
                "the only profile stays the default",
                "# A\n[profile.a]\n",
                format!("default_profile = \"a\"\n\n# A\n[profile.a]\n\n[profile.acme]\n{lines}"),
            ),
            ("two profiles, no default", two, format!("{two}\n[profile.acme]\n{lines}")),
            (
                "a comment at the end",
                &format!("{other}# end\n"),
                format!("{other}# end\n\n[profile.acme]\n{lines}"),
            ),
            (
                "half of it",
                "[profile.\"acme\"] # new\nusername = 'u@acme.com' # me\n\n[profile.b]\n",
                "[profile.\"acme\"] # new\nusername = 'u@acme.com' # me\n\
                 private_key_file = \"/etc/acme.key\"\n\n[profile.b]\n"
                    .to_owned(),
            ),
            (
                "tables in line",
                "profile = { acme = { username = 'me@acme.com' } }\n",
                "profile = { acme = { username = 'me@acme.com' , \
                 private_key_file = \"/etc/acme.key\" } }\n"
                    .to_owned(),
            ),
        ] {
            let added = with_acme(text).unwrap();
            assert_eq!(added, after, "{name}");
            assert_eq!(with_acme(&added).unwrap(), after, "{name}: once is enough");
            if !text.is_empty() {
                let added = with_acme(&of_windows(text)).unwrap();
                assert_eq!(added, of_windows(&after), "{name}: Windows");
            }
        }
    }

    #[test]
    fn unreadable_file_is_an_error() {
        for (text, code, at) in [
            ("[profile.acme\n", "settings.toml", "c.toml:1:14"),
            ("profile = 7\n", "settings.type", "c.toml:1:11"),
            ("[profile]\nacme = 7\n", "settings.type", "c.toml:2:8"),
        ] {
            let problems = with_acme(text).unwrap_err();
            let problem = problems.iter().next().unwrap();
            assert_eq!((problem.code(), &*problem.at()), (code, at), "{text}");
        }
    }

    fn edited(text: &str, edit: impl FnOnce(&mut ConfigEditor)) -> String {
        let mut editor = ConfigEditor::parse(text.as_bytes(), "c.toml").unwrap();
        edit(&mut editor);
        editor.to_string()
    }

    #[test]
    fn entry_is_set_and_unset_and_everything_else_stays() {
        let text = "# mine\n[profile.a] # A\nusername = 'u@acme.com' # me\n\n[profile.b]\n";
        let set = |name: &str, values: &[&str]| {
            edited(text, |editor| editor.set("a", name, values, Path::new("/etc")).unwrap())
        };
        assert_eq!(
            set("username", &["v@acme.com"]),
            text.replace("'u@acme.com'", "\"v@acme.com\"")
        );
        assert_eq!(
            set("allow_hosts", &["a.example", "b.example"]),
            text.replace("# me\n", "# me\nallow_hosts = [\"a.example\", \"b.example\"]\n")
        );
        let keyed = set("private_key_file", &["acme.key"]);
        assert!(keyed.contains("private_key_file = \"/etc/acme.key\"\n"), "{keyed}");
        let unset = set("private_key_file", &[""]);
        assert!(unset.contains("private_key_file = \"\"\n"), "{unset}");
        let unset =
            edited(&keyed, |editor| assert!(editor.unset("a", "private_key_file").unwrap()));
        assert_eq!(unset, text);
        edited(text, |editor| {
            assert!(!editor.unset("a", "cache").unwrap() && !editor.unset("z", "cache").unwrap());
            let misspelt = editor.unset("a", "usernam").unwrap_err();
            assert_eq!(misspelt.hint().unwrap(), "did you mean `username`?");
        });
        let folder = Path::new("/etc");
        let new = edited(text, |editor| editor.set("c", "cache", &["none"], folder).unwrap());
        assert_eq!(new, format!("{text}\n[profile.c]\ncache = \"none\"\n"));
    }

    #[test]
    fn invalid_entry_is_refused_and_nothing_is_changed() {
        let text = "[profile.a]\nusername = 'wrong'\n";
        for (name, values, code, at) in [
            ("username", &["nobody"][..], "settings.value", "username"),
            ("login_url", &["http://login.salesforce.com"], "url.scheme", "login_url"),
            ("cache", &["here"], "settings.value", "cache"),
            ("cache", &["file", "none"], "settings.type", "cache"),
            ("user", &["x"], "settings.unknown", "c.toml"),
            ("private_key", &["x"], "settings.unknown", "c.toml"),
            (
                "private_key_file",
                &["-----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY-----"],
                "settings.swapped",
                "private_key",
            ),
        ] {
            let after = edited(text, |editor| {
                let problems = editor.set("a", name, values, Path::new("/etc")).expect_err(name);
                let problem = problems.iter().next().unwrap();
                assert_eq!((problem.code(), &*problem.at()), (code, at), "{problem}");
            });
            assert_eq!(after, text, "{name}");
        }
    }

    #[test]
    fn second_form_of_the_private_key_is_refused() {
        let text = "[profile.a]\nprivate_key_file = 'acme.key'\n";
        let after = edited(text, |editor| {
            let problems = editor.set("a", "ssh_agent", &["me"], Path::new("")).unwrap_err();
            assert_eq!(problems.code(), "settings.conflict");
        });
        assert_eq!(after, text);
    }

    #[test]
    fn removed_profile_takes_only_its_own_comments() {
        let a = "# about a\n[profile.a] # A\nusername = 'a@acme.com' # me\n";
        let b = "# about b\n[profile.b]\nusername = 'b@acme.com'\n";
        let c = "[profile.c]\n# end\n";
        for (name, text, after) in [
            ("the first", format!("# mine\n\n{a}\n{b}\n{c}"), format!("# mine\n\n{b}\n{c}")),
            ("without a comment", format!("{a}\n{b}"), b.to_owned()),
            ("the last", format!("{b}\n# of b\n\n{a}# end\n"), format!("{b}\n# of b\n# end\n")),
            ("one in the middle", format!("{c}\n{a}\n{b}"), format!("{c}\n{b}")),
            (
                "the default, and one is left",
                format!("default_profile = 'a' # mine\n\n{a}\n{b}"),
                format!("default_profile = \"b\" # mine\n\n{b}"),
            ),
            (
                "the default, and several are left",
                format!("# mine\n\ndefault_profile = 'a'\n\n{a}\n{b}\n{c}"),
                format!("# mine\n\n{b}\n{c}"),
            ),
            ("the only one", format!("# mine\n\n{a}"), "# mine\n".to_owned()),
            (
                "tables in line",
                "[profile]\n# mine\n\na = { cache = 'none' }\nb = {}\n".to_owned(),
                "[profile]\nb = {}\n# mine\n".to_owned(),
            ),
        ] {
            let removed = edited(&text, |editor| editor.remove_profile("a").unwrap());
            assert_eq!(removed, after, "{name}");
            let text = of_windows(&text);
            let of_removed = edited(&text, |editor| editor.remove_profile("a").unwrap());
            assert_eq!(of_removed, of_windows(&after), "{name}: Windows");
            edited(&removed, |editor| {
                let problems = editor.remove_profile("a").unwrap_err();
                assert_eq!(problems.code(), "settings.profile", "{name}");
            });
        }
    }

    #[test]
    fn default_profile_has_to_exist() {
        let text = "# mine\n\n[profile.a]\n[profile.b]\n";
        let chosen = edited(text, |editor| editor.set_default("b").unwrap());
        assert_eq!(ConfigFile::parse(chosen.as_bytes(), "").default_name().as_deref(), Some("b"));
        let again = edited(&chosen, |editor| editor.set_default("a").unwrap());
        assert_eq!(again, chosen.replace("\"b\"", "\"a\""));
        edited(text, |editor| {
            assert_eq!(editor.set_default("c").unwrap_err().code(), "settings.profile");
        });
    }
}

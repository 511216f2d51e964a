//! Edits `config.toml`, and preserves everything else in it, such as comments and layout.

use std::fmt;

use orgtoken_oauth::redact;
use toml_edit::{Array, DocumentMut, Item, Table, TableLike, Value};

use crate::layer::Layer;
use crate::loader::Loader;
use crate::problems::{Location, Problem, ProblemKind, Problems};
use crate::profile::{self, ConfigFile};
use crate::setting::Setting;
use crate::source::Source;
use crate::text;

/// A `config.toml` to edit. Everything that is not edited is preserved, such as comments and layout.
#[derive(Clone, Debug)]
pub struct ConfigEditor {
    document: DocumentMut,
    file: String,
}

impl ConfigEditor {
    /// Parses the content of `file`, which may be empty.
    ///
    /// # Errors
    ///
    /// The content is not TOML.
    pub fn parse(config: &[u8], file: &str) -> Result<Self, Problems> {
        let document = text::decode(config).ok().and_then(|text| text.parse().ok());
        match document {
            Some(document) => Ok(Self { document, file: file.to_owned() }),
            None => Err(problems(config, file, None)),
        }
    }

    /// Sets an entry of a profile. A profile that does not exist is added.
    ///
    /// Lists and a `signer_command` take any number of values, all other entries take one.
    ///
    /// # Errors
    ///
    /// A profile has no such entry, the value is invalid, or the profile has its private key in
    /// another form already. Nothing is changed then.
    pub fn set(&mut self, profile: &str, name: &str, values: &[String]) -> Result<(), Problems> {
        let Some((setting, _)) = profile::known(name) else { return Err(self.unknown(name)) };
        let is_list = setting.is_list();
        let mut edited = self.clone();
        let section = edited.section(profile)?;
        let mut value = match values {
            [value] if !is_list => Value::from(value),
            values => Value::from(Array::from_iter(values)),
        };
        match section.get_mut(name).and_then(Item::as_value_mut) {
            Some(old) => {
                *value.decor_mut() = old.decor().clone();
                *old = value;
            }
            None => drop(section.insert(name, Item::Value(value))),
        }
        edited.check(profile, name)?;
        *self = edited;
        Ok(())
    }

    /// Removes an entry of a profile. Returns whether there was one.
    pub fn unset(&mut self, profile: &str, name: &str) -> bool {
        let profiles = self.document.get_mut("profile").and_then(Item::as_table_like_mut);
        let section = profiles.and_then(|profiles| profiles.get_mut(profile));
        let section = section.and_then(Item::as_table_like_mut);
        section.is_some_and(|section| section.remove(name).is_some())
    }

    /// Makes a profile the default.
    ///
    /// # Errors
    ///
    /// There is no such profile.
    pub fn set_default(&mut self, profile: &str) -> Result<(), Problems> {
        let text = self.to_string();
        let config = ConfigFile::parse(text.as_bytes(), &self.file);
        if !config.names().iter().any(|name| name == profile) {
            return Err(problems(text.as_bytes(), &self.file, Some(profile)));
        }
        match self.document.get_mut("default_profile").and_then(Item::as_value_mut) {
            Some(old) => {
                let mut value = Value::from(profile);
                *value.decor_mut() = old.decor().clone();
                *old = value;
            }
            None => drop(self.document.insert("default_profile", toml_edit::value(profile))),
        }
        Ok(())
    }

    /// Returns the section of a profile, which is added if it is missing.
    fn section(&mut self, name: &str) -> Result<&mut dyn TableLike, Problems> {
        let text = self.document.to_string();
        let wrong = || problems(text.as_bytes(), &self.file, Some(name));
        let gap = if text.is_empty() || text.ends_with("\n\n") { "" } else { "\n" };
        let above = format!("{}{gap}", self.document.trailing().as_str().unwrap_or_default());
        let mut section = Table::new();
        section.set_implicit(true);
        let profiles = self.document.entry("profile").or_insert(Item::Table(section));
        let profiles = profiles.as_table_like_mut().ok_or_else(wrong)?;
        let is_new = !profiles.contains_key(name);
        if is_new {
            let mut profile = Table::new();
            // Comments at the end of the file stay before what is added.
            profile.decor_mut().set_prefix(above);
            profiles.insert(name, Item::Table(profile));
            self.document.set_trailing("");
        }
        let profiles = self.document.get_mut("profile").and_then(Item::as_table_like_mut);
        let profile = profiles.and_then(|profiles| profiles.get_mut(name));
        profile.and_then(Item::as_table_like_mut).ok_or_else(wrong)
    }

    /// An unknown name is repeated only if it looks like a known one: it may be a secret.
    fn unknown(&self, name: &str) -> Problems {
        let near = profile::nearest(name);
        let shown = if near.is_some() { redact::label(name) } else { redact::WITHHELD };
        let kind = ProblemKind::Unknown { name: shown.to_owned(), near };
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
        self.document.fmt(f)
    }
}

fn problems(config: &[u8], file: &str, profile: Option<&str>) -> Problems {
    Problems::new(Layer::from_profile(config, file, profile).problems, Vec::new())
}

/// Adds the missing settings of a profile to `config.toml`. Returns `None` if none is missing. An
/// existing private key, in any form, is kept.
pub(crate) fn add(
    config: &[u8],
    file: &str,
    name: &str,
    wanted: &Table,
) -> Result<Option<String>, Problems> {
    let mut editor = ConfigEditor::parse(config, file)?;
    let before = editor.to_string();
    let profile = editor.section(name)?;
    let has_key = Setting::PrivateKey.names().iter().any(|(key, _)| profile.contains_key(key));
    for (key, value) in wanted {
        let is_said = profile.contains_key(key) || (has_key && key == "private_key_file");
        if !is_said {
            profile.insert(key, value.clone());
        }
    }
    let after = editor.to_string();
    Ok((after != before).then_some(after))
}

#[cfg(test)]
mod tests {
    use orgtoken_assertion::Diagnostic;

    use super::*;

    fn wanted() -> Table {
        let mut wanted = Table::new();
        wanted.insert("username", toml_edit::value("u@acme.com"));
        wanted.insert("private_key_file", toml_edit::value("acme.key"));
        wanted
    }

    #[test]
    fn existing_content_is_kept() {
        let lines = "username = \"u@acme.com\"\nprivate_key_file = \"acme.key\"\n";
        let other = "# mine\ndefault_profile = 'x' # y\n\n[profile.x]\nusername = \"x@x.com\"\n";
        for (name, text, after) in [
            ("nothing there", "", format!("[profile.acme]\n{lines}")),
            ("a comment alone", "# mine\n", format!("# mine\n\n[profile.acme]\n{lines}")),
            ("another profile", other, format!("{other}\n[profile.acme]\n{lines}")),
            (
                "a comment at the end",
                &format!("{other}# end\n"),
                format!("{other}# end\n\n[profile.acme]\n{lines}"),
            ),
            (
                "half of it",
                "[profile.\"acme\"] # new\nusername = 'u@acme.com' # me\n\n[profile.b]\n",
                "[profile.\"acme\"] # new\nusername = 'u@acme.com' # me\n\
                 private_key_file = \"acme.key\"\n\n[profile.b]\n"
                    .to_owned(),
            ),
            (
                "a remote key",
                "[profile.acme]\nssh_agent = \"me\"\n",
                "[profile.acme]\nssh_agent = \"me\"\nusername = \"u@acme.com\"\n".to_owned(),
            ),
            (
                "tables in line",
                "profile = { acme = { username = 'me' } }\n",
                "profile = { acme = { username = 'me' , private_key_file = \"acme.key\" } }\n"
                    .to_owned(),
            ),
        ] {
            let add = |text: &str| add(text.as_bytes(), "c.toml", "acme", &wanted()).unwrap();
            let added = add(text).unwrap();
            assert_eq!(added, after, "{name}");
            assert_eq!(add(&added), None, "{name}: once is enough");
        }
    }

    #[test]
    fn unreadable_file_is_an_error() {
        for (text, code, at) in [
            ("[profile.acme\n", "settings.toml", "c.toml:1:14"),
            ("profile = 7\n", "settings.type", "c.toml:1:11"),
            ("[profile]\nacme = 7\n", "settings.type", "c.toml:2:8"),
        ] {
            let problems = add(text.as_bytes(), "c.toml", "acme", &wanted()).unwrap_err();
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
            let values: Vec<String> = values.iter().map(ToString::to_string).collect();
            edited(text, |editor| editor.set("a", name, &values).unwrap())
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
        assert!(keyed.contains("private_key_file = \"acme.key\"\n"), "{keyed}");
        let unset = edited(&keyed, |editor| assert!(editor.unset("a", "private_key_file")));
        assert_eq!(unset, text);
        edited(text, |editor| assert!(!editor.unset("a", "cache") && !editor.unset("z", "cache")));
        let new = edited(text, |editor| editor.set("c", "cache", &["none".into()]).unwrap());
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
                let values: Vec<String> = values.iter().map(ToString::to_string).collect();
                let problems = editor.set("a", name, &values).expect_err(name);
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
            let problems = editor.set("a", "ssh_agent", &["me".into()]).unwrap_err();
            assert_eq!(problems.code(), "settings.conflict");
        });
        assert_eq!(after, text);
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

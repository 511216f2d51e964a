//! Edits `config.toml`, and keeps existing values and comments.

use toml_edit::{DocumentMut, Item, Table};

use crate::layer::Layer;
use crate::problems::Problems;
use crate::setting::Setting;
use crate::text;

/// Adds the missing settings of a profile to `config.toml`. Returns `None` if none is missing. An
/// existing private key, in any form, is kept.
pub(crate) fn add(
    config: &[u8],
    file: &str,
    name: &str,
    wanted: &Table,
) -> Result<Option<String>, Problems> {
    let wrong =
        || Problems::new(Layer::from_profile(config, file, Some(name)).problems, Vec::new());
    let text = text::decode(config).map_err(|_| wrong())?;
    let mut document: DocumentMut = text.parse().map_err(|_| wrong())?;
    let gap = if text.is_empty() || text.ends_with("\n\n") { "" } else { "\n" };
    let above = format!("{}{gap}", document.trailing().as_str().unwrap_or_default());

    let mut section = Table::new();
    section.set_implicit(true);
    let profiles = document.entry("profile").or_insert(Item::Table(section));
    let profiles = profiles.as_table_like_mut().ok_or_else(wrong)?;
    let is_new = !profiles.contains_key(name);
    if is_new {
        let mut profile = Table::new();
        // Comments at the end of the file stay above the new profile.
        profile.decor_mut().set_prefix(above);
        profiles.insert(name, Item::Table(profile));
    }
    let profile = profiles.get_mut(name).and_then(Item::as_table_like_mut).ok_or_else(wrong)?;
    let has_key = Setting::PrivateKey.names().iter().any(|(key, _)| profile.contains_key(key));
    let mut is_longer = false;
    for (key, value) in wanted {
        let is_said = profile.contains_key(key) || (has_key && key == "private_key_file");
        if !is_said {
            profile.insert(key, value.clone());
            is_longer = true;
        }
    }
    if is_new {
        document.set_trailing("");
    }
    Ok((is_new || is_longer).then(|| document.to_string()))
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
}

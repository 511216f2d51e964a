use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::text;

/// Which profiles a `config.toml` has, for whoever serves all of them.
///
/// Nothing is checked here: what is wrong with the file, [`Layer::from_profile`] says.
///
/// [`Layer::from_profile`]: crate::Layer::from_profile
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct ProfileNames {
    names: Vec<String>,
    default: Option<String>,
    key_variables: Vec<String>,
}

impl ProfileNames {
    /// Reads a `config.toml`. What is none has no profiles.
    pub fn read(bytes: &[u8]) -> Self {
        let Ok(text) = text::decode(bytes) else { return Self::default() };
        let (root, _) = DeTable::parse_recoverable(text);
        let root = root.get_ref();
        let profiles = root.get("profile").and_then(|profiles| profiles.get_ref().as_table());
        let names: Vec<String> = profiles
            .into_iter()
            .flat_map(|profiles| profiles.keys().map(|name| name.get_ref().to_string()))
            .collect();
        let key_variable = |profile: &Spanned<DeValue<'_>>| {
            let name = profile.get_ref().as_table()?.get("private_key_env")?;
            name.get_ref().as_str().map(str::to_owned)
        };
        let key_variables =
            profiles.into_iter().flat_map(|profiles| profiles.values().filter_map(key_variable));
        let key_variables = key_variables.collect();
        let default = match root.get("default_profile").map(|name| name.get_ref()) {
            Some(DeValue::String(name)) => Some(name.to_string()),
            _ => names.first().filter(|_| names.len() == 1).cloned(),
        };
        Self { names, default, key_variables }
    }

    /// In alphabetical order.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// The one that is taken where none is named: the `default_profile`, or the only one.
    pub fn default_name(&self) -> Option<&str> {
        self.default.as_deref()
    }

    /// The variables that any of the profiles reads its private key from.
    pub fn key_variables(self) -> Vec<String> {
        self.key_variables
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_is_the_one_that_is_named_or_alone() {
        for (name, text, names, default) in [
            ("nothing", "", &[][..], None),
            ("no TOML", "[[[", &[], None),
            ("one", "[profile.acme]\n", &["acme"], Some("acme")),
            ("two", "[profile.b]\n[profile.a]\n", &["a", "b"], None),
            (
                "a default",
                "default_profile = \"b\"\n[profile.a]\n[profile.b]\n",
                &["a", "b"],
                Some("b"),
            ),
        ] {
            let read = ProfileNames::read(text.as_bytes());
            assert_eq!(read.names(), names, "{name}");
            assert_eq!(read.default_name(), default, "{name}");
        }
    }

    #[test]
    fn key_variables_of_all_profiles_are_listed() {
        let text = "[profile.a]\nprivate_key_env = \"KEY_A\"\n[profile.b]\nprivate_key_env = 1\n\
                    [profile.c]\nprivate_key_env = \"KEY_C\"\n";
        assert_eq!(ProfileNames::read(text.as_bytes()).key_variables(), ["KEY_A", "KEY_C"]);
    }
}

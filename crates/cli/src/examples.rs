//! The examples of each command, for its help and its manual page.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

/// An example of a command: its purpose in a few words, and the line to type in a shell.
#[derive(Deserialize)]
pub(crate) struct Example {
    pub(crate) purpose: String,
    pub(crate) line: String,
}

/// Returns the examples of a command, such as `record get`. Without a name it is the program itself.
pub(crate) fn examples(name: &str) -> &'static [Example] {
    EXAMPLES.get(name).map_or(&[], Vec::as_slice)
}

/// Returns the commands of the program, which all have an example.
pub(crate) fn commands() -> Vec<&'static str> {
    let names = EXAMPLES.keys().map(String::as_str);
    names.filter(|name| !name.is_empty() && !name.contains(' ')).collect()
}

/// The examples by command.
pub(crate) static EXAMPLES: LazyLock<BTreeMap<String, Vec<Example>>> = LazyLock::new(|| {
    toml::from_str(include_str!("../assets/examples.toml")).expect("a test reads this file")
});

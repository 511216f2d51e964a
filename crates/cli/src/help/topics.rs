//! The topics of `orgtoken help TOPIC`.

use std::sync::LazyLock;

use clap::{Args as _, Command};
use serde::Deserialize;

use super::{is_shared, setting_variables, settings_of_profiles};
use crate::args::Caller;
use crate::failure::EXIT_CODES;
use crate::io::look::Look;

/// A text about something that several commands have in common.
#[derive(Deserialize)]
pub(crate) struct Topic {
    pub(crate) name: String,
    pub(crate) about: String,
    /// Paragraphs. One that begins with blanks is not wrapped.
    text: String,
}

impl Topic {
    /// Returns the text, wrapped.
    pub(crate) fn text(&self, look: Look) -> String {
        let mut text = look.wrapped("", "", &format!("{}: {}", self.name, self.about));
        for paragraph in self.text.split("\n\n") {
            text.push('\n');
            if paragraph.starts_with(' ') {
                text += &format!("{paragraph}\n");
            } else {
                text += &look.wrapped("", "", &paragraph.replace('\n', " "));
            }
        }
        let table = match self.name.as_str() {
            "environment" => rows(setting_variables(), 26, look),
            "exit-codes" => {
                rows(EXIT_CODES.map(|(code, text)| (code.to_string(), text.to_owned())), 5, look)
            }
            "login" => login_flags(),
            "profiles" => rows(settings_of_profiles(), 17, look),
            _ => return text,
        };
        text + "\n" + &table
    }
}

/// Formats rows of a name and its meaning. A long name is above its meaning.
fn rows(rows: impl IntoIterator<Item = (String, String)>, width: usize, look: Look) -> String {
    let indent = " ".repeat(width + 4);
    let row = |(name, meaning): (String, String)| match name.len() {
        length if length <= width => look.wrapped(&format!("  {name:width$}  "), &indent, &meaning),
        _ => format!("  {name}\n{}", look.wrapped(&indent, &indent, &meaning)),
    };
    rows.into_iter().map(row).collect()
}

/// Returns the flags that all commands with a login share, as their own help shows them.
fn login_flags() -> String {
    let mut command = Caller::augment_args(Command::new("orgtoken"))
        .disable_help_flag(true)
        .help_template("{options}")
        .max_term_width(100);
    command.build();
    debug_assert!(command.get_arguments().all(is_shared));
    format!("{}\n", command.render_help().to_string().trim_matches('\n'))
}

/// The topics, in the order of the help.
pub(crate) static TOPICS: LazyLock<Vec<Topic>> = LazyLock::new(|| {
    #[derive(Deserialize)]
    struct File {
        topics: Vec<Topic>,
    }

    let file: Result<File, _> = toml::from_str(include_str!("../../assets/topics.toml"));
    file.expect("a test reads this file").topics
});

//! The ways in which people break JSON, and their words.

use std::borrow::Cow;

/// How JSON is broken. Names stand here only if they are names of settings; never a value.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub(crate) enum Syntax {
    #[error("a comment, which JSON does not have{}", near(*.0))]
    Comment(Near),
    #[error("a control character inside a string{}", near(*.0))]
    ControlCharacter(Near),
    #[error("a curly quote in place of \"{}", near(*.0))]
    CurlyQuote(Near),
    #[error("nested more than {MAX_DEPTH} levels deep")]
    Depth,
    #[error("the JSON ends too early{}", near(*.0))]
    Ended(Near),
    #[error("a backslash that starts no escape of JSON{}", near(*.0))]
    Escape(Near),
    #[error("more text after the end of the JSON")]
    ExtraText,
    #[error("a raw line break inside the string{}", of(*.0))]
    LineBreak(Near),
    #[error("a colon is missing{}", after(*.0))]
    MissingColon(Near),
    #[error("a comma is missing, or a quote inside a string lacks its backslash{}", near(*.0))]
    MissingComma(Near),
    #[error("a closing quote is missing{}", near(*.0))]
    MissingClosingQuote(Near),
    #[error("a quote is missing before the name{}", name(*.0))]
    MissingNameQuote(Near),
    #[error("a quote is missing before the value{}", of(*.0))]
    MissingValueQuote(Near),
    #[error("a name without quotes{}", near(*.0))]
    NameWithoutQuotes(Near),
    #[error("this is {0}, not JSON")]
    NotJson(OtherFormat),
    #[error("a single quote in place of \"{}", near(*.0))]
    SingleQuote(Near),
    #[error("a comma after the last entry{}", near(*.0))]
    TrailingComma(Near),
    #[error("unexpected character{}", near(*.0))]
    Unexpected(Near),
}

/// The name of the setting nearest to the fault.
pub(crate) type Near = Option<&'static str>;

impl Syntax {
    pub(crate) fn hint(&self) -> Cow<'static, str> {
        match self {
            Self::Comment(_) => "remove it".into(),
            Self::ControlCharacter(_) => "remove the character, or write it as an escape".into(),
            Self::CurlyQuote(_) | Self::SingleQuote(_) => {
                "use the straight double quote \": a word processor or a chat may have changed it"
                    .into()
            }
            Self::Depth => "give the record as Onify shows it: one object, one level".into(),
            Self::Ended(_) => "copy it again, up to the last }".into(),
            Self::Escape(_) => "write a backslash as \\\\, a line break as \\n".into(),
            Self::ExtraText => "give one record, and nothing after it".into(),
            Self::LineBreak(_) => "write the line breaks of the key as \\n, all on one line: \
                 \"-----BEGIN PRIVATE KEY-----\\nMII…\\n-----END PRIVATE KEY-----\\n\""
                .into(),
            Self::MissingColon(_) => "put a : between the name and the value".into(),
            Self::MissingComma(_) => "put a comma between two entries".into(),
            Self::MissingClosingQuote(_) => "put a \" at the end of the string".into(),
            Self::MissingNameQuote(name) => match name {
                Some("InstanceUrl") => {
                    "put a \" before InstanceUrl: the template in the blueprint's README lacks it"
                        .into()
                }
                Some(name) => format!("put a \" before {name}").into(),
                None => "put a \" before the name".into(),
            },
            Self::MissingValueQuote(_) => "put the string in quotes".into(),
            Self::NameWithoutQuotes(name) => match name {
                Some(name) => format!("write \"{name}\" with its quotes").into(),
                None => "put the name in quotes".into(),
            },
            Self::NotJson(other) => other.hint().into(),
            Self::TrailingComma(_) => "remove the comma".into(),
            Self::Unexpected(_) => {
                "compare the place with an example: {\"Username\": \"user@acme.com\", …}".into()
            }
        }
    }
}

/// What people give in place of a record.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub(crate) enum OtherFormat {
    #[error("an auth URL of `sf`")]
    AuthUrl,
    #[error("a certificate")]
    Certificate,
    #[error("HTML")]
    Html,
    #[error("an INI file")]
    Ini,
    #[error("a private key")]
    PrivateKey,
    #[error("text with JSON in it")]
    TextAround,
    #[error("TOML")]
    Toml,
    #[error("a list of variables")]
    Variables,
    #[error("XML")]
    Xml,
    #[error("YAML")]
    Yaml,
}

impl OtherFormat {
    fn hint(self) -> &'static str {
        match self {
            Self::AuthUrl => {
                "it holds a refresh token of another flow; this login needs a private key: \
                 `orgtoken setup` leads to one"
            }
            Self::Certificate => {
                "the certificate goes into the app in Salesforce; give the settings record here"
            }
            Self::Html => "this is a web page: was it saved while nobody was logged in?",
            Self::TextAround => "give the JSON alone, from the first { to the last }",
            Self::Ini | Self::Xml | Self::Yaml => {
                "write it as JSON: {\"Username\": \"user@acme.com\", …}"
            }
            Self::PrivateKey => "give the key with `--jwt-key-file`, the settings record here",
            Self::Toml => "this may be a `config.toml`: name the profile with `--profile`",
            Self::Variables => "set them in the environment, or write them as a JSON object",
        }
    }
}

fn near(name: Near) -> String {
    name.map_or(String::new(), |name| format!(", near `{name}`"))
}

fn name(name: Near) -> String {
    name.map_or(String::new(), |name| format!(" `{name}`"))
}

fn of(name: Near) -> String {
    name.map_or(String::new(), |name| format!(" of `{name}`"))
}

fn after(name: Near) -> String {
    name.map_or(String::new(), |name| format!(" after `{name}`"))
}

/// The limit of `serde_json`.
pub(super) const MAX_DEPTH: usize = 127;

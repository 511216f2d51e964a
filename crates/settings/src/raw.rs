//! Values before they are checked.

use orgtoken_oauth::redact;
use zeroize::Zeroizing;

use crate::problems::ProblemKind;
use crate::secret::SecretText;
use crate::setting::{Content, Setting};
use crate::settings::SignerCommand;
use crate::value_kind::ValueKind;

/// The unchecked value of a setting in one source.
pub(crate) enum Raw {
    /// A key in the SSH agent, by its fingerprint or comment.
    Agent(String),
    /// An invalid value, reported unless it is overridden.
    Broken(ProblemKind),
    /// The content of a file.
    Bytes(Zeroizing<Vec<u8>>),
    /// A command that signs.
    Command(SignerCommand),
    /// A file that holds the value.
    File(String),
    /// Several values.
    List(Vec<String>),
    /// The value itself.
    Text(SecretText),
    /// A variable that holds the value.
    Variable(String),
}

impl Raw {
    /// Interprets the text of one of the names of a setting. Commas or blanks separate the items of
    /// a list.
    pub(crate) fn of_text(setting: Setting, content: Content, text: &str) -> Self {
        let name = || text.trim().to_owned();
        match content {
            Content::Agent => Self::Agent(name()),
            Content::Command => Self::Command(SignerCommand::Shell(name())),
            Content::File => Self::File(name()),
            Content::Value if setting.is_list() => {
                let items = text.split([',', ' ', '\n', '\r', '\t']);
                Self::List(items.filter(|item| !item.is_empty()).map(str::to_owned).collect())
            }
            Content::Value => Self::Text(text.to_owned().into()),
            Content::Variable => Self::Variable(name()),
        }
    }

    pub(crate) fn into_text(self) -> Result<SecretText, Self> {
        if let Self::Text(text) = self { Ok(text) } else { Err(self) }
    }

    pub(crate) fn into_list(self) -> Result<Vec<String>, Self> {
        match self {
            Self::List(items) => Ok(items),
            Self::Text(text) => Ok(vec![text.secret().to_owned()]),
            other => Err(other),
        }
    }

    pub(crate) fn into_bytes(self) -> Result<Zeroizing<Vec<u8>>, Self> {
        match self {
            Self::Bytes(bytes) => Ok(bytes),
            Self::Text(text) => Ok(Zeroizing::new(text.secret().as_bytes().to_vec())),
            other => Err(other),
        }
    }

    pub(crate) fn is_blank(&self) -> bool {
        match self {
            Self::Agent(name) | Self::File(name) | Self::Variable(name) => name.trim().is_empty(),
            Self::Broken(_) | Self::Bytes(_) => false,
            Self::Command(command) => command.is_blank(),
            Self::List(items) => items.is_empty(),
            Self::Text(text) => text.secret().trim().is_empty(),
        }
    }

    /// Refuses key material in place of the name of a file, variable or key.
    pub(crate) fn without_key_as_name(self) -> Self {
        let (name, expected) = match &self {
            Self::Agent(name) => (name, "the fingerprint or comment of a key"),
            Self::File(name) => (name, "a file name"),
            Self::Variable(name) => (name, "the name of a variable"),
            _ => return self,
        };
        match ValueKind::guess(name) {
            Some(ValueKind::Certificate | ValueKind::PrivateKey) => {
                Self::Broken(ProblemKind::SecretAsName { found: redact::describe(name), expected })
            }
            _ => self,
        }
    }
}

//! Values as they were found, before anybody knows whether they are what they should be.

use zeroize::Zeroizing;

use crate::problems::Fault;
use crate::secret::SecretText;
use crate::settings::SignerCommand;

/// What stands for a setting in one place.
pub(crate) enum Raw {
    /// A key that the SSH agent holds, named by fingerprint or comment.
    Agent(String),
    /// Something that cannot be a value, reported only if nothing better overrules it.
    Broken(Fault),
    /// The bytes of a file.
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

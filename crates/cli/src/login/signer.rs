//! The key of the settings, ready to sign.

use std::borrow::Cow;
use std::path::Path;
use std::sync::Arc;

use orgtoken_assertion::{Diagnostic, Passphrase, PublicKey, RingSigner, Signer};
use orgtoken_settings::{KeySource, Settings, SignerCommand};
use orgtoken_signer::{AgentError, AgentSigner, CommandSigner};

use crate::environment::variable;
use crate::failure::Failure;
use crate::io::prompt;
use crate::login::secret_variables::secret_variables;

/// Opens a locked key, and asks for its passphrase where it has to.
pub(crate) fn decrypt_key(settings: &mut Settings) -> Result<(), Failure> {
    let typed = match settings.key() {
        KeySource::Encrypted(key) if key.lacks_passphrase() => prompt::passphrase()?,
        _ => None,
    };
    let typed = typed.map(|typed| Passphrase::new(typed.as_slice()));
    Ok(settings.decrypt_key(typed.as_ref())?)
}

/// Decrypts a locked key in the settings; returns the signer of a key outside this process.
pub(crate) fn open_key(settings: &mut Settings) -> Result<Option<Arc<dyn Signer>>, Failure> {
    decrypt_key(settings)?;
    match settings.key() {
        KeySource::Local(_) => Ok(None),
        key => Ok(Some(remote_signer(key)?)),
    }
}

/// Signs with the key, or where the key is.
pub(crate) fn signer(key: KeySource) -> Result<Arc<dyn Signer>, SignerError> {
    match key {
        KeySource::Local(key) => Ok(Arc::new(RingSigner::new(*key))),
        key => remote_signer(&key),
    }
}

/// Signs where the key is, if it is not here.
pub(crate) fn remote_signer(key: &KeySource) -> Result<Arc<dyn Signer>, SignerError> {
    match key {
        KeySource::Agent(which) => Ok(Arc::new(agent(which)?)),
        KeySource::Command { command, public_key } => {
            Ok(Arc::new(self::command(command, public_key)))
        }
        _ => Err(SignerError::NotRemote),
    }
}

fn agent(which: &str) -> Result<AgentSigner, SignerError> {
    let socket = variable("SSH_AUTH_SOCK").ok_or(SignerError::NoAgent)?;
    Ok(AgentSigner::find(Path::new(&socket), which)?)
}

/// The command gets no secret of ours: it has its own.
fn command(command: &SignerCommand, public_key: &PublicKey) -> CommandSigner {
    let public_key = public_key.clone();
    let signer = match command {
        SignerCommand::Program(words) => CommandSigner::program(words.clone(), public_key),
        SignerCommand::Shell(line) => CommandSigner::shell(line, public_key),
    };
    signer.env_remove(secret_variables(&[]).filter_map(|name| name.into_string().ok()))
}

/// There is nobody to sign.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SignerError {
    /// The agent has no such key, or does not answer.
    #[error(transparent)]
    Agent(#[from] AgentError),
    /// No agent runs, as far as the environment tells.
    #[error("the settings leave the signature to an SSH agent, and SSH_AUTH_SOCK names none")]
    NoAgent,
    /// The key was expected elsewhere and is here.
    #[error("the private key is still locked")]
    NotRemote,
}

impl Diagnostic for SignerError {
    fn code(&self) -> &str {
        match self {
            Self::Agent(error) => error.code(),
            Self::NoAgent => "sign.agent",
            Self::NotRemote => "key.encrypted",
        }
    }

    fn hint(&self) -> Option<Cow<'_, str>> {
        match self {
            Self::Agent(error) => error.hint(),
            Self::NoAgent => Some(
                "start an agent, `eval $(ssh-agent)`, and put the key into it: `ssh-add key.pem`"
                    .into(),
            ),
            Self::NotRemote => None,
        }
    }
}

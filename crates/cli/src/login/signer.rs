//! The signer of a login: the local private key, an SSH agent or a command.

use std::path::Path;
use std::sync::Arc;

use orgtoken_assertion::{KeyError, Passphrase, PublicKey, RingSigner, Signer};
use orgtoken_settings::{KeySource, Settings, SignerCommand};
use orgtoken_signer::{AgentSigner, CommandSigner};

use crate::environment::variable;
use crate::failure::Failure;
use crate::io::prompt;
use crate::login::secret_variables::secret_variables;

/// Decrypts an encrypted key. Asks for a missing passphrase.
pub(crate) fn decrypt_key(settings: &mut Settings) -> Result<(), Failure> {
    let typed = match settings.key() {
        KeySource::Encrypted(key) if key.lacks_passphrase() => prompt::passphrase()?,
        _ => None,
    };
    let typed = typed.map(|typed| Passphrase::new(typed.as_slice()));
    Ok(settings.decrypt_key(typed.as_ref())?)
}

/// Decrypts an encrypted key. Returns the signer of a remote key.
pub(crate) fn open_key(settings: &mut Settings) -> Result<Option<Arc<dyn Signer>>, Failure> {
    decrypt_key(settings)?;
    match settings.key() {
        KeySource::Local(_) => Ok(None),
        key => Ok(Some(remote_signer(key)?)),
    }
}

/// Returns the signer of a local or remote key.
pub(crate) fn signer(key: KeySource) -> Result<Arc<dyn Signer>, Failure> {
    match key {
        KeySource::Local(key) => Ok(Arc::new(RingSigner::new(*key))),
        key => remote_signer(&key),
    }
}

/// Returns the signer of a remote key.
pub(crate) fn remote_signer(key: &KeySource) -> Result<Arc<dyn Signer>, Failure> {
    match key {
        KeySource::Agent(which) => Ok(Arc::new(agent(which)?)),
        KeySource::Command { command, public_key } => {
            Ok(Arc::new(self::command(command, public_key)))
        }
        _ => Err(KeyError::Encrypted.into()),
    }
}

fn agent(which: &str) -> Result<AgentSigner, Failure> {
    let socket = variable("SSH_AUTH_SOCK").ok_or_else(|| {
        let hint =
            "start an agent with `eval $(ssh-agent)`, and add the key with `ssh-add key.pem`";
        let what = "`ssh_agent` is set, but SSH_AUTH_SOCK is not";
        Failure::new("sign.agent", Some(hint), what)
    })?;
    Ok(AgentSigner::find(Path::new(&socket), which)?)
}

/// Returns the signer of a command, which gets no secret variable of the environment.
fn command(command: &SignerCommand, public_key: &PublicKey) -> CommandSigner {
    let public_key = public_key.clone();
    let signer = match command {
        SignerCommand::Program(words) => CommandSigner::program(words.clone(), public_key),
        SignerCommand::Shell(line) => CommandSigner::shell(line, public_key),
    };
    signer.env_remove(secret_variables(&[]).filter_map(|name| name.into_string().ok()))
}

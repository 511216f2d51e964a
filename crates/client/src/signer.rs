//! Signers for keys that lie outside this process.

use std::time::Duration;

mod agent;
pub use agent::{AgentError, AgentSigner};
mod blob;
mod command;
pub use command::{CommandError, CommandSigner};
mod seal;
pub use seal::sealing_secret;

/// How long a signer may take unless told: a person may have to touch a token, and the endpoint
/// is waiting.
const PATIENCE: Duration = Duration::from_secs(15);

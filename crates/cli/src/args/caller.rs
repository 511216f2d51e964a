use super::{Login, Network, Tokens};

/// The arguments of every command that uses a token.
#[derive(Debug, clap::Args)]
pub(crate) struct Caller {
    #[command(flatten)]
    pub(crate) login: Login,
    #[command(flatten)]
    pub(crate) tokens: Tokens,
    #[command(flatten)]
    pub(crate) network: Network,
}

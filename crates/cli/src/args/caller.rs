use std::time::Duration;

use super::{Login, Network, duration};

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

/// Options of the token.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Token")]
pub(crate) struct Tokens {
    /// Log in again if the token expires sooner than this
    #[arg(long, value_name = "TIME", value_parser = duration, default_value = "1m")]
    pub(crate) min_ttl: Duration,
    /// Do not read or write the token cache
    #[arg(long)]
    pub(crate) no_cache: bool,
    /// Ignore a cached refusal and log in again
    #[arg(long)]
    pub(crate) retry: bool,
}

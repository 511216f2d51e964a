use std::time::Duration;

use super::duration;

/// Which token will do.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Token")]
pub(crate) struct Tokens {
    /// Log in again if the token is good for less than this
    #[arg(long, value_name = "TIME", value_parser = duration, default_value = "1m")]
    pub(crate) min_ttl: Duration,
    /// Log in anew, and keep nothing between runs: no token, no refusal, no count
    #[arg(long)]
    pub(crate) no_cache: bool,
    /// Ask Salesforce again even if it has just refused
    #[arg(long)]
    pub(crate) retry: bool,
}

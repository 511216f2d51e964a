use std::time::Duration;

use super::duration;

/// Which token will do.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Token")]
pub(crate) struct Tokens {
    /// How long the token must be good for; else a new one is got
    #[arg(long, value_name = "TIME", value_parser = duration, default_value = "1m")]
    pub(crate) min_ttl: Duration,
    /// Log in, and neither read nor keep a token, a refusal or a count
    #[arg(long)]
    pub(crate) no_cache: bool,
    /// Ask Salesforce even if it refused a short while ago
    #[arg(long)]
    pub(crate) retry: bool,
}

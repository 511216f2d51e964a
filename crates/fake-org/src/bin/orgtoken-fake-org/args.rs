use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Parser, ValueEnum};
use orgtoken_fake_org::{AppKind, Role, TokenFormat, User};

/// A Salesforce org that fits on a laptop: logs in whom you name, and refuses as Salesforce refuses
#[derive(Debug, Parser)]
#[command(name = "orgtoken-fake-org", version)]
pub(crate) struct Args {
    /// The app's certificate, in PEM or DER
    #[arg(long, value_name = "FILE", required_unless_present_any = ["new_key", "scenarios"])]
    pub(crate) cert: Option<PathBuf>,

    /// Make a new key, take its certificate as the app's, and write the key to this new file
    #[arg(long, value_name = "KEY_FILE", conflicts_with = "cert")]
    pub(crate) new_key: Option<PathBuf>,

    /// The app's consumer key
    #[arg(long, value_name = "KEY", default_value = "3MVG9fake")]
    pub(crate) client_id: String,

    /// A user who may log in, or is met by a scenario; can be given again
    #[arg(long, value_name = "NAME[=SCENARIO]", required_unless_present = "scenarios")]
    pub(crate) user: Vec<User>,

    /// Where to listen; port 0 is any that is free
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:0")]
    pub(crate) listen: SocketAddr,

    /// Speak HTTPS, and write the certificate of the CA that clients must trust to this file
    #[arg(long, value_name = "CA_FILE")]
    pub(crate) https: Option<PathBuf>,

    /// Print where the org is, and all that a client must be told, in this form
    #[arg(long, value_name = "FORM", value_enum, default_value_t = Form::Url)]
    pub(crate) print: Form,

    /// The kind of app: an external client app is not known at login and test.salesforce.com
    #[arg(long, value_name = "KIND", value_enum, default_value_t)]
    pub(crate) app: AppKind,

    /// The host that the org would have at Salesforce
    #[arg(long, value_name = "HOST", default_value = "acme.my.salesforce.com")]
    pub(crate) my_domain: String,

    /// Another host name for the HTTPS certificate; can be given again
    #[arg(long, value_name = "HOST")]
    pub(crate) host_name: Vec<String>,

    /// What the org's own address stands for
    #[arg(long, alias = "plays", value_name = "HOST", value_enum, default_value_t)]
    pub(crate) act_as: Role,

    /// Be a sandbox: its generic host is test.salesforce.com
    #[arg(long)]
    pub(crate) sandbox: bool,

    /// Accept this audience instead of the usual ones; can be given again
    #[arg(long, value_name = "URL")]
    pub(crate) audience: Vec<String>,

    /// Refuse assertions that are late or live longer than three minutes
    #[arg(long)]
    pub(crate) strict_expiry: bool,

    /// What tokens look like
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t)]
    pub(crate) token_format: TokenFormat,

    /// How many seconds a token lives
    #[arg(long, value_name = "SECONDS", default_value = "7200", value_parser = seconds)]
    pub(crate) token_lifetime: Duration,

    /// How many logins a user has in an hour
    #[arg(long, value_name = "N", default_value_t = 3600)]
    pub(crate) login_limit: usize,

    /// How many calls of the REST API the org has
    #[arg(long, value_name = "N", default_value_t = 15_000)]
    pub(crate) api_limit: u64,

    /// How many seconds the org's clock is ahead, or behind if negative
    #[arg(long, value_name = "SECONDS", default_value_t = 0, allow_negative_numbers = true)]
    pub(crate) clock_skew: i64,

    /// Add an object, by what `sf sobject describe --json` prints of it; can be given again
    #[arg(long, value_name = "FILE")]
    pub(crate) object: Vec<PathBuf>,

    /// List the scenarios and stop
    #[arg(long)]
    pub(crate) scenarios: bool,

    /// Run this command with the environment that `--print env` shows, and stop when it ends
    #[arg(last = true, value_name = "COMMAND")]
    pub(crate) command: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, ValueEnum)]
pub(crate) enum Form {
    /// Lines to `eval` in a shell
    Env,
    /// The same as one JSON object
    Json,
    /// The URL alone
    Url,
}

fn seconds(text: &str) -> Result<Duration, std::num::ParseIntError> {
    text.parse().map(Duration::from_secs)
}

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Parser, ValueEnum};
use orgtoken_fake_org::{AppKind, Role, User};

/// An offline Salesforce org: accepts the users that you name and returns Salesforce's own errors
#[derive(Debug, Parser)]
#[command(name = "orgtoken-fake-org", version)]
pub(crate) struct Args {
    /// The app's certificate, in PEM or DER
    #[arg(long, value_name = "FILE", required_unless_present_any = ["new_key", "scenarios"])]
    pub(crate) cert: Option<PathBuf>,

    /// Generate a key pair, register its certificate, and write the key to this new file
    #[arg(long, value_name = "KEY_FILE", conflicts_with = "cert")]
    pub(crate) new_key: Option<PathBuf>,

    /// The app's consumer key
    #[arg(long, value_name = "KEY", default_value = "3MVG9fake")]
    pub(crate) client_id: String,

    /// A user who may log in, or has a scenario; can be repeated
    #[arg(long, value_name = "NAME[=SCENARIO]", required_unless_present = "scenarios")]
    pub(crate) user: Vec<User>,

    /// Address to listen on; port 0 is any free port
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:0")]
    pub(crate) listen: SocketAddr,

    /// Use HTTPS, and write the CA certificate that clients have to trust to this file
    #[arg(long, value_name = "CA_FILE")]
    pub(crate) https: Option<PathBuf>,

    /// Print the connection settings in this format
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t = Form::Url)]
    pub(crate) print: Form,

    /// Kind of the app; an external client app is unknown at login and test.salesforce.com
    #[arg(long, value_name = "KIND", value_enum, default_value_t)]
    pub(crate) app: AppKind,

    /// My Domain host of the org
    #[arg(long, value_name = "HOST", default_value = "acme.my.salesforce.com")]
    pub(crate) my_domain: String,

    /// Another host name for the HTTPS certificate; can be repeated
    #[arg(long, value_name = "HOST")]
    pub(crate) host_name: Vec<String>,

    /// Salesforce host that the org's own address represents
    #[arg(long, alias = "plays", value_name = "HOST", value_enum, default_value_t)]
    pub(crate) act_as: Role,

    /// Act as a sandbox, whose generic host is test.salesforce.com
    #[arg(long)]
    pub(crate) sandbox: bool,

    /// Accept this audience instead of the usual ones; can be repeated
    #[arg(long, value_name = "URL")]
    pub(crate) audience: Vec<String>,

    /// Refuse assertions that have expired or expire in more than three minutes
    #[arg(long)]
    pub(crate) strict_expiry: bool,

    /// Lifetime of a token in seconds
    #[arg(long, value_name = "SECONDS", default_value = "7200", value_parser = seconds)]
    pub(crate) token_lifetime: Duration,

    /// Number of REST API calls that the org has
    #[arg(long, value_name = "N", default_value_t = 15_000)]
    pub(crate) api_limit: u64,

    /// Seconds that the org's clock is ahead, or behind if negative
    #[arg(long, value_name = "SECONDS", default_value_t = 0, allow_negative_numbers = true)]
    pub(crate) clock_skew: i32,

    /// Add an object from the output of `sf sobject describe --json`; can be repeated
    #[arg(long, value_name = "FILE")]
    pub(crate) object: Vec<PathBuf>,

    /// List the scenarios
    #[arg(long)]
    pub(crate) scenarios: bool,

    /// Run this command with the variables of `--print env`, and stop when it ends
    #[arg(last = true, value_name = "COMMAND")]
    pub(crate) command: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, ValueEnum)]
pub(crate) enum Form {
    /// Lines for `eval` in a shell
    Env,
    /// The same as one JSON object
    Json,
    /// The URL alone
    Url,
}

fn seconds(text: &str) -> Result<Duration, std::num::ParseIntError> {
    text.parse().map(Duration::from_secs)
}

//! Which endpoint and audience a login would use, and why; without the network.

use orgtoken_oauth::Candidate;
use orgtoken_settings::Hosts;
use serde::Serialize;

use super::origin::{ShownOrigin, origin};
use crate::args::Login;
use crate::console::Console;
use crate::context::Context;
use crate::failure::Failure;
use crate::table::{Row, table};

/// Show which token endpoint and audience would be used, and why
///
/// Nothing is sent, and no key is read. Shows each value and where it came from, secrets as [set];
/// whether all of them are right is what `orgtoken settings check` tells.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    login: Login,
}

pub(crate) fn run(args: &Args, console: &Console) -> Result<(), Failure> {
    let hosts = Context { login: &args.login, route: None, console }.hosts()?;
    if console.json() {
        return Ok(console.document(&Shown::of(&hosts))?);
    }
    Ok(console.data(text(&hosts).as_bytes())?)
}

fn text(hosts: &Hosts) -> String {
    let resolution = hosts.resolution();
    let row = |name, value: &str, why: &str| Row::new(name, value).remark(why);
    let decided = table([
        row("endpoint", resolution.endpoint().as_str(), resolution.endpoint_reason()),
        row("audience", resolution.audience().as_str(), resolution.audience_reason()),
    ]);
    let passed_over = resolution.candidates().into_iter().filter(|candidate| !candidate.used);
    let passed_over = table(passed_over.map(|one| row(one.role, &one.url, one.why)));
    let sources = table(hosts.all_sources().iter().map(origin));
    format!("{decided}\nAlso considered\n{passed_over}\nSettings\n{sources}")
}

#[derive(Serialize)]
struct Shown<'a> {
    endpoint: &'a str,
    endpoint_reason: &'a str,
    audience: &'a str,
    audience_reason: &'a str,
    candidates: Vec<ShownCandidate>,
    /// Those that decide.
    settings: Vec<ShownOrigin<'a>>,
    /// All that count.
    values: Vec<ShownOrigin<'a>>,
}

impl<'a> Shown<'a> {
    fn of(hosts: &'a Hosts) -> Self {
        let resolution = hosts.resolution();
        Self {
            endpoint: resolution.endpoint().as_str(),
            endpoint_reason: resolution.endpoint_reason(),
            audience: resolution.audience().as_str(),
            audience_reason: resolution.audience_reason(),
            candidates: resolution.candidates().into_iter().map(Into::into).collect(),
            settings: hosts.sources().iter().map(Into::into).collect(),
            values: hosts.all_sources().iter().map(Into::into).collect(),
        }
    }
}

#[derive(Serialize)]
struct ShownCandidate {
    role: &'static str,
    url: String,
    used: bool,
    why: &'static str,
}

impl From<Candidate> for ShownCandidate {
    fn from(candidate: Candidate) -> Self {
        let Candidate { role, url, used, why, .. } = candidate;
        Self { role, url, used, why }
    }
}

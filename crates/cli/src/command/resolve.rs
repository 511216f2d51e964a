//! `resolve`: the endpoint and audience of a login, without the network.

use std::iter;

use orgtoken_oauth::Resolution;
use orgtoken_settings::Hosts;
use serde::Serialize;

use super::origin::{ShownValue, origin};
use crate::args::Login;
use crate::failure::Failure;
use crate::io::console::Console;
use crate::io::table::{Row, table};
use crate::login::context::Context;

/// Show the token endpoint and audience, with reasons
///
/// Nothing is sent, and no key is read. Shows each value with its source, secrets as [set]. Use
/// `orgtoken settings check` to validate the values.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    login: Login,
}

pub(crate) fn run(args: &Args, console: &Console) -> Result<(), Failure> {
    let hosts = Context { login: &args.login, route: None, console }.hosts()?;
    if console.json() {
        let further = hosts.resolution().fallback();
        return Ok(console.document(&Shown::of(&hosts, further.as_ref()))?);
    }
    Ok(console.data(text(&hosts).as_bytes())?)
}

fn text(hosts: &Hosts) -> String {
    let resolution = hosts.resolution();
    let further = resolution.fallback();
    let candidates = candidates(resolution, further.as_ref());
    let rows = |used| {
        let chosen = candidates.iter().filter(move |one| one.used == used);
        table(chosen.map(|one| Row::new(one.role, one.url).remark(one.why)))
    };
    let sources = table(hosts.all_values().iter().map(origin));
    let spare =
        if further.is_some() { format!("\nFallback\n{}", rows(false)) } else { String::new() };
    format!("{}{spare}\nSettings\n{sources}", rows(true))
}

#[derive(Serialize)]
struct Shown<'a> {
    endpoint: &'a str,
    endpoint_reason: &'a str,
    audience: &'a str,
    audience_reason: &'a str,
    candidates: Vec<Candidate<'a>>,
    /// The settings that decide.
    settings: Vec<ShownValue<'a>>,
    /// All settings.
    values: Vec<ShownValue<'a>>,
}

impl<'a> Shown<'a> {
    fn of(hosts: &'a Hosts, further: Option<&'a Resolution>) -> Self {
        let resolution = hosts.resolution();
        Self {
            endpoint: resolution.endpoint().as_str(),
            endpoint_reason: resolution.endpoint_reason(),
            audience: resolution.audience().as_str(),
            audience_reason: resolution.audience_reason(),
            candidates: candidates(resolution, further),
            settings: hosts.values().iter().map(Into::into).collect(),
            values: hosts.all_values().iter().map(Into::into).collect(),
        }
    }
}

#[derive(Serialize)]
struct Candidate<'a> {
    role: &'static str,
    url: &'a str,
    /// Whether the first attempt uses it.
    used: bool,
    why: &'static str,
}

/// Returns endpoint and audience of the first attempt, and the values of the fallback that differ.
fn candidates<'a>(first: &'a Resolution, further: Option<&'a Resolution>) -> Vec<Candidate<'a>> {
    let attempts = || iter::once(first).chain(further);
    let of = |role, one: &'a Resolution, url, why| Candidate {
        role,
        url,
        used: !one.is_fallback(),
        why,
    };
    let endpoints =
        attempts().map(|one| of("endpoint", one, one.endpoint().as_str(), one.endpoint_reason()));
    let audiences =
        attempts().map(|one| of("audience", one, one.audience().as_str(), one.audience_reason()));
    let mut list: Vec<_> = endpoints.chain(audiences).collect();
    list.dedup_by_key(|one| one.url);
    list
}

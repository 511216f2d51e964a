//! `resolve`: the endpoint and audience of a login, without the network.

use std::iter;

use orgtoken_oauth::Resolution;
use orgtoken_settings::{EffectiveValue, Hosts, Setting};
use serde::Serialize;

use super::origin::{ShownValue, origin};
use crate::args::Login;
use crate::failure::Failure;
use crate::io::console::Console;
use crate::io::look::{self, Look};
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
    let further = hosts.resolution().fallback();
    let shown = Shown::of(&hosts, further.as_ref());
    Ok(console.result(&shown, || text(&hosts, console.look()))?)
}

fn text(hosts: &Hosts, look: Look) -> String {
    let resolution = hosts.resolution();
    let further = resolution.fallback();
    let candidates = candidates(resolution, further.as_ref());
    let rows = |used| {
        let chosen = candidates.iter().filter(move |one| one.used == used);
        table(chosen.map(|one| Row::new(one.role, one.url).remark(one.why)), look)
    };
    let sources = table(hosts.values().iter().map(origin), look);
    let below = |heading, rows: &str| format!("\n{}\n{rows}", look.paint(look::HEADING, heading));
    let spare = if further.is_some() { below("Fallback", &rows(false)) } else { String::new() };
    format!("{}{spare}{}", rows(true), below("Settings", &sources))
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
            settings: hosts.values().iter().filter(|it| decides(it)).map(Into::into).collect(),
            values: hosts.values().iter().map(Into::into).collect(),
        }
    }
}

fn decides(value: &EffectiveValue) -> bool {
    use Setting::{AllowHosts, Audience, InstanceUrl, LoginUrl};
    [AllowHosts, Audience, InstanceUrl, LoginUrl].contains(&value.setting)
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

//! Tokens that are kept between runs.

use std::borrow::Cow;

use clap::Subcommand;
use orgtoken_assertion::Diagnostic;
use orgtoken_client::BootTime;
use orgtoken_client::cache::{CacheFolder, FolderError, Listing, LoginId, State};
use orgtoken_oauth::redact;
use orgtoken_settings::Settings;
use serde::Serialize;
use serde_json::json;

use crate::args::{Login, Network};
use crate::clock;
use crate::environment::cache_folder;
use crate::failure::{Failure, exit_code};
use crate::io::console::Console;
use crate::io::text::printable;
use crate::login::cache::{clear_redis, folders, list_redis};
use crate::login::context::Context;

/// List or clear the tokens that are kept between runs
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    List(Box<List>),
    Clear(Box<Clear>),
}

/// List the logins that are kept, and how long their tokens are good for
///
/// Looks where the settings have tokens kept, and shows no token. Entries are sealed with the
/// private key of their login: those of other keys are only counted.
#[derive(Debug, clap::Args)]
pub(crate) struct List {
    #[command(flatten)]
    place: Place,
}

/// Forget all tokens, refusals and counts that are kept between runs
///
/// Where the settings have tokens kept in Redis, what this private key has sealed is forgotten there,
/// too.
#[derive(Debug, clap::Args)]
pub(crate) struct Clear {
    #[command(flatten)]
    place: Place,
}

#[derive(Debug, clap::Args)]
struct Place {
    #[command(flatten)]
    login: Login,
    #[command(flatten)]
    network: Network,
}

impl Place {
    fn settings(&self, console: &Console) -> Result<Settings, Failure> {
        let (login, route) = (&self.login, Some(&self.network.route));
        Ok(Context { login, route, console }.checked()?.0)
    }
}

pub(crate) fn run(command: &Command, console: &Console) -> Result<(), Failure> {
    match command {
        Command::List(args) => list(args, console),
        Command::Clear(args) => clear(args, console),
    }
}

fn list(args: &List, console: &Console) -> Result<(), Failure> {
    let settings = args.place.settings(console)?;
    let listing = match list_redis(&settings, &args.place.network)? {
        Some(listing) => listing,
        None => local_listing(&settings)?,
    };
    let entries: Vec<_> = listing.opened.iter().map(|(who, state)| Entry::of(who, state)).collect();
    if console.json() {
        return Ok(console.document(&Listed { count: listing.count, entries })?);
    }
    let lines: String = entries.iter().map(Entry::line).collect();
    let sealed = listing.count - entries.len();
    if sealed > 0 {
        console.remark(&format_args!("{sealed} more, sealed with other keys"));
    }
    Ok(console.data(lines.as_bytes())?)
}

fn local_listing(settings: &Settings) -> Result<Listing, Failure> {
    match (folders().known_sealing_key(settings.key()), cache()?) {
        (Some(key), Some(cache)) => cache.states(&key, settings.allowed_hosts()).map_err(failed),
        _ => Ok(Listing::default()),
    }
}

/// What is on this machine goes whatever the settings say, even where they say nothing.
fn clear(args: &Clear, console: &Console) -> Result<(), Failure> {
    // An obstacle on this machine does not keep the tokens in Redis, nor the reverse.
    let here = cache().and_then(|cache| cache.map_or(Ok(0), |cache| cache.clear().map_err(failed)));
    let in_redis = in_redis(&args.place, console);
    let forgotten = here.as_ref().unwrap_or(&0) + in_redis.as_ref().unwrap_or(&0);
    let logins = if forgotten == 1 { "login" } else { "logins" };
    console.remark(&format_args!("forgot {forgotten} {logins}"));
    here?;
    in_redis?;
    if console.json() { Ok(console.document(&json!({ "forgotten": forgotten }))?) } else { Ok(()) }
}

/// How many logins were forgotten in Redis. Settings that nobody asked for may be useless.
fn in_redis(place: &Place, console: &Console) -> Result<usize, Failure> {
    let settings = match place.settings(console) {
        Err(failure) if failure.exit() == exit_code("settings") && !place.login.is_given() => {
            tracing::info!("only on this machine: {}", failure.message());
            return Ok(0);
        }
        settings => settings?,
    };
    clear_redis(&settings, &place.network)
}

/// `None` if nothing was ever kept.
fn cache() -> Result<Option<CacheFolder>, Failure> {
    match cache_folder().filter(|folder| folder.exists()) {
        Some(folder) => CacheFolder::open(&folder).map(Some).map_err(failed),
        None => Ok(None),
    }
}

fn failed(error: FolderError) -> Failure {
    let message = format!("the token cache is not used: {error}");
    Failure::new(error.code().to_owned(), error.hint().map(Cow::into_owned), message)
}

#[derive(Serialize)]
struct Listed<'a> {
    count: usize,
    entries: Vec<Entry<'a>>,
}

#[derive(Serialize)]
struct Entry<'a> {
    username: &'a str,
    endpoint: &'a str,
    client_id: &'a str,
    age_seconds: Option<u64>,
    time_left_seconds: Option<u64>,
    refused: Option<&'a str>,
}

impl<'a> Entry<'a> {
    fn of(who: &'a LoginId, state: &'a State) -> Self {
        let held = state.token.as_ref();
        Self {
            username: redact::username(&who.username),
            endpoint: &who.endpoint,
            client_id: redact::client_id(&who.client_id),
            age_seconds: held
                .map(|held| clock::now().saturating_duration_since(held.obtained()).as_secs()),
            time_left_seconds: held.map(|held| held.time_left(BootTime::now()).as_secs()),
            refused: state.failure.as_ref().map(orgtoken_client::cache::CachedFailure::text),
        }
    }

    fn line(&self) -> String {
        let token = match (self.age_seconds, self.time_left_seconds) {
            (Some(age), Some(0)) => format!("ended, {age} s old"),
            (Some(age), Some(left)) => format!("{left} s left, {age} s old"),
            _ => "no token".to_owned(),
        };
        let refused = self.refused.map(|text| format!("  {text}")).unwrap_or_default();
        format!("{}  {}  {token}{}\n", self.username, self.endpoint, printable(&refused))
    }
}

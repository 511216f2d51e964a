//! `cache`: the cached tokens.

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
use crate::io::text::{counted, printable};
use crate::login::cache::{clear_redis, folders, list_redis};
use crate::login::context::Context;

/// List or clear cached tokens
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    List(Box<List>),
    Clear(Box<Clear>),
}

/// List cached logins and when their tokens expire
///
/// Lists the cache that the settings choose: files or Redis. No token is shown. Entries are
/// encrypted with the private key of their login, so entries of other keys are only counted.
#[derive(Debug, clap::Args)]
pub(crate) struct List {
    #[command(flatten)]
    place: Place,
}

/// Remove cached tokens, refusals and login counts
///
/// If the settings choose Redis, entries of this private key are removed there as well.
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
        console.remark(&format_args!("{sealed} more, encrypted with other keys"));
    }
    Ok(console.data(lines.as_bytes())?)
}

fn local_listing(settings: &Settings) -> Result<Listing, Failure> {
    match (folders().known_sealing_key(settings.key()), cache()?) {
        (Some(key), Some(cache)) => cache.states(&key, settings.allowed_hosts()).map_err(failed),
        _ => Ok(Listing::default()),
    }
}

/// Clears the files of this machine, even if the settings are invalid.
fn clear(args: &Clear, console: &Console) -> Result<(), Failure> {
    // Neither failure prevents the other removal.
    let here = cache().and_then(|cache| cache.map_or(Ok(0), |cache| cache.clear().map_err(failed)));
    let in_redis = in_redis(&args.place, console);
    let forgotten = here.as_ref().unwrap_or(&0) + in_redis.as_ref().unwrap_or(&0);
    let removed = counted(forgotten as u64, "cached login");
    console.remark(&format_args!("removed {removed}"));
    here?;
    in_redis?;
    if console.json() { Ok(console.document(&json!({ "forgotten": forgotten }))?) } else { Ok(()) }
}

/// Clears Redis, and returns the number of logins. Invalid settings are ignored, unless flags choose
/// a login.
fn in_redis(place: &Place, console: &Console) -> Result<usize, Failure> {
    let settings = match place.settings(console) {
        Err(failure) if failure.exit() == exit_code("settings") && !place.login.is_given() => {
            tracing::info!("Redis is not cleared: {}", failure.message());
            return Ok(0);
        }
        settings => settings?,
    };
    clear_redis(&settings, &place.network)
}

/// Returns the file cache, or `None` before the first login.
fn cache() -> Result<Option<CacheFolder>, Failure> {
    match cache_folder().filter(|folder| folder.exists()) {
        Some(folder) => CacheFolder::open(&folder).map(Some).map_err(failed),
        None => Ok(None),
    }
}

fn failed(error: FolderError) -> Failure {
    let message = format!("cannot use the token cache: {error}");
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
            (Some(age), Some(0)) => format!("expired, {age} s old"),
            (Some(age), Some(left)) => format!("{left} s left, {age} s old"),
            _ => "no token".to_owned(),
        };
        let refused = self.refused.map(|text| format!("  {text}")).unwrap_or_default();
        format!("{}  {}  {token}{}\n", self.username, self.endpoint, printable(&refused))
    }
}

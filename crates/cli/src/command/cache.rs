//! `cache`: the cached tokens.

use clap::Subcommand;
use orgtoken_client::BootTime;
use orgtoken_client::cache::{CacheFolder, FolderError, Listing, LoginId, State};
use orgtoken_oauth::redact;
use orgtoken_settings::{Cache, Loader, Settings};
use serde::Serialize;
use serde_json::json;

use crate::args::{Login, Network};
use crate::clock;
use crate::environment::cache_folder;
use crate::failure::{Failure, exit_code};
use crate::io::console::Console;
use crate::io::table::columns;
use crate::io::text::{counted, duration, printable};
use crate::login::cache::{clear_redis, folders, list_redis};
use crate::login::config::Config;
use crate::login::context::Context;
use crate::login::profiles::offline;

/// List or clear cached tokens
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    List(Box<List>),
    Clear(Box<Clear>),
}

/// List cached logins and when their tokens expire
///
/// Lists the files of this machine, without the network and without asking. No token is shown. An
/// entry is sealed with a key that is derived from the private key of its login. If that key is
/// encrypted, remote or unknown, the entry is shown as sealed.
#[derive(Debug, clap::Args)]
pub(crate) struct List {
    /// List the Redis server of the login instead
    #[arg(long)]
    redis: bool,
    #[command(flatten)]
    place: Place,
}

/// Remove cached tokens, refusals and login counts
///
/// Removes those of all logins on this machine. If the settings choose Redis, entries of this private
/// key are removed there as well.
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
    let logins = logins(&args.place, args.redis, console)?;
    let listing = match logins.as_slice() {
        [login] if args.redis => list_redis(&login.settings, &args.place.network)?,
        logins => list_files(logins)?,
    };
    let entries: Vec<_> =
        listing.opened.iter().map(|(id, state)| Entry::of(id, state, &logins)).collect();
    let sealed = listing.count - entries.len();
    let is_in_redis = |login: &KnownLogin| matches!(login.settings.cache(), Cache::Redis(_));
    if !args.redis && logins.iter().any(is_in_redis) {
        console.remark(&"logins in Redis are not listed; for one of them, add `--redis -P NAME`");
    }
    if console.json() {
        return Ok(console.document(&Listed { count: listing.count, entries, sealed })?);
    }
    if listing.count == 0 {
        console.remark(&"no cached logins; the next command that needs a token logs in");
        return Ok(());
    }
    let mut rows = vec![["PROFILE", "USERNAME", "ORG", "EXPIRES", ""].map(str::to_owned)];
    rows.extend(entries.iter().map(Entry::row));
    rows.extend(std::iter::repeat_n(["-", "sealed", "-", "-", ""].map(str::to_owned), sealed));
    console.text(&columns(&rows, &[], console.look()))?;
    if sealed > 0 {
        let why = "the private key is encrypted, remote, or of another login";
        console.remark(&format_args!("sealed entries: {sealed}; {why}"));
    }
    Ok(())
}

/// A login that may have an entry.
struct KnownLogin {
    profile: Option<String>,
    settings: Settings,
}

/// Returns the login that flags choose; otherwise all profiles, and the login of the environment.
fn logins(place: &Place, is_one: bool, console: &Console) -> Result<Vec<KnownLogin>, Failure> {
    if is_one || place.login.is_given() {
        let profile = place.login.profile.clone();
        return Ok(vec![KnownLogin { profile, settings: place.settings(console)? }]);
    }
    let context = Context { login: &place.login, route: Some(&place.network.route), console };
    let known = |profile: Option<String>, loader| {
        offline(loader).map(|settings| KnownLogin { profile, settings })
    };
    let layers = Config::find()?.map(|config| config.layers()).unwrap_or_default();
    let of_profiles =
        layers.into_iter().filter_map(|(name, layer)| known(Some(name), Loader::new([layer])));
    Ok(of_profiles.chain(known(None, context.loader()?)).collect())
}

fn list_files(logins: &[KnownLogin]) -> Result<Listing, Failure> {
    let Some(cache) = cache()? else { return Ok(Listing::default()) };
    let keys = logins.iter().filter_map(|login| {
        let key = folders().known_sealing_key(login.settings.key())?;
        Some((key, login.settings.allowed_hosts().clone()))
    });
    cache.states(&keys.collect::<Vec<_>>()).map_err(failed)
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
    Failure::about("cannot use the token cache", &error)
}

#[derive(Serialize)]
struct Listed<'a> {
    count: usize,
    entries: Vec<Entry<'a>>,
    /// The number of entries that no known key opens.
    sealed: usize,
}

#[derive(Serialize)]
struct Entry<'a> {
    profile: Option<&'a str>,
    username: &'a str,
    endpoint: &'a str,
    client_id: &'a str,
    age_seconds: Option<u64>,
    time_left_seconds: Option<u64>,
    refused: Option<&'a str>,
}

impl<'a> Entry<'a> {
    fn of(id: &'a LoginId, state: &'a State, logins: &'a [KnownLogin]) -> Self {
        let held = state.token.as_ref();
        let is_of = |login: &&KnownLogin| {
            let settings = &login.settings;
            settings.username().to_string() == id.username
                && settings.client_id().to_string() == id.client_id
                && settings.resolution().endpoint().as_str() == id.endpoint
        };
        Self {
            profile: logins
                .iter()
                .find(is_of)
                .and_then(|login| login.profile.as_deref())
                .map(redact::label),
            username: redact::username(&id.username),
            endpoint: &id.endpoint,
            client_id: redact::client_id(&id.client_id),
            age_seconds: held
                .map(|held| clock::now().saturating_duration_since(held.obtained()).as_secs()),
            time_left_seconds: held.map(|held| held.time_left(BootTime::now()).as_secs()),
            refused: state.failure.as_ref().map(orgtoken_client::cache::CachedFailure::text),
        }
    }

    fn row(&self) -> [String; 5] {
        let expires = match self.time_left_seconds {
            None => "no token".to_owned(),
            Some(0) => "expired".to_owned(),
            Some(left) => format!("in {}", duration(left)),
        };
        let org = self.endpoint.trim_start_matches("https://");
        let org = org.strip_suffix(TOKEN_PATH).unwrap_or(org);
        let profile = self.profile.unwrap_or("-");
        [profile, self.username, org, &expires, self.refused.unwrap_or_default()].map(printable)
    }
}

/// The path of the token endpoint, which is the same in every org.
const TOKEN_PATH: &str = "/services/oauth2/token";

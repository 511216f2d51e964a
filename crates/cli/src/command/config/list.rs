use orgtoken_client::BootTime;
use orgtoken_oauth::redact;
use orgtoken_settings::{Layer, Loader, Setting};
use serde::Serialize;

use crate::environment::cache_folder;
use crate::failure::Failure;
use crate::io::console::Console;
use crate::io::table::columns;
use crate::io::text::{duration, printable, sh_quoted};
use crate::login::cache::folders;
use crate::login::config::Config;
use crate::login::profiles::offline;

/// Lists the profiles. The state of a token is shown as far as it can be read without the network
/// and without a passphrase.
pub(super) fn run(config: &Config, console: &Console) -> Result<(), Failure> {
    // An invalid file has no profiles. Its problems are the error.
    config.editor()?;
    let file = config.parsed();
    let default = file.default_name();
    let names = file.names();
    if names.is_empty() {
        if let (_, Some(problems)) = Loader::new([file.profile(None)]).shown() {
            return Err(problems.into());
        }
        console.remark(&"no profiles; run `orgtoken setup` to configure a login");
    }
    let profiles: Vec<_> = names
        .iter()
        .map(|name| {
            let layer = || file.profile(Some(name));
            Profile::of(name, layer, default.as_ref() == Some(name))
        })
        .collect();
    if console.json() {
        return Ok(console.document(&profiles)?);
    }
    let mut rows = vec![["", "NAME", "USERNAME", "ORG", "TOKEN"].map(str::to_owned)];
    rows.extend(profiles.iter().map(Profile::row));
    if !profiles.is_empty() {
        console.text(&columns(&rows, &[], console.look()))?;
    }
    for profile in &profiles {
        let name = sh_quoted(&profile.name);
        if profile.problems > 0 {
            console.remark(&format_args!("`orgtoken config show {name}` shows what is wrong"));
        } else if !profile.is_complete {
            console.remark(&format_args!("`orgtoken setup --profile {name}` completes it"));
        }
    }
    if profiles.len() > 1 && !profiles.iter().any(|profile| profile.default) {
        console.remark(&"no profile is the default; `orgtoken config use NAME` chooses one");
    }
    Ok(())
}

#[derive(Serialize)]
struct Profile {
    name: String,
    default: bool,
    username: Option<String>,
    org: Option<String>,
    problems: usize,
    /// Whether it has a user, an app and a key, or a record that may have them.
    #[serde(rename = "complete")]
    is_complete: bool,
    token_seconds_left: Option<u64>,
}

impl Profile {
    fn of(name: &str, layer: impl Fn() -> Layer, default: bool) -> Self {
        let (origins, problems) = Loader::new([layer()]).shown();
        let shown = |setting| {
            let mut origins = origins.iter().filter(|origin| origin.setting == setting);
            origins.next().map(|origin| origin.shown.clone())
        };
        let has = |setting| origins.iter().any(|origin| origin.setting == setting);
        Self {
            name: redact::label(name).to_owned(),
            default,
            username: shown(Setting::Username),
            org: shown(Setting::InstanceUrl).or_else(|| shown(Setting::LoginUrl)),
            is_complete: has(Setting::Record) || NEEDED.into_iter().all(has),
            problems: problems.map_or(0, |problems| problems.iter().count()),
            token_seconds_left: seconds_left(layer()),
        }
    }

    fn row(&self) -> [String; 5] {
        let mark = if self.default { "*" } else { "" };
        let org = self.org.as_deref().unwrap_or("-");
        let token = match (self.problems, self.token_seconds_left) {
            (1, _) => "1 problem".to_owned(),
            (2.., _) => format!("{} problems", self.problems),
            (0, _) if !self.is_complete => "incomplete".to_owned(),
            (0, Some(0)) => "expired".to_owned(),
            (0, Some(seconds)) => format!("for {}", duration(seconds)),
            (0, None) => "-".to_owned(),
        };
        let username = self.username.as_deref().unwrap_or("-");
        let org = org.strip_prefix("https://").unwrap_or(org);
        [mark, &self.name, username, org, &token].map(printable)
    }
}

/// Returns the remaining lifetime of the cached token, if it is in a file and its sealing key is
/// known.
pub(super) fn seconds_left(layer: Layer) -> Option<u64> {
    // A folder that does not exist yet is not created.
    cache_folder().filter(|folder| folder.exists())?;
    let mut settings = offline(Loader::new([layer]))?;
    let no_signer = |_: &mut _| Ok::<_, Failure>(None);
    let cache = folders().file_cache(&mut settings, no_signer).ok()??;
    Some(cache.peek().token?.time_left(BootTime::now()).as_secs())
}

/// Settings without a default.
const NEEDED: [Setting; 3] = [Setting::Username, Setting::ClientId, Setting::PrivateKey];

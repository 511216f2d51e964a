//! What a command works with: the settings, from all the places in which they may stand.

use std::collections::BTreeMap;
use std::env;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use orgtoken_settings::{
    Draft, Hosts, Layer, Need, Notice, Origin, ProfileChoice, ProfileNames, Setting, Settings,
    Source, Unread,
};
use zeroize::Zeroizing;

use crate::args::{Login, Route};
use crate::console::Console;
use crate::failure::Failure;
use crate::hub::{self, Hub};
use crate::input::{InputError, KeyFileError, Kind, is_open_to_others, read, read_key};
use crate::sealing::unlock;
use crate::text::sh_quoted;

/// Everything that a login needs, checked.
pub(crate) fn settings(
    login: &Login,
    route: Option<&Route>,
    console: &Console,
) -> Result<Settings, Failure> {
    let mut settings = settings_and_files(login, route, console)?.0;
    unlock(&mut settings)?;
    Ok(settings)
}

/// The same, with the files that it was read from; a key with a passphrase stays locked.
pub(crate) fn settings_and_files(
    login: &Login,
    route: Option<&Route>,
    console: &Console,
) -> Result<(Settings, Vec<PathBuf>), Failure> {
    of_draft(draft(login, route)?, (login, route), console)
}

/// The same for several profiles of `config.toml`, which is read once for all of them.
pub(crate) struct Reader {
    layers: BTreeMap<String, Layer>,
}

impl Reader {
    pub(crate) fn open(names: &[String]) -> Result<Self, Failure> {
        let Some(path) = config_file().filter(|_| !names.is_empty()) else {
            return Ok(Self { layers: BTreeMap::new() });
        };
        let (bytes, file) = (read(&path, Kind::Settings)?, path.to_string_lossy());
        let layers = Layer::from_profiles(&bytes, &file, names.iter().map(String::as_str));
        Ok(Self { layers: names.iter().cloned().zip(layers).collect() })
    }

    pub(crate) fn settings_and_files(
        &mut self,
        login: &Login,
        route: Option<&Route>,
        console: &Console,
    ) -> Result<(Settings, Vec<PathBuf>), Failure> {
        let name = login.profile.as_deref().unwrap_or_default();
        let Some(layer) = self.layers.remove(name) else {
            return settings_and_files(login, route, console);
        };
        let mut draft = given(login, route)?;
        draft.add(layer);
        of_draft(draft, (login, route), console)
    }
}

fn of_draft(
    draft: Draft,
    from: (&Login, Option<&Route>),
    console: &Console,
) -> Result<(Settings, Vec<PathBuf>), Failure> {
    let (draft, files) = supplied(draft, from, console)?;
    let settings = draft.check().inspect_err(|problems| tell(problems.notices(), console))?;
    for origin in settings.sources() {
        tracing::info!("{origin}");
        warn_of_open_record(origin, console);
    }
    tell(settings.notices(), console);
    Ok((settings, files))
}

/// Everything read that the settings name, and nothing checked; with the files that they name.
pub(crate) fn complete(
    login: &Login,
    route: Option<&Route>,
    console: &Console,
) -> Result<(Draft, Vec<PathBuf>), Failure> {
    supplied(draft(login, route)?, (login, route), console)
}

fn supplied(
    mut draft: Draft,
    from: (&Login, Option<&Route>),
    console: &Console,
) -> Result<(Draft, Vec<PathBuf>), Failure> {
    let mut files = Vec::new();
    while let Some(need) = draft.next_need() {
        if let Need::File { path, .. } = &need {
            files.push(at_home(path));
        }
        match need {
            Need::Passphrase => draft.refuse(&need, Unread::Later),
            need => supply(&mut draft, &need, from, console)?,
        }
    }
    Ok((draft, files))
}

/// The profiles of `config.toml`, where no flag and no variable asks for one login.
pub(crate) fn profiles(login: &Login) -> Result<Option<ProfileNames>, Failure> {
    let is_one = [&login.username, &login.client_id].into_iter().any(Option::is_some)
        || login.jwt_key_file.is_some();
    let draft = Draft::new([login.layer(), Layer::from_environment(variables())]);
    let Some(path) = config_file().filter(|_| !is_one) else { return Ok(None) };
    if draft.profile() != ProfileChoice::Default {
        return Ok(None);
    }
    match read(&path, Kind::Settings) {
        Err(InputError::Os { missing: true, .. }) => Ok(None),
        result => Ok(Some(ProfileNames::read(&result?))),
    }
}

/// What looks like a mistake is told to everyone, the rest to those who ask.
fn tell(notices: &[Notice], console: &Console) {
    for notice in notices {
        if notice.is_suspicious() {
            console.warn(notice);
        } else {
            tracing::info!("{notice}");
        }
    }
}

/// A key file that others can read is refused. A record is read by more than us: it is warned about.
fn warn_of_open_record(origin: &Origin, console: &Console) {
    if let (Setting::PrivateKey, Source::Record { file, .. }) = (origin.setting(), origin.source())
        && is_open_to_others(Path::new(file))
    {
        let file = sh_quoted(file);
        console.warn(&format_args!(
            "{file} holds a private key and is open to other users; run: chmod 600 {file}"
        ));
    }
}

/// Only where a login would go. No key is read for it.
pub(crate) fn hosts(login: &Login, console: &Console) -> Result<Hosts, Failure> {
    let mut draft = draft(login, None)?;
    while let Some(need) = draft.next_need() {
        match need.setting() {
            Setting::PrivateKey | Setting::Passphrase | Setting::PublicKey => {
                draft.refuse(&need, Unread::NoTerminal);
            }
            _ => supply(&mut draft, &need, (login, None), console)?,
        }
    }
    Ok(draft.check_hosts()?)
}

/// The file that the private key is in, if the settings name one.
pub(crate) fn key_file(login: &Login) -> Option<PathBuf> {
    Some(at_home(draft(login, None).ok()?.given_file(Setting::PrivateKey)?))
}

/// What stands in flags, environment and `config.toml`.
fn draft(login: &Login, route: Option<&Route>) -> Result<Draft, Failure> {
    let mut draft = given(login, route)?;
    let profile = match draft.profile() {
        ProfileChoice::None => return Ok(draft),
        ProfileChoice::Default => profile(None)?,
        ProfileChoice::Named(name) => profile(Some(name))?,
    };
    draft.add(profile);
    Ok(draft)
}

/// What stands in flags and environment.
fn given(login: &Login, route: Option<&Route>) -> Result<Draft, Failure> {
    let mut flags = login.layer();
    if let Some(route) = route {
        route.add_to(&mut flags)?;
    }
    Ok(Draft::new([flags, Layer::from_environment(variables())]))
}

/// The profile of `config.toml`; where there is no such file, it is empty.
fn profile(name: Option<&str>) -> Result<Layer, Failure> {
    let Some(path) = config_file() else { return Ok(Layer::default()) };
    let bytes = match read(&path, Kind::Settings) {
        Err(InputError::Os { missing: true, .. }) => Zeroizing::default(),
        result => result?,
    };
    Ok(Layer::from_profile(&bytes, &path.to_string_lossy(), name))
}

pub(crate) fn config_file() -> Option<PathBuf> {
    let config = folder("XDG_CONFIG_HOME").or_else(|| Some(folder("HOME")?.join(".config")))?;
    Some(config.join("orgtoken/config.toml"))
}

/// An empty variable is an unset one, and a relative folder is none.
pub(crate) fn folder(variable: &str) -> Option<PathBuf> {
    env::var_os(variable).map(PathBuf::from).filter(|path| path.is_absolute())
}

/// Hands in what a need asks for, or why it is not there. A key that others can read ends
/// everything.
fn supply(
    draft: &mut Draft,
    need: &Need,
    (login, route): (&Login, Option<&Route>),
    console: &Console,
) -> Result<(), Failure> {
    let supplied = match need {
        Need::File { setting: Setting::Record, path } if path.starts_with(hub::SCHEME) => {
            let (url, key) = (&path[hub::SCHEME.len()..], login.settings_key.as_deref());
            Ok(Hub { url, key, token_file: None }.pull(route)?)
        }
        Need::Variable { name, .. } => variable(name),
        Need::File { setting, path } => file(*setting, &at_home(path), console)?,
        need => file(need.setting(), Path::new("-"), console)?,
    };
    match supplied {
        Ok(bytes) => draft.supply(need, bytes),
        Err(why) => draft.refuse(need, why),
    }
    Ok(())
}

fn file(
    setting: Setting,
    path: &Path,
    console: &Console,
) -> Result<Result<Zeroizing<Vec<u8>>, Unread>, Failure> {
    let result = match setting {
        Setting::PrivateKey | Setting::Passphrase => match read_key(path) {
            Ok((bytes, warning)) => {
                warning.iter().for_each(|warning| console.warn(warning));
                Ok(bytes)
            }
            Err(KeyFileError::Input(error)) => Err(error),
            Err(error) => return Err(error.into()),
        },
        Setting::Record => read(path, Kind::Settings),
        _ => read(path, Kind::Key),
    };
    match result {
        // It is nobody's setting that is wrong, but two of them together.
        Err(error @ InputError::Taken { .. }) => Err(error.into()),
        result => Ok(result.map_err(Unread::from)),
    }
}

/// The variables out of which a secret was read, as the settings named them.
pub(crate) fn secret_variables() -> Vec<String> {
    SECRET_VARIABLES.lock().unwrap_or_else(PoisonError::into_inner).clone()
}

static SECRET_VARIABLES: Mutex<Vec<String>> = Mutex::new(Vec::new());

fn variable(name: &str) -> Result<Zeroizing<Vec<u8>>, Unread> {
    SECRET_VARIABLES.lock().unwrap_or_else(PoisonError::into_inner).push(name.to_owned());
    match env::var_os(name) {
        Some(value) if !value.is_empty() => Ok(Zeroizing::new(value.into_encoded_bytes())),
        _ => Err(Unread::Unset { name: name.into() }),
    }
}

/// Variables whose name no one could have set in a shell are nobody's settings.
fn variables() -> impl Iterator<Item = (String, String)> {
    env::vars_os().filter_map(|(name, value)| {
        let name = name.into_string().ok().filter(|name| !name.starts_with(hub::VARIABLES))?;
        Some((name, value.to_string_lossy().into_owned()))
    })
}

/// A path of the settings: `~/` is the home folder.
pub(crate) fn at_home(path: &str) -> PathBuf {
    match (path.strip_prefix("~/"), folder("HOME")) {
        (Some(path), Some(home)) => home.join(path),
        _ => Path::new(path).into(),
    }
}

impl From<InputError> for Unread {
    fn from(error: InputError) -> Self {
        let text = |path: PathBuf| path.to_string_lossy().into_owned();
        match error {
            InputError::NotAFile { path, .. } => Self::NotAFile { path: text(path) },
            InputError::NotText { path, .. } => {
                Self::Os { path: text(path), reason: "it is not UTF-8".into() }
            }
            InputError::Os { path, reason, .. } => Self::Os { path: text(path), reason },
            InputError::Taken { .. } => Self::Os { path: "-".into(), reason: error.to_string() },
            InputError::TimedOut { path, .. } => Self::TimedOut { path: text(path) },
            InputError::TooLarge { path, limit, .. } => Self::TooLarge {
                path: text(path),
                limit: usize::try_from(limit).unwrap_or_default(),
            },
        }
    }
}

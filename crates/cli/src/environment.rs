//! What the environment says: variables, and the folders that they name.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// The value of a variable; an empty one counts as unset.
pub(crate) fn variable(name: &str) -> Option<OsString> {
    env::var_os(name).filter(|value| !value.is_empty())
}

/// The folder that a variable names; a relative one is none.
pub(crate) fn folder(name: &str) -> Option<PathBuf> {
    env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute())
}

/// `$XDG_CONFIG_HOME/orgtoken/config.toml`, or the same in `~/.config`.
pub(crate) fn config_file() -> Option<PathBuf> {
    let config = folder("XDG_CONFIG_HOME").or_else(|| Some(folder("HOME")?.join(".config")))?;
    Some(config.join("orgtoken/config.toml"))
}

/// One folder for cron and shells alike: `$XDG_CACHE_HOME/orgtoken`, or `~/.cache/orgtoken`.
pub(crate) fn cache_folder() -> Option<PathBuf> {
    let cache = folder("XDG_CACHE_HOME").or_else(|| Some(folder("HOME")?.join(".cache")))?;
    Some(cache.join("orgtoken"))
}

/// A path as settings have it: `~/` is the home folder.
pub(crate) fn at_home(path: &str) -> PathBuf {
    match (path.strip_prefix("~/"), folder("HOME")) {
        (Some(path), Some(home)) => home.join(path),
        _ => Path::new(path).into(),
    }
}

//! Environment variables, and the folders that they name.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use orgtoken_settings::Setting;

/// The variables that are read and are not settings. The canary test puts secrets into each.
pub(crate) const OTHERS: [&str; 25] = [
    COMPLETION,
    "CLICOLOR",
    "CLICOLOR_FORCE",
    "EDITOR",
    "HOME",
    "HTTPS_PROXY",
    "LANG",
    "LC_ALL",
    "LC_CTYPE",
    "LISTEN_FDS",
    "LISTEN_PID",
    "NO_COLOR",
    "NO_PROXY",
    "ORGTOKEN_HUB_TOKEN",
    "ORGTOKEN_HUB_TOKEN_FILE",
    ACCESS_TOKEN,
    "SSH_AUTH_SOCK",
    "SSL_CERT_DIR",
    "SSL_CERT_FILE",
    "TERM",
    "VISUAL",
    "XDG_CACHE_HOME",
    "XDG_CONFIG_HOME",
    "XDG_RUNTIME_DIR",
    "https_proxy",
];

/// Returns the value of a variable. An empty one counts as unset.
pub(crate) fn variable(name: &str) -> Option<OsString> {
    debug_assert!(is_listed(name), "{name} is missing in the list of variables");
    named_variable(name)
}

/// Returns the value of a variable that the user named.
pub(crate) fn named_variable(name: &str) -> Option<OsString> {
    env::var_os(name).filter(|value| !value.is_empty())
}

/// Returns the folder that a variable names. A relative path is ignored.
pub(crate) fn folder(name: &str) -> Option<PathBuf> {
    variable(name).map(PathBuf::from).filter(|path| path.is_absolute())
}

fn is_listed(name: &str) -> bool {
    OTHERS.contains(&name)
        || name.eq_ignore_ascii_case("NO_PROXY")
        || name.starts_with("ORGTOKEN_")
        || Setting::ALL.iter().any(|setting| setting.third_party_variables().contains(&name))
}

/// Returns the variables `ORGTOKEN_*` that choose a login or its org.
///
/// A command that has a token does not need them, and they take precedence over the token.
pub(crate) fn login_variables() -> impl Iterator<Item = String> {
    LOGIN.into_iter().flat_map(Setting::variables)
}

const LOGIN: [Setting; 9] = [
    Setting::Audience,
    Setting::ClientId,
    Setting::InstanceUrl,
    Setting::LoginUrl,
    Setting::PrivateKey,
    Setting::Profile,
    Setting::Record,
    Setting::RecordKey,
    Setting::Username,
];

/// The shell for which a completion script asks.
pub(crate) const COMPLETION: &str = "ORGTOKEN_COMPLETE";

/// The variable of an access token, in the commands of `exec` as well.
pub(crate) const ACCESS_TOKEN: &str = "SF_ACCESS_TOKEN";

/// Returns `$XDG_CONFIG_HOME/orgtoken/config.toml`; the default folder is `~/.config`.
pub(crate) fn config_file() -> Option<PathBuf> {
    let config = folder("XDG_CONFIG_HOME").or_else(|| Some(folder("HOME")?.join(".config")))?;
    Some(config.join("orgtoken/config.toml"))
}

/// Returns `$XDG_CACHE_HOME/orgtoken`; the default folder is `~/.cache`.
pub(crate) fn cache_folder() -> Option<PathBuf> {
    let cache = folder("XDG_CACHE_HOME").or_else(|| Some(folder("HOME")?.join(".cache")))?;
    Some(cache.join("orgtoken"))
}

/// Resolves `~/` at the start of a path in settings.
pub(crate) fn at_home(path: &str) -> PathBuf {
    match (path.strip_prefix("~/"), folder("HOME")) {
        (Some(path), Some(home)) => home.join(path),
        _ => Path::new(path).into(),
    }
}

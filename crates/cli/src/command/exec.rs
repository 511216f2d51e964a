//! `exec`: a command with the token in its environment.

use std::ffi::OsString;
use std::io;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

use orgtoken_client::error_chain;
use orgtoken_settings::{SecretText, Setting, Settings};

use crate::args::Caller;
use crate::environment::{COMPLETION, login_variables};
use crate::failure::Failure;
use crate::harden::restore_core_limit;
use crate::io::console::Console;
use crate::io::text::{quoted, shown};
use crate::login::context::Context;
use crate::login::resolved_login::ResolvedLogin;
use crate::login::secret_variables::secret_variables;

/// Run a command with the token in its environment
///
/// The command replaces orgtoken, so it gets the signals and sets the exit code. Private keys,
/// passphrases and the ORGTOKEN_* variables of a login are removed from its environment. In it,
/// orgtoken api, bulk, describe, query, record and whoami use the token.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Variable for the token (repeatable)
    #[arg(long, value_name = "NAME", default_value = "SF_ACCESS_TOKEN", value_parser = name)]
    token_env: Vec<String>,
    /// Variable for the instance URL (repeatable)
    #[arg(long, value_name = "NAME", value_parser = name)]
    #[arg(default_values = ["SF_INSTANCE_URL", "SF_ORG_INSTANCE_URL"])]
    instance_url_env: Vec<String>,
    /// Variable for the API version, such as 66.0 (repeatable)
    #[arg(long, value_name = "NAME", default_value = "SF_ORG_API_VERSION", value_parser = name)]
    api_version_env: Vec<String>,
    /// Command to run, and its arguments
    #[arg(last = true, required = true, value_name = "COMMAND")]
    command: Vec<OsString>,
    #[command(flatten)]
    caller: Caller,
}

pub(crate) fn run(args: &Args, console: &Console) -> Result<(), Failure> {
    let Caller { login, tokens, network } = &args.caller;
    let (settings, inputs) = Context { login, route: Some(&network.route), console }.checked()?;
    let route = route(&settings);
    let resolved = ResolvedLogin::of(settings, network, tokens, console)?;
    let version = resolved.api_version().to_string();
    let token = resolved.token()?;
    let (program, arguments) = args.command.split_first().expect("clap requires one at least");
    let mut command = Command::new(program);
    command.args(arguments);
    let mut named = inputs.variables;
    named.extend(login.passphrase.key_passphrase_env.clone());
    for secret in secret_variables(&named) {
        command.env_remove(secret);
    }
    // They take precedence over the token if the command is `orgtoken query`.
    for name in login_variables() {
        command.env_remove(name);
    }
    // With it, `orgtoken` only completes words.
    command.env_remove(COMPLETION);
    command.envs(route);
    for (names, value) in [
        (&args.token_env, token.access_token().secret()),
        (&args.instance_url_env, token.instance_url().as_str()),
        (&args.api_version_env, version.trim_start_matches('v')),
    ] {
        command.envs(names.iter().map(|name| (name, value)));
    }
    tracing::info!("running the command");
    restore_core_limit();
    // `exec` returns only if the command cannot be started.
    Err(failed(program, command.exec()))
}

/// Returns the network settings as variables, for an `orgtoken` that the command runs.
fn route(settings: &Settings) -> Vec<(String, String)> {
    let hosts = settings.allowed_hosts().iter().collect::<Vec<_>>().join(",");
    let proxy = settings.proxy().map(SecretText::secret).filter(|proxy| !proxy.contains('@'));
    [
        (Setting::AllowHosts, Some(&*hosts).filter(|hosts| !hosts.is_empty())),
        (Setting::CaFile, settings.ca_file()),
        (Setting::Proxy, proxy),
    ]
    .into_iter()
    .filter_map(|(setting, value)| Some((setting.variable(), value?.to_owned())))
    .collect()
}

fn name(text: &str) -> Result<String, &'static str> {
    let fits = |c: char| c.is_ascii_alphanumeric() || c == '_';
    if text.is_empty() || !text.chars().all(fits) || text.starts_with(|c: char| c.is_ascii_digit())
    {
        return Err("expected the name of a variable, such as SF_ACCESS_TOKEN");
    }
    Ok(text.to_owned())
}

fn failed(program: &OsString, error: io::Error) -> Failure {
    let program = Path::new(program);
    let is_line = program.to_string_lossy().contains(' ');
    if error.kind() == io::ErrorKind::NotFound {
        let hint = match is_line {
            true => "give each word on its own, without quotes, or a line to `sh -c`",
            false => "check the spelling, and that PATH has its folder",
        };
        let what = format!("command `{}` not found", shown(program));
        return Failure::new("exec.not_found", Some(hint), what);
    }
    // A folder of PATH that cannot be read is the same error: the word may not be a file name.
    let hint = match program.is_file() {
        true => format!("make it executable: chmod +x {}", quoted(program)),
        false => "check that it is a program and that you may run it".to_owned(),
    };
    let what = format!("cannot run `{}`: {}", shown(program), error_chain(&error));
    Failure::new("exec.cannot_run", Some(hint), what)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_variables_are_valid_in_a_shell() {
        for (text, fits) in
            [("SF_ACCESS_TOKEN", true), ("t1", true), ("", false), ("1T", false), ("A=B", false)]
        {
            assert_eq!(name(text).is_ok(), fits, "{text}");
        }
    }

    #[test]
    fn command_to_copy_names_an_existing_program_as_one_word() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("my tool");
        std::fs::write(&file, "").unwrap();
        let exists = format!("make it executable: chmod +x '{}'", file.display());
        let unknown = "check that it is a program and that you may run it";
        for (program, hint) in [(file.as_os_str(), &*exists), ("hunter2".as_ref(), unknown)] {
            let failure = failed(&program.to_owned(), io::ErrorKind::PermissionDenied.into());
            assert_eq!(failure.hint(), Some(hint));
        }
    }
}

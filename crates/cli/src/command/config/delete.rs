use orgtoken_oauth::redact;
use orgtoken_settings::{ConfigFile, Given, Loader, Setting};
use serde_json::json;

use super::list::seconds_left;
use crate::args::{candidates, profile_names};
use crate::environment::at_home;
use crate::failure::Failure;
use crate::io::console::Console;
use crate::io::prompt;
use crate::io::text::{duration, shown};
use crate::login::config::Config;

/// Delete a profile
///
/// Its key, its certificate and a cached token are not deleted.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Profile to delete
    #[arg(add = candidates(profile_names))]
    profile: String,
    /// Delete without a question; needed without a terminal
    #[arg(long)]
    yes: bool,
}

pub(super) fn run(args: &Args, config: &Config, console: &Console) -> Result<(), Failure> {
    let name = config.parsed().existing_name(Some(&args.profile))?;
    let label = redact::label(&name);
    let question = format!("Delete the profile {label} of {}? [y/N] ", redact::path(&config.name));
    if !args.yes && !prompt::is_interactive() {
        let hint = "add `--yes` to delete the profile without a question";
        let what = "missing `--yes`: there is no terminal for the question";
        return Err(Failure::new("usage.missing", Some(hint), what));
    }
    if !args.yes && !prompt::yes(&question, false)? {
        let what = "nothing was deleted, since it was not confirmed";
        return Err(Failure::new("interrupted", None::<&str>, what));
    }
    // It may have been edited while the question was open.
    let config = &Config::read()?;
    let files = files(config, &name);
    let token = config.layer(&name).and_then(seconds_left).filter(|seconds| *seconds > 0);
    let mut editor = config.editor()?;
    editor.remove_profile(&name)?;
    config.write(&editor)?;
    let edited = editor.to_string();
    let left = ConfigFile::parse(edited.as_bytes(), &config.name);
    let default = left.default_name();
    if console.json() {
        let default = default.as_deref().map(redact::label);
        let document = json!({ "profile": label, "default": default, "files": files });
        return Ok(console.document(&document)?);
    }
    console.remark(&format_args!("deleted profile {label}"));
    if config.parsed().default_name().as_deref() == Some(&name) {
        match default {
            Some(default) => {
                let default = redact::label(&default);
                console.remark(&format_args!("{default} is the default profile now"));
            }
            None if left.names().is_empty() => {}
            None => console
                .remark(&"no profile is the default now; `orgtoken config use NAME` chooses one"),
        }
    }
    if !files.is_empty() {
        console.remark(&format_args!("not deleted: {}", files.join(", ")));
    }
    if let Some(seconds) = token {
        console.remark(&format_args!(
            "its cached token is valid for {}; `orgtoken cache clear` removes all cached tokens",
            duration(seconds)
        ));
    }
    Ok(())
}

/// Returns the existing files of key and certificate: those that the profile names, or those that
/// `setup` creates.
fn files(config: &Config, name: &str) -> Vec<String> {
    let profile = Loader::new(config.layer(name));
    let key = match profile.given(Setting::PrivateKey) {
        Some(Given::File(file)) => at_home(file),
        _ => config.path.with_file_name(format!("{name}.key")),
    };
    let files = [key.with_extension("crt"), key];
    files.iter().rev().filter(|file| file.is_file()).map(|file| shown(file)).collect()
}

//! The profile in `config.toml`. Existing lines and comments are kept.

use std::env;
use std::path::Path;

use orgtoken_oauth::redact;
use orgtoken_settings::{ConfigEditor, KeySource};

use super::Args;
use super::answers::{Answers, Key};
use crate::failure::Failure;
use crate::io::prompt;
use crate::login::config::Config;

/// Adds missing settings to the profile, and the profile if it is missing.
pub(super) fn write(args: &Args, answers: &Answers) -> Result<(), Failure> {
    let config = Config::read()?;
    config.write(&edited(args, answers, &config)?)
}

/// Whether the profile may be in use, and the answers change it.
pub(super) fn is_pending(args: &Args, answers: &Answers) -> Result<bool, Failure> {
    let config = Config::read()?;
    let edited = edited(args, answers, &config)?;
    Ok(answers.is_complete && edited.to_string() != config.editor()?.to_string())
}

/// Returns the file with the answers. Nothing is written.
pub(super) fn edited(
    args: &Args,
    answers: &Answers,
    config: &Config,
) -> Result<ConfigEditor, Failure> {
    let mut editor = config.editor()?;
    let folder = env::current_dir().unwrap_or_default();
    let path = |path: &Path| vec![path.to_string_lossy().into_owned()];
    let one = |text: &Option<String>| text.iter().cloned().collect();
    let (key_file, agent) = match &answers.key {
        Key::Local { file, .. } => (path(file), Vec::new()),
        Key::Remote(KeySource::Agent(name)) => (Vec::new(), vec![name.clone()]),
        Key::Remote(_) => (Vec::new(), Vec::new()),
    };
    // A path that is not one may be the passphrase itself.
    let passphrase_file = args.passphrase.key_passphrase_file.as_deref().filter(|it| it.is_file());
    let route = &args.network.route;
    let replaces_client_id = answers.client_id != answers.saved_client_id;
    for (entry, values, replaces) in [
        ("username", vec![answers.username.clone()], false),
        ("client_id", one(&answers.client_id), replaces_client_id),
        ("private_key_file", key_file, false),
        ("ssh_agent", agent, false),
        ("passphrase_file", passphrase_file.map(path).unwrap_or_default(), true),
        // Before the URL, whose host it may allow.
        ("allow_hosts", args.allow_host.clone(), false),
        ("instance_url", vec![answers.instance_url.to_string()], false),
        ("ca_file", route.ca_file.as_deref().map(path).unwrap_or_default(), false),
        ("proxy", one(&route.proxy), false),
    ] {
        if !values.is_empty() && (replaces || !editor.has(&answers.name, entry)) {
            editor.set(&answers.name, entry, &values, &folder)?;
        }
    }
    Ok(editor)
}

/// Makes the profile the default, if that is wanted. Returns whether it is the default.
pub(super) fn offer_default(answers: &Answers, is_wanted: bool) -> Result<bool, Failure> {
    let config = Config::read()?;
    let default = config.parsed().default_name();
    if default.as_deref() == Some(&answers.name) {
        return Ok(true);
    }
    let instead = default.map(|name| format!(" instead of {}", redact::label(&name)));
    let question = format!(
        "Make {} the default profile{}? [y/N] ",
        redact::label(&answers.name),
        instead.unwrap_or_default()
    );
    if !is_wanted && !prompt::yes(&question, false)? {
        return Ok(false);
    }
    // It may have been edited while the question was open.
    let config = Config::read()?;
    let mut editor = config.editor()?;
    editor.set_default(&answers.name)?;
    config.write(&editor)?;
    Ok(true)
}

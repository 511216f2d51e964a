//! The profile in `config.toml`. Existing lines and comments are kept.

use std::path::Path;

use orgtoken_oauth::redact;
use orgtoken_settings::{
    ConfigEditor, ConfigFile, Converted, Form, Layer, Loader, ReadError, Setting,
};

use super::Args;
use super::answers::{Answers, Key};
use super::keys::Keys;
use crate::failure::Failure;
use crate::io::input::{read_config, read_config_or_empty, read_key};
use crate::io::new_file::replace;
use crate::io::prompt;

/// Adds missing settings to the profile, and the profile if it is missing.
pub(super) fn write(args: &Args, answers: &Answers, keys: &Keys) -> Result<(), Failure> {
    let wanted = wanted(args, answers, keys)?;
    let config = read_config_or_empty(&answers.config)?;
    let file = answers.config.to_string_lossy();
    let added = wanted.add_to(&config, &file)?;
    let written = added.as_ref().map_or(config.as_slice(), String::as_bytes);
    let mut editor = ConfigEditor::parse(written, &file)?;
    let before = editor.to_string();
    if let Some(client_id) = answers.client_id.as_ref().filter(|_| answers.corrects_client_id) {
        editor.set(&answers.name, Setting::ClientId.name(), std::slice::from_ref(client_id))?;
    }
    // A path that is not one may be the passphrase itself.
    if let Some(word) = args.passphrase.key_passphrase_file.as_ref().filter(|it| it.is_file()) {
        let word = std::path::absolute(word).unwrap_or_else(|_| word.clone());
        editor.set(&answers.name, "passphrase_file", &[word.to_string_lossy().into_owned()])?;
    }
    let edited = editor.to_string();
    if added.is_some() || edited != before {
        replace(&answers.config, edited.as_bytes())?;
    }
    Ok(())
}

/// Makes the profile the default, if that is wanted. Returns whether it is the default.
pub(super) fn offer_default(answers: &Answers, is_wanted: bool) -> Result<bool, Failure> {
    let (config, file) = (read_config(&answers.config)?, answers.config.to_string_lossy());
    let default = ConfigFile::parse(&config, &file).default_name();
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
    let mut editor = ConfigEditor::parse(&config, &file)?;
    editor.set_default(&answers.name)?;
    replace(&answers.config, editor.to_string().as_bytes())?;
    Ok(true)
}

/// Returns the profile to write.
fn wanted(args: &Args, answers: &Answers, keys: &Keys) -> Result<Converted, Failure> {
    let mut layer = layer(args, answers)?;
    // The key of an existing profile stays. It may be encrypted.
    let key_file = keys.key.as_deref().unwrap_or_else(|| Path::new("")).to_string_lossy();
    match (&answers.key, &args.ssh_agent) {
        (_, Some(name)) => layer.set_agent("--ssh-agent", name.as_str()),
        (Key::Beside | Key::Given(_), None) => {
            layer.set_file(Setting::PrivateKey, "--jwt-key-file", key_file.as_ref());
        }
        _ => {}
    }
    let mut loader = Loader::new([layer]);
    while let Some(input) = loader.next_input() {
        match input.setting() {
            Setting::PrivateKey => {
                loader.provide(&input, read_key(Path::new(key_file.as_ref()))?.0)
            }
            _ => loader.fail(&input, ReadError::Deferred),
        }
    }
    Ok(loader.convert(Form::Profile { name: &answers.name, key_file: &key_file })?)
}

/// Returns the answers without the key.
fn layer(args: &Args, answers: &Answers) -> Result<Layer, Failure> {
    let mut layer = Layer::flags();
    layer.set(Setting::Username, "--username", answers.username.as_str());
    layer.set(Setting::InstanceUrl, "--instance-url", answers.instance_url.as_str());
    if let Some(client_id) = &answers.client_id {
        layer.set(Setting::ClientId, "--client-id", client_id.as_str());
    }
    if !args.allow_host.is_empty() {
        layer.set_list(Setting::AllowHosts, "--allow-host", args.allow_host.clone());
    }
    if let Some(file) = &args.network.route.ca_file {
        // A relative path in config.toml starts at its folder, a flag at the current folder.
        let file = std::path::absolute(file).unwrap_or_else(|_| file.clone());
        layer.set(Setting::CaFile, "--ca-file", file.to_string_lossy());
    }
    args.network.route.add_to(&mut layer)?;
    Ok(layer)
}

//! The profile in `config.toml`: what is there stays as it is, comments and all.

use std::path::Path;

use orgtoken_settings::{Draft, Form, Layer, Setting, Unread};
use zeroize::Zeroizing;

use super::Args;
use super::answers::{Answers, Key};
use super::keys::Keys;
use crate::failure::Failure;
use crate::input::{InputError, read_config, read_key};
use crate::new_file::replace;
use crate::text::shown;

/// Adds to the profile what it does not say yet, and the profile where there is none.
pub(super) fn write(args: &Args, answers: &Answers, keys: &Keys) -> Result<(), Failure> {
    let file = answers.config.to_string_lossy();
    let wanted = lines(args, answers, keys)?;
    let before = match read_config(&answers.config) {
        Err(InputError::Os { missing: true, .. }) => Zeroizing::default(),
        result => result?,
    };
    let Ok(text) = str::from_utf8(&before) else {
        return Err(by_hand(&wanted, &answers.config));
    };
    let Some(after) = added(text, &wanted) else { return Ok(()) };
    // What was written has to read back as what was meant, or nothing is written.
    let read_back =
        |text: &str| Draft::new([Layer::from_profile(text.as_bytes(), &file, Some(&answers.name))]);
    let draft = read_back(&after);
    let says = |setting, expected: &str| draft.given(setting) == Some(expected);
    let is_whole = says(Setting::Username, &answers.username)
        && answers.client_id.as_deref().is_none_or(|id| says(Setting::ClientId, id))
        && !has_lost(text, &after);
    if !is_whole {
        return Err(by_hand(&wanted, &answers.config));
    }
    replace(&answers.config, after.as_bytes())?;
    Ok(())
}

/// Is a line of the old text not in the new one any more?
fn has_lost(before: &str, after: &str) -> bool {
    let mut after = after.lines();
    !before.lines().all(|line| after.any(|other| other == line))
}

/// The profile as the settings would write it: checked, and quoted as TOML wants it.
fn lines(args: &Args, answers: &Answers, keys: &Keys) -> Result<Vec<String>, Failure> {
    let mut layer = layer(args, answers)?;
    // A profile that has a key keeps it; it may well be encrypted.
    let key_file = keys.key.as_deref().unwrap_or_else(|| Path::new("")).to_string_lossy();
    match (&answers.key, &args.ssh_agent) {
        (_, Some(name)) => layer.set_agent("--ssh-agent", name.as_str()),
        (Key::Beside, None) => {
            layer.set_file(Setting::PrivateKey, "--jwt-key-file", key_file.as_ref());
        }
        _ => {}
    }
    let mut draft = Draft::new([layer]);
    while let Some(need) = draft.next_need() {
        match need.setting() {
            Setting::PrivateKey => draft.supply(&need, read_key(Path::new(key_file.as_ref()))?.0),
            _ => draft.refuse(&need, Unread::Later),
        }
    }
    let form = Form::Profile { name: &answers.name, key_file: &key_file };
    let converted = draft.convert(form)?;
    Ok(converted.text().secret().lines().map(str::to_owned).collect())
}

/// What was answered, but for the key.
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
        // A path in config.toml is taken from its folder, one on the command line from this one.
        let file = std::path::absolute(file).unwrap_or_else(|_| file.clone());
        layer.set(Setting::CaFile, "--ca-file", file.to_string_lossy());
    }
    args.network.route.add_to(&mut layer)?;
    Ok(layer)
}

/// The text with what it lacks; `None` if it lacks nothing. A profile that is there gets its new
/// lines right below its header.
fn added(text: &str, wanted: &[String]) -> Option<String> {
    let (header, wanted) = wanted.split_first()?;
    let is_header = |line: &str| bare(line) == bare(header);
    let Some(at) = text.lines().position(is_header) else {
        let gap = if text.is_empty() || text.ends_with("\n\n") { "" } else { "\n" };
        let end = if text.is_empty() || text.ends_with('\n') { "" } else { "\n" };
        return Some(format!("{text}{end}{gap}{header}\n{}\n", wanted.join("\n")));
    };
    let said: Vec<&str> = text
        .lines()
        .skip(at + 1)
        .take_while(|line| !line.trim_start().starts_with('['))
        .filter_map(|line| Some(line.split_once('=')?.0.trim()))
        .collect();
    let key = |line: &str| line.split_once('=').map_or("", |(key, _)| key.trim()).to_owned();
    let mut missing: Vec<_> = wanted.iter().filter(|line| !said.contains(&&*key(line))).collect();
    // A key elsewhere is a key all the same.
    missing.retain(|line| !(key(line) == "private_key_file" && said.iter().any(holds_a_key)));
    if missing.is_empty() {
        return None;
    }
    let mut lines: Vec<&str> = text.lines().collect();
    lines.splice(at + 1..at + 1, missing.into_iter().map(String::as_str));
    Some(format!("{}\n", lines.join("\n")))
}

/// `[profile.acme]` and `[profile."acme"]` are the same.
fn bare(header: &str) -> String {
    let line = header.split('#').next().unwrap_or_default();
    line.chars().filter(|c| !c.is_whitespace() && *c != '"' && *c != '\'').collect()
}

fn holds_a_key(name: &&str) -> bool {
    ["private_key_env", "private_key_file", "signer_command", "ssh_agent"].contains(name)
}

fn by_hand(lines: &[String], config: &Path) -> Failure {
    let what = format!("`{}` is written in a way that nothing can be added to", shown(config));
    let hint = format!("add these lines yourself: {}", lines.join(" | "));
    Failure::new("settings.exists", Some(hint), what)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted() -> Vec<String> {
        ["[profile.\"acme\"]", "username = \"u@acme.com\"", "client_id = \"3MVG9\""]
            .map(str::to_owned)
            .to_vec()
    }

    #[test]
    fn what_is_there_stays() {
        let other = "# mine\ndefault_profile = \"x\"\n\n[profile.x]\nusername = \"x@x.com\"\n";
        let half = "[profile.acme] # new\nusername = \"u@acme.com\"\n";
        for (name, text, after) in [
            (
                "nothing there",
                "",
                "[profile.\"acme\"]\nusername = \"u@acme.com\"\nclient_id = \"3MVG9\"\n".to_owned(),
            ),
            (
                "another profile",
                other,
                format!(
                    "{other}\n[profile.\"acme\"]\nusername = \"u@acme.com\"\nclient_id = \"3MVG9\"\n"
                ),
            ),
            (
                "half of it",
                half,
                "[profile.acme] # new\nclient_id = \"3MVG9\"\nusername = \"u@acme.com\"\n"
                    .to_owned(),
            ),
        ] {
            let added = added(text, &wanted()).unwrap();
            assert_eq!(added, after, "{name}");
            assert!(!has_lost(text, &added), "{name}");
            assert_eq!(super::added(&added, &wanted()), None, "{name}: once is enough");
        }
    }
}

//! Reads the environment.

use std::collections::BTreeMap;

use orgtoken_oauth::redact;

use crate::layer::Layer;
use crate::notices::Remark;
use crate::problems::{Fault, Place};
use crate::raw::Raw;
use crate::setting::Setting;
use crate::settings::SignerCommand;
use crate::source::Source;
use crate::{record, spelling};

/// Reads the variables that mean something to us. An empty variable is an unset one.
pub(crate) fn read(variables: impl IntoIterator<Item = (String, String)>) -> Layer {
    let mut layer = Layer::default();
    // Ordered, so that the same environment always gives the same words.
    let variables: BTreeMap<String, String> =
        variables.into_iter().filter(|(_, value)| !value.trim().is_empty()).collect();
    // Most environments have none of ours, and to spell all that there could be is some work.
    let has_ours = variables.keys().any(|name| name.starts_with(PREFIX));
    for setting in Setting::ALL {
        if has_ours {
            own(&mut layer, setting, &variables);
        }
        let mut world = setting.world_names().iter().filter(|name| variables.contains_key(**name));
        if let Some(name) = world.next() {
            let source = Source::WorldVariable((*name).to_owned());
            layer.add(setting, source, raw(setting, &variables[*name]));
        }
    }
    if has_ours {
        misspelt(&mut layer, &variables);
    }
    layer
}

/// The variables that start with `ORGTOKEN_`.
fn own(layer: &mut Layer, setting: Setting, variables: &BTreeMap<String, String>) {
    let mut taken: Option<String> = None;
    for (form, raw) in forms(setting) {
        let name = format!("{PREFIX}{}", form.to_ascii_uppercase());
        let Some(value) = variables.get(&name) else { continue };
        let source = Source::Variable(name.clone());
        if let Some(first) = taken {
            let fault = Fault::Conflict { first, second: name };
            return layer.problem(Place::of(setting, &source), fault);
        }
        if setting == Setting::Record
            && let Some(record) = record::document(value)
        {
            // The record itself, as pipelines keep it among their secrets. It is read when all
            // layers are there, since one of them may name its key.
            layer.add(setting, source, Raw::Bytes(record.as_bytes().to_vec().into()));
        } else {
            layer.add(setting, source, raw(setting, value));
        }
        taken = Some(name);
    }
}

/// The names under which a setting may be given, and what the value then is.
fn forms(setting: Setting) -> Vec<(String, ToRaw)> {
    let mut forms: Vec<(String, ToRaw)> = vec![(setting.name().to_owned(), raw)];
    if !setting.is_path() && !CHOICES.contains(&setting) {
        forms.push((format!("{}_file", setting.name()), |_, value| Raw::File(trimmed(value))));
    }
    match setting {
        Setting::PrivateKey => forms.extend([
            ("private_key_env".to_owned(), VARIABLE),
            ("ssh_agent".to_owned(), AGENT),
            ("signer_command".to_owned(), COMMAND),
        ]),
        // The flags are called so.
        Setting::Record => forms.push(("settings".to_owned(), raw)),
        Setting::RecordKey => forms.push(("settings_key".to_owned(), raw)),
        _ => {}
    }
    forms
}

/// The variables under which a setting may be given.
pub(crate) fn variables(setting: Setting) -> Vec<String> {
    let variable = |(form, _): (String, ToRaw)| format!("{PREFIX}{}", form.to_ascii_uppercase());
    forms(setting).into_iter().map(variable).collect()
}

type ToRaw = fn(Setting, &str) -> Raw;

fn trimmed(value: &str) -> String {
    value.trim().to_owned()
}

/// A value that stands in a variable: a list has commas or blanks between its items.
fn raw(setting: Setting, value: &str) -> Raw {
    if !setting.is_list() {
        return Raw::Text(value.to_owned().into());
    }
    let items = value.split([',', ' ', '\n', '\t']).filter(|item| !item.is_empty());
    Raw::List(items.map(str::to_owned).collect())
}

/// Names each variable that was probably meant to be ours.
fn misspelt(layer: &mut Layer, variables: &BTreeMap<String, String>) {
    let known: Vec<String> =
        Setting::ALL.into_iter().flat_map(forms).map(|(name, _)| name).collect();
    for name in variables.keys() {
        let Some(ours) = name.strip_prefix(PREFIX).map(str::to_ascii_lowercase) else { continue };
        if known.contains(&ours) {
            continue;
        }
        if let Some(near) = spelling::nearest(&ours, known.iter().map(String::as_str)) {
            let near = format!("{PREFIX}{}", near.to_ascii_uppercase());
            let source = Source::Variable(redact::label(name).to_owned());
            layer.notice(&source, Remark::UnknownVariable { near });
        }
    }
}

const PREFIX: &str = "ORGTOKEN_";

/// What is read before any file is, so no file can hold it.
const CHOICES: [Setting; 2] = [Setting::Profile, Setting::RecordKey];

const AGENT: ToRaw = |_, value| Raw::Agent(trimmed(value));
const COMMAND: ToRaw = |_, value| Raw::Command(SignerCommand::Shell(trimmed(value)));
const VARIABLE: ToRaw = |_, value| Raw::Variable(trimmed(value));

#[cfg(test)]
mod tests;

//! Reads the environment.

use std::collections::BTreeMap;

use orgtoken_oauth::redact;

use crate::layer::Layer;
use crate::notices::Remark;
use crate::problems::{Fault, Place};
use crate::raw::Raw;
use crate::setting::{Given, PREFIX, Setting, variable};
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
            layer.add(setting, source, Raw::given(setting, Given::Value, &variables[*name]));
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
    for (name, given) in setting.names() {
        let name = variable(&name);
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
            layer.add(setting, source, Raw::given(setting, given, value));
        }
        taken = Some(name);
    }
}

/// Names each variable that was probably meant to be ours.
fn misspelt(layer: &mut Layer, variables: &BTreeMap<String, String>) {
    let known: Vec<String> =
        Setting::ALL.into_iter().flat_map(Setting::names).map(|(name, _)| name).collect();
    for name in variables.keys() {
        let Some(ours) = name.strip_prefix(PREFIX).map(str::to_ascii_lowercase) else { continue };
        if known.contains(&ours) {
            continue;
        }
        if let Some(near) = spelling::nearest(&ours, known.iter().map(String::as_str)) {
            let source = Source::Variable(redact::label(name).to_owned());
            layer.notice(&source, Remark::UnknownVariable { near: variable(near) });
        }
    }
}

#[cfg(test)]
mod tests;

//! Reads the environment.

use std::collections::BTreeMap;

use orgtoken_oauth::redact;

use crate::layer::Layer;
use crate::notices::NoticeKind;
use crate::problems::{Location, ProblemKind};
use crate::raw::Raw;
use crate::setting::{Content, PREFIX, Setting, variable};
use crate::source::Source;
use crate::{record, spelling};

impl Layer {
    /// Reads the environment. Unknown variables are ignored, and an empty one counts as unset.
    pub fn from_environment(variables: impl IntoIterator<Item = (String, String)>) -> Self {
        let mut layer = Self::default();
        // Sorted, so that the same environment always gives the same messages.
        let variables: BTreeMap<String, String> =
            variables.into_iter().filter(|(_, value)| !value.trim().is_empty()).collect();
        for setting in Setting::ALL {
            add_own(&mut layer, setting, &variables);
            let mut names = setting.third_party_variables().iter();
            if let Some((name, text)) = names.find_map(|name| variables.get_key_value(*name)) {
                let source = Source::ThirdPartyVariable(name.clone());
                layer.add(setting, source, Raw::of_text(setting, Content::Value, text));
            }
        }
        misspelt(&mut layer, &variables);
        layer
    }
}

/// Adds a setting from our own variables.
fn add_own(layer: &mut Layer, setting: Setting, variables: &BTreeMap<String, String>) {
    let mut given = setting.names().into_iter().filter_map(|(name, content)| {
        let (variable, text) = variables.get_key_value(&variable(&name))?;
        Some((variable.clone(), content, text))
    });
    let Some((first, content, text)) = given.next() else { return };
    if let Some((second, ..)) = given.next() {
        let location = Location::of(setting, &Source::Variable(second.clone()));
        layer.problem(location, ProblemKind::Conflict { first: first.clone(), second });
    }
    // The record itself, like pipelines store it among their secrets. It is read later, because
    // another layer may give its key.
    let is_record = setting == Setting::Record;
    let raw = match is_record.then(|| record::document(text)).flatten() {
        Some(record) => Raw::Bytes(record.as_bytes().to_vec().into()),
        None => Raw::of_text(setting, content, text),
    };
    layer.add(setting, Source::Variable(first), raw);
}

/// Adds a notice for each unknown variable that is probably misspelt.
fn misspelt(layer: &mut Layer, variables: &BTreeMap<String, String>) {
    let known = Setting::ALL.into_iter().flat_map(Setting::names).map(|(name, _)| name);
    let known: Vec<String> = known.collect();
    for typed in variables.keys() {
        let Some(name) = typed.strip_prefix(PREFIX) else { continue };
        if known.iter().any(|known| variable(known) == *typed) {
            continue;
        }
        if let Some(near) = spelling::nearest(name, known.iter().map(String::as_str)) {
            let source = Source::Variable(redact::label(typed).to_owned());
            layer.notice(&source, NoticeKind::UnknownVariable { near: variable(near) });
        }
    }
}

#[cfg(test)]
mod tests;

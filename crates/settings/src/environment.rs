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
        let own: Vec<OwnVariable<'_>> = variables
            .iter()
            .filter_map(|(variable, value)| {
                let name = variable.strip_prefix(PREFIX)?.to_ascii_lowercase();
                Some(OwnVariable { name, variable, value })
            })
            .collect();
        for setting in Setting::ALL {
            add_setting(&mut layer, setting, &own);
            let mut third_party = setting
                .third_party_variables()
                .iter()
                .filter(|name| variables.contains_key(**name));
            if let Some(name) = third_party.next() {
                let source = Source::ThirdPartyVariable((*name).to_owned());
                layer.add(
                    setting,
                    source,
                    Raw::of_text(setting, Content::Value, &variables[*name]),
                );
            }
        }
        misspelt(&mut layer, &own);
        layer
    }
}

/// A variable that starts with `ORGTOKEN_`.
struct OwnVariable<'a> {
    /// The rest of its name in lower case, like in a profile.
    name: String,
    variable: &'a str,
    value: &'a str,
}

/// Adds a setting from our own variables.
fn add_setting(layer: &mut Layer, setting: Setting, own: &[OwnVariable<'_>]) {
    let mut taken: Option<&str> = None;
    for OwnVariable { name, variable, value } in own {
        let Some(content) = setting.content(name) else { continue };
        let source = Source::Variable((*variable).to_owned());
        if let Some(first) = taken {
            let (first, second) = (first.to_owned(), (*variable).to_owned());
            return layer
                .problem(Location::of(setting, &source), ProblemKind::Conflict { first, second });
        }
        if setting == Setting::Record
            && let Some(record) = record::document(value)
        {
            // The record itself, like pipelines store it among their secrets. It is read later,
            // because another layer may give its key.
            layer.add(setting, source, Raw::Bytes(record.as_bytes().to_vec().into()));
        } else {
            layer.add(setting, source, Raw::of_text(setting, content, value));
        }
        taken = Some(variable);
    }
}

/// Adds a notice for each unknown variable that is probably misspelt.
fn misspelt(layer: &mut Layer, own: &[OwnVariable<'_>]) {
    let is_known = |name: &str| Setting::ALL.into_iter().any(|s| s.content(name).is_some());
    for OwnVariable { name, variable: typed, .. } in own.iter().filter(|own| !is_known(&own.name)) {
        let known: Vec<String> =
            Setting::ALL.into_iter().flat_map(Setting::names).map(|(name, _)| name).collect();
        if let Some(near) = spelling::nearest(name, known.iter().map(String::as_str)) {
            let source = Source::Variable(redact::label(typed).to_owned());
            layer.notice(&source, NoticeKind::UnknownVariable { near: variable(near) });
        }
    }
}

#[cfg(test)]
mod tests;

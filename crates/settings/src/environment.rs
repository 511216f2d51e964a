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
        let own: Vec<Own> = Setting::ALL.into_iter().flat_map(own).collect();
        for setting in Setting::ALL {
            add_own(&mut layer, own.iter().filter(|own| own.setting == setting), &variables);
            let mut names = setting.third_party_variables().iter();
            if let Some((name, text)) = names.find_map(|name| variables.get_key_value(*name)) {
                let source = Source::ThirdPartyVariable(name.clone());
                layer.add(setting, source, Raw::of_text(setting, Content::Value, text));
            }
        }
        let names = variables.keys().filter(|typed| typed.starts_with(PREFIX));
        for typed in names.filter(|typed| own.iter().all(|own| own.name != **typed)) {
            misspelt(&mut layer, typed, &own);
        }
        layer
    }
}

/// One of our variables.
struct Own {
    setting: Setting,
    name: String,
    content: Content,
}

fn own(setting: Setting) -> impl Iterator<Item = Own> {
    let names = setting.names().into_iter();
    names.map(move |(name, content)| Own { setting, name: variable(&name), content })
}

/// Adds the setting of these variables.
fn add_own<'a>(
    layer: &mut Layer,
    own: impl Iterator<Item = &'a Own>,
    variables: &BTreeMap<String, String>,
) {
    let mut given = own.filter_map(|own| Some((own, variables.get(&own.name)?)));
    let Some((Own { setting, name, content }, text)) = given.next() else { return };
    if let Some((second, _)) = given.next() {
        let second = second.name.clone();
        let location = Location::of(*setting, &Source::Variable(second.clone()));
        layer.problem(location, ProblemKind::Conflict { first: name.clone(), second });
    }
    // The record itself, like pipelines store it among their secrets. It is read later, because
    // another layer may give its key.
    let is_record = *setting == Setting::Record;
    let raw = match is_record.then(|| record::document(text)).flatten() {
        Some(record) => Raw::Bytes(record.as_bytes().to_vec().into()),
        None => Raw::of_text(*setting, *content, text),
    };
    layer.add(*setting, Source::Variable(name.clone()), raw);
}

/// Adds a notice if an unknown variable is probably misspelt.
fn misspelt(layer: &mut Layer, typed: &str, own: &[Own]) {
    let Some(name) = typed.strip_prefix(PREFIX) else { return };
    let known = own.iter().filter_map(|own| own.name.strip_prefix(PREFIX));
    if let Some(near) = spelling::nearest(name, known) {
        let source = Source::Variable(redact::label(typed).to_owned());
        layer.notice(&source, NoticeKind::UnknownVariable { near: variable(near) });
    }
}

#[cfg(test)]
mod tests;

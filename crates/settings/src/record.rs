//! Reads an Onify record.

mod inline;
mod node;
mod shape;

pub(crate) use inline::document;

use orgtoken_oauth::redact;

use crate::layer::{Layer, RecordLocation};
use crate::notices::NoticeKind;
use crate::problems::{Json, Location, ProblemKind};
use crate::raw::Raw;
use crate::setting::Setting;
use crate::source::Source;
use crate::{spelling, text};
use node::Node;
use shape::{Shape, ShapeError};

impl Layer {
    /// Reads an Onify record. `file` is `-` for standard input.
    ///
    /// Accepted are the record `{key, name, value, tag, role}` with its value as an object or as a
    /// JSON string, the bare value, and the response of the Hub's settings endpoint. `key` selects
    /// one of several records.
    pub fn from_record(bytes: &[u8], file: &str, key: Option<&str>) -> Self {
        let document = Location::Document { file: redact::path(file).to_owned() };
        let text = match text::decode(bytes) {
            Ok(text) if text.trim().is_empty() => return unreadable(document, ProblemKind::Empty),
            Ok(text) => text,
            Err(kind) => return unreadable(document, kind),
        };
        let node = match Node::parse(text) {
            Ok(node) => node,
            Err(error) => {
                let (file, line, column) =
                    (redact::path(file).to_owned(), error.line(), error.column());
                return unreadable(
                    Location::Position { file, line, column },
                    ProblemKind::Json(Json::of(&error)),
                );
            }
        };
        match shape::find(node, key) {
            Ok(shape) => filled(file, shape),
            Err(ShapeError { pointer, kind }) if pointer.is_empty() => unreadable(document, kind),
            Err(ShapeError { pointer, kind }) => {
                let source = Source::Record { file: file.to_owned(), pointer };
                unreadable(Location::Field { setting: None, source }, kind)
            }
        }
    }
}

fn unreadable(location: Location, kind: ProblemKind) -> Layer {
    let mut layer = Layer::default();
    layer.give_up(location, kind);
    layer
}

fn filled(file: &str, shape: Shape) -> Layer {
    let mut layer = Layer::default();
    let mut location =
        RecordLocation { file: file.to_owned(), pointer: shape.pointer, misspelt: Vec::new() };
    for (setting, name) in Setting::in_records() {
        let mut found = shape.fields.iter().filter(|(field, _)| field == name);
        let Some((_, node)) = found.next() else { continue };
        let raw = match found.next() {
            Some(_) => Raw::Broken(ProblemKind::Duplicate),
            None => value(setting, node),
        };
        layer.add(setting, location.source(setting), raw);
    }
    let unknown_names =
        shape.fields.iter().map(|(name, _)| name).filter(|name| !shape::is_setting(name));
    for name in unknown_names.take(MAX_UNKNOWN) {
        unknown(&mut layer, &mut location, name);
    }
    layer.record = Some(location);
    layer
}

fn value(setting: Setting, node: &Node) -> Raw {
    match node {
        Node::Text(text) => Raw::Text(text.secret().to_owned().into()),
        // 51 means v51.0.
        Node::Number(number) if setting == Setting::ApiVersion => {
            Raw::Text(number.to_string().into())
        }
        _ => Raw::Broken(ProblemKind::Type { expected: "a string", found: node.found() }),
    }
}

/// Reports an unknown name, and remembers which setting was probably meant.
fn unknown(layer: &mut Layer, location: &mut RecordLocation, name: &str) {
    let shown = redact::label(name).to_owned();
    let source = Source::Record {
        file: location.file.clone(),
        pointer: format!("{}/{}", location.pointer, shape::escaped(&shown)),
    };
    match meant(name) {
        Some((setting, near)) if OPTIONAL.contains(&setting) => {
            if spelling::is_same(name, near) {
                let kind = ProblemKind::Unknown { name: shown, near: Some(near.to_owned()) };
                layer.problem(Location::Field { setting: None, source }, kind);
            } else {
                layer.notice(&source, NoticeKind::Misspelt { name: shown, near });
            }
        }
        meant => {
            layer.notice(&source, NoticeKind::Unknown(shown.clone()));
            location.misspelt.extend(meant.map(|(setting, _)| (setting, shown)));
        }
    }
}

/// Returns the setting that was probably meant, and its known name.
fn meant(name: &str) -> Option<(Setting, &'static str)> {
    let known = || Setting::in_records().chain(SYNONYMS);
    let near = spelling::nearest(name, known().map(|(_, known)| known))?;
    known().find(|(_, known)| *known == near)
}

/// The maximum number of unknown names that are reported.
const MAX_UNKNOWN: usize = 64;

/// Settings that may be missing, so that a misspelt name has to be reported on its own. It is
/// refused if it is certain which one was meant.
const OPTIONAL: [Setting; 2] = [Setting::Audience, Setting::LoginUrl];

/// Other names for settings.
const SYNONYMS: [(Setting, &str); 2] =
    [(Setting::ApiVersion, "ApiVersion"), (Setting::ClientId, "ConsumerKey")];

#[cfg(test)]
mod tests;

//! Finds the object that holds the settings.

use orgtoken_oauth::redact;

use super::node::Node;
use crate::problems::{Json, ProblemKind};
use crate::setting::Setting;

/// The object that holds the settings, and the JSON pointer to it.
pub(super) struct Shape {
    pub(super) pointer: String,
    pub(super) fields: Vec<(String, Node)>,
}

/// A problem, and the JSON pointer to it.
pub(super) struct ShapeError {
    pub(super) pointer: String,
    pub(super) kind: ProblemKind,
}

/// Finds the settings in a record, a bare value, a response of the Hub or a list of records.
pub(super) fn find(mut node: Node, mut key: Option<&str>) -> Result<Shape, ShapeError> {
    let mut pointer = String::new();
    let mut in_text = false;
    loop {
        let found = node.found();
        let inner = match node {
            Node::Object(fields) if has_settings(&fields) => return Ok(Shape { pointer, fields }),
            Node::Object(mut fields) => {
                if let Some(at) = fields.iter().position(|(name, _)| name == "value") {
                    let names = [key_of(&fields)];
                    let key = key.take().filter(|_| !names[0].is_empty());
                    choose(&names, key).and_then(|_| {
                        pointer += "/value";
                        let (_, value) = fields.swap_remove(at);
                        let is_twice = fields.iter().any(|(name, _)| name == "value");
                        if is_twice { Err(ProblemKind::Duplicate) } else { Ok(value) }
                    })
                } else if !fields.is_empty() && fields.iter().all(|(_, node)| is_record_like(node))
                {
                    // The response of `GET /my/config/settings?tag=…` maps keys to values.
                    let names: Vec<String> = fields.iter().map(|(name, _)| name.clone()).collect();
                    choose(&names, key.take()).map(|at| {
                        pointer += &format!("/{}", escaped(redact::label(&names[at])));
                        fields.swap_remove(at).1
                    })
                } else {
                    return Ok(Shape { pointer, fields });
                }
            }
            Node::List(mut records) => {
                let names: Vec<String> = records.iter().map(key_of_record).collect();
                choose(&names, key.take()).map(|at| {
                    pointer += &format!("/{at}");
                    records.swap_remove(at)
                })
            }
            Node::Text(_) if in_text => Err(ProblemKind::TooDeep),
            Node::Text(text) => {
                in_text = true;
                Node::parse(text.secret()).map_err(|error| {
                    let (json, line, column) = (Json::of(&error), error.line(), error.column());
                    ProblemKind::InnerJson { json, line, column }
                })
            }
            _ => Err(ProblemKind::NotAnObject { found }),
        };
        node = match inner {
            Ok(inner) => inner,
            Err(kind) => return Err(ShapeError { pointer, kind }),
        };
    }
}

/// Returns the index of the only record, or of the one with this key.
fn choose(names: &[String], key: Option<&str>) -> Result<usize, ProblemKind> {
    let only = |is_chosen: &dyn Fn(&str) -> bool| {
        let mut chosen = (0..names.len()).filter(|&at| is_chosen(&names[at]));
        chosen.next().map(|at| chosen.next().map_or(Ok(at), |_| Err(ProblemKind::Duplicate)))
    };
    let at = match key {
        Some(key) => only(&|name| name == key).or_else(|| only(&|name| is_same_key(name, key))),
        None => (names.len() == 1).then_some(Ok(0)),
    };
    at.unwrap_or_else(|| {
        let count = names.len();
        let names = names.iter().filter(|name| !name.is_empty());
        let names = names.map(|name| redact::label(name).to_owned()).collect();
        Err(match key {
            Some(_) => ProblemKind::RecordNotFound { count, names },
            None => ProblemKind::AmbiguousRecord { count, names },
        })
    })
}

/// Onify adds one underscore to the keys of custom settings.
fn is_same_key(name: &str, key: &str) -> bool {
    name.strip_prefix('_').unwrap_or(name) == key.strip_prefix('_').unwrap_or(key)
}

fn key_of_record(record: &Node) -> String {
    if let Node::Object(fields) = record { key_of(fields) } else { String::new() }
}

fn key_of(fields: &[(String, Node)]) -> String {
    let key = fields.iter().find_map(|(name, node)| match node {
        Node::Text(text) if name == "key" => Some(text.secret().to_owned()),
        _ => None,
    });
    key.unwrap_or_default()
}

fn has_settings(fields: &[(String, Node)]) -> bool {
    fields.iter().any(|(name, _)| is_setting(name))
}

pub(super) fn is_setting(name: &str) -> bool {
    Setting::in_records().any(|(_, known)| known == name)
}

fn is_record_like(node: &Node) -> bool {
    match node {
        Node::Object(_) => true,
        Node::Text(text) => text.secret().trim_start().starts_with('{'),
        _ => false,
    }
}

/// Escapes a name for a JSON pointer ([RFC 6901, Section 3]).
///
/// [RFC 6901, Section 3]: https://www.rfc-editor.org/rfc/rfc6901#section-3
pub(super) fn escaped(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

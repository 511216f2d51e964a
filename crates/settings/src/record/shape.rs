//! Finds the object that holds the settings.

use orgtoken_oauth::redact;

use super::diagnose::Diagnosis;
use super::node::Node;
use crate::problems::{Fault, ShapeFault};
use crate::setting::Setting;

/// The object that holds the settings, and the JSON pointer to it.
pub(super) struct Shape {
    pub(super) pointer: String,
    pub(super) fields: Fields,
}

/// What is wrong, and the JSON pointer to it.
pub(super) struct Misshapen {
    pub(super) pointer: String,
    pub(super) fault: Fault,
}

type Fields = Vec<(String, Node)>;

/// Finds the settings in a record, a bare value, an answer of the Hub or a list of records.
pub(super) fn find(node: Node, key: Option<&str>) -> Result<Shape, Misshapen> {
    in_node(node, String::new(), key, false)
}

/// `in_text` is whether the node was already taken out of a text: that is accepted once.
fn in_node(
    node: Node,
    pointer: String,
    key: Option<&str>,
    in_text: bool,
) -> Result<Shape, Misshapen> {
    match node {
        Node::Object(fields) => in_object(fields, pointer, key, in_text),
        Node::List(records) => in_list(records, pointer, key, in_text),
        Node::Text(_) if in_text => Err(misshapen(pointer, ShapeFault::TooDeep)),
        Node::Text(text) => match super::parse(text.secret()) {
            Ok(inner) => in_node(inner, pointer, key, true),
            Err(Diagnosis { line, column, syntax }) => {
                Err(misshapen(pointer, ShapeFault::TextIsNotJson(syntax, line, column)))
            }
        },
        other => Err(misshapen(pointer, ShapeFault::NotAnObject { found: other.found() })),
    }
}

fn in_object(
    mut fields: Fields,
    pointer: String,
    key: Option<&str>,
    in_text: bool,
) -> Result<Shape, Misshapen> {
    if has_settings(&fields) {
        return Ok(Shape { pointer, fields });
    }
    if fields.iter().any(|(name, _)| name == "value") {
        let pointer = format!("{pointer}/value");
        if fields.iter().filter(|(name, _)| name == "value").count() > 1 {
            return Err(Misshapen { pointer, fault: Fault::Duplicate });
        }
        let at = fields.iter().position(|(name, _)| name == "value").unwrap_or_default();
        return in_node(fields.swap_remove(at).1, pointer, key, in_text);
    }
    if !fields.is_empty() && fields.iter().all(|(_, node)| is_record_like(node)) {
        return in_answer(fields, pointer, key, in_text);
    }
    if is_printed(&fields) {
        return Err(misshapen(pointer, ShapeFault::Printed));
    }
    match deeper(&fields, DEPTH) {
        Some(below) => {
            let below = format!("{pointer}{below}");
            Err(misshapen(pointer, ShapeFault::Deeper { pointer: below }))
        }
        None => Ok(Shape { pointer, fields }),
    }
}

/// Where settings stand further inside.
fn deeper(fields: &Fields, depth: usize) -> Option<String> {
    fields.iter().find_map(|(name, node)| {
        Some(format!("/{}{}", escaped(redact::label(name)), within(node, depth)?))
    })
}

fn within(node: &Node, depth: usize) -> Option<String> {
    match node {
        _ if depth == 0 => None,
        Node::Object(fields) if has_settings(fields) => Some(String::new()),
        Node::Object(fields) => deeper(fields, depth - 1),
        Node::List(items) => items
            .iter()
            .enumerate()
            .find_map(|(index, item)| Some(format!("/{index}{}", within(item, depth - 1)?))),
        _ => None,
    }
}

/// What a token endpoint answers, or `sf org display --json` prints.
fn is_printed(fields: &Fields) -> bool {
    let has = |fields: &Fields, names: &[&str]| {
        fields.iter().any(|(name, _)| names.contains(&name.as_str()))
    };
    let is_token = |fields: &Fields| has(fields, TOKEN_NAMES) && !has(fields, &["privateKey"]);
    is_token(fields)
        || fields.iter().any(
            |(name, node)| matches!(node, Node::Object(inner) if name == "result" && is_token(inner)),
        )
}

/// The answer of `GET /my/config/settings?tag=…`: key by key, the values alone.
fn in_answer(
    mut values: Fields,
    pointer: String,
    key: Option<&str>,
    in_text: bool,
) -> Result<Shape, Misshapen> {
    let names: Vec<String> = values.iter().map(|(name, _)| name.clone()).collect();
    let at = choose(&names, key).or_else(|fault| {
        // A tag may be on other settings too: only one of them is for Salesforce.
        let mut ours = values.iter().enumerate().filter(|(_, (_, node))| is_ours(node));
        match (key, ours.next(), ours.next()) {
            (None, Some((at, _)), None) => Ok(at),
            _ => Err(fault),
        }
    });
    let at = at.map_err(|fault| misshapen(pointer.clone(), fault))?;
    let pointer = format!("{pointer}/{}", escaped(redact::label(&names[at])));
    in_node(values.swap_remove(at).1, pointer, None, in_text)
}

fn in_list(
    mut records: Vec<Node>,
    pointer: String,
    key: Option<&str>,
    in_text: bool,
) -> Result<Shape, Misshapen> {
    let names: Vec<String> = records.iter().map(key_of).collect();
    let at = choose(&names, key).map_err(|fault| misshapen(pointer.clone(), fault))?;
    in_node(records.swap_remove(at), format!("{pointer}/{at}"), None, in_text)
}

fn choose(names: &[String], key: Option<&str>) -> Result<usize, ShapeFault> {
    match key {
        Some(key) => {
            names.iter().position(|name| same_key(name, key)).ok_or_else(|| unlisted(names))
        }
        None if names.len() == 1 => Ok(0),
        None => Err(several(names)),
    }
}

fn several(names: &[String]) -> ShapeFault {
    ShapeFault::Several { count: names.len(), names: shown(names) }
}

fn unlisted(names: &[String]) -> ShapeFault {
    ShapeFault::Unlisted { count: names.len(), names: shown(names) }
}

fn shown(names: &[String]) -> Vec<String> {
    names
        .iter()
        .filter(|name| !name.is_empty())
        .map(|name| redact::label(name).to_owned())
        .collect()
}

/// Onify puts an underscore before the keys of settings that people make.
fn same_key(name: &str, key: &str) -> bool {
    name == key || name.strip_prefix('_') == Some(key) || key.strip_prefix('_') == Some(name)
}

fn key_of(record: &Node) -> String {
    let Node::Object(fields) = record else { return String::new() };
    fields
        .iter()
        .find_map(|(name, node)| match node {
            Node::Text(text) if name == "key" => Some(text.secret().to_owned()),
            _ => None,
        })
        .unwrap_or_default()
}

fn has_settings(fields: &Fields) -> bool {
    fields.iter().any(|(name, _)| Setting::in_records().any(|(_, known)| known == name))
}

fn is_record_like(node: &Node) -> bool {
    match node {
        Node::Object(_) => true,
        Node::Text(text) => text.secret().trim_start().starts_with('{'),
        _ => false,
    }
}

fn is_ours(node: &Node) -> bool {
    match node {
        Node::Object(fields) => has_settings(fields),
        Node::Text(text) => matches!(
            super::parse(text.secret()),
            Ok(Node::Object(fields)) if has_settings(&fields)
        ),
        _ => false,
    }
}

fn misshapen(pointer: String, fault: ShapeFault) -> Misshapen {
    Misshapen { pointer, fault: Fault::Shape(fault) }
}

/// How many levels down settings are looked for.
const DEPTH: usize = 5;
const TOKEN_NAMES: &[&str] = &["accessToken", "access_token", "refresh_token", "sfdxAuthUrl"];

/// A name as a part of a JSON pointer ([RFC 6901, Section 3]).
///
/// [RFC 6901, Section 3]: https://www.rfc-editor.org/rfc/rfc6901#section-3
pub(super) fn escaped(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

//! `orgtoken explain`: the meaning of a refusal or error code, from the catalogue or from
//! `docs/errors.md`.

use std::path::Path;

use orgtoken_oauth::catalogue::{self, ApiError, Cause, Entry, Fix};
use orgtoken_oauth::{Refusal, RefusalClass};
use serde_json::{Value, json};

use crate::args::UsageError;
use crate::console::Console;
use crate::failure::{Failure, exit_of};
use crate::input::{Kind, read_text};
use crate::text::sentence;

/// Explain a refusal by Salesforce: what it means, what causes it, what to change
///
/// Takes JSON, plain words, the output of another tool, or the code of an orgtoken error:
/// orgtoken explain "user hasn't approved this consumer"
/// orgtoken explain key.certificate
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Args {
    /// The refusal; `-`, or none at all, is standard input
    refusal: Vec<String>,
}

pub(crate) fn run(args: &Args, console: &Console) -> Result<(), Failure> {
    let words = match args.refusal.join(" ") {
        words if words.is_empty() || words == "-" => read_text(Path::new("-"), Kind::Refusal)?,
        words => words.into(),
    };
    let explained =
        find(&words).ok_or_else(|| UsageError::missing("a refusal", "orgtoken explain"))?;
    if console.json() {
        return Ok(console.document(&explained.document())?);
    }
    Ok(console.data(explained.text().as_bytes())?)
}

/// Looks for one of this program's own codes first, then for what other programs print.
fn find(words: &str) -> Option<Explained> {
    let reported = reported_code(words);
    let code = reported.as_deref().unwrap_or_else(|| words.trim());
    if let Some(entry) = catalogue::by_code(code) {
        return Some(Explained::Refusal { entry, unknown: None });
    }
    if let Some(own) = OwnCode::all().find(|own| own.code == code) {
        return Some(Explained::Own(own));
    }
    if catalogue::api_error(code, "").is_some() {
        let rows = catalogue::api_errors().filter(|row| row.code == code);
        return Some(Explained::Api(rows.collect()));
    }
    let refusal = Refusal::from_text(words)?;
    let (code, message) = (refusal.code(), refusal.description().unwrap_or_default());
    if let Some(row) = catalogue::api_error(code, message) {
        return Some(Explained::Api(vec![row]));
    }
    let advice = refusal.advice();
    let unknown = (!advice.exact).then(|| refusal.to_string());
    Some(Explained::Refusal { entry: advice.entry, unknown })
}

/// The code in what `--json` makes of an error. Other tools' JSON may look like that: ours alone has
/// a dot.
fn reported_code(words: &str) -> Option<String> {
    let document: Value = serde_json::from_str(words).ok()?;
    let code = document.pointer("/error/code")?.as_str()?;
    code.contains('.').then(|| code.to_owned())
}

enum Explained {
    /// The catalogue's entry; and the refusal itself, if the catalogue does not know it and the
    /// entry is the general one of its error code.
    Refusal { entry: &'static Entry, unknown: Option<String> },
    /// The catalogue's rows of an API error; several if only its code is known.
    Api(Vec<&'static ApiError>),
    /// An error of this program.
    Own(OwnCode),
}

impl Explained {
    fn text(&self) -> String {
        match self {
            Self::Refusal { entry, unknown } => text(entry, unknown.as_deref()),
            Self::Api(rows) => rows.iter().copied().map(api_text).collect::<Vec<_>>().join("\n"),
            Self::Own(own) => own.text(),
        }
    }

    fn document(&self) -> Value {
        match self {
            Self::Refusal { entry, unknown } => document(entry, unknown.is_none()),
            Self::Api(rows) => api_document(rows),
            Self::Own(own) => own.document(),
        }
    }
}

/// A row of `docs/errors.md`: what holds for every error of a code. The error itself knows file, line
/// and value.
struct OwnCode {
    code: &'static str,
    meaning: &'static str,
    next: &'static str,
}

impl OwnCode {
    fn all() -> impl Iterator<Item = Self> {
        include_str!("../../assets/errors.md").lines().filter_map(Self::of)
    }

    fn of(line: &'static str) -> Option<Self> {
        let (code, rest) = line.strip_prefix("| `")?.strip_suffix(" |")?.split_once("` | ")?;
        let (meaning, next) = rest.split_once(" | ")?;
        Some(Self { code, meaning, next })
    }

    fn text(&self) -> String {
        let Self { code, meaning, next } = self;
        let (meaning, next, exit) = (sentence(meaning), sentence(next), exit_of(code));
        format!(
            "{code}\n{meaning}\n\nWhat to do\n  1. {next}\n\n\
             An error of orgtoken, with exit code {exit}. Its message gives the details.\n"
        )
    }

    /// With the members of an explained refusal, as far as they apply.
    fn document(&self) -> Value {
        let Self { code, meaning, next } = self;
        json!({
            "code": code,
            "title": code,
            "exact": true,
            "meaning": meaning,
            "first": next,
            "causes": [],
            "fix": { "external_client_app": [next], "connected_app": [next] },
            "exit": exit_of(code),
        })
    }
}

fn api_text(row: &ApiError) -> String {
    let message = row.message().map(|message| format!(": {message}")).unwrap_or_default();
    let mut text = format!("{}{message}\n{}\n", row.code, sentence(row.meaning));
    text += &numbered("Causes, the likeliest first", row.causes.iter());
    text += &numbered("What to do", [sentence(row.remedy)].iter());
    text += &format!("\nTry again: {}.\n", api_again(row));
    text
}

/// With the members of an explained refusal. The first row is the one for every message of the code.
fn api_document(rows: &[&ApiError]) -> Value {
    let Some(first) = rows.iter().find(|row| row.message().is_none()).or_else(|| rows.first())
    else {
        return Value::Null;
    };
    let causes = first.causes.iter().map(|cause| json!({ "what": cause }));
    json!({
        "code": first.code,
        "title": first.code,
        "exact": true,
        "meaning": first.meaning,
        "first": first.remedy,
        "causes": causes.collect::<Vec<_>>(),
        "fix": { "external_client_app": [first.remedy], "connected_app": [first.remedy] },
        "try_again": api_again(first),
    })
}

fn api_again(row: &ApiError) -> &'static str {
    if row.transient { "in a moment" } else { "only when something was changed" }
}

fn text(entry: &Entry, unknown: Option<&str>) -> String {
    let mut text = String::new();
    if let Some(refusal) = unknown {
        text += &format!("The catalogue does not have this refusal:\n  {refusal}\n\n");
        text += "What it has on such refusals in general:\n\n";
    }
    text += &format!("{}\n{}\n", entry.title, sentence(entry.meaning));
    let causes = entry.causes.iter().map(|Cause { what, tell, .. }| format!("{what}\n     {tell}"));
    text += &numbered("Causes, the likeliest first", causes);
    match entry.fix {
        Fix::ByApp { external, connected, .. } => {
            text += &numbered("What to do, with an External Client App", external.iter());
            text += &numbered("What to do, with a Connected App", connected.iter());
        }
        Fix::Any(steps) => text += &numbered("What to do", steps.iter()),
        _ => {}
    }
    text += &format!("\nTry again: {}.\n", again(entry.class));
    text
}

fn numbered(heading: &str, items: impl Iterator<Item = impl std::fmt::Display>) -> String {
    let lines: String =
        items.enumerate().map(|(at, item)| format!("  {}. {item}\n", at + 1)).collect();
    if lines.is_empty() { lines } else { format!("\n{heading}\n{lines}") }
}

fn again(class: RefusalClass) -> &'static str {
    match class {
        RefusalClass::CoolDown => "after an hour, or when the answer says so",
        RefusalClass::JustChanged => {
            "after ten minutes, if something was changed in Setup just now"
        }
        RefusalClass::Transient => "in a moment",
        _ => "only when something was changed",
    }
}

fn document(entry: &Entry, exact: bool) -> Value {
    let causes = entry.causes.iter().map(|cause| json!({"what": cause.what, "tell": cause.tell}));
    let (external, connected) = match entry.fix {
        Fix::ByApp { external, connected, .. } => (external, connected),
        Fix::Any(steps) => (steps, steps),
        _ => (&[][..], &[][..]),
    };
    json!({
        "code": entry.code,
        "title": entry.title,
        "exact": exact,
        "meaning": entry.meaning,
        "first": entry.first,
        "causes": causes.collect::<Vec<_>>(),
        "fix": { "external_client_app": external, "connected_app": connected },
        "try_again": again(entry.class),
        "link": entry.explain_command(),
    })
}

#[cfg(test)]
mod tests;

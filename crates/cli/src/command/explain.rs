//! What a refusal means, without asking anyone.

mod own;

use std::path::Path;

use orgtoken_oauth::catalogue::{self, Cause, Entry, Fix};
use orgtoken_oauth::{Refusal, RefusalClass};
use serde_json::{Value, json};

use crate::args::UsageError;
use crate::console::Console;
use crate::failure::Failure;
use crate::input::{Kind, read_text};
use crate::text::sentence;

use own::OwnCode;

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

/// By one of our own codes, or by what somebody printed.
fn find(words: &str) -> Option<Explained> {
    let reported = reported_code(words);
    let code = reported.as_deref().unwrap_or_else(|| words.trim());
    if let Some(entry) = catalogue::by_code(code) {
        return Some(Explained::Refusal { entry, exact: true });
    }
    if let Some(own) = OwnCode::by_code(code) {
        return Some(Explained::Own(own));
    }
    let advice = Refusal::from_text(words)?.advice();
    Some(Explained::Refusal { entry: advice.entry, exact: advice.exact })
}

/// The code in what `--json` makes of an error. Other tools' JSON may look like that: ours alone has
/// a dot.
fn reported_code(words: &str) -> Option<String> {
    let document: Value = serde_json::from_str(words).ok()?;
    let code = document.pointer("/error/code")?.as_str()?;
    code.contains('.').then(|| code.to_owned())
}

enum Explained {
    /// What the catalogue has, and whether it is this very refusal or only the nearest.
    Refusal { entry: &'static Entry, exact: bool },
    /// An error that comes from here.
    Own(&'static OwnCode),
}

impl Explained {
    fn text(&self) -> String {
        match self {
            Self::Refusal { entry, exact } => text(entry, *exact),
            Self::Own(own) => own.text(),
        }
    }

    fn document(&self) -> Value {
        match self {
            Self::Refusal { entry, exact } => document(entry, *exact),
            Self::Own(own) => own.document(),
        }
    }
}

fn text(entry: &Entry, exact: bool) -> String {
    let mut text = String::new();
    if !exact {
        text += "This very refusal is not known here. The nearest is:\n\n";
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
    text += &format!("\nTry again: {}.\nMore: {}\n", again(entry.class), entry.link());
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
        "link": entry.link(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_json_of_another_tool_is_read_as_its_words_and_ours_as_its_code() {
        for (words, code) in [
            (
                r#"{"error":{"code":"invalid_grant","message":"user hasn't approved this consumer"}}"#,
                "refused.user_not_approved",
            ),
            (
                r#"{"error":{"code":"refused.user_inactive","message":"no"}}"#,
                "refused.user_inactive",
            ),
            (r#"{"error":{"code":"settings.json","message":"not JSON"}}"#, "settings.json"),
            (" key.weak\n", "key.weak"),
            ("user_inactive", "refused.user_inactive"),
        ] {
            assert_eq!(find(words).unwrap().document()["code"], code, "{words}");
        }
    }
}

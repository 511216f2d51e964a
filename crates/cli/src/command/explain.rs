//! What a refusal means, without asking anyone.

use std::path::Path;

use orgtoken_oauth::catalogue::{self, Cause, Entry, Fix};
use orgtoken_oauth::{Refusal, RefusalClass};
use serde_json::{Value, json};

use crate::args::UsageError;
use crate::console::Console;
use crate::failure::Failure;
use crate::input::{Kind, read_text};
use crate::text::sentence;

/// Explain a refusal by Salesforce: what it means, what causes it, what to change
///
/// Takes JSON, plain words, the output of another tool, or the code of an orgtoken error:
/// orgtoken explain "user hasn't approved this consumer"
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
    let advice =
        find(&words).ok_or_else(|| UsageError::missing("a refusal", "orgtoken explain"))?;
    if console.json() {
        return Ok(console.document(&document(advice))?);
    }
    Ok(console.data(text(advice).as_bytes())?)
}

/// By one of our own codes, or by what somebody printed.
fn find(words: &str) -> Option<Advice> {
    let coded = catalogue::by_code(words.trim()).map(|entry| (entry, true));
    coded.or_else(|| {
        let advice = Refusal::from_text(words)?.advice();
        Some((advice.entry, advice.exact))
    })
}

/// The entry, and whether it is this very refusal or only the nearest.
type Advice = (&'static Entry, bool);

fn text((entry, exact): Advice) -> String {
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

fn document((entry, exact): Advice) -> Value {
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

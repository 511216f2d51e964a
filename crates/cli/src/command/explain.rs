//! `orgtoken explain`: the meaning of a refusal or error code, from the catalogue or from
//! `docs/reference/errors.md`.

use std::borrow::Cow;
use std::io::{self, IsTerminal};
use std::path::Path;

use orgtoken_oauth::catalogue::{self, ApiErrorEntry, Entry, Fix};
use orgtoken_oauth::{Refusal, RefusalClass};
use serde::Serialize;
use serde_json::Value;

use crate::args::{UsageError, candidates};
use crate::failure::{Failure, exit_code, with_flags};
use crate::io::console::Console;
use crate::io::input::{Kind, read_text};
use crate::io::look::{self, Look};
use crate::io::text::{nearest, printable, sentence};

/// Explain a refusal or error code
///
/// Accepts JSON, plain text, the output of another tool, or the code of an orgtoken error.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Refusal or code [default: stdin]
    #[arg(add = candidates(|| codes().collect()))]
    refusal: Vec<String>,
}

pub(crate) fn run(args: &Args, console: &Console) -> Result<(), Failure> {
    let words = match args.refusal.join(" ") {
        words if words.is_empty() && io::stdin().is_terminal() => words.into(),
        words if words.is_empty() || words == "-" => read_text(Path::new("-"), Kind::Refusal)?,
        words => words.into(),
    };
    let explained = find(&words);
    let Some(first) = document(&explained) else {
        return Err(UsageError::missing("a refusal", "orgtoken explain").into());
    };
    if console.json() {
        return Ok(console.document(first)?);
    }
    if let Some(near) = near(&words).filter(|_| !first.exact) {
        console.remark(&format_args!("hint: did you mean `orgtoken explain {near}`?"));
    }
    let texts: Vec<_> = explained.iter().map(|one| one.text(console.look())).collect();
    Ok(console.text(&texts.join("\n"))?)
}

/// Looks up codes of this program first, then refusals in the output of other tools. An API error
/// has several rows if only its code is known.
fn find(words: &str) -> Vec<Explained> {
    let reported = reported_code(words);
    let code = reported.as_deref().unwrap_or_else(|| words.trim());
    if let Some(entry) = catalogue::by_code(code) {
        return vec![Explained::refusal(entry, None)];
    }
    if let Some(own) = own_codes().find(|own| own.code == code) {
        return vec![own];
    }
    if catalogue::api_error(code, "").is_some() {
        let rows = catalogue::api_errors().filter(|row| row.code == code);
        return rows.map(Explained::api).collect();
    }
    let Some(refusal) = Refusal::from_text(words) else { return Vec::new() };
    let (code, message) = (refusal.code(), refusal.description().unwrap_or_default());
    if let Some(row) = catalogue::api_error(code, message) {
        return vec![Explained::api(row)];
    }
    let advice = refusal.advice();
    let unknown = (!advice.exact).then(|| refusal.to_string());
    vec![Explained::refusal(advice.entry, unknown)]
}

/// Returns the code that is most similar to a word.
fn near(word: &str) -> Option<&'static str> {
    nearest(word.trim(), codes())
}

/// Returns the code in an error that `--json` printed. Codes of other tools have no dot.
fn reported_code(words: &str) -> Option<String> {
    let document: Value = serde_json::from_str(words).ok()?;
    let code = document.pointer("/error/code")?.as_str()?;
    code.contains('.').then(|| code.to_owned())
}

/// Returns the row for all messages of a code, or else the first row.
fn document(explained: &[Explained]) -> Option<&Explained> {
    explained.iter().find(|row| row.heading == row.code).or_else(|| explained.first())
}

/// Returns the rows of `docs/reference/errors.md`, which describe error codes in general.
fn own_codes() -> impl Iterator<Item = Explained> {
    include_str!("../../assets/errors.md").lines().filter_map(own_code)
}

/// Returns the codes of this program and of the catalogue.
pub(super) fn codes() -> impl Iterator<Item = &'static str> {
    let own = own_codes().map(|own| own.code);
    own.chain(catalogue::entries().map(|entry| entry.code))
        .chain(catalogue::api_errors().map(|row| row.code))
}

fn own_code(line: &'static str) -> Option<Explained> {
    let (code, rest) = line.strip_prefix("| `")?.strip_suffix(" |")?.split_once("` | ")?;
    let (meaning, next) = rest.split_once(" | ")?;
    Some(Explained { exit: Some(exit_code(code)), ..Explained::new(code, meaning, next) })
}

/// One explanation, with the fields of its JSON document.
#[derive(Serialize)]
struct Explained {
    code: &'static str,
    title: &'static str,
    /// Whether the catalogue has this refusal, and not only its error code.
    exact: bool,
    meaning: &'static str,
    /// The first step.
    first: &'static str,
    causes: Vec<Cause>,
    fix: Steps,
    #[serde(skip_serializing_if = "Option::is_none")]
    try_again: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    link: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    exit: Option<u8>,
    /// The first line of the text.
    #[serde(skip)]
    heading: String,
    /// A refusal that the catalogue does not have.
    #[serde(skip)]
    unknown: Option<String>,
}

#[derive(Serialize)]
struct Cause {
    what: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    tell: Option<&'static str>,
}

/// The steps for each kind of app.
#[derive(Serialize)]
struct Steps {
    external_client_app: Vec<Cow<'static, str>>,
    connected_app: Vec<Cow<'static, str>>,
}

impl Explained {
    fn new(code: &'static str, meaning: &'static str, first: &'static str) -> Self {
        Self {
            code,
            title: code,
            exact: true,
            meaning,
            first,
            causes: Vec::new(),
            fix: Steps {
                external_client_app: vec![first.into()],
                connected_app: vec![first.into()],
            },
            try_again: None,
            link: None,
            exit: None,
            heading: code.to_owned(),
            unknown: None,
        }
    }

    fn refusal(entry: &'static Entry, unknown: Option<String>) -> Self {
        let causes = entry.causes.iter();
        let (external, connected) = match &entry.fix {
            Fix::ByApp { external, connected, .. } => (&external[..], &connected[..]),
            Fix::Any(steps) => (&steps[..], &steps[..]),
            _ => (&[][..], &[][..]),
        };
        let steps = |steps: &[&'static str]| {
            steps.iter().map(|&step| with_flags(entry.code, step.into())).collect()
        };
        Self {
            title: entry.title,
            exact: unknown.is_none(),
            causes: causes
                .map(|one| Cause { what: one.cause, tell: Some(one.how_to_tell) })
                .collect(),
            fix: Steps { external_client_app: steps(external), connected_app: steps(connected) },
            link: Some(entry.explain_command()),
            heading: entry.title.to_owned(),
            unknown,
            try_again: Some(retry_advice(entry)),
            ..Self::new(entry.code, entry.meaning, entry.first)
        }
    }

    fn api(row: &'static ApiErrorEntry) -> Self {
        let message = row.message().map(|message| format!(": {message}")).unwrap_or_default();
        Self {
            causes: row.causes.iter().map(|&what| Cause { what, tell: None }).collect(),
            heading: format!("{}{message}", row.code),
            try_again: Some(if row.transient { "in a moment" } else { CHANGED }),
            ..Self::new(row.code, row.meaning, row.remedy)
        }
    }

    fn text(&self, look: Look) -> String {
        let heading = |text: &str| look.wrapped("", "", &look.paint(look::HEADING, text));
        let mut text = String::new();
        if let Some(refusal) = &self.unknown {
            text += &heading("Unknown refusal:");
            text += &look.wrapped("  ", "  ", &printable(refusal));
            text += &format!("\n{}\n", heading("General advice:"));
        }
        text += &heading(&self.heading);
        text += &look.wrapped("", "", &sentence(self.meaning));
        let causes = self.causes.iter().map(|Cause { what, tell }| [Some(*what), *tell]);
        text += &numbered("Possible causes, most likely first", causes, look);
        let Steps { external_client_app: external, connected_app: connected } = &self.fix;
        if external == connected {
            let steps: Vec<_> = external.iter().map(|step| step_sentence(step)).collect();
            text += &numbered("What to do", steps.iter().map(|step| [Some(&**step), None]), look);
        } else {
            for (app, steps) in
                [("an External Client App", external), ("a Connected App", connected)]
            {
                let steps = steps.iter().map(|step| [Some(&**step), None]);
                text += &numbered(&format!("What to do, with {app}"), steps, look);
            }
        }
        let exit = exit_code(self.code);
        let ending = match self.try_again {
            Some(when) => format!("Try again: {when}."),
            None => format!(
                "An error of orgtoken, with exit code {exit}. Its message gives the details."
            ),
        };
        text + "\n" + &look.wrapped("", "", &ending)
    }
}

/// Returns a step as a sentence. A hint is a part of one.
fn step_sentence(step: &str) -> String {
    if step.ends_with('.') { step.to_owned() } else { sentence(step) }
}

/// Formats items of up to two paragraphs.
fn numbered<'a>(
    heading: &str,
    items: impl Iterator<Item = [Option<&'a str>; 2]>,
    look: Look,
) -> String {
    let mut lines = String::new();
    for (at, item) in items.enumerate() {
        let mut first = format!("  {}. ", at + 1);
        for paragraph in item.into_iter().flatten() {
            lines += &look.wrapped(&first, "     ", paragraph);
            first = "     ".to_owned();
        }
    }
    if lines.is_empty() {
        return lines;
    }
    format!("\n{}\n{lines}", look.paint(look::HEADING, heading))
}

fn retry_advice(entry: &Entry) -> &'static str {
    match entry.class {
        // The token was refused, and not the login.
        _ if entry.code == "refused.session_expired" => "with a new token",
        RefusalClass::CoolDown => "after an hour, or after the time that Salesforce names",
        RefusalClass::PropagationDelay => {
            "after ten minutes, if something was changed in Setup just now"
        }
        RefusalClass::Transient => "in a moment",
        _ => CHANGED,
    }
}

const CHANGED: &str = "only after a change";

#[cfg(test)]
mod tests;

//! The report: lines for the user, or one JSON document.

use std::io::{self, IsTerminal};

use orgtoken_doctor::{Finding, Likelihood, PossibleCause, Report, Verdict};
use serde::Serialize;

use crate::environment::variable;
use crate::failure::exit_code;
use crate::io::console::{Console, OutputError};
use crate::io::look::{self, Look};
use crate::io::text::{counted, printable, sentence};

/// Prints findings as they arrive.
pub(crate) struct ReportPrinter<'a> {
    console: &'a Console,
    look: Look,
    marks: &'static Marks,
    /// Checks that were skipped for the same reason, for one line.
    skipped: Vec<&'static str>,
    why: String,
    written: Result<(), OutputError>,
}

impl<'a> ReportPrinter<'a> {
    pub(crate) fn new(console: &'a Console) -> Self {
        let marks = if is_utf8_terminal() { &SYMBOLS } else { &WORDS };
        let look = console.look().document();
        Self { console, look, marks, skipped: Vec::new(), why: String::new(), written: Ok(()) }
    }

    /// Prints the result of a check.
    pub(crate) fn finding(&mut self, finding: &Finding) {
        if finding.verdict == Verdict::Skipped {
            if self.why != finding.detail {
                self.flush();
                self.why.clone_from(&finding.detail);
            }
            self.skipped.push(finding.check.name());
            return;
        }
        self.flush();
        self.write(&self.text(finding));
    }

    /// Prints the conclusion, or the whole report as JSON.
    pub(crate) fn end(mut self, report: &Report) -> Result<(), OutputError> {
        if self.console.json() {
            return self.console.document(&Document::of(report));
        }
        self.flush();
        self.write(&format!("\n{}", self.look.wrapped("", "", &conclusion(report))));
        self.written
    }

    fn flush(&mut self) {
        if self.skipped.is_empty() {
            return;
        }
        let names = std::mem::take(&mut self.skipped);
        let name = if let [name] = names[..] { name } else { "not checked" };
        let seen = match names[..] {
            [_] => format!("not checked: {}", self.why),
            _ => format!("{}: {}", names.join(", "), self.why),
        };
        self.write(&self.line(self.marks.skipped, name, &seen));
    }

    fn write(&mut self, text: &str) {
        if !self.console.json() && self.written.is_ok() {
            self.written = self.console.text(text);
        }
    }

    fn text(&self, finding: &Finding) -> String {
        let mark = match finding.verdict {
            Verdict::Ok => self.look.paint(look::OK, self.marks.ok),
            Verdict::Warning => self.look.paint(look::WARNING, self.marks.warning),
            Verdict::Failed => self.look.paint(look::ERROR, self.marks.failed),
            Verdict::Skipped => self.marks.skipped.to_owned(),
        };
        let mut text = self.line(&mark, finding.check.name(), &finding.detail);
        if let Some(meaning) = &finding.meaning {
            text += &self.below("", &sentence(meaning));
        }
        if let Some(remedy) = &finding.remedy {
            text += &self.below(self.marks.arrow, remedy);
        }
        text += &self.causes(&finding.causes);
        if let Some(link) = &finding.link {
            text += &format!("{}More: {link}\n", self.indent());
        }
        text
    }

    /// Formats possible causes and how to tell, then unlikely causes and why.
    fn causes(&self, causes: &[PossibleCause]) -> String {
        let (unlikely, rest): (Vec<_>, Vec<_>) =
            causes.iter().partition(|cause| cause.likelihood == Likelihood::Unlikely);
        let mut text = String::new();
        if !rest.is_empty() {
            text += "\n";
            text += &self.below("", "Possible causes, most likely first:");
        }
        for (at, cause) in rest.iter().enumerate() {
            let number = format!("{}. ", at + 1);
            text += &self.below(&number, cause.cause);
            if let Some(because) = &cause.because {
                text += &self.below("   ", &format!("Seen: {because}."));
            }
            text += &self.below("   ", &format!("How to tell: {}", cause.how_to_tell));
        }
        if !unlikely.is_empty() {
            text += &self.below("", "Unlikely:");
        }
        for cause in unlikely {
            let because = cause.because.as_deref().unwrap_or_default();
            text += &self.below("-  ", &format!("{} ({because})", cause.cause));
        }
        text
    }

    fn line(&self, mark: &str, name: &str, seen: &str) -> String {
        let first = format!("{mark} {name:NAME_WIDTH$}  ");
        self.look.wrapped(&first, &self.indent(), &printable(seen))
    }

    fn below(&self, first: &str, text: &str) -> String {
        let indent = self.indent();
        let rest = format!("{indent}{}", " ".repeat(first.chars().count()));
        self.look.wrapped(&format!("{indent}{first}"), &rest, &printable(text))
    }

    fn indent(&self) -> String {
        " ".repeat(self.marks.ok.chars().count() + 1 + NAME_WIDTH + 2)
    }
}

/// Returns the conclusion. If a setting is missing, it names `setup`.
fn conclusion(report: &Report) -> String {
    let count =
        |verdict| report.findings.iter().filter(|finding| finding.verdict == verdict).count();
    match (report.first_failure(), count(Verdict::Warning)) {
        (Some(finding), _) => format!(
            "{} failed, the first is `{}`; exit code {}.{}",
            counted(count(Verdict::Failed) as u64, "check"),
            finding.check.name(),
            exit(report),
            if finding.code.as_deref() == Some("settings.missing") { SETUP } else { "" },
        ),
        (None, 0) => "Everything works.".to_owned(),
        (None, warnings) => format!("It works, with {}.", counted(warnings as u64, "warning")),
    }
}

fn exit(report: &Report) -> u8 {
    report
        .first_failure()
        .map_or(0, |finding| exit_code(finding.code.as_deref().unwrap_or_default()))
}

/// The report and the exit code. Its fields are in docs/reference/doctor.md.
#[derive(Serialize)]
struct Document<'a> {
    #[serde(flatten)]
    report: &'a Report,
    exit: u8,
}

impl<'a> Document<'a> {
    fn of(report: &'a Report) -> Self {
        Self { report, exit: exit(report) }
    }
}

struct Marks {
    ok: &'static str,
    warning: &'static str,
    failed: &'static str,
    skipped: &'static str,
    arrow: &'static str,
}

const SYMBOLS: Marks =
    Marks { ok: "✓", warning: "!", failed: "✗", skipped: "-", arrow: "→ " };

const WORDS: Marks =
    Marks { ok: "ok  ", warning: "warn", failed: "FAIL", skipped: "skip", arrow: "do: " };

/// Whether stdout is a terminal with a UTF-8 locale. Files get ASCII.
fn is_utf8_terminal() -> bool {
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().find_map(variable);
    let locale = locale.unwrap_or_default().to_string_lossy().to_ascii_uppercase();
    io::stdout().is_terminal() && (locale.contains("UTF-8") || locale.contains("UTF8"))
}

const SETUP: &str = " Run `orgtoken setup` to configure a login.";

/// The longest name of a check, in columns.
const NAME_WIDTH: usize = 12;

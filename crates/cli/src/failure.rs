//! An error on its way to the user: its report and its exit code.

mod details;
mod exit_code;
mod flags;

pub(crate) use exit_code::{EXIT_CODES, UNEXPECTED, exit_code};
pub(crate) use flags::with_flags;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::error::Error;
use std::fmt;
use std::io;

use orgtoken_assertion::Diagnostic;
use orgtoken_client::error_chain;
use orgtoken_oauth::catalogue::{self, Entry};
use orgtoken_rest::RestError;
use serde::Serialize;

use self::details::Details;
use crate::io::json::Indenter;
use crate::io::look::{self, Look};
use crate::io::stderr;
use crate::io::text::{printable, sentence};

/// The error of a command: a code for scripts, a message, and a hint.
///
/// It is boxed, since nearly every function may return it.
#[derive(Debug)]
pub(crate) struct Failure(Box<Parts>);

#[derive(Debug)]
struct Parts {
    code: Cow<'static, str>,
    error: Box<dyn Error>,
    hint: Option<Cow<'static, str>>,
    details: Details,
    /// The command that checks the same login, if `doctor` checks the step that failed.
    doctor: Option<String>,
    /// The commands that continue the work, one after the other.
    resume: Vec<String>,
    already_reported: bool,
    /// The effects of the error.
    notes: Vec<Cow<'static, str>>,
}

/// One of several problems of an input.
#[derive(Debug, Serialize)]
pub(crate) struct Problem {
    pub(crate) code: Cow<'static, str>,
    pub(crate) at: String,
    pub(crate) message: String,
    pub(crate) hint: Option<Cow<'static, str>>,
}

impl Failure {
    pub(crate) fn new(
        code: impl Into<Cow<'static, str>>,
        hint: Option<impl Into<Cow<'static, str>>>,
        error: impl Into<Box<dyn Error>>,
    ) -> Self {
        let code = code.into();
        let hint = hint.map(|hint| with_flags(&code, hint.into()));
        Self(Box::new(Parts {
            code,
            error: error.into(),
            hint,
            details: Details::default(),
            doctor: Some("orgtoken doctor".to_owned()),
            resume: Vec::new(),
            already_reported: false,
            notes: Vec::new(),
        }))
    }

    /// An error of the libraries, with its subject before its message.
    pub(crate) fn about(subject: &str, error: &(impl Diagnostic + 'static)) -> Self {
        let (code, hint) = (error.code().to_owned(), error.hint().map(Cow::into_owned));
        Self::new(code, hint, format!("{subject}: {}", error_chain(error)))
    }

    /// An error of a temporary file, which holds data until it can be printed.
    pub(crate) fn of_temporary_file(error: io::Error) -> Self {
        let what = format!("cannot write a temporary file: {}", error_chain(&error));
        Self::new("io.write", Some("set TMPDIR to a folder with free space"), what)
    }

    /// An error that the output has reported. It has an exit code and no message.
    pub(crate) fn already_reported(code: impl Into<Cow<'static, str>>) -> Self {
        let mut failure = Self::new(code, None::<&str>, "already reported");
        failure.0.already_reported = true;
        failure
    }

    /// Removes the reference to `doctor`, which does not cover this failure.
    pub(crate) fn without_doctor(mut self) -> Self {
        self.0.doctor = None;
        self
    }

    /// Adds the flags that choose the login of the failed command to the commands that check and
    /// continue it.
    pub(crate) fn with_login(mut self, flags: &str) -> Self {
        let commands = self.0.doctor.iter_mut().chain(&mut self.0.resume);
        commands.for_each(|command| command.push_str(flags));
        self
    }

    /// Sets the commands that continue the work, to be run one after the other.
    pub(crate) fn with_resume(mut self, commands: impl IntoIterator<Item = String>) -> Self {
        self.0.resume = commands.into_iter().collect();
        self
    }

    /// Adds the effect of the error to the message: on the output, or on what the command changes.
    pub(crate) fn with_note(mut self, note: impl Into<Cow<'static, str>>) -> Self {
        self.0.notes.push(note.into());
        self
    }

    /// Adds that the change at the org may have been made, unless the error rules it out: the same
    /// command could make it twice.
    pub(crate) fn of_change(self) -> Self {
        match self.error::<RestError>() {
            Some(error) if self.0.notes.is_empty() && !error.changed_nothing() => {
                self.with_note("the change may have been made")
            }
            _ => self,
        }
    }

    pub(crate) fn with_hint(mut self, hint: impl Into<Cow<'static, str>>) -> Self {
        self.0.hint = Some(hint.into());
        self
    }

    pub(crate) fn with_problems(mut self, problems: Vec<Problem>) -> Self {
        self.0.details.problems = problems;
        self
    }

    pub(crate) fn code(&self) -> &str {
        &self.0.code
    }

    /// The next step for the user.
    pub(crate) fn hint(&self) -> Option<&str> {
        if self.is_unconfigured() { Some(SETUP) } else { self.0.hint.as_deref() }
    }

    /// Returns the error, if it has this type.
    pub(crate) fn error<T: Error + 'static>(&self) -> Option<&T> {
        self.0.error.downcast_ref()
    }

    pub(crate) fn exit(&self) -> u8 {
        exit_code(&self.0.code)
    }

    /// Writes the report to standard error, in one call.
    pub(crate) fn print(&self, json: bool) {
        stderr::write(&self.report(Look::stderr(), json));
    }

    /// Returns the report: `error:` with the message, the problems if there are several, the meaning
    /// of a refusal, `hint:`, and the commands that explain and check. With `json` it is one document:
    /// on one line, or indented for a terminal.
    pub(crate) fn report(&self, look: Look, json: bool) -> Vec<u8> {
        match (self.0.already_reported, json) {
            (true, _) => Vec::new(),
            (false, true) => self.json(look),
            (false, false) => self.text(look).into_bytes(),
        }
    }

    fn text(&self, look: Look) -> String {
        let labelled = |style, label: &str, text: &str| {
            let rest = " ".repeat(label.len() + 1);
            look.wrapped(&format!("{} ", look.paint(style, label)), &rest, &printable(text))
        };
        let mut text = labelled(look::ERROR, "error:", &self.message());
        // A single problem is the message.
        if self.0.details.problems.len() > 1 {
            return text + &self.problems_text(look);
        }
        if let Some(refusal) = self.0.details.refusal {
            text += &look.wrapped("", "", &printable(&sentence(refusal.meaning)));
        }
        if let Some(hint) = &self.0.hint {
            text += &labelled(look::HINT, "hint:", hint);
        }
        let command = |label, command: &str| look::command(look, label, command);
        if let Some(resume) = self.resume() {
            text += &command("resume:", &resume);
        }
        let Some(entry) = self.entry() else { return text };
        text += &command("more:", &entry.explain_command());
        let check = self.0.doctor.iter().map(|doctor| command("check:", doctor));
        text + &check.collect::<String>()
    }

    fn problems_text(&self, look: Look) -> String {
        let mut text = String::new();
        for problem in &self.0.details.problems {
            text += &look.wrapped("  ", "  ", &printable(&problem.message));
            if let Some(hint) = &problem.hint {
                text += &look.wrapped("    ", "    ", &printable(hint));
            }
        }
        if self.is_unconfigured() {
            let hint = look.paint(look::HINT, "hint:");
            text += &format!("{hint} {SETUP}\n");
        }
        text
    }

    fn json(&self, look: Look) -> Vec<u8> {
        let error = Reported {
            code: &self.0.code,
            message: printable(&self.message()),
            meaning: self.0.details.refusal.map(|refusal| refusal.meaning),
            hint: self.hint(),
            link: self.entry().map(Entry::explain_command),
            resume: self.resume(),
            exit: self.exit(),
            problems: &self.0.details.problems,
        };
        let mut bytes =
            serde_json::to_vec(&BTreeMap::from([("error", error)])).expect("the report is JSON");
        bytes.push(b'\n');
        if look.width().is_some() { Indenter::new().indented(&bytes, look) } else { bytes }
    }

    /// The entry of the catalogue, of a refusal or of a network error.
    fn entry(&self) -> Option<&'static Entry> {
        self.0.details.refusal.or_else(|| catalogue::by_code(&self.0.code))
    }

    /// The commands that continue the work, as one line.
    fn resume(&self) -> Option<String> {
        let commands = &self.0.resume;
        (!commands.is_empty()).then(|| commands.join(" && "))
    }

    /// Whether nothing is configured: user, app and key are missing.
    fn is_unconfigured(&self) -> bool {
        self.0.details.problems.len() >= 3
            && self.0.details.problems.iter().all(|one| one.code == "settings.missing")
    }

    /// The message with its causes, on one line.
    pub(crate) fn message(&self) -> String {
        let message = self.0.details.message.clone();
        let message = message.unwrap_or_else(|| error_chain(self.0.error.as_ref()));
        self.0.notes.iter().fold(message, |message, note| message + "; " + note)
    }
}

/// The message, or all problems, on one line.
impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let problems: Vec<_> =
            self.0.details.problems.iter().map(|problem| &*problem.message).collect();
        f.write_str(&if problems.is_empty() { self.message() } else { problems.join("; ") })
    }
}

impl<E: Diagnostic + 'static> From<E> for Failure {
    fn from(error: E) -> Self {
        let (code, hint) = (error.code().to_owned(), error.hint().map(Cow::into_owned));
        let mut details = Details::of(&error);
        let mut failure = Self::new(code, details.hint.take().or(hint), error);
        failure.0.details = details;
        failure
    }
}

#[derive(Serialize)]
struct Reported<'a> {
    code: &'a str,
    message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    meaning: Option<&'a str>,
    hint: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    link: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    resume: Option<String>,
    exit: u8,
    problems: &'a [Problem],
}

const SETUP: &str = "run `orgtoken setup` to configure a login";

#[cfg(test)]
mod tests;

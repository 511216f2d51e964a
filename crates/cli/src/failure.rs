//! Why a command ends without what was asked, and how that is told.

mod details;
mod exit_code;
mod flags;

pub(crate) use exit_code::{UNEXPECTED, exit_code};
pub(crate) use flags::with_flags;

use std::borrow::Cow;
use std::error::Error;
use std::io::{self, Write};

use orgtoken_assertion::Diagnostic;
use orgtoken_oauth::catalogue::{self, Entry};
use serde::Serialize;

use self::details::Details;
use crate::io::stderr;
use crate::io::text::{chain, printable, sentence};

/// An error on its way to a person or a script: what and why, under a code that is a promise.
///
/// One word wide, since nearly every function may return it.
#[derive(Debug)]
pub(crate) struct Failure(Box<Parts>);

#[derive(Debug)]
struct Parts {
    code: Cow<'static, str>,
    error: Box<dyn Error>,
    /// Replaces the message of the error.
    message: Option<String>,
    hint: Option<Cow<'static, str>>,
    /// What the catalogue has on it, where Salesforce refused.
    refusal: Option<&'static Entry>,
    /// Whether `doctor` looks at what failed.
    for_doctor: bool,
    /// The command that checks the same login.
    doctor: Cow<'static, str>,
    problems: Vec<Problem>,
    already_reported: bool,
    /// What the output lacks because of the error.
    note: Option<Cow<'static, str>>,
}

/// One of several things that are wrong with the same input.
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
            message: None,
            hint,
            refusal: None,
            for_doctor: true,
            doctor: "orgtoken doctor".into(),
            problems: Vec::new(),
            already_reported: false,
            note: None,
        }))
    }

    /// The result has said it all: what remains is the exit code.
    pub(crate) fn already_reported(code: impl Into<Cow<'static, str>>) -> Self {
        let mut failure = Self::new(code, None::<&str>, "told already");
        failure.0.already_reported = true;
        failure
    }

    /// It failed on the way to somebody else than Salesforce, which `doctor` never looks at.
    pub(crate) fn without_doctor(mut self) -> Self {
        self.0.for_doctor = false;
        self
    }

    /// Names the command that checks the login of the command that failed.
    pub(crate) fn with_doctor(mut self, command: impl FnOnce() -> String) -> Self {
        if self.0.for_doctor && self.entry().is_some() {
            self.0.doctor = command().into();
        }
        self
    }

    /// Says behind the error what the output lacks because of it.
    pub(crate) fn with_note(mut self, note: impl Into<Cow<'static, str>>) -> Self {
        self.0.note = Some(note.into());
        self
    }

    pub(crate) fn with_problems(mut self, problems: Vec<Problem>) -> Self {
        self.0.problems = problems;
        self
    }

    /// What is wrong, one by one, where there are several things.
    pub(crate) fn problems(&self) -> &[Problem] {
        &self.0.problems
    }

    pub(crate) fn code(&self) -> &str {
        &self.0.code
    }

    /// What to do next.
    pub(crate) fn hint(&self) -> Option<&str> {
        self.0.hint.as_deref()
    }

    /// The error itself, if it is of this type.
    pub(crate) fn error<T: Error + 'static>(&self) -> Option<&T> {
        self.0.error.downcast_ref()
    }

    pub(crate) fn exit(&self) -> u8 {
        exit_code(&self.0.code)
    }

    /// Writes the report to standard error, all at once.
    pub(crate) fn print(&self, json: bool) {
        let mut report = Vec::new();
        if self.report(&mut report, json).is_ok() {
            stderr::write(&report);
        }
    }

    /// Writes `error: what: why`, a line for each problem where there are several, what it means,
    /// at most one `hint:`, and where to read on. `json` makes it one document on one line.
    pub(crate) fn report(&self, out: &mut dyn Write, json: bool) -> io::Result<()> {
        if self.0.already_reported {
            return Ok(());
        }
        if json { self.report_json(out) } else { self.report_text(out) }
    }

    fn report_text(&self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "error: {}", printable(&self.message()))?;
        // One problem is the error itself.
        if self.0.problems.len() > 1 {
            return self.report_problems(out);
        }
        if let Some(refusal) = self.0.refusal {
            writeln!(out, "{}", printable(&sentence(refusal.meaning)))?;
        }
        if let Some(hint) = &self.0.hint {
            writeln!(out, "hint: {}", printable(hint))?;
        }
        let Some(entry) = self.entry() else { return Ok(()) };
        writeln!(out, "more: {}", entry.explain_command())?;
        if self.0.for_doctor { writeln!(out, "check: {}", self.0.doctor) } else { Ok(()) }
    }

    fn report_problems(&self, out: &mut dyn Write) -> io::Result<()> {
        for problem in &self.0.problems {
            writeln!(out, "  {}", printable(&problem.message))?;
            if let Some(hint) = &problem.hint {
                writeln!(out, "    {}", printable(hint))?;
            }
        }
        if self.is_nothing_set_up() {
            writeln!(out, "hint: `orgtoken setup` leads from nothing to a token")?;
        }
        Ok(())
    }

    fn report_json(&self, out: &mut dyn Write) -> io::Result<()> {
        let document = Document {
            error: Reported {
                code: &self.0.code,
                message: printable(&self.message()),
                meaning: self.0.refusal.map(|refusal| refusal.meaning),
                hint: self.0.hint.as_deref(),
                link: self.entry().map(Entry::explain_command),
                exit: self.exit(),
                problems: &self.0.problems,
            },
        };
        serde_json::to_writer(&mut *out, &document)?;
        writeln!(out)
    }

    /// What the catalogue has on it, be it a refusal or trouble on the way.
    fn entry(&self) -> Option<&'static Entry> {
        self.0.refusal.or_else(|| catalogue::by_code(&self.0.code))
    }

    /// Neither user nor app nor key: somebody is here for the first time.
    fn is_nothing_set_up(&self) -> bool {
        self.0.problems.len() >= 3
            && self.0.problems.iter().all(|one| one.code == "settings.missing")
    }

    /// What and why, in one line.
    pub(crate) fn message(&self) -> String {
        let message = self.0.message.clone();
        let message = message.unwrap_or_else(|| chain(self.0.error.as_ref()));
        self.0.note.iter().fold(message, |message, note| message + "; " + note)
    }
}

impl<E: Diagnostic + 'static> From<E> for Failure {
    fn from(error: E) -> Self {
        let (code, hint) = (error.code().to_owned(), error.hint().map(Cow::into_owned));
        let details = Details::of(&error);
        let mut failure = Self::new(code, details.hint.or(hint), error);
        failure.0.message = details.message;
        failure.0.refusal = details.refusal;
        failure.0.problems = details.problems;
        failure
    }
}

#[derive(Serialize)]
struct Document<'a> {
    error: Reported<'a>,
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
    exit: u8,
    problems: &'a [Problem],
}

#[cfg(test)]
mod tests;

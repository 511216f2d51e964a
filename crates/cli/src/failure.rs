//! Why a command ends without what was asked, and how that is told.

mod exit;

pub(crate) use exit::{UNEXPECTED, exit as exit_of};

use std::borrow::Cow;
use std::error::Error;
use std::io::{self, Write};
use std::sync::Arc;

use orgtoken_client::TokenError;
use orgtoken_oauth::AnswerError;
use orgtoken_oauth::catalogue::{self, Entry};
use orgtoken_rest::RestError;
use orgtoken_settings::Problems;
use serde::Serialize;

use crate::console::OutputError;
use crate::text::{chain, printable, sentence};

/// An error on its way to a person or a script: what and why, under a code that is a promise.
#[derive(Debug)]
pub(crate) struct Failure {
    code: Cow<'static, str>,
    error: Box<dyn Error>,
    hint: Option<Cow<'static, str>>,
    /// What the catalogue has on it, where Salesforce refused.
    refusal: Option<&'static Entry>,
    pub(crate) problems: Vec<Problem>,
    told: bool,
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
        Self {
            code: code.into(),
            error: error.into(),
            hint: hint.map(Into::into),
            refusal: None,
            problems: Vec::new(),
            told: false,
        }
    }

    /// The result has said it all: what remains is the exit code.
    pub(crate) fn told(code: impl Into<Cow<'static, str>>) -> Self {
        Self { told: true, ..Self::new(code, None::<&str>, "told already") }
    }

    /// Salesforce refused, and this is what the catalogue has on it.
    pub(crate) fn refusal(self, refusal: Option<&'static Entry>) -> Self {
        Self { refusal, ..self }
    }

    pub(crate) fn problems(mut self, problems: Vec<Problem>) -> Self {
        self.problems = problems;
        self
    }

    pub(crate) fn code(&self) -> &str {
        &self.code
    }

    /// What to do next.
    pub(crate) fn hint(&self) -> Option<&str> {
        self.hint.as_deref()
    }

    /// Whether what was printed found nobody to read it.
    pub(crate) fn is_reader_gone(&self) -> bool {
        self.error.downcast_ref().is_some_and(OutputError::is_reader_gone)
    }

    pub(crate) fn exit(&self) -> u8 {
        exit::exit(&self.code)
    }

    /// Writes `error: what: why`, a line for each problem where there are several, what it means,
    /// at most one `hint:`, and where to read on. `json` makes it one document on one line.
    pub(crate) fn report(&self, out: &mut dyn Write, json: bool) -> io::Result<()> {
        if self.told {
            return Ok(());
        }
        if json { self.report_json(out) } else { self.report_text(out) }
    }

    fn report_text(&self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "error: {}", printable(&self.message()))?;
        // One problem is the error itself.
        if let problems @ [_, _, ..] = self.problems.as_slice() {
            for problem in problems {
                writeln!(out, "  {}", printable(&problem.message))?;
                if let Some(hint) = &problem.hint {
                    writeln!(out, "    {}", printable(hint))?;
                }
            }
            return match self.is_nothing_set_up() {
                true => writeln!(out, "hint: `orgtoken setup` leads from nothing to a token"),
                false => Ok(()),
            };
        }
        if let Some(refusal) = self.refusal {
            writeln!(out, "{}", printable(&sentence(refusal.meaning)))?;
        }
        if let Some(hint) = &self.hint {
            writeln!(out, "hint: {}", printable(hint))?;
        }
        match self.entry() {
            Some(entry) => {
                writeln!(out, "more: orgtoken explain {} ({})", entry.code, entry.link())?;
                writeln!(out, "check: orgtoken doctor")
            }
            None => Ok(()),
        }
    }

    fn report_json(&self, out: &mut dyn Write) -> io::Result<()> {
        let document = Document {
            error: Reported {
                code: &self.code,
                message: printable(&self.message()),
                meaning: self.refusal.map(|refusal| refusal.meaning),
                hint: self.hint.as_deref(),
                link: self.entry().map(Entry::link),
                exit: self.exit(),
                problems: &self.problems,
            },
        };
        serde_json::to_writer(&mut *out, &document)?;
        writeln!(out)
    }

    /// What the catalogue has on it, be it a refusal or trouble on the way.
    fn entry(&self) -> Option<&'static Entry> {
        self.refusal.or_else(|| catalogue::by_code(&self.code))
    }

    /// Neither user nor app nor key: somebody is here for the first time.
    fn is_nothing_set_up(&self) -> bool {
        self.problems.len() >= 3 && self.problems.iter().all(|one| one.code == "settings.missing")
    }

    /// What and why, in one line.
    pub(crate) fn message(&self) -> String {
        chain(self.error.as_ref())
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

/// Errors of the crates below, and our own: each has a `code()` and a `hint()`.
macro_rules! fails_with {
    ($($error:ty),* $(,)?) => {$(
        impl From<$error> for Failure {
            fn from(error: $error) -> Self {
                Self::new(error.code(), error.hint(), error)
            }
        }
    )*};
}

fails_with!(
    crate::args::UsageError,
    OutputError,
    crate::hub::HubError,
    crate::input::InputError,
    crate::input::KeyFileError,
    orgtoken_broker::AccountsError,
    orgtoken_broker::BearerError,
    orgtoken_broker::ListenError,
    crate::new_file::NewFileError,
    crate::prompt::Interrupted,
    crate::signer::SignerError,
    orgtoken_assertion::ClaimsError,
    orgtoken_assertion::KeyError,
    orgtoken_assertion::SignError,
    orgtoken_assertion::VerifyError,
    orgtoken_client::TransportError,
    orgtoken_keygen::CertificateError,
    orgtoken_keygen::KeyPairError,
);

/// A refusal ends in what it means: its words alone help nobody at three in the morning.
impl From<Arc<TokenError>> for Failure {
    fn from(error: Arc<TokenError>) -> Self {
        let refusal = error.refusal().map(|refusal| refusal.advice().entry);
        let mut hint = error.hint().map(Cow::into_owned);
        if let (Some(hint), TokenError::Remembered { retry_in, .. }) = (&mut hint, &*error)
            && !retry_in.is_zero()
        {
            hint.push_str("; then ask anew with `--retry`");
        }
        Self::new(error.code().to_owned(), hint, error).refusal(refusal)
    }
}

/// A call fails for want of a token as any other command does.
impl From<RestError> for Failure {
    fn from(error: RestError) -> Self {
        if let RestError::Token(error) = error {
            return error.into();
        }
        let known = error.failure().and_then(known);
        let hint = match known {
            Some(entry) => Some(entry.first.to_owned()),
            None => error.hint().map(Cow::into_owned),
        };
        let (code, problems) = (error.code().to_owned(), error.failure().map(problems));
        let failure = match (error.failure(), problems.as_deref()) {
            (Some(failure), Some(several @ [_, _, ..])) => {
                let (status, number) = (failure.status().as_u16(), several.len());
                let what = format!("Salesforce answered {status}: {number} problems");
                Self::new(code, hint, what)
            }
            _ => Self::new(code, hint, error),
        };
        failure.refusal(known).problems(problems.unwrap_or_default())
    }
}

/// What Salesforce says is wrong, for a script that wants to know which of its codes it is.
fn problems(failure: &orgtoken_rest::Failure) -> Vec<Problem> {
    let problem = |problem: &orgtoken_rest::Problem| Problem {
        code: problem.code.clone().into(),
        at: problem.fields.join(", "),
        message: problem.to_string(),
        hint: None,
    };
    failure.problems().iter().map(problem).collect()
}

/// What the catalogue has on a call that the org does not let this user make. Of what is wrong with
/// a record it knows nothing.
fn known(failure: &orgtoken_rest::Failure) -> Option<&'static Entry> {
    let problem =
        failure.problems().first().filter(|_| [401, 403].contains(&failure.status().as_u16()))?;
    let advice = catalogue::find(&problem.code, &problem.message);
    advice.exact.then_some(advice.entry)
}

/// What Salesforce says of a token that it is asked about.
impl From<AnswerError> for Failure {
    fn from(error: AnswerError) -> Self {
        let hint = error.hint().map(Cow::into_owned);
        Self::new(error.code().to_owned(), hint, error)
    }
}

impl From<Problems> for Failure {
    fn from(problems: Problems) -> Self {
        let listed: Vec<_> = problems.iter().map(Problem::from).collect();
        let (code, hint) = (problems.code(), problems.hint());
        let failure = match listed.len() {
            1 => Self::new(code, hint, problems),
            number => Self::new(code, hint, format!("{number} problems in the settings")),
        };
        failure.problems(listed)
    }
}

impl From<&orgtoken_settings::Problem> for Problem {
    fn from(problem: &orgtoken_settings::Problem) -> Self {
        Self {
            code: problem.code().into(),
            at: problem.at(),
            message: printable(&problem.to_string()),
            hint: problem.hint(),
        }
    }
}

#[cfg(test)]
mod tests;

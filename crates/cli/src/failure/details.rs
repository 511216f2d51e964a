//! The details of an error of the libraries, beyond its code, message and hint.

use std::collections::HashSet;
use std::error::Error;
use std::sync::Arc;

use orgtoken_assertion::Diagnostic;
use orgtoken_client::TokenError;
use orgtoken_oauth::catalogue::{self, Entry};
use orgtoken_rest::bulk::DownloadError;
use orgtoken_rest::load::{CheckError, Fault, LoadError};
use orgtoken_rest::{ApiError, RestError};
use orgtoken_settings::Problems;

use super::{Problem, with_flags};
use crate::io::text::printable;

/// The details that an error may have.
#[derive(Debug, Default)]
pub(super) struct Details {
    /// Replaces the message of the error.
    pub(super) message: Option<String>,
    /// Replaces the hint of the error.
    pub(super) hint: Option<String>,
    /// The entry of the catalogue, if Salesforce refused.
    pub(super) refusal: Option<&'static Entry>,
    pub(super) problems: Vec<Problem>,
}

impl Details {
    pub(super) fn of(error: &(dyn Error + 'static)) -> Self {
        if let Some(error) = error.downcast_ref::<Arc<TokenError>>() {
            Self::of_token(error)
        } else if let Some(error) = error.downcast_ref::<RestError>() {
            Self::of_call(error)
        } else if let Some(LoadError::Call(error)) = error.downcast_ref() {
            Self::of_call(error)
        } else if let Some(DownloadError::Call(error)) = error.downcast_ref() {
            Self::of_call(error)
        } else if let Some(error) = error.downcast_ref::<CheckError>() {
            Self::of_records(error)
        } else if let Some(problems) = error.downcast_ref::<Problems>() {
            Self::of_settings(problems)
        } else {
            Self::default()
        }
    }

    fn of_token(error: &TokenError) -> Self {
        let refusal = error.refusal().map(|refusal| refusal.advice().entry);
        let hint = match error {
            TokenError::CachedFailure { retry_in, .. } if !retry_in.is_zero() => {
                error.hint().map(|hint| format!("{hint}; then run again with `--retry`"))
            }
            _ => None,
        };
        Self { hint, refusal, ..Self::default() }
    }

    fn of_call(error: &RestError) -> Self {
        if let RestError::Token(error) = error {
            return Self::of_token(error);
        }
        let Some(error) = error.api_error() else { return Self::default() };
        let refusal = denied(error);
        let problems: Vec<_> = error.problems().iter().map(Problem::from).collect();
        let several =
            format!("Salesforce answered {}: {} problems", error.status().as_u16(), problems.len());
        Self {
            message: (problems.len() > 1).then_some(several),
            hint: refusal.map(|entry| entry.first.to_owned()),
            refusal,
            problems,
        }
    }

    fn of_records(error: &CheckError) -> Self {
        let faults = match error {
            CheckError::Describe(error) => return Self::of_call(error),
            CheckError::Faults { faults, .. } => faults,
            _ => return Self::default(),
        };
        let mut problems: Vec<_> = faults.iter().map(Problem::from).collect();
        // Most often every row has the same fault.
        let mut seen = HashSet::new();
        for problem in &mut problems {
            problem.hint = problem.hint.take().filter(|hint| seen.insert(hint.clone()));
        }
        Self { problems, ..Self::default() }
    }

    fn of_settings(problems: &Problems) -> Self {
        let problems: Vec<_> = problems.iter().map(Problem::from).collect();
        let several = format!("{} problems in the settings", problems.len());
        let hint = match problems.as_slice() {
            [only] => only.hint.as_deref().map(str::to_owned),
            _ => None,
        };
        Self { message: (problems.len() > 1).then_some(several), hint, problems, ..Self::default() }
    }
}

/// Returns the catalogue's entry on a call that the org does not let this user make.
fn denied(error: &ApiError) -> Option<&'static Entry> {
    let problem =
        error.problems().first().filter(|_| [401, 403].contains(&error.status().as_u16()))?;
    let advice = catalogue::find(&problem.code, &problem.message);
    advice.exact.then_some(advice.entry)
}

impl From<&orgtoken_rest::Problem> for Problem {
    fn from(problem: &orgtoken_rest::Problem) -> Self {
        Self {
            code: problem.code.clone().into(),
            at: problem.fields.join(", "),
            message: problem.to_string(),
            hint: problem.catalogue_entry().map(|row| row.remedy.into()),
        }
    }
}

impl From<&Fault> for Problem {
    fn from(fault: &Fault) -> Self {
        Self {
            code: Fault::CODE.into(),
            at: fault.place.to_string().trim_end_matches(": ").to_owned(),
            message: fault.to_string(),
            hint: fault.hint().map(|hint| with_flags(Fault::CODE, hint)),
        }
    }
}

impl From<&orgtoken_settings::Problem> for Problem {
    fn from(problem: &orgtoken_settings::Problem) -> Self {
        let at = problem.at();
        let hint = problem.hint().map(|hint| match &*at {
            // In other programs, `-o` takes the name of a login, or a format.
            "--username" => {
                format!("{hint}; a profile is `--profile NAME`, a format `--format FORMAT`").into()
            }
            // `-r` takes a format there. A single word is not shown as a host.
            "--instance-url" if hint.starts_with("write the URL") => {
                format!("{hint}; a format is `--format FORMAT`").into()
            }
            _ => hint.into_owned().into(),
        });
        Self {
            code: problem.code().to_owned().into(),
            at,
            message: printable(&problem.to_string()),
            hint: hint.map(|hint| with_flags(problem.code(), hint)),
        }
    }
}

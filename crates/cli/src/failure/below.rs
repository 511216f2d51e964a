//! Errors of the crates below, as the program tells them.

use std::borrow::Cow;
use std::sync::Arc;

use orgtoken_assertion::Diagnostic;
use orgtoken_client::TokenError;
use orgtoken_oauth::catalogue::{self, Entry};
use orgtoken_rest::RestError;
use orgtoken_settings::Problems;

use super::{Failure, Problem, fails_with, with_flags};
use crate::io::text::printable;

fails_with!(
    orgtoken_assertion::ClaimsError,
    orgtoken_assertion::KeyError,
    orgtoken_assertion::PublicKeyError,
    orgtoken_assertion::SignError,
    orgtoken_assertion::VerifyError,
    orgtoken_broker::AccountsError,
    orgtoken_broker::BearerError,
    orgtoken_broker::ListenError,
    orgtoken_client::TransportError,
    orgtoken_keygen::CertificateError,
    orgtoken_keygen::KeyPairError,
    orgtoken_oauth::TokenResponseError,
    orgtoken_oauth::UrlError,
);

/// A refusal is told with what the catalogue has on it: its words alone help nobody.
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
        let known = error.api_error().and_then(known);
        let hint = match known {
            Some(entry) => Some(entry.first.to_owned()),
            None => error.hint().map(Cow::into_owned),
        };
        let (code, problems) = (error.code().to_owned(), error.api_error().map(problems));
        let failure = match (error.api_error(), problems.as_deref()) {
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
fn problems(failure: &orgtoken_rest::ApiError) -> Vec<Problem> {
    let problem = |problem: &orgtoken_rest::Problem| Problem {
        code: problem.code.clone().into(),
        at: problem.fields.join(", "),
        message: problem.to_string(),
        hint: problem.catalogue_entry().map(|row| row.remedy.into()),
    };
    failure.problems().iter().map(problem).collect()
}

/// What the catalogue has on a call that the org does not let this user make. Of what is wrong with
/// a record it knows nothing.
fn known(failure: &orgtoken_rest::ApiError) -> Option<&'static Entry> {
    let problem =
        failure.problems().first().filter(|_| [401, 403].contains(&failure.status().as_u16()))?;
    let advice = catalogue::find(&problem.code, &problem.message);
    advice.exact.then_some(advice.entry)
}

impl From<Problems> for Failure {
    fn from(problems: Problems) -> Self {
        let listed: Vec<_> = problems.iter().map(Problem::from).collect();
        let (code, hint) = (problems.code().to_owned(), problems.hint().map(Cow::into_owned));
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
            code: problem.code().to_owned().into(),
            at: problem.at(),
            message: printable(&problem.to_string()),
            hint: problem.hint().map(|hint| with_flags(problem.code(), hint.into_owned().into())),
        }
    }
}

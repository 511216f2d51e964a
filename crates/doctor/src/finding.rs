use orgtoken_oauth::catalogue::Indicator;
use serde::Serialize;

use crate::Check;

/// The result of a check.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct Finding {
    /// The check.
    pub check: Check,
    /// The outcome.
    pub verdict: Verdict,
    /// The facts, or the reason why the check was skipped: one sentence, without a full stop.
    #[serde(rename = "seen")]
    pub detail: String,
    /// The error code of a failure, such as `refused.user_not_approved`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// An explanation of the failure.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub meaning: Option<String>,
    /// The first step to take.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remedy: Option<String>,
    /// Possible causes, most likely first.
    #[serde(rename = "suspects", skip_serializing_if = "Vec::is_empty")]
    pub causes: Vec<PossibleCause>,
    /// The command that explains the failure.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
    /// Whether waiting may be enough, because a change in Setup may still propagate.
    #[serde(rename = "may_pass")]
    pub may_resolve_itself: bool,
}

impl Finding {
    pub(crate) fn new(check: Check, verdict: Verdict, detail: impl Into<String>) -> Self {
        Self {
            check,
            verdict,
            detail: detail.into(),
            code: None,
            meaning: None,
            remedy: None,
            causes: Vec::new(),
            link: None,
            may_resolve_itself: false,
        }
    }

    pub(crate) fn ok(check: Check, detail: impl Into<String>) -> Self {
        Self::new(check, Verdict::Ok, detail)
    }

    pub(crate) fn warning(
        check: Check,
        detail: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        Self::new(check, Verdict::Warning, detail).remedy(Some(remedy))
    }

    /// Creates a failed check with the error code of the failure.
    pub fn failed(
        check: Check,
        code: impl Into<String>,
        detail: impl Into<String>,
        remedy: Option<impl Into<String>>,
    ) -> Self {
        let finding = Self::new(check, Verdict::Failed, detail).remedy(remedy);
        Self { code: Some(code.into()), ..finding }
    }

    pub(crate) fn skipped(check: Check, why: impl Into<String>) -> Self {
        Self::new(check, Verdict::Skipped, why)
    }

    pub(crate) fn remedy(self, remedy: Option<impl Into<String>>) -> Self {
        Self { remedy: remedy.map(Into::into), ..self }
    }
}

/// The outcome of a check, the worst last.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// Not checked.
    Skipped,
    /// Passed.
    Ok,
    /// Passed, but something should be changed.
    Warning,
    /// Failed: there is no token, or it cannot be used.
    Failed,
}

/// A possible cause of a refusal, ranked by evidence.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct PossibleCause {
    /// The cause.
    #[serde(rename = "what")]
    pub cause: &'static str,
    /// The way to tell whether it is the cause.
    #[serde(rename = "tell")]
    pub how_to_tell: &'static str,
    /// The likelihood of the cause.
    #[serde(rename = "standing")]
    pub likelihood: Likelihood,
    /// The evidence for or against it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub because: Option<String>,
    #[serde(skip)]
    pub(crate) indicator: Indicator,
}

/// The likelihood of a cause.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Likelihood {
    /// There is evidence for it.
    Likely,
    /// There is no evidence for or against it.
    Possible,
    /// There is evidence against it.
    Unlikely,
}

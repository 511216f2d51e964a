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
    /// What was seen, or why the check was skipped. One sentence, without a full stop.
    #[serde(rename = "seen")]
    pub detail: String,
    /// The code of a failure, as `token` would report it: `refused.user_not_approved`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// What it means, for someone who never heard of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub meaning: Option<String>,
    /// The first step to take.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remedy: Option<String>,
    /// Possible causes, the likeliest first.
    #[serde(rename = "suspects", skip_serializing_if = "Vec::is_empty")]
    pub causes: Vec<PossibleCause>,
    /// The command that explains it: `orgtoken explain refused.user_not_approved`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
    /// Whether waiting may be enough, since something was changed in Setup just now.
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

    /// A failure that keeps `token` from working, with the code that `token` would report.
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
    /// Correct.
    Ok,
    /// It works, and should be looked at.
    Warning,
    /// It keeps `token` from working.
    Failed,
}

/// A cause from the catalogue, weighed against the evidence.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct PossibleCause {
    /// The cause.
    #[serde(rename = "what")]
    pub cause: &'static str,
    /// How to tell that it is this one.
    #[serde(rename = "tell")]
    pub how_to_tell: &'static str,
    /// How likely it is.
    #[serde(rename = "standing")]
    pub likelihood: Likelihood,
    /// The evidence for or against it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub because: Option<String>,
}

/// How likely a cause is.
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

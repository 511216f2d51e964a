use serde::Serialize;

use crate::Check;

/// What came of a check.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct Finding {
    /// What was looked at.
    pub check: Check,
    /// How it is.
    pub verdict: Verdict,
    /// What was seen, or why nothing was looked at. One sentence, without a full stop.
    pub seen: String,
    /// Of a failure, the code that `token` would end with: `refused.user_not_approved`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// What it means, for someone who never heard of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub meaning: Option<String>,
    /// What to do first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remedy: Option<String>,
    /// What may be behind it, the likeliest first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub suspects: Vec<Suspect>,
    /// The command that explains it: `orgtoken explain refused.user_not_approved`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
    /// Whether it may pass by waiting, since something was changed in Setup just now.
    pub may_pass: bool,
}

impl Finding {
    pub(crate) fn new(check: Check, verdict: Verdict, seen: impl Into<String>) -> Self {
        Self {
            check,
            verdict,
            seen: seen.into(),
            code: None,
            meaning: None,
            remedy: None,
            suspects: Vec::new(),
            link: None,
            may_pass: false,
        }
    }

    pub(crate) fn ok(check: Check, seen: impl Into<String>) -> Self {
        Self::new(check, Verdict::Ok, seen)
    }

    pub(crate) fn warning(
        check: Check,
        seen: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        Self::new(check, Verdict::Warning, seen).remedy(Some(remedy))
    }

    /// Something that keeps `token` from working, under the code that it would end with.
    pub fn failed(
        check: Check,
        code: impl Into<String>,
        seen: impl Into<String>,
        remedy: Option<impl Into<String>>,
    ) -> Self {
        let finding = Self::new(check, Verdict::Failed, seen).remedy(remedy);
        Self { code: Some(code.into()), ..finding }
    }

    pub(crate) fn skipped(check: Check, why: impl Into<String>) -> Self {
        Self::new(check, Verdict::Skipped, why)
    }

    pub(crate) fn remedy(self, remedy: Option<impl Into<String>>) -> Self {
        Self { remedy: remedy.map(Into::into), ..self }
    }
}

/// How it is.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// As it should be.
    Ok,
    /// It works, and is worth a look.
    Warning,
    /// It keeps `token` from working.
    Failed,
    /// It was not looked at.
    Skipped,
}

/// A cause that the catalogue names, weighed against what was seen.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct Suspect {
    /// The cause.
    pub what: &'static str,
    /// How to tell that it is this one.
    pub tell: &'static str,
    /// What speaks for it.
    pub standing: Standing,
    /// What was seen that speaks for it or against it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub because: Option<String>,
}

/// How strongly a cause is suspected.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// Something that was seen speaks for it.
    Likely,
    /// Nothing that was seen speaks for it or against it.
    Possible,
    /// Something that was seen speaks against it.
    Unlikely,
}

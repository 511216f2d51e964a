use serde::Serialize;

use crate::{Finding, Verdict};

/// All findings, in the order of the checks.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct Report {
    /// The worst of all verdicts: ok, warning or failed.
    pub verdict: Verdict,
    /// One finding for each check. Settings with several problems have one for each problem.
    pub findings: Vec<Finding>,
}

impl Report {
    pub(crate) fn new(findings: Vec<Finding>) -> Self {
        let verdicts = findings.iter().map(|finding| finding.verdict);
        Self { verdict: verdicts.max().unwrap_or(Verdict::Ok).max(Verdict::Ok), findings }
    }

    /// Returns the first failed check.
    pub fn first_failure(&self) -> Option<&Finding> {
        self.findings.iter().find(|finding| finding.verdict == Verdict::Failed)
    }

    /// Whether the first failure may be due to a wrong consumer key.
    pub fn is_about_consumer_key(&self) -> bool {
        let code = self.first_failure().and_then(|finding| finding.code.as_deref());
        matches!(code, Some("refused.app_not_found" | "refused.client_identifier_invalid"))
    }

    /// Whether waiting may be enough: only the login failed, and Salesforce may grant it once
    /// changes in Setup have propagated.
    pub fn may_resolve_itself(&self) -> bool {
        let mut failed =
            self.findings.iter().filter(|finding| finding.verdict == Verdict::Failed).peekable();
        failed.peek().is_some() && failed.all(|finding| finding.may_resolve_itself)
    }
}

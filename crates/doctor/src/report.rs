use serde::Serialize;

use crate::{Finding, Verdict};

/// Everything that was found, in the order of the checks.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct Report {
    /// The worst of all verdicts: ok, warning or failed.
    pub verdict: Verdict,
    /// One for each check; settings with several faults have one for each.
    pub findings: Vec<Finding>,
}

impl Report {
    pub(crate) fn new(findings: Vec<Finding>) -> Self {
        let any = |verdict| findings.iter().any(|finding| finding.verdict == verdict);
        let verdict = if any(Verdict::Failed) {
            Verdict::Failed
        } else if any(Verdict::Warning) {
            Verdict::Warning
        } else {
            Verdict::Ok
        };
        Self { verdict, findings }
    }

    /// What keeps `token` from working, in the first place.
    pub fn first_failure(&self) -> Option<&Finding> {
        self.findings.iter().find(|finding| finding.verdict == Verdict::Failed)
    }

    /// Whether waiting may be all that is needed: nothing failed but a login that Salesforce may
    /// grant once it has copied what was changed in Setup.
    pub fn may_pass(&self) -> bool {
        let mut failed =
            self.findings.iter().filter(|finding| finding.verdict == Verdict::Failed).peekable();
        failed.peek().is_some() && failed.all(|finding| finding.may_pass)
    }
}

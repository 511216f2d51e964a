use std::fmt;

use orgtoken_assertion::{Diagnostic, UnixTime};
use orgtoken_client::{Login, Transport};
use orgtoken_oauth::RetryPolicy;
use orgtoken_settings::{Problem, Problems, Setting, Settings};

use crate::{Check, Finding, Report, Target, Verdict, connectivity, login, offline, org};

/// A diagnosis in progress.
pub struct Diagnosis<'a> {
    clock: Box<dyn Fn() -> UnixTime + 'a>,
    report: Box<dyn FnMut(&mut Finding) + 'a>,
    findings: Vec<Finding>,
}

impl<'a> Diagnosis<'a> {
    /// * `clock`: returns the time of this machine
    /// * `report`: called with each finding as soon as it is known; it may add to the texts
    pub fn new(clock: impl Fn() -> UnixTime + 'a, report: impl FnMut(&mut Finding) + 'a) -> Self {
        Self { clock: Box::new(clock), report: Box::new(report), findings: Vec::new() }
    }

    /// Ends the diagnosis. Each problem of the settings is a failed check; all other checks are
    /// skipped.
    pub fn settings_invalid(mut self, problems: &Problems) -> Report {
        for &check in Check::ALL {
            for problem in problems.iter().filter(|problem| check_of(problem) == check) {
                let (code, what) = (problem.code(), problem.to_string());
                self.note(Finding::failed(check, code, what, problem.hint()));
            }
        }
        self.end("fix the settings first")
    }

    /// Ends the diagnosis after a failure that prevents all further checks.
    pub fn abort(mut self, finding: Finding) -> Report {
        let why = format!("fix `{}` first", finding.check.name());
        // Replaces the earlier, provisional finding.
        self.findings.retain(|earlier| earlier.check != finding.check);
        self.note(finding);
        self.end(&why)
    }

    /// Checks settings, key and certificate, without network access.
    pub fn check_offline(&mut self, settings: &Settings, target: &Target) {
        for finding in offline::check(settings, target, (self.clock)()) {
            self.note(finding);
        }
    }

    /// Connects to the token endpoint, logs in once, and makes a call with the token.
    ///
    /// A transient refusal is not retried, so that the report shows it.
    pub async fn check_online(
        mut self,
        target: Target,
        login: &Login,
        transport: &Transport,
    ) -> Report {
        let endpoint = target.resolution.endpoint();
        let (findings, skew) = connectivity::check(endpoint, transport, &self.clock).await;
        let has_failed = findings.iter().any(|finding| finding.verdict == Verdict::Failed);
        for finding in findings {
            self.note(finding);
        }
        if has_failed {
            return self.end("no connection to Salesforce");
        }
        let login = login.clone().retry(RetryPolicy::NEVER);
        let (finding, token) = login::log_in(&login, transport, &target, skew, &self.clock).await;
        self.note(finding);
        let Some(token) = token else {
            return self.end("no token");
        };
        for finding in org::check(transport, token, &target, &self.clock).await {
            self.note(finding);
        }
        self.end("not needed")
    }

    /// Reports a finding and inserts it in the order of the checks.
    fn note(&mut self, mut finding: Finding) {
        (self.report)(&mut finding);
        let at = self.findings.partition_point(|earlier| earlier.check <= finding.check);
        self.findings.insert(at, finding);
    }

    /// Marks the remaining checks as skipped.
    fn end(mut self, why: &str) -> Report {
        for &check in Check::ALL {
            if self.findings.iter().all(|finding| finding.check != check) {
                self.note(Finding::skipped(check, why));
            }
        }
        Report::new(self.findings)
    }
}

impl fmt::Debug for Diagnosis<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Diagnosis").field("findings", &self.findings).finish_non_exhaustive()
    }
}

/// Returns the check that a problem belongs to.
fn check_of(problem: &Problem) -> Check {
    match problem.setting() {
        Some(Setting::Username) => Check::Username,
        Some(Setting::PrivateKey | Setting::Passphrase | Setting::PublicKey) => Check::Key,
        Some(Setting::LoginUrl | Setting::AllowHosts) => Check::Endpoint,
        Some(Setting::InstanceUrl) => Check::Endpoint,
        Some(Setting::Audience) => Check::Audience,
        Some(Setting::Proxy) => Check::Proxy,
        Some(Setting::CaFile) => Check::Roots,
        _ => Check::Settings,
    }
}

use std::fmt;

use orgtoken_assertion::UnixTime;
use orgtoken_client::{Login, Transport};
use orgtoken_oauth::RetryPolicy;
use orgtoken_settings::{Problem, Problems, Setting, Settings};

use crate::{Check, Finding, Patient, Report, Verdict, login, offline, org, way};

/// An examination under way.
pub struct Examination<'a> {
    clock: Box<dyn Fn() -> UnixTime + 'a>,
    tell: Box<dyn FnMut(&Finding) + 'a>,
    findings: Vec<Finding>,
}

impl<'a> Examination<'a> {
    /// * `clock`: the time of this machine
    /// * `tell`: takes each finding as soon as there is one, for people who like to watch
    pub fn new(clock: impl Fn() -> UnixTime + 'a, tell: impl FnMut(&Finding) + 'a) -> Self {
        Self { clock: Box::new(clock), tell: Box::new(tell), findings: Vec::new() }
    }

    /// The settings are broken: each problem is a failed check, and nothing else can be looked at.
    pub fn broken(mut self, problems: &Problems) -> Report {
        for &check in Check::ALL {
            for problem in problems.iter().filter(|problem| check_of(problem) == check) {
                let (code, what) = (problem.code(), problem.to_string());
                self.note(Finding::failed(check, code, what, problem.hint()));
            }
        }
        self.end("the settings have to be right first")
    }

    /// Something failed before there could be settings, or a way to the network.
    pub fn failed(mut self, finding: Finding) -> Report {
        let why = format!("`{}` has to be right first", finding.check.name());
        // It looked well until it was needed.
        self.findings.retain(|earlier| earlier.check != finding.check);
        self.note(finding);
        self.end(&why)
    }

    /// Looks at settings, key and certificate. Nothing is sent.
    pub fn look(&mut self, settings: &Settings, patient: &Patient) {
        for finding in offline::look(settings, patient, (self.clock)()) {
            self.note(finding);
        }
    }

    /// Goes to the token endpoint, logs in once, and tries what the token is good for.
    ///
    /// What passes by itself is not waited for: whoever examines wants to see it.
    pub async fn go(mut self, patient: Patient, login: &Login, transport: &Transport) -> Report {
        let endpoint = patient.resolution.endpoint();
        let way = way::walk(endpoint, transport, &self.clock).await;
        for finding in way.findings {
            self.note(finding);
        }
        if self.ends_at(Check::Clock) {
            return self.end("Salesforce was not reached");
        }
        let login = login.clone().retry(RetryPolicy::NEVER);
        let granted = login::log_in(&login, transport, &patient, way.skew, &self.clock).await;
        self.note(granted.finding);
        let Some(token) = granted.token else {
            return self.end("there is no token");
        };
        for finding in org::look(transport, token, &patient, &self.clock).await {
            self.note(finding);
        }
        self.end("not asked")
    }

    /// Tells a finding, and puts it where it belongs in the order of the checks.
    fn note(&mut self, finding: Finding) {
        (self.tell)(&finding);
        let at = self.findings.partition_point(|earlier| earlier.check <= finding.check);
        self.findings.insert(at, finding);
    }

    /// Did any check of the way fail? A wrong clock alone does not keep anyone from asking.
    fn ends_at(&self, last: Check) -> bool {
        let on_the_way = Check::Proxy..=last;
        self.findings.iter().any(|finding| {
            finding.verdict == Verdict::Failed && on_the_way.contains(&finding.check)
        })
    }

    /// Whatever was not looked at was skipped, and why.
    fn end(mut self, why: &str) -> Report {
        for &check in Check::ALL {
            if self.findings.iter().all(|finding| finding.check != check) {
                self.note(Finding::skipped(check, why));
            }
        }
        Report::new(self.findings)
    }
}

impl fmt::Debug for Examination<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Examination").field("findings", &self.findings).finish_non_exhaustive()
    }
}

/// Where in the order of the checks a problem belongs.
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

//! `doctor` and orgs in each of the usual states.

use std::fs;
use std::process::Output;
use std::time::{Duration, SystemTime};

use conformance::program::{stderr, stdout};
use conformance::test_org::{KEY, TestOrg, USER};
use orgtoken_fake_org::{AppKey, AppKind, FakeOrgBuilder, Scenario, User};
use serde_json::Value;

use crate::snapshot::reviewed;

/// An org at its public host name, through a proxy.
struct PublicOrg {
    server: TestOrg,
    host: &'static str,
}

impl PublicOrg {
    fn new(
        host: &'static str,
        user: User,
        build: impl FnOnce(FakeOrgBuilder) -> FakeOrgBuilder,
    ) -> Self {
        let named = |org: FakeOrgBuilder| {
            org.my_domain(host).host_name("login.salesforce.com").sandbox(host == SANDBOX)
        };
        Self { server: TestOrg::with(user, |org| build(named(org))), host }
    }

    fn met_by(host: &'static str, username: &str, scenario: &str) -> Self {
        let user = User::new(username).scenario(Scenario::named(scenario).unwrap());
        Self::new(host, user, |org| org)
    }

    fn run(&self, args: &[&str]) -> Output {
        let url = format!("https://{}", self.host);
        let mut command = self.server.bare(args);
        command.args(["--settings", "salesforce.json", "--ca-file", "ca.pem", "-r", &url]);
        command.env("HTTPS_PROXY", self.server.proxy_url()).output().unwrap()
    }

    fn report(&self, args: &[&str]) -> Value {
        report(&self.run(&[&["doctor", "--json"], args].concat()))
    }
}

/// Returns the JSON report. Its exit code must be that of the program.
fn report(output: &Output) -> Value {
    assert!(stderr(output).is_empty(), "{}", stderr(output));
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["exit"], output.status.code().unwrap(), "{report}");
    report
}

fn finding<'a>(report: &'a Value, check: &str) -> &'a Value {
    let findings = report["findings"].as_array().unwrap();
    findings.iter().find(|finding| finding["check"] == check).unwrap()
}

fn verdicts(report: &Value) -> Vec<(&str, &str)> {
    let findings = report["findings"].as_array().unwrap();
    findings
        .iter()
        .map(|it| (it["check"].as_str().unwrap(), it["verdict"].as_str().unwrap()))
        .collect()
}

#[test]
fn healthy_org_passes_every_check_with_one_login() {
    let org = PublicOrg::new(PRODUCTION, User::new(USER), |org| org);
    fs::write(org.server.folder.path().join("app.crt"), KEY.certificate_pem()).unwrap();
    let report = org.report(&["-f", "app.key"]);
    for (check, verdict) in verdicts(&report) {
        assert_eq!(verdict, "ok", "{check}: {report}");
    }
    assert_eq!(report["findings"].as_array().unwrap().len(), 18, "{report}");
    assert_eq!(org.server.login_history().len(), 1);

    let text = stdout(&org.run(&["doctor"])).to_owned();
    assert!(text.is_ascii() && text.ends_with("\nEverything works.\n"), "{text}");
}

#[test]
fn file_next_to_the_key_that_is_not_a_certificate_is_a_warning() {
    let org = PublicOrg::new(PRODUCTION, User::new(USER), |org| org);
    fs::write(org.server.folder.path().join("app.crt"), "requested").unwrap();
    let found = org.run(&["doctor", "-f", "app.key"]);
    assert_eq!(stderr(&found), "warning: `app.crt`: not a certificate\n");
    assert!(stdout(&found).ends_with("\nEverything works.\n"));

    let named = org.run(&["doctor", "-f", "app.key", "--cert", "app.crt"]);
    assert!(stderr(&named).starts_with("error: `app.crt`: not a certificate\n"));
    assert_eq!(named.status.code(), Some(5));
}

/// The reports of a working and a failing login. `SNAPSHOTS=overwrite` writes them.
#[test]
fn text_report_is_as_reviewed() {
    let well = PublicOrg::new(PRODUCTION, User::new(USER), |org| org);
    let ill = PublicOrg::met_by(SANDBOX, USER, "not-approved");
    let mut read = String::new();
    for org in [well, ill] {
        let output = org.run(&["doctor"]);
        let text = String::from_utf8(output.stdout).unwrap();
        read += &text.replace(org.server.address(), "127.0.0.1:33128");
        read += "\n";
    }
    reviewed("doctor.txt", read);
}

/// One org for each cause of this refusal.
#[test]
fn causes_of_not_approved_are_distinguished() {
    let sandboxed = format!("{USER}.uat");
    let at_login = ["--login-url", "https://login.salesforce.com", "-o", "user@elsewhere.com"];
    let fresh = ["-f", "app.key", "--cert", "app.crt"];
    for (cause, org, args, first, standing, remedy) in [
        (
            "no profile or permission set",
            PublicOrg::met_by(PRODUCTION, USER, "not-approved"),
            &[][..],
            "The app's Permitted Users is not",
            "possible",
            "set Permitted Users to",
        ),
        (
            "users may self-authorize",
            PublicOrg::met_by(PRODUCTION, USER, "self-authorize"),
            &[],
            "The app's Permitted Users is not",
            "possible",
            "set Permitted Users to",
        ),
        (
            "another org's host",
            PublicOrg::new(PRODUCTION, User::new(USER), |org| org),
            &at_login,
            "The host belongs to another org",
            "likely",
            "`orgtoken resolve` shows it. The host has to be the My Domain",
        ),
        (
            "the sandbox's suffix is missing",
            PublicOrg::new(SANDBOX, User::new(sandboxed.as_str()), |org| org),
            &[],
            "The username does not exist in this org",
            "likely",
            "perhaps `user@acme.com.uat`",
        ),
        (
            "the app is minutes old",
            PublicOrg::met_by(PRODUCTION, USER, "propagating-once"),
            &fresh,
            "App, policy or scratch org is only minutes old",
            "likely",
            "wait and try again",
        ),
        (
            "the permission set has a licence",
            PublicOrg::met_by(PRODUCTION, USER, "licence-bound"),
            &[],
            "The app's Permitted Users is not",
            "possible",
            "set Permitted Users to",
        ),
        (
            "no scope",
            PublicOrg::met_by(PRODUCTION, USER, "no-scope"),
            &[],
            "The app's Permitted Users is not",
            "possible",
            "set Permitted Users to",
        ),
        (
            "a scratch org",
            PublicOrg::met_by(SCRATCH, USER, "not-approved"),
            &[],
            "App, policy or scratch org is only minutes old",
            "likely",
            "wait and try again",
        ),
    ] {
        fs::write(org.server.folder.path().join("app.crt"), KEY.certificate_pem()).unwrap();
        let report = org.report(args);
        let login = finding(&report, "login");
        assert_eq!(report["exit"], 4, "{cause}: {report}");
        assert_eq!(login["code"], "refused.user_not_approved", "{cause}");
        let meaning = login["meaning"].as_str().unwrap();
        assert!(meaning.contains("app and key are right"), "{cause}: {meaning}");
        let suspect = &login["suspects"][0];
        let what = suspect["what"].as_str().unwrap();
        assert!(what.starts_with(first), "{cause}: {what}");
        assert_eq!(suspect["standing"], standing, "{cause}");
        assert!(login["remedy"].as_str().unwrap().contains(remedy), "{cause}: {login}");
        assert_eq!(login["suspects"].as_array().unwrap().len(), 8, "{cause}");
        assert_eq!(org.server.login_history().len(), 1, "{cause}: one login and no more");
    }
}

/// The fifth cause: the login worked before the sandbox was refreshed.
#[test]
fn earlier_login_suggests_a_refreshed_sandbox() {
    let user = format!("{USER}.uat");
    let org = PublicOrg::new(SANDBOX, User::new(user.as_str()), |org| org);
    stdout(&org.run(&["token", "-o", &user]));
    org.server.set_scenario(&user, Scenario::named("sandbox-refreshed").unwrap());

    let report = org.report(&["-o", &user]);
    let suspects = &finding(&report, "login")["suspects"];
    assert!(suspects[0]["what"].as_str().unwrap().starts_with("The sandbox was refreshed"));
    assert_eq!(suspects[0]["standing"], "likely");
    assert!(suspects[0]["because"].as_str().unwrap().starts_with("this login worked "));
    let hardly = suspects.as_array().unwrap().iter().filter(|one| one["standing"] == "unlikely");
    assert_eq!(hardly.count(), 3, "host, username and age: {suspects}");
}

#[test]
fn propagated_app_passes_in_the_next_run() {
    let org = PublicOrg::met_by(PRODUCTION, USER, "propagating-once");
    assert_eq!(org.report(&[])["exit"], 4);
    assert_eq!(org.report(&[])["exit"], 0);
}

#[test]
fn every_other_fault_is_found_by_its_check() {
    let at = |scenario| PublicOrg::met_by(PRODUCTION, USER, scenario);
    let other = AppKey::generate();
    let plain = |build: fn(FakeOrgBuilder) -> FakeOrgBuilder| {
        PublicOrg::new(PRODUCTION, User::new(USER), build)
    };
    let hour = |org: FakeOrgBuilder| org.clock(|| SystemTime::now() + Duration::from_secs(3600));
    let eca = |org: FakeOrgBuilder| org.app_kind(AppKind::ExternalClientApp);
    let login = &["--login-url", "https://login.salesforce.com"][..];
    for (name, org, args, check, verdict, says) in [
        ("clock", plain(hour), &[][..], "clock", "warning", " s behind Salesforce's"),
        ("ECA at login", plain(eca), login, "login", "warning", "second attempt"),
        ("no api scope", plain(|org| org.scope("id")), &[], "scopes", "warning", "without `api`"),
        (
            "few calls left",
            plain(|org| org.api_limit(1)),
            &[],
            "api",
            "warning",
            "1 of 1 calls used",
        ),
        ("API off", at("api-disabled"), &[], "api", "failed", "API_DISABLED_FOR_ORG"),
        ("frozen", at("inactive-user"), &[], "login", "failed", "inactive user"),
        ("maintenance", at("maintenance-503"), &[], "login", "failed", "503"),
        (
            "other certificate",
            plain(|org| org),
            &["-f", "app.key", "--cert", "other.crt"],
            "certificate",
            "failed",
            "does not belong to the key",
        ),
    ] {
        fs::write(org.server.folder.path().join("other.crt"), other.certificate_pem()).unwrap();
        let report = org.report(args);
        let found = finding(&report, check);
        assert_eq!(found["verdict"], verdict, "{name}: {report}");
        assert!(found["seen"].as_str().unwrap().contains(says), "{name}: {found}");
        assert!(found["remedy"].is_string(), "{name}: {found}");
    }
}

/// The machine trusts the authority of a proxy that inspects TLS, or does not.
#[test]
fn inspecting_proxy_is_found_by_its_authority() {
    let org = PublicOrg::new(PRODUCTION, User::new(USER), |org| org);
    for (trusts, verdict, says, exit) in [
        (true, "warning", "a proxy may be inspecting TLS", 0),
        (false, "failed", "is not trusted", 6),
    ] {
        let mut command = org.server.bare(&["doctor", "--json", "--settings", "salesforce.json"]);
        command.args(["-r", "https://acme.my.salesforce.com"]);
        if trusts {
            command.env("SSL_CERT_FILE", org.server.folder.path().join("ca.pem"));
        }
        let output = command.env("HTTPS_PROXY", org.server.proxy_url()).output().unwrap();
        let report = report(&output);
        let tls = finding(&report, "tls");
        assert_eq!(tls["verdict"], verdict, "{tls}");
        assert!(tls["seen"].as_str().unwrap().contains(says), "{tls}");
        // The proxy alone is looked up here.
        let proxy = org.server.proxy_url().replace("http://", "");
        let lookup = finding(&report, "dns")["seen"].as_str().unwrap();
        assert!(lookup.starts_with(&proxy), "{lookup}");
        assert_eq!(report["exit"], exit);
    }
}

#[test]
fn broken_settings_are_failed_checks_all_at_once() {
    let org = TestOrg::new();
    org.private_file("salesforce.json", r#"{"Username": 7, "InstanceUrl": "ftp://x"}"#);
    let report = report(&org.run(&["doctor", "--json"]));
    let failed = verdicts(&report).iter().filter(|(_, verdict)| *verdict == "failed").count();
    assert!(failed >= 4, "{report}");
    assert_eq!(report["exit"], 3);
    assert_eq!(finding(&report, "login")["verdict"], "skipped");
    assert!(org.requests().is_empty());
}

#[test]
fn key_that_others_can_read_is_a_failed_check() {
    let org = TestOrg::new();
    fs::write(org.path("open.key"), KEY.secret()).unwrap();
    let mut command = org.command(&["doctor", "--json", "-f", "open.key"]);
    let report = report(&command.output().unwrap());
    assert_eq!(finding(&report, "key")["code"], "key.permissions", "{report}");
    assert_eq!(report["exit"], 5);
}

#[test]
fn nothing_is_sent_to_an_untrusted_host() {
    let org = TestOrg::new();
    let args = ["doctor", "--json", "--settings", "salesforce.json", "--bundled-roots"];
    let output = org.bare(&args).args(["--allow-host", org.address()]).output().unwrap();
    let report = report(&output);
    let tls = finding(&report, "tls");
    assert_eq!((&tls["verdict"], report["exit"].as_u64()), (&"failed".into(), Some(6)), "{tls}");
    assert!(tls["seen"].as_str().unwrap().contains("fake org CA"), "{tls}");
    assert!(org.requests().is_empty());
}

const PRODUCTION: &str = "acme.my.salesforce.com";
const SANDBOX: &str = "acme--uat.sandbox.my.salesforce.com";
const SCRATCH: &str = "acme-dev.scratch.my.salesforce.com";

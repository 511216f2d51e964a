//! Messages and exit codes of logins that give no token.

use conformance::program::{error, stderr};
use conformance::test_org::{TestOrg, USER};
use orgtoken_fake_org::{Scenario, User};

fn met_by(scenario: Scenario) -> TestOrg {
    TestOrg::with(User::new(USER).scenario(scenario), |org| org)
}

#[test]
fn refusal_is_reported_with_meaning_and_hint() {
    let org = met_by(Scenario::named("not-approved").unwrap());
    let output = org.run(&["token"]);
    assert_eq!(output.status.code(), Some(4));
    let lines: Vec<_> = stderr(&output).lines().collect();
    assert_eq!(lines.len(), 5, "{lines:#?}");
    assert!(lines[0].starts_with("error: no token from `https://127.0.0.1:"), "{}", lines[0]);
    let refusal = "Salesforce refused the login: invalid_grant: user hasn't approved this consumer";
    assert!(lines[0].ends_with(refusal), "{}", lines[0]);
    assert!(lines[2].starts_with("hint: "), "{}", lines[2]);
    assert_eq!(lines[3], "more: orgtoken explain refused.user_not_approved");
    assert!(lines[4].starts_with("check: orgtoken doctor"), "{}", lines[4]);
    assert_eq!(org.requests().len(), 1);
}

#[test]
fn each_kind_of_refusal_has_its_exit_code() {
    let page = |status| Scenario::page(status, "text/html", "<html>canary</html>");
    let rate = Scenario::refusal(400, "invalid_grant", "login rate exceeded");
    for (name, scenario, exit, area, requests) in [
        ("approval", Scenario::named("not-approved").unwrap(), 4, "refused.", 1),
        ("login rate", rate, 7, "rate.", 1),
        ("429", page(429), 7, "rate.", 1),
        ("503", page(503), 8, "unavailable.", 3),
        ("HTML", page(200), 6, "resp.", 1),
        ("404", page(404), 6, "resp.", 1),
        ("redirect", page(302), 6, "resp.redirect", 1),
    ] {
        let org = met_by(scenario);
        let output = org.run(&["token", "--json"]);
        let error = error(&output);
        assert_eq!(output.status.code(), Some(exit), "{name}: {error}");
        assert!(error["code"].as_str().unwrap().starts_with(area), "{name}: {error}");
        assert!(error["hint"].is_string(), "{name}: {error}");
        assert!(!stderr(&output).contains("canary"), "{name}: {error}");
        assert_eq!(org.requests().len(), requests, "{name}");
    }
}

#[test]
fn nothing_is_sent_to_a_host_that_is_not_allowed() {
    let org = TestOrg::new();
    let mut command = org.bare(&["token", "--json", "--settings", "salesforce.json"]);
    let output = command.args(["--ca-file", "ca.pem"]).output().unwrap();
    let error = error(&output);
    assert_eq!((error["exit"].as_u64(), error["code"].as_str()), (Some(3), Some("url.host")));
    assert_eq!(error["problems"][0]["at"], "/value/InstanceUrl");
    assert!(org.requests().is_empty());
}

//! Every scenario of the fake org at its token endpoint, and the exit code of the program.

use conformance::program::{error, stderr, stdout};
use conformance::test_org::{TestOrg, USER};
use orgtoken_fake_org::Scenario;

#[test]
fn each_scenario_ends_in_its_exit_code() {
    let org = TestOrg::new();
    let mut tried = 0;
    for scenario in Scenario::all() {
        let name = scenario.name().to_owned();
        let Some(exit) = exit_code(&name) else { continue };
        tried += 1;
        let before = org.login_history().len();
        // A short timeout for a response that never comes; for all others, long enough on a busy
        // machine.
        let timeout = if name == "wire-silence" { "2s" } else { "60s" };
        org.set_scenario(USER, scenario);
        let output = org.run(&["token", "--no-cache", "--json", "--timeout", timeout]);
        assert_eq!(output.status.code(), Some(exit), "{name}: {}", stderr(&output));
        org.assert_key_is_hidden(&output);
        if exit == 0 {
            continue;
        }
        let error = error(&output);
        assert!(error["hint"].is_string() || error["code"] == "resp.status", "{name}: {error}");
        let attempts = org.login_history().len() - before;
        assert!(attempts <= 3, "{name}: {attempts} attempts");
    }
    assert!(tried > 40, "only {tried} scenarios");
    org.set_scenario(USER, None);
    stdout(&org.run(&["token"]));
}

/// Returns the expected exit code. Scenarios of the REST API have none, nor do those that happen
/// once.
fn exit_code(scenario: &str) -> Option<i32> {
    Some(match scenario {
        "transient-once" | "propagating-once" => return None,
        name if name.starts_with("session-") || name.starts_with("api-") => return None,
        "request-limit" => return None,
        "token-minimal" | "token-signed" | "token-jwt" => 0,
        "token-empty" | "token-mac" => 6,
        "html-login" | "html-old-tls" | "empty-400" => 6,
        "html-redirect" | "redirect-elsewhere" => 6,
        name if name.starts_with("wire-") || name.starts_with("instance-url-") => 6,
        "too-many-requests" => 7,
        name if name.starts_with("rate") => 7,
        name if name.starts_with("maintenance-") || name.starts_with("edge-") => 8,
        "empty-503" | "service-unavailable" | "system-down" => 8,
        _ => 4,
    })
}

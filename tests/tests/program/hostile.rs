//! Token responses that no org sends, from a server that sends any bytes: exit code, hint and
//! attempts for each error code. The other forms of each are in `tests/wire/answers.rs` and in the
//! unit tests of `orgtoken-oauth`.

use std::collections::HashSet;
use std::process::Output;

use conformance::program::{error, stderr, stdout};
use conformance::raw::{Answer, Raw, response};
use conformance::secret::shows;
use conformance::test_org::{RECORD, TestOrg};

#[test]
fn token_for_an_unexpected_instance_is_printed_with_a_notice() {
    let (output, requests) = login("valid", json("200 OK", &valid()), &[]);
    let both = "for `https://acme.my.salesforce.com`, but the settings name `http://127.0.0.1:";
    assert!(stderr(&output).contains(both), "{}", stderr(&output));
    assert_eq!(stdout(&output).trim_end(), TOKEN);
    assert_eq!(requests.len(), 1);
}

#[test]
fn invalid_responses_have_code_hint_and_attempts() {
    for (row, code, hint, answer) in invalid() {
        let (output, requests) = login(row, answer, &["--json"]);
        assert_eq!(output.status.code(), Some(6), "{row}: {}", stderr(&output));
        assert_error(row, &output, code, hint);
        // Only a truncated response is requested again.
        assert_attempts(row, &requests, if code == "resp.truncated" { 3 } else { 1 });
    }
}

#[test]
fn refusals_are_printed_without_control_characters_and_tokens() {
    for (row, description) in [
        ("escapes of a terminal", r"\u001b[31mred\u001b]0;title\u0007"),
        ("a token in the description", "session 00Dxx0000006JFr!AQcanary.canary_canary ended"),
    ] {
        let body = format!(r#"{{"error":"invalid_grant","error_description":"{description}"}}"#);
        let (output, requests) = login(row, json("400 Bad Request", &body), &["--json"]);
        assert_eq!(output.status.code(), Some(4), "{row}: {}", stderr(&output));
        assert_error(row, &output, "refused.unknown", "");
        let is_printable = |c: char| c == '\n' || !c.is_control();
        assert!(stderr(&output).chars().all(is_printable), "{row}: control characters");
        assert_attempts(row, &requests, 1);
    }
}

/// Returns a response for each error code, and a word of its hint.
fn invalid() -> Vec<(&'static str, &'static str, &'static str, Answer)> {
    let ok = |body: &str| json("200 OK", body);
    let without = |field: &str, other: &str| ok(&valid().replacen(field, other, 1));
    let twice = valid().replacen('{', r#"{"access_token":"00Dother!AQ","#, 1);
    let many: String = (0..101).map(|n| format!("X-{n}: y\r\n")).collect();
    let other_host = "https://evil.example/services/oauth2/token";
    let head = format!("HTTP/1.1 200 OK\r\n{JSON}");
    let bytes = Answer::from;
    vec![
        ("no token", "resp.missing_token", "login URL", without("access_token", "x")),
        ("line break in the token", "resp.token_syntax", "", without("00D", r"00D\r\nX: y")),
        ("token of type mac", "resp.token_type", "", without("Bearer", "mac")),
        ("two tokens", "resp.json", "login URL", ok(&twice)),
        (
            "login page with 200",
            "resp.content_type",
            "login URL",
            bytes(response("200 OK", "Content-Type: text/html\r\n", "<html>Log in</html>")),
        ),
        ("no body", "resp.empty", "login URL", ok("")),
        (
            "bytes that are not UTF-8",
            "resp.encoding",
            "proxy",
            Answer::Bytes([head.as_bytes(), b"Content-Length: 2\r\n\r\n\xff\xfe"].concat()),
        ),
        (
            "instance URL of another host",
            "resp.instance_url",
            "",
            without("acme.my.salesforce.com", "evil.example"),
        ),
        ("endless body", "resp.too_large", "proxy", Answer::Flood(format!("{head}\r\n").into())),
        ("no response", "resp.timeout", "--timeout", Answer::Silence),
        ("101 headers", "resp.headers", "proxy", bytes(format!("{head}{many}\r\n"))),
        ("banner of SSH", "resp.protocol", "proxy", bytes("SSH-2.0-OpenSSH_9.2\r\n".to_owned())),
        (
            "truncated body",
            "resp.truncated",
            "try again",
            bytes(format!("{head}Content-Length: 90\r\n\r\n{{")),
        ),
        (
            "redirect to another host",
            "resp.redirect",
            "My Domain",
            bytes(response("307 Go", &format!("Location: {other_host}\r\n"), "")),
        ),
    ]
}

fn assert_error(row: &str, output: &Output, code: &str, word: &str) {
    let error = error(output);
    assert_eq!(error["code"], code, "{row}: {error}");
    let hint = error["hint"].as_str().unwrap_or_default();
    assert!(!hint.is_empty() && hint.contains(word), "{row}: {hint}");
}

/// Checks that each attempt has its own assertion.
fn assert_attempts(row: &str, requests: &[String], count: usize) {
    assert_eq!(requests.len(), count, "{row}: requests");
    let different: HashSet<_> = requests.iter().collect();
    assert_eq!(different.len(), count, "{row}: an assertion was sent twice");
}

/// Logs in at a server that answers every request like this.
fn login(row: &str, answer: Answer, args: &[&str]) -> (Output, Vec<String>) {
    // A short timeout for responses that never end; for all others, long enough on a busy machine.
    let timeout = match answer {
        Answer::Drip(..) | Answer::Silence => "2s",
        Answer::Bytes(_) | Answer::Flood(_) => "60s",
    };
    let server = Raw::answering(answer);
    let org = TestOrg::plain();
    let mut record = org.record();
    record["value"]["InstanceUrl"] = format!("http://{}", server.host()).into();
    org.private_file(RECORD, &record.to_string());
    let mut command = org.bare(&["token", "--output", "raw", "--settings", RECORD]);
    command.args(["--allow-host", &server.host(), "--timeout", timeout]).args(args);
    let output = command.output().unwrap();

    org.assert_key_is_hidden(&output);
    assert!(output.status.success() || output.stdout.is_empty(), "{row}: data beside an error");
    for secret in [TOKEN, "canary.canary_canary", "eyJhbGciOiJSUzI1NiJ9."] {
        assert!(!shows(stderr(&output), secret), "{row}: standard error shows a secret");
    }
    (output, server.requests())
}

/// Returns the body of a valid response.
fn valid() -> String {
    format!(
        r#"{{"access_token":"{TOKEN}","instance_url":"https://acme.my.salesforce.com","token_type":"Bearer"}}"#
    )
}

fn json(status: &str, body: &str) -> Answer {
    response(status, JSON, body).into()
}

const JSON: &str = "Content-Type: application/json;charset=UTF-8\r\n";
const TOKEN: &str = "00Dxx0000006JFr!AQcanary.of_this_token";

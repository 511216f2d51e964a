//! Token responses that no org sends, from a server that sends any bytes.

mod answers;

use std::collections::HashSet;
use std::process::Output;

use conformance::program::{error, stderr, stdout};
use conformance::raw::{Answer, Raw};
use conformance::secret::shows;
use conformance::test_org::{RECORD, TestOrg};

use answers::TOKEN;

#[test]
fn unusual_token_responses_are_accepted() {
    for (row, answer) in answers::good() {
        let (output, requests) = login(row, answer, &[]);
        let both = "for `https://acme.my.salesforce.com`, but the settings name `http://127.0.0.1:";
        assert!(stderr(&output).contains(both), "{row}: {}", stderr(&output));
        assert_eq!(stdout(&output).trim_end(), TOKEN, "{row}");
        assert_eq!(requests.len(), 1, "{row}");
    }
}

#[test]
fn responses_without_a_valid_token_are_refused() {
    are_refused(answers::tokens());
}

#[test]
fn responses_that_are_not_a_token_document_are_refused() {
    are_refused(answers::bodies());
}

#[test]
fn unreadable_encodings_are_refused() {
    are_refused(answers::encodings());
}

#[test]
fn tokens_for_untrusted_instances_are_refused() {
    are_refused(answers::instance_urls());
}

#[test]
fn endless_and_slow_responses_are_cut_off() {
    are_refused(answers::long());
}

#[test]
fn malformed_http_is_refused() {
    are_refused(answers::broken());
}

#[test]
fn redirects_are_not_followed() {
    are_refused(answers::redirects());
}

#[test]
fn error_responses_end_in_their_exit_code() {
    for (row, exit, code, answer) in [answers::refusals(), answers::statuses()].concat() {
        let (output, requests) = login(row, answer, &["--json"]);
        assert_eq!(output.status.code(), Some(exit), "{row}: {}", stderr(&output));
        assert_error(row, &output, code);
        let is_printable = |c: char| c == '\n' || !c.is_control();
        assert!(stderr(&output).chars().all(is_printable), "{row}: control characters");
        assert!(stderr(&output).len() < 4096, "{row}: {} bytes", stderr(&output).len());
        assert_attempts(row, &requests, if exit == 8 { 3 } else { 1 });
    }
}

fn are_refused(answers: Vec<(&'static str, &'static str, Answer)>) {
    for (row, code, answer) in answers {
        let (output, requests) = login(row, answer, &["--json"]);
        assert_eq!(output.status.code(), Some(6), "{row}: {}", stderr(&output));
        assert_error(row, &output, code);
        // Only a truncated response is requested again.
        assert_attempts(row, &requests, if code == "resp.truncated" { 3 } else { 1 });
    }
}

fn assert_error(row: &str, output: &Output, code: &str) {
    let error = error(output);
    assert_eq!(error["code"], code, "{row}: {error}");
    let hint = error["hint"].as_str().unwrap_or_default();
    let word = match code {
        "resp.content_type" | "resp.empty" | "resp.json" | "resp.missing_token" => "login URL",
        "resp.redirect" => "My Domain",
        "resp.timeout" => "--timeout",
        "resp.truncated" => "try again",
        "resp.encoding" | "resp.headers" | "resp.protocol" | "resp.too_large" => "proxy",
        _ => "",
    };
    assert!(!hint.is_empty() && hint.contains(word), "{row}: {hint}");
}

/// Checks that each attempt has its own assertion.
fn assert_attempts(row: &str, requests: &[Vec<u8>], count: usize) {
    assert_eq!(requests.len(), count, "{row}: requests");
    let different: HashSet<_> = requests.iter().collect();
    assert_eq!(different.len(), count, "{row}: an assertion was sent twice");
}

/// Logs in at a server that answers every request like this.
fn login(row: &str, answer: Answer, args: &[&str]) -> (Output, Vec<Vec<u8>>) {
    // A short timeout for responses that never end; for all others, long enough on a busy machine.
    let timeout = match answer {
        Answer::Drip(..) | Answer::Silence => "2s",
        Answer::Bytes(_) | Answer::Flood(_) => "60s",
    };
    let server = Raw::answering(answer).unwrap();
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

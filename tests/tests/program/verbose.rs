//! Secrets in the most verbose output of the program.

use std::process::Command;

use conformance::program::{stderr, stdout};
use conformance::secret::shows;
use conformance::test_org::TestOrg;

fn verbose(org: &TestOrg, args: &[&str]) -> Command {
    let mut command = org.command(args);
    command.arg("-vvv").env("RUST_LOG", "trace").env("RUST_BACKTRACE", "full");
    command
}

#[test]
fn verbose_logins_and_calls_show_each_step_and_no_secret() {
    let org = TestOrg::new();
    let output = verbose(&org, &["token"]).output().unwrap();
    org.assert_key_is_hidden(&output);
    let token = stdout(&output).trim();
    assert!(!shows(stderr(&output), token), "the token is on standard error");
    for step in ["username = ", "[set]", "endpoint ", "audience ", "token for "] {
        assert!(stderr(&output).contains(step), "{step}: {}", stderr(&output));
    }

    let output = verbose(&org, &["api", "limits"]).output().unwrap();
    org.assert_key_is_hidden(&output);
    assert!(!shows(stderr(&output), token), "the token is on standard error");
}

#[test]
fn verbose_failures_show_no_secret() {
    let org = TestOrg::new();
    for scenario in ["not-approved", "maintenance-503", "token-mac", "html-login", "wire-cut"] {
        org.play(scenario);
        let output = verbose(&org, &["token", "--no-cache"]).output().unwrap();
        assert!(!output.status.success(), "{scenario}");
        org.assert_key_is_hidden(&output);
    }
}

#[test]
fn tls_keys_are_not_logged() {
    let org = TestOrg::new();
    let log = org.path("keys.log");
    stdout(&org.command(&["token"]).env("SSLKEYLOGFILE", &log).output().unwrap());
    assert!(!log.exists());
}

/// Users send the report to others.
#[test]
fn doctor_shows_no_secret_that_it_examines() {
    let org = TestOrg::new();
    for args in [&["doctor"][..], &["doctor", "--json"]] {
        let mut doctor = verbose(&org, args);
        doctor.env("HTTPS_PROXY", "http://robot:s3cr3t-canary-of-the-proxy@127.0.0.1:1");
        let output =
            doctor.env("ORGTOKEN_PASSPHRASE", "s3cr3t-canary-passphrase").output().unwrap();
        org.assert_key_is_hidden(&output);
        let report = str::from_utf8(&output.stdout).unwrap();
        assert!(report.contains("token"), "{args:?}: {report}");
        for secret in ["s3cr3t", "canary", "!AQ", "eyJ", "PRIVATE KEY"] {
            assert!(!report.contains(secret), "{args:?}: {secret}: {report}");
            assert!(!stderr(&output).contains(secret), "{args:?}: {secret}: {}", stderr(&output));
        }
    }
}

#[test]
fn keys_pasted_into_the_wrong_place_are_not_repeated() {
    let org = TestOrg::plain();
    let raw = org.private_key();
    let key = raw.replace('\n', "\\n");
    for (row, text) in [
        ("a key instead of a string", format!(r#"{{"Username": ["{key}"]}}"#)),
        ("a key as a field name", format!(r#"{{"{key}": 1}}"#)),
        ("a key with raw line breaks", format!(r#"{{"PrivateKey": "{raw}"}}"#)),
        ("JSON that ends in the key", format!(r#"{{"PrivateKey": "{}"#, &key[..900])),
        ("a key in a list of records", format!(r#"[{{"value": "{key}"}}]"#)),
    ] {
        org.private_file("pasted.json", &text);
        for args in [&["settings", "check"][..], &["token"], &["token", "--json"]] {
            let output = org.bare(args).args(["-s", "pasted.json", "-vv"]).output().unwrap();
            let exit = output.status.code();
            assert!(matches!(exit, Some(3 | 5)), "{row}: {args:?}: {exit:?}");
            org.assert_key_is_hidden(&output);
        }
    }
}

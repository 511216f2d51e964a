//! Tests that exchange keys and certificates with OpenSSL.

use std::io::Write;
use std::process::{Command, Stdio};

use getrandom::SysRng;
use orgtoken_assertion::{Signer, UnixTime};
use orgtoken_keygen::{Certificate, KeyPair, KeySize, Subject, Validity};

#[test]
fn openssl_reads_the_key_and_the_certificate() {
    if !openssl_is_available() {
        return;
    }
    let pair = KeyPair::generate(&mut SysRng, KeySize::Bits2048).unwrap();
    let pem = pair.private_key_pem().secret().as_bytes();
    assert!(openssl(&["pkey", "-check", "-noout"], pem).contains("Key is valid"));

    let subject = Subject::parse("C=SE,O=Acme AB,CN=my-integration").unwrap();
    let validity = Validity::starting(UnixTime::from_secs(1_700_000_000));
    let certificate = Certificate::self_signed(&pair, &subject, validity, &mut SysRng).unwrap();
    let said = openssl(
        &["x509", "-noout", "-subject", "-issuer", "-dates", "-nameopt", "RFC2253", "-text"],
        certificate.to_pem().as_bytes(),
    );
    for part in [
        "subject=C=SE,O=Acme AB,CN=my-integration",
        "notBefore=Nov 14 22:13:20 2023 GMT",
        "notAfter=Nov 13 22:13:20 2025 GMT",
        "Version: 3 (0x2)",
        "Signature Algorithm: sha256WithRSAEncryption",
        "CA:FALSE",
    ] {
        assert!(said.contains(part), "{part} is not in\n{said}");
    }
}

#[test]
fn openssl_shows_the_same_fingerprints() {
    if !openssl_is_available() {
        return;
    }
    let certificate = Certificate::parse(openssl_certificate().as_bytes()).unwrap();
    for (digest, fingerprint) in [("-sha1", certificate.sha1()), ("-sha256", certificate.sha256())]
    {
        let pem = certificate.to_pem();
        let said = openssl(&["x509", "-noout", "-fingerprint", digest], pem.as_bytes());
        assert!(said.trim_end().ends_with(&format!("={fingerprint}")), "{digest}: {said}");
    }
}

#[test]
fn openssl_key_and_certificate_belong_together() {
    if !openssl_is_available() {
        return;
    }
    let both = openssl_certificate();
    let key = orgtoken_assertion::SigningKey::from_bytes(
        both.split("-----BEGIN CERT").next().unwrap().as_bytes(),
    )
    .unwrap();
    let certificate = Certificate::parse(both.as_bytes()).unwrap();
    assert!(certificate.belongs_to(&key));
    assert_eq!(certificate.public_key().unwrap(), *key.public_key());
    assert_eq!(certificate.subject(), "CN=from-openssl,O=Acme");
}

/// Returns a key and its certificate in the output of `openssl req`.
fn openssl_certificate() -> String {
    openssl(
        &[
            "req",
            "-x509",
            "-sha256",
            "-nodes",
            "-days",
            "365",
            "-newkey",
            "rsa:2048",
            "-subj",
            "/O=Acme/CN=from-openssl",
            "-keyout",
            "-",
            "-batch",
        ],
        b"",
    )
}

fn openssl(args: &[&str], input: &[u8]) -> String {
    let mut child = Command::new("openssl")
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("openssl was found before");
    child.stdin.take().expect("it is piped").write_all(input).expect("openssl reads its input");
    let output = child.wait_with_output().expect("openssl ends");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "openssl {args:?}: {errors}");
    String::from_utf8(output.stdout).expect("openssl prints text")
}

/// Whether OpenSSL is available. Without it these tests are skipped, except in CI.
#[expect(clippy::disallowed_methods, reason = "a test may look whether it runs in a pipeline")]
fn openssl_is_available() -> bool {
    let there = Command::new("openssl").arg("version").output().is_ok();
    if !there {
        assert_ne!(std::env::var("CI").as_deref(), Ok("true"), "CI needs openssl");
        // Not `eprintln!`, which the test harness captures.
        let _ = writeln!(std::io::stderr(), "left out: openssl is needed to read what we write");
    }
    there
}

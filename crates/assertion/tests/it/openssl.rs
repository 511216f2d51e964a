//! Keys written by OpenSSL are read.

use std::env;
use std::io::Write;
use std::process::{Command, Stdio};

use orgtoken_assertion::{Diagnostic, PublicKey, PublicKeyError, Signer, SigningKey};

use crate::keys::{KEY, pem};

#[test]
fn keys_and_certificates_of_openssl_are_read() {
    if !is_there("that keys of OpenSSL are read") {
        return;
    }
    let key = pem("PRIVATE KEY", &KEY.pkcs8());
    for (name, command) in [
        ("PKCS#8", "pkcs8 -topk8 -nocrypt"),
        ("PKCS#8 DER", "pkcs8 -topk8 -nocrypt -outform DER"),
        ("PKCS#1", "rsa -traditional"),
        ("PKCS#1 DER", "rsa -traditional -outform DER"),
        ("with its numbers in words", "rsa -text"),
    ] {
        let read = SigningKey::from_bytes(&run(command, &key));
        assert_eq!(read.map(|read| read.public_key().to_spki_der()), Ok(KEY.spki()), "{name}");
    }
    for (name, command) in [
        ("SPKI", "pkey -pubout"),
        ("SPKI DER", "pkey -pubout -outform DER"),
        ("PKCS#1", "rsa -RSAPublicKey_out"),
        ("certificate", "req -x509 -subj /CN=acme -days 30 -key /dev/stdin"),
        ("certificate DER", "req -x509 -subj /CN=acme -days 30 -key /dev/stdin -outform DER"),
    ] {
        let written = run(command, &key);
        let read = PublicKey::from_bytes(&written);
        assert_eq!(read.map(|read| read.to_spki_der()), Ok(KEY.spki()), "{name}");
        let error = SigningKey::from_bytes(&written).unwrap_err();
        let expected =
            if name.starts_with("certificate") { "key.certificate" } else { "key.public" };
        assert_eq!(error.code(), expected, "{name}");
    }
    let request = run("req -new -subj /CN=acme -key /dev/stdin", &key);
    assert_eq!(SigningKey::from_bytes(&request).unwrap_err().code(), "key.certificate");
    assert_eq!(
        PublicKey::from_bytes(&request),
        Err(PublicKeyError::NotPublic { found: Some("a certificate request") })
    );
    assert_eq!(
        PublicKey::from_bytes(key.as_bytes()),
        Err(PublicKeyError::NotPublic { found: Some("a private key") })
    );
}

#[test]
fn keys_of_other_algorithms_are_named() {
    if !is_there("that keys of other algorithms are named") {
        return;
    }
    for (name, command, found) in [
        ("EC", "genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256", "(EC)"),
        ("EC with parameters", "ecparam -name prime256v1 -genkey", "(EC)"),
        ("Ed25519", "genpkey -algorithm ED25519", "Ed25519"),
        ("X25519", "genpkey -algorithm X25519", "X25519"),
        ("RSA-PSS", "genpkey -algorithm RSA-PSS -pkeyopt rsa_keygen_bits:2048", "RSA-PSS"),
    ] {
        let error = SigningKey::from_bytes(&run(command, "")).unwrap_err();
        assert_eq!(error.code(), "key.algorithm", "{name}: {error}");
        assert!(error.to_string().contains(found), "{name}: {error}");
    }
}

/// Whether OpenSSL is installed. Without it, a test reports what it does not cover, and fails in CI.
pub(crate) fn is_there(what: &str) -> bool {
    if Command::new("openssl").arg("version").stdout(Stdio::null()).status().is_ok() {
        return true;
    }
    assert!(env::var_os("CI").is_none_or(|ci| ci != "true"), "openssl is missing: {what}");
    let _ = writeln!(std::io::stderr(), "skipped: openssl is needed to test {what}");
    false
}

/// Runs `openssl` on `input` and returns its output.
pub(crate) fn run(command: &str, input: impl AsRef<[u8]>) -> Vec<u8> {
    try_run(command, input).unwrap_or_else(|| panic!("openssl {command}"))
}

/// Like [`run`], but returns `None` if this build of OpenSSL does not support it.
pub(crate) fn try_run(command: &str, input: impl AsRef<[u8]>) -> Option<Vec<u8>> {
    let mut openssl = Command::new("openssl")
        .args(command.split(' '))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("openssl");
    // A command that refuses its options does not read.
    let _ = openssl.stdin.take().expect("piped").write_all(input.as_ref());
    let output = openssl.wait_with_output().expect("openssl");
    output.status.success().then_some(output.stdout)
}

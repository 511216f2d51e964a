//! Tests with keys outside the process: SSH agents, commands, a PKCS#11 token.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on is a test that fails")]

mod agent;
mod command;
mod fake_agent;
mod openssh;
mod seal;
mod softhsm;

use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::sync::LazyLock;

use getrandom::SysRng;
use orgtoken_assertion::{Claims, RingSigner, SignError, Signer, SigningKey, UnixTime};
use orgtoken_keygen::{KeyPair, KeySize};

/// The key of these tests.
static PEM: LazyLock<String> = LazyLock::new(pem);

fn pem() -> String {
    let pair = KeyPair::generate(&mut SysRng, KeySize::Bits2048).unwrap();
    pair.private_key_pem().secret().to_owned()
}

fn key() -> SigningKey {
    SigningKey::from_bytes(PEM.as_bytes()).unwrap()
}

/// RS256 is deterministic, so every signer makes the same assertion.
fn assert_signs_like_the_key(signer: &dyn Signer) {
    let claims = || {
        let claims = Claims::builder(UnixTime::from_secs(1))
            .issuer("3MVG9")
            .subject("robot@acme.com")
            .audience("aud");
        claims.build().unwrap()
    };
    let here = claims().sign(&RingSigner::new(key())).unwrap();
    assert_eq!(claims().sign(signer).unwrap().secret(), here.secret());
}

/// Returns the message of an external error, with its cause.
fn message_of(error: SignError) -> String {
    match error {
        SignError::External(error) => {
            let cause = error.source().map(|cause| format!(": {cause}"));
            format!("{error}{}", cause.unwrap_or_default())
        }
        other => format!("{other:?}"),
    }
}

fn private_file(path: &Path, text: &str) {
    let mut file =
        std::fs::File::options().write(true).create_new(true).mode(0o600).open(path).unwrap();
    file.write_all(text.as_bytes()).unwrap();
}

fn run(command: &mut Command) -> Output {
    let output = command.stdin(Stdio::null()).output().unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {errors}");
    output
}

/// Reports that tests are skipped because `tool` is missing. In CI that is a failure.
fn is_there(tool: &str, what: &str) -> bool {
    let found = Command::new("sh").args(["-c", &format!("command -v {tool}")]).output().unwrap();
    let there = found.status.success();
    if !there {
        assert_ne!(std::env::var("CI").as_deref(), Ok("true"), "{tool} is missing: {what}");
        // Not `eprintln!`, which the test harness captures.
        let _ = writeln!(std::io::stderr(), "left out: {tool} is needed to see {what}");
    }
    there
}

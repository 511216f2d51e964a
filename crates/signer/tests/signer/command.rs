//! Tests of signer commands.

use std::time::Duration;

use orgtoken_assertion::{Diagnostic, Signer};
use orgtoken_signer::CommandSigner;

use crate::{PEM, assert_signs_like_the_key, is_there, key, message_of, private_file};

fn shell(line: &str) -> CommandSigner {
    CommandSigner::shell(line, key().public_key().clone())
}

#[test]
fn openssl_command_signs_like_the_key() {
    if !is_there("openssl", "that its signatures are taken") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("key.pem");
    private_file(&path, &PEM);
    let path = path.to_str().unwrap();
    let words = ["openssl", "dgst", "-sha256", "-sign", path].map(str::to_owned).to_vec();
    let program = CommandSigner::program(words, key().public_key().clone());
    assert_signs_like_the_key(&program);
    for filter in
        ["cat", "openssl base64", "openssl base64 -A", "openssl base64 -A | tr '+/' '-_' | tr -d ="]
    {
        let line = format!("openssl dgst -sha256 -sign {path} | {filter}");
        assert_signs_like_the_key(&shell(&line));
    }
}

#[test]
fn failed_commands_are_described() {
    let wrote =
        |bytes| format!("the signer command wrote {bytes} bytes, expected a signature of 256");
    for (name, line, said) in [
        ("nothing", "true", wrote(0)),
        ("too little", "printf signature", wrote(9)),
        ("its input", "cat", wrote(7)),
        ("too much", "yes | head -c 100000", wrote(8192)),
        (
            "failed",
            "echo one >&2; printf '\\033[31mwrong PIN\\n\\n' >&2; exit 3",
            "the signer command ended with exit status: 3: ?[31mwrong PIN".to_owned(),
        ),
        (
            "failed with a key",
            "echo '-----BEGIN PRIVATE KEY-----' >&2; echo MIIEv >&2; exit 3",
            "the signer command ended with exit status: 3".to_owned(),
        ),
        ("failed in silence", "exit 1", "the signer command ended with exit status: 1".to_owned()),
        ("killed", "kill -9 $$", "the signer command ended with signal: 9 (SIGKILL)".to_owned()),
    ] {
        let error = shell(line).sign(b"message").unwrap_err();
        assert_eq!(message_of(error), said, "{name}");
    }
    let words = vec!["/no/such/program".to_owned()];
    let missing = CommandSigner::program(words, key().public_key().clone());
    let error = message_of(missing.sign(b"message").unwrap_err());
    assert_eq!(error, "cannot start the signer command: No such file or directory (os error 2)");
}

#[test]
fn longest_timeout_is_no_timeout() {
    let error = shell("cat").timeout(Duration::MAX).sign(b"m").unwrap_err();
    assert!(message_of(error).contains("wrote 1 bytes"));
}

#[test]
fn hint_is_that_of_the_failed_command() {
    for (line, hint) in [("exit 1", "run the command by hand"), ("true", "let it write the RSA")] {
        let error = shell(line).sign(b"m").unwrap_err();
        assert_eq!(error.code(), "sign.elsewhere", "{line}");
        assert!(orgtoken_signer::hint(&error).unwrap().starts_with(hint), "{line}");
    }
}

#[test]
fn command_times_out() {
    for line in ["exec sleep 60", "sleep 20 & sleep 20", "exec sleep 60 >&- 2>&-"] {
        let error = shell(line).timeout(Duration::from_millis(200)).sign(b"m").unwrap_err();
        let said = message_of(error);
        assert_eq!(said, "the signer command did not finish within 0.2 s", "{line}");
    }
}

#[test]
fn hanging_command_leaves_no_process_and_no_thread() {
    let marker = tempfile::NamedTempFile::new().unwrap();
    let path = marker.path().display().to_string();
    // The grandchild has the file and both pipes open.
    let line = format!("sleep 300 <{path} & sleep 300 <{path}; wait");
    let holders = || holders_of(marker.path());
    let before = threads();
    for _ in 0..3 {
        shell(&line).timeout(Duration::from_millis(300)).sign(b"m").unwrap_err();
    }
    let until = std::time::Instant::now() + Duration::from_secs(30);
    while holders() > 1 && std::time::Instant::now() < until {
        std::thread::yield_now();
    }
    assert_eq!(holders(), 1, "this test alone has it open");
    // Other tests run in this process, but a leak adds at least six.
    assert!(threads() < before + 6, "{before}, {}", threads());
}

/// Returns the processes that have a file open.
fn holders_of(path: &std::path::Path) -> usize {
    let processes = std::fs::read_dir("/proc").unwrap().flatten();
    let processes =
        processes.filter(|one| one.file_name().to_string_lossy().parse::<u32>().is_ok());
    let opens = |process: &std::fs::DirEntry| {
        let files = std::fs::read_dir(process.path().join("fd")).into_iter().flatten().flatten();
        let mut targets = files.filter_map(|file| std::fs::read_link(file.path()).ok());
        targets.any(|target| target == path)
    };
    processes.filter(|process| opens(process)).count()
}

fn threads() -> usize {
    std::fs::read_dir("/proc/self/task").unwrap().count()
}

#[test]
fn wrong_signature_of_right_size_is_refused() {
    let now = orgtoken_assertion::UnixTime::from_secs(1);
    let claims = orgtoken_assertion::Claims::builder(now)
        .issuer("3MVG9")
        .subject("robot@acme.com")
        .audience("aud");
    let signer = shell("head -c 256 /dev/zero");
    assert_eq!(claims.build().unwrap().sign(&signer).unwrap_err().code(), "sign.mismatch");
}

#[test]
fn removed_variables_are_not_in_the_environment() {
    // `PATH` is used as the secret, because tests do not change their environment.
    let words = ["/usr/bin/printenv", "PATH"].map(str::to_owned).to_vec();
    let printenv = || CommandSigner::program(words.clone(), key().public_key().clone());
    let said = |signer: CommandSigner| message_of(signer.sign(b"m").unwrap_err());
    assert!(said(printenv()).starts_with("the signer command wrote"));
    let error = said(printenv().env_remove(["PATH".to_owned()]));
    assert_eq!(error, "the signer command ended with exit status: 1");
}

#[test]
fn debug_is_redacted() {
    assert!(!format!("{:?}", shell("sign --pin s3cr3t")).contains("s3cr3t"));
}

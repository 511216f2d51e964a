//! The program `orgtoken-fake-org`.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says so by panicking")]

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Output, Stdio};

use orgtoken_fake_org::AppKey;

#[test]
fn scenarios_can_be_listed_without_an_org() {
    let output = program(&["--scenarios"]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success());
    assert!(
        text.contains("rate                      400 invalid_grant: login rate exceeded\n"),
        "{text}"
    );
}

#[test]
fn invalid_arguments_are_reported() {
    let folder = tempfile::tempdir().unwrap();
    let junk = folder.path().join("junk.crt");
    fs::write(&junk, "not a certificate").unwrap();
    let junk = junk.to_str().unwrap();
    for (name, args, code, message) in [
        ("nothing", vec![], 2, "--cert <FILE>"),
        (
            "no such file",
            vec!["--cert", "absent.crt", "--user", "a@acme.com"],
            1,
            "error: cannot read `absent.crt`: ",
        ),
        (
            "no certificate",
            vec!["--cert", junk, "--user", "a@acme.com"],
            1,
            "error: cannot start the org: certificate of the app is refused: not an X.509 certificate in PEM or DER\n",
        ),
        (
            "a clock that no system has",
            vec!["--cert", junk, "--user", "a@acme.com", "--clock-skew", "9223372036854775807"],
            2,
            "'--clock-skew <SECONDS>'",
        ),
        (
            "no such scenario",
            vec!["--cert", junk, "--user", "a@acme.com=tired"],
            2,
            "no scenario is called `tired`; `--scenarios` lists them all",
        ),
    ] {
        let output = program(&args);
        let text = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(code), "{name}: {text}");
        assert!(text.contains(message), "{name}: {text}");
    }
}

#[cfg(unix)]
#[test]
fn command_runs_beside_the_org_and_decides_its_exit_code() {
    use std::os::unix::fs::PermissionsExt;

    let folder = tempfile::tempdir().unwrap();
    let (key, ca) = (folder.path().join("robot.key"), folder.path().join("ca.pem"));
    let script = r#"test -s "$ORGTOKEN_CA_FILE" && echo "$ORGTOKEN_USERNAME $ORGTOKEN_PRIVATE_KEY_FILE"
        echo "$FAKE_ORG_URL $FAKE_ORG_PROXY"; exit 7"#;
    let (key_text, ca_text) = (key.to_str().unwrap(), ca.to_str().unwrap());
    let output = program(&[
        "--new-key",
        key_text,
        "--user",
        "robot@acme.com",
        "--https",
        ca_text,
        "--",
        "sh",
        "-c",
        script,
    ]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(7));
    assert!(text.starts_with(&format!("robot@acme.com {key_text}\nhttps://127.0.0.1:")), "{text}");
    assert!(text.contains(" http://127.0.0.1:"), "{text}");
    assert!(fs::read_to_string(&key).unwrap().starts_with("-----BEGIN PRIVATE KEY-----"));
    assert_eq!(fs::metadata(&key).unwrap().permissions().mode() & 0o777, 0o600);
}

#[cfg(unix)]
#[test]
fn new_key_overwrites_no_file_and_follows_no_link() {
    let folder = tempfile::tempdir().unwrap();
    let (key, link) = (folder.path().join("own.key"), folder.path().join("link.key"));
    fs::write(&key, "somebody's only key").unwrap();
    std::os::unix::fs::symlink(folder.path().join("elsewhere"), &link).unwrap();
    for taken in [&key, &link] {
        let taken = taken.to_str().unwrap();
        let args = ["--new-key", taken, "--user", "robot@acme.com", "--", "echo", "started"];
        let output = program(&args);
        let text = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{text}");
        assert!(text.starts_with(&format!("error: `{taken}` exists: ")), "{text}");
        assert!(output.stdout.is_empty());
    }
    assert_eq!(fs::read_to_string(&key).unwrap(), "somebody's only key");
    assert!(!folder.path().join("elsewhere").exists());
}

#[test]
fn environment_is_printed_once_the_org_listens() {
    let folder = tempfile::tempdir().unwrap();
    for (form, first) in [
        ("env", "export ORGTOKEN_USERNAME=\"o'hara@acme.com\""),
        ("json", r#"{"ORGTOKEN_USERNAME":"o'hara@acme.com","ORGTOKEN_CLIENT_ID":"3MVG9fake","#),
        ("url", "http://127.0.0.1:"),
    ] {
        let mut child = Command::new(PROGRAM)
            .args(["--cert", certificate(folder.path()).as_str()])
            .args(["--user", "o'hara@acme.com", "--print", form])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(line.starts_with(first), "{form}: {line}");
    }
}

fn certificate(folder: &Path) -> String {
    let file = folder.join("app.crt");
    if !file.exists() {
        fs::write(&file, AppKey::generate().certificate_pem()).unwrap();
    }
    file.to_str().unwrap().to_owned()
}

fn program(args: &[&str]) -> Output {
    Command::new(PROGRAM).args(args).output().unwrap()
}

const PROGRAM: &str = env!("CARGO_BIN_EXE_orgtoken-fake-org");

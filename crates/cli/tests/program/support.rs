//! An org, a folder with what a user of it has, and the program.

use std::fs::{self, File};
use std::io::Write;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::sync::LazyLock;

use orgtoken_fake_org::{FakeOrg, FakeOrgBuilder, Scenario, User};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use serde_json::{Value, json};
use snapbox::assert::Action;
use snapbox::{Assert, Data};
use tempfile::TempDir;

pub(crate) const USER: &str = "user@acme.com";
pub(crate) const CLIENT_ID: &str = "3MVG9_test";

/// An org with one user, whose settings lie in a folder: record, key and the org's CA.
pub(crate) struct Bench {
    pub(crate) org: FakeOrg,
    pub(crate) folder: TempDir,
}

impl Bench {
    pub(crate) fn new() -> Self {
        Self::with(User::new(USER), |org| org)
    }

    pub(crate) fn with(user: User, build: impl FnOnce(FakeOrgBuilder) -> FakeOrgBuilder) -> Self {
        let org = FakeOrg::builder().certificate(PAIR.certificate.as_str()).client_id(CLIENT_ID);
        let org = build(org.user(user).tls(true)).start().unwrap();
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("ca.pem"), org.ca_pem().unwrap()).unwrap();
        let bench = Self { org, folder };
        bench.private_file("app.key", &PAIR.key);
        bench.private_file("salesforce.json", &bench.record().to_string());
        bench
    }

    /// What Onify keeps.
    pub(crate) fn record(&self) -> Value {
        json!({
            "key": "_salesforce_api_settings",
            "name": "Salesforce",
            "value": {
                "Username": USER,
                "ClientId": CLIENT_ID,
                "PrivateKey": PAIR.key,
                "InstanceUrl": self.org.url(),
                "InstanceAPIVersion": "v60.0",
            },
            "tag": ["salesforce"],
            "role": ["admin"],
        })
    }

    pub(crate) fn private_file(&self, name: &str, content: &str) {
        use std::os::unix::fs::OpenOptionsExt;
        let mut options = File::options();
        let file = options.write(true).create(true).truncate(true).mode(0o600);
        let mut file = file.open(self.folder.path().join(name)).unwrap();
        file.write_all(content.as_bytes()).unwrap();
    }

    /// Writes `config.toml`.
    pub(crate) fn config(&self, text: &str) {
        let folder = self.folder.path().join(".config/orgtoken");
        fs::create_dir_all(&folder).unwrap();
        self.private_file(".config/orgtoken/config.toml", text);
    }

    /// The program with the record, and nothing of this process's environment.
    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = self.bare(args);
        command.args(["--settings", "salesforce.json"]).args(self.way());
        command
    }

    /// The program alone, in the folder.
    pub(crate) fn bare(&self, args: &[&str]) -> Command {
        let mut command = program(self.folder.path());
        command.args(args);
        command
    }

    /// A shell that starts the program, in the same surroundings.
    pub(crate) fn shell(&self, script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]).current_dir(self.folder.path()).env_clear();
        command.env("HOME", self.folder.path());
        command
    }

    /// What happens to the user from now on.
    pub(crate) fn play(&self, scenario: &str) {
        self.org.set_scenario(USER, Scenario::named(scenario));
    }

    /// Makes accounts `A0000` to `A….`.
    pub(crate) fn accounts(&self, number: usize) {
        let names: Vec<Value> = (0..number)
            .map(|n| json!({ "attributes": { "type": "Account" }, "Name": format!("A{n:04}") }))
            .collect();
        for some in names.chunks(200) {
            let body = json!({ "records": some }).to_string();
            let mut command =
                self.command(&["api", "composite/sobjects", "--silent", "--input", "-"]);
            assert_eq!(stdout(&run_with_input(&mut command, &body)), "");
        }
    }

    /// What makes the org reachable.
    pub(crate) fn way(&self) -> [&str; 4] {
        ["--allow-host", self.org.address(), "--ca-file", "ca.pem"]
    }

    pub(crate) fn run(&self, args: &[&str]) -> Output {
        self.command(args).output().unwrap()
    }
}

/// The program in a folder of its own.
pub(crate) fn program(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_orgtoken"));
    command.current_dir(folder).env_clear().env("HOME", folder).stdin(Stdio::null());
    command
}

/// Starts the program, hands it something on standard input, and waits.
pub(crate) fn run_with_input(command: &mut Command, input: &str) -> Output {
    let piped = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child: Child = piped.spawn().unwrap();
    // A program that refuses its arguments may end before it reads anything.
    if let Err(error) = child.stdin.take().unwrap().write_all(input.as_bytes()) {
        assert_eq!(error.kind(), std::io::ErrorKind::BrokenPipe);
    }
    child.wait_with_output().unwrap()
}

pub(crate) fn stdout(output: &Output) -> &str {
    assert!(output.status.success(), "{}", stderr(output));
    std::str::from_utf8(&output.stdout).unwrap()
}

pub(crate) fn stderr(output: &Output) -> &str {
    std::str::from_utf8(&output.stderr).unwrap()
}

/// A terminal: where a person sits, and what a program gets of it.
pub(crate) fn terminal() -> (File, File) {
    let person = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    grantpt(&person).unwrap();
    unlockpt(&person).unwrap();
    let name = ptsname(&person, Vec::new()).unwrap().into_string().unwrap();
    let screen = File::options().read(true).write(true).open(name).unwrap();
    (File::from(person), screen)
}

/// The error of a command that was run with `--json`.
pub(crate) fn error(output: &Output) -> Value {
    assert!(output.stdout.is_empty(), "data beside an error");
    let document: Value = serde_json::from_str(stderr(output)).unwrap();
    let error = document["error"].clone();
    assert_eq!(error["exit"], output.status.code().unwrap(), "{error}");
    error
}

/// Compares with a file in `snapshots/`; `SNAPSHOTS=overwrite` writes it, for a person to review.
pub(crate) fn reviewed(name: &str, text: String) {
    let action = match std::env::var("SNAPSHOTS").as_deref() {
        Ok("overwrite") => Action::Overwrite,
        _ => Action::Verify,
    };
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/program/snapshots");
    let file = Path::new(folder).join(name);
    Assert::new().action(action).eq(text, Data::read_from(&file, None));
}

/// A key and its certificate, as the program makes them.
pub(crate) struct Pair {
    pub(crate) key: String,
    pub(crate) certificate: String,
}

pub(crate) static PAIR: LazyLock<Pair> = LazyLock::new(Pair::generate);

impl Pair {
    pub(crate) fn generate() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let made = program(folder.path()).args(["key", "generate", "app"]).output().unwrap();
        assert_eq!(stdout(&made), "app.key\napp.crt\n");
        let read = |name| fs::read_to_string(folder.path().join(name)).unwrap();
        Self { key: read("app.key"), certificate: read("app.crt") }
    }
}

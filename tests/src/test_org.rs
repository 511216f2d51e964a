//! An org, a user who may log in to it, and that user's files.

mod login;

use std::fs::{self, File};
use std::io::Write;
use std::ops::Deref;
use std::os::unix::fs::{OpenOptionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::LazyLock;

use orgtoken_fake_org::{AppKey, FakeOrg, FakeOrgBuilder, Scenario, User};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::{program, secret};

pub use login::now;

/// The user of every [`TestOrg`].
pub const USER: &str = "user@acme.com";
/// The consumer key of the app.
pub const CLIENT_ID: &str = "3MVG9_test";
/// The host that the org has behind its own proxy.
pub const MY_DOMAIN: &str = "https://acme.my.salesforce.com";
/// The name of the settings record in the folder.
pub const RECORD: &str = "salesforce.json";

/// The key of the app. Tests share it because generating one takes a second.
pub static KEY: LazyLock<AppKey> = LazyLock::new(AppKey::generate);

/// A fake org on the loopback and a folder with all that its user needs: the settings record
/// (`salesforce.json`), the private key (`app.key`) and the org's CA (`ca.pem`).
#[derive(Debug)]
pub struct TestOrg {
    /// The org. Dropping it takes the org off the network, and leaves the folder.
    pub org: FakeOrg,
    /// The home folder of the user.
    pub folder: TempDir,
    private_key: String,
}

impl TestOrg {
    /// Starts an org that speaks TLS and accepts [`USER`].
    pub fn new() -> Self {
        Self::with(User::new(USER), |org| org)
    }

    /// Starts an org without TLS.
    pub fn plain() -> Self {
        Self::with(User::new(USER), |org| org.tls(false))
    }

    /// Starts an org that answers the user with a scenario.
    pub fn playing(scenario: &str) -> Self {
        Self::with(User::new(USER).scenario(scenario.parse().unwrap()), |org| org)
    }

    /// Starts an org with this user and everything that `build` sets.
    pub fn with(user: User, build: impl FnOnce(FakeOrgBuilder) -> FakeOrgBuilder) -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self::set_up(folder, KEY.secret(), KEY.certificate_pem(), user, build)
    }

    /// Starts an org for an app with this key, whose user has this folder.
    pub fn set_up(
        folder: TempDir,
        private_key: &str,
        certificate: &str,
        user: User,
        build: impl FnOnce(FakeOrgBuilder) -> FakeOrgBuilder,
    ) -> Self {
        let org = FakeOrg::builder().certificate(certificate).client_id(CLIENT_ID);
        let org = build(org.user(user).tls(true)).start().unwrap();
        let test = Self { org, folder, private_key: private_key.to_owned() };
        if let Some(ca) = test.org.ca_pem() {
            fs::write(test.path("ca.pem"), ca).unwrap();
        }
        test.private_file("app.key", private_key);
        test.private_file(RECORD, &test.record().to_string());
        test
    }

    /// Returns the private key of the app, as PEM.
    pub fn private_key(&self) -> &str {
        &self.private_key
    }

    /// Returns the settings record in the format of Onify.
    pub fn record(&self) -> Value {
        json!({
            "key": "_salesforce_api_settings",
            "name": "Salesforce",
            "value": {
                "Username": USER,
                "ClientId": CLIENT_ID,
                "PrivateKey": self.private_key,
                "InstanceUrl": self.org.url(),
                "InstanceAPIVersion": "v60.0",
            },
            "tag": ["salesforce"],
            "role": ["admin"],
        })
    }

    /// Returns the path of a file in the folder.
    pub fn path(&self, name: impl AsRef<Path>) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes a file that only its owner may read.
    pub fn private_file(&self, name: &str, content: &str) {
        let mut options = File::options();
        let options = options.write(true).create(true).truncate(true).mode(0o600);
        options.open(self.path(name)).unwrap().write_all(content.as_bytes()).unwrap();
    }

    /// Writes `config.toml`.
    pub fn config(&self, text: &str) {
        fs::create_dir_all(self.path(".config/orgtoken")).unwrap();
        self.private_file(".config/orgtoken/config.toml", text);
    }

    /// Returns `orgtoken ARGS` with the flags that name the record and reach the org.
    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = self.bare(args);
        command.args(["--settings", RECORD]).args(self.way());
        command
    }

    /// Returns `orgtoken ARGS` without further flags.
    pub fn bare(&self, args: &[&str]) -> Command {
        let mut command = program::orgtoken(self.folder.path());
        command.args(args);
        command
    }

    /// Returns a shell with the environment of [`TestOrg::bare`].
    pub fn shell(&self, script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]).current_dir(self.folder.path()).env_clear();
        command.env("HOME", self.folder.path());
        command
    }

    /// Returns a `PATH` on which the program is called `orgtoken`.
    pub fn path_variable(&self) -> String {
        let bin = self.path("bin");
        fs::create_dir_all(&bin).unwrap();
        let _ = symlink(program::path(), bin.join("orgtoken"));
        format!("{}:/usr/bin:/bin", bin.display())
    }

    /// Returns the variables that lead to the org.
    pub fn variables(&self) -> [(&'static str, String); 6] {
        let file = |name| self.path(name).to_str().unwrap().to_owned();
        [
            ("ORGTOKEN_ALLOW_HOSTS", self.org.address().to_owned()),
            ("ORGTOKEN_INSTANCE_URL", self.org.url().to_owned()),
            ("ORGTOKEN_CLIENT_ID", CLIENT_ID.to_owned()),
            ("ORGTOKEN_USERNAME", USER.to_owned()),
            ("ORGTOKEN_PRIVATE_KEY_FILE", file("app.key")),
            ("ORGTOKEN_CA_FILE", file("ca.pem")),
        ]
    }

    /// Runs [`TestOrg::command`].
    pub fn run(&self, args: &[&str]) -> Output {
        self.command(args).output().unwrap()
    }

    /// Returns the flags that make the org reachable.
    pub fn way(&self) -> [&str; 4] {
        ["--allow-host", self.org.address(), "--ca-file", "ca.pem"]
    }

    /// Checks that a command printed neither the private key nor an assertion.
    #[track_caller]
    pub fn assert_key_is_hidden(&self, output: &Output) {
        let key = secret::pem_body(&self.private_key);
        for (name, bytes) in [("output", &output.stdout), ("error", &output.stderr)] {
            let text = String::from_utf8_lossy(bytes);
            assert!(!secret::shows(&text, &key), "standard {name} shows the private key: {text}");
        }
        // Each assertion of ours begins like this.
        assert!(!program::stderr(output).contains("eyJhbGciOiJSUzI1NiJ9"), "an assertion is shown");
    }

    /// Answers the user with a scenario from now on.
    pub fn play(&self, scenario: &str) {
        self.org.set_scenario(USER, Scenario::named(scenario).unwrap());
    }

    /// Creates accounts named `A0000`, `A0001` and so on.
    pub fn accounts(&self, number: usize) {
        let names: Vec<Value> = (0..number)
            .map(|n| json!({ "attributes": { "type": "Account" }, "Name": format!("A{n:04}") }))
            .collect();
        for some in names.chunks(200) {
            let body = json!({ "records": some }).to_string();
            let mut command =
                self.command(&["api", "composite/sobjects", "--silent", "--input", "-"]);
            assert_eq!(program::stdout(&program::run_with_input(&mut command, &body)), "");
        }
    }
}

impl Default for TestOrg {
    fn default() -> Self {
        Self::new()
    }
}

impl Deref for TestOrg {
    type Target = FakeOrg;

    fn deref(&self) -> &FakeOrg {
        &self.org
    }
}

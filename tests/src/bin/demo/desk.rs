//! Where the story is told: a folder, the org, and what is typed.

use std::fs;
use std::io::{self, Write as _};
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use conformance::program::{self, Ran};
use orgtoken_fake_org::{FakeOrg, User};
use serde_json::{Value, json};
use tempfile::TempDir;

pub(crate) struct Desk {
    folder: TempDir,
    pub(crate) org: FakeOrg,
}

impl Desk {
    /// Starts an org that has the certificate of [`key_pair`], and writes the settings for it.
    pub(crate) fn set_up(folder: TempDir) -> Result<Self> {
        let certificate = fs::read(folder.path().join("acme.crt"))?;
        let org = FakeOrg::builder()
            .certificate(certificate)
            .client_id(CLIENT_ID)
            .user(User::new(USER).named("Inte", "Gration"))
            .tls(true)
            .start()?;
        fs::write(folder.path().join("ca.pem"), org.ca_pem().context("the org speaks TLS")?)?;
        let desk = Self { folder, org };
        desk.write_record()?;
        Ok(desk)
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// What the program finds in its environment, so that every command is short.
    pub(crate) fn variables(&self) -> [(&'static str, String); 3] {
        [
            ("ORGTOKEN_SETTINGS", RECORD.to_owned()),
            ("ORGTOKEN_CA_FILE", "ca.pem".to_owned()),
            ("ORGTOKEN_ALLOW_HOSTS", self.org.address().to_owned()),
        ]
    }

    /// Runs `orgtoken`, and shows what is typed.
    pub(crate) fn orgtoken(&self, arguments: &[&str]) -> Result<Ran> {
        typed(arguments)?;
        let mut command = program::orgtoken(self.folder())?;
        command.args(arguments).envs(self.variables());
        Ran::of(&mut command, "")
    }

    /// The same, for calls whose answer is JSON.
    pub(crate) fn api(&self, arguments: &[&str]) -> Result<Value> {
        let answer = self.orgtoken(&[&["api"], arguments].concat())?.good()?;
        ensure!(!answer.trim().is_empty(), "the org answered nothing");
        serde_json::from_str(&answer).context("the org's answer is no JSON")
    }

    fn write_record(&self) -> Result<()> {
        let record = json!({
            "key": "salesforce",
            "name": "Salesforce",
            "value": {
                "Username": USER,
                "ClientId": CLIENT_ID,
                "PrivateKey": fs::read_to_string(self.folder().join("acme.key"))?,
                "InstanceUrl": self.org.url(),
                "InstanceAPIVersion": "v60.0",
            },
            "tag": ["salesforce"],
            "role": ["admin"],
        });
        let path = self.folder().join(RECORD);
        fs::write(&path, serde_json::to_vec_pretty(&record)?)?;
        // It holds the private key.
        use std::os::unix::fs::PermissionsExt as _;
        Ok(fs::set_permissions(path, fs::Permissions::from_mode(0o600))?)
    }
}

/// Makes the pair of files `acme.key` and `acme.crt` in a fresh folder.
pub(crate) fn key_pair() -> Result<(TempDir, Ran)> {
    let folder = tempfile::Builder::new().prefix("orgtoken-demo-").tempdir()?;
    let arguments = ["key", "generate", "acme"];
    typed(&arguments)?;
    let mut command: Command = program::orgtoken(folder.path())?;
    let ran = Ran::of(command.args(arguments), "")?;
    Ok((folder, ran))
}

pub(crate) fn say(line: &str) -> io::Result<()> {
    writeln!(io::stdout(), "{line}")
}

/// The command as a person would type it.
fn typed(arguments: &[&str]) -> io::Result<()> {
    let words: Vec<String> = arguments.iter().map(|word| quoted(word)).collect();
    say(&format!("   $ orgtoken {}", words.join(" ")))
}

fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=".contains(c);
    match word.split_once('=') {
        _ if word.chars().all(plain) => word.to_owned(),
        Some((name, value)) => format!("{name}='{value}'"),
        None => format!("'{word}'"),
    }
}

pub(crate) const USER: &str = "integration@acme.example";
pub(crate) const RECORD: &str = "salesforce.json";
const CLIENT_ID: &str = "3MVG9demo0nlyAbCdEfGhIjKlMnOpQrStUvWxYz0123456789";

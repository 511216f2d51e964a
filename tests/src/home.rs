//! A person's machine: a folder with a key and a settings record, and nothing else of the world.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::keys::{self, Manifest};
use crate::program::{self, Ran};
use crate::secret::shows;

/// A fresh home folder; it goes when this does.
#[derive(Debug)]
pub struct Home {
    folder: TempDir,
    key: String,
    /// Goes behind the arguments of every call.
    flags: Vec<String>,
}

impl Home {
    /// With the RSA key of 2048 bits from the table of test keys.
    pub fn new() -> Result<Self> {
        let keys = keys::folder()?;
        let manifest = Manifest::read(&keys)?;
        let file = manifest.find("A31 PKCS#8, PEM, 2048 bits")?;
        let key = fs::read_to_string(keys.join(&file.file)).context("cannot read the test key")?;
        Ok(Self { folder: tempfile::tempdir()?, key, flags: Vec::new() })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// The private key, as PEM.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// Writes a file and returns its path.
    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) -> Result<PathBuf> {
        let path = self.folder.path().join(name);
        keys::private(&path, content.as_ref())?;
        Ok(path)
    }

    /// Writes the settings record of a user at an instance, as Onify keeps it.
    pub fn write_record(&self, user: &str, instance_url: &str) -> Result<()> {
        let record = self.record(json!({ "Username": user, "InstanceUrl": instance_url }));
        self.write(RECORD, record.to_string()).map(drop)
    }

    /// A settings record with these fields, and the usual ones where they say nothing.
    pub fn record(&self, fields: Value) -> Value {
        let mut value = json!({
            "Username": USER,
            "ClientId": CLIENT_ID,
            "PrivateKey": self.key,
            "InstanceUrl": "https://acme.my.salesforce.com",
            "InstanceAPIVersion": "v60.0",
        });
        if let (Value::Object(value), Value::Object(fields)) = (&mut value, fields) {
            value.extend(fields);
        }
        json!({"key": "salesforce", "name": "Salesforce", "value": value, "tag": [], "role": ["admin"]})
    }

    /// What every later call gives behind its own arguments.
    pub fn set_flags<S: Into<String>>(&mut self, flags: impl IntoIterator<Item = S>) {
        self.flags = flags.into_iter().map(Into::into).collect();
    }

    /// `orgtoken ARGUMENTS`, not yet started.
    pub fn command(&self, arguments: &[&str]) -> Result<Command> {
        let mut command = self.command_without_flags(arguments)?;
        command.args(&self.flags);
        Ok(command)
    }

    /// The same, with nothing behind these arguments.
    pub fn command_without_flags(&self, arguments: &[&str]) -> Result<Command> {
        let mut command = program::orgtoken(self.path())?;
        command.args(arguments);
        Ok(command)
    }

    /// Runs `orgtoken ARGUMENTS` to its end, which never takes more than 64 MiB.
    pub fn orgtoken(&self, arguments: &[&str]) -> Result<Ran> {
        Ran::of(&mut program::in_64_mib(&self.command(arguments)?), "")
    }

    /// Checks that no part of the private key stands in what a program said.
    pub fn is_kept_by(&self, ran: &Ran) -> Result<()> {
        let body: String = self.key.lines().filter(|line| !line.contains("-----")).collect();
        ensure!(!shows(&ran.stdout, &body), "standard output shows the private key");
        ensure!(!shows(&ran.stderr, &body), "standard error shows the private key");
        Ok(())
    }
}

/// Who logs in unless told.
pub const USER: &str = "integration@acme.example";
/// The app's consumer key.
pub const CLIENT_ID: &str = "3MVG9test0nlyAbCdEfGhIjKlMnOpQrStUvWxYz0123456789";
/// The settings record of [`Home::write_record`].
pub const RECORD: &str = "salesforce.json";

//! The table of test keys in the forms that users paste, mount and export, with expected results.
//!
//! OpenSSL or a reviewer decided the expected results, never our own parser. The RSA numbers are
//! generated here. Forms that only OpenSSL or ssh-keygen can write are added if these tools are
//! installed.

mod der;
mod good;
mod odd_numbers;
mod rsa;
mod text;
mod tools;
mod wrong_kind;

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::{fs, io};

use anyhow::{Context, Result};
use base64ct::{Base64, Encoding};
use serde::{Deserialize, Serialize};

use self::rsa::Rsa;
use ::rsa::sha2::{Digest, Sha256};

/// The content of `manifest.json`.
#[derive(Debug, Deserialize, Serialize)]
pub struct Manifest {
    /// Changes with the table and with the installed tools.
    pub version: String,
    /// The passphrase of every encrypted key.
    pub passphrase: String,
    /// The message of each `signature`.
    pub message: String,
    /// The files.
    pub keys: Vec<KeyFile>,
}

/// A file and its expected result.
#[derive(Debug, Deserialize, Serialize)]
pub struct KeyFile {
    /// A description.
    pub name: String,
    /// The name of the file in the folder of the manifest.
    pub file: String,
    /// `accept`, or the code of the error.
    pub expect: String,
    /// The same with the passphrase; only for encrypted keys.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expect_with_passphrase: Option<String>,
    /// The expected properties of an accepted key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<Key>,
}

/// The properties of an RSA key.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Key {
    /// The bits of its modulus.
    pub bits: u32,
    /// SHA-256 of its `SubjectPublicKeyInfo`, in hex.
    pub fingerprint: String,
    /// RS256 over the manifest's message, in base64.
    pub signature: String,
}

impl Manifest {
    /// Reads the manifest in `folder`.
    pub fn read(folder: &Path) -> Result<Self> {
        let path = folder.join(MANIFEST);
        let text = fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
        serde_json::from_slice(&text).with_context(|| format!("{} is damaged", path.display()))
    }

    /// Finds the first file whose name begins like this.
    pub fn find(&self, name: &str) -> Result<&KeyFile> {
        let found = self.keys.iter().find(|key| key.name.starts_with(name));
        found.with_context(|| format!("no test key `{name}`"))
    }
}

/// Returns the folder of the test keys, in the target folder of Cargo. Makes the table if it is
/// missing or old; a lock makes other test processes wait.
pub fn folder() -> Result<PathBuf> {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    if let Some(folder) = FOLDER.get() {
        return Ok(folder.clone());
    }
    // The programs of Cargo are in `target/PROFILE`, its tests in `target/PROFILE/deps`.
    let program = std::env::current_exe()?;
    let is_test = program.parent().is_some_and(|folder| folder.ends_with("deps"));
    let target = program.ancestors().nth(if is_test { 3 } else { 2 });
    let target = target.context("this program is not in a target folder")?;
    let lock = File::create(target.join("test-keys.lock"))?;
    lock.lock()?;
    let folder = target.join("test-keys");
    make(&folder)?;
    Ok(FOLDER.get_or_init(|| folder).clone())
}

/// Creates the table in `folder` if it is missing or old. Returns the number of files and whether
/// they are new.
pub fn make(folder: &Path) -> Result<(usize, bool)> {
    let tools = tools::installed();
    let version = version(&tools);
    if let Ok(manifest) = Manifest::read(folder)
        && manifest.version == version
        && manifest.keys.iter().all(|key| folder.join(&key.file).exists())
    {
        return Ok((manifest.keys.len(), false));
    }

    let mut table = Table::default();
    let bases = Bases::generate();
    good::fill(&mut table, &bases);
    text::fill(&mut table, &bases.main);
    wrong_kind::fill(&mut table, &bases.main)?;
    odd_numbers::fill(&mut table, &bases.main);
    tools::fill(&mut table, &bases.main, &tools)?;
    let files = table.rows.len();
    table.write(folder, version).context("cannot write the test keys")?;
    Ok((files, true))
}

/// The keys that the others are derived from.
struct Bases {
    /// A key of 2048 bits.
    main: Rsa,
    /// Keys of every other accepted size.
    others: Vec<Rsa>,
}

impl Bases {
    fn generate() -> Self {
        std::thread::scope(|scope| {
            let large = scope.spawn(|| Rsa::generate(4096));
            let main = Rsa::generate(2048);
            let mut others: Vec<Rsa> = [2056, 3000, 3072].map(Rsa::generate).into();
            others.push(large.join().expect("keys are found"));
            Self { main, others }
        })
    }
}

#[derive(Default)]
struct Table {
    rows: Vec<(KeyFile, Vec<u8>)>,
}

impl Table {
    fn accept(&mut self, name: &str, key: &Rsa, content: impl AsRef<[u8]>) {
        self.add(name, "accept", None, Some(Key::of(key)), content.as_ref());
    }

    fn refuse(&mut self, name: &str, code: &str, content: impl AsRef<[u8]>) {
        self.add(name, code, None, None, content.as_ref());
    }

    /// Adds a key that its passphrase decrypts.
    fn encrypted(&mut self, name: &str, key: &Rsa, content: impl AsRef<[u8]>) {
        let with = Some("accept".to_owned());
        self.add(name, "key.encrypted", with, Some(Key::of(key)), content.as_ref());
    }

    /// Adds a key that is refused even with its passphrase.
    fn never(&mut self, name: &str, content: impl AsRef<[u8]>) {
        let with = Some("key.encrypted".to_owned());
        self.add(name, "key.encrypted", with, None, content.as_ref());
    }

    fn add(
        &mut self,
        name: &str,
        code: &str,
        with: Option<String>,
        key: Option<Key>,
        content: &[u8],
    ) {
        let file = KeyFile {
            name: name.to_owned(),
            file: file_name(name, content),
            expect: code.to_owned(),
            expect_with_passphrase: with,
            key,
        };
        assert!(self.rows.iter().all(|(known, _)| known.file != file.file), "`{name}` twice");
        self.rows.push((file, content.to_vec()));
    }

    fn write(self, folder: &Path, version: String) -> Result<()> {
        fs::create_dir_all(folder)?;
        remove_old(folder)?;
        let mut keys = Vec::new();
        for (file, content) in self.rows {
            private(&folder.join(&file.file), &content)?;
            keys.push(file);
        }
        let manifest =
            Manifest { version, passphrase: PASSPHRASE.into(), message: MESSAGE.into(), keys };
        // Written last, so that an incomplete table is created again.
        Ok(fs::write(folder.join(MANIFEST), serde_json::to_vec_pretty(&manifest)?)?)
    }
}

impl Key {
    fn of(key: &Rsa) -> Self {
        Self {
            bits: key.bits(),
            fingerprint: hex(&key.fingerprint()),
            signature: Base64::encode_string(&key.sign(MESSAGE.as_bytes())),
        }
    }
}

/// Removes the files of an earlier table and no others.
fn remove_old(folder: &Path) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_name().to_string_lossy().starts_with("test-only-") {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

/// Writes a file that only its owner may read.
pub(crate) fn private(path: &Path, content: &[u8]) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    fs::write(path, content)?;
    fs::set_permissions(path, fs::Permissions::from_mode(0o600))
}

fn file_name(name: &str, content: &[u8]) -> String {
    let words = name.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    let words: Vec<String> = words.map(str::to_lowercase).collect();
    let ending = match content.first() {
        Some(b'{') => "json",
        Some(0x30) => "der",
        _ => "pem",
    };
    format!("test-only-{}.{ending}", words.join("-"))
}

/// Returns the version of the table: a digest of this module's code and the installed tools.
fn version(tools: &str) -> String {
    let mut code = Sha256::new();
    for source in SOURCES.into_iter().chain([tools]) {
        code.update(source);
    }
    hex(&code.finalize()[..8])
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

const MANIFEST: &str = "manifest.json";
const PASSPHRASE: &str = "test-only passphrase";
const MESSAGE: &str = "what a test signs";
const SOURCES: [&str; 8] = [
    include_str!("keys.rs"),
    include_str!("keys/der.rs"),
    include_str!("keys/good.rs"),
    include_str!("keys/odd_numbers.rs"),
    include_str!("keys/rsa.rs"),
    include_str!("keys/text.rs"),
    include_str!("keys/tools.rs"),
    include_str!("keys/wrong_kind.rs"),
];

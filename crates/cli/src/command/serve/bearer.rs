//! The files with the bearer tokens of TCP clients.

use std::collections::BTreeSet;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::io::ErrorKind;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::ptr;

use orgtoken_broker::{Bearer, CurrentBearer, FileFingerprints};

use super::Args;
use crate::failure::Failure;
use crate::io::console::Console;
use crate::io::input::read_bearer;
use crate::io::new_file::NewFile;
use crate::io::text::shown;

/// A value of `--bearer-file`.
#[derive(Clone, Debug)]
pub(super) struct BearerArg {
    /// The profile for whose addresses the file is; `None` for every other address.
    profile: Option<String>,
    path: PathBuf,
}

impl BearerArg {
    /// Parses `[PROFILE=]FILE`. A `=` after a slash is a part of the file's name.
    pub(super) fn parse(text: OsString) -> Self {
        let bytes = text.as_bytes();
        let at = bytes.iter().position(|byte| [b'=', b'/'].contains(byte));
        match at.filter(|at| bytes[*at] == b'=') {
            Some(at) => Self {
                profile: Some(String::from_utf8_lossy(&bytes[..at]).into_owned()),
                path: OsStr::from_bytes(&bytes[at + 1..]).into(),
            },
            None => Self { profile: None, path: text.into() },
        }
    }
}

/// The bearer files of a service that listens on TCP.
pub(super) struct BearerFiles {
    files: Vec<BearerFile>,
    fingerprints: FileFingerprints,
}

struct BearerFile {
    /// The only profile of its addresses; `None` if they serve every profile.
    profile: Option<String>,
    path: PathBuf,
    bearer: CurrentBearer,
}

impl BearerFiles {
    /// Finds the file of each TCP address, and reads none yet. No file is for several profiles: its
    /// token would open all of them.
    ///
    /// * `served`: the profiles of the addresses; `None` for an address that serves every profile
    pub(super) fn of(args: &Args, served: BTreeSet<Option<String>>) -> Result<Self, Failure> {
        let find = |profile: Option<&str>| {
            args.bearer_file.iter().find(|file| file.profile.as_deref() == profile)
        };
        let chosen = served.into_iter().map(|profile| {
            let file = find(profile.as_deref()).or_else(|| find(None));
            (profile, file)
        });
        let chosen: Vec<_> = chosen.collect();
        let is_used = |given: &&BearerArg| {
            chosen.iter().any(|(_, file)| file.is_some_and(|file| ptr::eq(file, *given)))
        };
        if let Some(unused) = args.bearer_file.iter().find(|given| !is_used(given)) {
            let hint = "leave it out, or add its `--listen`: each `--listen ADDRESS=PROFILE` has one \
                file, and all other addresses have one; write a file with `=` in its name as ./FILE";
            let path = shown(&unused.path);
            let why = format!("`--bearer-file`: no address of the service uses `{path}`");
            return Err(Failure::new("usage.value", Some(hint), why));
        }
        let mut files: Vec<BearerFile> = Vec::new();
        for (profile, file) in chosen {
            match file.map(|file| file.path.clone()) {
                None if args.open_loopback => {}
                None => return Err(missing()),
                Some(path) if files.iter().any(|file| file.path == path) => {
                    return Err(shared(&path));
                }
                Some(path) => {
                    files.push(BearerFile { profile, path, bearer: CurrentBearer::default() });
                }
            }
        }
        // Taken before the files are read, so that no later change is missed.
        let fingerprints = FileFingerprints::of(files.iter().map(|file| file.path.clone()));
        Ok(Self { files, fingerprints })
    }

    /// The token of the addresses of a profile, or of those of every profile.
    pub(super) fn bearer(&self, profile: Option<&str>) -> CurrentBearer {
        let file = self.files.iter().find(|file| file.profile.as_deref() == profile);
        file.map(|file| file.bearer.clone()).unwrap_or_default()
    }

    /// Reads the tokens. A file that does not exist is created with a new one.
    pub(super) fn open(&self, console: Console) -> Result<(), Failure> {
        let read_or_create = |path: &Path| match fs::symlink_metadata(path) {
            Err(error) if error.kind() == ErrorKind::NotFound => create(path, console),
            _ => read(path),
        };
        for (file, token) in self.files.iter().zip(self.tokens(read_or_create)) {
            file.bearer.set(Some(token?));
        }
        Ok(())
    }

    /// Reads the files again if one has changed, or if `is_forced`. While a file is invalid or has
    /// the token of another, every request that needs its token is refused.
    pub(super) fn reload(&mut self, is_forced: bool, console: Console) {
        if !self.fingerprints.have_changed() && !is_forced {
            return;
        }
        let tokens = self.tokens(read);
        for (file, token) in self.files.iter().zip(tokens) {
            if let Err(failure) = &token {
                console.warn(&format_args!(
                    "requests that need this bearer file are refused until it is valid: {}",
                    failure.message()
                ));
            }
            file.bearer.set(token.ok());
        }
    }

    /// Returns the token of each file. Those that are in several files are errors: these may be one
    /// file with several names.
    fn tokens(
        &self,
        read: impl Fn(&Path) -> Result<Bearer, Failure>,
    ) -> Vec<Result<Bearer, Failure>> {
        let tokens: Vec<_> = self.files.iter().map(|file| read(&file.path)).collect();
        let count = |token: &Bearer| tokens.iter().flatten().filter(|one| *one == token).count();
        let counts: Vec<_> = tokens.iter().map(|token| token.as_ref().map_or(0, count)).collect();
        let tokens = tokens.into_iter().zip(counts).zip(&self.files);
        let unshared = |((token, count), file): (_, &BearerFile)| match count {
            2.. => Err(shared(&file.path)),
            _ => token,
        };
        tokens.map(unshared).collect()
    }
}

fn read(path: &Path) -> Result<Bearer, Failure> {
    let bytes = read_bearer(path)?;
    let parsed = Bearer::parse(&String::from_utf8_lossy(&bytes));
    parsed.map_err(|error| Failure::about(&shown(path), &error))
}

fn create(path: &Path, console: Console) -> Result<Bearer, Failure> {
    let bearer = Bearer::generate()?;
    let mut new = NewFile::create(path)?;
    new.write(bearer.secret().as_bytes())?;
    new.keep();
    console.remark(&format_args!("the bearer token is in {}", shown(path)));
    Ok(bearer)
}

fn missing() -> Failure {
    let hint = "pass the file of the bearer token, which is created if it is missing";
    Failure::new("usage.missing", Some(hint), "missing `--bearer-file`")
}

fn shared(path: &Path) -> Failure {
    let hint = "give each profile that has an address of its own a file of its own: \
        `--bearer-file PROFILE=FILE`";
    let why = "one bearer token would open addresses of different profiles";
    Failure::new("usage.conflict", Some(hint), format!("{}: {why}", shown(path)))
}

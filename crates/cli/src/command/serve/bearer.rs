//! The files with the bearer tokens of TCP clients.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::io::ErrorKind;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use orgtoken_assertion::Diagnostic;
use orgtoken_broker::{Bearer, CurrentBearer, FileFingerprints};
use orgtoken_oauth::redact;

use super::Args;
use crate::args::UsageError;
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
pub(super) struct BearerFiles(Vec<BearerFile>);

struct BearerFile {
    /// The only profile of its addresses; `None` if they serve every profile.
    profile: Option<String>,
    path: PathBuf,
    fingerprint: FileFingerprints,
    bearer: CurrentBearer,
}

impl BearerFiles {
    /// Finds the file of each TCP address, and reads none yet. No file is for several profiles: its
    /// token would open all of them.
    ///
    /// * `served`: the profiles of the addresses; `None` for an address that serves every profile
    pub(super) fn of(args: &Args, served: BTreeSet<Option<String>>) -> Result<Self, Failure> {
        let named = args.bearer_file.iter().filter_map(|file| file.profile.as_deref());
        let mut unused = named.filter(|name| !served.contains(&Some((*name).to_owned())));
        if let Some(name) = unused.next() {
            let hint =
                "add `--listen ADDRESS=PROFILE`; write a file with `=` in its name as ./FILE";
            let name = redact::name(name);
            let why = format!("`--bearer-file`: no `--listen` is for the profile `{name}` alone");
            return Err(Failure::new("usage.value", Some(hint), why));
        }
        let mut files: Vec<BearerFile> = Vec::new();
        for profile in served {
            let Some(path) = path_for(args, profile.as_deref())? else {
                if args.open_loopback {
                    continue;
                }
                return Err(missing());
            };
            if files.iter().any(|file| file.path == *path) {
                return Err(shared());
            }
            files.push(BearerFile {
                profile,
                path: path.to_owned(),
                fingerprint: FileFingerprints::default(),
                bearer: CurrentBearer::default(),
            });
        }
        let is_used = |path: &PathBuf| files.iter().any(|file| file.path == *path);
        if args.bearer_file.iter().any(|file| !is_used(&file.path)) {
            let hint = "add `--listen ADDRESS`, or leave the file out";
            let why = "`--bearer-file`: no address of the service uses this file";
            return Err(Failure::new("usage.value", Some(hint), why));
        }
        Ok(Self(files))
    }

    /// The token of the addresses of a profile, or of those of every profile.
    pub(super) fn bearer(&self, profile: Option<&str>) -> CurrentBearer {
        let file = self.0.iter().find(|file| file.profile.as_deref() == profile);
        file.map(|file| file.bearer.clone()).unwrap_or_default()
    }

    /// Reads the tokens. A file that does not exist is created with a new one.
    ///
    /// # Errors
    ///
    /// Two files have the same token: they may be one file with two names.
    pub(super) fn open(&mut self, console: Console) -> Result<(), Failure> {
        let mut tokens: Vec<Bearer> = Vec::new();
        for BearerFile { path, fingerprint, .. } in &mut self.0 {
            // Taken before the file is read, so that no later change is missed.
            *fingerprint = FileFingerprints::of([path.clone()]);
            let token = match fs::symlink_metadata(&*path) {
                Err(error) if error.kind() == ErrorKind::NotFound => create(path, console),
                _ => read(path),
            }?;
            if tokens.contains(&token) {
                return Err(shared());
            }
            tokens.push(token);
        }
        for (file, token) in self.0.iter().zip(tokens) {
            file.bearer.set(Some(token));
        }
        Ok(())
    }

    /// Reads the files again if one has changed, or if `is_forced`. While a file is invalid or has
    /// the token of another, every request that needs its token is refused.
    pub(super) fn reload(&mut self, is_forced: bool, console: Console) {
        let mut is_due = is_forced;
        for file in &mut self.0 {
            is_due |= file.fingerprint.have_changed();
        }
        if !is_due {
            return;
        }
        let tokens: Vec<_> = self.0.iter().map(|file| read(&file.path)).collect();
        let is_shared =
            |token: &Bearer| tokens.iter().flatten().filter(|other| *other == token).count() > 1;
        let refusals = self.0.iter().zip(&tokens).map(|(file, token)| match token {
            Ok(token) if is_shared(token) => {
                Some(format!("{}: {}", shown(&file.path), shared().message()))
            }
            Ok(_) => None,
            Err(failure) => Some(failure.message()),
        });
        let refusals: Vec<_> = refusals.collect();
        for ((file, token), refusal) in self.0.iter().zip(tokens).zip(refusals) {
            if let Some(why) = &refusal {
                console.warn(&format_args!(
                    "requests that need this bearer file are refused until it is valid: {why}"
                ));
            }
            file.bearer.set(token.ok().filter(|_| refusal.is_none()));
        }
    }
}

/// Returns the file for a profile's own addresses, or else the one for every other address.
fn path_for<'a>(args: &'a Args, profile: Option<&str>) -> Result<Option<&'a Path>, UsageError> {
    let of = |profile: Option<&str>| {
        let mut files = args.bearer_file.iter().filter(|file| file.profile.as_deref() == profile);
        match (files.next(), files.next()) {
            (Some(_), Some(_)) => {
                let why = "several files for the same addresses";
                Err(UsageError::value("`--bearer-file`", why))
            }
            (file, _) => Ok(file.map(|file| &*file.path)),
        }
    };
    Ok(match (of(profile)?, of(None)?) {
        (Some(own), _) => Some(own),
        (None, other) => other,
    })
}

fn read(path: &Path) -> Result<Bearer, Failure> {
    let bytes = read_bearer(path)?;
    Bearer::parse(&String::from_utf8_lossy(&bytes)).map_err(|error| {
        let (code, hint) = (error.code().to_owned(), error.hint().map(Cow::into_owned));
        Failure::new(code, hint, format!("{}: {error}", shown(path)))
    })
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

fn shared() -> Failure {
    let hint = "give each profile that has an address of its own a file of its own: \
        `--bearer-file PROFILE=FILE`";
    let why = "one bearer token would open addresses of different profiles";
    Failure::new("usage.conflict", Some(hint), why)
}

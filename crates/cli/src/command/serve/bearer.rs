//! The file with the bearer token of TCP clients.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use orgtoken_broker::{Bearer, FileFingerprints, Listener};

use super::Args;
use crate::failure::Failure;
use crate::io::console::Console;
use crate::io::input::read_key;
use crate::io::new_file::NewFile;
use crate::io::text::shown;

/// The bearer file of a service that listens on TCP.
#[derive(Default)]
pub(super) struct BearerFile {
    path: Option<PathBuf>,
    fingerprint: FileFingerprints,
}

impl BearerFile {
    /// Reads the bearer token, or creates the file with a new one.
    pub(super) fn open(
        args: &Args,
        listeners: &[Listener],
        console: Console,
    ) -> Result<(Self, Option<Bearer>), Failure> {
        let is_used = listeners.iter().any(|listener| listener.local_addr().is_some());
        let Some(path) = args.bearer_file.clone().filter(|_| is_used) else {
            if is_used && !args.open_loopback {
                return Err(missing());
            }
            return Ok((Self::default(), None));
        };
        // Taken before the file is read, so that no later change is missed.
        let fingerprint = FileFingerprints::of([path.clone()]);
        let bearer = match fs::symlink_metadata(&path) {
            Err(error) if error.kind() == ErrorKind::NotFound => create(&path, console),
            _ => read(&path, console),
        }?;
        Ok((Self { path: Some(path), fingerprint }, Some(bearer)))
    }

    /// Reads the token again if the file has changed or `is_forced`. Returns `Some(None)` if it is no
    /// longer valid: then every request that needs it is refused.
    pub(super) fn reload(&mut self, is_forced: bool, console: Console) -> Option<Option<Bearer>> {
        let path = self.path.as_ref()?;
        if !self.fingerprint.have_changed() && !is_forced {
            return None;
        }
        let bearer = read(path, console).inspect_err(|failure| {
            console.warn(&format_args!(
                "requests on TCP are refused until the bearer file is valid: {}",
                failure.message()
            ));
        });
        Some(bearer.ok())
    }
}

fn read(path: &Path, console: Console) -> Result<Bearer, Failure> {
    let (bytes, warning) = read_key(path)?;
    warning.iter().for_each(|warning| console.warn(warning));
    Ok(Bearer::parse(&String::from_utf8_lossy(&bytes))?)
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

//! Evidence in addition to the settings: certificate, key file, earlier logins.

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use orgtoken_client::cache::FileCache;
use orgtoken_doctor::Evidence;

use super::Args;
use crate::command::cert::certificate;
use crate::failure::Failure;
use crate::login::context::Context;

/// Collects the certificate, the mode of the key file, and the time of the last login.
pub(super) fn evidence(
    args: &Args,
    context: Context<'_>,
    store: Option<&FileCache>,
) -> Result<Evidence, Failure> {
    let key_file = context.key_file();
    let certificate = match (&args.cert, key_file.as_deref().and_then(beside)) {
        (Some(file), _) => Some(certificate(file)?),
        // A file that was not named does not end the diagnosis.
        (None, Some(file)) => {
            certificate(&file).inspect_err(|failure| context.console.warn(failure)).ok()
        }
        (None, None) => None,
    };
    let mode = key_file.and_then(|file| mode(&file));
    let held = store.and_then(|store| store.peek().token);
    Ok(Evidence { certificate, key_file: mode, worked_at: held.map(|held| held.obtained()) })
}

/// Returns `app.crt` of `app.key`, if the file exists.
fn beside(key: &Path) -> Option<PathBuf> {
    let certificate = key.with_extension("crt");
    certificate.is_file().then_some(certificate)
}

fn mode(file: &Path) -> Option<String> {
    let metadata = file.metadata().ok().filter(std::fs::Metadata::is_file)?;
    Some(format!("file mode {:04o}", metadata.mode() & 0o7777))
}

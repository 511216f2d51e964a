//! What settings name, and do not hold themselves: files, variables, a record of the Hub.

use std::path::{Path, PathBuf};

use orgtoken_settings::{Input, Loader, ReadError, Setting};
use zeroize::Zeroizing;

use crate::environment::{at_home, named_variable};
use crate::failure::Failure;
use crate::io::input::{
    Doubt, InputError, KeyFileError, KeyFileWarning, Kind, read, read_key, read_record,
};
use crate::login::context::Context;
use crate::login::hub::{self, Hub};
use crate::login::key_file::read_private_key;

/// What was read because the settings name it.
#[derive(Default)]
pub(crate) struct Supplied {
    pub(crate) files: Vec<PathBuf>,
    /// Each holds a secret.
    pub(crate) variables: Vec<String>,
}

/// What a need asked for, or why it is not there.
type Found = Result<Zeroizing<Vec<u8>>, ReadError>;

impl Context<'_> {
    /// Hands in everything but a passphrase, which somebody may have to be asked for.
    pub(crate) fn supplied(self, mut loader: Loader) -> Result<(Loader, Supplied), Failure> {
        let mut supplied = Supplied::default();
        while let Some(input) = loader.next_input() {
            match input {
                Input::Passphrase => loader.fail(&input, ReadError::Deferred),
                input => self.supply(&mut loader, &input, &mut supplied)?,
            }
        }
        Ok((loader, supplied))
    }

    /// Hands in what a need asks for, or why it is not there.
    pub(crate) fn supply(
        self,
        loader: &mut Loader,
        input: &Input,
        supplied: &mut Supplied,
    ) -> Result<(), Failure> {
        let mut doubt = None;
        match self.find(input, supplied, &mut doubt)? {
            Ok(bytes) => loader.provide(input, bytes),
            Err(why) => loader.fail(input, why),
        }
        if let Some(doubt) = doubt.filter(|_| loader.has_key_in_record()) {
            doubt.of_record()?.iter().for_each(|warning| self.console.warn(warning));
        }
        Ok(())
    }

    /// Reads what a need asks for. A key that others can read ends everything; of a record, that
    /// is known only once it has been parsed.
    fn find(
        self,
        input: &Input,
        supplied: &mut Supplied,
        doubt: &mut Option<Doubt>,
    ) -> Result<Found, Failure> {
        match input {
            Input::File { setting: Setting::Record, path } if path.starts_with(hub::SCHEME) => {
                Ok(Ok(self.pull(&path[hub::SCHEME.len()..])?))
            }
            Input::File { setting, path } => {
                let path = at_home(path);
                let found = self.file(*setting, &path, doubt);
                supplied.files.push(path);
                found
            }
            Input::Variable { name, .. } => {
                supplied.variables.push(name.clone());
                let value =
                    named_variable(name).ok_or_else(|| ReadError::Unset { name: name.clone() });
                Ok(value.map(|value| Zeroizing::new(value.into_encoded_bytes())))
            }
            input => self.file(input.setting(), Path::new("-"), doubt),
        }
    }

    fn pull(self, url: &str) -> Result<Zeroizing<Vec<u8>>, Failure> {
        let key = self.login.settings_key.as_deref();
        Hub { url, key, token_file: None }.pull(self.route)
    }

    fn file(
        self,
        setting: Setting,
        path: &Path,
        doubt: &mut Option<Doubt>,
    ) -> Result<Found, Failure> {
        let result = match setting {
            Setting::PrivateKey | Setting::Passphrase => match read_secret(setting, path) {
                Ok((bytes, warning)) => {
                    warning.iter().for_each(|warning| self.console.warn(warning));
                    Ok(bytes)
                }
                Err(KeyFileError::Input(error)) => Err(error),
                Err(error) => return Err(error.into()),
            },
            Setting::Record => read_record(path).map(|(bytes, found)| {
                *doubt = found;
                bytes
            }),
            _ => read(path, Kind::Key),
        };
        match result {
            // It is nobody's setting that is wrong, but two of them together.
            Err(error @ InputError::Taken { .. }) => Err(error.into()),
            result => Ok(result.map_err(ReadError::from)),
        }
    }
}

fn read_secret(
    setting: Setting,
    path: &Path,
) -> Result<(Zeroizing<Vec<u8>>, Option<KeyFileWarning>), KeyFileError> {
    if setting == Setting::PrivateKey { read_private_key(path) } else { read_key(path) }
}

impl From<InputError> for ReadError {
    fn from(error: InputError) -> Self {
        let text = |path: PathBuf| path.to_string_lossy().into_owned();
        match error {
            InputError::NotAFile { path, .. } => Self::NotAFile { path: text(path) },
            InputError::NotText { path, .. } => {
                Self::Os { path: text(path), reason: "it is not UTF-8".into() }
            }
            InputError::NotAName { path, .. } => {
                Self::Os { path: text(path), reason: "not a file name".into() }
            }
            InputError::Os { path, reason, .. } => Self::Os { path: text(path), reason },
            InputError::Taken { .. } => Self::Os { path: "-".into(), reason: error.to_string() },
            InputError::Unsafe { path, fault } => {
                Self::Os { path: text(path), reason: fault.to_string() }
            }
            InputError::TimedOut { path, .. } => Self::TimedOut { path: text(path) },
            InputError::TooLarge { path, limit, .. } => Self::TooLarge {
                path: text(path),
                limit: usize::try_from(limit).unwrap_or_default(),
            },
        }
    }
}

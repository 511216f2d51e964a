//! The inputs that settings name and do not hold: files, variables, a record of the Hub.

use std::path::Path;

use orgtoken_broker::FileFingerprints;
use orgtoken_settings::{Input, Loader, ReadError, Setting};
use zeroize::Zeroizing;

use crate::args::Route;
use crate::environment::{at_home, named_variable};
use crate::failure::Failure;
use crate::io::input::{
    Fault, InputError, KEY_IN_RECORD, Kind, UnsafeFile, read, read_passphrase,
    read_with_permissions,
};
use crate::login::hub;
use crate::login::key_file::read_private_key;

/// The inputs that were read.
#[derive(Default)]
pub(crate) struct Inputs {
    pub(crate) files: FileFingerprints,
    /// The names of variables, each of which holds a secret.
    pub(crate) variables: Vec<String>,
}

/// Reads inputs, and remembers them.
pub(crate) struct InputReader<'a> {
    /// The key of a record in the Hub.
    settings_key: Option<&'a str>,
    route: Option<&'a Route>,
    inputs: Inputs,
    unsafe_record: Option<UnsafeFile>,
}

/// The content of an input, or the reason why it was not read.
type Content = Result<Zeroizing<Vec<u8>>, ReadError>;

impl<'a> InputReader<'a> {
    pub(crate) fn new(settings_key: Option<&'a str>, route: Option<&'a Route>) -> Self {
        Self { settings_key, route, inputs: Inputs::default(), unsafe_record: None }
    }

    /// Reads every input that `is_wanted`. The others are deferred.
    pub(crate) fn read(
        mut self,
        mut loader: Loader,
        is_wanted: impl Fn(&Input) -> bool,
    ) -> Result<(Loader, Inputs), Failure> {
        while let Some(input) = loader.next_input() {
            if is_wanted(&input) {
                self.read_one(&mut loader, &input)?;
            } else {
                loader.fail(&input, ReadError::Deferred);
            }
        }
        Ok((loader, self.inputs))
    }

    fn read_one(&mut self, loader: &mut Loader, input: &Input) -> Result<(), Failure> {
        match self.content(input)? {
            Ok(bytes) => loader.provide(input, bytes),
            Err(error) => loader.fail(input, error),
        }
        // Whether a record holds a private key is known after it has been parsed.
        let unsafe_record = self.unsafe_record.take();
        if let Some(unsafe_file) = unsafe_record.filter(|_| loader.has_key_in_record()) {
            unsafe_file.refuse(Kind::Key, KEY_IN_RECORD)?;
        }
        Ok(())
    }

    /// Reads the content. A private key that others can read is an error.
    fn content(&mut self, input: &Input) -> Result<Content, Failure> {
        match input {
            Input::File { setting: Setting::Record, path } if path.starts_with(hub::SCHEME) => {
                let url = &path[hub::SCHEME.len()..];
                Ok(Ok(hub::pull(url, self.settings_key, None, self.route)?))
            }
            Input::File { setting, path } => {
                let path = at_home(path);
                self.inputs.files.add(path.clone());
                self.file(*setting, &path)
            }
            Input::Variable { name, .. } => {
                self.inputs.variables.push(name.clone());
                let value =
                    named_variable(name).ok_or_else(|| ReadError::Unset { name: name.clone() });
                Ok(value.map(|value| Zeroizing::new(value.into_encoded_bytes())))
            }
            input => self.file(input.setting(), Path::new("-")),
        }
    }

    fn file(&mut self, setting: Setting, path: &Path) -> Result<Content, Failure> {
        let result = match setting {
            Setting::PrivateKey => read_private_key(path),
            Setting::Passphrase => read_passphrase(path),
            Setting::Record => read_with_permissions(path, Kind::Settings).map(|(bytes, found)| {
                self.unsafe_record = found;
                bytes
            }),
            _ => read(path, Kind::Key),
        };
        match result {
            // Of two settings that read standard input, neither is wrong.
            Err(error) if matches!(error.fault, Fault::Taken | Fault::Unsafe { .. }) => {
                Err(error.into())
            }
            result => Ok(result.map_err(ReadError::from)),
        }
    }
}

impl From<InputError> for ReadError {
    fn from(InputError { path, fault, .. }: InputError) -> Self {
        let path = path.to_string_lossy().into_owned();
        match fault {
            Fault::TooLarge(limit) => Self::TooLarge { path, limit },
            fault => Self::Os { path, reason: fault.to_string() },
        }
    }
}

//! The file `config.toml`.

use std::path::PathBuf;

use orgtoken_settings::{ConfigEditor, ConfigFile, Layer};
use zeroize::Zeroizing;

use crate::environment::config_file;
use crate::failure::Failure;
use crate::io::input::read_config;
use crate::io::new_file::{create_folder, replace};

/// The file and its content, which is empty if there is no file.
pub(crate) struct Config {
    pub(crate) path: PathBuf,
    /// The path as text.
    pub(crate) name: String,
    bytes: Zeroizing<Vec<u8>>,
}

impl Config {
    /// Reads the file. The environment has to name its folder.
    pub(crate) fn read() -> Result<Self, Failure> {
        Self::find()?.ok_or_else(|| {
            Failure::new(
                "settings.home",
                Some("set HOME or XDG_CONFIG_HOME to a full path"),
                "the folder of config.toml is unknown",
            )
        })
    }

    /// Reads the file. Returns `None` if the environment names no folder for it.
    pub(crate) fn find() -> Result<Option<Self>, Failure> {
        let Some(path) = config_file() else { return Ok(None) };
        let name = path.to_string_lossy().into_owned();
        let bytes = match read_config(&path) {
            Err(error) if error.is_missing() => Zeroizing::default(),
            result => result?,
        };
        Ok(Some(Self { path, name, bytes }))
    }

    pub(crate) fn parsed(&self) -> ConfigFile<'_> {
        ConfigFile::parse(&self.bytes, &self.name)
    }

    /// Returns the profile with this name, if the file has it.
    pub(crate) fn layer(&self, name: &str) -> Option<Layer> {
        let file = self.parsed();
        file.names().iter().any(|known| known == name).then(|| file.profile(Some(name)))
    }

    /// Returns the profiles with their names.
    pub(crate) fn layers(&self) -> Vec<(String, Layer)> {
        let file = self.parsed();
        let layer = |name: String| (name.clone(), file.profile(Some(&name)));
        file.names().into_iter().map(layer).collect()
    }

    pub(crate) fn editor(&self) -> Result<ConfigEditor, Failure> {
        Ok(ConfigEditor::parse(&self.bytes, &self.name)?)
    }

    /// Replaces the file, unless its content is the same.
    pub(crate) fn write(&self, editor: &ConfigEditor) -> Result<(), Failure> {
        let edited = editor.to_string();
        if edited.as_bytes() == self.bytes.as_slice() {
            return Ok(());
        }
        self.create_folder()?;
        Ok(replace(&self.path, edited.as_bytes())?)
    }

    pub(crate) fn create_folder(&self) -> Result<(), Failure> {
        Ok(self.path.parent().map_or(Ok(()), create_folder)?)
    }
}

use std::path::PathBuf;

use clap::builder::NonEmptyStringValueParser;

/// The passphrase of an encrypted private key. On a terminal, the program asks for it.
#[derive(Clone, Debug, Default, clap::Args)]
pub(crate) struct Passphrase {
    /// Environment variable with the key's passphrase
    #[arg(long, value_name = "VARIABLE", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) key_passphrase_env: Option<String>,
    /// File with the key's passphrase
    #[arg(long, value_name = "FILE", conflicts_with = "key_passphrase_env")]
    pub(crate) key_passphrase_file: Option<PathBuf>,
}

use std::path::PathBuf;

/// What opens a private key that is encrypted. On a terminal it is asked for.
#[derive(Clone, Debug, Default, clap::Args)]
pub(crate) struct Passphrase {
    /// The environment variable that holds the private key's passphrase
    #[arg(long, value_name = "VARIABLE")]
    pub(crate) key_passphrase_env: Option<String>,
    /// The file that holds the private key's passphrase
    #[arg(long, value_name = "FILE", conflicts_with = "key_passphrase_env")]
    pub(crate) key_passphrase_file: Option<PathBuf>,
}

use orgtoken_settings::{CONFIG_SCHEMA, RECORD_SCHEMA};

use crate::failure::Failure;
use crate::io::console::Console;

/// Print a JSON Schema of the settings
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Settings to describe
    #[arg(value_enum, default_value_t = Of::Record)]
    of: Of,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum Of {
    /// The Onify record
    Record,
    /// The file config.toml
    Config,
}

pub(super) fn run(args: &Args, console: &Console) -> Result<(), Failure> {
    let schema = match args.of {
        Of::Record => RECORD_SCHEMA,
        Of::Config => CONFIG_SCHEMA,
    };
    console.json_data(schema.as_bytes())?;
    Ok(console.end_json()?)
}

use std::path::{self, Path, PathBuf};

use orgtoken_settings::Form;

use crate::args::{Login, Route, UsageError};
use crate::failure::Failure;
use crate::io::console::Console;
use crate::io::new_file::create_secret;
use crate::login::context::Context;

/// Convert settings to another form
///
/// Reads a record, a profile, or the variables of a pipeline.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Output format
    #[arg(long, alias = "to", value_enum)]
    format: Format,
    /// Name of the profile
    #[arg(long, value_name = "NAME", default_value = "default")]
    name: String,
    /// File for the private key, which a profile cannot hold
    #[arg(long, value_name = "FILE", required_if_eq("format", "profile"))]
    key_out: Option<PathBuf>,
    #[command(flatten)]
    login: Login,
    #[command(flatten)]
    route: Route,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// A record of Onify
    Record,
    /// A profile of config.toml
    Profile,
    /// `export` lines for a shell
    Env,
}

impl Args {
    /// Whether the private key is written to a file of its own.
    pub(crate) fn writes_key(&self) -> bool {
        self.format == Format::Profile
    }
}

pub(super) fn run(args: &Args, console: &Console) -> Result<(), Failure> {
    if console.filters() && args.format != Format::Record {
        let command = "orgtoken settings convert";
        return Err(UsageError::conflict("`--jq`", "this `--format`", command).into());
    }
    // Relative paths in a profile start at the folder of config.toml, which is not known here.
    let key_out = args.key_out.as_deref().unwrap_or_else(|| Path::new(""));
    let key_file = path::absolute(key_out).unwrap_or_default();
    let key_file = key_file.to_string_lossy();
    let form = match args.format {
        Format::Record => Form::Record,
        Format::Profile => Form::Profile { name: &args.name, key_file: &key_file },
        Format::Env => Form::Environment,
    };
    let context = Context { login: &args.login, route: Some(&args.route), console };
    let converted = context.complete()?.0.convert(form)?;
    for setting in converted.left_out() {
        console.warn(&format_args!(
            "`{}` is left out, since this form cannot hold it",
            setting.name()
        ));
    }
    if let (Some(key), Some(path)) = (converted.key(), &args.key_out) {
        create_secret(path, key.secret().as_bytes())?;
    }
    let text = converted.text().secret();
    match args.format {
        Format::Profile => Ok(console.data(text.as_bytes())?),
        Format::Record => Ok(console.secret_json(text, "the private key")?),
        Format::Env => Ok(console.secret(text, "the private key")?),
    }
}

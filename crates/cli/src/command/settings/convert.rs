use std::path::{self, Path, PathBuf};

use orgtoken_settings::Form;

use crate::args::{Login, Route};
use crate::failure::Failure;
use crate::io::console::Console;
use crate::io::new_file::create_secret;
use crate::login::context::Context;

/// Convert settings to another form
///
/// Reads a record, a profile, or the variables of a pipeline.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Form to write
    #[arg(long, value_name = "FORM", value_enum)]
    to: To,
    /// Name of the profile
    #[arg(long, value_name = "NAME", default_value = "default")]
    name: String,
    /// File for the private key, which a profile cannot hold
    #[arg(long, value_name = "FILE", required_if_eq("to", "profile"))]
    key_out: Option<PathBuf>,
    #[command(flatten)]
    login: Login,
    #[command(flatten)]
    route: Route,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum To {
    /// A record of Onify
    Record,
    /// A profile of config.toml
    Profile,
    /// `export` lines for a shell
    Env,
}

pub(super) fn run(args: &Args, console: &Console) -> Result<(), Failure> {
    // Relative paths in a profile start at the folder of config.toml, which is not known here.
    let key_out = args.key_out.as_deref().unwrap_or_else(|| Path::new(""));
    let key_file = path::absolute(key_out).unwrap_or_default();
    let key_file = key_file.to_string_lossy();
    let form = match args.to {
        To::Record => Form::Record,
        To::Profile => Form::Profile { name: &args.name, key_file: &key_file },
        To::Env => Form::Environment,
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
    match args.to {
        To::Profile => Ok(console.data(text.as_bytes())?),
        To::Record | To::Env => Ok(console.secret(text, "the private key")?),
    }
}

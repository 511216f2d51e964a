use std::path::PathBuf;

use serde::Serialize;

use crate::args::{Login, Route};
use crate::command::origin::{ShownValue, origin};
use crate::failure::Failure;
use crate::io::console::Console;
use crate::io::table::table;
use crate::io::text::printable;
use crate::login::context::Context;

/// Validate the settings and report all problems at once
///
/// Checks record, profile, environment and key. Nothing is sent. Shows each value with its source,
/// secrets as [set].
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Settings record [default: the settings of a login]
    #[arg(conflicts_with = "settings")]
    file: Option<PathBuf>,
    #[command(flatten)]
    login: Login,
    #[command(flatten)]
    route: Route,
}

pub(super) fn run(args: &Args, console: &Console) -> Result<(), Failure> {
    let mut login = args.login.clone();
    login.settings = args.file.clone().or(login.settings);
    let settings = Context { login: &login, route: Some(&args.route), console }.settings()?;
    if console.json() {
        return Ok(console.document(&Shown {
            settings: settings.values().iter().map(Into::into).collect(),
            notices: settings.notices().iter().map(ToString::to_string).collect(),
        })?);
    }
    let mut text = table(settings.values().iter().map(origin), console.look());
    // Suspicious notices were printed as warnings.
    for notice in settings.notices().iter().filter(|notice| !notice.is_suspicious()) {
        let note = printable(&notice.to_string());
        text += &console.look().wrapped("note: ", "      ", &note);
    }
    Ok(console.text(&text)?)
}

#[derive(Serialize)]
struct Shown<'a> {
    settings: Vec<ShownValue<'a>>,
    notices: Vec<String>,
}

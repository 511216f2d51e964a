use orgtoken_oauth::redact;
use orgtoken_settings::Loader;
use serde::Serialize;

use super::Config;
use crate::command::origin::{ShownValue, origin};
use crate::failure::Failure;
use crate::io::console::Console;
use crate::io::table::table;

/// Shows the entries of one profile. Other sources of settings are left out, and no file that the
/// profile names is read.
pub(super) fn run(config: &Config, profile: &str, console: &Console) -> Result<(), Failure> {
    let (origins, problems) = Loader::new([config.parsed().profile(Some(profile))]).shown();
    if console.json() {
        let entries = origins.iter().map(Into::into).collect();
        console.document(&Shown { profile: redact::label(profile), entries })?;
    } else {
        console.data(table(origins.iter().map(origin)).as_bytes())?;
    }
    problems.map_or(Ok(()), |problems| Err(problems.into()))
}

#[derive(Serialize)]
struct Shown<'a> {
    profile: &'a str,
    entries: Vec<ShownValue<'a>>,
}

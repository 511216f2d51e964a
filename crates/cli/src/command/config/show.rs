use orgtoken_oauth::redact;
use orgtoken_settings::{Given, Loader, Setting};
use serde::Serialize;

use crate::command::origin::{ShownValue, origin};
use crate::environment::at_home;
use crate::failure::Failure;
use crate::io::console::Console;
use crate::login::config::Config;
use crate::login::key_file::read_private_key;

/// Shows the entries of one profile. Other sources of settings are left out. Of the files that the
/// profile names, only that of the private key is checked: whether it exists, and who can read it.
pub(super) fn run(config: &Config, profile: &str, console: &Console) -> Result<(), Failure> {
    let loader = || Loader::new([config.parsed().profile(Some(profile))]);
    let (origins, problems) = loader().shown();
    if console.json() {
        let entries = origins.iter().map(Into::into).collect();
        console.document(&Shown { profile: redact::label(profile), entries })?;
    } else {
        console.table(origins.iter().map(origin))?;
    }
    if let Some(problems) = problems {
        return Err(problems.into());
    }
    if let Some(Given::File(file)) = loader().given(Setting::PrivateKey) {
        read_private_key(&at_home(file))?;
    }
    Ok(())
}

#[derive(Serialize)]
struct Shown<'a> {
    profile: &'a str,
    entries: Vec<ShownValue<'a>>,
}

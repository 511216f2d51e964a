use std::process;

use orgtoken_client::error_chain;
use orgtoken_oauth::redact;
use orgtoken_settings::Loader;

use crate::environment::variable;
use crate::failure::Failure;
use crate::io::console::Console;
use crate::io::new_file::create_secret;
use crate::login::config::Config;

/// Opens the file in an editor, and reports what is wrong with it afterwards.
pub(super) fn run(config: &Config, console: &Console) -> Result<(), Failure> {
    if !config.path.exists() {
        config.create_folder()?;
        create_secret(&config.path, b"")?;
    }
    let editor = variable("VISUAL").or_else(|| variable("EDITOR")).unwrap_or_else(|| "vi".into());
    // Without a shell, which would repeat a variable that holds something else.
    let words = editor.to_str().and_then(shlex::split).unwrap_or_default();
    let [program, arguments @ ..] = words.as_slice() else {
        return Err(failed("is not a command"));
    };
    let mut command = process::Command::new(program);
    match command.args(arguments).arg(&config.path).status() {
        Ok(status) if status.success() => {}
        Ok(status) => return Err(failed(&format!("failed: {status}"))),
        Err(error) => return Err(failed(&format!("cannot be started: {}", error_chain(&error)))),
    }
    let edited = Config::read()?;
    let file = edited.parsed();
    let names = file.names();
    // A file without profiles is checked, too.
    let choices = names.iter().map(|name| Some(name.as_str()));
    let choices: Vec<_> = if names.is_empty() { vec![None] } else { choices.collect() };
    for name in choices {
        if let (_, Some(problems)) = Loader::new([file.profile(name)]).shown() {
            return Err(problems.into());
        }
    }
    console.remark(&format_args!("{}: no problems", redact::path(&edited.name)));
    Ok(())
}

fn failed(what: &str) -> Failure {
    let hint = "set VISUAL or EDITOR to the command of an editor";
    Failure::new("io.editor", Some(hint), format!("the editor {what}"))
}

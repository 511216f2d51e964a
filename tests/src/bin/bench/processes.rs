//! Whole programs, from start to exit.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use conformance::home::{CLIENT_ID, USER};
use conformance::program::{self, Ran};
use conformance::stage::Stage;

use crate::{Row, median};

pub(crate) fn measure(runs: usize) -> Result<Vec<Row>> {
    let stage = Stage::new()?;
    let key = stage.home.write("key.pem", stage.home.key())?;
    let bare = || -> Result<Command> {
        let mut command = Command::new(program::built("bare")?);
        command.arg(&key).arg(stage.home.path().join("ca.pem"));
        command.args([stage.org.address(), CLIENT_ID, USER]).env_clear();
        Ok(command)
    };
    let cold = || stage.home.command(&["token", "--no-cache"]);
    let kept = || stage.home.command(&["token"]);
    let kept_static = || instead("orgtoken-static", &kept()?);

    // Each gets a token at all, before its speed says anything; and then there is one to keep.
    for mut command in [bare()?, cold()?, kept()?, kept_static()?] {
        let token = Ran::of(&mut command, "")?.good()?;
        ensure!(token.starts_with("00D"), "{command:?} printed no token");
    }

    let logins = stage.org.logins();
    let mut times: [Vec<Duration>; 5] = Default::default();
    for _ in 0..runs {
        let commands = [Command::new("/bin/true"), bare()?, cold()?, kept()?, kept_static()?];
        for (mut command, times) in commands.into_iter().zip(&mut times) {
            times.push(time(&mut command)?);
        }
    }
    ensure!(stage.org.logins() == logins + 2 * runs, "the cache did not spare its logins");
    let [empty, bare, cold, kept, kept_static] = times.map(median);
    Ok(vec![
        Row::ratio("orgtoken token, cold, beside a bare client", cold, bare, 1.25),
        Row::ratio("orgtoken token, cached, beside /bin/true", kept, empty, 2.5),
        Row::ratio("the same, linked statically", kept_static, empty, 1.7),
    ])
}

/// The same with another program in its place.
fn instead(program: &str, command: &Command) -> Result<Command> {
    let mut other = Command::new(program::built(program)?);
    let variables = command.get_envs().filter_map(|(name, value)| Some((name, value?)));
    other.args(command.get_args()).env_clear().envs(variables);
    command.get_current_dir().map(|folder| other.current_dir(folder));
    Ok(other)
}

fn time(command: &mut Command) -> Result<Duration> {
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let began = Instant::now();
    let status = command.status()?;
    let took = began.elapsed();
    ensure!(status.success(), "{command:?} ended with {status}");
    Ok(took)
}

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
    let cold = || stage.home.command(&["token"]);

    // Both get a token at all, before their speed says anything.
    for command in [bare()?, cold()?] {
        let mut command = command;
        let token = Ran::of(&mut command, "")?.good()?;
        ensure!(token.starts_with("00D"), "{command:?} printed no token");
    }

    let (mut empty, mut reference, mut ours) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..runs {
        empty.push(time(&mut Command::new("/bin/true"))?);
        reference.push(time(&mut bare()?)?);
        ours.push(time(&mut cold()?)?);
    }
    let (reference, ours) = (median(reference), median(ours));
    Ok(vec![
        Row::shown("/bin/true", median(empty)),
        Row::ratio("orgtoken token, cold, beside a bare client", ours, reference, 1.25),
    ])
}

fn time(command: &mut Command) -> Result<Duration> {
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let began = Instant::now();
    let status = command.status()?;
    let took = began.elapsed();
    ensure!(status.success(), "{command:?} ended with {status}");
    Ok(took)
}

//! Whole programs, from start to exit.

use std::fs;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use conformance::home::{CLIENT_ID, RECORD, USER};
use conformance::program::{self, Ran};
use conformance::stage::Stage;

use crate::Row;

pub(crate) fn measure(runs: usize) -> Result<Vec<Row>> {
    let stage = Stage::new()?;
    let key = stage.home.write("key.pem", stage.home.key())?;
    let roots = stage.home.write("roots.pem", system_roots(&stage)?)?;
    let bare = || -> Result<Command> {
        let mut command = Command::new(program::built("bare")?);
        command.arg(&key).arg(stage.home.path().join("ca.pem"));
        command.args([stage.org.address(), CLIENT_ID, USER]).env_clear();
        Ok(command)
    };
    let cold = || stage.home.command(&["token", "--no-cache"]);
    let many_roots = || -> Result<Command> {
        let host = stage.org.address();
        let arguments = ["token", "--no-cache", "-s", RECORD, "--allow-host", host];
        let mut command = stage.home.command_without_flags(&arguments)?;
        command.env("SSL_CERT_FILE", &roots);
        Ok(command)
    };
    let cached = || stage.home.command(&["token"]);
    let cached_static = || instead("orgtoken-static", &cached()?);

    // Each prints a token before it is timed, and afterwards one is in the cache.
    for mut command in [bare()?, cold()?, many_roots()?, cached()?, cached_static()?] {
        let token = Ran::of(&mut command, "")?.good()?;
        ensure!(token.starts_with("00D"), "{command:?} printed no token");
    }

    let logins = stage.org.logins();
    let mut times: [Vec<Duration>; 6] = Default::default();
    for _ in 0..runs {
        let commands = [
            Command::new("/bin/true"),
            bare()?,
            cold()?,
            many_roots()?,
            cached()?,
            cached_static()?,
        ];
        for (mut command, times) in commands.into_iter().zip(&mut times) {
            times.push(time(&mut command)?);
        }
    }
    ensure!(stage.org.logins() == logins + 3 * runs, "the cache did not spare its logins");
    let [empty, bare, cold, many_roots, cached, cached_static] = &times;
    Ok(vec![
        Row::ratio("orgtoken token, cold, beside a bare client", cold, bare, 1.25),
        Row::ratio("the same with the system's roots, beside one", many_roots, cold, 1.9),
        Row::ratio("orgtoken token, cached, beside /bin/true", cached, empty, 2.5),
        Row::ratio("the same, linked statically", cached_static, empty, 1.7),
    ])
}

/// The system's own bundle and the org's CA.
fn system_roots(stage: &Stage) -> Result<String> {
    let bundle = openssl_probe::probe().cert_file.context("the system has no bundle of roots")?;
    Ok(fs::read_to_string(bundle)? + stage.org.ca_pem().context("an org with TLS has a CA")?)
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

//! The time of whole programs, from start to exit.

use std::fs;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use conformance::program::{self, stdout};
use conformance::test_org::{CLIENT_ID, RECORD, TestOrg, USER};

use crate::Row;

pub(crate) fn measure(runs: usize) -> Result<Vec<Row>> {
    let org = TestOrg::new();
    fs::write(org.path("roots.pem"), system_roots(&org)?)?;
    let bare = || {
        let mut command = Command::new(program::built("bare"));
        command.args([org.path("app.key"), org.path("ca.pem")]);
        command.args([org.address(), CLIENT_ID, USER]).env_clear();
        command
    };
    let cold = || org.command(&["token", "--no-cache"]);
    let cold_static = || instead("orgtoken-static", &cold());
    let many_roots = || {
        let host = org.address();
        let mut command = org.bare(&["token", "--no-cache", "-s", RECORD, "--allow-host", host]);
        command.env("SSL_CERT_FILE", org.path("roots.pem"));
        command
    };
    let cached = || org.command(&["token"]);
    let cached_static = || instead("orgtoken-static", &cached());

    // Each prints a token before it is timed, and afterwards one is in the cache.
    for mut command in [bare(), cold(), cold_static(), many_roots(), cached(), cached_static()] {
        let output = command.output()?;
        ensure!(stdout(&output).starts_with("00D"), "{command:?} printed no token");
    }

    let logins = org.logins();
    let mut times: [Vec<Duration>; 7] = Default::default();
    for _ in 0..runs {
        let commands = [
            Command::new("/bin/true"),
            bare(),
            cold(),
            cold_static(),
            many_roots(),
            cached(),
            cached_static(),
        ];
        for (mut command, times) in commands.into_iter().zip(&mut times) {
            times.push(time(&mut command)?);
        }
    }
    ensure!(org.logins() == logins + 4 * runs, "the cache did not spare its logins");
    let [empty, bare, cold, cold_static, many_roots, cached, cached_static] = &times;
    Ok(vec![
        Row::ratio("orgtoken token, cold, beside a bare client", cold, bare, 1.25),
        Row::ratio("the same, linked statically", cold_static, bare, 1.25),
        Row::ratio("cold with the system's roots, beside one", many_roots, cold, 1.9),
        Row::ratio("orgtoken token, cached, beside /bin/true", cached, empty, 2.5),
        Row::ratio("the same, linked statically", cached_static, empty, 1.7),
    ])
}

/// Returns the system's bundle and the org's CA.
fn system_roots(org: &TestOrg) -> Result<String> {
    let bundle = openssl_probe::probe().cert_file.context("the system has no bundle of roots")?;
    Ok(fs::read_to_string(bundle)? + org.ca_pem().context("an org with TLS has a CA")?)
}

/// Returns the same command with another program.
fn instead(program: &str, command: &Command) -> Command {
    let mut other = Command::new(program::built(program));
    let variables = command.get_envs().filter_map(|(name, value)| Some((name, value?)));
    other.args(command.get_args()).env_clear().envs(variables);
    command.get_current_dir().map(|folder| other.current_dir(folder));
    other
}

fn time(command: &mut Command) -> Result<Duration> {
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let began = Instant::now();
    let status = command.status()?;
    let took = began.elapsed();
    ensure!(status.success(), "{command:?} ended with {status}");
    Ok(took)
}

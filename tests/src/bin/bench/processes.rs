//! The time of whole programs, from start to exit.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use conformance::program::{built, stdout};
use conformance::test_org::{CLIENT_ID, RECORD, TestOrg, USER};

use crate::Row;

pub(crate) fn measure(runs: usize) -> Result<Vec<Row>> {
    let org = TestOrg::new();
    fs::write(org.path("roots.pem"), system_roots(&org)?)?;
    let programs = ["/bin/true".into(), built("bare"), built("orgtoken"), built("orgtoken-static")];
    let folder = programs[1].parent().context("a program is in a folder")?;
    let folder = tempfile::tempdir_in(folder)?;
    let copies =
        ["true", "bare", "orgtoken", "orgtoken-static"].map(|name| folder.path().join(name));
    let [empty, bare, ours, linked_statically] = &copies;

    let mut exchange = Command::new(bare);
    exchange.args([org.path("app.key"), org.path("ca.pem")]);
    exchange.args([org.address(), CLIENT_ID, USER]).env_clear();
    let cold = org.command(&["token", "--no-cache"]);
    let mut many_roots =
        org.bare(&["token", "--no-cache", "-s", RECORD, "--allow-host", org.address()]);
    many_roots.env("SSL_CERT_FILE", org.path("roots.pem"));
    let cached = org.command(&["token"]);
    let mut commands = [
        Command::new(empty),
        exchange,
        instead(ours, &cold),
        instead(linked_statically, &cold),
        instead(ours, &many_roots),
        instead(ours, &cached),
        instead(linked_statically, &cached),
    ];
    let mut times: [Vec<Duration>; 7] = Default::default();
    for run in 0..runs {
        if run % RUNS_OF_A_COPY == 0 {
            write_again(&programs, &copies)?;
            // Each but the first prints a token before it is timed, and then one is in the cache.
            for command in &mut commands[1..] {
                let output = command.stdout(Stdio::piped()).output()?;
                ensure!(stdout(&output).starts_with("00D"), "{command:?} printed no token");
            }
        }
        for (command, times) in commands.iter_mut().zip(&mut times) {
            times.push(time(command)?);
        }
    }
    let cold_runs = 4 * (runs + runs.div_ceil(RUNS_OF_A_COPY));
    ensure!(org.logins() == cold_runs + 1, "the cache did not spare its logins");
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

/// After so many runs the programs are written again. How the system keeps a file in memory depends
/// on how, and when, it was written: the same program took 1.0 to 1.4 ms to start.
const RUNS_OF_A_COPY: usize = 10;

/// Writes each copy again, in one piece.
fn write_again(programs: &[PathBuf], copies: &[PathBuf]) -> Result<()> {
    for (program, copy) in programs.iter().zip(copies) {
        let _ = fs::remove_file(copy);
        fs::write(copy, fs::read(program)?)?;
        fs::set_permissions(copy, fs::metadata(program)?.permissions())?;
    }
    Ok(())
}

/// Returns the same command with another program.
fn instead(program: &Path, command: &Command) -> Command {
    let mut other = Command::new(program);
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

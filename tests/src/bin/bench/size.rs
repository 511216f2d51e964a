//! The size of the program on disk and in memory.

use std::fs;
use std::process::Stdio;

use anyhow::{Context, Result};
use conformance::program;
use conformance::test_org::TestOrg;

use crate::Row;

pub(crate) fn measure() -> Result<Vec<Row>> {
    let on_disk = fs::metadata(program::built("orgtoken"))?.len();
    Ok(vec![
        Row::megabytes("the program, on disk", megabytes(on_disk), 12.0),
        Row::megabytes("the program, resident at its peak", megabytes(resident()?), 16.0),
    ])
}

/// Returns the peak of resident memory, read while the org holds back its response. Key, TLS and
/// request are in memory by then.
fn resident() -> Result<u64> {
    let org = TestOrg::new();
    let hold = org.hold("/services/oauth2/token");
    let mut child = org.command(&["token"]).stdout(Stdio::null()).spawn()?;
    while org.requests().is_empty() && child.try_wait()?.is_none() {
        std::thread::yield_now();
    }
    let status = fs::read_to_string(format!("/proc/{}/status", child.id()));
    drop(hold);
    child.wait()?;

    let status = status.context("what /proc says of the program")?;
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kilobytes = peak.and_then(|peak| peak.trim().strip_suffix(" kB"));
    Ok(kilobytes.context("no peak in /proc")?.trim().parse::<u64>()? * 1024)
}

fn megabytes(bytes: u64) -> f64 {
    bytes as f64 / 1e6
}

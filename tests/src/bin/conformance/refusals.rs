//! Every way in which the fake org says no, and what the program makes of it.

use anyhow::{Result, ensure};
use conformance::cases::Cases;
use conformance::stage::Stage;
use orgtoken_fake_org::Scenario;

pub(crate) fn run(cases: &mut Cases) -> Result<()> {
    let stage = Stage::new()?;
    for scenario in Scenario::all() {
        let name = format!("refusal: {}", scenario.name());
        let Some(exit) = exit_code(scenario.name()) else { continue };
        cases.case(&name, || refused(&stage, scenario, exit));
    }
    cases.case("refusal: the next login is let in", || {
        stage.home.orgtoken(&["token"])?.good().map(drop)
    });
    Ok(())
}

fn refused(stage: &Stage, scenario: Scenario, exit: i32) -> Result<()> {
    let before = stage.org.login_history().len();
    // What never comes is waited for in vain; for all else there is time, however busy the machine.
    let timeout = if scenario.name() == "wire-silence" { "2s" } else { "60s" };
    let ran = stage.during(scenario, &["token", "--no-cache", "--json", "--timeout", timeout])?;
    ensure!(ran.exit == exit, "exit code {}, not {exit}: {}", ran.exit, ran.stderr.trim());
    stage.home.is_kept_by(&ran)?;
    if exit == 0 {
        return Ok(());
    }

    let error = ran.error()?;
    ensure!(ran.stdout.is_empty(), "something on standard output");
    ensure!(error["exit"] == exit, "the document says exit {}", error["exit"]);
    ensure!(error["hint"].is_string() || error["code"] == "resp.status", "no hint");
    ensure!(!ran.stderr.contains("eyJhbGciOiJSUzI1NiJ9"), "an assertion on standard error");
    let attempts = stage.org.login_history().len() - before;
    ensure!(attempts <= 3, "{attempts} attempts");
    Ok(())
}

/// By design.md; none for scenarios that do not play at the token endpoint, or only once.
fn exit_code(scenario: &str) -> Option<i32> {
    Some(match scenario {
        "transient-once" | "propagating-once" => return None,
        name if name.starts_with("session-") || name.starts_with("api-") => return None,
        "request-limit" => return None,
        "token-minimal" | "token-signed" | "token-jwt" => 0,
        "token-empty" | "token-mac" => 6,
        "html-login" | "html-old-tls" | "empty-400" => 6,
        "html-redirect" | "redirect-elsewhere" => 6,
        name if name.starts_with("wire-") || name.starts_with("instance-url-") => 6,
        "too-many-requests" => 7,
        name if name.starts_with("rate") => 7,
        name if name.starts_with("maintenance-") || name.starts_with("edge-") => 8,
        "empty-503" | "service-unavailable" | "system-down" => 8,
        _ => 4,
    })
}

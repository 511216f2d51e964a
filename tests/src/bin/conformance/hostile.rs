//! Answers that no org gives, from a socket that says what it likes.

mod answers;

use std::collections::HashSet;

use anyhow::{Result, ensure};
use conformance::cases::Cases;
use conformance::home::{Home, RECORD, USER};
use conformance::program::Ran;
use conformance::raw::{Answer, Raw};
use conformance::secret::shows;

use answers::{
    TOKEN, bodies, broken, encodings, good, instance_urls, long, redirects, refusals, statuses,
    tokens,
};

pub(crate) fn run(cases: &mut Cases) -> Result<()> {
    for (name, answer) in good() {
        cases.case(name, || accepted(answer));
    }
    let answers = [tokens(), bodies(), encodings(), instance_urls(), long(), broken(), redirects()];
    for (name, code, answer) in answers.concat() {
        cases.case(name, || refused(answer, code));
    }
    for (name, exit, code, answer) in [refusals(), statuses()].concat() {
        cases.case(name, || status(answer, exit, code));
    }
    Ok(())
}

fn accepted(answer: Answer) -> Result<()> {
    let (ran, requests) = login(answer, &[])?;
    let both = "for `https://acme.my.salesforce.com`, the settings name `http://127.0.0.1:";
    ensure!(ran.stderr.contains(both), "A111 no word of the other host: {}", ran.stderr);
    ensure!(ran.good()?.trim_end() == TOKEN, "it printed something else");
    ensure!(requests.len() == 1, "{} requests", requests.len());
    Ok(())
}

fn refused(answer: Answer, code: &str) -> Result<()> {
    let (ran, requests) = login(answer, &["--json"])?;
    ensure!(ran.exit == 6, "exit code {}, not 6", ran.exit);
    told(&ran, code)?;
    // Only what was lost on the way is sent again, and what takes too long has had its time.
    sent(&requests, if code == "resp.truncated" { 3 } else { 1 })
}

fn status(answer: Answer, exit: i32, code: &str) -> Result<()> {
    let (ran, requests) = login(answer, &["--json"])?;
    ensure!(ran.exit == exit, "exit code {}, not {exit}: {}", ran.exit, ran.stderr.trim());
    told(&ran, code)?;
    let printable = |c: char| c == '\n' || !c.is_control();
    ensure!(ran.stderr.chars().all(printable), "controls reach the terminal");
    ensure!(ran.stderr.len() < 4096, "{} bytes of error", ran.stderr.len());
    sent(&requests, if exit == 8 { 3 } else { 1 })
}

fn told(ran: &Ran, code: &str) -> Result<()> {
    let error = ran.error()?;
    ensure!(error["code"] == code, "{}, not {code}: {}", error["code"], error["message"]);
    let hint = error["hint"].as_str().unwrap_or_default();
    let word = match code {
        "resp.content_type" | "resp.empty" | "resp.json" | "resp.missing_token" => "login URL",
        "resp.redirect" => "My Domain",
        "resp.timeout" => "--timeout",
        "resp.truncated" => "try again",
        "resp.encoding" | "resp.headers" | "resp.protocol" | "resp.too_large" => "proxy",
        _ => "",
    };
    ensure!(!hint.is_empty() && hint.contains(word), "its hint is: {hint}");
    Ok(())
}

/// As often as that, and never the same assertion twice.
fn sent(requests: &[Vec<u8>], times: usize) -> Result<()> {
    let different: HashSet<_> = requests.iter().collect();
    let (all, different) = (requests.len(), different.len());
    ensure!(all == times, "{all} requests, not {times}");
    ensure!(different == times, "the same assertion was sent again");
    Ok(())
}

/// What the program said, and the requests that came.
fn login(answer: Answer, more: &[&str]) -> Result<(Ran, Vec<Vec<u8>>)> {
    // What never ends is waited for in vain; for all else there is time, however busy the machine.
    let timeout = match answer {
        Answer::Drip(..) | Answer::Silence => "2s",
        Answer::Bytes(_) | Answer::Flood(_) => "60s",
    };
    let socket = Raw::answering(answer)?;
    let mut home = Home::new()?;
    home.write_record(USER, &format!("http://{}", socket.host()))?;
    home.set_flags(["-s", RECORD, "--allow-host", &socket.host(), "--timeout", timeout]);
    let ran = home.orgtoken(&[&["token", "--output", "raw"], more].concat())?;

    home.is_kept_by(&ran)?;
    ensure!(ran.exit == 0 || ran.stdout.is_empty(), "something on standard output");
    for secret in [TOKEN, "canary.canary_canary", "eyJhbGciOiJSUzI1NiJ9."] {
        ensure!(!shows(&ran.stderr, secret), "standard error shows a secret");
    }
    Ok((ran, socket.requests()))
}

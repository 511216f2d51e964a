//! `record --from FILE --bulk`: record files by jobs of Bulk API 2.0.

use std::collections::BTreeSet;
use std::fs;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use conformance::program::{error, stderr, stdout};
use conformance::test_org::TestOrg;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::record_resume::{made, signal, start};

/// Starts an org whose jobs are complete at the first look.
fn org(content: &str) -> TestOrg {
    let org = TestOrg::new();
    org.set_job_polls(1);
    fs::write(org.path("rows.csv"), content).unwrap();
    org
}

const CREATE: [&str; 6] = ["record", "create", "Account", "--from", "rows.csv", "--bulk"];

fn create(org: &TestOrg, more: &[&str]) -> Command {
    org.command(&[&CREATE, more].concat())
}

fn names(org: &TestOrg, start: &str) -> Vec<String> {
    let entries = fs::read_dir(org.folder.path()).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.filter(|name| name.starts_with(start)).collect()
}

/// The values of the column `Name` of a file of rows.
fn column(org: &TestOrg, file: &str) -> Vec<String> {
    let text = fs::read_to_string(org.path(file)).unwrap_or_default();
    let mut lines = text.lines();
    let header = lines.next().unwrap_or_default();
    let at = header.split(',').position(|column| column == "Name").unwrap_or_default();
    lines.map(|line| line.split(',').nth(at).unwrap().to_owned()).collect()
}

#[test]
fn rows_are_loaded_by_a_job_and_those_that_fail_are_listed() {
    let org = org("Name,Website\nR1,a\n,b\nR3,c\n");
    let output = org.run(&[&CREATE[..], &["--success", "ok.csv"]].concat());
    assert_eq!(output.status.code(), Some(9), "{}", stderr(&output));
    let ids = String::from_utf8(output.stdout.clone()).unwrap();
    assert_eq!(ids.lines().count(), 2);
    let said = stderr(&output);
    assert!(said.contains(": rows 1 to 3\n") && said.contains("created 2, failed 1\n"), "{said}");
    assert!(said.contains("REQUIRED_FIELD_MISSING: "), "{said}");
    let failed = names(&org, "rows.failed-");
    assert_eq!(column(&org, &failed[0]), [""]);
    assert_eq!(column(&org, "ok.csv"), ["R1", "R3"]);
    assert!(names(&org, "rows.csv.").is_empty(), "a load that ended leaves no journal");
    assert_eq!(made(&org), ["R1", "R3"]);

    // The same file in JSON, to update and to delete what was created.
    let rows: Vec<_> = ids.lines().map(|id| format!(r#"{{"Id":"{id}","Phone":"1"}}"#)).collect();
    fs::write(org.path("rows.ndjson"), rows.join("\n")).unwrap();
    let update = ["record", "update", "Account", "--from", "rows.ndjson", "--bulk", "--json"];
    let updated: Value = serde_json::from_str(stdout(&org.run(&update))).unwrap();
    assert_eq!((&updated["updated"], &updated["unprocessed"]), (&2.into(), &0.into()));
    let from = ["--from", "rows.ndjson", "--bulk", "--hard-delete", "--yes"];
    let deleted = org.run(&[&["record", "delete", "Account"][..], &from].concat());
    assert!(stderr(&deleted).contains("deleted 2\n"), "{}", stderr(&deleted));
    assert_eq!(made(&org), [""; 0]);
}

#[test]
fn options_of_single_calls_are_refused_with_bulk() {
    let org = org("Name\nR1\n");
    for more in [
        ["--all-or-none"].as_slice(),
        &["--batch-size", "5"],
        &["--allow-duplicates"],
        &["-H", "x: y"],
    ] {
        let refused = org.run(&[&CREATE[..], more, &["--json"]].concat());
        assert_eq!(error(&refused)["code"], "usage.conflict", "{more:?}");
        assert_eq!(error(&refused)["hint"], "see `orgtoken record create --help`", "{more:?}");
    }
    // Only cases and leads have rules, by their ids.
    for rule in ["off", "default", "01Q000000000001AAA"] {
        let rule = ["--assignment-rule", rule, "--json"];
        let refused = error(&org.run(&[&CREATE[..], &rule].concat()));
        assert_eq!((&refused["code"], &refused["exit"]), (&"usage.bulk".into(), &2.into()));
    }
    let by_key = ["record", "update", "Account", "--from", "rows.csv", "--external-id", "Name"];
    let refused = org.run(&[&by_key[..], &["--bulk", "--json"]].concat());
    assert_eq!(error(&refused)["code"], "usage.conflict");
    // Without `--bulk` it would be an ordinary delete, whatever the other options are.
    for more in [[].as_slice(), &["--batch-size", "5"], &["-H", "x: y"]] {
        let delete = ["record", "delete", "Account", "--from", "x", "--hard-delete", "--json"];
        assert_eq!(error(&org.run(&[&delete[..], more].concat()))["code"], "usage.missing");
    }
    let dry = org.run(&[&CREATE[..], &["--dry-run"]].concat());
    assert!(dry.status.success());
    assert_eq!((made(&org), stdout(&org.run(&["bulk", "list"]))), (vec![], ""));
}

#[test]
fn job_has_the_assignment_rule() {
    let org = org("LastName,Company\nHopper,Navy\n");
    let lead = ["record", "create", "Lead", "--from", "rows.csv", "--bulk"];
    let output = org.run(&[&lead[..], &["--assignment-rule", "01Q000000000001AAA"]].concat());
    assert_eq!(stdout(&output).lines().count(), 1);
    let jobs: Value = serde_json::from_str(stdout(&org.run(&["api", "jobs/ingest"]))).unwrap();
    assert_eq!(jobs["records"][0]["assignmentRuleId"], "01Q000000000001AAA");
}

#[test]
fn failed_job_lists_the_rows_that_were_not_processed() {
    let org = org("Name\nR1\nR2\nR3\n");
    org.fail_next_job(1, "ApexError : x");
    let output = org.run(&CREATE);
    assert_eq!(output.status.code(), Some(9));
    let said = stderr(&output);
    assert!(said.contains("created 1, unprocessed 2\n"), "{said}");
    assert!(said.contains(" failed: ApexError : x\n"), "{said}");
    let rest = names(&org, "rows.unprocessed-");
    assert_eq!(column(&org, &rest[0]), ["R2", "R3"]);
    let again = ["record", "create", "Account", "--bulk", "--from", &rest[0]];
    assert!(stderr(&org.run(&again)).contains("created 2\n"));
    assert_eq!(made(&org), ["R1", "R2", "R3"]);
}

/// Starts a load whose job does not end, and waits until the job is closed.
fn stuck(org: &TestOrg, more: &[&str]) -> (Child, BufReader<std::process::ChildStderr>) {
    org.set_job_polls(None);
    let mut child = start(&mut create(org, more));
    let mut lines = BufReader::new(child.stderr.take().unwrap());
    let mut line = String::new();
    lines.read_line(&mut line).unwrap();
    assert!(line.starts_with("job 750"), "{line}");
    (child, lines)
}

fn rest(mut lines: BufReader<std::process::ChildStderr>) -> String {
    let mut text = String::new();
    std::io::Read::read_to_string(&mut lines, &mut text).unwrap();
    text
}

#[test]
fn interrupted_load_leaves_its_job_and_resumes_it() {
    let org = org("Name\nR1\nR2\n");
    let (mut child, lines) = stuck(&org, &[]);
    signal(&child, Signal::INT);
    let said = rest(lines);
    assert_eq!(child.wait().unwrap().code(), Some(130), "{said}");
    assert!(said.contains("pending 2\n") && said.contains("rows 1 to 2 are in job 750"), "{said}");
    assert!(said.contains("resume: orgtoken record create Account --from rows.csv"), "{said}");
    assert!(names(&org, "rows.not-sent-").is_empty(), "rows in a job are not listed as not sent");

    // A load without the Bulk API cannot continue it.
    let other = ["record", "create", "Account", "--from", "rows.csv", "--resume", "--json"];
    assert_eq!(error(&org.run(&other))["code"], "usage.resume");
    org.set_job_polls(1);
    let resumed = org.run(&[&CREATE[..], &["--resume"]].concat());
    assert_eq!(stdout(&resumed).lines().count(), 2);
    assert_eq!(made(&org), ["R1", "R2"]);
    assert_eq!(stdout(&org.run(&["bulk", "list"])).lines().count(), 2, "one job and the header");
}

#[test]
fn interrupted_load_aborts_its_job_with_the_flag() {
    let org = org("Name\nR1\nR2\n");
    let (mut child, lines) = stuck(&org, &["--abort-on-interrupt"]);
    signal(&child, Signal::TERM);
    let said = rest(lines);
    assert_eq!(child.wait().unwrap().code(), Some(130), "{said}");
    assert!(said.contains("unprocessed 2\n"), "{said}");
    assert!(said.contains("interrupted: the job was aborted\n"), "{said}");
    assert!(stdout(&org.run(&["bulk", "list"])).contains("Aborted"));
    assert_eq!(column(&org, &names(&org, "rows.unprocessed-")[0]), ["R1", "R2"]);
}

/// `KILLS=100` is what `cargo xtask soak` runs.
#[test]
fn killed_bulk_load_loses_no_row_and_doubles_none() {
    let wanted = std::env::var("KILLS").map_or(12, |number| number.parse().unwrap());
    let mut random = std::process::id() | 1;
    let mut next = |below: u32| {
        random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (random >> 8) % below
    };
    let (mut kills, mut round) = (0, 0);
    while kills < wanted {
        round += 1;
        let row = |n: usize| match n % 50 {
            7 => format!(",w{n}\n"),
            _ => format!("R{n:05},w\n"),
        };
        let rows: String = (0..12_000).map(row).collect();
        let org = org(&format!("Name,Website\n{rows}"));
        let begun = Instant::now();
        let mut whole = Duration::from_millis(400);
        loop {
            // A load that was killed before its first write leaves an empty journal.
            let journal = fs::metadata(org.path("rows.csv.journal"));
            let is_new = journal.map_or(true, |journal| journal.len() == 0);
            let resume: &[&str] = if is_new { &[] } else { &["--resume"] };
            let outputs = ["--success", "ok.csv", "--failed", "bad.csv"];
            let mut command = create(&org, &[&outputs, resume].concat());
            let mut child = start(&mut command);
            let output = std::thread::scope(|scope| {
                let pid = Pid::from_child(&child);
                let (done, wait) = std::sync::mpsc::channel::<()>();
                let delay = whole.mul_f64(f64::from(next(1000)) / 1000.0);
                let killer = scope.spawn(move || {
                    let is_over = wait.recv_timeout(delay).is_ok();
                    if !is_over {
                        let _ = kill_process(pid, Signal::KILL);
                    }
                });
                let out = child.stdout.take().unwrap();
                let err = child.stderr.take().unwrap();
                let reader = scope.spawn(move || std::io::read_to_string(err).unwrap());
                let _ = std::io::read_to_string(out);
                let said = reader.join().unwrap();
                // The process has closed its streams, but is not waited for: its id is still its own.
                let _ = done.send(());
                killer.join().unwrap();
                (child.wait().unwrap(), said)
            });
            match output.0.code() {
                None => kills += 1,
                Some(9) if output.1.contains("created") => break,
                Some(code) => panic!("round {round}: exit {code}: {}", output.1),
            }
            // A load that was killed after its last row has no journal. Then it is over as well.
            if !is_new && !org.path("rows.csv.journal").exists() {
                break;
            }
            // Let it get further each time.
            whole += Duration::from_millis(100);
            assert!(begun.elapsed() < Duration::from_secs(120), "round {round}: no progress");
        }
        let made = made(&org);
        let expected: Vec<_> =
            (0..12_000).filter(|n| n % 50 != 7).map(|n| format!("R{n:05}")).collect();
        assert_eq!(made.len(), made.iter().collect::<BTreeSet<_>>().len(), "round {round}");
        assert!(made == expected, "round {round}, {kills} kills: {} rows", made.len());
        assert!(column(&org, "ok.csv") == expected, "round {round}: the file of done rows");
        assert_eq!(column(&org, "bad.csv").len(), 240, "round {round}");
        assert!(names(&org, "rows.unknown-").is_empty(), "round {round}");
    }
}

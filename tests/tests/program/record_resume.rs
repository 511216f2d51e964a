//! `record --from`: loads that end early and are resumed. Records are counted in the org.

use std::collections::BTreeSet;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use conformance::program::{self, error, on_terminal, stderr, stdout};
use conformance::test_org::{TestOrg, USER};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::record_files::named;

const ROWS: usize = 2000;

fn rows() -> String {
    let rows: String = (0..ROWS).map(|n| format!("R{n:04},\"1 \"\"2\"\"\"\n")).collect();
    format!("Name,Phone\n{rows}")
}

/// Returns the names of the created accounts, with duplicates.
pub(crate) fn made(org: &TestOrg) -> Vec<String> {
    let soql = "SELECT Name FROM Account WHERE Name LIKE 'R%' ORDER BY Name";
    let found = stdout(&org.run(&["query", soql, "--format", "csv"])).to_owned();
    found.lines().skip(1).map(str::to_owned).collect()
}

/// Returns the names in the files of rows of unknown outcome.
fn unknown(org: &TestOrg) -> BTreeSet<String> {
    let files = named(org, "rows.unknown-");
    let files = files.iter().map(|path| fs::read_to_string(path).unwrap());
    let names = |text: String| {
        let cells = text.lines().skip(1).map(|line| line.split(',').nth(1).unwrap().to_owned());
        cells.collect::<Vec<_>>()
    };
    files.flat_map(names).collect()
}

fn create(org: &TestOrg, more: &[&str]) -> Command {
    let args = ["record", "create", "Account", "--from", "rows.csv"];
    org.command(&[&args[..], more].concat())
}

pub(crate) fn start(command: &mut Command) -> Child {
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

/// Reads this many ids of a running load.
fn read_ids(child: &mut Child, number: usize) -> BufReader<std::process::ChildStdout> {
    let mut lines = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    for _ in 0..number {
        lines.read_line(&mut line).unwrap();
    }
    lines
}

pub(crate) fn signal(child: &Child, signal: Signal) {
    // The process may have ended already. That is one of the tested moments.
    let _ = kill_process(Pid::from_child(child), signal);
}

/// Checks that every row was created once, or is listed as unknown and was created at most once.
fn nothing_is_lost_or_doubled(org: &TestOrg, case: &str) {
    let made = made(org);
    let distinct: BTreeSet<_> = made.iter().cloned().collect();
    assert_eq!(made.len(), distinct.len(), "{case}: a row was made twice");
    let unknown = unknown(org);
    let missing: Vec<_> = (0..ROWS)
        .map(|n| format!("R{n:04}"))
        .filter(|name| !distinct.contains(name) && !unknown.contains(name))
        .collect();
    assert_eq!(missing, [""; 0], "{case}: rows are neither made nor listed");
}

#[test]
fn load_interrupted_at_random_and_resumed_creates_every_row_once() {
    let mut random = std::process::id() | 1;
    let mut next = |below: u32| {
        random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (random >> 8) % below
    };
    for round in 0..4 {
        let org = TestOrg::new();
        fs::write(org.path("rows.csv"), rows()).unwrap();
        let mut ends = 0;
        loop {
            let journal = org.path("rows.csv.journal").exists();
            let resume: &[&str] = if journal { &["--resume"] } else { &[] };
            let mut child = start(&mut create(&org, resume));
            // A load that has printed an id handles signals.
            let (ids, kind) = (next(900) as usize + 1, next(4));
            let mut rest = read_ids(&mut child, ids);
            match kind {
                0 => signal(&child, Signal::INT),
                1 => signal(&child, Signal::TERM),
                2 => signal(&child, Signal::KILL),
                _ => org.play("api-cut-once"),
            }
            std::io::copy(&mut rest, &mut std::io::sink()).unwrap();
            let output = child.wait_with_output().unwrap();
            ends += 1;
            assert!(ends < 50, "round {round}: no progress");
            let journal = org.path("rows.csv.journal").exists();
            match output.status.code() {
                Some(0) => break,
                // Every row was sent, and some are listed as unknown.
                Some(9) if !journal => break,
                Some(130 | 6) if journal => {}
                None if journal => assert_eq!(output.status.signal(), Some(9)),
                // Ended before there was a journal.
                _ if made(&org).is_empty() => {}
                // Interrupted in the last call, or killed when every row was done.
                Some(6 | 130) | None => break,
                other => panic!("round {round}: {other:?}: {}", stderr(&output)),
            }
        }
        nothing_is_lost_or_doubled(&org, &format!("round {round}, {ends} runs"));
        assert!(named(&org, "rows.csv.").is_empty(), "a load that ended leaves no journal");
        assert!(named(&org, "rows.not-sent-").is_empty(), "they were sent by a later run");
    }
}

#[test]
fn interrupted_load_reports_its_progress_and_how_to_resume() {
    let org = TestOrg::new();
    fs::write(org.path("rows.csv"), rows()).unwrap();
    let mut child = start(&mut create(&org, &["--success", "ok.csv"]));
    let mut rest = read_ids(&mut child, 1);
    signal(&child, Signal::INT);
    let mut ids = Vec::new();
    std::io::copy(&mut rest, &mut ids).unwrap();
    let output = child.wait_with_output().unwrap();
    let said = stderr(&output);
    assert_eq!(output.status.code(), Some(130), "{said}");
    let done = String::from_utf8(ids).unwrap().lines().count() + 1;
    assert_eq!(made(&org).len(), done, "the call in flight was waited for");
    assert!(said.contains(&format!("created {done}, not sent {}\n", ROWS - done)), "{said}");
    assert!(said.contains("\nresume: orgtoken record create Account --from rows.csv "), "{said}");
    assert!(
        said.contains("\neither continue with this command or load the file of rows not sent; ")
    );
    assert!(said.contains(" --resume\n") && said.contains("error: interrupted"), "{said}");
    let not_sent = named(&org, "rows.not-sent-").pop().unwrap();
    let not_sent = fs::read_to_string(not_sent).unwrap();
    assert_eq!(not_sent.lines().count(), ROWS - done + 1);
    assert!(not_sent.starts_with(&format!("_row,Name,Phone\r\n{},R{done:04},", done + 1)));

    let output = create(&org, &["--resume", "--success", "ok.csv"]).output().unwrap();
    assert_eq!(stdout(&output).lines().count(), ROWS - done);
    assert!(stderr(&output).starts_with(&format!("created {ROWS}\n")), "{}", stderr(&output));
    let success = fs::read_to_string(org.path("ok.csv")).unwrap();
    assert_eq!(success.lines().count(), ROWS + 1);
    nothing_is_lost_or_doubled(&org, "resumed");
}

#[test]
fn lost_answer_lists_its_rows_as_unknown_and_never_sends_them_again() {
    let org = TestOrg::new();
    fs::write(org.path("rows.csv"), rows()).unwrap();
    let mut child = start(&mut create(&org, &["--json"]));
    let mut out = BufReader::new(child.stdout.take().unwrap());
    let mut begun = vec![0; 20];
    std::io::Read::read_exact(&mut out, &mut begun).unwrap();
    org.play("api-cut-once");
    std::io::Read::read_to_end(&mut out, &mut begun).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(6), "{}", stderr(&output));
    let found: Value = serde_json::from_slice(&begun).unwrap();
    assert_eq!(found["unknown"], 200);
    let first = found["unknown_rows"][0][0].as_u64().unwrap();
    assert_eq!(found["unknown_rows"][0][1], first + 199);
    assert_eq!(found["results"].as_array().unwrap().len() as u64, first - 1);
    assert_eq!(found["not_sent"], ROWS as u64 - first - 199);
    assert!(found["resume"].as_str().unwrap().ends_with(" --resume"));

    let output = create(&org, &["--resume"]).output().unwrap();
    assert_eq!(output.status.code(), Some(9));
    assert!(stderr(&output).contains("200 of 2000 records have an unknown outcome"));
    nothing_is_lost_or_doubled(&org, "resumed");
    assert_eq!(unknown(&org).len(), 200);
}

#[test]
fn refused_call_leaves_its_rows_unsent() {
    let org = TestOrg::new();
    fs::write(org.path("rows.csv"), rows()).unwrap();
    let mut child = start(&mut create(&org, &[]));
    let mut rest = read_ids(&mut child, 1);
    org.play("api-disabled");
    std::io::copy(&mut rest, &mut std::io::sink()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(9), "{}", stderr(&output));
    org.set_scenario(USER, None);
    let done = made(&org).len();
    let counts = format!("created {done}, not sent {}\n", ROWS - done);
    assert!(stderr(&output).starts_with(&counts), "{}", stderr(&output));
    stdout(&create(&org, &["--resume"]).output().unwrap());
    assert_eq!(made(&org).len(), ROWS);
}

#[test]
fn journal_of_another_file_operation_or_reading_is_refused() {
    let org = TestOrg::new();
    let path = org.path("rows.csv");
    fs::write(&path, rows()).unwrap();
    let mut child = start(&mut create(&org, &[]));
    let mut rest = read_ids(&mut child, 1);
    signal(&child, Signal::TERM);
    std::io::copy(&mut rest, &mut std::io::sink()).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(130));
    let done = made(&org).len();
    let refused = |command: &mut Command, what: &str| {
        let output = command.output().unwrap();
        let said = stderr(&output).to_owned();
        assert_eq!(output.status.code(), Some(2), "{said}");
        let expected = format!("error: the journal `rows.csv.journal` does not match: {what}\n");
        assert!(said.starts_with(&expected), "{said}");
    };
    let args = ["record", "upsert", "Account", "Id", "--from", "rows.csv", "--resume"];
    assert_eq!(org.run(&args).status.code(), Some(2));
    let mut contact = org.command(&["record", "create", "Contact", "--from", "rows.csv"]);
    assert_eq!(contact.arg("--resume").output().unwrap().status.code(), Some(2));
    let encoding = ["--resume", "--encoding", "windows-1252"];
    refused(&mut create(&org, &encoding), "the form, delimiter or encoding is different");
    fs::write(&path, rows().replace("R1999", "R9999")).unwrap();
    refused(&mut create(&org, &["--resume"]), "the file has changed");
    assert_eq!(made(&org).len(), done);

    // The journal does not prevent a new load.
    fs::write(&path, "Name\nNew\n").unwrap();
    let output = create(&org, &[]).output().unwrap();
    assert_eq!(stdout(&output).lines().count(), 1);
    assert!(stderr(&output).contains("its journal is now `rows.csv."), "{}", stderr(&output));
}

/// Ends a load of `rows.csv` after its first call.
fn stop_early(org: &TestOrg) {
    fs::write(org.path("rows.csv"), rows()).unwrap();
    let mut child = start(&mut create(org, &[]));
    let mut rest = read_ids(&mut child, 1);
    signal(&child, Signal::TERM);
    std::io::copy(&mut rest, &mut std::io::sink()).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(130));
}

#[test]
fn journal_of_another_org_is_refused() {
    let (org, other) = (TestOrg::new(), TestOrg::new());
    stop_early(&org);
    for name in ["rows.csv", "rows.csv.journal"] {
        fs::copy(org.path(name), other.folder.path().join(name)).unwrap();
    }
    let output = create(&other, &["--resume"]).output().unwrap();
    let said = stderr(&output);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.starts_with(
        "error: the journal `rows.csv.journal` does not match: the org is different\n"
    ));
    assert!(made(&other).is_empty());
}

#[test]
fn unfinished_create_of_the_same_file_is_not_begun_again() {
    let org = TestOrg::new();
    stop_early(&org);
    let done = made(&org);
    for more in [&[][..], &["--bulk"]] {
        let output = create(&org, more).output().unwrap();
        let said = stderr(&output);
        assert_eq!(output.status.code(), Some(2), "{said}");
        let expected = format!(
            "error: an earlier load of this file has left its journal: its rows up to {} were sent\n\
             hint: resume that load to send the rows that are left, if any; to load the file again, \
             remove or move `rows.csv.journal`, or name another file (`--journal FILE`, `--resume`)\n",
            done.len()
        );
        assert_eq!(said, expected);
    }
    assert_eq!(error(&create(&org, &["--json"]).output().unwrap())["code"], "usage.resume");
    assert_eq!(made(&org), done);
    stdout(&create(&org, &["--resume"]).output().unwrap());
    nothing_is_lost_or_doubled(&org, "resumed");

    stop_early(&org);
    stdout(&create(&org, &["--journal", "anew"]).output().unwrap());
    assert!(made(&org).len() > 2 * ROWS);
}

#[test]
fn cut_journal_is_refused_with_or_without_resume() {
    let org = TestOrg::new();
    stop_early(&org);
    let (done, path) = (made(&org), org.path("rows.csv.journal"));
    let journal = fs::read(&path).unwrap();
    fs::write(&path, &journal[..journal.len() / 2]).unwrap();
    for flags in [&["--resume"][..], &[]] {
        let output = create(&org, flags).output().unwrap();
        let said = stderr(&output);
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.starts_with(
            "error: the journal `rows.csv.journal` is incomplete\n\
             hint: compare the org with the file, since "
        ));
    }
    assert_eq!(made(&org), done);
}

#[test]
fn unknown_rows_of_several_runs_are_in_one_file() {
    let org = TestOrg::new();
    fs::write(org.path("rows.csv"), rows()).unwrap();
    for flags in [&[][..], &["--resume"]] {
        let mut child = start(&mut create(&org, flags));
        let mut rest = read_ids(&mut child, 1);
        org.play("api-cut-once");
        std::io::copy(&mut rest, &mut std::io::sink()).unwrap();
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(6), "{}", stderr(&output));
    }
    let output = create(&org, &["--resume", "--json"]).output().unwrap();
    assert_eq!(output.status.code(), Some(9), "{}", stderr(&output));
    let found: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(
        named(&org, "rows.unknown-"),
        [PathBuf::from(found["unknown_file"].as_str().unwrap())]
    );
    assert_eq!((&found["unknown"], unknown(&org).len()), (&Value::from(400), 400));
    nothing_is_lost_or_doubled(&org, "resumed twice");
}

#[test]
fn command_to_copy_ids_and_logs_have_lines_of_their_own_on_a_terminal() {
    let org = TestOrg::new();
    let rows: String = (0..1500).map(|n| if n < 600 { "A,1\n" } else { ",1\n" }).collect();
    fs::write(org.path("rows.csv"), format!("Name,Phone\n{rows}")).unwrap();
    // The file of failed rows cannot grow, so the load ends early.
    let mut limited = org.shell("trap '' XFSZ; ulimit -f 60; exec \"$0\" \"$@\"");
    let args = ["record", "create", "Account", "--from", "rows.csv", "--failed", "failed.csv"];
    limited.arg(program::path()).args(args);
    limited.args(["-v", "--settings", "salesforce.json"]).args(org.way());
    let shown = on_terminal(limited, 80);
    let resume = shown.lines().find(|line| line.contains("resume:")).expect(&shown);
    assert!(resume.len() > 100 && resume.ends_with(" --resume"), "{shown}");
    // Progress is cleared before anything else is written, and at the end.
    assert!(shown.contains("\r200 of 1500 records"), "{shown}");
    let parts: Vec<_> = shown.split("\u{1b}[K").collect();
    for pair in parts.windows(2) {
        assert!(pair[0].ends_with('\r') || pair[1].starts_with('\r'), "{pair:?}");
    }
}

#[test]
fn journal_in_use_is_refused() {
    let org = TestOrg::new();
    stop_early(&org);
    let done = made(&org).len();
    let journal = fs::File::options().write(true).open(org.path("rows.csv.journal"));
    let journal = journal.unwrap();
    journal.lock().unwrap();
    for flags in [&["--resume"][..], &[]] {
        let output = create(&org, flags).output().unwrap();
        let said = stderr(&output);
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.starts_with("error: another load uses the journal `rows.csv.journal`\n"));
    }
    assert_eq!(made(&org).len(), done);
}

#[test]
fn full_disk_under_a_named_file_stops_before_the_first_row() {
    let org = TestOrg::new();
    fs::write(org.path("rows.csv"), rows()).unwrap();
    let output = create(&org, &["--failed", "/dev/full"]).output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
    assert!(stderr(&output).starts_with("error: cannot write `/dev/full`: "));
    assert!(made(&org).is_empty());
}

/// As under `nohup`.
#[test]
fn ignored_signal_does_not_stop_a_load() {
    let org = TestOrg::new();
    fs::write(org.path("rows.csv"), rows()).unwrap();
    let mut command = org.shell("trap '' HUP INT; exec \"$0\" \"$@\"");
    command.arg(program::path());
    command.args(["record", "create", "Account", "--from", "rows.csv"]);
    let mut child = start(command.args(["--settings", "salesforce.json"]).args(org.way()));
    let mut rest = read_ids(&mut child, 1);
    for ignored in [Signal::HUP, Signal::INT] {
        signal(&child, ignored);
    }
    std::io::copy(&mut rest, &mut std::io::sink()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(stderr(&output), format!("created {ROWS}\n"));
}

/// A limit of the file size has the effect of a full disk.
#[test]
fn file_that_cannot_grow_keeps_whole_rows_and_the_load_is_resumed() {
    let org = TestOrg::new();
    let half = |n: usize| if n.is_multiple_of(2) { "" } else { "R" };
    let rows: String = (0..1500).map(|n| format!("{},{n}\n", half(n))).collect();
    fs::write(org.path("rows.csv"), format!("Name,Phone\n{rows}")).unwrap();
    let script = "trap '' XFSZ; ulimit -f 60; exec \"$0\" \"$@\"";
    let mut limited = org.shell(script);
    let args = ["record", "create", "Account", "--from", "rows.csv", "--failed", "failed.csv"];
    limited.arg(program::path()).args(args);
    limited.args(["--settings", "salesforce.json"]).args(org.way());
    let output = limited.output().unwrap();
    let said = stderr(&output).to_owned();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("error: cannot write `failed.csv`"), "{said}");
    let listed = said.lines().filter(|line| line.contains(": failed: REQUIRED_FIELD")).count();
    let failed = || fs::read_to_string(org.path("failed.csv")).unwrap();
    assert!(
        failed().ends_with("\r\n") && failed().lines().all(|line| line.split(',').count() == 4)
    );

    let output = create(&org, &["--failed", "failed.csv", "--resume"]).output().unwrap();
    assert_eq!(output.status.code(), Some(9), "{}", stderr(&output));
    assert!(stderr(&output).starts_with("created 750, failed 750\n"), "{}", stderr(&output));
    assert_eq!(failed().lines().count() - 1 + listed, 750);
    assert_eq!(made(&org).len(), 750);
}

#[test]
fn resume_without_a_journal_is_refused() {
    let org = TestOrg::new();
    fs::write(org.path("rows.csv"), "Name\nA\n").unwrap();
    let output = create(&org, &["--resume"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).starts_with("error: there is no journal `rows.csv.journal`\n"));
    assert!(made(&org).is_empty());
}

#[test]
fn content_of_a_pipe_is_kept_for_the_resumed_load() {
    let org = TestOrg::new();
    let temp = org.path("temp");
    fs::create_dir(&temp).unwrap();
    let args = ["record", "create", "Account", "--from", "-"];
    let mut command = org.command(&args);
    let mut child = start(command.env("TMPDIR", &temp).stdin(Stdio::piped()));
    child.stdin.take().unwrap().write_all(rows().as_bytes()).unwrap();
    let mut rest = read_ids(&mut child, 1);
    signal(&child, Signal::INT);
    std::io::copy(&mut rest, &mut std::io::sink()).unwrap();
    let output = child.wait_with_output().unwrap();
    let resume = stderr(&output).lines().find_map(|line| line.strip_prefix("resume: orgtoken "));
    let words: Vec<_> = resume.unwrap().split(' ').collect();
    let from = words.iter().position(|word| *word == "--from").unwrap();
    assert!(words[from + 1].starts_with(temp.to_str().unwrap()), "{words:?}");
    let output = org.bare(&words).env("TMPDIR", &temp).output().unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
    assert_eq!(made(&org).len(), ROWS);
}

#[test]
fn finished_load_of_standard_input_leaves_a_file_only_if_a_second_run_finds_it() {
    let named: &[_] = &["--journal", "temp/journal"];
    for (name, out, flags, left) in [
        ("printed", "/dev/null", &[][..], 0),
        ("printed, named journal", "/dev/null", named, 0),
        ("not printed", "/dev/full", &[], 0),
        ("not printed, JSON", "/dev/full", &["--json"], 0),
        ("not printed, named journal", "/dev/full", named, 1),
    ] {
        let org = TestOrg::new();
        let temp = org.path("temp");
        fs::create_dir(&temp).unwrap();
        fs::write(org.path("rows.csv"), "Name\nR1\nR2\n").unwrap();
        let run = || {
            let mut command = org.command(&["record", "create", "Account", "--from", "-"]);
            let input = fs::File::open(org.path("rows.csv")).unwrap();
            let out = fs::File::options().write(true).open(out).unwrap();
            command.args(flags).env("TMPDIR", &temp).stdin(input).stdout(out).output().unwrap()
        };
        let output = run();
        let code = i32::from(out == "/dev/full");
        assert_eq!(output.status.code(), Some(code), "{name}: {}", stderr(&output));
        assert_eq!(made(&org), ["R1", "R2"], "{name}");
        assert_eq!(fs::read_dir(&temp).unwrap().count(), left, "{name}");
        if left > 0 {
            assert_eq!(run().status.code(), Some(2), "{name}");
            assert_eq!(made(&org), ["R1", "R2"], "{name}");
        }
    }
}

#[test]
fn full_disk_under_standard_output_ends_with_every_id_reported() {
    let org = TestOrg::new();
    fs::write(org.path("rows.csv"), rows()).unwrap();
    let full = fs::File::options().write(true).open("/dev/full").unwrap();
    let output = create(&org, &[]).stdout(full).output().unwrap();
    let said = stderr(&output);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.starts_with("created 200, not sent 1800\n"), "{said}");
    assert_eq!(said.lines().filter(|line| line.contains(": created 001")).count(), 200);
    assert_eq!(made(&org).len(), 200);
    stdout(&create(&org, &["--resume"]).output().unwrap());
    assert_eq!(made(&org).len(), ROWS);
}

#[test]
fn created_records_whose_ids_were_not_printed_are_not_created_again() {
    for flags in [&[][..], &["--json"]] {
        let org = TestOrg::new();
        fs::write(org.folder.path().join("rows.csv"), "Name\nR1\nR2\n").unwrap();
        let full = fs::File::options().write(true).open("/dev/full").unwrap();
        let output = create(&org, flags).stdout(full).output().unwrap();
        assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
        let output = create(&org, flags).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{}", stderr(&output));
        stdout(&create(&org, &["--resume"]).output().unwrap());
        assert_eq!(made(&org), ["R1", "R2"]);
        assert!(named(&org, "rows.csv.").is_empty());
    }
}

#[test]
fn journal_is_private_and_at_the_named_path() {
    use std::os::unix::fs::PermissionsExt;
    let org = TestOrg::new();
    fs::write(org.path("rows.csv"), rows()).unwrap();
    let mut child = start(&mut create(&org, &["--no-cache", "--journal", "j"]));
    let mut rest = read_ids(&mut child, 1);
    signal(&child, Signal::KILL);
    std::io::copy(&mut rest, &mut std::io::sink()).unwrap();
    child.wait().unwrap();
    let journal = org.path("j");
    assert_eq!(journal.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    let output = create(&org, &["--no-cache", "--journal", "j", "--resume"]).output().unwrap();
    assert!([0, 9].contains(&output.status.code().unwrap()), "{}", stderr(&output));
    assert!(!journal.exists());
    nothing_is_lost_or_doubled(&org, "killed");
}

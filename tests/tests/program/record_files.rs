//! `record --from`: forms, faults, outcomes.

use std::ffi::OsStr;
use std::fs;
use std::io::Write;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;
use std::process::{Output, Stdio};

use conformance::program::{error, read_until, run_with_input, stderr, stdout, terminal};
use conformance::test_org::TestOrg;
use rustix::process::Signal;
use serde_json::Value;

use crate::record::count;
use crate::record_resume::signal;

fn write(org: &TestOrg, name: &str, content: impl AsRef<[u8]>) {
    fs::write(org.path(name), content).unwrap();
}

/// Returns the files of the folder whose names begin with `start`.
pub(crate) fn named(org: &TestOrg, start: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(org.folder.path()).unwrap().map(|entry| entry.unwrap().path());
    let is_it = |path: &PathBuf| path.file_name().unwrap().to_str().unwrap().starts_with(start);
    let mut paths: Vec<_> = entries.filter(is_it).collect();
    paths.sort();
    paths
}

/// Creates accounts, and writes their ids to `ids.csv`.
fn write_ids(org: &TestOrg, number: usize) {
    org.accounts(number);
    let found = org.run(&["query", "SELECT Id FROM Account WHERE Name LIKE 'A00%'"]);
    write(org, "ids.csv", stdout(&found));
}

fn document(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Checks that a command is refused before anything was written.
fn refused(org: &TestOrg, args: &[&str], line: &str) {
    let output = org.run(&[&["record"], args].concat());
    assert_eq!(output.status.code(), Some(2), "{args:?}: {}", stderr(&output));
    assert!(stderr(&output).lines().any(|found| found == line), "{args:?}: {}", stderr(&output));
    assert!(output.stdout.is_empty());
}

#[test]
fn failed_rows_are_fixed_and_loaded_again() {
    let org = TestOrg::new();
    let mut rows = "Name,Phone,NumberOfEmployees\n".to_owned();
    for number in 0..450 {
        let name = if number == 7 || number == 333 { "" } else { "\"A, row\"" };
        rows += &format!("{name},{number},5\n");
    }
    write(&org, "rows.csv", rows);
    let args = ["record", "create", "Account", "--from", "rows.csv", "--failed", "failed.csv"];
    let output = org.run(&args);
    assert_eq!(output.status.code(), Some(9));
    assert_eq!(String::from_utf8_lossy(&output.stdout).lines().count(), 448);
    let reason = "REQUIRED_FIELD_MISSING: Required fields are missing: [Name] (fields: Name)";
    assert_eq!(
        stderr(&output),
        format!(
            "created 448, failed 2\n  2 rows: {reason} (first: row 8)\n    give the fields that \
             the message names\nrows failed: failed.csv\n\
             error: 2 of 450 records failed\n\
             hint: fix the rows in `failed.csv`, then run again with `--from failed.csv`\n"
        )
    );
    let failed = fs::read_to_string(org.path("failed.csv")).unwrap();
    let expected = format!(
        "_row,_error,Name,Phone,NumberOfEmployees\r\n8,{reason},,7,5\r\n334,{reason},,333,5\r\n"
    )
    .replace(reason, &format!("\"{reason}\"").replace('"', ""));
    assert_eq!(failed, expected);

    write(&org, "fixed.csv", failed.replace(",,7,5", ",B,7,5").replace(",,333,5", ",B,333,5"));
    let fixed = ["--from", "fixed.csv", "--success", "Fixed on 2026-11-29.done"];
    let output = org.run(&[&["record", "create", "Account"], &fixed[..]].concat());
    assert_eq!(stdout(&output).lines().count(), 2);
    assert_eq!(
        stderr(&output),
        "columns that are not sent: _error, _row\ncreated 2\nrows done: Fixed on 2026-11-29.done\n"
    );
    assert_eq!(count(&org, "NumberOfEmployees = 5"), "450");
}

#[test]
fn json_has_row_and_id_of_every_result() {
    let org = TestOrg::new();
    write(&org, "rows.csv", "Name,ExternalId__c\nA,1\n,2\nC,1\n");
    let upsert = ["record", "upsert", "Account", "ExternalId__c", "--from", "rows.csv", "--json"];
    let output = org.run(&[&upsert[..], &["--success", "ok.csv"]].concat());
    assert_eq!(output.status.code(), Some(9));
    let found = document(&output);
    let outcomes: Vec<_> = found["results"].as_array().unwrap().iter().collect();
    let of = |index: usize, name: &str| outcomes[index][name].clone();
    assert_eq!((of(0, "row"), of(0, "outcome")), (1.into(), "created".into()));
    assert_eq!((of(1, "row"), of(1, "outcome")), (2.into(), "failed".into()));
    assert_eq!(of(1, "errors")[0]["code"], "REQUIRED_FIELD_MISSING");
    assert_eq!(
        (of(2, "row"), of(2, "outcome"), of(2, "id")),
        (3.into(), "updated".into(), of(0, "id"))
    );
    for (name, value) in [("rows", 3), ("done", 2), ("created", 1), ("updated", 1), ("failed", 1)] {
        assert_eq!(found[name], value, "{name}");
    }
    assert_eq!(found["reasons"][0]["rows"], 1);
    let id = of(0, "id");
    let id = id.as_str().unwrap();
    let success = fs::read_to_string(org.path("ok.csv")).unwrap();
    assert_eq!(
        success,
        format!(
            "_row,_id,_outcome,Name,ExternalId__c\r\n1,{id},created,A,1\r\n3,{id},updated,C,1\r\n"
        )
    );
}

#[test]
fn name_of_a_file_need_not_be_utf_8() {
    let org = TestOrg::new();
    let name = OsStr::from_bytes(b"caf\xe9.csv");
    fs::write(org.path(name), "Name,ExternalId__c\nA,1\n,2\n").unwrap();
    let mut command = org.command(&["record", "create", "Account", "--json"]);
    let output = command.arg("--from").arg(name).output().unwrap();
    assert_eq!(output.status.code(), Some(9), "{}", stderr(&output));
    let found = document(&output);
    assert_eq!((&found["created"], &found["failed"]), (&1.into(), &1.into()));
    assert!(found["failed_file"].as_str().unwrap().starts_with("caf\u{fffd}.failed-"), "{found}");
}

#[test]
fn rows_are_upserted_updated_and_deleted() {
    let org = TestOrg::new();
    let lines: String = (0..250)
        .map(|n| {
            format!("{{\"Name\":\"C{n}\",\"ExternalId__c\":\"c{n}\",\"NumberOfEmployees\":{n}}}\n")
        })
        .collect();
    let args = ["record", "upsert", "Account", "ExternalId__c", "--from", "-"];
    for said in ["created 250\n", "updated 250\n"] {
        let output = run_with_input(&mut org.command(&args), &lines);
        assert_eq!((stdout(&output).lines().count(), stderr(&output)), (250, said));
    }
    let found = "SELECT Id FROM Account WHERE ExternalId__c LIKE 'c%'";
    let ids = stdout(&org.run(&["query", found])).to_owned();
    let rows: String = ids.lines().skip(1).map(|id| format!("{id},7,#N/A\n")).collect();
    let changes = format!("Id,Phone,NumberOfEmployees\n{rows}");
    let args = ["record", "update", "Account", "--from", "-"];
    let output = run_with_input(&mut org.command(&args), &changes);
    assert_eq!((stdout(&output), stderr(&output)), ("", "updated 250\n"));
    assert_eq!(count(&org, "Phone = '7' AND NumberOfEmployees = null"), "250");

    let bare: String = ids.lines().skip(1).map(|id| format!("{id}\n")).collect();
    refused_input(&org, &["record", "delete", "Contact", "--from", "-", "--yes"], &bare);
    assert_eq!(count(&org, "ExternalId__c LIKE 'c%'"), "250");
    let delete = ["record", "delete", "Account", "--from", "-", "--yes"];
    let output = run_with_input(&mut org.command(&delete), &bare);
    assert_eq!((stdout(&output), stderr(&output)), ("", "deleted 250\n"));
    assert_eq!(count(&org, "ExternalId__c LIKE 'c%'"), "0");
}

fn refused_input(org: &TestOrg, args: &[&str], input: &str) {
    let output = run_with_input(&mut org.command(args), input);
    assert_eq!(output.status.code(), Some(2), "{}", stderr(&output));
}

#[test]
fn exports_of_other_tools_are_loaded() {
    let org = TestOrg::new();
    let cp1252 = |text: &str| text.chars().map(|c| if c == '€' { 0x80 } else { c as u8 }).collect();
    let plain = |text: &str| text.as_bytes().to_vec();
    let args = ["--encoding", "windows-1252"];
    let none: [&str; 0] = [];
    for (tool, content, flags, rows) in [
        (
            "Excel, English, CSV UTF-8",
            plain("\u{feff}Name,AnnualRevenue\r\nÅ,1.5\r\n"),
            &none[..],
            1,
        ),
        ("Excel, German", cp1252("Name;Phone\r\nMüller;\"1\"\"2\"\r\nBär €;2\r\n"), &args, 2),
        ("Excel, French", cp1252("sep=;\r\nName;Phone\r\nÉlan;1\r\n"), &args, 1),
        ("Excel, Unicode text as UTF-8", plain("Name\tPhone\r\nÅ\t1\r\n"), &none, 1),
        ("Data Loader", plain("\"NAME\",\"PHONE\"\n\"Acme, Inc\",\"1\"\n"), &none, 1),
        ("Workbench", plain("\"Name\",\"Phone\"\r\n\"Acme\n2nd line\",\"\"\r\n"), &none, 1),
        (
            "Salesforce Inspector",
            plain("\"_\",\"Name\",\"ExternalId__c\"\r\n\"[Account]\",\"Acme\",\"si1\"\r\n"),
            &none,
            1,
        ),
        (
            "sf data query --json",
            plain(
                "{\n \"status\": 0,\n \"result\": {\n  \"records\": [\n   {\n    \"attributes\": \
                   {\"type\": \"Account\", \"url\": \"/x\"},\n    \"Name\": \"Acme\"\n   }\n  ],\n  \
                   \"totalSize\": 1,\n  \"done\": true\n },\n \"warnings\": []\n}\n",
            ),
            &none,
            1,
        ),
        (
            "REST answer",
            plain("{\"totalSize\":1,\"done\":true,\"records\":[{\"Name\":\"A\"}]}"),
            &none,
            1,
        ),
        ("pipes", plain("Name|Phone\nA,B|1\n"), &["--delimiter", "|"], 1),
        ("header alone", plain("Name,Phone\n"), &none, 0),
        ("no rows", plain("[]\n"), &none, 0),
    ] {
        write(&org, "export", content);
        let args = [&["record", "create", "Account", "--from", "export"], flags].concat();
        let output = org.run(&args);
        assert_eq!(stdout(&output).lines().count(), rows, "{tool}: {}", stderr(&output));
    }
    assert_eq!(count(&org, "Name = 'Müller' AND Phone = '1\"2'"), "1");
    assert_eq!(count(&org, "Name = 'Bär €'"), "1");
    assert_eq!(count(&org, "Name = 'Élan'"), "1");
}

#[test]
fn file_behind_dev_stdin_leaves_its_outputs_in_the_folder() {
    let org = TestOrg::new();
    write(&org, "rows.csv", "Phone\n1\n");
    let mut command = org.command(&["record", "create", "Account", "--from", "/dev/stdin"]);
    let input = fs::File::open(org.path("rows.csv")).unwrap();
    let output = command.stdin(input).output().unwrap();
    assert_eq!(output.status.code(), Some(9), "{}", stderr(&output));
    assert!(stderr(&output).contains("\nrows failed: failed-"), "{}", stderr(&output));
}

#[test]
fn second_record_file_is_refused() {
    let org = TestOrg::new();
    for name in ["a.csv", "b.csv"] {
        write(&org, name, "Name\nA\n");
    }
    let output = org.run(&["record", "create", "Account", "--from", "a.csv", "--from", "b.csv"]);
    let said = stderr(&output);
    assert!(said.starts_with("error: a second `--from` cannot be used with the first\n"), "{said}");
    assert_eq!((output.status.code(), count(&org, "Name = 'A'").as_str()), (Some(2), "0"));
}

#[test]
fn output_is_refused_twice_however_its_path_is_written() {
    let org = TestOrg::new();
    write(&org, "rows.csv", "Name\nA\n");
    for (one, other) in [("out.csv", "./out.csv"), ("out.csv", "../FOLDER/out.csv")] {
        let folder = org.folder.path().file_name().unwrap().to_str().unwrap();
        let other = other.replace("FOLDER", folder);
        let args = ["record", "create", "Account", "--from", "rows.csv", "--success", one];
        let output = org.run(&[&args[..], &["--failed", &other]].concat());
        assert_eq!(output.status.code(), Some(2), "{}", stderr(&output));
        assert!(stderr(&output).contains("two files have the path"), "{}", stderr(&output));
    }
    assert_eq!(count(&org, "Name = 'A'"), "0");
}

#[test]
fn output_that_cannot_be_opened_leaves_no_journal() {
    let org = TestOrg::new();
    write(&org, "rows.csv", "Name\nA\n");
    let args = ["record", "create", "Account", "--from", "rows.csv"];
    let output = org.run(&[&args[..], &["--failed", "none/failed.csv"]].concat());
    assert!(stderr(&output).starts_with("error: cannot write `none/failed.csv`"));
    assert!(!org.path("rows.csv.journal").exists());
    let output = org.run(&[&args[..], &["--journal", "none/rows.journal"]].concat());
    let said = stderr(&output);
    assert!(said.starts_with("error: cannot use the journal `none/rows.journal`"), "{said}");
    assert_eq!(count(&org, "Name = 'A'"), "0");
}

#[test]
fn own_query_output_is_read_in_every_format() {
    let org = TestOrg::new();
    org.accounts(3);
    let soql = "SELECT Id, Name FROM Account WHERE Name LIKE 'A00%'";
    for format in ["csv", "json", "ndjson"] {
        let found = stdout(&org.run(&["query", soql, "--format", format])).to_owned();
        write(&org, "found", found);
        let output = org.run(&["record", "update", "Account", "--from", "found"]);
        assert_eq!(stderr(&output), "updated 3\n", "{format}");
    }
    let output = org.run(&["record", "delete", "Account", "--from", "found", "--yes"]);
    assert_eq!(stderr(&output), "deleted 3\n");
}

/// The unit tests of `orgtoken-rest` have all faults.
#[test]
fn file_with_a_fault_is_refused_before_the_first_write() {
    let org = TestOrg::new();
    let good: String = (0..450).map(|n| format!("Row {n},1\n")).collect();
    for (content, line) in [
        (
            [format!("Name,Phone\n{good}").as_bytes(), b"M\xfcller,1\n"].concat(),
            "error: line 452, row 451, column 1: not UTF-8",
        ),
        (
            format!("Name,Phone\n{good}x\n").into_bytes(),
            "error: line 452, row 451: 1 cells, but the header has 2",
        ),
        (b"<html><body>".to_vec(), "error: the file is HTML or XML, not CSV or JSON"),
        (
            b"Name,Parent.ExternalId__c,Nam\nA,B,C\n".to_vec(),
            "error: line 1, column 3 (`Nam`): `Account` has no such field",
        ),
    ] {
        write(&org, "rows.csv", content);
        refused(&org, &["create", "Account", "--from", "rows.csv"], line);
    }
    assert_eq!(count(&org, "Name LIKE 'Row%'"), "0");
    assert_eq!(named(&org, "rows."), [org.path("rows.csv")]);
}

#[test]
fn digits_of_a_file_reach_the_wire() {
    let org = TestOrg::new();
    write(&org, "rows.csv", "Name,AnnualRevenue\nD1,12345678901234.56\n");
    write(&org, "rows.json", "[{\"Name\":\"D2\",\"AnnualRevenue\":12345678901234.56}]");
    for file in ["rows.csv", "rows.json"] {
        stdout(&org.run(&["record", "create", "Account", "--from", file]));
    }
    assert_eq!(count(&org, "AnnualRevenue = 12345678901234.56"), "2");
}

#[test]
fn related_records_are_named_by_their_external_id() {
    let org = TestOrg::new();
    org.set_job_polls(1);
    write(&org, "parents.csv", "Name,ExternalId__c\nParent,p1\n");
    stdout(&org.run(&["record", "create", "Account", "--from", "parents.csv"]));
    write(&org, "rows.csv", "Name,Parent.ExternalId__c\nChild,p1\n");
    let create = ["record", "create", "Account", "--from", "rows.csv"];
    stdout(&org.run(&create));
    assert_eq!(count(&org, "Parent.Name = 'Parent'"), "1");
    stdout(&org.run(&[&create[..], &["--bulk"]].concat()));
    assert_eq!(count(&org, "Parent.Name = 'Parent'"), "2");
    write(&org, "rows.json", r#"[{"Name":"Child","Parent":{"ExternalId__c":"p2"}}]"#);
    let output = org.run(&["record", "create", "Account", "--from", "rows.json"]);
    assert_eq!(output.status.code(), Some(9));
    let reason = "Foreign key external ID: p2 not found for field ExternalId__c in entity Account";
    assert!(stderr(&output).contains(reason), "{}", stderr(&output));
}

#[test]
fn dry_run_checks_and_sends_nothing() {
    let org = TestOrg::new();
    write(&org, "rows.csv", "Name;Phone\nX;1\nY;2\n");
    let args = ["record", "create", "Account", "--from", "rows.csv", "--dry-run"];
    let output = org.run(&args);
    assert_eq!(
        (stdout(&output), stderr(&output)),
        ("", "checked 2 rows (csv, separated by `;`, utf-8) to create Account: nothing was sent\n")
    );
    let found = document(&org.run(&[&args[..], &["--json"]].concat()));
    assert_eq!((&found["rows"], &found["delimiter"]), (&2.into(), &";".into()));
    assert_eq!(count(&org, "Phone = '1'"), "0");
    assert_eq!(named(&org, "rows.").len(), 1);
}

#[test]
fn leftovers_of_an_earlier_run_do_not_stop_a_load() {
    let org = TestOrg::new();
    write(&org, "rows.csv", "Name,Phone\n,1\n");
    let args = ["record", "create", "Account", "--from", "rows.csv"];
    for runs in 1..=2 {
        assert_eq!(org.run(&args).status.code(), Some(9));
        assert_eq!(named(&org, "rows.failed-").len(), runs);
    }
    let named_file = [&args[..], &["--failed", "failed.csv"]].concat();
    for _ in 0..2 {
        assert_eq!(org.run(&named_file).status.code(), Some(9));
        let failed = fs::read_to_string(org.path("failed.csv")).unwrap();
        assert_eq!(failed.lines().count(), 2);
    }
    // Without a failed row, the file does not keep rows of an earlier run.
    write(&org, "rows.csv", "Name,Phone\nGood,1\n");
    stdout(&org.run(&named_file));
    let failed = fs::read_to_string(org.path("failed.csv")).unwrap();
    assert_eq!(failed, "_row,_error,Name,Phone\r\n");
}

#[test]
fn failed_rows_of_a_windows_1252_file_are_loaded_by_the_same_command() {
    let org = TestOrg::new();
    write(
        &org,
        "rows.csv",
        b"Name;Phone;ExternalId__c\r\nA;1;w1\r\nM\xfcller;\"a \"\"b\"\"\";w1\r\n",
    );
    let create = |file: &str| {
        let args = ["record", "create", "Account", "--encoding", "windows-1252", "--failed"];
        org.run(&[&args[..], &["failed.csv", "--delimiter", ";", "--from", file]].concat())
    };
    assert_eq!(create("rows.csv").status.code(), Some(9));
    let failed = fs::read_to_string(org.path("failed.csv")).unwrap();
    assert!(
        failed.starts_with("\u{feff}_row;_error;Name;Phone;ExternalId__c\r\n2;DUPLICATE_VALUE")
    );
    assert!(failed.ends_with(";Müller;\"a \"\"b\"\"\";w1\r\n"), "{failed}");
    write(&org, "again.csv", failed.replace(";w1\r\n", ";w2\r\n"));
    stdout(&create("again.csv"));
    assert_eq!(count(&org, "Name = 'Müller' AND Phone = 'a \"b\"'"), "1");
}

#[test]
fn delete_asks_on_a_terminal() {
    let org = TestOrg::new();
    write_ids(&org, 2);
    let delete = |answer: &[u8], flags: &[&str]| {
        let (mut user_end, screen) = terminal();
        let args = ["record", "delete", "Account", "--from", "ids.csv"];
        let mut command = org.command(&[&args[..], flags].concat());
        command.stdin(screen.try_clone().unwrap()).stderr(screen).stdout(Stdio::piped());
        user_end.write_all(answer).unwrap();
        command.output().unwrap().status.code()
    };
    for answer in [b"n\n".as_slice(), b"\n", b"yess\n"] {
        assert_eq!(delete(answer, &[]), Some(130));
    }
    assert_eq!(count(&org, "Name LIKE 'A00%'"), "2");
    assert_eq!(delete(b"y\n", &[]), Some(0));
    assert_eq!(count(&org, "Name LIKE 'A00%'"), "0");
    write_ids(&org, 1);
    assert_eq!(delete(b"", &["--yes"]), Some(0));
}

#[test]
fn delete_without_a_terminal_needs_yes() {
    let org = TestOrg::new();
    write_ids(&org, 1);
    let delete = ["record", "delete", "Account", "--from", "ids.csv"];
    for more in
        [["--json"].as_slice(), &["--json", "--bulk"], &["--json", "--bulk", "--hard-delete"]]
    {
        let error = error(&org.run(&[&delete[..], more].concat()));
        assert_eq!(error["message"], "missing `--yes`: there is no terminal for the question");
    }
    assert_eq!(stdout(&org.run(&[&delete[..], &["--dry-run"]].concat())), "");
    assert_eq!(count(&org, "Name LIKE 'A00%'"), "1");
    assert_eq!(stderr(&org.run(&[&delete[..], &["--yes"]].concat())), "deleted 1\n");
}

#[test]
fn signal_ends_the_question_before_a_delete() {
    let org = TestOrg::new();
    write_ids(&org, 1);
    let (mut user_end, screen) = terminal();
    let mut command = org.command(&["record", "delete", "Account", "--from", "ids.csv"]);
    command.stdin(screen.try_clone().unwrap()).stderr(screen).stdout(Stdio::null());
    let mut child = command.spawn().unwrap();
    drop(command);
    read_until(&mut user_end, "[y/N]");
    signal(&child, Signal::INT);
    assert_eq!(child.wait().unwrap().code(), Some(130));
    assert_eq!(count(&org, "Name LIKE 'A00%'"), "1");
}

#[test]
fn flags_of_record_files_are_refused_without_a_file() {
    let org = TestOrg::new();
    org.accounts(1);
    let found = org.run(&["query", "SELECT Id FROM Account WHERE Name LIKE 'A00%'"]);
    let id = stdout(&found).lines().last().unwrap();
    let shared = [
        "--all-or-none",
        "--batch-size=5",
        "--bulk",
        "--delimiter=;",
        "--dry-run",
        "--encoding=utf-8",
        "--failed=failed.csv",
        "--format=csv",
        "--journal=journal",
        "--resume",
        "--success=done.csv",
    ];
    for (command, record, more) in [
        ("create", &["Name=B00"][..], &[][..]),
        ("update", &[id, "Name=B00"], &["--external-id=ExternalId__c"]),
        ("upsert", &["ExternalId__c", "1", "Name=B00"], &[]),
        ("delete", &[id], &["--external-id=ExternalId__c", "--hard-delete"]),
    ] {
        for flag in shared.iter().chain(more) {
            let args = [&["record", command, "Account"], record, &[*flag, "--json"]].concat();
            assert_eq!(error(&org.run(&args))["code"], "usage.missing", "{args:?}");
        }
        let args = [&["record", command, "Account"], record, &["--from", "x.csv", "--json"]];
        assert_eq!(error(&org.run(&args.concat()))["code"], "usage.conflict", "{command}");
    }
    assert_eq!(
        (count(&org, "Name = 'B00'"), count(&org, "Name LIKE 'A00%'")),
        ("0".into(), "1".into())
    );
}

#[test]
fn output_never_overwrites_the_input() {
    let org = TestOrg::new();
    write(&org, "rows.csv", "Name\nA\n");
    for flag in ["--failed", "--success"] {
        let args = ["record", "create", "Account", "--from", "rows.csv", flag, "./rows.csv"];
        let output = org.run(&[&args[..], &["--json"]].concat());
        assert_eq!(error(&output)["code"], "usage.conflict");
    }
    assert_eq!(fs::read_to_string(org.path("rows.csv")).unwrap(), "Name\nA\n");
    assert_eq!(named(&org, "rows."), [org.path("rows.csv")]);
}

#[test]
fn standard_input_is_used_once() {
    let org = TestOrg::new();
    let mut command = org.bare(&["record", "create", "Account", "--from", "-", "--settings", "-"]);
    let output = run_with_input(command.arg("--json"), "Name\nA\n");
    assert_eq!(
        error(&output)["message"],
        "`-` can be used only once: standard input was already read"
    );
}

#[test]
fn session_that_ends_midway_costs_one_login_and_no_row() {
    let org = TestOrg::new();
    org.play("session-expires-midway");
    let rows: String = (0..900).map(|n| format!("D{n}\n")).collect();
    let mut command = org.command(&["record", "create", "Account", "--from", "-", "--json"]);
    let output = run_with_input(&mut command, &format!("Name\n{rows}"));
    let summary: Value = serde_json::from_str(stdout(&output)).unwrap();
    assert_eq!((&summary["done"], org.logins()), (&900.into(), 2));
    assert_eq!(count(&org, "Name LIKE 'D%'"), "900");
}

#[test]
fn rows_are_updated_and_deleted_by_external_id() {
    let org = TestOrg::new();
    let rows =
        |rows: std::ops::Range<u32>| -> String { rows.map(|n| format!("k{n},A{n}\n")).collect() };
    write(&org, "new.csv", format!("ExternalId__c,Name\n{}", rows(0..30)));
    stdout(&org.run(&["record", "create", "Account", "--from", "new.csv"]));
    let before = org.requests().len();
    write(
        &org,
        "rows.csv",
        format!("ExternalId__c,Name\n{}absent,B\n", rows(0..30).replace('A', "B")),
    );
    let by = ["--from", "rows.csv", "--external-id", "externalid__c"];
    let update = [&["record", "update", "Account"], &by[..]].concat();
    let output = org.run(&update);
    assert_eq!(output.status.code(), Some(9));
    assert!(stderr(&output).starts_with("updated 30, failed 1\n"), "{}", stderr(&output));
    assert!(stderr(&output).contains("NOT_FOUND"), "{}", stderr(&output));
    assert!(stderr(&output).contains("    no record has this external id"), "{}", stderr(&output));
    assert!(!stderr(&output).contains("orgtoken describe"), "{}", stderr(&output));
    assert_eq!(
        (count(&org, "Name LIKE 'B%'"), count(&org, "Name LIKE 'A_'")),
        ("30".into(), "0".into())
    );
    let requests = org.requests();
    let calls = requests[before..].iter().filter(|it| it.target().ends_with("/composite"));
    assert_eq!(calls.count(), 2, "25 rows and 6 rows");

    let failed = named(&org, "rows.failed-").pop().unwrap();
    assert!(fs::read_to_string(failed).unwrap().contains("absent,B"));
    let delete = ["record", "delete", "Account", "--yes"];
    assert_eq!(org.run(&[&delete[..], &by].concat()).status.code(), Some(9));
    assert_eq!(count(&org, "Name LIKE 'B%'"), "0");
}

#[test]
fn faults_of_external_ids_are_found_before_a_row_is_sent() {
    let org = TestOrg::new();
    let by = ["--from", "rows.csv", "--external-id", "ExternalId__c"];
    let update = [&["update", "Account"], &by[..]].concat();
    for (content, fault) in [
        ("Name\nA\n", "error: line 1: the column `ExternalId__c` is missing"),
        (
            "ExternalId__c,Name\n..,A\n",
            "error: line 2, row 1, column 1 (`ExternalId__c`): a URL cannot contain it: use the id of \
             the record",
        ),
        (
            "ExternalId__c,Name\n1,@{x.id}\n",
            "error: line 2, row 1, column 2 (`Name`): the value contains `@{`, which Salesforce may \
             replace in an update by external id: update this row by Id",
        ),
        (
            "[{\"ExternalId__c\":\"1\",\"Name\":\"\\u0040\\u007bx.id}\"}]",
            "error: line 1, row 1, field `Name`: the value contains `@{`, which Salesforce may \
             replace in an update by external id: update this row by Id",
        ),
        (
            "Id,ExternalId__c\n001000000000001AAA,1\n",
            "error: line 1, column 1 (`Id`): an update by an external id has no column Id: remove it, \
             or update by Id",
        ),
    ] {
        write(&org, "rows.csv", content);
        refused(&org, &update, fault);
    }
    write(&org, "rows.csv", "ExternalId__c,Name\n1,a@b.c\n");
    let batch = [&update[..], &["--batch-size", "26"]].concat();
    let reason = "with `--external-id` a call has up to 25 rows";
    refused(&org, &batch, &format!("error: invalid value for `--batch-size`: {reason}"));
    assert!(!org.requests().iter().any(|it| it.target().ends_with("/composite")));
}

#[test]
fn all_or_none_rolls_back_the_rows_of_a_call() {
    let org = TestOrg::new();
    write(&org, "rows.csv", "Name,Phone\nR1,1\n,2\nR3,3\nR4,4\n");
    let create = ["record", "create", "Account", "--from", "rows.csv", "--all-or-none"];
    let output = org.run(&create);
    assert!(stderr(&output).starts_with("failed 4\n"), "{}", stderr(&output));
    assert_eq!(count(&org, "Name LIKE 'R%'"), "0");
    let output = org.run(&[&create[..], &["--batch-size", "2"]].concat());
    assert!(stderr(&output).starts_with("created 2, failed 2\n"), "{}", stderr(&output));
    assert_eq!(count(&org, "Name LIKE 'R%'"), "2");

    write(&org, "rows.csv", format!("Name\n{}", "R\n".repeat(201)));
    let what = "error: `--all-or-none` cannot roll back 201 rows: a call has up to 200";
    refused(&org, &create[1..], what);
    assert_eq!(count(&org, "Name LIKE 'R%'"), "2");
}

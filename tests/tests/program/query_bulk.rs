//! `query --bulk` and `bulk results`: queries by jobs of Bulk API 2.0.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Command, Output, Stdio};

use conformance::program::{self, error, on_terminal, run_with_input, stderr, stdout};
use conformance::raw::{Raw, response, target};
use conformance::test_org::{TestOrg, USER};
use orgtoken_fake_org::User;
use rustix::process::Signal;

use crate::query::{calling, create};
use crate::record_resume::{signal, start};

const NAMES: &str = "SELECT Name, Phone FROM Account WHERE Name LIKE 'A0%' ORDER BY Name";

/// Starts an org whose jobs are complete at the first look.
fn org() -> TestOrg {
    let org = TestOrg::new();
    org.set_job_polls(1);
    org
}

fn jobs(org: &TestOrg) -> usize {
    stdout(&org.run(&["bulk", "list"])).lines().count().saturating_sub(1)
}

#[test]
fn records_are_printed_as_csv() {
    let org = org();
    create(&org, r#"{"Name":"A0, \"the\"\nfirst","Phone":"1"}"#);
    create(&org, r#"{"Name":"A0 Åre"}"#);
    let output = org.run(&["query", NAMES, "--bulk"]);
    let csv = "\"Name\",\"Phone\"\r\n\"A0 Åre\",\"\"\r\n\"A0, \"\"the\"\"\nfirst\",\"1\"\r\n";
    assert_eq!(stdout(&output), csv);
    let job = stderr(&output).trim().strip_prefix("job ").unwrap().to_owned();
    assert_eq!(stdout(&org.run(&["bulk", "results", &job])), csv);
    let excel =
        org.run(&["query", NAMES, "--bulk", "--format", "csv", "--bom", "--delimiter", ";"]);
    assert_eq!(stdout(&excel), format!("\u{feff}{}", csv.replace("\",\"", "\";\"")));
    // A job that another program created, with another version of the API.
    let new = format!(r#"{{"operation":"query","query":"{NAMES}"}}"#);
    let path = "/services/data/v66.0/jobs/query";
    let made =
        run_with_input(&mut org.command(&["api", path, "--input", "-", "--jq", ".id"]), &new);
    let job = stdout(&made).trim();
    assert!(org.run(&["bulk", "wait", job]).status.success());
    assert_eq!(stdout(&org.run(&["bulk", "results", job])), csv.replace("\r\n", "\n"));

    let none = org.run(&["query", "SELECT Id FROM Account WHERE Name = 'Nobody'", "--bulk"]);
    assert_eq!(stdout(&none), "\"Id\"\r\n");

    let id = stdout(&org.run(&["query", "SELECT Id FROM Account WHERE Phone = '1'"])).to_owned();
    stdout(&org.run(&["record", "delete", "Account", id.lines().nth(1).unwrap()]));
    let lines = |more: &[&str]| {
        let output = org.run(&[&["query", NAMES, "--bulk"], more].concat());
        stdout(&output).matches("\r\n").count()
    };
    assert_eq!((lines(&[]), lines(&["--all"])), (2, 3));
}

#[test]
fn file_is_whole_or_not_there() {
    let org = org();
    org.accounts(20);
    fs::write(org.path("names.csv"), "old").unwrap();
    let output = org.run(&["query", NAMES, "--bulk", "--out", "names.csv"]);
    assert_eq!(stdout(&output), "");
    assert!(stderr(&output).ends_with("20 records: names.csv\n"), "{}", stderr(&output));
    let csv = fs::read_to_string(org.path("names.csv")).unwrap();
    assert_eq!((csv.lines().count(), csv.lines().nth(1)), (21, Some("\"A0000\",\"\"")));

    org.fail_next_job(0, "InternalServerError : x");
    let failed = org.run(&["query", NAMES, "--bulk", "--out", "failed.csv"]);
    assert_eq!(failed.status.code(), Some(9));
    let said = stderr(&failed);
    assert!(said.contains(" failed: InternalServerError : x\n"), "{said}");
    let names = fs::read_dir(org.folder.path()).unwrap();
    let names = names.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    assert!(!names.into_iter().any(|name| name.contains(".part") || name == "failed.csv"));

    let before = jobs(&org);
    for out in ["missing/names.csv", "."] {
        let refused = org.run(&["query", NAMES, "--bulk", "--out", out]);
        assert_eq!((refused.status.code(), jobs(&org)), (Some(1), before), "{out}");
    }
    let dash = org.run(&["query", NAMES, "--bulk", "--out", "-"]);
    assert_eq!(stdout(&dash), csv);
}

#[test]
fn what_a_job_cannot_do_is_refused_before_it_exists() {
    let shop = br#"{"name":"Shop__c","label":"Shop","labelPlural":"Shops","keyPrefix":"a03",
        "fields":[{"name":"Id","label":"Id","type":"id","createable":false},
        {"name":"Place__c","label":"Place","type":"location"}]}"#;
    let org = TestOrg::with(User::new(USER), |org| org.object(shop).unwrap());
    let parts = [
        ("SELECT COUNT() FROM Account", "aggregate functions such as COUNT()"),
        ("SELECT Name FROM Account GROUP BY Name", "GROUP BY"),
        ("SELECT Id FROM Account LIMIT 5 OFFSET 5", "OFFSET"),
        ("SELECT TYPEOF What WHEN Account THEN Id END FROM Event", "TYPEOF"),
        ("SELECT Id, (SELECT Id FROM Contacts) FROM Account", "sub-queries in the SELECT list"),
    ];
    for (soql, what) in parts {
        let refused = org.run(&["query", soql, "--bulk"]);
        assert_eq!(refused.status.code(), Some(2), "{soql}");
        let said =
            format!("error: Bulk API 2.0 does not support {what}\nhint: run the query without");
        assert!(stderr(&refused).starts_with(&said), "{}", stderr(&refused));
    }
    for more in [
        ["--format", "json"].as_slice(),
        &["--json"],
        &["--jq", ".[]"],
        &["--limit", "5"],
        &["--tooling"],
        &["--bind", "a=ids.txt"],
    ] {
        let refused = org.run(&[&["query", NAMES, "--bulk"], more].concat());
        assert_eq!(refused.status.code(), Some(2), "{more:?}");
        let said = stderr(&refused);
        assert!(said.contains("`--bulk` cannot be used with"), "{said}");
    }
    let delimiter = org.run(&["query", NAMES, "--bulk", "--delimiter", "#"]);
    assert!(stderr(&delimiter).contains("a backquote or `tab`"), "{}", stderr(&delimiter));
    for flag in [["--out", "x"].as_slice(), &["--abort-on-interrupt"]] {
        let refused = org.run(&[&["query", NAMES, "--json"], flag].concat());
        assert_eq!(error(&refused)["code"], "usage.missing");
    }
    assert_eq!(org.logins(), 0);
    let compound = org.run(&["query", "SELECT Id, place__c FROM Shop__c", "--bulk"]);
    assert_eq!(compound.status.code(), Some(2), "{}", stderr(&compound));
    assert!(stderr(&compound).contains("the compound field `Place__c`"));
    let unknown = org.run(&["query", "SELECT Id FROM Nothing", "--bulk"]);
    assert_eq!(unknown.status.code(), Some(9));
    assert!(stderr(&unknown).contains("INVALIDENTITY"), "{}", stderr(&unknown));
    assert_eq!(jobs(&org), 0);
}

/// Starts a query whose job does not end, and waits until the job exists. Returns its id.
fn stuck(org: &TestOrg, command: &mut Command) -> (std::process::Child, String) {
    org.set_job_polls(None);
    let mut child = start(command);
    let mut line = String::new();
    // The pipe has room for all that follows.
    let mut lines = BufReader::with_capacity(1, child.stderr.take().unwrap());
    lines.read_line(&mut line).unwrap();
    child.stderr = Some(lines.into_inner());
    (child, line.trim().strip_prefix("job ").unwrap().to_owned())
}

fn ended(child: std::process::Child) -> (Option<i32>, String) {
    let output = child.wait_with_output().unwrap();
    assert!(output.stdout.is_empty());
    (output.status.code(), String::from_utf8(output.stderr).unwrap())
}

#[test]
fn interrupted_query_leaves_its_job_and_says_how_to_come_back() {
    let org = org();
    org.accounts(20);
    let args = ["query", NAMES, "--bulk", "--bom", "--out", "names.csv", "--timeout", "60s"];
    let (child, job) = stuck(&org, &mut org.command(&args));
    signal(&child, Signal::INT);
    let (code, said) = ended(child);
    assert_eq!(code, Some(130), "{said}");
    assert!(said.starts_with("error: interrupted: the job continues\n"), "{said}");
    let resume = said.lines().find_map(|line| line.strip_prefix("resume: ")).unwrap();
    let begin = format!("orgtoken bulk wait {job} -s salesforce.json ");
    assert!(resume.starts_with(&begin), "{resume}");
    let results =
        format!(" && orgtoken bulk results {job} --out names.csv --bom -s salesforce.json ");
    assert!(resume.contains(&results), "{resume}");
    assert!(!org.path("names.csv.part").exists());

    let early = org.run(&["bulk", "results", &job]);
    assert_eq!(early.status.code(), Some(9), "{}", stderr(&early));
    org.set_job_polls(1);
    let output = org.shell(resume).env("PATH", org.path_variable()).output().unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
    let csv = fs::read_to_string(org.path("names.csv")).unwrap();
    assert_eq!((csv.lines().count(), csv.starts_with('\u{feff}')), (21, true));
    assert_eq!(jobs(&org), 1);
}

#[test]
fn interrupted_query_aborts_its_job_with_the_flag_or_the_answer() {
    let org = org();
    let args = ["query", NAMES, "--bulk", "--abort-on-interrupt"];
    let (child, job) = stuck(&org, &mut org.command(&args));
    signal(&child, Signal::TERM);
    let (code, said) = ended(child);
    assert_eq!((code, &*said), (Some(130), "error: interrupted: the job was aborted\n"));
    let status = |job: &str| stdout(&org.run(&["bulk", "status", job])).to_owned();
    assert!(status(&job).contains("Aborted"));
    let wait = org.run(&["bulk", "wait", &job]);
    assert_eq!(wait.status.code(), Some(9));
    assert!(stderr(&wait).contains("was aborted\nhint: correct the query"), "{}", stderr(&wait));
    assert_eq!(org.run(&["bulk", "results", &job]).status.code(), Some(9));

    // A second signal means no.
    for (answer, state) in [("y\n", "Aborted"), ("\n", "InProgress"), ("", "InProgress")] {
        let (mut user, screen) = program::terminal();
        let mut command = org.command(&["query", NAMES, "--bulk"]);
        command.stdin(screen.try_clone().unwrap()).stdout(Stdio::null()).env("TERM", "dumb");
        let child = command.stderr(screen).spawn().unwrap();
        drop(command);
        let mut shown = String::new();
        let mut until = |user: &mut fs::File, end: &str| {
            let mut byte = [0];
            while !shown.ends_with(end) {
                user.read_exact(&mut byte).unwrap();
                shown.push(char::from(byte[0]));
            }
            shown.clone()
        };
        let job = until(&mut user, "\r\n").trim().strip_prefix("job ").unwrap().to_owned();
        signal(&child, Signal::INT);
        until(&mut user, &format!("Abort job {job}? [y/N] "));
        user.write_all(answer.as_bytes()).unwrap();
        if answer.is_empty() {
            signal(&child, Signal::INT);
            until(&mut user, "? [y/N] \r\n");
        }
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(130));
        assert!(status(&job).contains(state), "{answer:?}: {}", status(&job));
    }
}

/// A server with a job of three pages. Returns its address. `page` returns the response for a page,
/// from its headers and its body. A change of the job has no response.
fn three_pages(page: impl Fn(&str, String, String) -> String + Send + Sync + 'static) -> String {
    let job = format!(
        r#"{{"id":"{JOB}","operation":"query","object":"X","state":"JobComplete","numberRecordsProcessed":6}}"#
    );
    let server = Raw::new(move |request| match target(request).split_once("/results?") {
        Some((_, query)) => {
            let locator = query.split_once("locator=").map_or("", |(_, locator)| locator);
            let (next, rows) = match locator {
                "" => ("MTA", "\"1\"\r\n\"2\"\r\n"),
                "MTA" => ("MjA", "\"3\"\r\n\"4\"\r\n"),
                _ => ("null", "\"5\"\r\n\"6\"\r\n"),
            };
            let headers = format!("Sforce-Locator: {next}\r\nSforce-NumberOfRecords: 2\r\n");
            page(locator, headers, format!("\"Owner.Name\"\r\n{rows}"))
        }
        None if request.starts_with("PATCH") => String::new(),
        None if target(request).contains("/ingest/") => {
            response("404 Not Found", "", r#"[{"errorCode":"NOT_FOUND","message":"no"}]"#)
        }
        None => response("200 OK", "", &job),
    });
    server.host()
}

fn whole(headers: &str, body: &str) -> String {
    response("200 OK", headers, body)
}

/// Runs the program against a server.
fn at(host: &str, folder: &Path, args: &[&str]) -> Output {
    calling(host, folder, args).output().unwrap()
}

const JOB: &str = "750R0000000zxr8IAA";
const QUERY: [&str; 3] = ["query", "SELECT Owner.Name FROM X", "--bulk"];
const HEADER: &str = "\"Owner.Name\"\r\n";
const ROWS: [&str; 3] = ["\"1\"\r\n\"2\"\r\n", "\"3\"\r\n\"4\"\r\n", "\"5\"\r\n\"6\"\r\n"];

#[test]
fn download_that_loses_its_connection_continues_without_losing_or_doubling_a_row() {
    let folder = tempfile::tempdir().unwrap();
    let good = three_pages(|_, headers, body| whole(&headers, &body));
    let all = format!("{HEADER}{}", ROWS.concat());
    assert_eq!(stdout(&at(&good, folder.path(), &QUERY)), all);
    // The body of the second page ends early, whatever its length was.
    let bad = three_pages(|locator, headers, body| match locator {
        "MTA" => whole(&headers, &body).replace(ROWS[1], "\"3\"\r\n"),
        _ => whole(&headers, &body),
    });
    let output = at(&bad, folder.path(), &QUERY);
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(6), "{said}");
    let printed = String::from_utf8(output.stdout).unwrap();
    assert_eq!(printed, format!("{HEADER}{}", ROWS[0]));
    assert!(said.contains("the output is incomplete: it ends after 2 records\n"), "{said}");
    let resume = format!("resume: orgtoken bulk results {JOB} --locator MTA --allow-host ");
    assert!(said.contains(&resume), "{said}");
    let rest = at(&good, folder.path(), &["bulk", "results", JOB, "--locator", "MTA"]);
    assert_eq!(printed + stdout(&rest), all);

    let out = [&QUERY[..], &["--out", "all.csv", "--bom"]].concat();
    let output = at(&bad, folder.path(), &out);
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(6), "{said}");
    let resume =
        format!("resume: orgtoken bulk results {JOB} --out all.csv --resume --allow-host ");
    assert!(said.contains(&resume), "{said}");
    assert!(!folder.path().join("all.csv").exists());
    let resumed = ["bulk", "results", JOB, "--out", "all.csv", "--resume"];
    let other = ["bulk", "results", "750R0000000zxr9IAA", "--out", "all.csv", "--resume"];
    assert_eq!(at(&good, folder.path(), &other).status.code(), Some(2));
    // A new download that ends before its first page leaves the earlier one.
    let unbegun = ["bulk", "results", JOB, "--out", "all.csv", "--rows", "failed"];
    let output = at(&good, folder.path(), &unbegun);
    let expected = format!(
        "warning: an earlier download to `all.csv` ended after 2 records of job {JOB}; the first \
         page of this one replaces it\n"
    );
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.starts_with(&expected), "{said}");
    stdout(&at(&good, folder.path(), &resumed));
    assert_eq!(
        fs::read_to_string(folder.path().join("all.csv")).unwrap(),
        format!("\u{feff}{all}")
    );
    assert_eq!(at(&good, folder.path(), &resumed).status.code(), Some(2), "nothing to continue");
    let left = fs::read_dir(folder.path()).unwrap();
    let left =
        left.filter(|it| it.as_ref().unwrap().file_name().to_string_lossy().contains("part"));
    assert_eq!(left.count(), 0);
}

#[test]
fn download_that_ends_after_a_page_without_records_has_one_header() {
    let folder = tempfile::tempdir().unwrap();
    let empty_first = |ending: &'static str| {
        three_pages(move |locator, headers, body| match locator {
            "" => whole(&headers.replace("Records: 2", "Records: 0"), HEADER),
            "MTA" => whole(&headers, &body).replace(ROWS[1], ending),
            _ => whole(&headers, &body),
        })
    };
    let (good, bad) = (empty_first(ROWS[1]), empty_first("\"3\"\r\n"));
    let all = format!("{HEADER}{}{}", ROWS[1], ROWS[2]);
    let output = at(&bad, folder.path(), &QUERY);
    let said = String::from_utf8(output.stderr).unwrap();
    let printed = String::from_utf8(output.stdout).unwrap();
    assert_eq!((printed.as_str(), output.status.code()), (HEADER, Some(6)), "{said}");
    assert!(said.contains("the output is incomplete: it ends after 0 records\n"), "{said}");
    let resume = format!("resume: orgtoken bulk results {JOB} --locator MTA --allow-host ");
    assert!(said.contains(&resume), "{said}");
    let rest = at(&good, folder.path(), &["bulk", "results", JOB, "--locator", "MTA"]);
    assert_eq!(printed + stdout(&rest), all);

    let out = [&QUERY[..], &["--out", "all.csv"]].concat();
    let output = at(&bad, folder.path(), &out);
    assert!(String::from_utf8(output.stderr).unwrap().contains(" --out all.csv --resume "));
    let resumed = ["bulk", "results", JOB, "--out", "all.csv", "--resume"];
    stdout(&at(&good, folder.path(), &resumed));
    assert_eq!(fs::read_to_string(folder.path().join("all.csv")).unwrap(), all);
}

#[test]
fn abort_whose_response_is_lost_may_have_been_made() {
    let folder = tempfile::tempdir().unwrap();
    let host = three_pages(|_, headers, body| whole(&headers, &body));
    let output = at(&host, folder.path(), &["bulk", "abort", JOB]);
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(6), "{said}");
    assert!(said.contains("; the change may have been made\n"), "{said}");
}

#[test]
fn page_with_too_few_records_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    // A proxy that ends a body by closing the connection hides that it was cut.
    for (locator, from, to, printed) in
        [("MjA", "\"6\"\r\n", "\"6", 4), ("MTA", "\"4\"\r\n", "\"4\"", 2)]
    {
        let cut = three_pages(move |page, headers, body| match page == locator {
            true => whole(&headers, &body.replace(from, to)),
            false => whole(&headers, &body),
        });
        let output = at(&cut, folder.path(), &QUERY);
        let said = stderr(&output);
        assert_eq!(output.status.code(), Some(6), "{said}");
        assert!(said.contains("ends in the middle of a record"), "{said}");
        assert!(said.contains(&format!("it ends after {printed} records")), "{said}");
    }
    let short = three_pages(|locator, headers, body| match locator {
        "MjA" => whole(&headers, body.replace("\"6\"\r\n", "").as_str()),
        _ => whole(&headers, &body),
    });
    let output = at(&short, folder.path(), &QUERY);
    let said = stderr(&output);
    assert_eq!(output.status.code(), Some(6), "{said}");
    assert!(said.contains("error: Salesforce announced 2 records and sent 1"), "{said}");
    assert!(said.contains("it ends after 4 records"), "{said}");
    assert!(
        said.contains(&format!("resume: orgtoken bulk results {JOB} --locator MjA ")),
        "{said}"
    );
}

#[test]
fn output_that_cannot_be_written_begins_again() {
    let folder = tempfile::tempdir().unwrap();
    let host = three_pages(|_, headers, body| whole(&headers, &body));
    let full = |args: &[&str]| {
        let full = fs::File::options().write(true).open("/dev/full").unwrap();
        calling(&host, folder.path(), args).stdout(full).output().unwrap()
    };
    for args in [&QUERY[..], &["bulk", "results", JOB]] {
        let output = full(args);
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{said}");
        assert!(said.contains("; the output is incomplete: begin it again\n"), "{said}");
        let resume = format!("resume: orgtoken bulk results {JOB} --allow-host ");
        assert!(said.contains(&resume), "{said}");
    }
    let rest = full(&["bulk", "results", JOB, "--locator", "MTA"]);
    assert!(!String::from_utf8(rest.stderr).unwrap().contains("resume:"));
}

#[test]
fn signal_after_the_last_page_stops_nothing() {
    let folder = tempfile::tempdir().unwrap();
    // The only page is longer than a pipe takes.
    let rows = "\"1\"\r\n".repeat(40_000);
    let all = format!("{HEADER}{rows}");
    let only = all.clone();
    let host = three_pages(move |_, _, _| {
        whole("Sforce-Locator: null\r\nSforce-NumberOfRecords: 40000\r\n", &only)
    });
    let mut child = start(&mut calling(&host, folder.path(), &QUERY));
    let mut printed = vec![0];
    let mut out = child.stdout.take().unwrap();
    out.read_exact(&mut printed).unwrap();
    signal(&child, Signal::INT);
    out.read_to_end(&mut printed).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
    assert!(printed == all.as_bytes());
}

#[test]
fn flags_of_results_are_those_of_a_query() {
    let org = org();
    let results = ["bulk", "results", JOB];
    for more in [
        ["--locator", "MTA", "--out", "x"].as_slice(),
        &["--locator", "MTA", "--bom"],
        &["--out", "x", "--resume", "--bom"],
        &["--resume"],
    ] {
        let refused = org.run(&[&results[..], more].concat());
        assert_eq!(refused.status.code(), Some(2), "{more:?}: {}", stderr(&refused));
    }
    assert_eq!(org.logins(), 0);
    fs::write(org.path("rows.csv"), "Name\nR1\n").unwrap();
    stdout(&org.run(&["record", "create", "Account", "--from", "rows.csv", "--bulk"]));
    let job = stdout(&org.run(&["bulk", "list", "--jq", ".jobs[0].id"])).trim().to_owned();
    for flag in [["--out", "x"].as_slice(), &["--locator", "MTA"], &["--bom"]] {
        let refused = org.run(&[&["bulk", "results", &job], flag].concat());
        let said = stderr(&refused);
        assert!(said.contains("cannot be used with a job that changes records"), "{said}");
    }
    assert!(!org.path("x").exists() && !org.path("x.part").exists());
}

#[test]
fn notice_on_a_terminal_names_bulk_above_2000_records() {
    let org = org();
    org.accounts(2010);
    let all = "SELECT Name FROM Account WHERE Name LIKE 'A%'";
    let notice = "records with a few API calls";
    let shown = |more: &[&str]| {
        on_terminal(org.command(&[&["query", all, "--format", "csv"], more].concat()), 200)
    };
    assert!(shown(&[]).contains(notice));
    assert!(!shown(&["--limit", "2005"]).contains(notice));
    // A log or a mail of cron needs no advice.
    let output = org.run(&["query", all, "--format", "csv"]);
    assert_eq!((stdout(&output).lines().count() > 2010, stderr(&output)), (true, ""));
}

//! `query`: output formats, pages, errors.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use conformance::program::{self, error, run_with_input, stderr, stdout};
use conformance::raw::{Raw, response, target};
use conformance::test_org::TestOrg;
use serde_json::Value;

const NAMES: &str =
    "SELECT Name, Phone, Parent.Name FROM Account WHERE Name LIKE 'A0%' ORDER BY Name";

pub(crate) fn create(org: &TestOrg, record: &str) {
    let mut command = org.command(&["api", "sobjects/Account", "--input", "-"]);
    stdout(&run_with_input(&mut command, record));
}

#[test]
fn records_are_printed_in_every_format() {
    let org = TestOrg::new();
    create(&org, r#"{"Name":"A0, \"the\"\nfirst","Phone":"1"}"#);
    create(&org, r#"{"Name":"A1 Åre"}"#);
    let soql = "SELECT Name, Phone, Parent.Name FROM Account WHERE Name LIKE 'A%_' ORDER BY Name";
    let soql = soql.replace("A%_'", "A0%' OR Name LIKE 'A1%'");
    for (form, expected) in [
        ("csv", "Name,Phone,Parent.Name\r\n\"A0, \"\"the\"\"\nfirst\",1,\r\nA1 Åre,,\r\n"),
        (
            "ndjson",
            "{\"Name\":\"A0, \\\"the\\\"\\nfirst\",\"Phone\":\"1\",\"Parent\":null}\n\
             {\"Name\":\"A1 Åre\",\"Phone\":null,\"Parent\":null}\n",
        ),
        (
            "json",
            "[{\"Name\":\"A0, \\\"the\\\"\\nfirst\",\"Phone\":\"1\",\"Parent\":null},\n\
             {\"Name\":\"A1 Åre\",\"Phone\":null,\"Parent\":null}]\n",
        ),
        (
            "table",
            "Name             Phone  Parent.Name\n\
             A0, \"the\"⏎first  1\n\
             A1 Åre\n",
        ),
    ] {
        let output = org.run(&["query", &soql, "--format", form]);
        assert_eq!(stdout(&output), expected, "{form}");
    }
    assert!(stdout(&org.run(&["query", &soql])).starts_with("Name,Phone,Parent.Name\r\n"));
    assert!(stdout(&org.run(&["query", &soql, "--json"])).starts_with("[{"));
}

#[test]
fn all_pages_are_printed_up_to_the_limit() {
    let org = TestOrg::new();
    org.accounts(2300);
    let lines = |args: &[&str]| stdout(&org.run(args)).lines().count();
    assert_eq!(lines(&["query", NAMES, "--format", "ndjson"]), 1000);
    let all = "SELECT Id FROM Account WHERE Name LIKE 'A%'";
    assert!(lines(&["query", all]) > 2300);
    assert_eq!(lines(&["query", all, "--format", "ndjson", "--limit", "2101"]), 2101);
    assert_eq!(lines(&["query", all, "--format", "ndjson", "--limit", "0"]), 0);
}

#[test]
fn empty_result_is_valid_in_every_format() {
    let org = TestOrg::new();
    let none = "SELECT Id, Owner.Name FROM Account WHERE Name = 'Nobody'";
    for (form, expected) in [
        ("csv", "Id,Owner.Name\r\n"),
        ("json", "[]\n"),
        ("ndjson", ""),
        ("table", "Id  Owner.Name\n"),
    ] {
        assert_eq!(stdout(&org.run(&["query", none, "--format", form])), expected, "{form}");
    }
    let count = "SELECT COUNT() FROM Account WHERE Name = 'Nobody'";
    assert_eq!(stdout(&org.run(&["query", count])), "COUNT()\r\n0\r\n");
}

#[test]
fn query_is_read_from_standard_input() {
    let org = TestOrg::new();
    let mut command = org.command(&["query", "-", "--json"]);
    let output = run_with_input(&mut command, "SELECT Username FROM User LIMIT 1\n");
    let found: Value = serde_json::from_str(stdout(&output)).unwrap();
    assert!(found[0]["Username"].is_string());
}

#[test]
fn flags_select_the_resource() {
    let org = TestOrg::new();
    let soql = "SELECT Id FROM Account LIMIT 1";
    org.run(&["query", soql, "--all-rows"]);
    assert!(org.requests().last().unwrap().target().starts_with("/services/data/v60.0/queryAll?"));
    let refused = org.run(&["query", soql, "--tooling", "--json"]);
    assert!(org.requests().last().unwrap().target().contains("/tooling/query?"));
    assert_eq!(error(&refused)["exit"], 9);
}

#[test]
fn session_that_expires_midway_loses_no_record() {
    let org = TestOrg::new();
    org.accounts(450);
    org.play("session-expires-midway");
    let all = "SELECT Id FROM Account WHERE Name LIKE 'A0%'";
    let output = org.run(&[
        "api",
        "query",
        "-X",
        "GET",
        "-H",
        "Sforce-Query-Options: batchSize=200",
        "-f",
        &format!("q={all}"),
        "--paginate",
    ]);
    assert_eq!(stdout(&output).matches("\"Id\"").count(), 450);
    assert_eq!(org.logins(), 2);
}

#[test]
fn results_of_sub_queries_are_json() {
    let org = TestOrg::new();
    create(&org, r#"{"Name":"A0"}"#);
    let account = "SELECT Id FROM Account WHERE Name = 'A0'";
    let id = stdout(&org.run(&["query", account])).lines().nth(1).unwrap().to_owned();
    let contact = format!("AccountId={id}");
    stdout(&org.run(&["record", "create", "Contact", "LastName=Hop\"per", &contact]));
    let soql = "SELECT Name, (SELECT LastName, Account.Name FROM Contacts), (SELECT Id FROM \
                Opportunities) FROM Account WHERE Name = 'A0'";
    let csv = "Name,Contacts,Opportunities\r\n\
               A0,\"[{\"\"LastName\"\":\"\"Hop\\\"\"per\"\",\"\"Account\"\":{\"\"Name\"\":\"\"A0\"\"}}]\",\r\n";
    assert_eq!(stdout(&org.run(&["query", soql, "--format", "csv"])), csv);
    let found: Value = serde_json::from_str(stdout(&org.run(&["query", soql, "--json"]))).unwrap();
    assert_eq!(found[0]["Contacts"]["records"][0]["Account"]["Name"], "A0");
    assert_eq!(found[0]["Opportunities"], Value::Null);
}

#[test]
fn tooling_api_has_its_own_objects() {
    let org = TestOrg::new();
    let soql = "SELECT Name, ApiVersion FROM ApexClass";
    let found = stdout(&org.run(&["query", "--tooling", soql])).to_owned();
    assert_eq!(found, "Name,ApiVersion\r\nGreeter,66.0\r\n");
    let refused = error(&org.run(&["query", soql, "--json"]));
    assert_eq!(refused["problems"][0]["code"], "INVALID_TYPE");
}

/// Runs the program against a server. `answer` returns status, headers and body for a target.
fn with_canned(
    args: &[&str],
    answer: impl Fn(&str) -> (&'static str, &'static str, String) + Send + Sync + 'static,
) -> Output {
    let server = Raw::new(move |request| {
        let (status, headers, body) = answer(target(request));
        response(status, headers, &body)
    });
    let folder = tempfile::tempdir().unwrap();
    calling(&server.host(), folder.path(), args).output().unwrap()
}

/// Returns `orgtoken ARGS` with a token for a server.
pub(crate) fn calling(host: &str, home: &Path, args: &[&str]) -> Command {
    let mut command = program::orgtoken(home);
    command.args(args).args(["--allow-host", host]);
    command.env("SF_ACCESS_TOKEN", "00Dxx!AQ.x").env("SF_INSTANCE_URL", format!("http://{host}"));
    command
}

const FIRST: &str = r#"{"totalSize":2,"done":false,"nextRecordsUrl":"/next","records":[{"Id":"1","N":12345678901234567.89}]}"#;

#[test]
fn incomplete_output_is_reported() {
    let answer = |target: &str| match target {
        "/next" => ("400 Bad Request", "", r#"[{"errorCode":"INVALID_QUERY_LOCATOR"}]"#.to_owned()),
        _ => ("200 OK", "", FIRST.to_owned()),
    };
    for (form, expected) in [
        ("csv", "Id,N\r\n1,12345678901234567.89\r\n"),
        ("json", r#"[{"Id":"1","N":12345678901234567.89}"#),
        ("ndjson", "{\"Id\":\"1\",\"N\":12345678901234567.89}\n"),
    ] {
        let output = with_canned(&["query", "SELECT Id, N FROM X", "--format", form], answer);
        assert_eq!(String::from_utf8_lossy(&output.stdout), expected);
        assert_eq!(output.status.code(), Some(9), "{form}");
        let said = "INVALID_QUERY_LOCATOR; the output is incomplete: it ends after 1 record\n";
        assert!(stderr(&output).contains(said), "{}", stderr(&output));
    }
    let output = with_canned(&["api", "query?q=SELECT Id FROM X", "--paginate", "--json"], answer);
    let document: Value = serde_json::from_str(stderr(&output)).unwrap();
    let message = document["error"]["message"].as_str().unwrap();
    assert!(message.ends_with("; the output is incomplete"), "{message}");
}

#[test]
fn filter_that_fails_in_the_middle_of_a_page_reports_the_records_before_it() {
    let page = r#"{"totalSize":3,"done":true,"records":[{"N":1},{"N":2},{"N":"x"}]}"#;
    let answer = move |_: &str| ("200 OK", "", page.to_owned());
    let args = ["query", "SELECT N FROM X", "--format", "ndjson", "--jq", ".N + 1"];
    let output = with_canned(&args, answer);
    assert_eq!(String::from_utf8_lossy(&output.stdout), "2\n3\n");
    let said = stderr(&output);
    assert!(said.contains("the output is incomplete: it ends after 2 records\n"), "{said}");
}

#[test]
fn part_of_a_page_is_refused_unless_it_was_requested() {
    let answer = |_: &str| ("206 Partial Content", "", r#"{"totalSize":1,"#.to_owned());
    let output = with_canned(&["query", "SELECT N FROM X"], answer);
    let part =
        "error: the response is only a part of the content (206), and no part was requested\n";
    assert!(stderr(&output).starts_with(part), "{}", stderr(&output));
    assert_eq!(output.status.code(), Some(6));
    let output = with_canned(&["api", "limits", "-H", "Range: bytes=0-17"], answer);
    assert_eq!(stdout(&output), r#"{"totalSize":1,"#);
}

#[test]
fn pages_of_a_bulk_job_are_one_csv() {
    let answer = |target: &str| match target.split_once("locator=").map(|(_, locator)| locator) {
        None => ("200 OK", "Sforce-Locator: MTA\r\n", "Id\n1\n".to_owned()),
        Some("MTA") => ("200 OK", "Sforce-Locator: MjA\r\n", "Id\n2\n".to_owned()),
        Some(_) => ("200 OK", "Sforce-Locator: null\r\n", "Id\n3\n".to_owned()),
    };
    let path = "jobs/query/750xx0000000001/results?maxRecords=1";
    assert_eq!(stdout(&with_canned(&["api", "--paginate", path], answer)), "Id\n1\n2\n3\n");
}

#[test]
fn empty_or_utf_16_query_is_refused_without_a_login() {
    let org = TestOrg::new();
    for (input, code) in [("", "usage.value"), (" \n", "usage.value"), ("S\0E\0", "usage.file")] {
        let mut command = org.command(&["query", "-", "--json"]);
        assert_eq!(error(&run_with_input(&mut command, input))["code"], code, "{input:?}");
    }
    assert_eq!(error(&org.run(&["query", "", "--json"]))["code"], "usage.value");
    assert_eq!(org.logins(), 0);
    let mut command = org.command(&["query", "-"]);
    let input = "\u{feff}SELECT COUNT() FROM Account WHERE Name = 'Nobody'";
    assert_eq!(stdout(&run_with_input(&mut command, input)), "COUNT()\r\n0\r\n");
}

#[test]
fn unusual_query_has_a_hint() {
    let org = TestOrg::new();
    for (soql, hint) in [
        ("accounts.soql", "this may be a file: `orgtoken query - < FILE` runs the query in it"),
        ("FIND {Acme}", "SOSL runs with `orgtoken api search -X GET -f q='FIND {Acme}'`"),
        ("SELECT * FROM Account", "name the fields, or write `FIELDS(ALL)` and `LIMIT 200`"),
        (
            "SELECT Id FROM Account WHERE Name = \"A\"",
            "write text in single quotes: `orgtoken query \"SELECT Id FROM Account WHERE Name = 'A'\"`",
        ),
        (
            "SELECT Id, FROM Account",
            "correct the query at the row and column that the message names",
        ),
        (
            "SELECT Nope FROM Account",
            "compare the name with the fields that `orgtoken describe OBJECT` lists for the same user",
        ),
    ] {
        assert_eq!(error(&org.run(&["query", soql, "--json"]))["hint"], hint, "{soql}");
    }
}

#[test]
fn missing_related_record_has_the_columns_of_the_query() {
    let body = r#"{"totalSize":1,"done":true,"records":[{"attributes":{},"Id":"1","Account":null,"What":null}]}"#;
    let answer = move |_: &str| ("200 OK", "", body.to_owned());
    let soql =
        "SELECT c.Id, c.Account.Name, TYPEOF c.What WHEN Case THEN Subject END FROM Contact c";
    let output = with_canned(&["query", soql, "--format", "csv"], answer);
    assert_eq!(stdout(&output), "Id,Account.Name,What.Subject\r\n1,,\r\n");
}

#[test]
fn comments_and_the_semicolon_are_not_sent() {
    let org = TestOrg::new();
    let soql = "// all users\nSELECT Username /* one */ FROM User -- end\nLIMIT 1;\n";
    let output = run_with_input(&mut org.command(&["query", "-"]), soql);
    assert!(stdout(&output).starts_with("Username\r\n"));
    let empty = error(&org.run(&["query", "// nothing", "--json"]));
    assert_eq!(empty["code"], "usage.value");
}

#[test]
fn csv_for_excel_has_a_mark_and_a_delimiter() {
    let org = TestOrg::new();
    create(&org, r#"{"Name":"A0; x","Phone":"1"}"#);
    let soql = "SELECT Name, Phone FROM Account WHERE Name LIKE 'A0%'";
    let output = org.run(&["query", soql, "--bom", "--delimiter", ";"]);
    assert_eq!(stdout(&output), "\u{feff}Name;Phone\r\n\"A0; x\";1\r\n");
    let refused = error(&org.run(&["query", soql, "--bom", "--json"]));
    assert_eq!(refused["code"], "usage.conflict");
}

#[test]
fn list_is_split_over_queries() {
    let org = TestOrg::new();
    org.accounts(1500);
    let ids =
        stdout(&org.run(&["query", "SELECT Id FROM Account WHERE Name LIKE 'A%'"])).to_owned();
    let ids: Vec<_> = ids.lines().skip(1).collect();
    assert!(ids.len() >= 1500);
    // Each id twice, in its long and in its short form.
    let list: String = ids.iter().map(|id| format!("{id}\r\n{}\n\n", &id[..15])).collect();
    let soql = "SELECT Id FROM Account WHERE Id IN :ids AND Name LIKE 'A%'";
    let before = org.requests().len();
    let args = ["query", soql, "--bind", "ids=-"];
    let output = run_with_input(&mut org.command(&args), &format!("\u{feff}{list}"));
    let mut found: Vec<_> = stdout(&output).lines().skip(1).collect();
    let mut expected = ids.clone();
    found.sort_unstable();
    expected.sort_unstable();
    assert_eq!(found, expected);
    let requests = org.requests();
    let queries = requests[before..].iter().filter(|it| it.target().contains("/query?"));
    assert!(queries.count() > 3);

    let output = run_with_input(&mut org.command(&args), "\n");
    assert_eq!(stdout(&output), "Id\r\n");
    let limited = [&args[..], &["--limit", "7"]].concat();
    let output = run_with_input(&mut org.command(&limited), &list);
    assert_eq!(stdout(&output).lines().count(), 8);
    for soql in ["SELECT Id FROM Account WHERE Id IN :ids LIMIT 5", "SELECT Id FROM Account"] {
        let args = ["query", soql, "--bind", "ids=-", "--json"];
        assert_eq!(error(&run_with_input(&mut org.command(&args), &list))["code"], "usage.list");
    }
}

#[test]
fn list_with_a_header_is_refused() {
    let org = TestOrg::new();
    for (field, first, is_refused) in [
        ("Id", "Id", true),
        ("OwnerId", "\"id\"", true),
        ("Owner.Name", "owner.name", true),
        ("Owner.Name", "Name", true),
        ("Name", "Id, please", false),
        ("Name", "Name of a company, Inc.", false),
        ("Name", "Phone", false),
    ] {
        let soql = format!("SELECT Id FROM Account WHERE {field} IN :a");
        let mut command = org.command(&["query", &soql, "--bind", "a=-", "--json"]);
        let output = run_with_input(&mut command, &format!("\n{first}\n001xx0000000001\n"));
        assert_eq!(!output.status.success(), is_refused, "{field}: {first}");
        if is_refused {
            assert_eq!(error(&output)["code"], "usage.list", "{first}");
        }
        // On a later line it is a value.
        let soql = "SELECT Id FROM Account WHERE Name IN :a";
        let mut command = org.command(&["query", soql, "--bind", "a=-"]);
        stdout(&run_with_input(&mut command, &format!("Acme\n{first}\n")));
    }
}

#[test]
fn list_that_is_not_utf_8_is_refused_with_the_name_of_its_file() {
    let org = TestOrg::new();
    for (bytes, said) in [
        (b"caf\xe9\n".as_slice(), "`l1` is not text: byte 3 is not UTF-8"),
        (b"\xff\xfeA\0", "`l1` is not text: byte 0 is not UTF-8"),
        (b"A\0B\0", "`l1` is UTF-16"),
    ] {
        fs::write(org.path("l1"), bytes).unwrap();
        let soql = "SELECT Id FROM Account WHERE Name IN :a";
        let output = org.run(&["query", soql, "--bind", "a=l1"]);
        assert!(stderr(&output).starts_with(&format!("error: {said}\nhint: save ")), "{said}");
        assert_eq!(output.status.code(), Some(2), "{said}");
    }
}

#[test]
fn raw_list_contains_only_literals() {
    let org = TestOrg::new();
    create(&org, r#"{"Name":"A0","NumberOfEmployees":12}"#);
    let soql = "SELECT Name FROM Account WHERE NumberOfEmployees IN :n";
    let args = ["query", soql, "--bind", "n=-", "--bind-raw", "--json"];
    let output = run_with_input(&mut org.command(&args), "12\n13\n12\n");
    assert_eq!(stdout(&output), "[{\"Name\":\"A0\"}]\n");
    let output = run_with_input(&mut org.command(&args), "12\n1) OR (Name != ''\n");
    assert_eq!(error(&output)["code"], "usage.list");
}

#[test]
fn query_that_is_too_long_for_a_url_is_sent_in_a_body() {
    let org = TestOrg::new();
    org.accounts(450);
    let long =
        format!("SELECT Name FROM Account WHERE Name LIKE 'A%' AND Name != '{}'", "å".repeat(3000));
    let output = org.run(&["query", &long, "--limit", "401"]);
    assert_eq!(stdout(&output).lines().count(), 402);
    let requests = org.requests();
    let is_composite =
        |it: &&orgtoken_fake_org::RecordedRequest| it.target().ends_with("/composite");
    assert_eq!(requests.iter().filter(is_composite).count(), 1);
    let wrong = format!("SELECT Nope FROM Account WHERE Name != '{}'", "å".repeat(3000));
    let error = error(&org.run(&["query", &wrong, "--json"]));
    assert_eq!(
        (&error["code"], &error["problems"][0]["code"]),
        (&"api.refused".into(), &"INVALID_FIELD".into())
    );
}

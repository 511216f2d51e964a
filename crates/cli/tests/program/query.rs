//! Records in the forms that other tools take.

use std::process::Stdio;

use serde_json::Value;

use crate::support::{Bench, error, run_with_input, stderr, stdout};

const NAMES: &str =
    "SELECT Name, Phone, Parent.Name FROM Account WHERE Name LIKE 'A0%' ORDER BY Name";

fn create(bench: &Bench, record: &str) {
    let mut command = bench.command(&["api", "sobjects/Account", "--input", "-"]);
    stdout(&run_with_input(&mut command, record));
}

#[test]
fn every_form() {
    let bench = Bench::new();
    create(&bench, r#"{"Name":"A0, \"the\"\nfirst","Phone":"1"}"#);
    create(&bench, r#"{"Name":"A1 Åre"}"#);
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
             ---------------  -----  -----------\n\
             A0, \"the\"⏎first  1\n\
             A1 Åre\n",
        ),
    ] {
        let output = bench.run(&["query", &soql, "--format", form]);
        assert_eq!(stdout(&output), expected, "{form}");
    }
    assert!(stdout(&bench.run(&["query", &soql])).starts_with("Name,Phone,Parent.Name\r\n"));
    assert!(stdout(&bench.run(&["query", &soql, "--json"])).starts_with("[{"));
}

#[test]
fn all_pages_come_unless_fewer_are_wanted() {
    let bench = Bench::new();
    bench.accounts(2300);
    let lines = |args: &[&str]| stdout(&bench.run(args)).lines().count();
    assert_eq!(lines(&["query", NAMES, "--format", "ndjson"]), 1000);
    let all = "SELECT Id FROM Account WHERE Name LIKE 'A%'";
    assert!(lines(&["query", all]) > 2300);
    assert_eq!(lines(&["query", all, "--format", "ndjson", "--limit", "2101"]), 2101);
    assert_eq!(lines(&["query", all, "--format", "ndjson", "--limit", "0"]), 0);
}

#[test]
fn nobody_found_is_an_empty_result_of_each_form() {
    let bench = Bench::new();
    let none = "SELECT Id, Owner.Name FROM Account WHERE Name = 'Nobody'";
    for (form, expected) in [
        ("csv", "Id,Owner.Name\r\n"),
        ("json", "[]\n"),
        ("ndjson", ""),
        ("table", "Id  Owner.Name\n--  ----------\n"),
    ] {
        assert_eq!(stdout(&bench.run(&["query", none, "--format", form])), expected, "{form}");
    }
    let count = "SELECT COUNT() FROM Account WHERE Name = 'Nobody'";
    assert_eq!(stdout(&bench.run(&["query", count])), "COUNT()\r\n0\r\n");
}

#[test]
fn a_query_can_come_from_standard_input() {
    let bench = Bench::new();
    let mut command = bench.command(&["query", "-", "--json"]);
    let output = run_with_input(&mut command, "SELECT Username FROM User LIMIT 1\n");
    let found: Value = serde_json::from_str(stdout(&output)).unwrap();
    assert!(found[0]["Username"].is_string());
}

#[test]
fn what_a_query_asks_decides_where_it_goes() {
    let bench = Bench::new();
    let soql = "SELECT Id FROM Account LIMIT 1";
    bench.run(&["query", soql, "--all-rows"]);
    assert!(
        bench.org.requests().last().unwrap().target().starts_with("/services/data/v60.0/queryAll?")
    );
    let refused = bench.run(&["query", soql, "--tooling", "--json"]);
    assert!(bench.org.requests().last().unwrap().target().contains("/tooling/query?"));
    assert_eq!(error(&refused)["exit"], 9);
}

#[test]
fn b18_a_session_that_dies_midway_loses_no_record() {
    let bench = Bench::new();
    bench.accounts(450);
    bench.play("session-expires-midway");
    let all = "SELECT Id FROM Account WHERE Name LIKE 'A0%'";
    // 200 to a page, for which the limit is a wish of 200 … 2,000 records.
    let output = bench.run(&[
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
    assert_eq!(bench.org.logins(), 2);
}

#[test]
fn a_bad_query_is_told_in_salesforces_words() {
    let bench = Bench::new();
    let output = bench.run(&["query", "SELECT Nope FROM Account"]);
    assert_eq!((output.status.code(), output.stdout.len()), (Some(9), 0));
    assert!(stderr(&output).starts_with("error: Salesforce answered 400: INVALID_FIELD: "));
}

#[test]
fn sub_queries_are_kept_in_json() {
    let bench = Bench::new();
    create(&bench, r#"{"Name":"A0"}"#);
    let account = "SELECT Id FROM Account WHERE Name = 'A0'";
    let id = stdout(&bench.run(&["query", account])).lines().nth(1).unwrap().to_owned();
    let contact = format!("AccountId={id}");
    stdout(&bench.run(&["record", "create", "Contact", "LastName=Hop\"per", &contact]));
    let soql = "SELECT Name, (SELECT LastName, Account.Name FROM Contacts), (SELECT Id FROM \
                Opportunities) FROM Account WHERE Name = 'A0'";
    let csv = "Name,Contacts,Opportunities\r\n\
               A0,\"[{\"\"LastName\"\":\"\"Hop\\\"\"per\"\",\"\"Account\"\":{\"\"Name\"\":\"\"A0\"\"}}]\",\r\n";
    assert_eq!(stdout(&bench.run(&["query", soql, "--format", "csv"])), csv);
    let found: Value =
        serde_json::from_str(stdout(&bench.run(&["query", soql, "--json"]))).unwrap();
    assert_eq!(found[0]["Contacts"]["records"][0]["Account"]["Name"], "A0");
    assert_eq!(found[0]["Opportunities"], Value::Null);
}

#[test]
fn the_tooling_api_has_objects_of_its_own() {
    let bench = Bench::new();
    let soql = "SELECT Name, ApiVersion FROM ApexClass";
    let found = stdout(&bench.run(&["query", "--tooling", soql])).to_owned();
    assert_eq!(found, "Name,ApiVersion\r\nGreeter,66.0\r\n");
    let refused = error(&bench.run(&["query", soql, "--json"]));
    assert_eq!(refused["problems"][0]["code"], "INVALID_TYPE");
}

#[test]
fn who_has_seen_enough_is_told_nothing() {
    let bench = Bench::new();
    let hold = bench.org.hold("/services/data");
    let mut command = bench.command(&["query", "SELECT Id FROM Account"]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    hold.wait(1);
    drop(child.stdout.take());
    hold.release();
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), stderr(&output)), (Some(0), ""));
}

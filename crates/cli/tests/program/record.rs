//! Records, one by one and out of files.

use std::fs;

use serde_json::Value;

use crate::support::{Bench, error, run_with_input, stderr, stdout};

fn id(bench: &Bench, args: &[&str]) -> String {
    stdout(&bench.run(args)).trim_end().to_owned()
}

fn count(bench: &Bench, condition: &str) -> String {
    let soql = format!("SELECT COUNT() FROM Account WHERE {condition}");
    stdout(&bench.run(&["query", &soql])).lines().last().unwrap().to_owned()
}

#[test]
fn one_record_from_its_first_day_to_its_last() {
    let bench = Bench::new();
    let id = id(&bench, &["record", "create", "Account", "Name=Acme AB", "NumberOfEmployees:=12"]);
    assert!(id.starts_with("001"));
    let update = ["record", "update", "Account", &id, "Phone=042", "NumberOfEmployees:=null"];
    assert_eq!(stdout(&bench.run(&update)), "");
    let get = ["record", "get", "Account", &id, "--fields", "Name,Phone,NumberOfEmployees"];
    let expected = format!(
        "{{\"Id\":\"{id}\",\"Name\":\"Acme AB\",\"Phone\":\"042\",\"NumberOfEmployees\":null}}\n"
    );
    let found: Value = serde_json::from_str(stdout(&bench.run(&get))).unwrap();
    assert_eq!(found, serde_json::from_str::<Value>(&expected).unwrap());
    assert_eq!(stdout(&bench.run(&["record", "delete", "Account", &id])), "");
    assert_eq!(
        error(&bench.run(&["record", "get", "Account", &id, "--json"]))["code"],
        "api.not_found"
    );
}

#[test]
fn an_upsert_makes_the_record_once() {
    let bench = Bench::new();
    for created in [true, false] {
        let args = ["record", "upsert", "Account", "ExternalId__c", "4/2", "Name=Acme", "--json"];
        let told: Value = serde_json::from_str(stdout(&bench.run(&args))).unwrap();
        assert_eq!((&told["created"], &told["success"]), (&created.into(), &true.into()));
    }
    assert_eq!(count(&bench, "ExternalId__c = '4/2'"), "1");
}

#[test]
fn an_upsert_leaves_its_external_id_out_of_the_fields() {
    let bench = Bench::new();
    let upsert = ["record", "upsert", "Account", "ExternalId__c", "47", "Name=Acme", "--json"];
    for field in ["externalid__c=47", "ExternalId__c:=47"] {
        assert!(bench.run(&[&upsert[..], &[field]].concat()).status.success(), "{field}");
    }
    let error = error(&bench.run(&[&upsert[..], &["ExternalId__c=48"]].concat()));
    assert_eq!(error["hint"], "leave that field out of the record");
    assert_eq!(count(&bench, "ExternalId__c = '47'"), "1");
}

#[test]
fn a_record_can_be_json_on_standard_input() {
    let bench = Bench::new();
    let args = ["record", "create", "Account", "Phone=1", "--input", "-", "--json"];
    let output = run_with_input(&mut bench.command(&args), r#"{"Name":"Piped","Phone":"0"}"#);
    let told: Value = serde_json::from_str(stdout(&output)).unwrap();
    assert!(told["id"].is_string());
    assert_eq!(count(&bench, "Name = 'Piped' AND Phone = '1'"), "1");
}

#[test]
fn rows_that_failed_are_mended_and_fed_in_again() {
    let bench = Bench::new();
    let mut rows = "Name,Phone,NumberOfEmployees\n".to_owned();
    for number in 0..450 {
        let name = if number == 7 || number == 333 { "" } else { "\"A, row\"" };
        rows += &format!("{name},{number},5\n");
    }
    fs::write(bench.folder.path().join("rows.csv"), rows + "ragged\n").unwrap();
    let output = bench.run(&["record", "create", "Account", "--from", "rows.csv"]);
    assert_eq!(output.status.code(), Some(9));
    assert_eq!(String::from_utf8_lossy(&output.stdout).lines().count(), 448);
    assert_eq!(
        stderr(&output),
        "created 448, 3 failed: see rows.failed.csv\n\
         error: 3 of 451 records failed\n\
         hint: mend the rows in `rows.failed.csv`, and feed that file in\n"
    );
    let failed = fs::read_to_string(bench.folder.path().join("rows.failed.csv")).unwrap();
    let lines: Vec<_> = failed.lines().collect();
    assert_eq!(lines[0], "_error,Name,Phone,NumberOfEmployees");
    let ragged = "the row has not as many cells as the head,ragged";
    assert!(lines[1].starts_with("REQUIRED_FIELD_MISSING: ") && lines[1].ends_with(",,7,5"));
    assert!(lines.contains(&ragged), "{failed}");

    let again = bench.run(&["record", "create", "Account", "--from", "rows.csv", "--json"]);
    assert_eq!(error(&again)["code"], "io.exists");

    let mended = failed.replace(",,7,5", ",B,7,5").replace(",,333,5", ",B,333,5");
    fs::write(bench.folder.path().join("mended.csv"), mended).unwrap();
    let output = bench.run(&["record", "create", "Account", "--from", "mended.csv", "--json"]);
    let summary: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&summary["done"], &summary["failed"]), (&2.into(), &1.into()));
    assert_eq!(summary["ids"].as_array().unwrap().len(), 2);
    let left = fs::read_to_string(bench.folder.path().join("mended.failed.csv")).unwrap();
    assert_eq!(left.lines().collect::<Vec<_>>(), [lines[0], ragged]);
    assert_eq!(count(&bench, "NumberOfEmployees = 5"), "450");
}

#[test]
fn many_are_upserted_changed_and_deleted() {
    let bench = Bench::new();
    let lines: String = (0..250)
        .map(|n| {
            format!("{{\"Name\":\"C{n}\",\"ExternalId__c\":\"c{n}\",\"NumberOfEmployees\":{n}}}\n")
        })
        .collect();
    let args = ["record", "upsert", "Account", "ExternalId__c", "--from", "-"];
    for _ in 0..2 {
        let output = run_with_input(&mut bench.command(&args), &lines);
        assert_eq!((stdout(&output).lines().count(), stderr(&output)), (250, "upserted 250\n"));
    }
    let found = "SELECT Id FROM Account WHERE ExternalId__c LIKE 'c%'";
    let ids = stdout(&bench.run(&["query", found])).to_owned();
    let rows: String = ids.lines().skip(1).map(|id| format!("{id},7,#N/A\n")).collect();
    let changes = format!("Id,Phone,NumberOfEmployees\n{rows}");
    let args = ["record", "update", "Account", "--from", "-"];
    let output = run_with_input(&mut bench.command(&args), &changes);
    assert_eq!((stdout(&output), stderr(&output)), ("", "updated 250\n"));
    assert_eq!(count(&bench, "Phone = '7' AND NumberOfEmployees = null"), "250");

    let output =
        run_with_input(&mut bench.command(&["record", "delete", "Account", "--from", "-"]), &ids);
    assert_eq!((stdout(&output), stderr(&output)), ("", "deleted 250\n"));
    assert_eq!(count(&bench, "ExternalId__c LIKE 'c%'"), "0");
}

#[test]
fn b18_a_session_that_dies_midway_costs_one_login_and_no_row() {
    let bench = Bench::new();
    bench.play("session-expires-midway");
    let rows: String = (0..900).map(|n| format!("D{n}\n")).collect();
    let mut command = bench.command(&["record", "create", "Account", "--from", "-", "--json"]);
    let output = run_with_input(&mut command, &format!("Name\n{rows}"));
    let summary: Value = serde_json::from_str(stdout(&output)).unwrap();
    assert_eq!((&summary["done"], bench.org.logins()), (&900.into(), 2));
    assert_eq!(count(&bench, "Name LIKE 'D%'"), "900");
}

#[test]
fn a_call_that_fails_as_a_whole_keeps_every_row_that_was_not_done() {
    let bench = Bench::new();
    bench.play("api-unavailable-once");
    let rows: String = (0..300).map(|n| format!("E{n}\n")).collect();
    let mut command = bench.command(&["record", "create", "Account", "--from", "-"]);
    let output = run_with_input(&mut command, &format!("Name\n{rows}"));
    assert_eq!(output.status.code(), Some(8), "{}", stderr(&output));
    let failed = fs::read_to_string(bench.folder.path().join("failed.csv")).unwrap();
    assert_eq!(failed.lines().count(), 301);
    assert_eq!(failed.matches("it is not known whether this was done").count(), 200);
    assert_eq!(failed.matches("not sent").count(), 100);
    assert_eq!(count(&bench, "Name LIKE 'E%'"), "0");
}

#[test]
fn what_is_wrong_with_a_record_costs_no_login() {
    let bench = Bench::new();
    for (args, exit) in [
        (&["create", "Account"][..], 2),
        (&["create", "Account", "Name"], 2),
        (&["create", "Account", "Number:=x"], 2),
        (&["update", "Account"], 2),
        (&["create", "Account", "--from", "absent.csv"], 1),
    ] {
        let output = bench.run(&[&["record"], args].concat());
        assert_eq!(output.status.code(), Some(exit), "{args:?}: {}", stderr(&output));
    }
    assert_eq!(bench.org.logins(), 0);
}

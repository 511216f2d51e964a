//! `record`: single records.

use std::fs;

use conformance::program::{error, run_with_input, stderr, stdout};
use conformance::test_org::TestOrg;
use serde_json::Value;

fn id(org: &TestOrg, args: &[&str]) -> String {
    stdout(&org.run(args)).trim_end().to_owned()
}

pub(crate) fn count(org: &TestOrg, condition: &str) -> String {
    let soql = format!("SELECT COUNT() FROM Account WHERE {condition}");
    stdout(&org.run(&["query", &soql])).lines().last().unwrap().to_owned()
}

#[test]
fn record_is_created_updated_read_and_deleted() {
    let org = TestOrg::new();
    let id = id(&org, &["record", "create", "Account", "Name=Acme AB", "NumberOfEmployees:=12"]);
    assert!(id.starts_with("001"));
    let update = ["record", "update", "Account", &id, "Phone=042", "NumberOfEmployees:=null"];
    assert_eq!(stdout(&org.run(&update)), "");
    let get = ["record", "get", "Account", &id, "--fields", "Name,Phone,NumberOfEmployees"];
    let expected = format!(
        "{{\"Id\":\"{id}\",\"Name\":\"Acme AB\",\"Phone\":\"042\",\"NumberOfEmployees\":null}}\n"
    );
    let found: Value = serde_json::from_str(stdout(&org.run(&get))).unwrap();
    assert_eq!(found, serde_json::from_str::<Value>(&expected).unwrap());
    assert_eq!(stdout(&org.run(&["record", "delete", "Account", &id])), "");
    assert_eq!(
        error(&org.run(&["record", "get", "Account", &id, "--json"]))["code"],
        "api.not_found"
    );
}

#[test]
fn upsert_creates_the_record_once() {
    let org = TestOrg::new();
    for created in [true, false] {
        let args = ["record", "upsert", "Account", "ExternalId__c", "4/2", "Name=Acme", "--json"];
        let result: Value = serde_json::from_str(stdout(&org.run(&args))).unwrap();
        assert_eq!((&result["created"], &result["success"]), (&created.into(), &true.into()));
    }
    assert_eq!(count(&org, "ExternalId__c = '4/2'"), "1");
}

#[test]
fn upsert_omits_its_external_id_from_the_fields() {
    let org = TestOrg::new();
    let upsert = ["record", "upsert", "Account", "ExternalId__c", "47", "Name=Acme", "--json"];
    for field in ["externalid__c=47", "ExternalId__c:=47"] {
        assert!(org.run(&[&upsert[..], &[field]].concat()).status.success(), "{field}");
    }
    let error = error(&org.run(&[&upsert[..], &["ExternalId__c=48"]].concat()));
    assert_eq!(error["hint"], "leave that field out of the record");
    assert_eq!(count(&org, "ExternalId__c = '47'"), "1");
}

#[test]
fn record_is_read_as_json_from_standard_input() {
    let org = TestOrg::new();
    let args = ["record", "create", "Account", "Phone=1", "--input", "-", "--json"];
    let output = run_with_input(&mut org.command(&args), r#"{"Name":"Piped","Phone":"0"}"#);
    let result: Value = serde_json::from_str(stdout(&output)).unwrap();
    assert!(result["id"].is_string());
    assert_eq!(count(&org, "Name = 'Piped' AND Phone = '1'"), "1");
}

#[test]
fn invalid_record_costs_no_login() {
    let org = TestOrg::new();
    for (args, exit) in [
        (&["create", "Account"][..], 2),
        (&["create", "Account", "Name"], 2),
        (&["create", "Account", "Number:=x"], 2),
        (&["update", "Account"], 2),
        (&["create", "Account", "--from", "absent.csv"], 2),
    ] {
        let output = org.run(&[&["record"], args].concat());
        assert_eq!(output.status.code(), Some(exit), "{args:?}: {}", stderr(&output));
    }
    assert_eq!(org.logins(), 0);
}

#[test]
fn invalid_id_costs_no_login() {
    let org = TestOrg::new();
    for args in [
        ["record", "get", "Account", ""].as_slice(),
        &["record", "get", "", "001xx"],
        &["record", "get", "Account", "001xx", "--fields", ""],
        &["api", ""],
        &["record", "delete", "Account", " "],
        &["record", "get", "Account", "Name=Acme"],
        &["record", "delete", "Account", "Name=Acme"],
        &["record", "update", "Account", "", "Name=x"],
        &["record", "upsert", "Account", "ExternalId__c", "", "Name=x"],
        &["record", "upsert", "Account", "ExternalId__c", "..", "Name=x"],
        &["record", "upsert", "Account", "ExternalId__c", ".", "Name=x"],
        &["record", "create", "Account", "Name=A", "Name.x=B"],
        &["record", "create", "Account", "Name=A", "Name=B"],
    ] {
        let error = error(&org.run(&[args, &["--json"]].concat()));
        assert_eq!(error["exit"], 2, "{args:?}: {error}");
    }
    assert_eq!(org.logins(), 0);
}

/// The value of a header in the last request.
fn header(org: &TestOrg, name: &str) -> Option<String> {
    let requests = org.requests();
    Some(requests.last().unwrap().headers().get(name)?.to_str().unwrap().to_owned())
}

#[test]
fn options_become_headers() {
    let org = TestOrg::new();
    let options = ["--assignment-rule", "off", "--allow-duplicates", "-H", "X-Note: a"];
    fs::write(org.path("rows.csv"), "Name\nA\n").unwrap();
    for args in [["Name=A", "Phone=1"], ["--from", "rows.csv"]] {
        stdout(&org.run(&[&["record", "create", "Account"][..], &args, &options].concat()));
        let sent = ["sforce-auto-assign", "sforce-duplicate-rule-header", "x-note"];
        let sent = sent.map(|name| header(&org, name).unwrap_or_default());
        assert_eq!(sent, ["FALSE", "allowSave=true", "a"]);
    }
    let rule = "01Qxx0000004C9XEAU";
    let replaced =
        ["--assignment-rule", rule, "-H", "Sforce-Duplicate-Rule-Header: allowSave=false"];
    let create = ["record", "create", "Account", "Name=A", "--allow-duplicates"];
    stdout(&org.run(&[&create[..], &replaced].concat()));
    assert_eq!(header(&org, "sforce-auto-assign").as_deref(), Some(rule));
    assert_eq!(header(&org, "sforce-duplicate-rule-header").as_deref(), Some("allowSave=false"));
}

#[test]
fn record_is_found_by_its_external_id() {
    let org = TestOrg::new();
    id(&org, &["record", "create", "Account", "Name=Acme", "ExternalId__c=4/2"]);
    let key = "ExternalId__c/4/2";
    let update = ["record", "update", "Account", key, "Phone=042", "ExternalId__c=4/2"];
    assert_eq!(stdout(&org.run(&update)), "");
    let get = ["record", "get", "Account", key, "--fields", "Name,Phone"];
    let found: Value = serde_json::from_str(stdout(&org.run(&get))).unwrap();
    assert_eq!((&found["Name"], &found["Phone"]), (&"Acme".into(), &"042".into()));
    assert_eq!(stdout(&org.run(&["record", "delete", "Account", key])), "");
    assert_eq!(count(&org, "ExternalId__c = '4/2'"), "0");
}

#[test]
fn update_by_external_id_creates_no_record() {
    let org = TestOrg::new();
    let update = ["record", "update", "Account", "ExternalId__c/new", "Name=A", "--json"];
    assert_eq!(error(&org.run(&update))["code"], "api.not_found");
    assert_eq!(count(&org, "ExternalId__c = 'new'"), "0");
    // Versions before 61.0 do not know `updateOnly`. The settings name version 60.0.
    let target = "/services/data/v61.0/sobjects/Account/ExternalId__c/new?updateOnly=true";
    assert!(org.requests().iter().any(|request| request.target() == target));
}

#[test]
fn change_whose_response_is_lost_may_have_been_made() {
    let org = TestOrg::new();
    let said = "; the change may have been made\n";
    let create = ["record", "create", "Account", "Name=Acme"];
    let post = ["api", "sobjects/Account", "-f", "Name=A"];
    for (args, scenario, said) in [
        (create, "api-closed-once", said),
        (create, "api-cut-once", said),
        (post, "api-closed-once", said),
        // The program prints a response as it comes, and has its status.
        (post, "api-cut-once", "; the call was made\n"),
    ] {
        org.play(scenario);
        let output = org.run(&args);
        assert_eq!(output.status.code(), Some(6), "{}", stderr(&output));
        assert!(stderr(&output).contains(said), "{scenario}: {}", stderr(&output));
    }
    let output = org.run(&["record", "create", "Account", "Nome=Acme"]);
    assert!(!stderr(&output).contains(said), "{}", stderr(&output));
}

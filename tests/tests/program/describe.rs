//! `describe`: objects and fields.

use std::fs;

use conformance::program::{error, stdout};
use conformance::test_org::TestOrg;
use serde_json::Value;

#[test]
fn fields_of_an_object_are_listed() {
    let org = TestOrg::new();
    let csv = stdout(&org.run(&["describe", "account"])).to_owned();
    assert!(csv.starts_with("Field,Label,Type,Notes\r\n"), "{csv}");
    assert!(csv.contains("\r\nName,Account Name,string(255),required\r\n"), "{csv}");
    assert!(csv.contains("reference(User)"), "{csv}");
    let table = stdout(&org.run(&["describe", "Account", "--format", "table"])).to_owned();
    let line = table.lines().find(|line| line.starts_with("ExternalId__c ")).unwrap();
    assert!(line.contains("external id"), "{line}");
}

#[test]
fn objects_are_listed() {
    let org = TestOrg::new();
    let csv = stdout(&org.run(&["describe"])).to_owned();
    assert!(csv.starts_with("Object,Label,Prefix,Can\r\n"), "{csv}");
    assert!(csv.contains("\r\nAccount,Account,001,query create update delete\r\n"), "{csv}");
}

#[test]
fn json_is_the_document_of_salesforce() {
    let org = TestOrg::new();
    let described: Value =
        serde_json::from_str(stdout(&org.run(&["describe", "Account", "--json"]))).unwrap();
    assert_eq!(described["keyPrefix"], "001");
    assert!(described["fields"].as_array().unwrap().iter().any(|field| field["name"] == "Name"));
    let all: Value = serde_json::from_str(stdout(&org.run(&["describe", "--json"]))).unwrap();
    assert!(all["sobjects"].is_array());
}

#[test]
fn unknown_object_is_named_with_a_close_one() {
    let org = TestOrg::new();
    fs::write(org.folder.path().join("rows.csv"), "Name\nA\n").unwrap();
    for args in [
        &["describe", "Acount"][..],
        &["record", "create", "Acount", "Name=A"],
        &["record", "create", "Acount", "--from", "rows.csv"],
        &["record", "get", "Acount", "001000000000001AAA"],
        &["record", "upsert", "Acount", "Key__c", "7", "Name=A"],
    ] {
        let error = error(&org.run(&[args, &["--json"]].concat()));
        assert_eq!(error["code"], "api.not_found", "{args:?}");
        let hint = "the org has no object `Acount`, or this user cannot see it; a similar one is \
                    `Account`; `orgtoken describe` lists the objects";
        assert_eq!(error["hint"], hint, "{args:?}");
    }
    // The object exists, and the record does not.
    let missing = ["record", "get", "Account", "001000000000999AAA", "--json"];
    let hint = error(&org.run(&missing))["hint"].as_str().unwrap().to_owned();
    assert!(!hint.contains("no object"), "{hint}");
}

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
    fs::write(org.path("rows.csv"), "Name\nA\n").unwrap();
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
}

#[test]
fn missing_record_is_named_as_such() {
    let org = TestOrg::new();
    for (key, hint) in [
        (
            "001000000000999AAA",
            "no Account has this id, or this user cannot see it; `orgtoken query 'SELECT Id FROM \
             Account'` prints the ids",
        ),
        ("005000000000001", "ids that begin with `005` are those of User, not of Account"),
        (
            "001000000000001 ",
            "an id has 15 or 18 letters and digits; FIELD/VALUE finds a record by an external id",
        ),
        (
            "ExternalId__c/none",
            "no Account has this external id, or `ExternalId__c` is not an external id; `orgtoken \
             describe Account` shows which fields are",
        ),
    ] {
        for args in [
            ["record", "get", "account", key].as_slice(),
            &["record", "update", "Account", key, "Name=A"],
            &["record", "delete", "Account", key, "--yes"],
        ] {
            let error = error(&org.run(&[args, &["--json"]].concat()));
            assert_eq!((&error["code"], &error["hint"]), (&"api.not_found".into(), &hint.into()));
        }
    }
}

//! Many records in one call.

use orgtoken_assertion::Diagnostic;
use orgtoken_rest::{Object, Org, RecordOptions};
use serde_json::json;

use crate::support::{ConnectedOrg, record};

#[tokio::test]
async fn results_are_in_the_order_of_the_records() {
    let ConnectedOrg { server: _server, api } = ConnectedOrg::new();
    let records = [
        record(json!({ "Name": "Acme AB" })),
        record(json!({ "Phone": "1" })),
        record(json!({ "Name": "Globex" })),
    ];
    let saved = api.create_all("Account", &records).await.unwrap();
    let done: Vec<_> = saved.iter().map(|saved| saved.is_success()).collect();
    assert_eq!(done, [true, false, true]);
    let problem = &saved[1].problems[0];
    assert_eq!(
        (problem.code.as_str(), &problem.fields[..]),
        ("REQUIRED_FIELD_MISSING", &["Name".to_owned()][..])
    );
}

#[tokio::test]
async fn records_are_created_updated_and_deleted() {
    let ConnectedOrg { server: _server, api } = ConnectedOrg::new();
    let records: Vec<_> = (0..200)
        .map(|n| record(json!({ "Name": format!("B{n}"), "ExternalId__c": format!("x{n}") })))
        .collect();
    for created in [true, false] {
        let saved = api.upsert_all("Account", "ExternalId__c", &records).await.unwrap();
        assert!(saved.iter().all(|saved| saved.created == Some(created)), "{created}");
    }
    let saved = api.upsert_all("Account", "ExternalId__c", &records).await.unwrap();
    let ids: Vec<_> = saved.iter().map(|saved| saved.id.as_deref().unwrap()).collect();
    let changes: Vec<_> = ids.iter().map(|id| record(json!({ "Id": id, "Phone": "7" }))).collect();
    let saved = api.update_all("Account", &changes).await.unwrap();
    assert!(saved.iter().all(|saved| saved.is_success()));
    let phone: Object = api.get("Account", ids[199], &["Phone"]).await.unwrap();
    assert_eq!(phone["Phone"], "7");

    assert!(api.delete_all(&ids).await.unwrap().iter().all(|saved| saved.is_success()));
    let again = api.delete_all(&ids[..1]).await.unwrap();
    assert_eq!(again[0].problems[0].code, "ENTITY_IS_DELETED");
}

#[tokio::test]
async fn too_many_records_for_one_call_are_not_sent() {
    let org = ConnectedOrg::new();
    let records = vec![record(json!({ "Name": "x" })); Org::MAX_RECORDS + 1];
    let error = org.api.create_all("Account", &records).await.unwrap_err();
    assert_eq!((error.code(), org.calls()), ("api.too_many", 0));
    assert!(org.api.create_all::<Object>("Account", &[]).await.unwrap().is_empty());
}

#[tokio::test]
async fn records_are_found_by_external_id() {
    let ConnectedOrg { server: _server, api } = ConnectedOrg::new();
    let record = record(json!({ "Name": "Acme", "ExternalId__c": "a/b" }));
    let created = api.create("Account", &record).await.unwrap();
    let phone = crate::support::record(json!({ "Phone": "7" }));
    let saved = api.update("Account", ("ExternalId__c", "a/b"), &phone).await.unwrap();
    assert_eq!((saved.id, saved.created), (created.id, Some(false)));
    let found: Object = api.get("Account", ("ExternalId__c", "a/b"), &["Phone"]).await.unwrap();
    assert_eq!(found["Phone"].as_str(), Some("7"));
    api.delete("Account", ("ExternalId__c", "a/b")).await.unwrap();
    let error = api.update("Account", ("ExternalId__c", "a/b"), &phone).await.unwrap_err();
    assert_eq!(error.code(), "api.not_found");
}

#[tokio::test]
async fn one_failure_rolls_back_the_call_if_so_wanted() {
    let ConnectedOrg { server: _server, api } = ConnectedOrg::new();
    let mut options = RecordOptions::default();
    options.all_or_none = true;
    let api = api.record_options(options);
    let records = [record(json!({ "Name": "Zed" })), record(json!({ "Phone": "1" }))];
    let saved = api.create_all("Account", &records).await.unwrap();
    assert!(saved.iter().all(|saved| !saved.is_success()));
    let soql = "SELECT Id FROM Account WHERE Name = 'Zed'";
    assert_eq!(api.query(soql).next().await.unwrap().unwrap().total_size, 0);
}

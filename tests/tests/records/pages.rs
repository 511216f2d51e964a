//! Queries and their pages.

use std::mem;

use orgtoken_assertion::Diagnostic;
use orgtoken_rest::bulk::JobKind;
use orgtoken_rest::{Org, Query, RestError, Value};
use serde_json::json;

use crate::support::{Canned, ConnectedOrg, json as answer, record};

/// Creates accounts `A0000`, `A0001` and so on.
pub(crate) async fn accounts(org: &Org, number: usize) {
    let records: Vec<_> =
        (0..number).map(|n| record(json!({ "Name": format!("A{n:04}") }))).collect();
    for some in records.chunks(Org::MAX_RECORDS) {
        let saved = org.create_all("Account", some).await.unwrap();
        assert!(saved.iter().all(|saved| saved.is_success()));
    }
}

async fn names(mut query: Query) -> Result<(usize, Vec<Value>), RestError> {
    let (mut pages, mut names) = (0, Vec::new());
    while let Some(page) = query.next().await? {
        pages += 1;
        names.extend(page.records.into_iter().map(|mut record| mem::take(&mut record["Name"])));
    }
    Ok((pages, names))
}

const SOQL: &str = "SELECT Name FROM Account WHERE Name LIKE 'A0%' ORDER BY Name";

#[tokio::test]
async fn every_record_is_returned_once_for_all_page_sizes() {
    let ConnectedOrg { server: _server, api } = ConnectedOrg::new();
    accounts(&api, 450).await;
    for (name, query, pages) in [
        ("one page", api.query(SOQL), 1),
        ("three pages", api.query(SOQL).page_size(200), 3),
        ("too small", api.query(SOQL).page_size(1), 3),
        ("with deleted records", api.query(SOQL).all_rows(), 1),
    ] {
        let (got, names) = names(query).await.unwrap();
        assert_eq!((got, names.len()), (pages, 450), "{name}");
        assert!(names.is_sorted_by_key(|name| name.as_str().unwrap().to_owned()), "{name}");
    }
}

#[tokio::test]
async fn session_that_expires_between_two_pages_loses_no_record() {
    let org = ConnectedOrg::new();
    accounts(&org.api, 450).await;
    let mut query = org.api.query(SOQL).page_size(200);
    let mut found = query.next().await.unwrap().unwrap().records.len();
    org.server.expire_all();
    while let Some(page) = query.next().await.unwrap() {
        found += page.records.len();
    }
    assert_eq!((found, org.server.logins()), (450, 2));
}

#[tokio::test]
async fn results_of_sub_queries_are_complete() {
    let ConnectedOrg { server, api } = ConnectedOrg::new();
    let acme = record(json!({ "Name": "Acme AB" }));
    let acme = api.create("Account", &acme).await.unwrap().id.unwrap();
    let branch = record(json!({ "Name": "Acme Oy", "ParentId": acme }));
    let branch = api.create("Account", &branch).await.unwrap().id.unwrap();
    for (account, times) in [(&acme, 3), (&branch, 2)] {
        let contact = record(json!({ "LastName": "Hopper", "AccountId": account }));
        for _ in 0..times {
            api.create_all("Contact", &vec![contact.clone(); 150]).await.unwrap();
        }
    }
    let soql = "SELECT Name, (SELECT Id FROM Contacts), \
                (SELECT Name, (SELECT Id FROM Contacts) FROM ChildAccounts) \
                FROM Account WHERE Name = 'Acme AB'";
    let mut query = api.query(soql).page_size(200);
    let page = query.next().await.unwrap().unwrap();
    let acme = &page.records[0];
    for (contacts, number) in
        [(&acme["Contacts"], 450), (&acme["ChildAccounts"]["records"][0]["Contacts"], 300)]
    {
        assert_eq!(
            (&contacts["totalSize"], &contacts["done"]),
            (&Value::from(number), &Value::from(true))
        );
        assert_eq!(contacts["records"].as_array().unwrap().len(), number);
        assert!(contacts.get("nextRecordsUrl").is_none());
    }
    assert!(query.next().await.unwrap().is_none());
    let requests = server.requests();
    let pages = requests.iter().filter(|request| request.target().contains("/query"));
    assert_eq!(pages.count(), 4);
}

#[tokio::test]
async fn error_on_a_page_ends_the_query() {
    let org = ConnectedOrg::new();
    accounts(&org.api, 250).await;
    let mut query = org.api.query(SOQL).page_size(200);
    query.next().await.unwrap();
    org.server.play("api-disabled");
    assert_eq!(query.next().await.unwrap_err().code(), "api.forbidden");
}

#[tokio::test]
async fn fields_are_in_the_order_of_the_query() {
    let ConnectedOrg { server: _server, api } = ConnectedOrg::new();
    let mut query = api.query("SELECT Phone, Name, Id, Owner.Username FROM Account LIMIT 1");
    let page = query.next().await.unwrap().unwrap();
    let names: Vec<_> = page.records[0].keys().map(String::as_str).collect();
    assert_eq!(names, ["attributes", "Phone", "Name", "Id", "Owner"]);
}

#[tokio::test]
async fn calls_share_a_connection_and_accept_gzip() {
    let org = ConnectedOrg::new();
    accounts(&org.api, 200).await;
    let before = org.server.connections();
    names(org.api.query(SOQL)).await.unwrap();
    assert_eq!(org.server.connections(), before);
    let requests = org.server.requests();
    let last = requests.last().unwrap();
    assert_eq!(last.headers()["accept-encoding"], "gzip");
}

#[tokio::test]
async fn responses_without_their_verdict_are_refused() {
    let page =
        |_: &str| answer(r#"{"totalSize":2,"records":[{"Name":"1"}],"nextRecordsUrl":"/a"}"#);
    let error = names(Canned::new(page).org().query("SELECT Id FROM X")).await.unwrap_err();
    assert_eq!(error.code(), "resp.json");
    let result = Canned::new(|_| answer(r#"[{"id":"001xx000003DGb0AAG","errors":[]}]"#));
    let error = result.org().delete_all(&["001xx000003DGb0AAG"]).await.unwrap_err();
    assert_eq!(error.code(), "resp.json");
}

#[tokio::test]
async fn pages_in_a_cycle_are_refused() {
    const SELF: &str =
        r#"{"totalSize":9,"done":false,"nextRecordsUrl":"/a","records":[{"Name":"1"}]}"#;
    let other = SELF.replace("/a", "/b");
    let cycle = move |target: &str| answer(if target.starts_with("/a") { &other } else { SELF });
    let nested = |_: &str| answer(&SELF.replace(r#""1""#, SELF));
    let deeper = |target: &str| {
        let next = format!("{}a", target.split('?').next().unwrap());
        let child = SELF.replace("/a", &next);
        answer(&SELF.replace(r#""1""#, &child).replacen("false", "true", 1))
    };
    for (name, server, calls) in [
        ("itself", Canned::new(|_| answer(SELF)), 2),
        ("two", Canned::new(cycle), 3),
        ("sub-query", Canned::new(nested), 2),
        ("ever deeper sub-queries", Canned::new(deeper), 6),
    ] {
        let error = names(server.org().query("SELECT Id FROM X")).await.unwrap_err();
        assert_eq!((error.code(), server.calls()), ("resp.page", calls), "{name}: {error}");
    }
}

#[tokio::test]
async fn unfinished_page_without_a_next_one_is_refused() {
    for next in ["null", r#""https://evil.example/x""#, r#""""#] {
        let body = format!(
            r#"{{"totalSize":9,"done":false,"nextRecordsUrl":{next},"records":[{{"Name":"1"}}]}}"#
        );
        let server = Canned::new(move |_| answer(&body));
        let mut query = server.org().query("SELECT Id FROM X");
        query.next().await.unwrap_err();
        assert_eq!(server.calls(), 1, "{next}");
        let body = format!(r#"{{"done":false,"nextRecordsUrl":{next},"records":[]}}"#);
        let server = Canned::new(move |_| answer(&body));
        let error = server.org().jobs(JobKind::Ingest).await.unwrap_err();
        assert_eq!((error.code(), server.calls()), ("resp.page", 1), "{next}");
    }
}

#[tokio::test]
async fn rows_of_all_pages_are_read_into_a_type() {
    #[derive(Debug, serde::Deserialize, PartialEq)]
    #[serde(rename_all = "PascalCase")]
    struct Account {
        name: String,
        number_of_employees: Option<u32>,
    }
    let ConnectedOrg { server: _server, api } = ConnectedOrg::new();
    accounts(&api, 250).await;
    let soql = SOQL.replace("Name FROM", "Name, NumberOfEmployees FROM");
    let rows: Vec<Account> = api.query(&soql).page_size(200).rows().await.unwrap();
    assert_eq!(rows.len(), 250);
    assert_eq!(rows[249], Account { name: "A0249".into(), number_of_employees: None });
    let error = api.query("SELECT Id FROM Account").rows::<Account>().await.unwrap_err();
    assert!(matches!(error, RestError::Row(_)), "{error}");
}

#[tokio::test]
async fn numbers_keep_their_digits_over_the_wire() {
    const NUMBERS: [&str; 5] =
        ["12345678901234567.89", "9.99999999999999999E17", "1E-7", "-0.0", "123456789.123456789"];
    let fields: Vec<_> = NUMBERS.iter().map(|number| format!(r#""F":{number}"#)).collect();
    let records: Vec<_> = fields.iter().map(|field| format!("{{{field}}}")).collect();
    let records = records.join(",");
    let body = format!(
        r#"{{"totalSize":-1,"done":true,"records":[{{"F":0,"C":{{"totalSize":5,"done":true,"records":[{records}]}}}}]}}"#
    );
    let server = Canned::new(move |target| {
        answer(if target.contains("/query") { &body } else { r#"{"id":"001","success":true}"# })
    });
    let page = server.org().query("SELECT F FROM X").next().await.unwrap().unwrap();
    let found = page.records[0]["C"]["records"].as_array().unwrap();
    for (record, number) in found.iter().zip(NUMBERS) {
        assert_eq!(record["F"].to_string(), number);
        server.org().create("X", record).await.unwrap();
        let requests = server.requests();
        assert!(requests.last().unwrap().ends_with(&format!(r#"{{"F":{number}}}"#)), "{number}");
    }
    assert_eq!((found.len(), page.total_size), (5, 0));
}

#[tokio::test]
async fn columns_of_fields_function_come_from_the_object() {
    let server = Canned::new(|_| {
        answer(
            r#"{"name":"Account","fields":[{"name":"Id","type":"id","custom":false},
                {"name":"A__c","type":"string","custom":true}]}"#,
        )
    });
    for (which, names) in [
        ("ALL", vec!["Id", "A__c", "X.Y"]),
        ("standard", vec!["Id", "X.Y"]),
        ("CUSTOM", vec!["A__c", "X.Y"]),
    ] {
        let soql = format!("SELECT FIELDS({which}), X.Y FROM Account LIMIT 200");
        let columns = server.org().columns(&soql, true).await.unwrap().unwrap();
        assert_eq!(columns.names(), names);
    }
    let requests = server.requests();
    assert!(requests[0].contains("/tooling/sobjects/Account/describe"), "{}", requests[0]);
    assert!(server.org().columns("SELECT Id FROM Account", false).await.unwrap().is_some());
    assert_eq!(server.calls(), requests.len());
}

#[tokio::test]
async fn page_with_too_many_values_is_refused() {
    let zeros = "0,".repeat(2_000_000);
    let body = format!(r#"{{"totalSize":1,"done":true,"records":[{{"A":[{zeros}0]}}]}}"#);
    let server = Canned::new(move |_| answer(&body));
    let error = server.org().query("SELECT A FROM X").next().await.unwrap_err();
    assert_eq!(error.to_string(), "the response has more than 2000000 values");
}

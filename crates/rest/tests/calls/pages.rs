//! Queries whose records come page by page.

use std::mem;

use orgtoken_rest::{Org, Query, RestError, Value};
use serde_json::json;

use crate::support::{Bench, record};

/// Makes accounts `A0000` to `A….`.
pub(crate) async fn accounts(org: &Org, number: usize) {
    let records: Vec<_> =
        (0..number).map(|n| record(json!({ "Name": format!("A{n:04}") }))).collect();
    for some in records.chunks(Org::MOST_RECORDS) {
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
async fn every_record_comes_once_whatever_the_pages() {
    let Bench { server: _server, org } = Bench::new();
    accounts(&org, 450).await;
    for (name, query, pages) in [
        ("one page", org.query(SOQL), 1),
        ("three pages", org.query(SOQL).page_size(200), 3),
        ("a wish that is too small", org.query(SOQL).page_size(1), 3),
        ("deleted ones, too", org.query(SOQL).all_rows(), 1),
    ] {
        let (got, names) = names(query).await.unwrap();
        assert_eq!((got, names.len()), (pages, 450), "{name}");
        assert!(names.is_sorted_by_key(|name| name.as_str().unwrap().to_owned()), "{name}");
    }
}

#[tokio::test]
async fn b18_a_session_that_dies_between_two_pages_loses_no_record() {
    let bench = Bench::new();
    accounts(&bench.org, 450).await;
    let mut query = bench.org.query(SOQL).page_size(200);
    let mut found = query.next().await.unwrap().unwrap().records.len();
    bench.server.expire_all();
    while let Some(page) = query.next().await.unwrap() {
        found += page.records.len();
    }
    assert_eq!((found, bench.server.logins()), (450, 2));
}

#[tokio::test]
async fn what_a_sub_query_finds_is_whole() {
    let Bench { server, org } = Bench::new();
    let acme = record(json!({ "Name": "Acme AB" }));
    let acme = org.create("Account", &acme).await.unwrap().id.unwrap();
    let branch = record(json!({ "Name": "Acme Oy", "ParentId": acme }));
    let branch = org.create("Account", &branch).await.unwrap().id.unwrap();
    for (account, times) in [(&acme, 3), (&branch, 2)] {
        let contact = record(json!({ "LastName": "Hopper", "AccountId": account }));
        for _ in 0..times {
            org.create_all("Contact", &vec![contact.clone(); 150]).await.unwrap();
        }
    }
    let soql = "SELECT Name, (SELECT Id FROM Contacts), \
                (SELECT Name, (SELECT Id FROM Contacts) FROM ChildAccounts) \
                FROM Account WHERE Name = 'Acme AB'";
    let mut query = org.query(soql).page_size(200);
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
async fn a_page_that_has_an_error_ends_the_query() {
    let bench = Bench::new();
    accounts(&bench.org, 250).await;
    let mut query = bench.org.query(SOQL).page_size(200);
    query.next().await.unwrap();
    bench.play("api-disabled");
    assert_eq!(query.next().await.unwrap_err().code(), "api.forbidden");
}

#[tokio::test]
async fn fields_stand_in_the_order_of_the_query() {
    let Bench { server: _server, org } = Bench::new();
    let mut query = org.query("SELECT Phone, Name, Id, Owner.Username FROM Account LIMIT 1");
    let page = query.next().await.unwrap().unwrap();
    let names: Vec<_> = page.records[0].keys().map(String::as_str).collect();
    assert_eq!(names, ["attributes", "Phone", "Name", "Id", "Owner"]);
}

#[tokio::test]
async fn one_connection_does_for_all_and_answers_are_compressed() {
    let bench = Bench::new();
    accounts(&bench.org, 200).await;
    let before = bench.server.connections();
    names(bench.org.query(SOQL)).await.unwrap();
    assert_eq!(bench.server.connections(), before);
    let requests = bench.server.requests();
    let last = requests.last().unwrap();
    assert_eq!(last.headers()["accept-encoding"], "gzip");
}

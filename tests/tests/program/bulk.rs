//! `bulk`: the jobs of Bulk API 2.0.

use conformance::program::{error, run_with_input, stderr, stdout};
use conformance::test_org::TestOrg;
use serde_json::Value;

fn api(org: &TestOrg, args: &[&str], body: &str) -> Value {
    let mut command = org.command(&[&["api", "--input", "-"], args].concat());
    let output = run_with_input(&mut command, body);
    serde_json::from_str(stdout(&output)).unwrap_or_default()
}

/// Creates a job, sends its data and closes it. Returns its id.
fn job(org: &TestOrg, csv: &str) -> String {
    let new = r#"{"object":"Account","operation":"insert"}"#;
    let id = api(org, &["jobs/ingest"], new)["id"].as_str().unwrap().to_owned();
    let path = format!("jobs/ingest/{id}");
    let batches = format!("{path}/batches");
    api(org, &[&batches, "-X", "PUT", "-H", "content-type: text/csv"], csv);
    api(org, &[&path, "-X", "PATCH"], r#"{"state":"UploadComplete"}"#);
    id
}

#[test]
fn job_is_listed_shown_and_waited_for() {
    let org = TestOrg::new();
    assert_eq!(stdout(&org.run(&["bulk", "list"])), "");
    let id = job(&org, "Name\nAcme\nBeta\n");
    let list = org.run(&["bulk", "list"]);
    let list: Vec<_> = stdout(&list).lines().collect();
    assert!(list[0].starts_with("job ") && list[1].starts_with(&id), "{list:?}");
    assert!(list[1].contains("insert") && list[1].contains("UploadComplete"), "{list:?}");

    let waited = org.run(&["bulk", "wait", &id]);
    assert!(stdout(&waited).contains("state      JobComplete\n"), "{}", stdout(&waited));
    let status = org.run(&["bulk", "status", &id, "--json"]);
    let status: Value = serde_json::from_str(stdout(&status)).unwrap();
    assert_eq!((&status["processed"], &status["failed"]), (&2.into(), &0.into()));
    assert_eq!((&status["state"], &status["error"]), (&"JobComplete".into(), &Value::Null));

    let unknown = org.run(&["bulk", "status", "750000000000AAA", "--json"]);
    let hint = "the org has no job with this id, or has deleted it; `orgtoken bulk list` lists the \
                jobs";
    let unknown = error(&unknown);
    assert_eq!((&unknown["code"], &unknown["hint"]), (&"api.not_found".into(), &hint.into()));
    let invalid = org.run(&["bulk", "status", "../limits", "--json"]);
    assert_eq!(error(&invalid)["code"], "usage.value");
}

#[test]
fn results_are_printed_as_csv() {
    let org = TestOrg::new();
    let id = job(&org, "Name,Website\nAcme,a\n,b\n");
    let early = org.run(&["bulk", "results", &id, "--json"]);
    assert_eq!(error(&early)["code"], "usage.conflict");
    let early = org.run(&["bulk", "results", &id]);
    assert_eq!(early.status.code(), Some(9));
    assert!(stderr(&early).contains(&format!("orgtoken bulk wait {id}")), "{}", stderr(&early));

    let waited = org.run(&["bulk", "wait", &id]);
    assert_eq!(waited.status.code(), Some(9));
    assert!(stderr(&waited).starts_with("error: 1 of 2 records failed\n"), "{}", stderr(&waited));
    let results =
        |more: &[&str]| stdout(&org.run(&[&["bulk", "results", &id], more].concat())).to_owned();
    assert!(results(&[]).starts_with("\"sf__Id\",\"sf__Created\",\"Name\",\"Website\"\n\"001"));
    assert!(results(&["--rows", "failed"]).contains("\"REQUIRED_FIELD_MISSING:"));
    assert_eq!(results(&["--rows", "unprocessed"]), "\"Name\",\"Website\"\n");
}

#[test]
fn results_of_a_query_are_printed_page_by_page() {
    let org = TestOrg::new();
    org.accounts(10);
    let soql = r#"{"operation":"query","query":"SELECT Name FROM Account WHERE Name LIKE 'A0%'"}"#;
    let id = api(&org, &["jobs/query"], soql)["id"].as_str().unwrap().to_owned();
    stdout(&org.run(&["bulk", "wait", &id]));
    let results = org.run(&["bulk", "results", &id]);
    assert_eq!(stdout(&results).lines().count(), 11);
    assert!(stdout(&results).starts_with("\"Name\"\n\"A000"), "{}", stdout(&results));
    let rows = org.run(&["bulk", "results", &id, "--rows", "failed", "--json"]);
    assert_eq!(error(&rows)["code"], "usage.conflict");
}

#[test]
fn failed_and_aborted_jobs_end_with_an_error() {
    let org = TestOrg::new();
    let id = job(&org, "Nome\nAcme\n");
    let waited = org.run(&["bulk", "wait", &id]);
    assert_eq!(waited.status.code(), Some(9));
    let said = stderr(&waited);
    assert!(said.starts_with(&format!("error: job {id} failed: InvalidBatch")), "{said}");
    assert!(said.contains("--rows unprocessed"), "{said}");
    let filtered = org.run(&["bulk", "wait", &id, "--jq", ".state"]);
    assert_eq!((filtered.status.code(), &*filtered.stdout), (Some(9), b"Failed\n".as_slice()));
    assert!(stderr(&filtered).starts_with(&format!("error: job {id} failed: ")));

    let id = job(&org, "Name\nAcme\n");
    let aborted = org.run(&["bulk", "abort", &id]);
    assert!(stdout(&aborted).contains("state      Aborted\n"), "{}", stdout(&aborted));
    let again = org.run(&["bulk", "abort", &id, "--json"]);
    assert_eq!(error(&again)["code"], "api.refused");
    let waited = org.run(&["bulk", "wait", &id, "--json"]);
    assert_eq!(waited.status.code(), Some(9));
    let document: Value = serde_json::from_slice(&waited.stdout).unwrap();
    assert_eq!(document["state"], "Aborted");
}

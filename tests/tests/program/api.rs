//! `api`: calls to the REST API.

use conformance::program::{error, stderr, stdout};
use conformance::test_org::TestOrg;
use serde_json::Value;

fn answer(org: &TestOrg, args: &[&str]) -> Value {
    serde_json::from_str(stdout(&org.run(args))).unwrap()
}

#[test]
fn records_are_created_updated_and_found() {
    let org = TestOrg::new();
    let created = answer(&org, &["api", "sobjects/Account", "-f", "Name=Acme AB"]);
    assert_eq!(created["success"], true);
    let path = format!("sobjects/Account/{}", created["id"].as_str().unwrap());

    let update = org.run(&["api", &path, "-X", "patch", "-F", "NumberOfEmployees=12"]);
    assert_eq!(stdout(&update), "");

    let soql = "q=SELECT Name, NumberOfEmployees FROM Account WHERE Name = 'Acme AB'";
    let found = answer(&org, &["api", "query", "-X", "GET", "-f", soql]);
    assert_eq!(found["records"][0]["NumberOfEmployees"], 12);
}

#[test]
fn include_prints_the_head_before_the_body() {
    let org = TestOrg::new();
    let output = org.run(&["api", "/services/data/", "-i"]);
    let (head, body) = stdout(&output).split_once("\n\n").unwrap();
    assert!(head.starts_with("HTTP/1.1 200 OK\n"), "{head}");
    assert!(serde_json::from_str::<Value>(body).unwrap().is_array());
}

#[test]
fn include_prints_the_response_to_a_failed_call() {
    let org = TestOrg::new();
    let call = ["api", "query", "-X", "GET", "-f", "q=SELECT Nope FROM Account", "--include"];
    let output = org.run(&call);
    assert_eq!(output.status.code(), Some(9));
    let shown = String::from_utf8(output.stdout.clone()).unwrap();
    let (head, body) = shown.split_once("\n\n").unwrap();
    assert!(head.starts_with("HTTP/1.1 400 Bad Request\n"), "{head}");
    assert!(head.contains("\ncontent-type: application/json"), "{head}");
    let problems: Value = serde_json::from_str(body).unwrap();
    assert_eq!(problems[0]["errorCode"], "INVALID_FIELD");
    assert!(stderr(&output).starts_with("error: Salesforce answered 400: INVALID_FIELD: "));

    let silent = org.run(&[&call[..], &["--silent", "--json"]].concat());
    assert!(silent.stdout.ends_with(b"\n\n") && silent.stdout.starts_with(b"HTTP/1.1 400 "));
    let error: Value = serde_json::from_slice(&silent.stderr).unwrap();
    assert_eq!(error["error"]["code"], "api.refused");
}

#[test]
fn fields_nest() {
    let org = TestOrg::new();
    let tree = ["-f", "records[][attributes][type]=Account", "-f", "records[][Name]=Acme"];
    org.run(&[&["api", "composite/tree/Account"][..], &tree].concat());
    let sent = org.requests().last().unwrap().body().to_vec();
    let expected = br#"{"records":[{"attributes":{"type":"Account"},"Name":"Acme"}]}"#;
    assert_eq!(String::from_utf8_lossy(&sent), String::from_utf8_lossy(expected));
}

#[test]
fn relative_path_is_below_the_version_of_the_settings() {
    let org = TestOrg::new();
    org.run(&["api", "limits"]);
    let calls = org.requests();
    assert_eq!(calls.last().unwrap().target(), "/services/data/v60.0/limits");
}

#[test]
fn expired_cached_token_costs_one_login() {
    let org = TestOrg::new();
    stdout(&org.run(&["api", "limits"]));
    stdout(&org.run(&["api", "limits"]));
    assert_eq!(org.logins(), 1);
    org.expire_all();
    stdout(&org.run(&["api", "limits"]));
    assert_eq!(org.logins(), 2);
}

#[test]
fn each_page_is_a_document() {
    let org = TestOrg::new();
    org.accounts(250);
    let paged = ["api", "query", "-X", "GET", "-H", "Sforce-Query-Options: batchSize=200"];
    let soql = "q=SELECT Name FROM Account WHERE Name LIKE 'A0%'";
    let output = org.run(&[&paged[..], &["-f", soql, "--paginate"]].concat());
    let pages: Vec<Value> =
        stdout(&output).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let sizes: Vec<_> =
        pages.iter().map(|page| page["records"].as_array().unwrap().len()).collect();
    assert_eq!(sizes, [200, 50]);

    let silent = org.run(&[&paged[..], &["-f", soql, "--silent"]].concat());
    assert_eq!(stdout(&silent), "");
    let conflict = org.run(&["api", "x", "-X", "POST", "--paginate"]);
    assert_eq!(conflict.status.code(), Some(2));
}

#[test]
fn habits_of_other_programs_get_a_hint() {
    let org = TestOrg::new();
    for (args, message, hint) in [
        (
            ["/limits"].as_slice(),
            "Salesforce answered 404 to GET /limits",
            "`/limits` begins at the root of the org; `orgtoken api limits` is below \
             /services/data/v60.0/",
        ),
        (
            &["services/data/v60.0/limits"],
            "Salesforce answered 404: NOT_FOUND: The requested resource does not exist",
            "a path from the root begins with `/`: `orgtoken api /services/data/v60.0/limits`",
        ),
        (
            &["query", "-f", "q=SELECT Id FROM Account"],
            "Salesforce answered 405: METHOD_NOT_ALLOWED: HTTP Method 'POST' not allowed. Allowed are \
             HEAD,GET",
            "fields and a body make the method POST: add `-X GET` to send the fields in the URL; \
             `orgtoken query SOQL` runs a query",
        ),
        (
            &["composite"],
            "Salesforce answered 405: METHOD_NOT_ALLOWED: HTTP Method 'GET' not allowed. Allowed are \
             POST",
            "use a method that the message allows",
        ),
        (
            &["sobjects/Account", "-X", "POST"],
            "Salesforce answered 400: JSON_PARSER_ERROR: The HTTP entity body is required, but this \
             request has no entity body.",
            "the call has no body: add fields with `-f KEY=VALUE`, or a body with `--input FILE`",
        ),
        (&["/S3cr3t!"], "Salesforce answered 404 to GET /[withheld]", "null"),
    ] {
        let error = error(&org.run(&[&["api"], args, &["--json"]].concat()));
        assert_eq!(error["message"], message, "{args:?}");
        assert_eq!(error["hint"].as_str().unwrap_or("null"), hint, "{args:?}");
    }
}

#[test]
fn body_can_come_from_a_file() {
    let org = TestOrg::new();
    org.private_file("account.json", r#"{"Name": "From a file"}"#);
    let call = ["api", "/services/data/v60.0/sobjects/Account", "--input", "account.json"];
    assert_eq!(answer(&org, &call)["success"], true);
}

#[test]
fn failed_calls_show_the_code_of_the_org() {
    let org = TestOrg::new();
    let created = answer(&org, &["api", "sobjects/Account", "-f", "Name=Acme"]);
    let path = format!("sobjects/Account/{}", created["id"].as_str().unwrap());
    assert_eq!(stdout(&org.run(&["api", &path, "-X", "DELETE"])), "");
    for (call, code) in [
        (&["api", &path][..], "ENTITY_IS_DELETED"),
        (&["api", "sobjects/Nonsense__c"], "NOT_FOUND"),
        (&["api", "query?q=SELECT"], "MALFORMED_QUERY"),
        (&["api", "sobjects/Account", "-f", "Nonsense=1"], "INVALID_FIELD"),
        (&["api", "sobjects/Account", "-f", "Phone=1"], "REQUIRED_FIELD_MISSING"),
    ] {
        let error = error(&org.run(&[call, &["--json"]].concat()));
        assert_eq!((&error["exit"], &error["problems"][0]["code"]), (&9.into(), &code.into()));
    }
}

#[test]
fn requests_name_the_program_and_accept_json() {
    let org = TestOrg::new();
    stdout(&org.run(&["api", "limits"]));
    let requests = org.requests();
    let headers = requests.last().unwrap().headers();
    assert!(headers["user-agent"].to_str().unwrap().starts_with("orgtoken/"), "{headers:?}");
    assert_eq!(headers["accept"], "application/json");
}

use http::Method;
use serde_json::{Value, json};

use crate::org::Org;
use crate::reply::Reply;
use crate::tests::{body, builder, get, open, send, send_as, token};

/// An org with a user who is logged in.
struct Bulk {
    org: Org,
    token: String,
}

impl Bulk {
    fn new() -> Self {
        let org = open(builder());
        let token = token(&org, "robot@acme.com");
        Self { org, token }
    }

    fn polls(&self, polls: impl Into<Option<u32>>) -> &Self {
        self.org.state().rest.jobs.polls = polls.into();
        self
    }

    fn call(&self, method: Method, path: &str, json: Value) -> Reply {
        let json = if json.is_null() { String::new() } else { json.to_string() };
        send(&self.org, &self.token, method, &format!("{BASE}/{path}"), &json)
    }

    fn get(&self, path: &str) -> Reply {
        get(&self.org, &self.token, &format!("{BASE}/{path}"))
    }

    fn csv(&self, path: &str) -> Vec<String> {
        let reply = self.get(path);
        assert_eq!(
            (reply.status().as_u16(), &reply.headers()["content-type"]),
            (200, &"text/csv".parse().unwrap())
        );
        String::from_utf8(reply.body().to_vec()).unwrap().lines().map(str::to_owned).collect()
    }

    fn open_job(&self, mut job: Value) -> String {
        if job["object"].is_null() {
            job["object"] = "Account".into();
        }
        body(&self.call(Method::POST, "jobs/ingest", job))["id"].as_str().unwrap().to_owned()
    }

    fn upload(&self, id: &str, csv: &str) -> Reply {
        let path = format!("{BASE}/jobs/ingest/{id}/batches");
        send_as(&self.org, &self.token, Method::PUT, &path, "text/csv", csv)
    }

    fn close(&self, id: &str) -> Reply {
        let path = format!("jobs/ingest/{id}");
        self.call(Method::PATCH, &path, json!({ "state": "UploadComplete" }))
    }

    /// Runs a job to its end, and returns its id and properties.
    fn run(&self, job: Value, csv: &str) -> (String, Value) {
        let id = self.open_job(job);
        assert_eq!(self.upload(&id, csv).status(), 201);
        assert_eq!(self.close(&id).status(), 200);
        let mut info = body(&self.get(&format!("jobs/ingest/{id}")));
        while info["state"] == "InProgress" {
            info = body(&self.get(&format!("jobs/ingest/{id}")));
        }
        (id, info)
    }

    fn results(&self, id: &str) -> [Vec<String>; 3] {
        ["successfulResults", "failedResults", "unprocessedrecords"]
            .map(|part| self.csv(&format!("jobs/ingest/{id}/{part}")))
    }

    fn query_job(&self, job: Value) -> String {
        let id =
            body(&self.call(Method::POST, "jobs/query", job))["id"].as_str().unwrap().to_owned();
        while body(&self.get(&format!("jobs/query/{id}")))["state"] == "InProgress" {}
        id
    }

    fn names(&self) -> Vec<String> {
        let query = "query?q=SELECT+Name+FROM+Account+WHERE+Industry=null+ORDER+BY+Name";
        let found = body(&self.get(query));
        let records = found["records"].as_array().unwrap();
        records.iter().map(|record| record["Name"].as_str().unwrap().to_owned()).collect()
    }
}

fn code(reply: &Reply) -> (u16, String) {
    let code = body(reply)[0]["errorCode"].as_str().unwrap_or_default().to_owned();
    (reply.status().as_u16(), code)
}

#[test]
fn job_has_the_states_and_properties_of_a_real_one() {
    let bulk = Bulk::new();
    let created = body(&bulk.call(
        Method::POST,
        "jobs/ingest",
        json!({ "object": "account", "operation": "upsert", "externalIdFieldName": "ExternalId__c" }),
    ));
    let id = created["id"].as_str().unwrap();
    assert_eq!(
        created,
        json!({
            "id": id, "operation": "upsert", "object": "Account",
            "createdById": "005xx0000000001AAA", "createdDate": "2027-01-15T08:00:00.000+0000",
            "systemModstamp": "2027-01-15T08:00:00.000+0000", "state": "Open",
            "concurrencyMode": "Parallel", "contentType": "CSV", "apiVersion": 66.0,
            "jobType": "V2Ingest", "lineEnding": "LF", "columnDelimiter": "COMMA",
            "contentUrl": format!("services/data/v66.0/jobs/ingest/{id}/batches"),
            "externalIdFieldName": "ExternalId__c",
        })
    );
    let state = || body(&bulk.get(&format!("jobs/ingest/{id}")))["state"].clone();
    assert_eq!(state(), "Open");
    bulk.upload(id, "ExternalId__c,Name\nx1,A\nx2,B\n");
    assert_eq!(body(&bulk.close(id))["state"], "UploadComplete");
    let half = body(&bulk.get(&format!("jobs/ingest/{id}")));
    assert_eq!(
        (&half["state"], &half["numberRecordsProcessed"]),
        (&json!("InProgress"), &json!(1))
    );
    assert_eq!(
        code(&bulk.get(&format!("jobs/ingest/{id}/successfulResults"))).1,
        "INVALIDJOBSTATE"
    );
    let whole = body(&bulk.get(&format!("jobs/ingest/{id}")));
    assert_eq!(
        (&whole["state"], &whole["numberRecordsProcessed"]),
        (&json!("JobComplete"), &json!(2))
    );
    assert_eq!((&whole["numberRecordsFailed"], &whole["retries"]), (&json!(0), &json!(0)));
}

#[test]
fn each_row_has_a_result_in_another_order_than_it_was_sent() {
    let bulk = Bulk::new();
    let csv = "Name,NumberOfEmployees,ExternalId__c\n\"A, \"\"x\"\"\",1,k1\n,2,k2\nB,1.5,k3\nC,,k1\nD,4,\n";
    let (id, info) = bulk.run(json!({ "operation": "insert" }), csv);
    assert_eq!(
        (&info["numberRecordsProcessed"], &info["numberRecordsFailed"]),
        (&json!(5), &json!(3))
    );
    let [done, failed, unprocessed] = bulk.results(&id);
    assert_eq!(done[0], r#""sf__Id","sf__Created","Name","NumberOfEmployees","ExternalId__c""#);
    assert!(
        done[1].starts_with(r#""001xx"#) && done[1].ends_with(r#"","true","D","4","""#),
        "{}",
        done[1]
    );
    assert!(done[2].ends_with(r#","true","A, ""x""","1","k1""#), "{}", done[2]);
    let first = done[2].split('"').nth(1).unwrap();
    assert_eq!(
        failed,
        [
            r#""sf__Id","sf__Error","Name","NumberOfEmployees","ExternalId__c""#.to_owned(),
            format!(r#""","DUPLICATE_VALUE:duplicate value found: ExternalId__c duplicates value on record with id: {first}:--","C","","k1""#),
            r#""","INVALID_TYPE_ON_FIELD_IN_RECORD:Employees: value not of required type: 1.5:NumberOfEmployees --","B","1.5","k3""#.to_owned(),
            r#""","REQUIRED_FIELD_MISSING:Required fields are missing: [Name]:Name --","","2","k2""#.to_owned(),
        ]
    );
    assert_eq!(unprocessed, [r#""Name","NumberOfEmployees","ExternalId__c""#]);
    assert_eq!(bulk.names(), [r#"A, "x""#, "D"]);
}

#[test]
fn operations_change_records() {
    let bulk = Bulk::new();
    bulk.polls(1);
    let (id, _) = bulk.run(json!({ "operation": "insert" }), "Name,Phone\nA,1\nB,2\nC,3\n");
    let ids: Vec<_> = bulk.results(&id)[0][1..].iter().map(|row| row[1..19].to_owned()).collect();
    let [c, b, a] = ids.as_slice() else { panic!("{ids:?}") };

    let update = format!("Id,Name,Phone\n{a},A2,#N/A\n{b},B2,\n001xx0000000999AAA,X,\n,Y,\n7,Z,\n");
    let (id, _) = bulk.run(json!({ "operation": "update" }), &update);
    let [done, failed, _] = bulk.results(&id);
    assert!(done[2].starts_with(&format!(r#""{a}","false","{a}""#)), "{}", done[2]);
    let errors: Vec<_> = failed[1..].iter().map(|row| row.split('"').nth(3).unwrap()).collect();
    assert_eq!(
        errors[1..],
        [
            "MISSING_ARGUMENT:Id not specified:--",
            "INVALID_CROSS_REFERENCE_KEY:invalid cross reference id:--"
        ]
    );
    let phone = |id: &str| body(&bulk.get(&format!("sobjects/Account/{id}")))["Phone"].clone();
    assert_eq!((phone(a), phone(b)), (Value::Null, json!("2")), "#N/A empties a field");

    let (id, _) = bulk.run(
        json!({ "operation": "upsert", "externalIdFieldName": "ExternalId__c" }),
        "Name,ExternalId__c,Parent.ExternalId__c\nP,p1,\nQ,q1,p1\nP2,p1,\nR, ,\nS,s1,none\n",
    );
    let [done, failed, _] = bulk.results(&id);
    let created: Vec<_> = done[1..].iter().map(|row| row.split('"').nth(3).unwrap()).collect();
    assert_eq!(created, ["false", "true", "true"]);
    assert!(failed[1].contains("INVALID_FIELD:Foreign key external ID: none not found for field ExternalId__c in entity Account:--"), "{failed:?}");
    assert!(failed[2].contains("MISSING_ARGUMENT:ExternalId__c not specified:--"), "{failed:?}");
    let child = body(&bulk.get("sobjects/Account/ExternalId__c/q1"));
    assert_eq!(child["ParentId"], done[3][1..19]);

    bulk.run(json!({ "operation": "delete" }), &format!("Id\n{a}\n"));
    bulk.run(json!({ "operation": "hardDelete" }), &format!("Id\n{b}\n{c}\n"));
    assert_eq!(bulk.names(), ["P2", "Q"]);
    let all = "queryAll?q=SELECT+Name+FROM+Account+WHERE+Name+IN+('A2','B2','C')";
    assert_eq!(body(&bulk.get(all))["totalSize"], 1);
}

#[test]
fn job_that_cannot_be_processed_fails_with_its_reason() {
    let bulk = Bulk::new();
    for (name, job, csv, reason) in [
        (
            "unknown field",
            json!({ "operation": "insert" }),
            "Name,X__c\nA,1\n",
            "InvalidBatch : Field name not found : X__c",
        ),
        (
            "a field twice",
            json!({ "operation": "insert" }),
            "Name,Phone,name\nA,1,B\n",
            "InvalidBatch : Field name is repeated : Name",
        ),
        (
            "byte order mark",
            json!({ "operation": "update" }),
            "\u{feff}Id,Name\n1,A\n",
            "InvalidBatch : Field name not found : \u{feff}Id",
        ),
        (
            "no id",
            json!({ "operation": "update" }),
            "Name\nA\n",
            "InvalidBatch : Field name not found : Id",
        ),
        (
            "more than ids",
            json!({ "operation": "delete" }),
            "Id,Name\n1,A\n",
            "InvalidBatch : The 'delete' batch must contain only ids",
        ),
        (
            "no key",
            json!({ "operation": "upsert", "externalIdFieldName": "ExternalId__c" }),
            "Name\nA\n",
            "InvalidBatch : Field name not found : ExternalId__c",
        ),
        (
            "CRLF",
            json!({ "operation": "insert" }),
            "Name\r\nA\r\n",
            "ClientInputError : LineEnding is invalid on user data. Current LineEnding setting is LF",
        ),
        (
            "LF",
            json!({ "operation": "insert", "lineEnding": "CRLF" }),
            "Name\nA\n",
            "ClientInputError : LineEnding is invalid on user data. Current LineEnding setting is CRLF",
        ),
        (
            "a short row",
            json!({ "operation": "insert" }),
            "Name,Phone\nA,1\nB\n",
            "ClientInputError : Row 2 has 1 columns instead of 2",
        ),
    ] {
        let (id, info) = bulk.run(job, csv);
        assert_eq!(
            (&info["state"], &info["errorMessage"]),
            (&json!("Failed"), &json!(reason)),
            "{name}"
        );
        let [done, _, unprocessed] = bulk.results(&id);
        assert_eq!(done.len() + unprocessed.len(), csv.lines().count() + 1, "{name}");
    }
    for nothing in ["", "\n\n", "\u{feff}"] {
        let (id, info) = bulk.run(json!({ "operation": "insert" }), nothing);
        assert_eq!(
            (&info["state"], &info["numberRecordsProcessed"]),
            (&json!("JobComplete"), &json!(0)),
            "{nothing:?}"
        );
        assert!(bulk.results(&id).iter().all(Vec::is_empty), "{nothing:?}");
    }
}

#[test]
fn fault_of_the_platform_leaves_rows_unprocessed() {
    let bulk = Bulk::new();
    let message = "TooManyLockFailure : Too many lock failure 20 Trying again later.".to_owned();
    bulk.org.state().rest.jobs.failure =
        Some(super::Failure { after_rows: 2, message: message.clone() });
    let (id, info) = bulk.run(json!({ "operation": "insert" }), "Name\nA\nB\nC\nD\n");
    assert_eq!((&info["state"], &info["errorMessage"]), (&json!("Failed"), &json!(message)));
    let [done, failed, unprocessed] = bulk.results(&id);
    assert_eq!((done.len(), failed.len()), (3, 1));
    assert_eq!(unprocessed, [r#""Name""#, r#""D""#, r#""C""#]);
    let (_, info) = bulk.run(json!({ "operation": "insert" }), "Name\nE\n");
    assert_eq!(info["state"], "JobComplete");
}

#[test]
fn aborted_job_keeps_what_it_has_done() {
    let bulk = Bulk::new();
    bulk.polls(4);
    let id = bulk.open_job(
        json!({ "operation": "insert", "columnDelimiter": "PIPE", "lineEnding": "CRLF" }),
    );
    bulk.upload(&id, "Name|Phone\r\nA|1\r\nB|2\r\nC|3\r\nD|4\r\n");
    bulk.close(&id);
    let path = format!("jobs/ingest/{id}");
    bulk.get(&path);
    assert_eq!(
        body(&bulk.call(Method::PATCH, &path, json!({ "state": "Aborted" })))["state"],
        "Aborted"
    );
    let [done, _, unprocessed] = bulk.results(&id);
    assert_eq!((done.len(), unprocessed.len()), (2, 4));
    assert_eq!(unprocessed[1], r#""D"|"4""#);
    assert_eq!(bulk.names(), ["A"]);
    assert_eq!(bulk.call(Method::DELETE, &path, Value::Null).status(), 204);
    assert_eq!(code(&bulk.get(&path)), (404, "NOT_FOUND".to_owned()));
}

#[test]
fn job_that_never_completes_stays_in_progress() {
    let bulk = Bulk::new();
    bulk.polls(None);
    let id = bulk.open_job(json!({ "operation": "insert" }));
    bulk.upload(&id, "Name\nA\n");
    bulk.close(&id);
    for _ in 0..5 {
        let info = body(&bulk.get(&format!("jobs/ingest/{id}")));
        assert_eq!(
            (&info["state"], &info["numberRecordsProcessed"]),
            (&json!("InProgress"), &json!(0))
        );
    }
    bulk.polls(1);
    assert_eq!(body(&bulk.get(&format!("jobs/ingest/{id}")))["state"], "JobComplete");
}

#[test]
fn refused_calls() {
    let bulk = Bulk::new();
    let open = bulk.open_job(json!({ "operation": "insert" }));
    assert_eq!(bulk.upload(&open, "Name\nA\n").status(), 201);
    let second = bulk.upload(&open, "Name\nB\n");
    assert_eq!(code(&second), (400, "API_ERROR".to_owned()));
    assert!(
        body(&second)[0]["message"]
            .as_str()
            .unwrap()
            .starts_with("Found multiple contents for job")
    );
    let (done, _) = bulk.run(json!({ "operation": "insert" }), "Name\nA\n");
    let (open, closed) = (format!("jobs/ingest/{open}"), format!("jobs/ingest/{done}"));
    let job = |value: Value| ("jobs/ingest".to_owned(), Method::POST, value);
    let query = |query: &str| {
        ("jobs/query".to_owned(), Method::POST, json!({ "operation": "query", "query": query }))
    };
    for (name, (path, method, sent), status, wanted) in [
        (
            "unknown object",
            job(json!({ "object": "Nothing", "operation": "insert" })),
            400,
            "INVALIDENTITY",
        ),
        ("no object", job(json!({ "operation": "insert" })), 400, "INVALIDJOB"),
        (
            "unknown operation",
            job(json!({ "object": "Account", "operation": "merge" })),
            400,
            "INVALIDJOB",
        ),
        (
            "upsert without a key",
            job(json!({ "object": "Account", "operation": "upsert" })),
            400,
            "INVALIDJOB",
        ),
        (
            "JSON",
            job(json!({ "object": "Account", "operation": "insert", "contentType": "JSON" })),
            400,
            "INVALIDJOB",
        ),
        (
            "unknown delimiter",
            job(json!({ "object": "Account", "operation": "insert", "columnDelimiter": "DOT" })),
            400,
            "JSON_PARSER_ERROR",
        ),
        (
            "unknown job",
            ("jobs/ingest/750xx0000009999AAA".to_owned(), Method::GET, Value::Null),
            404,
            "NOT_FOUND",
        ),
        ("no job id", ("jobs/ingest/7".to_owned(), Method::GET, Value::Null), 400, "INVALIDJOB"),
        (
            "ingest job as a query job",
            (format!("jobs/query/{done}"), Method::GET, Value::Null),
            404,
            "NOT_FOUND",
        ),
        (
            "abort after the end",
            (closed.clone(), Method::PATCH, json!({ "state": "Aborted" })),
            400,
            "INVALIDJOBSTATE",
        ),
        (
            "close after the end",
            (closed.clone(), Method::PATCH, json!({ "state": "UploadComplete" })),
            400,
            "INVALIDJOBSTATE",
        ),
        (
            "state of the org",
            (open.clone(), Method::PATCH, json!({ "state": "JobComplete" })),
            400,
            "INVALIDJOB",
        ),
        ("delete while open", (open, Method::DELETE, Value::Null), 400, "INVALIDJOBSTATE"),
        (
            "upload of JSON",
            (format!("{closed}/batches"), Method::PUT, json!({})),
            415,
            "UNSUPPORTED_MEDIA_TYPE",
        ),
        ("unknown field", query("SELECT Nam FROM Account"), 400, "API_ERROR"),
        ("unknown entity", query("SELECT Id FROM Nothing"), 400, "INVALIDENTITY"),
        ("count", query("SELECT COUNT() FROM Account"), 400, "API_ERROR"),
        ("sub-query", query("SELECT (SELECT Id FROM Contacts) FROM Account"), 400, "API_ERROR"),
        ("offset", query("SELECT Id FROM Account OFFSET 1"), 400, "API_ERROR"),
        ("groups", query("SELECT Name FROM Account GROUP BY Name"), 400, "API_ERROR"),
        (
            "insert as a query",
            (
                "jobs/query".to_owned(),
                Method::POST,
                json!({ "operation": "insert", "query": "SELECT Id FROM Account" }),
            ),
            400,
            "INVALIDJOB",
        ),
    ] {
        let reply = bulk.call(method, &path, sent);
        assert_eq!(code(&reply), (status, wanted.to_owned()), "{name}");
    }
    let old = get(&bulk.org, &bulk.token, "/services/data/v40.0/jobs/ingest");
    assert_eq!(old.status(), 404);
}

#[test]
fn query_results_are_read_in_parts() {
    let bulk = Bulk::new();
    bulk.run(
        json!({ "operation": "insert" }),
        "Name,AnnualRevenue\n\"A, \"\"x\"\"\",12.5\nB,\nC,8.5\n",
    );
    let query = "SELECT Name, AnnualRevenue, Owner.Username FROM Account WHERE Industry = null";
    let id = bulk.query_job(json!({ "operation": "query", "query": query }));
    let info = body(&bulk.get(&format!("jobs/query/{id}")));
    assert_eq!((&info["numberRecordsProcessed"], &info["jobType"]), (&json!(3), &json!("V2Query")));

    let first = bulk.get(&format!("jobs/query/{id}/results?maxRecords=2"));
    let header = |reply: &Reply, name: &str| reply.headers()[name].to_str().unwrap().to_owned();
    assert_eq!(header(&first, "sforce-numberofrecords"), "2");
    assert_eq!(
        std::str::from_utf8(first.body()).unwrap(),
        "\"Name\",\"AnnualRevenue\",\"Owner.Username\"\n\"A, \"\"x\"\"\",\"12.5\",\"robot@acme.com\"\n\
         \"B\",\"\",\"robot@acme.com\"\n"
    );
    let locator = header(&first, "sforce-locator");
    bulk.run(json!({ "operation": "insert" }), "Name\nLater\n");
    for _ in 0..2 {
        let rest = bulk.get(&format!("jobs/query/{id}/results?maxRecords=2&locator={locator}"));
        assert_eq!(
            (header(&rest, "sforce-locator"), header(&rest, "sforce-numberofrecords")),
            ("null".to_owned(), "1".to_owned())
        );
        assert!(rest.body().ends_with(b"\"C\",\"8.5\",\"robot@acme.com\"\n"));
    }
    assert_eq!(code(&bulk.get(&format!("jobs/query/{id}/results?locator=nonsense"))).0, 400);
    let other = format!("/services/data/v65.0/jobs/query/{id}/results");
    assert_eq!(get(&bulk.org, &bulk.token, &other).status(), 409);

    let query = "SELECT CreatedDate, Name FROM Account WHERE Name = 'none'";
    let id =
        bulk.query_job(json!({ "operation": "query", "query": query, "columnDelimiter": "TAB" }));
    assert_eq!(bulk.csv(&format!("jobs/query/{id}/results")), ["\"CreatedDate\"\t\"Name\""]);
    let query = "SELECT CreatedDate FROM Account LIMIT 1";
    let id = bulk.query_job(json!({ "operation": "queryAll", "query": query }));
    assert_eq!(bulk.csv(&format!("jobs/query/{id}/results"))[1], "\"2027-01-15T08:00:00.000Z\"");
}

#[test]
fn numbers_keep_their_digits() {
    let bulk = Bulk::new();
    let record = r#"{"Name":"J","AnnualRevenue":51.248178375505404}"#;
    send(&bulk.org, &bulk.token, Method::POST, &format!("{BASE}/sobjects/Account"), record);
    bulk.run(json!({ "operation": "insert" }), "Name,AnnualRevenue\nC,9007199254740993\n");
    let query = "SELECT AnnualRevenue FROM Account WHERE Name IN ('J', 'C') ORDER BY Name DESC";
    let found = bulk.get(&format!("query?q={}", query.replace(' ', "+")));
    let text = std::str::from_utf8(found.body()).unwrap();
    assert!(text.contains(":51.248178375505404}") && text.contains(":9007199254740993}"), "{text}");
    let id = bulk.query_job(json!({ "operation": "query", "query": query }));
    let rows = bulk.csv(&format!("jobs/query/{id}/results"));
    assert_eq!(rows[1..], ["\"51.248178375505404\"", "\"9007199254740993\""]);
}

#[test]
fn list_of_jobs_has_pages() {
    let bulk = Bulk::new();
    for _ in 0..1001 {
        bulk.open_job(json!({ "operation": "insert" }));
    }
    let first = body(&bulk.get("jobs/ingest"));
    assert_eq!((first["records"].as_array().unwrap().len(), &first["done"]), (1000, &json!(false)));
    let next = first["nextRecordsUrl"].as_str().unwrap();
    let rest = body(&get(&bulk.org, &bulk.token, next));
    assert_eq!((rest["records"].as_array().unwrap().len(), &rest["done"]), (1, &json!(true)));
    assert_eq!(rest["nextRecordsUrl"], Value::Null);
    assert_eq!(body(&bulk.get("jobs/ingest?jobType=Classic"))["records"], json!([]));
    assert_eq!(body(&bulk.get("jobs/query"))["records"], json!([]));
}

#[test]
fn calls_count_against_the_limit() {
    let bulk = Bulk::new();
    let reply = bulk.get("jobs/ingest");
    assert_eq!(reply.headers()["sforce-limit-info"], "api-usage=1/15000");
}

const BASE: &str = "/services/data/v66.0";

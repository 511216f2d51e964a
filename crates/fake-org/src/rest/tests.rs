use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, UNIX_EPOCH};

use http::{Method, header};
use serde_json::{Value, json};

use crate::org::Org;
use crate::reply::Reply;
use crate::tests::{NOW, body, builder, claims, get, login, open, org_with, send, token};

/// The statuses and errors of the platform, call by call.
#[test]
fn calls_and_their_responses() {
    let org = open(builder());
    let token = token(&org, "robot@acme.com");
    let account = first(&org, &token, "Account");
    let id = |suffix: &str| format!("sobjects/Account/{account}{suffix}");
    const GET: Method = Method::GET;
    const POST: Method = Method::POST;
    const PATCH: Method = Method::PATCH;
    const DELETE: Method = Method::DELETE;
    for (name, method, path, sent, status, code) in [
        ("resources", GET, "", "", 200, ""),
        ("limits", GET, "limits", "", 200, ""),
        ("limits with a slash", GET, "limits/", "", 200, ""),
        ("objects", GET, "sobjects", "", 200, ""),
        ("describe", GET, "sobjects/account/describe", "", 200, ""),
        ("object", GET, "sobjects/Account", "", 200, ""),
        ("unknown object", GET, "sobjects/Acount", "", 404, "NOT_FOUND"),
        ("unknown resource", GET, "analytics", "", 404, "NOT_FOUND"),
        ("tooling describe", GET, "tooling/sobjects/ApexClass/describe", "", 200, ""),
        ("an object of the other API", GET, "tooling/sobjects/Account", "", 404, "NOT_FOUND"),
        ("a tooling object here", GET, "sobjects/ApexClass", "", 404, "NOT_FOUND"),
        ("no tooling limits", GET, "tooling/limits", "", 404, "NOT_FOUND"),
        ("tooling of tooling", GET, "tooling/tooling/sobjects", "", 404, "NOT_FOUND"),
        ("a class to make", POST, "tooling/sobjects/ApexClass", "{}", 405, "METHOD_NOT_ALLOWED"),
        ("PUT", Method::PUT, "sobjects/Account", "{}", 405, "METHOD_NOT_ALLOWED"),
        ("POST of a query", POST, "query", "", 405, "METHOD_NOT_ALLOWED"),
        ("record", GET, &id(""), "", 200, ""),
        (
            "retrieve",
            GET,
            &format!("composite/sobjects/Account?ids={account}&fields=Name"),
            "",
            200,
            "",
        ),
        ("some fields", GET, &id("?fields=Name,Phone"), "", 200, ""),
        ("unknown field", GET, &id("?fields=Nam"), "", 400, "INVALID_FIELD"),
        ("no such record", GET, "sobjects/Account/001xx0000000999AAA", "", 404, "NOT_FOUND"),
        ("no id at all", GET, "sobjects/Account/7", "", 404, "NOT_FOUND"),
        ("create", POST, "sobjects/Account", r#"{"Name":"A"}"#, 201, ""),
        ("nothing to create", POST, "sobjects/Account", "", 400, "JSON_PARSER_ERROR"),
        ("half an object", POST, "sobjects/Account", r#"{"Name""#, 400, "JSON_PARSER_ERROR"),
        ("a list", POST, "sobjects/Account", "[]", 400, "JSON_PARSER_ERROR"),
        ("no name", POST, "sobjects/Account", "{}", 400, "REQUIRED_FIELD_MISSING"),
        ("null name", POST, "sobjects/Account", r#"{"Name":null}"#, 400, "REQUIRED_FIELD_MISSING"),
        ("empty name", POST, "sobjects/Account", r#"{"Name":""}"#, 400, "REQUIRED_FIELD_MISSING"),
        (
            "unknown field",
            POST,
            "sobjects/Account",
            r#"{"Name":"A","X__c":1}"#,
            400,
            "INVALID_FIELD",
        ),
        ("an id", POST, "sobjects/Account", r#"{"Id":"x","Name":"A"}"#, 400, "INVALID_FIELD"),
        (
            "read only",
            POST,
            "sobjects/Account",
            r#"{"Name":"A","CreatedDate":"2026-11-23T00:00:00Z"}"#,
            400,
            "INVALID_FIELD_FOR_INSERT_UPDATE",
        ),
        (
            "a profile",
            POST,
            "sobjects/Profile",
            r#"{"Name":"A"}"#,
            400,
            "INVALID_TYPE_FOR_OPERATION",
        ),
        ("update", PATCH, &id(""), r#"{"Phone":"1"}"#, 204, ""),
        ("empty a field", PATCH, &id(""), r#"{"Phone":null}"#, 204, ""),
        ("empty a name", PATCH, &id(""), r#"{"Name":null}"#, 400, "REQUIRED_FIELD_MISSING"),
        (
            "update of an unknown id",
            PATCH,
            "sobjects/Account/001xx0000000999AAA",
            "{}",
            404,
            "NOT_FOUND",
        ),
        ("POST as PATCH", POST, &id("?_HttpMethod=PATCH"), r#"{"Phone":"2"}"#, 204, ""),
        ("upsert, new", PATCH, "sobjects/Account/ExternalId__c/4%202", r#"{"Name":"B"}"#, 201, ""),
        (
            "upsert, known",
            PATCH,
            "sobjects/Account/ExternalId__c/4%202",
            r#"{"Name":"C"}"#,
            200,
            "",
        ),
        (
            "upsert with its key among the fields",
            PATCH,
            "sobjects/Account/ExternalId__c/4%202",
            r#"{"Name":"C","externalid__c":"4 2"}"#,
            400,
            "INVALID_FIELD",
        ),
        (
            "a taken external id",
            POST,
            "sobjects/Account",
            r#"{"Name":"D","ExternalId__c":"4 2"}"#,
            400,
            "DUPLICATE_VALUE",
        ),
        (
            "upsert of an unknown key, update only",
            PATCH,
            "sobjects/Account/ExternalId__c/new?updateOnly=true",
            r#"{"Name":"E"}"#,
            404,
            "NOT_FOUND",
        ),
        (
            "upsert of a known one, update only",
            PATCH,
            "sobjects/Account/ExternalId__c/4%202?updateOnly=true",
            r#"{"Name":"C"}"#,
            200,
            "",
        ),
        ("no record was created", GET, "sobjects/Account/ExternalId__c/new", "", 404, "NOT_FOUND"),
        ("by key", GET, "sobjects/Account/ExternalId__c/4%202", "", 200, ""),
        ("by no key", GET, "sobjects/Account/Name/Globex", "", 404, "NOT_FOUND"),
        ("delete", DELETE, &id(""), "", 204, ""),
        ("delete again", DELETE, &id(""), "", 404, "ENTITY_IS_DELETED"),
        ("what was deleted", GET, &id(""), "", 404, "ENTITY_IS_DELETED"),
        (
            "null for a flag",
            POST,
            "composite/sobjects",
            r#"{"records":[],"allOrNone":null}"#,
            200,
            "",
        ),
        ("tests of Apex", POST, "tooling/runTestsSynchronous", "{}", 404, "NOT_FOUND"),
        (
            "retrieve no fields",
            GET,
            "composite/sobjects/Account?ids=1",
            "",
            400,
            "MISSING_ARGUMENT",
        ),
        ("updated without a start", GET, "sobjects/Account/updated", "", 400, "MISSING_ARGUMENT"),
        ("query", GET, "query?q=SELECT+Id+FROM+Account", "", 200, ""),
        ("no query", GET, "query", "", 400, "MALFORMED_QUERY"),
    ] {
        let reply = send(&org, &token, method, &format!("/services/data/v66.0/{path}"), sent);
        assert_eq!(
            (reply.status().as_u16(), error_code(&reply).as_str()),
            (status, code),
            "{name}"
        );
    }
}

#[test]
fn values_of_another_type_are_refused() {
    let org = open(builder());
    let token = token(&org, "robot@acme.com");
    let long = "x".repeat(256);
    for (name, object, field, value, code) in [
        ("number for a text", "Account", "Name", json!(5), "JSON_PARSER_ERROR"),
        ("text too long", "Account", "Name", json!(long), "STRING_TOO_LONG"),
        (
            "text for a whole number",
            "Account",
            "NumberOfEmployees",
            json!("x"),
            "JSON_PARSER_ERROR",
        ),
        (
            "fraction for a whole number",
            "Account",
            "NumberOfEmployees",
            json!(1.5),
            "JSON_PARSER_ERROR",
        ),
        ("text for an amount", "Account", "AnnualRevenue", json!("much"), "JSON_PARSER_ERROR"),
        ("amount as a text", "Account", "AnnualRevenue", json!("12.5"), ""),
        ("not a date", "Contact", "Birthdate", json!("soon"), "JSON_PARSER_ERROR"),
        ("more than a date", "Contact", "Birthdate", json!("1970-01-015"), "JSON_PARSER_ERROR"),
        ("a date", "Contact", "Birthdate", json!("1970-01-01"), ""),
        ("a date with a time", "Contact", "Birthdate", json!("1970-01-01T00:00:00.000Z"), ""),
        ("not an address", "Contact", "Email", json!("robot"), "INVALID_EMAIL_ADDRESS"),
        ("not an id", "Contact", "AccountId", json!("Acme"), "MALFORMED_ID"),
        (
            "unknown id",
            "Contact",
            "AccountId",
            json!("001xx0000000999AAA"),
            "INVALID_CROSS_REFERENCE_KEY",
        ),
        ("an object", "Account", "Name", json!({}), "JSON_PARSER_ERROR"),
    ] {
        let mut record = json!({ "LastName": "Hopper" });
        if object == "Account" {
            record = json!({ "Name": "Acme" });
        }
        record[field] = value;
        let path = format!("/services/data/v66.0/sobjects/{object}");
        let reply = send(&org, &token, Method::POST, &path, &record.to_string());
        assert_eq!(error_code(&reply), code, "{name}");
    }
}

#[test]
fn errors_are_lists_that_name_the_fields() {
    let org = open(builder());
    let token = token(&org, "robot@acme.com");
    let reply = send(&org, &token, Method::POST, "/services/data/v66.0/sobjects/Lead", "{}");
    assert_eq!(
        body(&reply),
        json!([{
            "message": "Required fields are missing: [LastName, Company]",
            "errorCode": "REQUIRED_FIELD_MISSING",
            "fields": ["LastName", "Company"],
        }])
    );
}

#[test]
fn written_record_can_be_read() {
    let org = open(builder());
    let token = token(&org, "robot@acme.com");
    let contact = r#"{"firstname":"Grace","LASTNAME":"Hopper","Email":"grace@acme.com"}"#;
    let path = "/services/data/v66.0/sobjects/Contact";
    let reply = send(&org, &token, Method::POST, path, contact);
    let url = reply.headers()[header::LOCATION].to_str().unwrap().to_owned();

    let record = body(&get(&org, &token, &url));
    assert_eq!(record["attributes"], json!({ "type": "Contact", "url": url }));
    assert_eq!(record["Name"], "Grace Hopper");
    assert_eq!(record["CreatedDate"], "2027-01-15T08:00:00.000+0000");
    assert_eq!(record["Phone"], Value::Null);

    send(&org, &token, Method::PATCH, &url, r#"{"FirstName":null}"#);
    assert_eq!(body(&get(&org, &token, &url))["Name"], "Hopper");
}

#[test]
fn tooling_api_has_its_own_result_format() {
    let org = open(builder());
    let token = token(&org, "robot@acme.com");
    let query = "/services/data/v66.0/tooling/query?q=SELECT+Id,+Name+FROM+ApexClass";
    let found = body(&get(&org, &token, query));
    let class = found["records"][0].clone();
    let id = class["Id"].as_str().unwrap();
    let url = format!("/services/data/v66.0/tooling/sobjects/ApexClass/{id}");
    assert_eq!(
        found,
        json!({
            "totalSize": 1, "done": true, "size": 1, "entityTypeName": "ApexClass",
            "queryLocator": null, "records": [{
                "attributes": { "type": "ApexClass", "url": url }, "Id": id, "Name": "Greeter",
            }],
        })
    );
    let whole = body(&get(&org, &token, &url));
    assert!(whole["Body"].as_str().unwrap().starts_with("public class Greeter"));
    let query = "/services/data/v66.0/tooling/query?q=SELECT+Id+FROM+Account";
    assert_eq!(error_code(&get(&org, &token, query)), "INVALID_TYPE");
}

#[test]
fn sub_queries_have_pages() {
    let org = open(builder());
    let token = token(&org, "robot@acme.com");
    let account = first(&org, &token, "Account");
    let contact = json!({ "attributes": { "type": "Contact" }, "LastName": "Hopper",
        "AccountId": account });
    let contacts = json!({ "records": vec![contact; 200] }).to_string();
    for _ in 0..11 {
        let path = "/services/data/v66.0/composite/sobjects";
        assert_eq!(send(&org, &token, Method::POST, path, &contacts).status(), 200);
    }

    let query = "/services/data/v66.0/query?q=SELECT+(SELECT+Id+FROM+Contacts)+FROM+Account";
    let found = body(&get(&org, &token, query));
    assert_eq!((&found["totalSize"], &found["done"]), (&json!(2), &json!(true)));
    let children = &found["records"][0]["Contacts"];
    assert_eq!((&children["totalSize"], &children["done"]), (&json!(2200), &json!(false)));
    let rest = body(&get(&org, &token, children["nextRecordsUrl"].as_str().unwrap()));
    assert_eq!((rest["records"].as_array().unwrap().len(), &rest["done"]), (200, &json!(true)));
}

#[test]
fn description_has_the_properties_that_typed_clients_require() {
    let org = open(builder());
    let token = token(&org, "robot@acme.com");
    let described = body(&get(&org, &token, "/services/data/v66.0/sobjects/Account/describe"));
    let missing = |object: &Value, names: &str| -> Vec<String> {
        let names = names.split_whitespace();
        names.filter(|name| object.get(name).is_none()).map(str::to_owned).collect()
    };
    // From the describe result of a real org, version 61.0.
    assert_eq!(
        missing(
            &described,
            "actionOverrides activateable associateEntityType associateParentEntity \
             childRelationships compactLayoutable createable custom customSetting deepCloneable \
             defaultImplementation deletable deprecatedAndHidden extendedBy extendsInterfaces \
             feedEnabled fields hasSubtypes implementedBy implementsInterfaces isInterface isSubtype \
             keyPrefix label labelPlural layoutable listviewable lookupLayoutable mergeable \
             mruEnabled name namedLayoutInfos networkScopeFieldName queryable recordTypeInfos \
             replicateable retrieveable searchLayoutable searchable sobjectDescribeOption \
             supportedScopes triggerable undeletable updateable urls"
        ),
        Vec::<String>::new()
    );
    for field in described["fields"].as_array().unwrap() {
        assert_eq!(
            missing(
                field,
                "aggregatable aiPredictionField autoNumber byteLength calculated calculatedFormula \
                 cascadeDelete caseSensitive compoundFieldName controllerName createable custom \
                 defaultValue defaultValueFormula defaultedOnCreate dependentPicklist \
                 deprecatedAndHidden digits displayLocationInDecimal encrypted externalId \
                 extraTypeInfo filterable filteredLookupInfo formulaTreatNullNumberAsZero groupable \
                 highScaleNumber htmlFormatted idLookup inlineHelpText label length mask maskType \
                 name nameField namePointing nillable permissionable picklistValues \
                 polymorphicForeignKey precision queryByDistance referenceTargetField referenceTo \
                 relationshipName relationshipOrder restrictedDelete restrictedPicklist scale \
                 searchPrefilterable soapType sortable type unique updateable \
                 writeRequiresMasterRead"
            ),
            Vec::<String>::new()
        );
    }
    let all = body(&get(&org, &token, "/services/data/v66.0/sobjects"));
    assert_eq!(all["sobjects"][0]["fields"], Value::Null);
}

#[test]
fn reference_to_a_text_with_quotes_is_that_text() {
    let org = open(builder());
    let token = token(&org, "robot@acme.com");
    let base = "/services/data/v66.0";
    let calls = json!({ "compositeRequest": [
        { "method": "POST", "url": format!("{base}/sobjects/Account"), "referenceId": "new",
            "body": { "Name": "A \"x\"" } },
        { "method": "GET", "url": format!("{base}/sobjects/Account/@{{new.id}}"), "referenceId": "got" },
        { "method": "POST", "url": format!("{base}/sobjects/Account"), "referenceId": "copy",
            "body": { "Name": "@{got.Name}" } },
    ] });
    send(&org, &token, Method::POST, &format!("{base}/composite"), &calls.to_string());
    let query = format!("{base}/query?q=SELECT+Name+FROM+Account+ORDER+BY+CreatedDate,Name");
    let names = body(&get(&org, &token, &query));
    assert_eq!(names["records"][0]["Name"], names["records"][1]["Name"]);
    assert_eq!(names["records"][0]["Name"], "A \"x\"");
}

#[test]
fn tree_creates_all_records_or_none() {
    let org = open(builder());
    let token = token(&org, "robot@acme.com");
    let path = "/services/data/v66.0/composite/tree/Account";
    let tree = |contact: Value| {
        json!({ "records": [{
            "attributes": { "type": "Account", "referenceId": "ref1" }, "Name": "Tree",
            "Contacts": { "records": [contact] },
        }] })
        .to_string()
    };
    let contact =
        json!({ "attributes": { "type": "Contact", "referenceId": "ref2" }, "Email": "x" });
    let refused = send(&org, &token, Method::POST, path, &tree(contact));
    assert_eq!(refused.status(), 400);
    assert_eq!(body(&refused)["hasErrors"], true);
    assert_eq!(body(&refused)["results"][0]["referenceId"], "ref2");
    let query =
        "/services/data/v66.0/query?q=SELECT+Account.Name+FROM+Contact+WHERE+Account.Name='Tree'";
    assert_eq!(body(&get(&org, &token, query))["totalSize"], 0);

    let nameless = json!({ "attributes": { "type": "Contact" }, "LastName": "A" });
    let refused = send(&org, &token, Method::POST, path, &tree(nameless));
    assert_eq!(error_code(&refused), "INVALID_INPUT");
    let accounts = "/services/data/v66.0/query?q=SELECT+Id+FROM+Account+WHERE+Name='Tree'";
    assert_eq!(body(&get(&org, &token, accounts))["totalSize"], 0);

    let contact =
        json!({ "attributes": { "type": "Contact", "referenceId": "ref2" }, "LastName": "A" });
    let created = send(&org, &token, Method::POST, path, &tree(contact));
    assert_eq!(created.status(), 201);
    let results = body(&created)["results"].clone();
    assert_eq!(
        (&results[0]["referenceId"], &results[1]["referenceId"]),
        (&json!("ref1"), &json!("ref2"))
    );
    assert_eq!(body(&get(&org, &token, query))["totalSize"], 1);
}

#[test]
fn retrieved_records_are_in_the_order_of_their_ids() {
    let org = open(builder());
    let token = token(&org, "robot@acme.com");
    let account = first(&org, &token, "Account");
    let sent = json!({ "ids": ["001xx0000000999AAA", account], "fields": ["name"] }).to_string();
    let path = "/services/data/v66.0/composite/sobjects/Account";
    let found = body(&send(&org, &token, Method::POST, path, &sent));
    assert_eq!((&found[0], &found[1]["Name"]), (&Value::Null, &json!("Acme Rockets")));
    assert_eq!(found[1]["Phone"], Value::Null);
}

#[test]
fn changes_of_a_period() {
    let now = Arc::new(AtomicU64::new(NOW));
    let clock = Arc::clone(&now);
    let clock = move || UNIX_EPOCH + Duration::from_secs(clock.load(Ordering::Relaxed));
    let org = open(builder().clock(clock));
    let token = token(&org, "robot@acme.com");
    let account = first(&org, &token, "Account");
    now.fetch_add(60, Ordering::Relaxed);
    send(
        &org,
        &token,
        Method::DELETE,
        &format!("/services/data/v66.0/sobjects/Account/{account}"),
        "",
    );
    let period = |start: &str| format!("start={start}&end=2027-01-16T00:00:00%2B00:00");
    for (start, updated, deleted) in [
        ("2027-01-15T00:00:00%2B00:00", 1, 1),
        ("2027-01-15T08:00:30Z", 0, 1),
        ("2027-01-15T23:00:00Z", 0, 0),
    ] {
        let path =
            |kind: &str| format!("/services/data/v66.0/sobjects/Account/{kind}/?{}", period(start));
        let ids = body(&get(&org, &token, &path("updated")))["ids"].clone();
        assert_eq!(ids.as_array().unwrap().len(), updated);
        let gone = body(&get(&org, &token, &path("deleted")))["deletedRecords"].clone();
        assert_eq!(gone.as_array().unwrap().len(), deleted);
    }
    let end = "sobjects/Account/updated?start=2027-01-16T00:00:00Z&end=2027-01-15T00:00:00Z";
    let reply = get(&org, &token, &format!("/services/data/v66.0/{end}"));
    assert_eq!(error_code(&reply), "INVALID_REPLICATION_DATE");
}

#[test]
fn other_apis_are_refused() {
    let org = open(builder());
    let token = token(&org, "robot@acme.com");
    for path in [
        "/services/Soap/u/60.0",
        "/services/async/60.0/job",
        "/services/apexrest/Acme",
        "/services/data/v66.0/ui-api/records/001",
        "/services/data/v66.0/composite/graph",
        "/services/data/v66.0/tooling/executeAnonymous",
    ] {
        let reply = send(&org, &token, Method::POST, path, "{}");
        assert_eq!((reply.status().as_u16(), error_code(&reply).as_str()), (404, "NOT_FOUND"));
        let message = format!("{path} is not offered by the fake org");
        assert!(body(&reply)[0]["message"].as_str().unwrap().starts_with(&message), "{path}");
    }
}

#[test]
fn unsupported_features_are_not_ignored() {
    let org = open(builder());
    let token = token(&org, "robot@acme.com");
    let account = first(&org, &token, "Account");
    let path = format!("/services/data/v66.0/sobjects/Account/{account}");
    let contacts = get(&org, &token, &format!("{path}/Contacts"));
    let request = http::Request::patch(&path)
        .header("authorization", format!("Bearer {token}"))
        .header("content-type", "application/json")
        .header("if-unmodified-since", "Fri, 15 Jan 2027 07:59:59 GMT")
        .body(bytes::Bytes::from_static(br#"{"Phone":"1"}"#))
        .unwrap();
    let patched = crate::route::answer(&org, &crate::call::Call::new(request, "https"));
    let plan = get(&org, &token, "/services/data/v66.0/query?explain=SELECT+Id+FROM+Account");
    for (reply, status) in [(contacts, 404), (patched, 501), (plan, 404)] {
        assert_eq!(reply.status().as_u16(), status);
        assert!(body(&reply)[0]["message"].as_str().unwrap().contains("not offered"));
    }
    let part = json!({ "method": "PATCH", "url": path, "referenceId": "a", "body": { "Phone": "1" },
        "httpHeaders": { "If-Match": "*" } });
    let parts = json!({ "compositeRequest": [part] }).to_string();
    let composite = "/services/data/v66.0/composite";
    let answer = body(&send(&org, &token, Method::POST, composite, &parts));
    assert_eq!(answer["compositeResponse"][0]["httpStatusCode"], 501);
    assert_eq!(body(&get(&org, &token, &path))["Phone"], Value::Null);
}

#[test]
fn searches_find_words_in_texts() {
    let org = open(builder());
    let token = token(&org, "robot@acme.com");
    for (path, found) in [
        ("search?q=FIND+{Acme}+RETURNING+Account(Id,+Name)", json!(["Acme Rockets"])),
        (
            "search?q=FIND+{acm*+OR+globex}+RETURNING+Account(Name+ORDER+BY+Name+DESC)",
            json!(["Globex", "Acme Rockets"]),
        ),
        ("search?q=FIND+{acm*+OR+globex}+RETURNING+Account(Name)+LIMIT+1", json!(["Acme Rockets"])),
        ("search?q=FIND+{Acme}+IN+EMAIL+FIELDS+RETURNING+Account(Name)", json!([])),
        ("search?q=FIND+{Initech+OR+}+RETURNING+Account(Name)", json!([])),
        ("search?q=FIND+{robot@acme.com}+RETURNING+User(Name)", json!(["Integration User"])),
    ] {
        let answer = body(&get(&org, &token, &format!("/services/data/v66.0/{path}")));
        let records = answer["searchRecords"].as_array().unwrap().iter();
        let names: Value = records.map(|record| record["Name"].clone()).collect();
        assert_eq!(names, found, "{path}");
    }
    let all = body(&get(&org, &token, "/services/data/v66.0/search?q=FIND+{Stockholm}"));
    assert_eq!(all["searchRecords"][0]["attributes"]["type"], "Account");
    for (query, code) in [
        ("", "MALFORMED_SEARCH"),
        ("FIND+Acme", "MALFORMED_SEARCH"),
        ("FIND+{Acme}+RETURNING+Acount", "INVALID_TYPE"),
        ("FIND+{Acme}+RETURNING+Account(Nam)", "INVALID_FIELD"),
    ] {
        let reply = get(&org, &token, &format!("/services/data/v66.0/search?q={query}"));
        assert_eq!(
            (reply.status().as_u16(), error_code(&reply)),
            (400, code.to_owned()),
            "{query}"
        );
    }
}

#[test]
fn several_records_with_one_key_are_listed() {
    let org = open(builder());
    let token = token(&org, "robot@acme.com");
    for _ in 0..2 {
        let twin = r#"{"LastName":"Twin","Email":"twin@acme.com"}"#;
        send(&org, &token, Method::POST, "/services/data/v66.0/sobjects/Contact", twin);
    }
    let reply = get(&org, &token, "/services/data/v66.0/sobjects/Contact/Email/twin@acme.com");
    assert_eq!((reply.status().as_u16(), body(&reply).as_array().unwrap().len()), (300, 2));
}

#[test]
fn related_record_is_named_by_its_key() {
    let describe = br#"{"name":"Note__c","label":"Note","labelPlural":"Notes","keyPrefix":"a03",
        "fields":[{"name":"Id","label":"Id","type":"id","createable":false},
        {"name":"About__c","label":"About","type":"reference","length":18,
        "referenceTo":["Contact","Account"],"relationshipName":"About__r"}]}"#;
    let org = open(builder().object(describe).unwrap());
    let token = token(&org, "robot@acme.com");
    let base = "/services/data/v66.0";
    let create = |object: &str, record: &Value| {
        let path = format!("{base}/sobjects/{object}");
        send(&org, &token, Method::POST, &path, &record.to_string())
    };
    let id = |reply: &Reply| body(reply)["id"].as_str().unwrap_or_default().to_owned();
    let parent = id(&create("Account", &json!({ "Name": "Parent", "ExternalId__c": "p1" })));
    for _ in 0..2 {
        create("Contact", &json!({ "LastName": "Twin", "Email": "twin@acme.com" }));
    }

    let not_found =
        "Foreign key external ID: p2 not found for field ExternalId__c in entity Account";
    let twins = "Email: more than one record found for external id field: [";
    let wrong = "Parent must have one field of the related record";
    let wrong_type = "About__r must have one field of the related record";
    let both = "Cannot specify both an external ID reference Parent and a salesforce id, ParentId";
    for (object, field, related, refusal) in [
        ("Account", "Parent", json!({ "ExternalId__c": "P1" }), ""),
        ("Account", "parent", json!({ "externalid__c": "p1" }), ""),
        ("Account", "Parent", json!({ "Id": parent }), ""),
        ("Account", "Parent", json!({ "attributes": {}, "ExternalId__c": "p1" }), ""),
        ("Account", "Parent", json!({ "type": "account", "ExternalId__c": "p1" }), ""),
        (
            "Note__c",
            "About__r",
            json!({ "attributes": { "type": "Account" }, "ExternalId__c": "p1" }),
            "",
        ),
        ("Note__c", "About__r", json!({ "type": "Account", "ExternalId__c": "p1" }), ""),
        ("Note__c", "About__r", json!({ "ExternalId__c": "p1" }), wrong_type),
        ("Account", "Parent", json!({ "ExternalId__c": "P2" }), not_found),
        ("Account", "Parent", json!({ "ExternalId__c": null }), "Foreign key external ID: null"),
        ("Account", "Parent", json!({ "ExternalId__c": 1 }), "Cannot deserialize instance of"),
        ("Account", "Parent", json!({ "Name": "Parent" }), wrong),
        ("Account", "Parent", json!({ "Name": "Parent", "ExternalId__c": "p1" }), wrong),
        ("Account", "Parent", json!({ "type": "Contact", "ExternalId__c": "p1" }), wrong),
        ("Account", "Parent", json!({}), wrong),
        ("Account", "Parent", json!("p1"), wrong),
        ("Account", "Parent", json!(null), wrong),
        ("Account", "CreatedBy", json!({ "Username": "x" }), "Unable to create/update fields"),
        ("Contact", "ReportsTo", json!({ "Email": "twin@acme.com" }), twins),
    ] {
        let name = if object == "Contact" { "LastName" } else { "Name" };
        let mut record = json!({ field: related });
        if object != "Note__c" {
            record[name] = json!("Child");
        }
        let reply = create(object, &record);
        if !refusal.is_empty() {
            let message = body(&reply)[0]["message"].clone();
            assert!(
                message.as_str().unwrap_or_default().starts_with(refusal),
                "{record}: {message}"
            );
            assert_eq!(reply.status(), 400, "{record}");
            continue;
        }
        let child = body(&get(&org, &token, &format!("{base}/sobjects/{object}/{}", id(&reply))));
        let reference = if object == "Account" { "ParentId" } else { "About__c" };
        assert_eq!(child[reference], parent, "{record}");
    }
    for fields in [["Parent", "ParentId"], ["ParentId", "Parent"]] {
        let mut record = json!({ "Name": "Child" });
        for field in fields {
            let id = json!(parent);
            record[field] = if field == "Parent" { json!({ "ExternalId__c": "p1" }) } else { id };
        }
        assert_eq!(body(&create("Account", &record))[0]["message"], both);
    }

    let child = id(&create("Account", &json!({ "Name": "Child" })));
    let url = format!("{base}/sobjects/Account/{child}");
    let parent_of_child = || body(&get(&org, &token, &url))["ParentId"].clone();
    let update = json!({ "Parent": { "ExternalId__c": "p1" } });
    assert_eq!(send(&org, &token, Method::PATCH, &url, &update.to_string()).status(), 204);
    assert_eq!(parent_of_child(), parent);

    send(&org, &token, Method::PATCH, &url, r#"{"ParentId":null}"#);
    let record = |key: &str| {
        json!({ "attributes": { "type": "Account" }, "Id": child,
            "Parent": { "ExternalId__c": key } })
    };
    let both = json!({ "records": [record("p1"), record("p2")] }).to_string();
    let path = format!("{base}/composite/sobjects");
    let outcomes = body(&send(&org, &token, Method::PATCH, &path, &both));
    assert_eq!(
        (&outcomes[0]["success"], &outcomes[1]["errors"][0]["message"]),
        (&json!(true), &json!(not_found))
    );
    assert_eq!(parent_of_child(), parent);
}

#[test]
fn key_of_an_upsert_has_the_type_of_its_field() {
    let describe = br#"{"name":"Invoice__c","label":"Invoice","labelPlural":"Invoices",
        "keyPrefix":"a01","fields":[{"name":"Id","label":"Id","type":"id","createable":false},
        {"name":"Number__c","label":"Number","type":"double","externalId":true},
        {"name":"Code__c","label":"Code","type":"string","length":3,"externalId":true}]}"#;
    let org = open(builder().object(describe).unwrap());
    let token = token(&org, "robot@acme.com");
    let path = "/services/data/v66.0/sobjects/Invoice__c";
    for (key, status, code) in [
        ("Number__c/7", 201, ""),
        ("Number__c/7.0", 200, ""),
        ("Number__c/x", 400, "JSON_PARSER_ERROR"),
        ("Code__c/abcd", 400, "STRING_TOO_LONG"),
        ("Code__c/%20", 400, "REQUIRED_FIELD_MISSING"),
    ] {
        let reply = send(&org, &token, Method::PATCH, &format!("{path}/{key}"), "{}");
        assert_eq!((reply.status().as_u16(), error_code(&reply).as_str()), (status, code), "{key}");
    }
    let query = "/services/data/v66.0/query?q=SELECT+Number__c+FROM+Invoice__c";
    assert_eq!(body(&get(&org, &token, query))["records"][0]["Number__c"], 7.0);
}

#[test]
fn versions_need_no_token_and_do_not_count() {
    let org = open(builder());
    let versions = get(&org, "nonsense", "/services/data/");
    assert_eq!(body(&versions)[35]["url"], "/services/data/v66.0");
    assert!(versions.headers().get("sforce-limit-info").is_none());

    let token = token(&org, "robot@acme.com");
    for calls in 1..3 {
        let reply = get(&org, &token, "/services/data/v66.0/sobjects/Nothing");
        assert_eq!(reply.headers()["sforce-limit-info"], format!("api-usage={calls}/15000"));
    }
    assert_eq!(get(&org, &token, "/services/data/v20.0/limits").status(), 410);
    assert_eq!(get(&org, &token, "/services/data/v99.0/limits").status(), 404);
}

#[test]
fn calls_are_limited() {
    let org = open(builder().api_limit(1));
    let token = token(&org, "robot@acme.com");
    assert_eq!(get(&org, &token, "/services/data/v66.0/limits").status(), 200);
    let reply = get(&org, &token, "/services/data/v66.0/limits");
    assert_eq!(error_code(&reply), "REQUEST_LIMIT_EXCEEDED");
}

#[test]
fn calls_without_a_valid_token_are_refused() {
    let org = open(builder());
    for (name, token, code) in
        [("unknown", "00Dxx!nonsense", "INVALID_SESSION_ID"), ("empty", "", "INVALID_AUTH_HEADER")]
    {
        let reply = get(&org, token, "/services/data/v66.0/sobjects/Account");
        assert_eq!((reply.status().as_u16(), error_code(&reply).as_str()), (401, code), "{name}");
    }
}

#[test]
fn sessions_that_end() {
    for (scenario, said) in [
        ("session-expires-once", ["INVALID_SESSION_ID", "INVALID_SESSION_ID", ""]),
        ("session-never-valid", ["INVALID_SESSION_ID", "INVALID_SESSION_ID", "INVALID_SESSION_ID"]),
        ("api-disabled", ["API_DISABLED_FOR_ORG", "API_DISABLED_FOR_ORG", "API_DISABLED_FOR_ORG"]),
        ("api-unavailable-once", ["SERVER_UNAVAILABLE", "", ""]),
    ] {
        let org = org_with(scenario);
        let limits = |token: &str| error_code(&get(&org, token, "/services/data/v66.0/limits"));
        let first = token(&org, "scenario@acme.com");
        let second = token(&org, "scenario@acme.com");
        assert_eq!([limits(&first), limits(&first), limits(&second)], said, "{scenario}");
    }
}

#[test]
fn imported_object_behaves_like_the_others() {
    let describe = br#"{"name":"Invoice__c","label":"Invoice","labelPlural":"Invoices",
        "keyPrefix":"a01","custom":true,"fields":[
        {"name":"Id","label":"Id","type":"id","createable":false},
        {"name":"Number__c","label":"Number","type":"string","length":20,"nillable":false},
        {"name":"Paid__c","label":"Paid","type":"boolean","nillable":false}]}"#;
    let org = open(builder().object(describe).unwrap());
    let token = body(&login(&org, &claims("robot@acme.com")))["access_token"].clone();
    let token = token.as_str().unwrap();
    let path = "/services/data/v66.0/sobjects/Invoice__c";
    assert_eq!(error_code(&send(&org, token, Method::POST, path, "{}")), "REQUIRED_FIELD_MISSING");
    let created = send(&org, token, Method::POST, path, r#"{"Number__c":"7"}"#);
    assert!(body(&created)["id"].as_str().unwrap().starts_with("a01"));
    let query = "/services/data/v66.0/query?q=SELECT+Number__c+FROM+Invoice__c+WHERE+Paid__c=false";
    assert_eq!(body(&get(&org, token, query))["totalSize"], 1);
}

#[test]
fn value_outside_a_restricted_picklist_is_refused() {
    let describe = br#"{"name":"Case__c","label":"Case","labelPlural":"Cases","keyPrefix":"a02",
        "fields":[{"name":"Id","label":"Id","type":"id","createable":false},
        {"name":"State__c","label":"State","type":"picklist","restrictedPicklist":true,
        "picklistValues":[{"value":"Open","active":true},{"value":"Old","active":false}]}]}"#;
    let org = open(builder().object(describe).unwrap());
    let token = token(&org, "robot@acme.com");
    let path = "/services/data/v66.0/sobjects/Case__c";
    for (value, code) in [
        ("Open", ""),
        ("", ""),
        ("Old", "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST"),
        ("Lost", "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST"),
    ] {
        let record = json!({ "State__c": value }).to_string();
        let reply = send(&org, &token, Method::POST, path, &record);
        assert_eq!(error_code(&reply), code, "{value}");
    }
    let described = body(&get(&org, &token, &format!("{path}/describe")));
    assert_eq!(described["fields"][1]["picklistValues"][0]["value"], "Open");
}

#[test]
fn unique_field_refuses_a_second_record_but_not_its_own_value() {
    let org = open(builder());
    let token = token(&org, "robot@acme.com");
    let path = "/services/data/v66.0/sobjects/Account";
    let record = r#"{"Name":"A","ExternalId__c":"x1"}"#;
    let id = body(&send(&org, &token, Method::POST, path, record))["id"].clone();
    let url = format!("{path}/{}", id.as_str().unwrap());
    let own = send(&org, &token, Method::PATCH, &url, r#"{"ExternalId__c":"X1"}"#);
    assert_eq!(own.status(), 204);
    let refused = send(&org, &token, Method::POST, path, r#"{"Name":"B","ExternalId__c":"x1"}"#);
    let message = format!(
        "duplicate value found: ExternalId__c duplicates value on record with id: {}",
        id.as_str().unwrap()
    );
    assert_eq!(body(&refused)[0]["message"], message);
}

fn first(org: &Org, token: &str, object: &str) -> String {
    let query = format!("/services/data/v66.0/query?q=SELECT+Id+FROM+{object}+LIMIT+1");
    body(&get(org, token, &query))["records"][0]["Id"].as_str().unwrap().to_owned()
}

fn error_code(reply: &Reply) -> String {
    body(reply)[0]["errorCode"].as_str().unwrap_or_default().to_owned()
}

use std::sync::LazyLock;

use proptest::prelude::*;
use serde_json::json;

use super::Prepared;
use crate::rest::schema::{ObjectType, Schema};
use crate::rest::store::Records;

fn records() -> Records {
    let mut records = Records::default();
    let mut add = |object: &str, prefix: &str, value: serde_json::Value| {
        records.insert(object, prefix, value.as_object().unwrap().clone())
    };
    let user = add("User", "005", json!({ "Name": "Robo", "Username": "robot@acme.com" }));
    let acme = json!({ "Name": "Acme", "OwnerId": user, "NumberOfEmployees": 7, "IsDeleted": false,
        "CreatedDate": "2026-11-23T17:45:46.000+0000" });
    let acme = add("Account", "001", acme);
    add("Account", "001", json!({ "Name": "Globex 100%", "ParentId": acme, "IsDeleted": false }));
    add("Account", "001", json!({ "Name": "Gone", "IsDeleted": true }));
    add(
        "Contact",
        "003",
        json!({ "LastName": "Hopper", "AccountId": acme, "Birthdate": "1906-12-09" }),
    );
    records
}

fn total(query: &str) -> Result<usize, String> {
    static HELD: LazyLock<(Schema, Records)> = LazyLock::new(|| (Schema::standard(), records()));
    let (schema, records) = &*HELD;
    let prepared = Prepared::new(query, schema, TODAY);
    let prepared =
        prepared.map_err(|error| format!("{}: {}", error.code(), error.message(query)))?;
    Ok(prepared.run(records, false, "").total)
}

#[test]
fn conditions_select_records() {
    for (condition, found) in [
        ("Name = 'Acme'", 1),
        ("Name = 'ACME'", 1),
        ("name != 'acme'", 1),
        ("Name LIKE 'a%'", 1),
        ("Name LIKE '_cme'", 1),
        ("Name LIKE '%e%'", 2),
        ("Name LIKE 'cme'", 0),
        ("Name IN ('Acme', 'Globex 100%')", 2),
        ("Name NOT IN ('Acme')", 1),
        ("NumberOfEmployees > 6", 1),
        ("NumberOfEmployees <= 6", 0),
        ("NumberOfEmployees = 7.0", 1),
        ("NumberOfEmployees = null", 1),
        ("NumberOfEmployees <> null", 1),
        ("CreatedDate > 2026-11-23T18:45:45+01:00", 1),
        ("CreatedDate < 2026-11-23T17:45:46Z", 0),
        ("Id = '001xx0000000002'", 1),
        ("IsDeleted = false", 2),
        ("Owner.Username = 'robot@acme.com'", 1),
        ("Parent.Owner.Name = 'Robo'", 1),
        ("Account.Name = 'Acme'", 1),
        ("Name = 'Acme' AND NumberOfEmployees = 8", 0),
        ("Name = 'Acme' OR NumberOfEmployees = 8", 1),
        ("NOT Name = 'Acme'", 1),
        ("(Name = 'Acme' OR Name LIKE 'G%') AND (NOT NumberOfEmployees = 7)", 1),
        (r"Name = 'Ac\'me'", 0),
        (r"Name LIKE 'Globex 100\%'", 1),
        (r"Name LIKE 'Acm\_'", 0),
        (r"Name LIKE 'Acm_'", 1),
        ("Name = '\u{f8ff}'", 0),
        (r"Name = '\u0041cme'", 1),
        ("CreatedDate = LAST_N_DAYS:7", 1),
        ("CreatedDate > LAST_N_DAYS:7", 0),
        ("CreatedDate >= LAST_N_DAYS:7", 1),
        ("CreatedDate < LAST_N_DAYS:5", 1),
        ("CreatedDate < LAST_N_DAYS:6", 0),
        ("CreatedDate < TODAY", 1),
        ("CreatedDate = today", 0),
        ("CreatedDate != THIS_MONTH", 1),
    ] {
        assert_eq!(
            total(&format!("SELECT Id FROM Account WHERE {condition}")),
            Ok(found),
            "{condition}"
        );
    }
}

#[test]
fn clauses() {
    for (query, found) in [
        ("SELECT Id FROM Account", 2),
        ("select id from account limit 1", 1),
        ("SELECT Id FROM Account LIMIT 0", 0),
        ("SELECT COUNT() FROM Account", 2),
        ("SELECT COUNT() FROM Account WHERE Name = 'Acme'", 1),
        ("SELECT\n\tId\nFROM\n\tAccount", 2),
        ("SELECT Id FROM Contact WHERE Birthdate = 1906-12-09", 1),
    ] {
        assert_eq!(total(query), Ok(found), "{query}");
    }
}

#[test]
fn groups_have_a_row_each() {
    let (schema, records) = (Schema::standard(), records());
    let found = |query: &str| -> Result<Vec<serde_json::Value>, String> {
        let prepared = Prepared::new(query, &schema, TODAY);
        let prepared =
            prepared.map_err(|error| format!("{} {}", error.code(), error.message(query)))?;
        let mut rows = prepared.run(&records, true, "").records;
        for row in &mut rows {
            assert_eq!(row["attributes"]["type"], "AggregateResult");
            row.as_object_mut().unwrap().shift_remove("attributes");
        }
        Ok(rows)
    };
    for (query, rows) in [
        ("SELECT COUNT(Id) FROM Account", json!([{ "expr0": 3 }])),
        (
            "SELECT COUNT() n, MAX(Name), AVG(NumberOfEmployees) FROM Account",
            json!([{ "n": 3, "expr0": "Gone", "expr1": 7.0 }]),
        ),
        (
            "SELECT MIN(CreatedDate) first, SUM(NumberOfEmployees) FROM Account WHERE Name = 'none'",
            json!([{ "first": null, "expr0": null }]),
        ),
        (
            "SELECT IsDeleted, COUNT(Id) n FROM Account GROUP BY IsDeleted ORDER BY COUNT(Id)",
            json!([{ "IsDeleted": true, "n": 1 }, { "IsDeleted": false, "n": 2 }]),
        ),
        (
            "SELECT IsDeleted FROM Account GROUP BY IsDeleted HAVING COUNT(Id) > 1",
            json!([{ "IsDeleted": false }]),
        ),
        (
            "SELECT a.Owner.Name who, COUNT_DISTINCT(a.Name) n FROM Account a GROUP BY a.Owner.Name ORDER BY n DESC LIMIT 1",
            json!([{ "who": null, "n": 2 }]),
        ),
    ] {
        assert_eq!(json!(found(query).unwrap()), rows, "{query}");
    }
    for (query, message) in [
        ("SELECT Name, COUNT(Id) FROM Account", "Field must be grouped or aggregated: Name"),
        ("SELECT Id FROM Account GROUP BY Name", "Field must be grouped or aggregated: Id"),
        ("SELECT COUNT(Id) FROM Account GROUP BY Description", "can not be grouped"),
        ("SELECT SUM(Name) FROM Account", "field Name does not support aggregate operator SUM"),
        ("SELECT MAX(Name) FROM Account LIMIT 1", "cannot also use LIMIT"),
        ("SELECT Name FROM Account HAVING COUNT(Id) > 1", "unexpected token: 'HAVING'"),
        ("SELECT Name FROM Account WHERE COUNT(Id) > 1", "unexpected token: '('"),
        ("SELECT Name n FROM Account", "unexpected token: 'n'"),
        ("SELECT Name, (SELECT Id FROM Contacts) FROM Account GROUP BY Name", "unexpected token"),
        ("SELECT COUNT(Id) n, MAX(Id) n FROM Account", "duplicate alias: n"),
    ] {
        let said = found(query).unwrap_err();
        assert!(said.contains(message), "{query}: {said}");
    }
}

#[test]
fn sum_above_the_largest_integer_is_a_float() {
    let (schema, mut records) = (Schema::standard(), Records::default());
    for _ in 0..2 {
        let record = json!({ "Name": "A", "NumberOfEmployees": i64::MAX, "IsDeleted": false });
        records.insert("Account", "001", record.as_object().unwrap().clone());
    }
    let query = "SELECT SUM(NumberOfEmployees) n FROM Account";
    let found = Prepared::new(query, &schema, TODAY).unwrap().run(&records, false, "");
    assert_eq!(found.records[0]["n"], json!(i64::MAX as f64 * 2.0));
}

#[test]
fn integers_that_no_float_can_hold_are_compared_by_all_their_digits() {
    let (schema, mut records) = (Schema::standard(), Records::default());
    let (one, other) = (9_007_199_254_740_992_i64, 9_007_199_254_740_993_i64);
    for number in [other, one] {
        let record = json!({ "Name": "A", "NumberOfEmployees": number, "IsDeleted": false });
        records.insert("Account", "001", record.as_object().unwrap().clone());
    }
    for (query, value) in [
        ("SELECT COUNT(Id) n FROM Account WHERE NumberOfEmployees = 9007199254740993", 1),
        ("SELECT COUNT(Id) n FROM Account WHERE NumberOfEmployees > 9007199254740992", 1),
        ("SELECT COUNT(Id) n FROM Account WHERE NumberOfEmployees = 9007199254740992.0", 1),
        ("SELECT COUNT_DISTINCT(NumberOfEmployees) n FROM Account", 2),
        ("SELECT MIN(NumberOfEmployees) n FROM Account", one),
        ("SELECT MAX(NumberOfEmployees) n FROM Account", other),
    ] {
        let found = Prepared::new(query, &schema, TODAY).unwrap().run(&records, false, "");
        assert_eq!(found.records[0]["n"], value, "{query}");
    }
}

#[test]
fn fields_function_selects_fields() {
    let (schema, records) = (Schema::standard(), records());
    let query = "SELECT FIELDS(ALL) FROM Account LIMIT 200";
    let found = Prepared::new(query, &schema, TODAY).unwrap().run(&records, false, "");
    assert_eq!(
        (&found.records[0]["Name"], &found.records[0]["ExternalId__c"]),
        (&json!("Acme"), &json!(null))
    );
    let query = "SELECT FIELDS(STANDARD) FROM Account";
    let found = Prepared::new(query, &schema, TODAY).unwrap().run(&records, false, "");
    assert!(found.records[0].get("ExternalId__c").is_none());
    for query in ["SELECT FIELDS(ALL) FROM Account", "SELECT FIELDS(CUSTOM) FROM Account LIMIT 201"]
    {
        let error = Prepared::new(query, &schema, TODAY).unwrap_err();
        assert!(error.message(query).contains("must have a LIMIT of at most 200"));
    }
}

#[test]
fn values_of_a_multi_select_picklist() {
    let describe = br#"{"name":"T__c","label":"T","labelPlural":"Ts","fields":[
        {"name":"Id","label":"Id","type":"id"},
        {"name":"Tags__c","label":"Tags","type":"multipicklist"}]}"#;
    let mut schema = Schema::standard();
    schema.add(ObjectType::parse(describe).unwrap());
    let mut records = Records::default();
    let record = json!({ "Tags__c": "A;B" });
    records.insert("T__c", "a01", record.as_object().unwrap().clone());
    for (condition, total) in [
        ("Tags__c INCLUDES ('A')", 1),
        ("Tags__c INCLUDES ('C', 'A;B')", 1),
        ("Tags__c INCLUDES ('A;C')", 0),
        ("Tags__c EXCLUDES ('C')", 1),
    ] {
        let query = format!("SELECT Id FROM T__c WHERE {condition}");
        let found = Prepared::new(&query, &schema, TODAY).unwrap().run(&records, false, "");
        assert_eq!(found.total, total, "{condition}");
    }
    let query = "SELECT Id FROM Account WHERE Name INCLUDES ('A')";
    assert_eq!(
        Prepared::new(query, &schema, TODAY).unwrap_err().code(),
        "INVALID_QUERY_FILTER_OPERATOR"
    );
}

/// Returns the names in the order of the result.
fn names(clauses: &str) -> Result<Vec<String>, String> {
    let (schema, records) = (Schema::standard(), records());
    let query = format!("SELECT Name FROM Account {clauses}");
    let prepared = Prepared::new(&query, &schema, TODAY);
    let found = prepared.map_err(|error| error.code().to_owned())?.run(&records, false, "");
    Ok(found.records.iter().map(|row| row["Name"].as_str().unwrap().to_owned()).collect())
}

#[test]
fn order() {
    let (acme, globex) = ("Acme".to_owned(), "Globex 100%".to_owned());
    for (clauses, found) in [
        ("ORDER BY Name", vec![&acme, &globex]),
        ("ORDER BY Name DESC", vec![&globex, &acme]),
        ("ORDER BY NumberOfEmployees", vec![&globex, &acme]),
        ("ORDER BY IsDeleted, Name DESC LIMIT 1", vec![&globex]),
        ("ORDER BY Parent.Name DESC", vec![&acme, &globex]),
        ("ORDER BY NumberOfEmployees NULLS LAST", vec![&acme, &globex]),
        ("ORDER BY NumberOfEmployees DESC NULLS LAST", vec![&acme, &globex]),
        ("ORDER BY Name LIMIT 1 OFFSET 1", vec![&globex]),
        ("ORDER BY Name OFFSET 2", vec![]),
    ] {
        assert_eq!(names(clauses).unwrap().iter().collect::<Vec<_>>(), found, "{clauses}");
    }
    for (clauses, code) in [
        ("ORDER Name", "MALFORMED_QUERY"),
        ("ORDER BY", "MALFORMED_QUERY"),
        ("ORDER BY Nope", "INVALID_FIELD"),
        ("ORDER BY Description", "INVALID_FIELD"),
        ("ORDER BY Name NULLS", "MALFORMED_QUERY"),
        ("OFFSET 1 LIMIT 1", "MALFORMED_QUERY"),
        ("OFFSET 2001", "NUMBER_OUTSIDE_VALID_RANGE"),
        ("ORDER BY MAX(Name)", "MALFORMED_QUERY"),
    ] {
        assert_eq!(names(clauses), Err(code.to_owned()), "{clauses}");
    }
}

#[test]
fn values_of_several_types_have_an_order() {
    let mut schema = Schema::standard();
    let object = br#"{"name":"T__c","label":"T","labelPlural":"Ts","fields":[
        {"name":"Id","label":"Id","type":"id"},{"name":"Any__c","label":"Any","type":"anyType"}]}"#;
    schema.add(ObjectType::parse(object).unwrap());
    let mut records = Records::default();
    for number in (0..100).rev() {
        for value in [json!(number), json!(number.to_string()), json!({}), json!(true)] {
            let record = json!({ "Any__c": value, "IsDeleted": false });
            records.insert("T__c", "a03", record.as_object().unwrap().clone());
        }
    }
    let query = "SELECT Any__c FROM T__c ORDER BY Any__c";
    let found = Prepared::new(query, &schema, TODAY).unwrap().run(&records, false, "");
    let place = |value: serde_json::Value| {
        found.records.iter().position(|row| row["Any__c"] == value).unwrap()
    };
    assert_eq!(
        [place(json!(true)), place(json!(0)), place(json!("0")), place(json!({}))],
        [0, 100, 200, 300]
    );
}

#[test]
fn related_records_are_nested_and_may_be_null() {
    let schema = Schema::standard();
    let query = "SELECT Name, Owner.Name, Parent.Name, Parent.Owner.Name FROM Account";
    let found = Prepared::new(query, &schema, TODAY).unwrap().run(&records(), false, "/v").records;
    assert_eq!(
        found[0],
        json!({
            "attributes": { "type": "Account", "url": "/v/sobjects/Account/001xx0000000002AAA" },
            "Name": "Acme",
            "Owner": {
                "attributes": { "type": "User", "url": "/v/sobjects/User/005xx0000000001AAA" },
                "Name": "Robo",
            },
            "Parent": null,
        })
    );
    assert_eq!(found[1]["Parent"]["Owner"]["Name"], "Robo");
}

#[test]
fn children_are_nested_and_may_be_null() {
    let (schema, records) = (Schema::standard(), records());
    let found = |query: &str| {
        Prepared::new(query, &schema, TODAY).unwrap().run(&records, false, "/v").records
    };
    let both = "SELECT Name, (SELECT LastName, Account.Name FROM contacts) FROM Account";
    let [acme, globex] = &found(both)[..] else { panic!("two accounts") };
    assert_eq!(
        acme["Contacts"],
        json!({ "totalSize": 1, "done": true, "records": [{
            "attributes": { "type": "Contact", "url": "/v/sobjects/Contact/003xx0000000005AAA" },
            "LastName": "Hopper",
            "Account": {
                "attributes": { "type": "Account", "url": "/v/sobjects/Account/001xx0000000002AAA" },
                "Name": "Acme",
            },
        }] })
    );
    assert_eq!(globex["Contacts"], json!(null));

    let grown = "SELECT (SELECT Name, (SELECT Id FROM ChildAccounts) FROM ChildAccounts LIMIT 1) \
                 FROM Account";
    let grown = found(grown);
    assert_eq!(grown[0]["ChildAccounts"]["records"][0]["Name"], "Globex 100%");
    assert_eq!(grown[0]["ChildAccounts"]["records"][0]["ChildAccounts"], json!(null));
    let none = "SELECT (SELECT Id FROM Contacts WHERE LastName = 'Lovelace') FROM Account LIMIT 1";
    assert_eq!(found(none)[0]["Contacts"], json!(null));
}

#[test]
fn order_and_limit_of_a_sub_query_are_about_the_children_of_one_record() {
    let (schema, mut records) = (Schema::standard(), Records::default());
    let mut add = |object: &str, prefix: &str, value: serde_json::Value| {
        records.insert(object, prefix, value.as_object().unwrap().clone())
    };
    for name in ["A", "B"] {
        let account = add("Account", "001", json!({ "Name": name }));
        for number in [2, 3, 1] {
            let name = format!("{name}{number}");
            add("Contact", "003", json!({ "LastName": name, "AccountId": account }));
        }
    }
    let query =
        "SELECT (SELECT LastName FROM Contacts ORDER BY LastName DESC LIMIT 2) FROM Account";
    let found = Prepared::new(query, &schema, TODAY).unwrap().run(&records, false, "").records;
    let names = |account: usize| -> Vec<_> {
        let contacts = found[account]["Contacts"]["records"].as_array().unwrap();
        contacts.iter().map(|contact| contact["LastName"].clone()).collect()
    };
    assert_eq!(
        (names(0), names(1)),
        (vec!["A3".into(), "A2".into()], vec!["B3".into(), "B2".into()])
    );
}

#[test]
fn columns_are_described() {
    let schema = Schema::standard();
    let prepared = Prepared::new("SELECT Id, Owner.Name, Owner.Email FROM Account", &schema, TODAY);
    let metadata = prepared.unwrap().metadata();
    assert_eq!(metadata["entityName"], "Account");
    assert_eq!(metadata["columnMetadata"][1]["columnName"], "Owner");
    assert_eq!(metadata["columnMetadata"][1]["joinColumns"][1]["columnName"], "Email");

    let query = "SELECT (SELECT LastName FROM Contacts) FROM Account";
    let metadata = Prepared::new(query, &schema, TODAY).unwrap().metadata();
    let child = &metadata["columnMetadata"][0];
    assert_eq!((&child["columnName"], &child["aggregate"]), (&json!("Contacts"), &json!(true)));
    assert_eq!(child["joinColumns"][0]["columnName"], "LastName");
}

#[test]
fn valid_syntax_that_is_not_supported_is_named() {
    for (query, what) in [
        ("SELECT toLabel(Industry) FROM Account", "toLabel("),
        ("SELECT Id FROM Account WHERE CALENDAR_YEAR(CreatedDate) = 2026", "CALENDAR_YEAR("),
        ("SELECT Id FROM Account WHERE Id IN (SELECT AccountId FROM Contact)", "(SELECT"),
        ("SELECT COUNT(Id) FROM Account GROUP BY ROLLUP(Name)", "ROLLUP("),
        ("SELECT Id FROM Account WITH SECURITY_ENFORCED", "WITH"),
        ("SELECT Id FROM Account FOR UPDATE", "FOR"),
        ("SELECT Id FROM Account USING SCOPE Mine", "USING"),
        ("SELECT TYPEOF Owner WHEN User THEN Name END FROM Account", "TYPEOF"),
    ] {
        let said = total(query).unwrap_err();
        assert!(said.contains(&format!("'{what}' is not offered by the fake org")), "{said}");
    }
}

/// The code, the position and the start of the message.
#[test]
fn refusals() {
    for (query, code, column, message) in [
        ("", "MALFORMED_QUERY", 1, "unexpected token: '<EOF>'"),
        ("DELETE FROM Account", "MALFORMED_QUERY", 1, "unexpected token: 'DELETE'"),
        ("SELECT FROM Account", "MALFORMED_QUERY", 8, "unexpected token: 'FROM'"),
        ("SELECT * FROM Account", "MALFORMED_QUERY", 8, "unexpected token: '*'"),
        ("SELECT Id", "MALFORMED_QUERY", 10, "unexpected token: '<EOF>'"),
        ("SELECT Id FROM Account,", "MALFORMED_QUERY", 23, "unexpected token: ','"),
        ("SELECT Id FROM Account LIMIT -1", "MALFORMED_QUERY", 30, "unexpected token: '-1'"),
        ("SELECT (Id) FROM Account", "MALFORMED_QUERY", 9, "unexpected token: 'Id'"),
        (
            "SELECT (SELECT COUNT() FROM Contacts) FROM Account",
            "MALFORMED_QUERY",
            21,
            "unexpected token: '('",
        ),
        (
            "SELECT (SELECT Name FROM Contacts GROUP BY Name) FROM Account",
            "MALFORMED_QUERY",
            44,
            "unexpected token: 'Name'",
        ),
        (
            "SELECT Id FROM Account WHERE COUNT(Id) > 1",
            "MALFORMED_QUERY",
            35,
            "unexpected token: '('",
        ),
        (
            "SELECT (SELECT Id FROM Contact) FROM Account",
            "INVALID_TYPE",
            24,
            "Didn't understand relationship 'Contact' in FROM part of query call.",
        ),
        (
            "SELECT (SELECT Name FROM Contacts), (SELECT Id FROM contacts) FROM Account",
            "MALFORMED_QUERY",
            53,
            "duplicate field selected: Contacts",
        ),
        ("SELECT Id, Id FROM Account", "MALFORMED_QUERY", 12, "duplicate field selected: Id"),
        ("SELECT Id FROM Acount", "INVALID_TYPE", 16, "sObject type 'Acount' is not supported."),
        (
            "SELECT Nam FROM Account",
            "INVALID_FIELD",
            8,
            "No such column 'Nam' on entity 'Account'.",
        ),
        (
            "SELECT Owner.Nam FROM Account",
            "INVALID_FIELD",
            14,
            "No such column 'Nam' on entity 'User'.",
        ),
        (
            "SELECT Ownr.Name FROM Account",
            "INVALID_FIELD",
            8,
            "Didn't understand relationship 'Ownr'",
        ),
        ("SELECT Id FROM Account WHERE", "MALFORMED_QUERY", 29, "unexpected token: '<EOF>'"),
        ("SELECT Id FROM Account WHERE Name", "MALFORMED_QUERY", 34, "unexpected token: '<EOF>'"),
        ("SELECT Id FROM Account WHERE Nam = 'x'", "INVALID_FIELD", 30, "No such column 'Nam'"),
        (
            "SELECT Id FROM Account WHERE Name = Acme",
            "MALFORMED_QUERY",
            37,
            "unexpected token: 'Acme'",
        ),
        (
            "SELECT Id FROM Account WHERE Name = \"x\"",
            "MALFORMED_QUERY",
            37,
            "unexpected token: '\"'",
        ),
        (
            "SELECT Id FROM Account WHERE Name = 'x",
            "MALFORMED_QUERY",
            37,
            "line 1:1 mismatched character",
        ),
        (
            r"SELECT Id FROM Account WHERE Name = '\x'",
            "MALFORMED_QUERY",
            38,
            "Invalid string literal.",
        ),
        (
            "SELECT Id FROM Account WHERE Name = 1",
            "INVALID_FIELD",
            30,
            "value of filter criterion for field 'Name' must be of type string and should be enclosed in quotes",
        ),
        (
            "SELECT Id FROM Account WHERE IsDeleted = 'x'",
            "INVALID_FIELD",
            30,
            "value of filter criterion for field 'IsDeleted' must be of type boolean and should not be enclosed in quotes",
        ),
        (
            "SELECT Id FROM Account WHERE Id = 'x'",
            "INVALID_QUERY_FILTER_OPERATOR",
            30,
            "invalid ID field: x",
        ),
        (
            "SELECT Id FROM Account WHERE Description = 'x'",
            "INVALID_FIELD",
            30,
            "field 'Description' can not be filtered in a query call",
        ),
        (
            "SELECT Id FROM Account WHERE Name = 'a' AND Name = 'b' OR Name = 'c'",
            "MALFORMED_QUERY",
            56,
            "unexpected token: 'OR'",
        ),
    ] {
        let said = total(query).unwrap_err();
        assert!(said.starts_with(&format!("{code}: ")), "{query}: {said}");
        let place = format!("ERROR at Row:1:Column:{column}\n{message}");
        assert!(said.contains(&place), "{query}: {said}");
    }
}

#[test]
fn depth_is_limited() {
    let query = format!("SELECT Id FROM Account WHERE {}Id = null", "(".repeat(10_000));
    assert!(total(&query).unwrap_err().starts_with("QUERY_TOO_COMPLICATED"));
    let below = |levels: usize| {
        let (open, close) = ("(SELECT ".repeat(levels), " FROM ChildAccounts)".repeat(levels));
        total(&format!("SELECT {open}Id{close} FROM Account"))
    };
    assert_eq!(below(4), Ok(2));
    assert!(below(5).unwrap_err().starts_with("QUERY_TOO_COMPLICATED"));
    let query = format!("SELECT Id FROM Account WHERE {}Id = null", "NOT ".repeat(10_000));
    assert!(total(&query).unwrap_err().starts_with("QUERY_TOO_COMPLICATED"));
}

proptest! {
    #[test]
    fn no_query_panics(text in ".{0,200}") {
        let _ = total(&text);
    }

    #[test]
    fn no_sequence_of_tokens_panics(words in prop::collection::vec(0..WORDS.len(), 0..20)) {
        let text: Vec<_> = words.into_iter().map(|word| WORDS[word]).collect();
        let _ = total(&text.join(" "));
        let _ = total(&format!("SELECT Id FROM Account WHERE {}", text.concat()));
    }
}

const TODAY: jiff::civil::Date = jiff::civil::date(2026, 11, 29);
const WORDS: &[&str] = &[
    "GROUP BY",
    "HAVING",
    "MAX(Name)",
    "COUNT()",
    "COUNT(Id) n",
    "FIELDS(ALL)",
    "OFFSET",
    "NULLS LAST",
    "TODAY",
    "LAST_N_DAYS:",
    "INCLUDES",
    "SELECT",
    "FROM",
    "WHERE",
    "AND",
    "OR",
    "NOT",
    "IN",
    "LIKE",
    "LIMIT",
    "COUNT",
    "(",
    ")",
    ",",
    ".",
    "=",
    "!=",
    "<",
    ">=",
    "'",
    "\\",
    "'x'",
    "''",
    "1",
    "-",
    "1e999",
    "2026-11-23",
    "null",
    "true",
    "Id",
    "Name",
    "Owner",
    "Account",
    "(SELECT",
    "Contacts",
    "é",
    "\n",
    "%",
];

//! Calls of the REST API by the program.

use anyhow::{Context, Result, ensure};
use conformance::cases::Cases;
use conformance::home::USER;
use conformance::program::Ran;
use conformance::stage::Stage;
use orgtoken_fake_org::Scenario;
use serde_json::Value;

pub(crate) fn run(cases: &mut Cases) -> Result<()> {
    let stage = Stage::new()?;
    cases.case("api: create, change, read, list and delete", || life_of_an_account(&stage));
    cases.case("api: a body from standard input", || {
        let mut command = stage.home.command(&["api", "sobjects/Account", "--input", "-"])?;
        let created = Ran::of(&mut command, r#"{"Name":"From a pipe"}"#)?.good()?;
        ensure!(json(&created)?["success"] == true, "not created");
        Ok(())
    });
    cases.case("api: a body from a file", || {
        stage.home.write("account.json", r#"{"Name":"From a file"}"#)?;
        let call = ["api", "/services/data/v60.0/sobjects/Account", "--input", "account.json"];
        ensure!(json(&stage.home.orgtoken(&call)?.good()?)?["success"] == true, "not created");
        Ok(())
    });
    for (name, call, word) in [
        ("api: an object that is not there", &["api", "sobjects/Nonsense__c"][..], "NOT_FOUND"),
        ("api: a query that is none", &["api", "query?q=SELECT"], "MALFORMED_QUERY"),
        (
            "api: a field that is not there",
            &["api", "sobjects/Account", "-f", "Nonsense=1"],
            "INVALID_FIELD",
        ),
        (
            "api: a required field missing",
            &["api", "sobjects/Account", "-f", "Phone=1"],
            "REQUIRED_FIELD_MISSING",
        ),
    ] {
        cases.case(name, || fails(&stage.home.orgtoken(&[call, &["--json"]].concat())?, word));
    }
    cases.case("api: a session that is never valid", || {
        let scenario = Scenario::named("session-never-valid").context("no such scenario")?;
        let logins = stage.org.logins_of(USER);
        let ran = stage.during(scenario, &["api", "limits", "--json"])?;
        ensure!(stage.org.logins_of(USER) <= logins + 2, "more than one new login");
        fails(&ran, "INVALID_SESSION_ID")
    });
    cases.case("api: requests say who they are from", || {
        stage.home.orgtoken(&["api", "limits"])?.good()?;
        let last = stage.org.requests().pop().context("no request came")?;
        let agent = last.headers().get("user-agent").and_then(|agent| agent.to_str().ok());
        ensure!(agent.is_some_and(|agent| agent.starts_with("orgtoken/")), "it was {agent:?}");
        let accept = last.headers().get("accept").context("no Accept header")?;
        ensure!(accept == "application/json", "Accept was {accept:?}");
        Ok(())
    });
    Ok(())
}

fn life_of_an_account(stage: &Stage) -> Result<()> {
    let call = |arguments: &[&str]| stage.home.orgtoken(&[&["api"], arguments].concat())?.good();
    let created = json(&call(&["sobjects/Account", "-f", "Name=Acme AB"])?)?;
    let id = created["id"].as_str().context("no id")?.to_owned();
    let path = format!("sobjects/Account/{id}");

    let changed = call(&[&path, "-X", "PATCH", "-F", "NumberOfEmployees=12"])?;
    ensure!(changed.trim().is_empty(), "a 204 has no body");
    let read = json(&call(&[&path])?)?;
    ensure!(read["Name"] == "Acme AB", "name {}", read["Name"]);
    ensure!(read["NumberOfEmployees"] == 12, "employees {}", read["NumberOfEmployees"]);

    let query = format!("q=SELECT Id, Name FROM Account WHERE Id = '{id}'");
    let found = json(&call(&["query", "-X", "GET", "-f", &query])?)?;
    ensure!(found["totalSize"] == 1, "{} found", found["totalSize"]);

    call(&[&path, "-X", "DELETE"])?;
    fails(&stage.home.orgtoken(&["api", &path, "--json"])?, "ENTITY_IS_DELETED")
}

/// An API call that failed ends with 9, and says the org's own code.
fn fails(ran: &Ran, word: &str) -> Result<()> {
    ensure!(ran.exit == 9, "exit code {}, not 9: {}", ran.exit, ran.stderr.trim());
    let said = format!("{}{}", ran.stdout, ran.stderr);
    ensure!(said.contains(word), "it does not say {word}: {}", said.trim());
    Ok(())
}

fn json(text: &str) -> Result<Value> {
    serde_json::from_str(text).context("the answer is no JSON")
}

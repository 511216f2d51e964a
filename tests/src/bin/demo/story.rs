//! The steps of the demo and their expected results.

use std::fs;

use anyhow::{Context, Result, ensure};
use conformance::program::stderr;
use conformance::test_org::{RECORD, TestOrg, USER};
use orgtoken_fake_org::User;

use crate::shell::{api, generate_key, good, orgtoken, say};

pub(crate) fn tell() -> Result<TestOrg> {
    say("1. A key for the integration, and a certificate for Salesforce")?;
    let folder = tempfile::Builder::new().prefix("orgtoken-demo-").tempdir()?;
    let files = generate_key(folder.path())?;
    say(&format!("   {}", files.split_whitespace().collect::<Vec<_>>().join("  ")))?;
    let [key, certificate] =
        ["acme.key", "acme.crt"].map(|name| fs::read_to_string(folder.path().join(name)));

    let user = User::new(USER).named("Inte", "Gration");
    let org = TestOrg::set_up(folder, &key?, &certificate?, user, |org| org);
    say(&format!("\n2. An org at {}, over TLS", org.url()))?;
    say(&format!("   acme.crt is uploaded to its app, {USER} is pre-authorised;"))?;
    say(&format!("   {RECORD} holds user, consumer key, private key and instance, as in Onify"))?;

    token(&org)?;
    records(&org)?;
    refusal(&org)?;
    counters(&org)?;
    Ok(org)
}

fn token(org: &TestOrg) -> Result<()> {
    say("\n3. A token: an assertion signed with the key, exchanged at the org's token endpoint")?;
    let token = good(&orgtoken(org, &["token"])?)?;
    let token = token.trim_end();
    ensure!(token.starts_with("00D") && token.contains('!'), "not an access token");
    say(&format!("   {}…  ({} characters in all)", &token[..18], token.len()))?;
    ensure!(org.logins_of(USER) == 1, "the org counted no login");
    Ok(())
}

fn records(org: &TestOrg) -> Result<()> {
    say("\n4. Records: create an account, change it, list what is there")?;
    let created = api(org, &["sobjects/Account", "-f", "Name=Acme AB"])?;
    say(&format!("   {created}"))?;
    let id = created["id"].as_str().context("the org gave no id")?;
    ensure!(created["success"] == true, "the account was not created");

    let path = format!("sobjects/Account/{id}");
    let changed = orgtoken(org, &["api", &path, "-X", "PATCH", "-f", "Phone=+46 8 123"])?;
    good(&changed)?;

    let query = "q=SELECT Id, Name, Phone FROM Account";
    let found = api(org, &["query", "-X", "GET", "-f", query])?;
    let rows = found["records"].as_array().context("the org listed no records")?;
    for row in rows {
        say(&format!("   {}  {}  {}", text(&row["Id"]), text(&row["Name"]), text(&row["Phone"])))?;
    }
    let ours = rows.iter().find(|row| row["Id"] == id).context("the account is not listed")?;
    ensure!(ours["Name"] == "Acme AB", "the account has another name");
    ensure!(ours["Phone"] == "+46 8 123", "the account was not changed");
    Ok(())
}

fn refusal(org: &TestOrg) -> Result<()> {
    say("\n5. A refusal: an administrator takes the approval away")?;
    org.play("not-approved");
    let cached = good(&orgtoken(org, &["token"])?)?;
    ensure!(!cached.is_empty(), "a refusal took a valid token away");
    say("   the cached token is still valid; without the cache:")?;
    let refused = orgtoken(org, &["token", "--no-cache"])?;
    org.set_scenario(USER, None);
    for line in stderr(&refused).lines() {
        say(&format!("   {line}"))?;
    }
    let exit = refused.status.code().unwrap_or(-1);
    say(&format!("   exit code {exit}"))?;
    ensure!(exit == 4, "a refusal ends with 4");
    ensure!(refused.stdout.is_empty(), "a refusal prints no token");
    ensure!(stderr(&refused).contains("hint: "), "a refusal comes with a hint");
    Ok(())
}

/// Compares the requests that the org saw with the commands above.
fn counters(org: &TestOrg) -> Result<()> {
    let history = org.login_history();
    let granted = history.iter().filter(|login| login.is_granted()).count();
    let refused = history.len() - granted;
    let requests = org.requests();
    let calls = requests.iter().filter(|request| request.target().contains("/data/")).count();
    ensure!(granted == 1, "{granted} logins where one was enough");
    ensure!(refused == 1, "{refused} refusals");
    ensure!(calls == 3, "{calls} calls of the REST API");
    ensure!(requests.iter().all(|request| request.origin() == org.url()), "a foreign host");
    say(&format!("\nThe org counted {granted} login, {refused} refusal and {calls} calls. Done."))?;
    Ok(())
}

fn text(value: &serde_json::Value) -> &str {
    value.as_str().unwrap_or("-")
}

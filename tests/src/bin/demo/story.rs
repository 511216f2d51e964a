//! What happens, in order, and what must have come of it.

use anyhow::{Context, Result, ensure};
use orgtoken_fake_org::Scenario;

use crate::desk::{self, Desk, RECORD, USER, say};

pub(crate) fn tell() -> Result<Desk> {
    say("1. A key for the integration, and a certificate for Salesforce")?;
    let (folder, generated) = desk::key_pair()?;
    let files = generated.good()?;
    say(&format!("   {}", files.split_whitespace().collect::<Vec<_>>().join("  ")))?;

    let desk = Desk::set_up(folder)?;
    say(&format!("\n2. An org at {}, over TLS", desk.org.url()))?;
    say(&format!("   acme.crt is uploaded to its app, {USER} is pre-authorised;"))?;
    say(&format!("   {RECORD} holds user, consumer key, private key and instance, as in Onify"))?;

    token(&desk)?;
    records(&desk)?;
    refusal(&desk)?;
    counters(&desk)?;
    Ok(desk)
}

fn token(desk: &Desk) -> Result<()> {
    say("\n3. A token: an assertion signed with the key, traded at the org's token endpoint")?;
    let token = desk.orgtoken(&["token"])?.good()?;
    let token = token.trim_end();
    ensure!(token.starts_with("00D") && token.contains('!'), "that is no access token");
    say(&format!("   {}…  ({} characters in all)", &token[..18], token.len()))?;
    ensure!(desk.org.logins_of(USER) == 1, "the org counted no login");
    Ok(())
}

fn records(desk: &Desk) -> Result<()> {
    say("\n4. Records: create an account, change it, list what is there")?;
    let created = desk.api(&["sobjects/Account", "-f", "Name=Acme AB"])?;
    say(&format!("   {created}"))?;
    let id = created["id"].as_str().context("the org gave no id")?;
    ensure!(created["success"] == true, "the account was not created");

    let path = format!("sobjects/Account/{id}");
    let changed = desk.orgtoken(&["api", &path, "-X", "PATCH", "-f", "Phone=+46 8 123"])?;
    changed.good()?;

    let query = "q=SELECT Id, Name, Phone FROM Account";
    let found = desk.api(&["query", "-X", "GET", "-f", query])?;
    let rows = found["records"].as_array().context("the org listed no records")?;
    for row in rows {
        say(&format!("   {}  {}  {}", text(&row["Id"]), text(&row["Name"]), text(&row["Phone"])))?;
    }
    let ours = rows.iter().find(|row| row["Id"] == id).context("the account is not listed")?;
    ensure!(ours["Name"] == "Acme AB", "the account has another name");
    ensure!(ours["Phone"] == "+46 8 123", "the account was not changed");
    Ok(())
}

fn refusal(desk: &Desk) -> Result<()> {
    say("\n5. A refusal: an administrator takes the approval away")?;
    desk.org.set_scenario(USER, Scenario::named("not-approved"));
    let kept = desk.orgtoken(&["token"])?.good()?;
    ensure!(!kept.is_empty(), "a refusal took a good token away");
    say("   the token at hand is good for a while yet; without it:")?;
    let refused = desk.orgtoken(&["token", "--no-cache"])?;
    desk.org.set_scenario(USER, None);
    for line in refused.stderr.lines() {
        say(&format!("   {line}"))?;
    }
    say(&format!("   exit code {}", refused.exit))?;
    ensure!(refused.exit == 4, "a refusal ends with 4");
    ensure!(refused.stdout.is_empty(), "a refusal prints no token");
    ensure!(refused.stderr.contains("hint: "), "a refusal comes with a hint");
    Ok(())
}

/// What the org saw must be what was told.
fn counters(desk: &Desk) -> Result<()> {
    let history = desk.org.login_history();
    let granted = history.iter().filter(|login| login.is_granted()).count();
    let refused = history.len() - granted;
    let requests = desk.org.requests();
    let calls = requests.iter().filter(|request| request.target().contains("/data/")).count();
    ensure!(granted == 1, "{granted} logins where one was enough");
    ensure!(refused == 1, "{refused} refusals");
    ensure!(calls == 3, "{calls} calls of the REST API");
    ensure!(requests.iter().all(|request| request.origin() == desk.org.url()), "a foreign host");
    say(&format!("\nThe org counted {granted} login, {refused} refusal and {calls} calls. Done."))?;
    Ok(())
}

fn text(value: &serde_json::Value) -> &str {
    value.as_str().unwrap_or("-")
}

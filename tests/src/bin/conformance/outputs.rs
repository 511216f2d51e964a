//! One token in seven forms.

use std::process::Command;

use anyhow::{Context, Result, ensure};
use conformance::cases::Cases;
use conformance::home::USER;
use conformance::program::Ran;
use conformance::stage::Stage;
use serde_json::Value;

pub(crate) fn run(cases: &mut Cases) -> Result<()> {
    let stage = Stage::new()?;
    let print = |form: &str| stage.home.orgtoken(&["token", "--output", form])?.good();
    cases.case("token as it is", || {
        let printed = stage.home.orgtoken(&["token"])?.good()?;
        is_token(printed.strip_suffix('\n').context("no newline at the end")?)
    });
    cases.case("token, raw", || is_token(print("raw")?.trim_end()));
    cases.case("token, header", || {
        let printed = print("header")?;
        is_token(printed.trim_end().strip_prefix("Authorization: Bearer ").context("no header")?)
    });
    cases.case("token, json", || document(&print("json")?, stage.org.url()));
    cases.case("token, --json", || {
        document(&stage.home.orgtoken(&["token", "--json"])?.good()?, stage.org.url())
    });
    cases.case("token, env, read by a shell", || in_a_shell(&print("env")?, stage.org.url()));
    cases.case("token, netrc", || {
        let printed = print("netrc")?;
        let words: Vec<&str> = printed.split_whitespace().collect();
        ensure!(words[..3] == ["machine", "127.0.0.1", "login"], "not that line");
        ensure!(words[3].trim_matches('"') == USER, "another user");
        is_token(words[5].trim_matches('"'))
    });
    cases.case("token, curl", || {
        let printed = print("curl")?;
        let header = printed.trim_end().strip_prefix("header = \"Authorization: Bearer ");
        is_token(header.and_then(|rest| rest.strip_suffix('"')).context("no such line")?)
    });
    cases.case("token, onify", || onify(&print("onify")?, stage.org.url()));
    cases.case("token, no such form", || {
        let ran = stage.home.orgtoken(&["token", "--output", "yaml", "--json"])?;
        ensure!(ran.exit == 2, "exit code {}, not 2", ran.exit);
        ensure!(ran.error()?["hint"].as_str().is_some_and(|hint| hint.contains("onify")));
        Ok(())
    });
    Ok(())
}

fn is_token(text: &str) -> Result<()> {
    let clean = text.chars().all(|c| c.is_ascii_graphic());
    ensure!(clean && text.starts_with("00D") && text.contains('!'), "that is no access token");
    Ok(())
}

fn document(text: &str, instance_url: &str) -> Result<()> {
    let value: Value = serde_json::from_str(text)?;
    has_only(&value, &["access_token", "api_version", "expires_at", "instance_url", "username"])?;
    is_token(value["access_token"].as_str().unwrap_or_default())?;
    ensure!(value["instance_url"] == instance_url, "instance {}", value["instance_url"]);
    ensure!(value["api_version"] == "v60.0", "version {}", value["api_version"]);
    ensure!(value["username"] == USER, "user {}", value["username"]);
    let expires = &value["expires_at"];
    let utc = expires.as_str().is_some_and(|time| time.len() == 20 && time.ends_with('Z'));
    ensure!(expires.is_null() || utc, "expires_at {expires}");
    Ok(())
}

fn onify(text: &str, instance_url: &str) -> Result<()> {
    let value: Value = serde_json::from_str(text)?;
    has_only(&value, &["accessToken", "apiVersion", "instanceUrl"])?;
    is_token(value["accessToken"].as_str().unwrap_or_default())?;
    ensure!(value["apiVersion"] == "v60.0", "version {}", value["apiVersion"]);
    ensure!(value["instanceUrl"] == instance_url, "instance {}", value["instanceUrl"]);
    Ok(())
}

fn has_only(value: &Value, names: &[&str]) -> Result<()> {
    let mut keys: Vec<&str> =
        value.as_object().context("no object")?.keys().map(|k| &**k).collect();
    keys.sort_unstable();
    ensure!(keys == names, "fields {keys:?}");
    Ok(())
}

fn in_a_shell(printed: &str, instance_url: &str) -> Result<()> {
    let script = "eval \"$1\"; printf '%s\\n%s\\n' \"$SF_ACCESS_TOKEN\" \"$SF_INSTANCE_URL\"";
    let mut shell = Command::new("sh");
    let said = Ran::of(shell.args(["-c", script, "sh", printed]), "")?.good()?;
    let (token, instance) = said.trim_end().split_once('\n').context("not two lines")?;
    ensure!(instance == instance_url, "instance {instance}");
    is_token(token)
}

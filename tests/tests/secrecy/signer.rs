//! Commands that sign: their text, what they write, and what they get.

use crate::home::{Home, Observed};
use crate::secrets::Secret;

#[test]
fn passphrase_in_a_signer_command_is_not_shown() {
    let secrets = Secret::all();
    let home = Home::new(&secrets);
    let commands = [
        // The shell repeats the word that it cannot run, and programs their arguments.
        "'{}'",
        "./spy '{}'; exit 1",
        "echo \"invalid PIN {} for the key\" >&2; exit 1",
        "./nothing --pin={}",
    ];
    let mut signed = 0;
    for secret in &secrets {
        for canary in secret.canaries() {
            let text = canary.text.replace(['\n', '\'', '"', '\\', '$', '`'], " ");
            for command in commands {
                let command = command.replace("{}", &text);
                let profile = format!(
                    "[profile.base]\nusername = \"user@acme.com\"\nclient_id = \"3MVG9_canary\"\n\
                     instance_url = \"https://acme.my.salesforce.com\"\n\
                     signer_command = {}\npublic_key_file = \"../../app.crt\"\n",
                    serde_json::to_string(&command).unwrap(),
                );
                home.write("config/orgtoken/config.toml", profile.as_bytes());
                for arguments in
                    [&["assertion", "create", "-vv"][..], &["assertion", "create", "--json"]]
                {
                    let observed = home.run(arguments, &[], b"");
                    let stderr = observed.part(Observed::STDERR);
                    assert!(
                        !secret.is_in(stderr),
                        "{} `{}` in `{}`: {}",
                        secret.name,
                        canary.encoding,
                        command.replace(&text, "…"),
                        secret.excerpt(stderr)
                    );
                    signed +=
                        usize::from(String::from_utf8_lossy(stderr).contains("signer command"));
                }
            }
        }
    }
    assert!(signed > 100, "only {signed} commands were run");
}

#[test]
fn passphrase_in_place_of_a_key_in_an_agent_is_not_shown() {
    let secrets = Secret::all();
    let home = Home::new(&secrets);
    // With a cache of files, the agent would be needed before the first check.
    let variables = [("ORGTOKEN_SSH_AGENT", secrets[1].plain()), ("ORGTOKEN_CACHE", "none")];
    let variables = variables.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let observed = home.run(&["doctor"], &variables, b"");
    let text = observed.text();
    assert!(
        text.contains("expected in the SSH agent") && !secrets[1].is_in(text.as_bytes()),
        "{text}"
    );
}

#[test]
fn signer_command_gets_no_secret_variable() {
    let secrets = Secret::all();
    let home = Home::new(&secrets);
    let profile = "[profile.base]\nusername = \"user@acme.com\"\nclient_id = \"3MVG9_canary\"\n\
                   instance_url = \"https://acme.my.salesforce.com\"\n\
                   signer_command = \"./spy; exit 1\"\npublic_key_file = \"../../app.crt\"\n";
    home.write("config/orgtoken/config.toml", profile.as_bytes());
    let passphrase = secrets[1].plain();
    let mut variables: Vec<_> = [
        "ORGTOKEN_PASSPHRASE",
        "ORGTOKEN_KEY_PASSPHRASE",
        "ORGTOKEN_HUB_TOKEN",
        "SF_ACCESS_TOKEN",
        "SF_JWT_PRIVATE_KEY",
    ]
    .map(|name| (name.to_owned(), passphrase.to_owned()))
    .into();
    // The signer command may need credentials of its own.
    variables.push(("VAULT_TOKEN".to_owned(), "needed".to_owned()));
    let keys = secrets[0].canaries();
    // A part of a key, without a label, is not recognised.
    let keys = keys.iter().filter(|canary| canary.encoding != "the last 40 characters");
    variables.extend(
        keys.enumerate().map(|(number, canary)| (format!("KEY_{number}"), canary.text.clone())),
    );
    let observed = home.run(&["assertion", "create", "-P", "base"], &variables, b"");
    let environment = observed.part(Observed::CHILD_ENVIRONMENT);
    let is_there = String::from_utf8_lossy(environment).contains("VAULT_TOKEN=needed");
    assert!(is_there, "the command did not run, or lacks a variable: {}", observed.text());
    for secret in &secrets {
        assert!(!secret.is_in(environment), "{}", secret.excerpt(environment));
    }
}

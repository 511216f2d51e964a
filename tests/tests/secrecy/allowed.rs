//! The places in which a secret may be shown.

use crate::home::Observed;
use crate::places::{Command, Kind, Place};
use crate::secrets::Secret;

/// A secret that was found.
pub(crate) struct Allowed<'a> {
    pub(crate) command: &'a Command,
    pub(crate) place: &'a Place,
    pub(crate) part: &'a str,
    pub(crate) secret: &'a Secret,
    /// Whether it is the secret that was put there.
    pub(crate) is_own: bool,
    /// Whether the run wrote a file with the secret in its name.
    pub(crate) names_file: bool,
}

/// Whether it may be there.
pub(crate) fn allows(found: &Allowed<'_>) -> bool {
    let Allowed { command, place, part, secret, is_own, names_file } = *found;
    let is_data = DATA.iter().any(|data| place.id.starts_with(data));
    let is_passphrase = secret.name.starts_with("passphrase");
    let is_input = ["file canary.txt", "file canary.json"].contains(&part);
    if secret.name == "the org's token" {
        let prints = command.name == "token"
            && (part == Observed::STDOUT || place.id.split(' ').next() == Some("--out"));
        return prints || command.name == "exec" && part == Observed::CHILD_ENVIRONMENT;
    }
    if !is_own {
        return false;
    }
    match (command.name.as_str(), part) {
        // The program was given the secret by this very file.
        _ if is_input || part == "file config/orgtoken/config.toml" && is_config(place) => true,
        // The command writes this file.
        ("config set", "file config/orgtoken/config.toml") => {
            ["--profile", "ORGTOKEN_PROFILE", "values of config set"].contains(&place.id.as_str())
        }
        // The command prints the converted settings.
        ("settings convert", Observed::STDOUT) => true,
        // The claims of an assertion are the given app, user and audience.
        ("assertion create", Observed::STDOUT) if is_claim(place) => true,
        // Data is printed as data. Salesforce repeats it in its errors, in which keys and tokens
        // are recognised, and a passphrase is not.
        (_, Observed::STDOUT) if is_data => true,
        (_, Observed::STDERR) if is_data => {
            // Of a query, Salesforce quotes the word that it did not expect.
            is_passphrase || place.id.starts_with("soql of query")
        }
        // Rows that failed are written to a file, and scripts read the names of these files.
        (_, part) if is_data && is_rows(part) => true,
        (_, Observed::STDOUT) if ROW_FILES.contains(&place.id.as_str()) => names_file,
        // The file that the command wrote has this name. Keys and tokens are recognised.
        (_, Observed::STDERR) if ROW_FILES.contains(&place.id.as_str()) => {
            names_file && is_passphrase
        }
        ("bulk results" | "query", Observed::STDERR) if place.id == "--out" => {
            names_file && is_passphrase
        }
        // A name that the user gives to a certificate is in it.
        (_, "file salesforce.crt" | "file app.key.crt") if place.id == "--subject" => true,
        // An `orgtoken` that the command runs has to reach the org as well.
        ("exec", Observed::CHILD_ENVIRONMENT) if is_route(place) => true,
        // The name of a variable that the command is to have.
        ("exec", Observed::CHILD_ENVIRONMENT) if place.id.ends_with("-env") => true,
        // A signer command gets the environment without known secrets.
        ("cert create", Observed::CHILD_ENVIRONMENT) => {
            matches!(&place.kind, Kind::Variable { .. })
        }
        // A foreign variable is passed on, unless it contains a private key.
        ("exec", Observed::CHILD_ENVIRONMENT) => {
            matches!(&place.kind, Kind::Variable { name } if !name.starts_with("ORGTOKEN_"))
        }
        ("exec", Observed::CHILD_ARGUMENTS) => place.id == "command of exec",
        _ => false,
    }
}

/// Whether it is a file of rows that were not sent, or failed.
fn is_rows(part: &str) -> bool {
    let name = part.strip_prefix("file ").unwrap_or_default();
    let name = name.strip_prefix("canary.").unwrap_or(name);
    ["failed-", "not-sent-", "unknown-"].iter().any(|what| name.starts_with(what))
}

fn is_config(place: &Place) -> bool {
    matches!(place.kind, Kind::Config | Kind::Profile { .. })
}

/// Whether it becomes a claim of an assertion: `iss`, `sub` or `aud`.
fn is_claim(place: &Place) -> bool {
    let id = place.id.to_ascii_lowercase().replace('-', "_");
    ["audience", "client", "consumer", "login_url", "instance_url", "user"]
        .iter()
        .any(|claim| id.contains(claim))
}

/// Whether it says how to reach the org.
fn is_route(place: &Place) -> bool {
    let id = place.id.to_ascii_lowercase();
    ["allow", "ca_file", "ca-file", "proxy"].iter().any(|route| id.contains(route))
}

/// Arguments that name the files of a load.
const ROW_FILES: [&str; 3] = ["--failed", "--journal", "--success"];

/// Arguments that are the user's data: names in a certificate or an assertion, and what calls send.
const DATA: [&str; 19] = [
    "--field",
    "--from",
    "--header",
    "--input",
    "--raw-field",
    "--subject",
    "fields of describe",
    "fields of record",
    "file of explain",
    "id of bulk",
    "id of record",
    "key of record",
    "name of key generate",
    "object of",
    "path of api",
    "refusal of explain",
    "sobject of",
    "soql of query",
    "value of record",
];

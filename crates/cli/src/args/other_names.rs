//! Names of commands and flags in other programs, for hints.

use std::borrow::Cow;

/// Returns the hint for an unknown command below `parent`, such as `orgtoken` or `orgtoken key`.
pub(super) fn command(parent: &str, word: &str) -> Option<Cow<'static, str>> {
    if word == "help" {
        return Some(
            format!("run `orgtoken help{}`", parent.trim_start_matches("orgtoken")).into(),
        );
    }
    let row = COMMANDS.iter().find(|(of, words, _)| *of == parent && words.contains(&word));
    row.map(|(.., hint)| Cow::Borrowed(*hint))
}

/// Returns the hint for an unknown flag of a command, such as `orgtoken record get`.
pub(super) fn flag(command: &str, typed: &str) -> Option<&'static str> {
    let name = typed.split('=').next().unwrap_or(typed);
    let is_for = |of: &str| command.starts_with(of);
    FLAGS.iter().find(|(of, names, _)| is_for(of) && names.contains(&name)).map(|(.., hint)| *hint)
}

/// Returns the hint for an argument too many. `word` is the argument if it may be repeated.
pub(super) fn argument(command: &str, word: Option<&str>) -> Option<Cow<'static, str>> {
    if LOGINS.contains(&command) {
        return Some(format!("choose a profile with `-P {}`", word.unwrap_or("NAME")).into());
    }
    ARGUMENTS.iter().find(|(of, _)| *of == command).map(|(_, hint)| Cow::Borrowed(*hint))
}

/// The parent, names that it does not have, and the hint.
const COMMANDS: &[(&str, &[&str], &str)] = &[
    ("orgtoken", &["version"], "run `orgtoken --version`"),
    (
        "orgtoken",
        &["health", "info", "status"],
        "run `orgtoken doctor` to check the login, `orgtoken whoami` to show the user",
    ),
    (
        "orgtoken",
        &["auth", "authorize", "configure", "init", "jwt", "login", "signin"],
        "run `orgtoken setup` to configure a login, `orgtoken token` to print a token",
    ),
    ("orgtoken", &["logout", "signout"], "run `orgtoken revoke` to revoke the cached token"),
    (
        "orgtoken",
        &["check", "diagnose", "test", "verify"],
        "run `orgtoken doctor` to check the login",
    ),
    ("orgtoken", &["me", "user", "userinfo"], "run `orgtoken whoami` to show the logged-in user"),
    (
        "orgtoken",
        &["accounts", "list", "logins", "ls", "orgs", "profile", "profiles"],
        "run `orgtoken config list` for the profiles, `orgtoken cache list` for the cached tokens",
    ),
    (
        "orgtoken",
        &["org"],
        "run `orgtoken whoami` for user and org, `orgtoken config list` for the profiles",
    ),
    ("orgtoken", &["select-org", "switch", "use"], "run `orgtoken config use NAME`"),
    (
        "orgtoken",
        &["set", "show", "unset"],
        "run `orgtoken config --help` for the commands of profiles",
    ),
    (
        "orgtoken",
        &["data", "select", "soql", "sql"],
        "run `orgtoken query 'SELECT Id FROM Account'`",
    ),
    (
        "orgtoken",
        &["call", "curl", "http", "patch", "post", "put", "request", "rest"],
        "run `orgtoken api PATH`",
    ),
    (
        "orgtoken",
        &["get"],
        "run `orgtoken api PATH` to call the API, `orgtoken record get OBJECT ID` for a record",
    ),
    (
        "orgtoken",
        &["create", "delete", "insert", "load", "records", "update", "upsert"],
        "run `orgtoken record --help` for the commands that change records",
    ),
    ("orgtoken", &["env", "run"], "run `orgtoken exec -- COMMAND`"),
    ("orgtoken", &["generate", "keygen", "keys"], "run `orgtoken key generate`"),
    ("orgtoken", &["daemon", "server", "start"], "run `orgtoken serve`"),
    ("orgtoken", &["completion"], "run `orgtoken completions SHELL`"),
    ("orgtoken", &["error", "why"], "run `orgtoken explain CODE`"),
    ("orgtoken cache", &["ls", "show", "status"], "run `orgtoken cache list`"),
    (
        "orgtoken cache",
        &["delete", "flush", "purge", "remove", "reset", "rm"],
        "run `orgtoken cache clear`",
    ),
    ("orgtoken cert", &["generate", "new", "self-signed"], "run `orgtoken cert create KEY`"),
    ("orgtoken cert", &["info", "print", "show", "view"], "run `orgtoken cert inspect FILE`"),
    ("orgtoken cert", &["check", "compare", "verify"], "run `orgtoken cert match KEY CERT`"),
    ("orgtoken config", &["ls", "profiles"], "run `orgtoken config list`"),
    ("orgtoken config", &["cat", "get", "print", "view"], "run `orgtoken config show NAME`"),
    ("orgtoken config", &["default", "select", "switch"], "run `orgtoken config use NAME`"),
    ("orgtoken config", &["add", "create", "init", "new"], "run `orgtoken setup` to add a profile"),
    ("orgtoken config", &["copy", "cp", "move", "mv", "rename"], "run `orgtoken config edit`"),
    ("orgtoken config", &["remove", "rm"], "run `orgtoken config delete NAME`"),
    ("orgtoken key", &["create", "gen", "new"], "run `orgtoken key generate NAME`"),
    (
        "orgtoken key",
        &["check", "info", "print", "show", "view"],
        "run `orgtoken key inspect FILE`",
    ),
    ("orgtoken record", &["find", "list", "ls", "query", "search"], "run `orgtoken query SOQL`"),
    (
        "orgtoken record",
        &["add", "insert", "new"],
        "run `orgtoken record create OBJECT FIELD=VALUE`",
    ),
    ("orgtoken record", &["import", "load"], "run `orgtoken record create OBJECT --from FILE`"),
    ("orgtoken record", &["read", "show", "view"], "run `orgtoken record get OBJECT ID`"),
    ("orgtoken record", &["remove", "rm"], "run `orgtoken record delete OBJECT ID`"),
    (
        "orgtoken record",
        &["edit", "patch", "set"],
        "run `orgtoken record update OBJECT ID FIELD=VALUE`",
    ),
    ("orgtoken settings", &["list", "ls", "show", "validate"], "run `orgtoken settings check`"),
    ("orgtoken settings", &["export", "import"], "run `orgtoken settings convert --format FORM`"),
    ("orgtoken settings", &["fetch", "get"], "run `orgtoken settings pull --hub URL`"),
];

/// The command, or the start of its name, flags of other programs, and the hint.
const FLAGS: &[(&str, &[&str], &str)] = &[
    (
        "orgtoken api",
        &["--body", "--data", "--data-raw", "-d"],
        "send a body with `--input FILE`, where `-` is standard input, or fields with `-f KEY=VALUE`",
    ),
    (
        "orgtoken api",
        &["-o", "-r"],
        "in `api` the flags of a login have only long names: `--username`, `--instance-url`",
    ),
    (
        "orgtoken config delete",
        &["--profile", "-P"],
        "give the name without a flag: `orgtoken config delete NAME`",
    ),
    (
        "orgtoken config use",
        &["--profile", "-P"],
        "give the name without a flag: `orgtoken config use NAME`",
    ),
    (
        "orgtoken config",
        &["--profile", "-P"],
        "`config set`, `config unset` and `config show` take it, behind their names",
    ),
    ("orgtoken describe", &["--object", "--sobject"], "run `orgtoken describe OBJECT`"),
    ("orgtoken query", &["--query"], "run `orgtoken query 'SELECT Id FROM Account'`"),
    ("orgtoken query", &["--file"], "run `orgtoken query - < FILE`"),
    ("orgtoken query", &["-t"], "use `--tooling` for the Tooling API"),
    ("orgtoken record", &["--csv", "--csv-file", "--file"], "read records with `--from FILE`"),
    (
        "orgtoken record",
        &["--id", "--object", "--record-id", "--sobject", "--values"],
        "give object, id and fields without flags: `orgtoken record update Account ID Name='Acme'`",
    ),
    (
        "orgtoken revoke",
        &["--all"],
        "run `orgtoken revoke -P NAME` for each profile, or `orgtoken cache clear`",
    ),
    (
        "orgtoken token",
        &["--curl", "--env", "--header", "--netrc", "--raw"],
        "choose a format with `--format FORM`",
    ),
    (
        "",
        &["--access-token", "--token"],
        "pass a token in the environment: SF_ACCESS_TOKEN and SF_INSTANCE_URL",
    ),
    ("", &["--alias", "--org", "--target-org"], "choose a profile with `--profile NAME`"),
    ("", &["--cacert", "--insecure"], "give the trusted certificates with `--ca-file FILE`"),
    (
        "",
        &["--config", "--config-file"],
        "run `orgtoken help profiles` to see where config.toml is",
    ),
    ("", &["--consumer-key"], "the consumer key is `--client-id KEY`"),
    (
        "",
        &["--csv", "--ndjson", "--result-format", "--table"],
        "choose a format with `--format FORM`",
    ),
    ("", &["--debug", "--trace"], "use `-v`, or `-vv` for more"),
    ("", &["--format"], "use `--json`"),
    (
        "",
        &["--key", "--key-file", "--keyfile", "--pem", "--private-key", "--private-key-file"],
        "the private key is `--jwt-key-file FILE`",
    ),
    ("", &["--out", "--output-file"], "redirect standard output: `> FILE`"),
    (
        "",
        &["--passphrase", "--password"],
        "put the passphrase in a file: `--key-passphrase-file FILE`",
    ),
    (
        "",
        &["--quiet"],
        "redirect standard error: `2>/dev/null`; only results are on standard output",
    ),
    ("", &["--sandbox"], "give the My Domain of the sandbox with `--instance-url URL`"),
    ("", &["--target-username", "--user", "-u"], "the user is `--username USER`"),
];

/// Commands whose only argument would be a profile.
const LOGINS: [&str; 7] = [
    "orgtoken doctor",
    "orgtoken resolve",
    "orgtoken revoke",
    "orgtoken serve",
    "orgtoken setup",
    "orgtoken token",
    "orgtoken whoami",
];

/// Commands with an argument too many, and the hint.
const ARGUMENTS: &[(&str, &str)] = &[
    ("orgtoken api", "give the method as a flag: `orgtoken api PATH -X METHOD`"),
    (
        "orgtoken config unset",
        "give one entry, and the profile with a flag: `orgtoken config unset --profile NAME ENTRY`",
    ),
    ("orgtoken describe", "describe one object at a time"),
    ("orgtoken exec", "put `--` before the command to run: `orgtoken exec -- COMMAND`"),
    ("orgtoken query", "put the query in quotes: `orgtoken query 'SELECT Id FROM Account'`"),
    ("orgtoken record delete", "put several ids in a file, one on each line: `--from FILE`"),
    ("orgtoken record get", "separate fields by commas: `--fields Name,Phone`"),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grammar::grammar;

    #[test]
    fn no_name_of_another_program_is_one_of_ours() {
        for (parent, words, hint) in COMMANDS {
            let grammar = grammar();
            let below = parent.split(' ').skip(1);
            let command =
                below.fold(&grammar, |command, name| command.find_subcommand(name).unwrap());
            for word in *words {
                assert!(command.find_subcommand(word).is_none(), "{parent} {word}: {hint}");
            }
        }
    }

    #[test]
    fn hints_name_commands_and_flags_that_exist() {
        fn has(command: &clap::Command, flag: &str) -> bool {
            command.get_arguments().any(|arg| arg.get_long() == Some(flag))
                || command.get_subcommands().any(|below| has(below, flag))
        }
        let mut grammar = grammar();
        // With `--version`.
        grammar.build();
        let hints = COMMANDS.iter().chain(FLAGS).map(|(.., hint)| hint);
        for hint in hints.chain(ARGUMENTS.iter().map(|(_, hint)| hint)) {
            for quoted in hint.split('`').skip(1).step_by(2) {
                let mut command = &grammar;
                let words = quoted.strip_prefix("orgtoken ").unwrap_or_default().split(' ');
                for word in words.take_while(|word| {
                    !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase())
                }) {
                    match command.find_subcommand(word) {
                        Some(below) => command = below,
                        None => {
                            assert_eq!((command.get_name(), word), ("help", "profiles"), "{hint}")
                        }
                    }
                }
                let flags = quoted.split(' ').filter_map(|word| word.strip_prefix("--"));
                for flag in flags.filter(|flag| !flag.is_empty()) {
                    assert!(has(command, flag), "{hint}");
                }
            }
        }
    }
}

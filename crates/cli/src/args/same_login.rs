//! The flags for another command with the login of a failed one.

use std::ffi::OsString;

use clap::{ArgMatches, Args as _};
use orgtoken_oauth::redact;

use super::{Login, Network};
use crate::io::text::sh_quoted;

/// Returns those flags of the failed command that choose login and network, each after a blank. A
/// value that an error text may not show is withheld.
pub(crate) fn login_flags(grammar: clap::Command, typed: Vec<OsString>) -> String {
    let mut flags = String::new();
    let Ok(matches) = grammar.try_get_matches_from(typed) else { return flags };
    let mut given = &matches;
    while let Some((_, inner)) = given.subcommand() {
        given = inner;
    }
    let shared = Network::augment_args(Login::augment_args(clap::Command::new("shared")));
    for argument in shared.get_arguments().filter(|argument| is_given(given, argument)) {
        let flag = match (argument.get_short(), argument.get_long()) {
            (Some(short), _) => format!("-{short}"),
            (None, long) => format!("--{}", long.unwrap_or_default()),
        };
        if !argument.get_action().takes_values() {
            flags += &format!(" {flag}");
            continue;
        }
        let id = argument.get_id().as_str();
        for value in given.get_raw(id).into_iter().flatten() {
            flags += &format!(" {flag} {}", shown(id, &value.to_string_lossy()));
        }
    }
    flags
}

/// Whether the flag was typed.
fn is_given(matches: &ArgMatches, argument: &clap::Arg) -> bool {
    let id = argument.get_id().as_str();
    // Commands without a login lack the flag.
    matches!(matches.try_contains_id(id), Ok(true))
        && matches.value_source(id) == Some(clap::parser::ValueSource::CommandLine)
}

fn shown(id: &str, value: &str) -> String {
    let shown = match id {
        "profile" | "settings_key" | "timeout" => redact::name(value),
        "username" => redact::username(value),
        "client_id" => redact::client_id(value),
        "key_passphrase_env" => redact::variable(value),
        "allow_host" => redact::host(value),
        "instance_url" | "login_url" | "audience" | "proxy" => url(value),
        _ if value == "-" => value,
        _ => redact::path(value),
    };
    if shown == redact::WITHHELD { shown.to_owned() } else { sh_quoted(shown) }
}

/// Returns the URL if it is a host, with or without a scheme, and a path of plain names.
fn url(value: &str) -> &str {
    let rest = value.split_once("://").map_or(value, |(_, rest)| rest);
    let (host, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let is_shown = redact::host(host) == host && redact::request(path) == path;
    if is_shown { value } else { redact::WITHHELD }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grammar::grammar;

    #[test]
    fn flags_of_the_login_have_no_secret() {
        for (typed, check) in [
            ("orgtoken token", ""),
            ("orgtoken token -P acme --format json", " -P acme"),
            ("orgtoken exec --profile=acme -- env -P other", " -P acme"),
            (
                "orgtoken record get Account 001000000000001 -o user@acme.com -f conf/app.key",
                " -o user@acme.com -f conf/app.key",
            ),
            ("orgtoken api limits --jwt-key-file app.key -X GET -f a=b", " -f app.key"),
            ("orgtoken query -s - SELECT", " -s -"),
            (
                "orgtoken token --login-url https://test.salesforce.com --bundled-roots --timeout 5s",
                " --login-url https://test.salesforce.com --bundled-roots --timeout 5s",
            ),
            (
                "orgtoken token --allow-host 127.0.0.1:1 --allow-host b.example.com",
                " --allow-host 127.0.0.1:1 --allow-host b.example.com",
            ),
            ("orgtoken token -P Xk29dkQmv8Lp2aZq7RtY", " -P [withheld]"),
            ("orgtoken token -i hunter2hunter2", " -i [withheld]"),
        ] {
            let words = typed.split(' ').map(OsString::from).collect();
            assert_eq!(login_flags(grammar(), words), check, "{typed}");
        }
    }
}

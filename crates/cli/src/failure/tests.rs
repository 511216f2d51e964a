use super::*;

fn failure() -> Failure {
    Failure::new("key.mismatch", Some("use the other key"), "the key does not match")
}

fn reported(failure: &Failure, json: bool) -> String {
    String::from_utf8(failure.report(Look::PIPE, json)).unwrap()
}

#[test]
fn text_report_has_one_hint() {
    assert_eq!(
        reported(&failure(), false),
        "error: the key does not match\nhint: use the other key\n"
    );
}

#[test]
fn json_report_is_one_line() {
    assert_eq!(
        reported(&failure(), true),
        "{\"error\":{\"code\":\"key.mismatch\",\"message\":\"the key does not match\",\
         \"hint\":\"use the other key\",\"exit\":5,\"problems\":[]}}\n"
    );
}

#[test]
fn report_of_a_refusal_has_meaning_hint_and_commands() {
    let failure = Failure::new("refused.user_inactive", Some("activate the user"), "refused");
    let mut failure = failure;
    failure.0.details.refusal = catalogue::by_code("refused.user_inactive");
    let text = "error: refused\nThe user exists, but was deactivated or frozen.\nhint: activate the user\n\
                more: orgtoken explain refused.user_inactive\n\
                check: orgtoken doctor\n";
    assert_eq!(reported(&failure, false), text);
}

#[test]
fn command_that_continues_has_the_login_of_the_failed_one() {
    let failure = failure().with_resume(["one".to_owned(), "two".to_owned()]);
    let text = reported(&failure.with_login(" -P acme"), false);
    assert!(text.ends_with("key\nresume: one -P acme && two -P acme\n"), "{text}");
}

// The table of the README and of design.md.
#[test]
fn exit_code_follows_the_error_code() {
    for (code, exit) in [
        ("usage.secret_in_argv", 2),
        ("settings.missing", 3),
        ("url.host", 3),
        ("key.encrypted", 5),
        ("sign.selfcheck", 5),
        ("net.connect", 6),
        ("tls.cert", 6),
        ("proxy.refused", 6),
        ("resp.too_large", 6),
        ("refused.user_not_approved", 4),
        ("rate.login", 7),
        ("unavailable.status", 8),
        ("api.not_found", 9),
        ("interrupted", 130),
        ("io.stdout", 1),
        ("cache.unsafe", 1),
        ("unknown", 1),
    ] {
        assert_eq!(exit_code(code), exit, "{code}");
    }
}

#[test]
fn several_problems_are_listed() {
    let problem = |code: &'static str| Problem {
        code: code.into(),
        at: "Name".to_owned(),
        message: format!("{code}: no (fields: Name)"),
        hint: None,
    };
    let mut failure =
        Failure::new("api.refused", None::<&str>, "Salesforce answered 400: 2 problems");
    failure.0.details.problems = vec![problem("A"), problem("B")];
    assert_eq!(
        reported(&failure, false),
        "error: Salesforce answered 400: 2 problems\n  A: no (fields: Name)\n  B: no (fields: Name)\n"
    );
}

#[test]
fn hint_gets_the_flags_that_help() {
    for (code, hint, shown) in [
        (
            "url.host",
            "allow it in `allow_hosts`",
            "allow it in `allow_hosts` (`--allow-host HOST`)",
        ),
        (
            "url.host",
            "add `--allow-host a.example.com` to allow it",
            "add `--allow-host a.example.com` to allow it",
        ),
        ("url.host", "use the My Domain", "use the My Domain"),
        ("url.port", "allow it in `allow_hosts`", "allow it in `allow_hosts`"),
    ] {
        assert_eq!(Failure::new(code, Some(hint), "error").hint(), Some(shown), "{code}");
    }
}

#[test]
fn flags_in_hints_exist() {
    fn has(command: &clap::Command, flag: &str) -> bool {
        command.get_arguments().any(|arg| arg.get_long() == Some(flag))
            || command.get_subcommands().any(|command| has(command, flag))
    }
    let grammar = crate::grammar::grammar();
    for (code, _, flag) in flags::FLAGS {
        let name = flag.split(' ').next().unwrap().trim_start_matches('-');
        assert!(has(&grammar, name), "{code}: {flag}");
    }
}

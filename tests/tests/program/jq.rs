//! `--jq` filters JSON results.

use conformance::program::{on_terminal, stderr, stdout};
use conformance::test_org::TestOrg;

#[test]
fn results_of_commands_are_filtered() {
    let org = TestOrg::new();
    org.accounts(3);
    let created = org.run(&["record", "create", "Account", "Name=Acme AB", "--jq", ".id"]);
    let id = stdout(&created).trim().to_owned();
    assert!(id.starts_with("001"), "{id}");
    let path = format!("sobjects/Account/{id}");
    let soql = "SELECT Name, Phone FROM Account WHERE Name LIKE 'Acme A%'";
    for (args, expected) in [
        (["api", &path, ".Name"].as_slice(), "Acme AB\n"),
        (&["api", &path, "[.Name, .Phone]"], "[\"Acme AB\",null]\n"),
        (&["record", "get", "Account", &id, ".Name | length"], "7\n"),
        (&["query", soql, ".[] | .Name, .Phone"], "Acme AB\nnull\n"),
        (&["query", soql, "--format", "ndjson", ".Name"], "Acme AB\n"),
        (&["query", "SELECT Id FROM Account WHERE Name = 'Nobody'", "length"], "0\n"),
        (
            &["api", "query?q=SELECT+Id+FROM+Account", "--paginate", ".records | length > 1"],
            "true\n",
        ),
        (&["whoami", ".username"], "user@acme.com\n"),
        (&["token", "has(\"access_token\")"], "true\n"),
        (&["settings", "convert", "--format", "record", ".tag[0]"], "salesforce\n"),
    ] {
        let (expression, args) = args.split_last().unwrap();
        let output = org.run(&[args, &["--jq", expression]].concat());
        assert_eq!(stdout(&output), expected, "{args:?} {expression}");
    }
    let shown = on_terminal(org.command(&["api", &path, "--jq", "{Name}", "--color=never"]), 80);
    assert_eq!(shown, "{\n  \"Name\": \"Acme AB\"\n}\n");
}

#[test]
fn filtered_report_of_a_failure_has_its_error_on_stderr() {
    let org = TestOrg::new();
    org.play("not-approved");
    let args = ["doctor", "--jq", ".verdict"];
    let failed = org.run(&args);
    assert_eq!((failed.status.code(), &*failed.stdout), (Some(4), &b"failed\n"[..]));
    assert_eq!(stderr(&failed).matches("error: login: ").count(), 1, "{}", stderr(&failed));
    let wrong = org.run(&["doctor", "--jq", ".verdict.x"]);
    assert_eq!((wrong.status.code(), wrong.stdout.len()), (Some(2), 0));
    assert_eq!(stderr(&wrong).matches("error: ").count(), 1, "{}", stderr(&wrong));
}

#[test]
fn commands_without_a_json_result_refuse_a_filter() {
    let org = TestOrg::new();
    for args in [
        &["exec", "--jq", ".", "--", "true"][..],
        &["serve", "--jq", "."],
        &["blueprint", "--jq", "."],
        &["config", "edit", "--jq", "."],
        &["completions", "bash", "--jq", "."],
        &["man", "token", "--jq", "."],
        &["help", "token", "--jq", "."],
        &["settings", "pull", "--hub", "https://hub.acme.com", "--out", "x", "--jq", "."],
    ] {
        let output = org.bare(args).output().unwrap();
        assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0), "{args:?}");
        let said = stderr(&output);
        assert!(said.starts_with("error: `--jq` cannot be used with "), "{args:?}: {said}");
    }
    let schema = org.bare(&["settings", "schema", "--jq", ".type"]).output().unwrap();
    assert_eq!(stdout(&schema), "object\n");
}

#[test]
fn rows_of_a_file_are_one_document() {
    let org = TestOrg::new();
    org.private_file("rows.csv", "Name\nOne\nTwo\n");
    let args = ["record", "create", "Account", "--from", "rows.csv", "--jq", ".results | length"];
    let output = org.run(&args);
    assert_eq!(stdout(&output), "2\n");
    // The filter has dropped it.
    assert!(stderr(&output).contains("created 2\n"), "{}", stderr(&output));
}

#[test]
fn errors_of_an_expression_are_usage_errors_without_data() {
    let org = TestOrg::new();
    for (args, message) in [
        (
            ["whoami", "--jq", ".a["].as_slice(),
            "invalid jq expression at column 4: expected closing bracket",
        ),
        (&["whoami", "--jq", ".username.x"], "the jq expression failed: it looks for a field"),
        (
            &["query", "SELECT Id FROM Account", "--format", "csv", "--jq", "."],
            "`--jq` cannot be used with this `--format`",
        ),
        (&["token", "--format", "env", "--jq", "."], "`--jq` cannot be used with this `--format`"),
        (&["token", "--out", "token", "--jq", "."], "`--jq` cannot be used with `--out`"),
        (
            &["describe", "--format", "table", "--jq", "."],
            "`--jq` cannot be used with this `--format`",
        ),
        (
            &["bulk", "results", "750000000000001", "--jq", "."],
            "`--jq` cannot be used with the results of a job, which are CSV",
        ),
        (
            &["settings", "convert", "--format", "env", "--jq", "."],
            "`--jq` cannot be used with this `--format`",
        ),
    ] {
        let output = org.run(args);
        assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0), "{args:?}");
        let said = stderr(&output);
        assert!(said.starts_with(&format!("error: {message}")), "{args:?}: {said}");
        assert!(!said.contains("user@acme.com"), "{said}");
    }
}

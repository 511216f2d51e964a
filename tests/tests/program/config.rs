//! `orgtoken config`: profiles are listed and edited, and nothing is sent.

use std::fs;
use std::io::{Read as _, Write as _};
use std::os::unix::fs::PermissionsExt;
use std::process::{Output, Stdio};

use serde_json::Value;

use conformance::program::{answered, error, read_until, stderr, stdout, terminal};
use conformance::test_org::{CLIENT_ID, TestOrg, USER};

/// Returns an org whose user has a profile that can log in, and one that cannot.
fn org() -> TestOrg {
    let org = TestOrg::new();
    org.config(&format!(
        "# mine\n[profile.acme] # A\nusername = \"{USER}\" # me\nclient_id = \"{CLIENT_ID}\"\n\
         private_key_file = \"../../app.key\"\ninstance_url = \"{}\"\nallow_hosts = [\"{}\"]\n\
         ca_file = \"../../ca.pem\"\n\n[profile.broken]\nusername = \"nobody\"\n",
        org.url(),
        org.address(),
    ));
    org
}

fn run(org: &TestOrg, args: &[&str]) -> Output {
    org.bare(args).output().unwrap()
}

/// Returns the output of a command that succeeds.
fn printed(org: &TestOrg, args: &[&str]) -> String {
    let output = run(org, args);
    assert!(output.status.success(), "{args:?}: {}", stderr(&output));
    stdout(&output).to_owned()
}

fn written(org: &TestOrg) -> String {
    fs::read_to_string(org.path(".config/orgtoken/config.toml")).unwrap()
}

#[test]
fn profiles_are_listed_with_their_tokens_and_nothing_is_sent() {
    let org = org();
    let list = |org: &TestOrg| printed(org, &["config", "list"]);
    let before = list(&org);
    let problems = stderr(&run(&org, &["config", "list"])).to_owned();
    let remarks = "`orgtoken config show broken` shows what is wrong\n\
                   no profile is the default; `orgtoken config use NAME` chooses one\n";
    assert_eq!(problems, remarks);
    let lines: Vec<_> = before.lines().collect();
    assert!(lines[0].contains("NAME") && lines[1].contains(USER), "{before}");
    assert!(lines[1].ends_with('-') && lines[2].ends_with("1 problem"), "{before}");
    assert!(org.requests().is_empty(), "{before}");

    let token = run(&org, &["token", "-P", "acme"]);
    assert!(stdout(&token).starts_with("00D"), "{}", stderr(&token));
    let after = list(&org);
    assert!(after.lines().nth(1).unwrap().contains(" min"), "{after}");
    assert_eq!(org.logins(), 1);

    let json = run(&org, &["config", "list", "--json"]);
    let json: Value = serde_json::from_str(stdout(&json)).unwrap();
    assert_eq!((&json[0]["name"], &json[0]["default"]), (&"acme".into(), &false.into()), "{json}");
    assert!(json[0]["token_seconds_left"].as_u64().unwrap() > 60, "{json}");
}

#[test]
fn default_profile_is_chosen_and_used() {
    let org = org();
    let refused = run(&org, &["token"]);
    assert_eq!(refused.status.code(), Some(3), "{}", stderr(&refused));
    for part in
        ["no default: `acme`, `broken`\n", "`orgtoken config use NAME`", "(`--profile NAME`)"]
    {
        assert!(stderr(&refused).contains(part), "{part}: {}", stderr(&refused));
    }
    let done = run(&org, &["config", "use", "acme"]);
    assert!(done.status.success(), "{}", stderr(&done));
    assert!(printed(&org, &["token"]).starts_with("00D"));
    let list = printed(&org, &["config", "list"]);
    assert!(list.lines().nth(1).unwrap().starts_with("*  acme"), "{list}");
    let unknown = run(&org, &["config", "use", "acm"]);
    assert_eq!(unknown.status.code(), Some(3));
    let hint = "did you mean `acme`? The profiles are `acme`, `broken`";
    assert!(stderr(&unknown).contains(hint), "{}", stderr(&unknown));
}

#[test]
fn entries_are_set_checked_and_removed_and_comments_stay() {
    let org = org();
    let before = written(&org);
    for (args, code) in [
        (&["config", "set", "-P", "acme", "username", "nobody"][..], "no `@`"),
        (&["config", "set", "-P", "acme", "user_name", "a@b.c"], "username"),
        (&["config", "set", "-P", "acme", "login_url", "http://login.salesforce.com"], "https"),
        (&["config", "set", "audience", "x"], "--profile"),
        (&["config", "show", "-P", "acm"], "no profile"),
        (&["config", "unset", "-P", "acme", "usernme"], "did you mean `username`?"),
        (&["config", "unset", "-P", "acme", "audience"], "no such entry"),
    ] {
        let refused = run(&org, args);
        assert_eq!(refused.status.code(), Some(3), "{args:?}: {}", stderr(&refused));
        assert!(stderr(&refused).contains(code), "{args:?}: {}", stderr(&refused));
        assert_eq!(written(&org), before, "{args:?}");
    }

    let set = run(&org, &["config", "set", "-P", "acme", "token_lifetime", "5m"]);
    assert!(set.status.success(), "{}", stderr(&set));
    let line = "token_lifetime = \"5m\"\n";
    assert_eq!(written(&org).replace(line, ""), before);
    let shown = printed(&org, &["config", "show", "acme"]);
    assert!(shown.contains("token_lifetime") && shown.contains("private_key"), "{shown}");
    let unset = run(&org, &["config", "unset", "-P", "acme", "token_lifetime"]);
    assert!(unset.status.success(), "{}", stderr(&unset));
    assert_eq!(written(&org), before);

    let key = ["config", "set", "-P", "acme", "private_key_file", "app.key"];
    printed(&org, &key);
    let path = org.path("app.key").display().to_string();
    assert!(written(&org).contains(&path), "{}", written(&org));

    let absent = run(&org, &["config", "set", "-P", "acme", "ca_file", "./absent.pem"]);
    let warning = format!("warning: `{}` does not exist yet\n", org.path("absent.pem").display());
    assert_eq!(stderr(&absent), warning);

    let new = run(&org, &["config", "set", "-P", "new", "username", USER]);
    assert!(stderr(&new).contains("added profile new"), "{}", stderr(&new));
    assert!(written(&org).ends_with(&format!("\n[profile.new]\nusername = \"{USER}\"\n")));
}

#[test]
fn password_is_not_set_by_an_argument() {
    let org = org();
    let before = written(&org);
    for (entry, value) in [
        ("proxy", "http://u:s3cr3t@127.0.0.1:1"),
        ("proxy", "u:s3cr3t@127.0.0.1:1"),
        ("cache", "redis://:s3cr3t@127.0.0.1"),
        ("cache", "rediss://u:s3/cr3t@127.0.0.1/1"),
        ("no_such_entry", "https://u:s3cr3t@acme.com"),
    ] {
        let refused = run(&org, &["config", "set", "-P", "acme", entry, value, "--json"]);
        assert_eq!(error(&refused)["code"], "usage.secret_in_argv", "{entry} {value}");
        let hint = error(&refused)["hint"].as_str().unwrap().to_owned();
        assert!(hint.ends_with("`orgtoken config edit`"), "{hint}");
        assert!(!format!("{refused:?}").contains("cr3t"), "{refused:?}");
    }
    assert_eq!(written(&org), before);
    printed(&org, &["config", "set", "-P", "acme", "proxy", "http://127.0.0.1:1"]);
    let signer = "curl -s https://127.0.0.1:1/sign --data-binary @-";
    printed(&org, &["config", "set", "-P", "new", "signer_command", signer]);
}

#[test]
fn misplaced_profile_name_is_a_usage_error_that_shows_the_right_form() {
    let org = org();
    for (args, form) in [
        (&["set", "acme", "username", USER][..], "config set --profile acme username VALUE"),
        (&["set", "acm", "username", USER], "config set --profile NAME username VALUE"),
        (&["unset", "acme", "username"], "config unset --profile NAME ENTRY"),
        (&["use", "-P", "acme"], "config use NAME"),
        (&["delete", "--profile=acme"], "config delete NAME"),
        (&["remove", "acme"], "config delete NAME"),
        (&["set", "default_profile", "acme"], "config use NAME"),
    ] {
        let refused = run(&org, &[&["config"], args].concat());
        assert_eq!(refused.status.code(), Some(2), "{args:?}: {}", stderr(&refused));
        let form = format!("`orgtoken {form}`");
        assert!(stderr(&refused).contains(&form), "{args:?}: {}", stderr(&refused));
    }
}

#[test]
fn deleted_profile_leaves_its_key_and_the_other_profiles() {
    let org = org();
    let token = run(&org, &["token", "-P", "acme"]);
    assert!(stdout(&token).starts_with("00D"), "{}", stderr(&token));
    printed(&org, &["config", "use", "acme"]);
    let declined = answered(org.bare(&["config", "delete", "acme"]), &[("config.toml? [y/N]", "")]);
    assert_eq!(declined.status.code(), Some(130));
    assert!(written(&org).contains("[profile.acme]"));
    let unasked = run(&org, &["config", "delete", "acme"]);
    assert_eq!(unasked.status.code(), Some(2), "{}", stderr(&unasked));
    assert!(stderr(&unasked).starts_with("error: missing `--yes`: there is no terminal"));
    assert!(written(&org).contains("[profile.acme]"));

    let deleted = run(&org, &["config", "delete", "acme", "--yes"]);
    assert!(deleted.status.success(), "{}", stderr(&deleted));
    for part in
        ["deleted profile acme\n", "broken is the default", "app.key", "orgtoken cache clear"]
    {
        assert!(stderr(&deleted).contains(part), "{part}: {}", stderr(&deleted));
    }
    assert!(org.path("app.key").exists());
    let left = "default_profile = \"broken\"\n\n[profile.broken]\nusername = \"nobody\"\n";
    assert_eq!(written(&org), left);

    let last = run(&org, &["config", "delete", "broken", "--yes", "--json"]);
    assert_eq!(stdout(&last), "{\"profile\":\"broken\",\"default\":null,\"files\":[]}\n");
    assert_eq!(written(&org), "");
}

#[test]
fn change_while_delete_asks_is_not_undone() {
    let org = org();
    let (mut user, screen) = terminal();
    let mut command = org.bare(&["config", "delete", "acme"]);
    command.stdin(screen.try_clone().unwrap()).stderr(screen).stdout(Stdio::piped());
    let mut child = command.spawn().unwrap();
    drop(command);
    read_until(&mut user, "[y/N]");
    printed(&org, &["config", "set", "-P", "broken", "username", USER]);
    user.write_all(b"y\n").unwrap();
    // Reading fails once the program has ended.
    let _ = user.read_to_end(&mut Vec::new());
    assert!(child.wait().unwrap().success());
    let left = written(&org);
    assert!(left.contains(&format!("[profile.broken]\nusername = \"{USER}\"\n")), "{left}");
    assert!(!left.contains("[profile.acme]"), "{left}");
}

#[test]
fn show_reports_the_problems_of_a_profile() {
    let org = org();
    let shown = run(&org, &["config", "show", "broken"]);
    assert_eq!(shown.status.code(), Some(3));
    assert!(stderr(&shown).contains("config.toml:11"), "{}", stderr(&shown));
}

#[test]
fn edited_file_is_checked() {
    let org = org();
    let edit = |editor: &str| {
        let mut command = org.bare(&["config", "edit"]);
        command.env("EDITOR", editor).output().unwrap()
    };
    let broken = edit("sed -i s/nobody/robot/");
    assert_eq!(broken.status.code(), Some(3), "{}", stderr(&broken));
    let mended = edit("sed -i s/robot/robot@acme.com/");
    assert!(mended.status.success(), "{}", stderr(&mended));
    assert!(stderr(&mended).contains("no problems"), "{}", stderr(&mended));
    for editor in ["/nonexistent/editor", "false", "'"] {
        let failed = edit(editor);
        assert_eq!(failed.status.code(), Some(1), "{editor}: {}", stderr(&failed));
        assert!(stderr(&failed).contains("VISUAL or EDITOR"), "{editor}: {}", stderr(&failed));
    }
}

#[test]
fn config_file_is_created_for_its_owner_alone() {
    use std::os::unix::fs::MetadataExt;
    let org = TestOrg::new();
    let list = run(&org, &["config", "list"]);
    assert!(list.status.success() && stderr(&list).contains("orgtoken setup"), "{list:?}");
    let unnamed = run(&org, &["config", "set", "username", USER]);
    assert!(stderr(&unnamed).contains("`--profile NAME`"), "{}", stderr(&unnamed));
    let set = run(&org, &["config", "set", "-P", "acme", "username", USER]);
    assert!(set.status.success(), "{}", stderr(&set));
    let list = run(&org, &["config", "list"]);
    assert!(stdout(&list).ends_with("  incomplete\n"), "{list:?}");
    assert_eq!(stderr(&list), "`orgtoken setup --profile acme` completes it\n");
    // An invalid file is one error, not one for each profile.
    let path = org.path(".config/orgtoken/config.toml");
    let valid = fs::read(&path).unwrap();
    fs::write(&path, [&valid, &b"x"[..]].concat()).unwrap();
    for args in [&["config", "list"][..], &["setup", "-P", "acme"]] {
        let refused = run(&org, args);
        assert_eq!(refused.status.code(), Some(3), "{args:?}: {}", stderr(&refused));
        assert!(stderr(&refused).contains("not TOML"), "{args:?}: {}", stderr(&refused));
    }
    fs::write(&path, valid).unwrap();
    let path = printed(&org, &["config", "path"]);
    let file = fs::metadata(path.trim_end()).unwrap();
    assert_eq!(file.mode() & 0o777, 0o600, "{path}");
}

#[test]
fn empty_arguments_are_usage_errors() {
    let org = org();
    for args in [
        &["token", "-P", ""][..],
        &["token", "-o", ""],
        &["whoami", "-r", ""],
        &["token", "-f", ""],
        &["config", "set", "-P", "acme", "username", ""],
        &["config", "set", "-P", "", "username", USER],
    ] {
        let refused = run(&org, args);
        assert_eq!(refused.status.code(), Some(2), "{args:?}: {}", stderr(&refused));
        assert!(stderr(&refused).contains(" needs a value"), "{args:?}: {}", stderr(&refused));
    }
    assert!(org.org.requests().is_empty());
}

#[test]
fn config_show_reports_a_key_file_that_a_login_could_not_use() {
    let org = org();
    let key = org.path("app.key");
    printed(&org, &["config", "show", "acme"]);
    for (name, change, reason) in
        [("mode", Some(0o644), "open to other users"), ("missing", None, "no such file")]
    {
        match change {
            Some(mode) => fs::set_permissions(&key, PermissionsExt::from_mode(mode)).unwrap(),
            None => fs::remove_file(&key).unwrap(),
        }
        let shown = run(&org, &["config", "show", "acme"]);
        assert!(String::from_utf8_lossy(&shown.stdout).contains(USER), "{name}");
        assert_eq!(shown.status.code(), Some(5), "{name}: {}", stderr(&shown));
        assert!(stderr(&shown).contains(reason), "{name}: {}", stderr(&shown));
    }
}

//! `setup`: from an org to a token.

use std::fs;
use std::io::{Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::{Output, Stdio};

use conformance::program::{answered, error, stderr, stdout, terminal};
use conformance::test_org::{CLIENT_ID, TestOrg, USER};
use orgtoken_fake_org::Scenario;
use pkcs8::{DecodePrivateKey, EncodePrivateKey, LineEnding};
use serde_json::Value;

/// A user who has an org and nothing else.
struct NewUser(TestOrg);

impl NewUser {
    fn new() -> Self {
        Self(TestOrg::new())
    }

    fn setup(&self, args: &[&str]) -> Output {
        let url = self.0.url();
        let mut command = self.0.bare(&["setup", "-r", url, "-o", USER, "--app", "external"]);
        command.args(args).args(self.0.way()).output().unwrap()
    }

    fn file(&self, name: &str) -> PathBuf {
        self.0.path(".config/orgtoken").join(name)
    }

    fn config(&self, text: impl AsRef<str>) {
        self.0.config(text.as_ref());
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.file(name)).unwrap()
    }

    /// Uploads the certificate, as the printed steps say.
    fn upload(&self) {
        self.0.upload_certificate(self.read("acme.crt").as_bytes()).unwrap();
    }
}

#[test]
fn first_run_creates_key_and_profile_and_prints_the_steps() {
    let user = NewUser::new();
    let output = user.setup(&["-P", "acme"]);
    let text = stdout(&output);
    for part in [
        &format!("In Salesforce, for {USER}:"),
        "  1. Open https://127.0.0.1:",
        "Enable JWT Bearer Flow, Upload Files, choose",
        ".config/orgtoken/acme.crt",
        "Admin approved users are pre-authorized",
        "orgtoken setup --profile acme --client-id KEY --wait",
    ] {
        assert!(text.replace("\n     ", " ").contains(part), "{part}: {text}");
    }
    for name in ["acme.key", "acme.crt", "config.toml"] {
        let mode = user.file(name).metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
    let folder = user.file("").metadata().unwrap().permissions().mode();
    assert_eq!(folder & 0o777, 0o700);
    assert!(user.0.requests().is_empty());
}

#[test]
fn second_run_continues_after_the_first() {
    let user = NewUser::new();
    stdout(&user.setup(&["-P", "acme"]));
    let key = user.read("acme.key");
    user.upload();

    let output = user.0.bare(&["setup", "-P", "acme", "-i", CLIENT_ID]);
    let output = { output }.args(user.0.way()).output().unwrap();
    let text = stdout(&output);
    assert!(text.contains("ok   login         Salesforce granted a token"), "{text}");
    assert!(text.ends_with("To print a token: orgtoken token --profile acme\n"), "{text}");
    assert_eq!(user.read("acme.key"), key, "a key is never overwritten");
    assert_eq!(user.0.logins(), 1);

    let token = user.0.bare(&["token"]).output().unwrap();
    assert!(stdout(&token).starts_with("00D"), "{}", stderr(&token));
    let config = user.read("config.toml");
    stdout(&user.setup(&["-P", "acme"]));
    assert_eq!(user.read("config.toml"), config, "nothing was missing");
}

#[test]
fn existing_config_is_kept() {
    let user = NewUser::new();
    let before = "# mine\ndefault_profile = \"prod\"\n\n[profile.prod] # do not touch\n\
                  username = \"prod@acme.com\"\n";
    user.config(before);
    stdout(&user.setup(&["-P", "acme"]));
    let after = user.read("config.toml");
    assert!(after.starts_with(before), "{after}");
    assert!(after.contains("[profile.acme]"), "{after}");

    let output = user.setup(&["-P", "prod", "--json"]);
    let refused = error(&output);
    assert_eq!(refused["code"], "settings.exists");
    let hint = refused["hint"].as_str().unwrap();
    let remove = "remove it with `orgtoken config unset --profile prod username`";
    assert!(hint.starts_with(remove), "{hint}");
    assert_eq!(user.read("config.toml"), after);
    assert!(!user.file("prod.key").exists());
}

#[test]
fn profile_named_like_the_host_is_not_used_for_another_org() {
    let user = TestOrg::new();
    let setup = |instance_url: &str| {
        user.config(&format!("[profile.acme]\ninstance_url = \"{instance_url}\"\n"));
        let org = ["-r", "https://acme.my.salesforce.com", "-o", USER];
        let args = [&["setup"][..], &org, &["--app", "external", "--json"]].concat();
        user.bare(&args).output().unwrap()
    };
    let refused = error(&setup("https://acme--uat.sandbox.my.salesforce.com"));
    assert_eq!(refused["code"], "settings.exists");
    let key = user.path(".config/orgtoken/acme.key");
    assert!(!key.exists());
    stdout(&setup("acme.my.salesforce.com"));
    assert!(key.exists());
}

#[test]
fn key_of_an_existing_profile_is_used() {
    let user = NewUser::new();
    let key = user.0.path("app.key");
    let before = format!("[profile.old]\nprivate_key_file = {key:?}\n");
    user.config(before);
    stdout(&user.setup(&["-P", "old", "-i", CLIENT_ID]));
    assert_eq!(user.0.logins(), 1);
    assert!(!user.file("old.key").exists());
    assert!(user.0.path("app.crt").exists(), "the certificate to upload");
}

#[test]
fn profile_in_use_is_changed_once_a_login_with_the_answers_works() {
    let user = NewUser::new();
    stdout(&user.setup(&["-P", "acme"]));
    user.upload();
    let wrong = user.setup(&["-P", "acme", "-i", "3MVG9_wrong"]);
    assert_eq!(wrong.status.code(), Some(4), "{}", stdout(&wrong));
    let config = user.read("config.toml");
    user.config(config.replace("_wrong\"", "_wrong\" # mine"));

    stdout(&user.setup(&["-P", "acme", "-i", CLIENT_ID]));
    let config = user.read("config.toml");
    assert!(config.contains(&format!("client_id = \"{CLIENT_ID}\" # mine")), "{config}");
    assert!(!config.contains("_wrong"), "{config}");

    let without_ca: Vec<_> = config.lines().filter(|line| !line.starts_with("ca_file")).collect();
    let without_ca = without_ca.join("\n") + "\n";
    let other_ca = user.file("acme.crt").display().to_string();
    for (config, wrong, exit) in
        [(&config, ["-i", "3MVG9_wrong"], 4), (&without_ca, ["--ca-file", &other_ca], 6)]
    {
        user.config(config);
        let output = user.0.bare(&["setup", "-P", "acme"]).args(wrong).output().unwrap();
        assert_eq!(output.status.code(), Some(exit), "{wrong:?}: {}", stderr(&output));
        let said = "profile acme is not changed, since the login failed\n";
        assert!(stderr(&output).ends_with(said), "{wrong:?}: {}", stderr(&output));
        assert_eq!(&user.read("config.toml"), config, "{wrong:?}");
    }
}

#[test]
fn existing_key_is_used_and_never_created() {
    let user = NewUser::new();
    let missing = error(&user.setup(&["-P", "acme", "-f", "absent.key", "--json"]));
    assert_eq!(missing["code"], "key.read", "{missing}");
    assert!(!user.0.path("absent.key").exists() && !user.file("config.toml").exists());

    stdout(&user.setup(&["-P", "acme", "-f", "app.key", "-i", CLIENT_ID]));
    assert_eq!(user.0.logins(), 1);
    assert!(!user.file("acme.key").exists());
    let key = format!("private_key_file = {:?}", user.0.path("app.key"));
    assert!(user.read("config.toml").contains(&key), "{}", user.read("config.toml"));
    assert!(user.0.path("app.crt").exists(), "the certificate to upload");
    // The same key again changes nothing, another one is refused.
    stdout(&user.setup(&["-P", "acme", "-f", "app.key"]));
    for (flag, value) in [("-f", "other.key"), ("--ssh-agent", "me")] {
        let other = error(&user.setup(&["-P", "acme", flag, value, "--json"]));
        assert_eq!(other["code"], "settings.exists", "{flag}");
        let remove = "`orgtoken config unset --profile acme private_key_file`";
        assert!(other["hint"].as_str().unwrap().contains(remove), "{flag}: {other}");
    }
    let config = user.read("config.toml").replace("private_key_file", "private_key_env");
    user.config(config);
    let variable = error(&user.setup(&["-P", "acme", "--json"]));
    assert_eq!(variable["code"], "settings.exists");
    assert!(!user.file("acme.key").exists());
}

/// Runs `setup` on a terminal, and gives each answer when its question is asked.
fn on_terminal(user: &NewUser, args: &[&str], answers: &[(&str, &str)]) -> Output {
    let mut command = user.0.bare(&[&["setup"], args].concat());
    command.args(user.0.way());
    answered(command, answers)
}

#[test]
fn second_start_continues_with_the_answers_of_the_first() {
    let user = NewUser::new();
    stdout(&user.setup(&["-P", "acme"]));
    user.upload();
    let question = format!("Continue with the profile acme for {}? [Y/n] ", user.0.url());
    let answers = [
        (question.as_str(), ""),
        ("see the steps in Salesforce: ", "3MVG9_wrong"),
        ("press Enter to keep it: ", CLIENT_ID),
    ];
    let config = user.read("config.toml");
    let output = on_terminal(&user, &[], &answers);
    assert!(!stdout(&output).contains("Enable JWT Bearer Flow"), "{}", stdout(&output));
    assert!(stdout(&output).contains("Salesforce granted a token"), "{}", stdout(&output));
    assert!(user.read("config.toml").contains(CLIENT_ID), "{}", user.read("config.toml"));

    user.config(config);
    let answers = [
        (question.as_str(), ""),
        ("see the steps in Salesforce: ", ""),
        ("onnected app? [e] ", ""),
        ("continue later: ", ""),
    ];
    let output = on_terminal(&user, &[], &answers);
    assert!(stdout(&output).contains("Enable JWT Bearer Flow"), "{}", stdout(&output));
}

#[test]
fn profile_becomes_the_default_if_the_user_wants_it() {
    let user = NewUser::new();
    let other =
        "default_profile = \"other\" # mine\n\n[profile.other]\nusername = \"a@acme.com\"\n";
    user.config(other);
    let setup = ["-P", "acme", "-f", "app.key", "-i", CLIENT_ID];
    let not_asked = user.setup(&setup);
    stdout(&not_asked);
    let hint = "hint: `orgtoken config use acme` makes it the default\n";
    assert!(stderr(&not_asked).ends_with(hint), "{}", stderr(&not_asked));
    let question = "Make acme the default profile instead of other? [y/N] ";
    stdout(&on_terminal(&user, &["-P", "acme"], &[(question, "")]));
    assert!(user.read("config.toml").starts_with(other));
    stdout(&on_terminal(&user, &["-P", "acme"], &[(question, "y")]));
    let config = user.read("config.toml");
    assert!(config.starts_with("default_profile = \"acme\" # mine\n"), "{config}");

    user.config(config.replacen("acme", "other", 1));
    stdout(&user.setup(&["-P", "acme", "--default"]));
    assert_eq!(user.read("config.toml"), config);
}

#[test]
fn second_profile_leaves_the_first_one_the_default() {
    let user = NewUser::new();
    stdout(&user.setup(&["-P", "acme", "-f", "app.key", "-i", CLIENT_ID]));
    assert!(!user.read("config.toml").contains("default_profile"));
    stdout(&user.setup(&["-P", "uat", "-f", "app.key", "-i", CLIENT_ID]));
    let config = user.read("config.toml");
    assert!(config.starts_with("default_profile = \"acme\"\n\n[profile.acme]\n"), "{config}");
}

#[test]
fn printed_command_continues_at_a_host_that_was_allowed() {
    let user = NewUser::new();
    stdout(&user.setup(&["-P", "acme"]));
    user.upload();
    let next = user.0.bare(&["setup", "--profile", "acme", "--client-id", CLIENT_ID]);
    stdout(&{ next }.output().unwrap());
    assert_eq!(user.0.logins(), 1);
}

#[test]
fn invalid_answer_of_a_flag_creates_no_file() {
    let org = TestOrg::new();
    let url = "https://acme.my.salesforce.com";
    for (name, args, code) in [
        ("username", ["-r", url, "-o", "robot"], "settings.value"),
        ("password of a proxy", ["--proxy", "http://u:p@proxy", "-r", url], "usage.secret_in_argv"),
    ] {
        let args = [&["setup", "--app", "external", "--json"], &args[..]].concat();
        let refused = error(&org.bare(&args).output().unwrap());
        assert_eq!(refused["code"], code, "{name}");
        assert!(!org.path(".config").exists(), "{name}");
    }
}

#[test]
fn encrypted_key_of_a_profile_is_decrypted_with_its_passphrase() {
    let user = NewUser::new();
    let key = fs::read_to_string(user.0.path("app.key")).unwrap();
    let key = rsa::PrivateKey::from_pkcs8_pem(&key).unwrap();
    let encrypted = key.to_pkcs8_encrypted_pem("open sesame", LineEnding::LF).unwrap();
    user.0.private_file("locked.key", &encrypted);
    user.0.private_file("word", "open sesame\n");
    let file = |name| user.0.path(name);
    let before = format!(
        "[profile.old]\nprivate_key_file = {:?}\npassphrase_file = {:?}\n",
        file("locked.key"),
        file("word")
    );
    user.config(before);
    stdout(&user.setup(&["-P", "old", "-i", CLIENT_ID]));
    assert_eq!(user.0.logins(), 1);
}

#[test]
fn encrypted_key_is_used_with_its_passphrase_file() {
    let user = NewUser::new();
    let key = fs::read_to_string(user.0.path("app.key")).unwrap();
    let key = rsa::PrivateKey::from_pkcs8_pem(&key).unwrap();
    let encrypted = key.to_pkcs8_encrypted_pem("open sesame", LineEnding::LF).unwrap();
    user.0.private_file("locked.key", &encrypted);
    user.0.private_file("word", "open sesame\n");
    let key = ["-f", "locked.key", "--key-passphrase-file", "word"];
    stdout(&user.setup(&[&["-P", "acme", "-i", CLIENT_ID], &key[..]].concat()));
    assert_eq!(user.0.logins(), 1);
    let file = format!("passphrase_file = {:?}", user.0.path("word"));
    assert!(user.read("config.toml").contains(&file), "{}", user.read("config.toml"));
    stdout(&user.0.bare(&["token", "--no-cache"]).output().unwrap());
}

#[test]
fn self_authorization_prints_the_url() {
    let user = NewUser::new();
    stdout(&user.setup(&["-P", "acme"]));
    user.upload();
    let own = user.setup(&["-P", "acme", "--approval", "self", "-i", CLIENT_ID, "--json"]);
    let found: Value = serde_json::from_slice(&own.stdout).unwrap();
    let url = found["authorize_url"].as_str().unwrap();
    let expected = format!(
        "{}/services/oauth2/authorize?response_type=code&client_id={CLIENT_ID}\
         &redirect_uri=https%3A%2F%2Flocalhost%2F&scope=api%20refresh_token",
        user.0.url()
    );
    assert_eq!(url, expected);
    assert_eq!(found["doctor"]["verdict"], "ok", "{found}");
}

#[test]
fn login_without_approval_ends_with_the_exit_code_of_the_refusal() {
    let user = NewUser::new();
    stdout(&user.setup(&["-P", "acme"]));
    user.upload();
    user.0.play("not-approved");
    let output = user.setup(&["-P", "acme", "-i", CLIENT_ID]);
    assert_eq!(output.status.code(), Some(4));
    assert!(
        stderr(&output).contains("orgtoken setup --profile acme --wait"),
        "{}",
        stderr(&output)
    );
    assert_eq!(user.0.login_history().len(), 1);
}

#[test]
fn login_is_retried_during_propagation_and_enter_retries_at_once() {
    let user = NewUser::new();
    stdout(&user.setup(&["-P", "acme"]));
    user.upload();
    let org = &user.0;
    org.set_scenario(USER, Scenario::named("not-approved").unwrap().times(2));
    let (mut user_end, screen) = terminal();
    let mut command = user.0.bare(&["setup", "-P", "acme", "-i", CLIENT_ID, "--wait"]);
    command.args(user.0.way()).stdin(screen.try_clone().unwrap()).stderr(screen);
    let child = command.stdout(Stdio::piped()).spawn().unwrap();
    drop(command);

    let mut seen = String::new();
    let mut chunk = [0; 512];
    // Reading fails once the program has ended.
    while let Ok(read @ 1..) = user_end.read(&mut chunk) {
        let waits = seen.matches("press Enter to retry now").count();
        seen += &String::from_utf8_lossy(&chunk[..read]);
        if seen.matches("press Enter to retry now").count() > waits {
            user_end.write_all(b"\n").unwrap();
        }
    }
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{seen}");
    assert_eq!(seen.matches("retrying in 20 s").count(), 2, "{seen}");
    assert!(stdout(&output).ends_with("To print a token: orgtoken token --profile acme\n"));
    assert_eq!(org.login_history().len(), 3);
    assert_eq!(org.logins(), 1);
}

#[test]
fn secret_in_place_of_the_consumer_key_is_not_written() {
    let user = NewUser::new();
    stdout(&user.setup(&["-P", "acme"]));
    let config = user.read("config.toml");
    let secret = "0F".repeat(32);
    let error = error(&user.setup(&["-P", "acme", "-i", &secret, "--json"]));
    assert_eq!(error["code"], "settings.swapped", "{error}");
    assert!(error["message"].as_str().unwrap().contains("not written to config.toml"), "{error}");
    assert!(!error.to_string().contains(&secret), "{error}");
    assert_eq!(user.read("config.toml"), config);
}

#[test]
fn invalid_answer_is_explained_and_requested_again() {
    let org = TestOrg::new();
    let secret = "0F".repeat(32);
    let answers = [
        ("such as https://acme.my.salesforce.com: ", "acme"),
        (
            "did you mean https://acme.my.salesforce.com? Try again: ",
            "https://login.salesforce.com",
        ),
        ("use the URL of Setup > My Domain Try again: ", "https://acme.my.salesforce.com"),
        ("column Username): ", "robot"),
        ("not a username: no `@`", "robot@acme.com"),
        ("onnected app? [e] ", "external"),
        ("continue later: ", "3MVG9 bcd"),
        ("character U+0020 at position 6", &secret),
        ("looks like a Consumer Secret", "abc"),
        ("begins with 3MVG9 Try again, or repeat the answer to keep it: ", ""),
    ];
    let output = answered(org.bare(&["setup"]), &answers);
    assert!(stdout(&output).contains("When you have the consumer key"));
    let config = org.path(".config/orgtoken/config.toml");
    let config = fs::read_to_string(config).unwrap();
    assert!(config.contains("instance_url = \"https://acme.my.salesforce.com\""), "{config}");
    assert!(!config.contains("client_id"), "{config}");
}

#[test]
fn new_external_client_app_needs_the_my_domain() {
    let org = TestOrg::new();
    let args = ["setup", "-r", "https://login.salesforce.com", "-o", "robot@acme.com", "--json"];
    let error = error(&org.bare(&args).output().unwrap());
    assert_eq!((&error["code"], &error["exit"]), (&"url.host".into(), &3.into()), "{error}");
    assert!(error["hint"].as_str().unwrap().contains("Setup > My Domain"), "{error}");
    let connected = [&args[..5], &["--app", "connected"]].concat();
    stdout(&org.bare(&connected).output().unwrap());
}

#[test]
fn nothing_is_requested_without_a_terminal() {
    let org = TestOrg::new();
    for (name, args, missing) in [
        ("nothing", &["setup", "--json"][..], "missing --instance-url"),
        (
            "no user",
            &["setup", "--json", "-r", "https://acme.my.salesforce.com"],
            "missing --username",
        ),
    ] {
        let error = error(&org.bare(args).output().unwrap());
        assert_eq!(error["code"], "usage.missing", "{name}");
        assert_eq!(error["message"], missing, "{name}");
        let hint = "add the flag, or run `orgtoken setup` on a terminal";
        assert_eq!(error["hint"], hint, "{name}");
    }
}

#[test]
fn unknown_kind_of_app_is_requested_again() {
    let user = NewUser::new();
    let (mut user_end, screen) = terminal();
    let mut command = user.0.bare(&["setup", "-r", "https://acme.my.salesforce.com"]);
    command.args(["-o", USER]).stdin(screen.try_clone().unwrap()).stderr(screen);
    let child = command.stdout(Stdio::piped()).spawn().unwrap();
    drop(command);
    user_end.write_all(b"robot@acme.com\nC\n\n").unwrap();
    let mut seen = Vec::new();
    // Reading fails once the program has ended.
    let _ = user_end.read_to_end(&mut seen);
    let output = child.wait_with_output().unwrap();
    assert!(String::from_utf8_lossy(&seen).contains("Type e or c"));
    assert!(stdout(&output).contains("Use digital signatures"), "the steps of a Connected App");
}

#[test]
fn json_has_each_step_as_one_text() {
    let user = NewUser::new();
    let mut command = user.0.bare(&["setup", "--json", "-r", "https://acme.my.salesforce.com"]);
    let output = command.args(["-o", USER, "--app", "external"]).output().unwrap();
    let document: Value = serde_json::from_str(stdout(&output)).unwrap();
    let steps: Vec<_> =
        document["steps"].as_array().unwrap().iter().flat_map(Value::as_str).collect();
    assert!(steps[0].starts_with("Open https://acme.my.salesforce.com in a browser"), "{steps:#?}");
    assert!(steps.iter().all(|step| step.ends_with('.')), "{steps:#?}");
    assert!(steps.iter().any(|step| step.len() > 100), "no step is cut: {steps:#?}");
}

//! No secret on any stream, however much is asked for.

use std::process::Command;

use anyhow::{Result, ensure};
use conformance::cases::Cases;
use conformance::program::Ran;
use conformance::secret::shows;
use conformance::stage::Stage;
use orgtoken_fake_org::Scenario;

pub(crate) fn run(cases: &mut Cases) -> Result<()> {
    let stage = Stage::new()?;
    let talkative = |arguments: &[&str]| -> Result<Command> {
        let mut command = stage.home.command(&[arguments, &["-vvv"]].concat())?;
        command.env("RUST_LOG", "trace").env("RUST_BACKTRACE", "full");
        Ok(command)
    };
    cases.case("D3 a login that goes well, with everything said", || {
        let ran = Ran::of(&mut talkative(&["token"])?, "")?;
        ensure!(ran.exit == 0, "exit code {}", ran.exit);
        ensure!(!shows(&ran.stderr, ran.stdout.trim()), "the token is on standard error");
        quiet(&stage, &ran)
    });
    cases.case("D3 a call that goes well, with everything said", || {
        quiet(&stage, &Ran::of(&mut talkative(&["api", "limits"])?, "")?)
    });
    for name in ["not-approved", "maintenance-503", "token-mac", "html-login", "wire-cut"] {
        cases.case(&format!("D3 a login that fails, with everything said: {name}"), || {
            let refusal = Scenario::named(name);
            stage.org.set_scenario(conformance::home::USER, refusal);
            let ran = Ran::of(&mut talkative(&["token", "--no-cache"])?, "");
            stage.org.set_scenario(conformance::home::USER, None);
            quiet(&stage, &ran?)
        });
    }
    cases.case("D17 no key log", || {
        let log = stage.home.path().join("keys.log");
        let mut command = stage.home.command(&["token"])?;
        Ran::of(command.env("SSLKEYLOGFILE", &log), "")?.good()?;
        ensure!(!log.exists(), "the keys of TLS were logged");
        Ok(())
    });
    for arguments in [&["doctor"][..], &["doctor", "--json"]] {
        let name = format!("D20 {} shows none of what it examines", arguments.join(" "));
        cases.case(&name, || examined(&stage, &mut talkative(arguments)?));
    }
    settings(cases, &stage)
}

/// What people send to those who help them.
fn examined(stage: &Stage, doctor: &mut Command) -> Result<()> {
    doctor.env("HTTPS_PROXY", "http://robot:s3cr3t-canary-of-the-proxy@127.0.0.1:1");
    let ran = Ran::of(doctor.env("ORGTOKEN_PASSPHRASE", "s3cr3t-canary-passphrase"), "")?;
    ensure!(ran.stdout.contains("token"), "it has examined nothing: {}", ran.stderr);
    quiet(stage, &ran)?;
    for said in [&ran.stdout, &ran.stderr] {
        for secret in ["s3cr3t", "canary", "!AQ", "eyJ", "PRIVATE KEY"] {
            ensure!(!said.contains(secret), "it shows {secret}");
        }
    }
    Ok(())
}

/// What people paste wrong is named, and not repeated. The canary test has the values of all names.
fn settings(cases: &mut Cases, stage: &Stage) -> Result<()> {
    let key = stage.home.key().replace('\n', "\\n");
    let raw = stage.home.key();
    for (name, text) in [
        ("D1 a key where a list should be", format!(r#"{{"Username": ["{key}"]}}"#)),
        ("D1 a key as the name of a field", format!(r#"{{"{key}": 1}}"#)),
        ("D1 a key with raw line breaks", format!(r#"{{"PrivateKey": "{raw}"}}"#)),
        ("D1 JSON that ends in the key", format!(r#"{{"PrivateKey": "{}"#, &key[..900])),
        ("D1 a key in a list of records", format!(r#"[{{"value": "{key}"}}]"#)),
    ] {
        let file = stage.home.write("pasted.json", &text)?;
        let file = file.to_string_lossy();
        for arguments in [&["settings", "check"][..], &["token"], &["token", "--json"]] {
            cases.case(&format!("{name}: {}", arguments.join(" ")), || {
                let mut command = stage.home.command_without_flags(arguments)?;
                let ran = Ran::of(command.args(["-s", &file, "-vv"]), "")?;
                ensure!(ran.exit == 3 || ran.exit == 5, "exit code {}", ran.exit);
                quiet(stage, &ran)
            });
        }
    }
    Ok(())
}

fn quiet(stage: &Stage, ran: &Ran) -> Result<()> {
    stage.home.is_kept_by(ran)?;
    // Any assertion begins so.
    ensure!(!ran.stderr.contains("eyJhbGciOiJSUzI1NiJ9"), "an assertion is on standard error");
    Ok(())
}

//! Every test key through the program.

use anyhow::{Result, ensure};
use conformance::cases::Cases;
use conformance::home::{CLIENT_ID, Home, USER};
use conformance::keys::{self, Manifest};
use conformance::program::Ran;

pub(crate) fn run(cases: &mut Cases) -> Result<()> {
    let folder = keys::folder()?;
    let manifest = Manifest::read(&folder)?;
    let mut home = Home::new()?;
    let instance = "https://acme.my.salesforce.com";
    home.set_flags(["--json", "-o", USER, "-i", CLIENT_ID, "-r", instance]);

    let passphrase = home.write("passphrase", &manifest.passphrase)?;
    let passphrase = passphrase.to_string_lossy();
    for file in &manifest.keys {
        let path = folder.join(&file.file);
        let key = path.to_string_lossy();
        cases.case(&file.name, || {
            let ran = home.command(&["assertion", "create", "-f", &key]);
            came_to(&Ran::of(&mut ran?, "")?, &file.expect)
        });
        if let Some(expect) = &file.expect_with_passphrase {
            cases.case(&format!("{}, with its passphrase", file.name), || {
                let with = ["--key-passphrase-file", &passphrase];
                let mut command = home.command(&["assertion", "create", "-f", &key])?;
                came_to(&Ran::of(command.args(with), "")?, expect)
            });
        }
    }
    Ok(())
}

fn came_to(ran: &Ran, expect: &str) -> Result<()> {
    if ran.exit == 0 {
        ensure!(expect == "accept", "accepted, not {expect}");
        let parts = ran.stdout.trim_end().matches('.').count();
        ensure!(parts == 2, "what it printed is no assertion");
        return Ok(());
    }
    let error = ran.error()?;
    ensure!(error["code"] == expect, "{}, not {expect}", error["code"]);
    ensure!(ran.exit == 5, "exit code {}, not 5", ran.exit);
    ensure!(ran.stdout.is_empty(), "something on standard output");
    ensure!(error["hint"].is_string(), "no hint");
    Ok(())
}

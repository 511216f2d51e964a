//! The commands of `docs/how-to/keys.md`, unchanged.

use std::fs;
use std::path::Path;
use std::process::Command;

use conformance::program::stdout;
use conformance::test_org::TestOrg;
use conformance::tools;

/// The lines of the block that begins with this fence.
fn block(fence: &str) -> &'static str {
    let page = include_str!("../../../docs/how-to/keys.md");
    let (_, rest) = page.split_once(&format!("```{fence}\n")).unwrap();
    rest.split_once("```").unwrap().0
}

fn shell(org: &TestOrg, lines: &str) -> Command {
    let mut command = Command::new("sh");
    command.args(["-euc", lines]).current_dir(org.folder.path()).env_clear();
    command.env("PATH", org.path_variable());
    command
}

/// Checks that a login with the command's signature and this public key succeeds.
fn assert_signs(org: &TestOrg, command: &mut Command) {
    let said = stdout(&command.output().unwrap()).to_owned();
    let made = org.bare(&["cert", "inspect", "app.crt"]).output().unwrap();
    assert!(stdout(&made).contains("CN=orgtoken"), "{said}");
}

#[test]
fn openssl_signs_the_certificate() {
    if !tools::has("openssl") {
        return;
    }
    let org = TestOrg::new();
    assert_signs(&org, &mut shell(&org, block("sh openssl")));
    let matched = org.bare(&["cert", "match", "app.key", "app.crt"]).output().unwrap();
    assert_eq!(stdout(&matched), "key and certificate match\n");
    let here = org.bare(&["cert", "create", "app.key", "--json"]).output().unwrap();
    assert!(stdout(&here).contains("-----BEGIN CERTIFICATE-----"));
}

#[test]
fn pkcs_11_token_signs_the_certificate() {
    if !(tools::has("softhsm2-util") && tools::has("pkcs11-tool")) {
        return;
    }
    let org = TestOrg::new();
    let folder = org.folder.path();
    fs::create_dir(folder.join("tokens")).unwrap();
    let tokens = folder.join("tokens");
    org.private_file("softhsm2.conf", &format!("directories.tokendir = {}\n", tokens.display()));
    let init = "softhsm2-util --init-token --free --label acme --so-pin 1234 --pin 1234 >&2\n";
    let lines = format!("{init}{}", block("sh pkcs11"));
    let mut command = shell(&org, &lines);
    command.env("SOFTHSM2_CONF", folder.join("softhsm2.conf")).env("PIN", "1234");
    let module = MODULES.into_iter().find(|path| Path::new(path).exists()).unwrap();
    assert_signs(&org, command.env("MODULE", module));
}

const MODULES: [&str; 3] = [
    "/usr/lib/softhsm/libsofthsm2.so",
    "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so",
    "/usr/lib/aarch64-linux-gnu/softhsm/libsofthsm2.so",
];

//! A test with a PKCS#11 token and the command of `docs/how-to/keys.md`.

use std::path::Path;
use std::process::Command;

use orgtoken_assertion::Signer;
use orgtoken_signer::CommandSigner;

use crate::{PEM, assert_signs_like_the_key, is_there, key, private_file, run};

#[test]
fn pkcs11_token_signs_like_the_key() {
    let what = "that a PKCS#11 token signs";
    if !(is_there("softhsm2-util", what) && is_there("pkcs11-tool", what)) {
        return;
    }
    let module = MODULES.into_iter().find(|path| Path::new(path).exists()).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let configuration = folder.path().join("softhsm2.conf");
    std::fs::create_dir(folder.path().join("tokens")).unwrap();
    let tokens = folder.path().join("tokens");
    let text = format!("directories.tokendir = {}\nlog.level = ERROR\n", tokens.display());
    private_file(&configuration, &text);
    let path = folder.path().join("key.pem");
    private_file(&path, &PEM);

    let softhsm = |arguments: &[&str]| {
        let mut command = Command::new("softhsm2-util");
        run(command.args(arguments).env("SOFTHSM2_CONF", &configuration));
    };
    softhsm(&["--init-token", "--free", "--label", "acme", "--so-pin", "1234", "--pin", "1234"]);
    let path = path.to_str().unwrap();
    let object = ["--label", "salesforce", "--id", "01", "--pin", "1234"];
    softhsm(&[&["--import", path, "--token", "acme"], &object[..]].concat());

    let line = format!(
        "SOFTHSM2_CONF={} PIN=1234 pkcs11-tool --module {module} --token-label acme --login \
         --pin env:PIN --sign --mechanism SHA256-RSA-PKCS --label salesforce",
        configuration.display(),
    );
    assert_signs_like_the_key(&CommandSigner::shell(&line, key().public_key().clone()));
}

const MODULES: [&str; 3] = [
    "/usr/lib/softhsm/libsofthsm2.so",
    "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so",
    "/usr/local/lib/softhsm/libsofthsm2.so",
];

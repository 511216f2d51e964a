//! Test keys through the program. `tests/keys.rs` has all of them through the parser.

use std::collections::BTreeMap;

use conformance::keys::{self, Manifest};
use conformance::program::{error, stdout};
use conformance::test_org::{CLIENT_ID, MY_DOMAIN, TestOrg, USER};

#[test]
fn key_of_each_outcome_ends_in_its_exit_code() {
    let folder = keys::folder().unwrap();
    let manifest = Manifest::read(&folder).unwrap();
    let org = TestOrg::plain();
    org.private_file("passphrase", &manifest.passphrase);
    let identity = ["assertion", "create", "--json", "-o", USER, "-i", CLIENT_ID, "-r", MY_DOMAIN];

    let mut outcomes = BTreeMap::new();
    for file in &manifest.keys {
        outcomes.entry((&file.expect, None)).or_insert(file);
        outcomes.entry((&file.expect, file.expect_with_passphrase.as_ref())).or_insert(file);
    }
    assert!(outcomes.len() > 8, "only {} outcomes", outcomes.len());
    for ((without, with), file) in outcomes {
        let mut command = org.bare(&identity);
        command.arg("-f").arg(folder.join(&file.file));
        if with.is_some() {
            command.args(["--key-passphrase-file", "passphrase"]);
        }
        let output = command.output().unwrap();
        let expected = with.unwrap_or(without);
        if expected == "accept" {
            assert_eq!(stdout(&output).matches('.').count(), 2, "{}", file.name);
        } else {
            let error = error(&output);
            assert_eq!((&error["code"], &error["exit"]), (&(**expected).into(), &5.into()));
            assert!(error["hint"].is_string(), "{}: {error}", file.name);
        }
    }
}

//! Every file of the table of test keys through the parser and both back-ends.
#![forbid(unsafe_code)]
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::time::Duration;

use base64ct::{Base64, Encoding};
use conformance::keys::{self, Key, KeyFile, Manifest};
use orgtoken_assertion::{Diagnostic, KeyError, Passphrase, RingSigner, Signer, SigningKey};
use rustix::time::{ClockId, clock_gettime};

#[test]
fn each_key_has_the_expected_outcome() {
    let table = table();
    let passphrase = Manifest::read(&keys::folder().unwrap()).unwrap().passphrase;
    let passphrase = Passphrase::new(passphrase);
    let mut wrong = Vec::new();
    for (file, content) in &table {
        let with = file.expect_with_passphrase.as_ref();
        let with = with.map(|expect| (SigningKey::from_encrypted(content, &passphrase), expect));
        let without = (SigningKey::from_bytes(content), &file.expect);
        for (key, expect) in [without].into_iter().chain(with) {
            let outcome = outcome(key);
            if outcome != *expect {
                wrong.push(format!("{}: {outcome}, not {expect}", file.name));
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), table.len(), wrong.join("\n"));
}

#[test]
fn accepted_keys_have_the_expected_fingerprint_and_signature() {
    let folder = keys::folder().unwrap();
    let message = Manifest::read(&folder).unwrap().message.into_bytes();
    for (file, content) in table().into_iter().filter(|(file, _)| file.expect == "accept") {
        let key = SigningKey::from_bytes(&content).unwrap();
        assert_eq!(seen(&key, &message), *file.key.as_ref().unwrap(), "{}", file.name);
        let ring = RingSigner::new(key);
        assert_eq!(seen(&ring, &message), *file.key.as_ref().unwrap(), "{} by ring", file.name);
    }
}

#[test]
fn parsing_takes_less_than_a_second() {
    for (file, content) in table() {
        let before = processor_time();
        let _ = SigningKey::from_bytes(&content);
        // In a release build 100 ms; here nothing but the big numbers is optimised.
        assert!(processor_time() - before < Duration::from_secs(1), "{}", file.name);
    }
}

#[test]
fn errors_do_not_repeat_the_file() {
    for (file, content) in table() {
        let Err(error) = SigningKey::from_bytes(&content) else { continue };
        let shown = format!("{error} {error:?} {:?}", error.hint());
        let text = String::from_utf8_lossy(&content);
        // An error may repeat the labels of PEM, and nothing between them.
        let lines = text.lines().filter(|line| !line.contains("-----"));
        for part in lines.flat_map(|line| line.as_bytes().chunks_exact(16)) {
            let part = String::from_utf8_lossy(part);
            assert!(!shown.contains(part.as_ref()), "{}: {shown}", file.name);
        }
    }
}

/// Returns the processor time of this thread, which does not depend on other processes.
fn processor_time() -> Duration {
    clock_gettime(ClockId::ThreadCPUTime).try_into().unwrap()
}

/// A key is accepted when it signs: whether its factors are prime is checked only then.
fn outcome(key: Result<SigningKey, KeyError>) -> String {
    match key.map(|key| key.sign(b"message")) {
        Ok(Ok(_)) => "accept".to_owned(),
        Ok(Err(error)) => error.code().to_owned(),
        Err(error) => error.code().to_owned(),
    }
}

fn table() -> Vec<(KeyFile, Vec<u8>)> {
    let folder = keys::folder().unwrap();
    let files = Manifest::read(&folder).unwrap().keys.into_iter();
    files
        .map(|file| {
            let content = std::fs::read(folder.join(&file.file)).unwrap();
            (file, content)
        })
        .collect()
}

fn seen(signer: &dyn Signer, message: &[u8]) -> Key {
    let public = signer.public_key();
    let fingerprint = public.fingerprint();
    Key {
        bits: u32::try_from(public.bits()).unwrap(),
        fingerprint: fingerprint.iter().map(|byte| format!("{byte:02x}")).collect(),
        signature: Base64::encode_string(signer.sign(message).unwrap().as_bytes()),
    }
}

//! Secrets in the places where they belong: the search finds what is shown.

use conformance::raw::{Raw, response};
use serde_json::json;

use crate::home::{Home, Observed};
use crate::secrets::Secret;

#[test]
fn secrets_are_found_where_they_belong() {
    let secrets = Secret::all();
    let home = Home::new(&secrets);
    let token = home.token();
    is_only_in(token, Observed::STDOUT, &home.run(&["token", "-vv"], &[], b""));
    is_only_in(token, Observed::STDOUT, &home.run(&["token", "--json", "-vv"], &[], b""));
    let observed = home.run(&["exec", "-vv", "--", "./spy"], &[], b"");
    is_only_in(token, Observed::CHILD_ENVIRONMENT, &observed);

    let arguments = ["settings", "convert", "-vv", "--format", "record", "-f", "canary.key"];
    is_only_in(&secrets[0], Observed::STDOUT, &home.run(&arguments, &[], b""));

    let observed = home.run(&["assertion", "create", "-vv"], &[], b"");
    let text = String::from_utf8_lossy(observed.part(Observed::STDOUT)).trim().to_owned();
    let signature = text.rsplit('.').next().unwrap().to_owned();
    let assertion = Secret::of("assertion", text, signature.as_bytes());
    is_only_in(&assertion, Observed::STDOUT, &observed);
}

#[test]
fn generated_key_is_in_its_file_only() {
    let home = Home::new(&Secret::all());
    for mode in [&[][..], &["--json"], &["-vv"]] {
        let arguments = [&["key", "generate", "new"], mode].concat();
        let observed = home.run(&arguments, &[], b"");
        let key = String::from_utf8(observed.part("file new.key").to_vec()).unwrap();
        is_only_in(&Secret::private_key(&key), "file new.key", &observed);
    }
}

#[test]
fn hub_record_is_printed_without_the_token_of_the_hub() {
    let secrets = Secret::all();
    let (key, passphrase) = (&secrets[0], &secrets[1]);
    let home = Home::new(&secrets);
    let record = json!({ "key": "_a", "value": { "PrivateKey": key.plain() } }).to_string();
    let echo = json!({ "error": format!("{} {}", passphrase.plain(), key.plain()) }).to_string();
    let token = ("ORGTOKEN_HUB_TOKEN".to_owned(), passphrase.plain().to_owned());
    for (status, body, is_printed) in
        [("200 OK", &record, true), ("401 Unauthorized", &echo, false), ("200 OK", &echo, false)]
    {
        let hub = Raw::answering(response(status, "Content-Type: application/json\r\n", body));
        let hub = format!("http://{}", hub.host());
        let arguments = ["settings", "pull", "-vv", "--hub", &hub];
        let observed = home.run(&arguments, std::slice::from_ref(&token), b"");
        if is_printed {
            is_only_in(key, Observed::STDOUT, &observed);
            is_only_in(passphrase, "", &observed);
        }
        let stderr = observed.part(Observed::STDERR);
        assert!(!key.is_in(stderr), "{}", observed.text());
        assert!(!passphrase.is_in(stderr), "{}", observed.text());
    }
}

/// A part that is empty is nowhere.
fn is_only_in(secret: &Secret, part: &str, observed: &Observed) {
    let found = observed.parts.iter().filter(|(_, bytes)| secret.is_in(bytes));
    let found: Vec<_> = found.map(|(part, _)| part.as_str()).collect();
    let expected: Vec<_> = Some(part).filter(|part| !part.is_empty()).into_iter().collect();
    assert_eq!(found, expected, "{}: {}", secret.name, observed.text());
}

//! RSA keys of every accepted size and form.

use base64ct::{Base64, Base64UrlUnpadded, Encoding};
use getrandom::SysRng;
use pkcs8::der::Decode;
use pkcs8::{PrivateKeyInfoRef, pkcs5::pbes2};

use super::rsa::{self, Rsa};
use super::text::pem;
use super::{Bases, PASSPHRASE, Table, der};

pub(super) fn fill(table: &mut Table, bases: &Bases) {
    let Bases { main, others } = bases;
    for key in others.iter().chain([main]) {
        let bits = key.bits();
        let pkcs8_pem = pem("PRIVATE KEY", &key.pkcs8());
        table.accept(&format!("PKCS#8, PEM, {bits} bits"), key, pkcs8_pem);
        let pkcs1_pem = pem("RSA PRIVATE KEY", &key.pkcs1());
        table.accept(&format!("PKCS#1, PEM, {bits} bits"), key, pkcs1_pem);
        table.accept(&format!("PKCS#8, DER, {bits} bits"), key, key.pkcs8());
        table.accept(&format!("PKCS#1, DER, {bits} bits"), key, key.pkcs1());
    }

    table.accept("PKCS#8 with attributes", main, pem("PRIVATE KEY", &with_attributes(main)));
    table.accept("bare base64 of PKCS#8", main, Base64::encode_string(&main.pkcs8()));
    table.accept("bare base64 of PKCS#1", main, Base64::encode_string(&main.pkcs1()));
    let whole = Base64::encode_string(pem("PRIVATE KEY", &main.pkcs8()).as_bytes());
    table.accept("base64 of a whole PEM", main, whole);
    table.accept("JWK, private", main, jwk(main));

    crt_values(table, main);
    encrypted(table, main);
}

/// Wrong CRT values are accepted because they are computed again.
fn crt_values(table: &mut Table, key: &Rsa) {
    table.accept("p and q swapped", key, pem("PRIVATE KEY", &key.swapped().pkcs8()));
    for (name, at) in [("dP wrong", 6), ("dQ wrong", 7), ("qInv wrong", 8)] {
        let mut numbers = key.numbers();
        numbers[at] = numbers[3].clone();
        numbers[at].truncate(100);
        table.accept(name, key, pem("RSA PRIVATE KEY", &rsa::pkcs1(&numbers)));
    }
}

fn encrypted(table: &mut Table, key: &Rsa) {
    let pkcs8 = key.pkcs8();
    let info = PrivateKeyInfoRef::from_der(&pkcs8).expect("PKCS#8 by hand is PKCS#8");
    let salt = *b"test-only salt..";
    let pbkdf2 = pbes2::Parameters::generate_pbkdf2_sha256_aes256cbc(2048, &salt, salt);
    let scrypt = pbes2::Parameters::generate_scrypt(&mut SysRng);
    for (name, parameters) in
        [("PBES2 with PBKDF2 and AES-256", pbkdf2), ("PBES2 with scrypt", scrypt)]
    {
        let parameters = parameters.expect("these parameters are allowed");
        let document = info.encrypt_with_params(parameters, PASSPHRASE).expect("it encrypts");
        table.encrypted(name, key, pem("ENCRYPTED PRIVATE KEY", document.as_bytes()));
    }
}

/// PKCS#8 with a key usage attribute, like exports from Windows.
fn with_attributes(key: &Rsa) -> Vec<u8> {
    let usage = b"\x06\x03\x55\x1d\x0f";
    let values = der::tagged(0x31, &der::tagged(0x03, &[0x07, 0x80]));
    let attributes = der::tagged(0xa0, &der::sequence(&[usage, &values]));
    der::sequence(&[
        &der::unsigned(&[]),
        &der::algorithm(der::RSA, der::NULL),
        &der::octets(&key.pkcs1()),
        &attributes,
    ])
}

/// [RFC 7517, Section 9.3](https://www.rfc-editor.org/rfc/rfc7517#section-9.3), without an id.
fn jwk(key: &Rsa) -> String {
    let names = ["n", "e", "d", "p", "q", "dp", "dq", "qi"];
    let mut members = serde_json::Map::new();
    members.insert("kty".into(), "RSA".into());
    for (name, number) in names.into_iter().zip(&key.numbers()[1..]) {
        members.insert(name.into(), Base64UrlUnpadded::encode_string(number).into());
    }
    serde_json::Value::Object(members).to_string()
}

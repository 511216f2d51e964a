//! Inputs that are not usable keys: the error names the kind of input and the command that helps.

use base64ct::{Base64, Encoding};
use orgtoken_assertion::Diagnostic;

use crate::der::{NULL, RSA_ENCRYPTION, RSA_PSS, bits, element, octets, sequence};
use crate::keys::{KEY, pem};
use crate::refused::{assert_silent, refusal};

#[test]
fn inputs_that_are_not_rsa_private_keys_are_named() {
    let secret = octets(&[0x5a; 32]);
    let oid = |bytes: &[u8]| element(0x06, bytes);
    let ec_oid = oid(b"\x2a\x86\x48\xce\x3d\x02\x01");
    let p256 = oid(b"\x2a\x86\x48\xce\x3d\x03\x01\x07");
    let pkcs8 =
        |algorithm: &[&[u8]]| sequence(&[&[2, 1, 0], &sequence(algorithm), &octets(&secret)]);
    let sec1 = sequence(&[&[2, 1, 1], &secret, &element(0xa0, &p256)]);
    let integer: &[u8] = &[2, 1, 7];
    let dsa = sequence(&[&[2, 1, 0], integer, integer, integer, integer, integer]);
    let rsa_pss = |parameters: &[u8]| {
        sequence(&[&[2, 1, 0], &sequence(&[RSA_PSS, parameters]), &octets(&KEY.pkcs1())])
    };
    let name = sequence(&[]);
    let algorithm = sequence(&[RSA_ENCRYPTION, NULL]);
    let signed = |tbs: &[&[u8]]| sequence(&[&sequence(tbs), &algorithm, &bits(&[1, 2, 3])]);
    let v3 = signed(&[
        &element(0xa0, &[2, 1, 2]),
        integer,
        &algorithm,
        &name,
        &name,
        &name,
        &KEY.spki(),
    ]);
    let v1 = signed(&[integer, &algorithm, &name, &name, &name, &KEY.spki()]);
    let request = signed(&[&[2, 1, 0], &name, &KEY.spki(), &element(0xa0, &[])]);
    let pkcs7 = sequence(&[&oid(b"\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02"), &element(0xa0, &[])]);
    let data = sequence(&[&oid(b"\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01"), &element(0xa0, &[])]);
    let pkcs12 = sequence(&[&[2, 1, 3], &data]);
    let public_ec = sequence(&[&sequence(&[&ec_oid, &p256]), &bits(&[4; 65])]);

    for (name, label, der, code, says, hint) in [
        (
            "certificate",
            "CERTIFICATE",
            v3.clone(),
            "key.certificate",
            "but a certificate",
            "upload",
        ),
        (
            "certificate, version 1",
            "CERTIFICATE",
            v1,
            "key.certificate",
            "but a certificate",
            "upload",
        ),
        ("as a private key", "PRIVATE KEY", v3, "key.certificate", "but a certificate", "upload"),
        (
            "request",
            "CERTIFICATE REQUEST",
            request,
            "key.certificate",
            "certificate request",
            "give the private key",
        ),
        ("bundle", "PKCS7", pkcs7, "key.certificate", "certificate", "upload"),
        ("SPKI", "PUBLIC KEY", KEY.spki(), "key.public", "public key", "private key that belongs"),
        ("PKCS#1", "RSA PUBLIC KEY", KEY.public_pkcs1(), "key.public", "public key", "private"),
        ("EC", "PUBLIC KEY", public_ec, "key.public", "public key", "private"),
        ("EC", "PRIVATE KEY", pkcs8(&[&ec_oid, &p256]), "key.algorithm", "(EC)", "openssl req"),
        ("EC, SEC1", "EC PRIVATE KEY", sec1, "key.algorithm", "(EC)", "openssl req"),
        (
            "Ed25519",
            "PRIVATE KEY",
            pkcs8(&[&oid(b"\x2b\x65\x70")]),
            "key.algorithm",
            "Ed25519",
            "openssl",
        ),
        (
            "X25519",
            "PRIVATE KEY",
            pkcs8(&[&oid(b"\x2b\x65\x6e")]),
            "key.algorithm",
            "X25519",
            "openssl",
        ),
        ("DSA", "DSA PRIVATE KEY", dsa, "key.algorithm", "DSA", "openssl req"),
        (
            "unknown",
            "PRIVATE KEY",
            pkcs8(&[&oid(b"\x2b\x01")]),
            "key.algorithm",
            "unknown",
            "openssl",
        ),
        ("RSA-PSS", "PRIVATE KEY", rsa_pss(&[]), "key.algorithm", "RSA-PSS", "openssl req"),
        (
            "with parameters",
            "PRIVATE KEY",
            rsa_pss(&sequence(&[])),
            "key.algorithm",
            "RSA-PSS",
            "openssl",
        ),
        ("PKCS#12", "PRIVATE KEY", pkcs12, "key.format", "PKCS#12", "openssl pkcs12 -in key.p12"),
    ] {
        let text = pem(label, &der);
        for (shape, input) in [
            ("PEM", text.clone().into_bytes()),
            ("DER", der.clone()),
            ("base64", Base64::encode_string(&der).into_bytes()),
        ] {
            if shape == "base64" && der.len() <= 32 {
                continue; // Too short to be distinguished from a word.
            }
            let name = format!("{name}, {shape}");
            let error = refusal(&name, &input);
            assert_eq!(error.code(), code, "{name}: {error}");
            assert!(error.to_string().contains(says), "{name}: {error}");
            assert!(
                error.hint().is_some_and(|said| said.contains(hint)),
                "{name}: {:?}",
                error.hint()
            );
            assert_silent(&name, &text, &error);
        }
    }
}

#[test]
fn unsupported_containers_are_named() {
    let armoured = |label| pem(label, &[0x5a; 200]);
    let legacy = |headers: &str| {
        let key = pem("RSA PRIVATE KEY", &[0x5a; 600]);
        key.replacen("KEY-----\n", &format!("KEY-----\n{headers}\n\n"), 1)
    };
    let encrypted = "key.encrypted";
    let utf16: Vec<u8> =
        armoured("PRIVATE KEY").encode_utf16().flat_map(u16::to_le_bytes).collect();
    let utf16 = Base64::encode_string(&[b"\xff\xfe", utf16.as_slice()].concat());
    for (name, text, code, says, hint) in [
        (
            "legacy",
            legacy("Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00"),
            encrypted,
            "PEM headers",
            "openssl pkcs8 -in",
        ),
        (
            "no DEK-Info",
            legacy("Proc-Type: 4,ENCRYPTED"),
            encrypted,
            "PEM headers",
            "openssl pkcs8 -in",
        ),
        ("malformed", legacy("DEK-Info: -"), encrypted, "PEM headers", "openssl pkcs8 -in"),
        (
            "one line",
            legacy("Proc-Type: 4,ENCRYPTED").replace('\n', " "),
            encrypted,
            "PEM headers",
            "openssl",
        ),
        (
            "OpenSSH",
            armoured("OPENSSH PRIVATE KEY"),
            "key.format",
            "OpenSSH",
            "ssh-keygen -p -N '' -m PEM -f",
        ),
        (
            "OpenSSH, one line",
            armoured("OPENSSH PRIVATE KEY").replace('\n', "\\n"),
            "key.format",
            "OpenSSH",
            "ssh-keygen",
        ),
        (
            "PuTTY",
            "PuTTY-User-Key-File-3: ssh-rsa\nEncryption: none\n".into(),
            "key.format",
            "PuTTY",
            "puttygen",
        ),
        ("OpenPGP", armoured("PGP PRIVATE KEY BLOCK"), "key.not_a_key", "OpenPGP", "BEGIN"),
        (
            "Java keystore",
            "\u{0}".into(),
            "key.not_a_key",
            "not a private key",
            "BEGIN PRIVATE KEY",
        ),
        (
            "OpenSSH public",
            "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABgQC acme".into(),
            "key.public",
            "public key",
            "private",
        ),
        (
            "SSH2 public",
            "---- BEGIN SSH2 PUBLIC KEY ----\nAAAA\n".into(),
            "key.public",
            "public key",
            "private",
        ),
        (
            "JWK of EC",
            r#"{"kty":"EC","crv":"P-256","d":"AQAB"}"#.into(),
            "key.algorithm",
            "EC",
            "openssl req",
        ),
        (
            "JWK of a secret",
            r#"{"kty":"oct","k":"AQAB"}"#.into(),
            "key.algorithm",
            "oct",
            "openssl req",
        ),
        (
            "JWK without d",
            r#"{"kty":"RSA","n":"AQAB","e":"AQAB"}"#.into(),
            "key.public",
            "public key",
            "private",
        ),
        (
            "JWK with oth",
            r#"{"kty":"RSA","n":"AQAB","e":"AQAB","d":"AQAB","oth":[]}"#.into(),
            "key.multiprime",
            "two primes",
            "openssl req",
        ),
        (
            "path",
            "/etc/ssl/private/salesforce.key".into(),
            "key.not_a_key",
            "a path or URL",
            "content of that file",
        ),
        (
            "relative path",
            "keys/salesforce/server.key".into(),
            "key.not_a_key",
            "a path or URL",
            "content",
        ),
        ("Windows path", r"C:\new\server.key".into(), "key.not_a_key", "a path or URL", "content"),
        (
            "URL",
            "https://acme.example/keys/server".into(),
            "key.not_a_key",
            "a path or URL",
            "content",
        ),
        (
            "a word",
            "correct horse battery staple".into(),
            "key.not_a_key",
            "not a private key",
            "BEGIN PRIVATE KEY",
        ),
        (
            "a word in base64",
            "aGVsbG8gd29ybGQsIHRoaXMgaXMgbm8ga2V5IGF0IGFsbCwgc29ycnk=".into(),
            "key.not_a_key",
            "not a private key",
            "BEGIN",
        ),
        (
            "a set of JWKs",
            r#"{"keys":[{"kty":"RSA"}]}"#.into(),
            "key.format",
            "a set of JWKs",
            "jq",
        ),
        (
            "SSH2",
            "---- BEGIN SSH2 ENCRYPTED PRIVATE KEY ----\nAAAA\n".into(),
            "key.pem",
            "line 1",
            "copy all",
        ),
        (
            "PuTTY, Ed25519",
            "PuTTY-User-Key-File-3: ssh-ed25519\nEncryption: none\n".into(),
            "key.algorithm",
            "Ed25519",
            "openssl req",
        ),
        (
            "Ansible vault",
            "$ANSIBLE_VAULT;1.1;AES256\n3234\n".into(),
            "key.not_a_key",
            "an Ansible vault",
            "BEGIN",
        ),
        (
            "no-break space",
            "-----BEGIN\u{a0}PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY-----\n".into(),
            "key.pem",
            "character U+00A0 at line 1",
            "copy the key again",
        ),
        (
            "BEGIN and END alone",
            "-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----\n".into(),
            "key.empty",
            "empty",
            "BEGIN",
        ),
        (
            "the first line alone",
            "-----BEGIN PRIVATE KEY-----".into(),
            "key.truncated",
            "END line is missing",
            "copy all",
        ),
        ("hidden by a pipeline", "***".into(), "key.not_a_key", "a placeholder", "fill in"),
        (
            "an unexpanded variable",
            "${{ secrets.KEY }}".into(),
            "key.not_a_key",
            "a placeholder",
            "fill in",
        ),
        ("in brackets", "<your private key>".into(), "key.not_a_key", "a placeholder", "fill in"),
        (
            "JavaScript without a value",
            "undefined".into(),
            "key.not_a_key",
            "a placeholder",
            "fill in",
        ),
        (
            "hidden in its armour",
            "-----BEGIN PRIVATE KEY-----\n***\n***\n-----END PRIVATE KEY-----\n".into(),
            "key.not_a_key",
            "a placeholder",
            "fill in",
        ),
        (
            "a web page",
            "<!DOCTYPE html><html></html>".into(),
            "key.not_a_key",
            "a web page",
            "BEGIN",
        ),
        (
            "a JWT",
            "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJ4In0.c2ln".into(),
            "key.not_a_key",
            "a JWT",
            "BEGIN",
        ),
        ("a consumer key", "3MVG9SOw8KERNN0".into(), "key.not_a_key", "a consumer key", "BEGIN"),
        ("parameters", pem("DH PARAMETERS", &[0x30, 0]), "key.not_a_key", "parameters", "BEGIN"),
        (
            "an age identity",
            "# created: 2024-01-01T00:00:00Z\nAGE-SECRET-KEY-1".into(),
            "key.not_a_key",
            "age",
            "BEGIN",
        ),
        ("OpenPGP, encrypted", armoured("PGP MESSAGE"), "key.not_a_key", "OpenPGP", "BEGIN"),
        ("openssl enc", "U2FsdGVkX1/O1nGyfqLD".into(), "key.not_a_key", "openssl enc", "BEGIN"),
        (
            "sops",
            "key: ENC[AES256_GCM,data:abcd,type:str]\nsops:\n".into(),
            "key.not_a_key",
            "sops",
            "BEGIN",
        ),
        (
            ".NET",
            "<RSAKeyValue><Modulus>AQAB</Modulus></RSAKeyValue>".into(),
            "key.not_a_key",
            ".NET",
            "BEGIN",
        ),
        (
            "certificate of SSH",
            "ssh-rsa-cert-v01@openssh.com AAAA acme".into(),
            "key.public",
            "public",
            "private",
        ),
        ("base64 of UTF-16", utf16, "key.pem", "UTF-16", "iconv"),
        (
            "JSON",
            r#"{"username":"user@acme.com"}"#.into(),
            "key.not_a_key",
            "not a private key",
            "BEGIN PRIVATE KEY",
        ),
    ] {
        let error = refusal(name, text.as_bytes());
        assert_eq!(error.code(), code, "{name}: {error}");
        assert!(error.to_string().contains(says), "{name}: {error}");
        assert!(error.hint().is_some_and(|said| said.contains(hint)), "{name}: {:?}", error.hint());
        assert_silent(name, &text, &error);
    }
}

#[test]
fn binary_input_that_is_not_der_is_refused() {
    for (name, bytes, code) in [
        ("Java keystore", &b"\xfe\xed\xfe\xed\0\0\0\x02"[..], "key.format"),
        ("OpenSSH without its armour", b"openssh-key-v1\0\0\0\0\x04none", "key.format"),
        ("gzip", b"\x1f\x8b\x08\0\0\0\0\0", "key.not_a_key"),
        ("zeros", &[0; 64], "key.not_a_key"),
    ] {
        assert_eq!(refusal(name, bytes).code(), code, "{name}");
    }
}

#[test]
fn encrypted_keys_are_refused_without_a_derivation() {
    // Were the derivation run, this count would take an hour.
    let pbkdf2 = sequence(&[
        b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x05\x0c",
        &sequence(&[&octets(&[7; 16]), &[2, 4, 0x7f, 0xff, 0xff, 0xff]]),
    ]);
    let scheme = |oid: &[u8], parameters: &[u8]| {
        sequence(&[&sequence(&[oid, parameters]), &octets(&[0x5a; 1232])])
    };
    let pbes2 = scheme(b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x05\x0d", &sequence(&[&pbkdf2]));
    let pbes1 = scheme(b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x05\x03", &sequence(&[]));
    let triple_des = scheme(b"\x06\x0a\x2a\x86\x48\x86\xf7\x0d\x01\x0c\x01\x03", &sequence(&[]));
    let rc2 = scheme(b"\x06\x0a\x2a\x86\x48\x86\xf7\x0d\x01\x0c\x01\x06", &sequence(&[]));
    let unknown = scheme(b"\x06\x02\x2b\x01", NULL);
    for (name, der, hint) in [
        ("PBES2", pbes2, "give its passphrase"),
        ("PBES1", pbes1, "openssl pkcs8 -in key.pem"),
        ("3DES of PKCS#12", triple_des, "openssl pkcs8 -in key.pem"),
        ("RC2 of PKCS#12", rc2, "openssl pkcs8 -in key.pem"),
        ("unknown", unknown, "openssl pkcs8 -in key.pem"),
    ] {
        let error = refusal(name, pem("ENCRYPTED PRIVATE KEY", &der).as_bytes());
        assert_eq!(error.code(), "key.encrypted", "{name}: {error}");
        assert!(error.hint().is_some_and(|said| said.contains(hint)), "{name}: {:?}", error.hint());
    }
}

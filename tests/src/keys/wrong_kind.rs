//! Files that are not RSA private keys, and the code of their error.

use anyhow::Result;
use base64ct::{Base64, Base64UrlUnpadded, Encoding};
use rcgen::{CertificateParams, KeyPair};

use super::Table;
use super::der::{self, NULL};
use super::rsa::Rsa;
use super::text::pem;

pub(super) fn fill(table: &mut Table, key: &Rsa) -> Result<()> {
    certificates(table, key)?;
    public_keys(table, key);
    other_algorithms(table, key)?;
    other_formats(table, key);
    legacy_encryption(table, key);
    not_keys(table);
    Ok(())
}

fn certificates(table: &mut Table, key: &Rsa) -> Result<()> {
    let pair = KeyPair::from_pkcs8_der_and_sign_algo(&key.pkcs8().into(), &rcgen::PKCS_RSA_SHA256)?;
    let parameters = CertificateParams::new(["acme.example".to_owned()])?;
    let certificate = parameters.self_signed(&pair)?;
    table.refuse("certificate, PEM", "key.certificate", certificate.pem());
    table.refuse("certificate, DER", "key.certificate", certificate.der());
    let request = parameters.serialize_request(&pair)?;
    table.refuse("certificate request, PEM", "key.certificate", request.pem()?);
    table.refuse("certificate request, DER", "key.certificate", request.der());
    Ok(())
}

fn public_keys(table: &mut Table, key: &Rsa) {
    let [_, n, e, ..] = key.numbers();
    let jwk = serde_json::json!({
        "kty": "RSA",
        "n": Base64UrlUnpadded::encode_string(&n),
        "e": Base64UrlUnpadded::encode_string(&e),
    });
    for (name, content) in [
        ("SPKI, PEM", pem("PUBLIC KEY", &key.spki()).into_bytes()),
        ("SPKI, DER", key.spki()),
        ("PKCS#1 public, PEM", pem("RSA PUBLIC KEY", &key.public()).into_bytes()),
        ("PKCS#1 public, DER", key.public()),
        ("JWK, public", jwk.to_string().into_bytes()),
        ("public key of SSH", b"ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABAQ integration\n".to_vec()),
    ] {
        table.refuse(name, "key.public", content);
    }
}

fn other_algorithms(table: &mut Table, key: &Rsa) -> Result<()> {
    let ec = KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256)?;
    let ed25519 = KeyPair::generate_for(&rcgen::PKCS_ED25519)?;
    let sec1 = der::sequence(&[
        &der::unsigned(&[1]),
        &der::octets(&[0x17; 32]),
        &der::tagged(0xa0, der::P256),
        &der::tagged(0xa1, &der::bits(&[0x04; 65])),
    ]);
    let info = |oid: &[u8], parameters: &[u8], content: &[u8]| {
        pem("PRIVATE KEY", &der::private_key_info(&der::algorithm(oid, parameters), content))
    };
    let number = der::unsigned(&[0x17; 32]);
    let dsa_parameters = der::sequence(&[&number, &number, &number]);
    // SHA-256, MGF1 with SHA-256, 32 bytes of salt: RFC 4055, Section 3.1.
    let pss_parameters = der::sequence(&[&der::tagged(0xa2, &der::unsigned(&[32]))]);

    for (name, content) in [
        ("EC, PKCS#8", ec.serialize_pem()),
        ("EC, PKCS#8, DER", Base64::encode_string(&ec.serialize_der())),
        ("EC, SEC1", pem("EC PRIVATE KEY", &sec1)),
        ("EC by its identifier", info(der::EC, der::P256, &sec1)),
        ("Ed25519", ed25519.serialize_pem()),
        ("X25519", info(der::X25519, &[], &der::octets(&[0x17; 32]))),
        ("DSA", info(der::DSA, &dsa_parameters, &number)),
        ("unknown algorithm", info(der::UNKNOWN, NULL, &key.pkcs1())),
        ("JWK, EC", r#"{"kty":"EC","crv":"P-256","x":"AQ","y":"AQ","d":"AQ"}"#.to_owned()),
        ("RSA-PSS with parameters", info(der::RSA_PSS, &pss_parameters, &key.pkcs1())),
        ("RSA-PSS without parameters", info(der::RSA_PSS, &[], &key.pkcs1())),
    ] {
        table.refuse(name, "key.algorithm", content);
    }
    Ok(())
}

fn other_formats(table: &mut Table, key: &Rsa) {
    let mut openssh = b"openssh-key-v1\0\0\0\0\x04none\0\0\0\x04none\0\0\0\0\0\0\0\x01".to_vec();
    openssh.extend(key.public());
    let content = der::tagged(0xa0, &der::octets(&key.pkcs8()));
    let pkcs12 =
        der::sequence(&[&der::unsigned(&[3]), &der::sequence(&[der::PKCS7_DATA, &content])]);
    let putty = format!(
        "PuTTY-User-Key-File-3: ssh-rsa\r\nEncryption: none\r\nComment: integration\r\n\
         Public-Lines: 1\r\n{}\r\n",
        Base64::encode_string(&key.public())
    );
    for (name, content) in [
        ("OpenSSH by hand", pem("OPENSSH PRIVATE KEY", &openssh).into_bytes()),
        ("PuTTY", putty.into_bytes()),
        ("PKCS#12, DER, by hand", pkcs12.clone()),
        ("PKCS#12, base64, by hand", Base64::encode_string(&pkcs12).into_bytes()),
    ] {
        table.refuse(name, "key.format", content);
    }
}

/// PKCS#1 that OpenSSL 1.x has encrypted, and damaged forms of it.
fn legacy_encryption(table: &mut Table, key: &Rsa) {
    let plain = pem("RSA PRIVATE KEY", &key.pkcs1());
    let with = |headers: &str| {
        let begin = "-----BEGIN RSA PRIVATE KEY-----\n";
        plain.replacen(begin, &format!("{begin}{headers}\n"), 1)
    };
    for (name, headers) in [
        (
            "DEK-Info",
            "Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,00112233445566778899AABBCCDDEEFF\n",
        ),
        ("no DEK-Info", "Proc-Type: 4,ENCRYPTED\n"),
        ("malformed DEK-Info", "Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC\n"),
        ("short IV", "Proc-Type: 4,ENCRYPTED\nDEK-Info: DES-EDE3-CBC,0011\n"),
    ] {
        table.never(name, with(headers));
    }
}

fn not_keys(table: &mut Table) {
    for (name, content) in [
        ("a path", "keys/server.key"),
        ("a URL", "https://vault.example/v1/secret/server.key"),
        ("a sentence", "ask Maria for the key"),
        ("hidden by a pipeline", "***"),
        ("an unexpanded variable", "${SF_KEY}"),
        ("a web page", "<!DOCTYPE html><html><body>Sign in</body></html>"),
    ] {
        table.refuse(name, "key.not_a_key", content);
    }
}

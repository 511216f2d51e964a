//! Forms of keys that only OpenSSL or ssh-keygen writes.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};

use super::rsa::Rsa;
use super::text::pem;
use super::{PASSPHRASE, Table, private};

/// The versions of the tools that are installed.
pub(super) fn installed() -> String {
    let openssl = Command::new("openssl").arg("version").output();
    let ssh = Command::new("ssh").arg("-V").output();
    let openssl = openssl.map(|output| output.stdout).unwrap_or_default();
    let ssh = ssh.map(|output| output.stderr).unwrap_or_default();
    String::from_utf8_lossy(&[openssl, ssh].concat()).into_owned()
}

pub(super) fn fill(table: &mut Table, key: &Rsa, tools: &str) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let input = folder.path().join("key.pem");
    private(&input, pem("PRIVATE KEY", &key.pkcs8()).as_bytes())?;
    if tools.contains("OpenSSL 3") {
        rewritten(table, key, &input)?;
        encrypted(table, key, &input)?;
        others(table, &input)?;
    }
    if tools.contains("OpenSSH") {
        openssh(table, &input)?;
    }
    Ok(())
}

fn rewritten(table: &mut Table, key: &Rsa, input: &Path) -> Result<()> {
    for (name, arguments) in [
        ("PKCS#8, PEM, by OpenSSL", "pkcs8 -topk8 -nocrypt"),
        ("PKCS#8, DER, by OpenSSL", "pkcs8 -topk8 -nocrypt -outform DER"),
        ("PKCS#1, PEM, by OpenSSL", "rsa -traditional"),
        ("PKCS#1, DER, by OpenSSL", "rsa -traditional -outform DER"),
        ("the key in words and in PEM, by OpenSSL", "rsa -traditional -text"),
    ] {
        table.accept(name, key, openssl(arguments, input)?);
    }
    Ok(())
}

fn encrypted(table: &mut Table, key: &Rsa, input: &Path) -> Result<()> {
    for (name, arguments) in [
        ("AES-256, PBKDF2 with SHA-256, by OpenSSL", "-v2 aes-256-cbc"),
        ("AES-128, PBKDF2 with SHA-256, by OpenSSL", "-v2 aes-128-cbc"),
        ("AES-256, PBKDF2 with SHA-512, by OpenSSL", "-v2 aes-256-cbc -v2prf hmacWithSHA512"),
        ("AES-256, scrypt, by OpenSSL", "-v2 aes-256-cbc -scrypt"),
        ("AES-256, DER, by OpenSSL", "-v2 aes-256-cbc -outform DER"),
    ] {
        let arguments = format!("pkcs8 -topk8 -passout env:PASSPHRASE {arguments}");
        table.encrypted(name, key, openssl(&arguments, input)?);
    }
    for (name, arguments) in [
        ("3DES with the KDF of PKCS#12, by OpenSSL", "pkcs8 -topk8 -v1 PBE-SHA1-3DES"),
        (
            "PBES1 with DES, by OpenSSL",
            "pkcs8 -topk8 -v1 PBE-MD5-DES -provider legacy -provider default",
        ),
        ("RC2, by OpenSSL", "pkcs8 -topk8 -v2 rc2-40-cbc -provider legacy -provider default"),
        ("AES-256, traditional, by OpenSSL", "rsa -traditional -aes256"),
        ("3DES, traditional, by OpenSSL", "rsa -traditional -des3"),
    ] {
        // OpenSSL without its legacy provider cannot write some of them.
        if let Ok(content) = openssl(&format!("{arguments} -passout env:PASSPHRASE"), input) {
            table.never(name, content);
        }
    }
    Ok(())
}

fn others(table: &mut Table, input: &Path) -> Result<()> {
    let certificate = input.with_extension("crt");
    fs::write(&certificate, openssl("req -new -x509 -days 3 -subj /CN=acme -key", input)?)?;
    let export = Command::new("openssl")
        .args(["pkcs12", "-export", "-passout", "env:PASSPHRASE", "-inkey"])
        .arg(input)
        .arg("-in")
        .arg(&certificate)
        .env("PASSPHRASE", PASSPHRASE)
        .stderr(Stdio::null())
        .output()?;
    table.refuse("PKCS#12, by OpenSSL", "key.format", export.stdout);

    for (name, code, arguments) in [
        ("EC, SEC1, by OpenSSL", "key.algorithm", "ecparam -genkey -noout -name prime256v1"),
        (
            "EC, SEC1 with parameters, by OpenSSL",
            "key.algorithm",
            "ecparam -genkey -name secp384r1",
        ),
        ("X25519, by OpenSSL", "key.algorithm", "genpkey -algorithm X25519"),
        ("Ed448, by OpenSSL", "key.algorithm", "genpkey -algorithm ED448"),
        ("RSA-PSS, by OpenSSL", "key.algorithm", "genpkey -algorithm RSA-PSS"),
        (
            "RSA-PSS with parameters, by OpenSSL",
            "key.algorithm",
            "genpkey -algorithm RSA-PSS -pkeyopt rsa_pss_keygen_md:sha256",
        ),
        ("e = 3, by OpenSSL", "key.exponent", "genrsa -3 2048"),
        ("three primes, by OpenSSL", "key.multiprime", "genrsa -primes 3 2048"),
    ] {
        let content = openssl(arguments, Path::new(""))?;
        table.refuse(name, code, content);
    }
    Ok(())
}

fn openssh(table: &mut Table, input: &Path) -> Result<()> {
    for (name, passphrase) in
        [("OpenSSH, by ssh-keygen", ""), ("OpenSSH with a passphrase, by ssh-keygen", PASSPHRASE)]
    {
        let converted = input.with_extension("ssh");
        fs::copy(input, &converted)?;
        let ended = Command::new("ssh-keygen")
            .args(["-p", "-q", "-P", "", "-N", passphrase, "-f"])
            .arg(&converted)
            .stdout(Stdio::null())
            .status()?;
        ensure!(ended.success(), "ssh-keygen ended with {ended}");
        table.refuse(name, "key.format", fs::read(&converted)?);
        fs::remove_file(converted)?;
    }
    Ok(())
}

/// Returns the output of `openssl ARGUMENTS`. `input` follows `-in`, or a final `-key`.
fn openssl(arguments: &str, input: &Path) -> Result<Vec<u8>> {
    let mut command = Command::new("openssl");
    command.args(arguments.split(' '));
    if input != Path::new("") {
        if !arguments.ends_with("-key") {
            command.arg("-in");
        }
        command.arg(input);
    }
    let output = command.env("PASSPHRASE", PASSPHRASE).output().context("cannot start openssl")?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "openssl {arguments}: {}", said.trim());
    Ok(output.stdout)
}

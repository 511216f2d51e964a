//! Containers of keys that are known and not read, each with the command that gets the key out.

use super::KeyError;
use super::text::find;

/// What the label of a PEM block alone says.
pub(super) fn by_label(label: &str) -> Option<KeyError> {
    Some(match label {
        "PGP MESSAGE" => GPG,
        _ if label.starts_with("PGP ") => OPENPGP,
        "AGE ENCRYPTED FILE" => AGE,
        "SSH2 ENCRYPTED PRIVATE KEY" => SSH_COM,
        "CMS" | "PKCS7" | "TRUSTED CERTIFICATE" | "X509 CRL" => {
            KeyError::Certificate { found: "certificate" }
        }
        _ => return None,
    })
}

/// A key of OpenSSH is told by its content, and where that is damaged, by its label.
pub(super) fn by_label_of_damage(label: &str, error: KeyError) -> KeyError {
    match error {
        KeyError::Algorithm { .. } => error,
        _ if label == "OPENSSH PRIVATE KEY" => OPENSSH,
        _ => error,
    }
}

/// What the first bytes of a file or a text say.
pub(super) fn by_beginning(input: &[u8]) -> Option<KeyError> {
    let (_, error) = BEGINNINGS.iter().find(|(beginning, _)| input.starts_with(beginning))?;
    let algorithm = matches!(*error, OPENSSH | PUTTY).then(|| algorithm(input)).flatten();
    Some(algorithm.map_or_else(|| error.clone(), |found| KeyError::Algorithm { found }))
}

/// What a text without any key is.
pub(super) fn unknown(text: &[u8]) -> KeyError {
    let within = WITHIN.iter().find(|(word, _)| find(text, 0, word).is_some());
    let found = match () {
        () if is_placeholder(text) => Some(PLACEHOLDER),
        () if is_path(text) => Some(PATH),
        () if text.starts_with(b"eyJ") => Some("a JWT"),
        () => None,
    };
    within.map_or(KeyError::NotAKey { found }, |(_, error)| error.clone())
}

/// What pipelines and templates leave where nobody put the key, and logs where they hide it.
pub(super) fn is_placeholder(text: &[u8]) -> bool {
    let is_hidden = |byte: &u8| matches!(byte, b'*' | b'.' | b'x' | b'X' | b' ' | b'\n');
    let frames = [("$", ""), ("{{", "}}"), ("%", "%"), ("<", ">"), ("[", "]"), ("(", ")")];
    let is_framed = |(start, end): (&str, &str)| {
        text.starts_with(start.as_bytes()) && text.ends_with(end.as_bytes())
    };
    !text.contains(&b'\n') && frames.into_iter().any(is_framed)
        || text.iter().all(is_hidden)
        || [&b"undefined"[..], b"null", b"None", b"nil"].contains(&text)
}

fn is_path(text: &[u8]) -> bool {
    let starts = |with: &[u8]| text.starts_with(with);
    let ends = |with: &[u8]| text.ends_with(with);
    !text.contains(&b'\n')
        && (starts(b"/")
            || starts(b".")
            || starts(b"~")
            || starts(b"arn:")
            || starts(b"vault:")
            || matches!(text, [_, b':', ..])
            || find(text, 0, b"://").is_some()
            || [&b".pem"[..], b".key", b".der", b".p8", b".p12", b".pfx"].into_iter().any(ends))
}

/// The algorithm of a key of SSH, where it is not RSA: to convert such a key would help nobody.
fn algorithm(input: &[u8]) -> Option<&'static str> {
    let start = &input[..input.len().min(LONGEST_START)];
    let is = |word: &[u8]| find(start, 0, word).is_some();
    match () {
        () if is(b"ssh-ed25519") => Some("Ed25519"),
        () if is(b"ecdsa-sha2-") => Some("elliptic curves (EC)"),
        () if is(b"ssh-dss") => Some("DSA"),
        () => None,
    }
}

/// The name of the algorithm is before it, in bytes.
const LONGEST_START: usize = 192;

const BEGINNINGS: &[(&[u8], KeyError)] = &[
    (b"$ANSIBLE_VAULT;", VAULT),
    (b"# created: ", AGE_IDENTITY),
    (b"AGE-SECRET-KEY-", AGE_IDENTITY),
    (b"U2FsdGVkX1", OPENSSL_ENC_BASE64),
    (b"Salted__", OPENSSL_ENC),
    (b"<RSAKeyValue", DOTNET_XML),
    (b"version https://git-lfs", GIT_LFS),
    (b"<!DOCTYPE ", KeyError::NotAKey { found: Some("a web page") }),
    (b"<html", KeyError::NotAKey { found: Some("a web page") }),
    (b"Private-Key: (", IN_WORDS),
    (b"RSA Private-Key: (", IN_WORDS),
    (b"0:d=0 ", IN_WORDS),
    (b"3MVG9", KeyError::NotAKey { found: Some("a consumer key") }),
    (b"---- BEGIN SSH2 ENCRYPTED PRIVATE KEY", SSH_COM),
    (b"---- BEGIN SSH2 PUBLIC", KeyError::Public),
    (b"age-encryption.org/", AGE),
    (b"PuTTY-User-Key-File-", PUTTY),
    (b"openssh-key-v1\0", OPENSSH),
    (b"ssh-rsa ", KeyError::Public),
    (b"ssh-rsa-cert-", KeyError::Public),
    (b"ssh-ed25519 ", KeyError::Public),
    (b"ssh-dss ", KeyError::Public),
    (b"ecdsa-sha2-", KeyError::Public),
    (b"sk-ssh-", KeyError::Public),
    (b"sk-ecdsa-", KeyError::Public),
    (b"\xfe\xed\xfe\xed", KEYSTORE),
    (b"\xce\xce\xce\xce", KEYSTORE),
    (b"\x95\x01", OPENPGP),
    (b"\x95\x03", OPENPGP),
    (b"\x99\x01", OPENPGP),
    (b"\x85\x01", GPG),
    (b"\x85\x02", GPG),
    (b"\x8c\x0d", GPG),
    (b"\x1f\x8b", KeyError::NotAKey { found: Some("a compressed file") }),
    (b"PK\x03\x04", KeyError::NotAKey { found: Some("a compressed file") }),
];

/// What is found anywhere in the text, not only where it begins.
const WITHIN: &[(&[u8], KeyError)] = &[
    (b"ENC[AES256_GCM,", SOPS),
    (b"kind: SealedSecret", KeyError::NotAKey { found: Some("a sealed secret of Kubernetes") }),
];

pub(super) const PATH: &str = "a path or URL";
pub(super) const PLACEHOLDER: &str = "a placeholder";
/// No command makes a private key for RSA out of it.
pub(super) const NEW_KEY: &str = "openssl req -x509 -newkey rsa:2048 -nodes -days 730 -subj \
    /CN=orgtoken -keyout key.pem -out certificate.pem";

const AGE: KeyError = KeyError::Format {
    found: "a file that age encrypted",
    command: "age --decrypt -i identity.txt -o key.pem key.pem.age",
};
const AGE_IDENTITY: KeyError = KeyError::Algorithm { found: "age" };
const DOTNET_XML: KeyError = KeyError::Format {
    found: "a key in the XML of .NET",
    command: "pwsh -c '$key = [Security.Cryptography.RSA]::Create(); $key.FromXmlString((Get-Content \
        -Raw key.xml)); $key.ExportPkcs8PrivateKeyPem()' >key.pem",
};
const GIT_LFS: KeyError =
    KeyError::Format { found: "a pointer of Git LFS", command: "git lfs pull" };
const GPG: KeyError = KeyError::Format {
    found: "a file that OpenPGP encrypted",
    command: "gpg --decrypt --output key.pem key.pem.gpg",
};
const IN_WORDS: KeyError = KeyError::NotAKey { found: Some("a key that was printed for people") };
const KEYSTORE: KeyError = KeyError::Format {
    found: "a Java keystore",
    command: "keytool -importkeystore -srckeystore key.jks -destkeystore key.p12 \
        -deststoretype PKCS12 && openssl pkcs12 -in key.p12 -nocerts -nodes -out key.pem",
};
const OPENPGP: KeyError = KeyError::Format { found: "an OpenPGP key", command: NEW_KEY };
const OPENSSL_ENC: KeyError = KeyError::Format {
    found: "a file that `openssl enc` encrypted",
    command: "openssl enc -d -aes-256-cbc -pbkdf2 -in key.enc -out key.pem",
};
const OPENSSL_ENC_BASE64: KeyError = KeyError::Format {
    found: "a file that `openssl enc` encrypted",
    command: "openssl enc -d -a -aes-256-cbc -pbkdf2 -in key.enc -out key.pem",
};
const OPENSSH: KeyError = KeyError::Format {
    found: "an OpenSSH private key",
    command: "cp key key.pem && ssh-keygen -p -N '' -m PEM -f key.pem",
};
pub(super) const PKCS12: KeyError = KeyError::Format {
    found: "a PKCS#12 bundle",
    command: "openssl pkcs12 -in key.p12 -nocerts -nodes -out key.pem",
};
const SSH_COM: KeyError = KeyError::Format {
    found: "a private key of SSH Communications Security",
    command: "puttygen key -O private-openssh -o key.pem",
};
const SOPS: KeyError = KeyError::Format {
    found: "a file that sops encrypted",
    command: "sops --decrypt key.enc >key.pem",
};
const VAULT: KeyError = KeyError::Format {
    found: "an Ansible vault",
    command: "ansible-vault view key.pem >plain.pem",
};
const PUTTY: KeyError = KeyError::Format {
    found: "a PuTTY private key",
    command: "puttygen key.ppk -O private-openssh -o key.pem",
};

//! Containers of keys that are known and not read, each with the command that gets the key out.

use super::KeyError;
use super::text::find;

/// What the label of a PEM block alone says.
pub(super) fn by_label(label: &str) -> Option<KeyError> {
    Some(match label {
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

const BEGINNINGS: [(&[u8], KeyError); 15] = [
    (b"$ANSIBLE_VAULT;", VAULT),
    (b"---- BEGIN SSH2 ENCRYPTED PRIVATE KEY", SSH_COM),
    (b"---- BEGIN SSH2 PUBLIC", KeyError::Public),
    (b"age-encryption.org/", AGE),
    (b"PuTTY-User-Key-File-", PUTTY),
    (b"openssh-key-v1\0", OPENSSH),
    (b"ssh-rsa ", KeyError::Public),
    (b"ssh-ed25519 ", KeyError::Public),
    (b"ssh-dss ", KeyError::Public),
    (b"ecdsa-sha2-", KeyError::Public),
    (b"sk-ssh-", KeyError::Public),
    (b"sk-ecdsa-", KeyError::Public),
    (b"\xfe\xed\xfe\xed", KEYSTORE),
    (b"\xce\xce\xce\xce", KEYSTORE),
    (b"\x95\x03", OPENPGP),
];

const AGE: KeyError = KeyError::Format {
    found: "a file that age encrypted",
    command: "age --decrypt -i identity.txt -o key.pem key.pem.age",
};
const KEYSTORE: KeyError = KeyError::Format {
    found: "a Java keystore",
    command: "keytool -importkeystore -srckeystore key.jks -destkeystore key.p12 \
        -deststoretype PKCS12 && openssl pkcs12 -in key.p12 -nocerts -nodes -out key.pem",
};
const OPENPGP: KeyError = KeyError::Format {
    found: "an OpenPGP key",
    command: "openssl req -x509 -newkey rsa:2048 -nodes -days 730 -subj /CN=orgtoken \
        -keyout key.pem -out certificate.pem",
};
const OPENSSH: KeyError = KeyError::Format {
    found: "an OpenSSH private key",
    command: "cp key key.pem && ssh-keygen -p -m PEM -f key.pem",
};
pub(super) const PKCS12: KeyError = KeyError::Format {
    found: "a PKCS#12 bundle",
    command: "openssl pkcs12 -in key.p12 -nocerts -nodes -out key.pem",
};
const SSH_COM: KeyError = KeyError::Format {
    found: "a private key of SSH Communications Security",
    command: "puttygen key -O private-openssh -o key.pem",
};
const VAULT: KeyError = KeyError::Format {
    found: "an Ansible vault",
    command: "ansible-vault view key.pem >plain.pem",
};
const PUTTY: KeyError = KeyError::Format {
    found: "a PuTTY private key",
    command: "puttygen key.ppk -O private-openssh -o key.pem",
};

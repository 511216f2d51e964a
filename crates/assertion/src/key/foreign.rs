//! Containers of keys that are known and not read, each with the command that gets the key out.

use super::KeyError;
use super::text::find;

/// What the label of a PEM block alone says.
pub(super) fn by_label(label: &str) -> Option<KeyError> {
    Some(match label {
        "OPENSSH PRIVATE KEY" => OPENSSH,
        _ if label.starts_with("PGP ") => OPENPGP,
        "CMS" | "PKCS7" | "TRUSTED CERTIFICATE" | "X509 CRL" => {
            KeyError::Certificate { found: "certificate" }
        }
        _ => return None,
    })
}

/// What the first bytes of a file or a text say.
pub(super) fn by_beginning(input: &[u8]) -> Option<KeyError> {
    BEGINNINGS
        .iter()
        .find(|(beginning, _)| input.starts_with(beginning))
        .map(|(_, error)| error.clone())
        .or_else(|| find(input, 0, b"---- BEGIN SSH2 ").map(|_| KeyError::Public))
}

const BEGINNINGS: [(&[u8], KeyError); 11] = [
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
const PUTTY: KeyError = KeyError::Format {
    found: "a PuTTY private key",
    command: "puttygen key.ppk -O private-openssh -o key.pem",
};

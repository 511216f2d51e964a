use super::{Cause, Entry, Fix};
use crate::refusal::RefusalClass::{JustChanged, Permanent, Transient};

pub(super) const ENTRIES: &[Entry] = &[
    Entry {
        code: "net.dns",
        title: "ENOTFOUND, NXDOMAIN: the host is not known",
        codes: &["ENOTFOUND", "EAI_AGAIN", "NXDOMAIN"],
        texts: &[
            "enotfound",
            "eai_again",
            "nxdomain",
            "could not resolve host",
            "name or service not known",
            "no such host",
            "failed to resolve",
            "nodename nor servname",
            "unknownhostexception",
            "temporary failure in name resolution",
        ],
        near: &["dns"],
        class: JustChanged,
        meaning: "no address is known for this host",
        first: "check the spelling of the My Domain in Setup > My Domain",
        causes: &[
            Cause {
                what: "The My Domain is misspelt, or was renamed.",
                tell: "Setup > My Domain shows another.",
            },
            Cause {
                what: "The org or its My Domain is minutes old.",
                tell: "It was made just now. Wait ten minutes.",
            },
            Cause {
                what: "This machine reaches the world through a proxy only.",
                tell: "Other public hosts are not known either.",
            },
        ],
        fix: Fix::Any(&[
            "Correct the login URL.",
            "Behind a proxy, set `HTTPS_PROXY` or `--proxy`.",
        ]),
    },
    Entry {
        code: "net.connect",
        title: "ECONNRESET, ETIMEDOUT, ECONNREFUSED: no connection",
        codes: &["ECONNRESET", "ETIMEDOUT", "ECONNREFUSED", "EHOSTUNREACH", "ENETUNREACH", "EPIPE"],
        texts: &[
            "econnreset",
            "etimedout",
            "econnrefused",
            "connection reset",
            "connection refused",
            "connection timed out",
            "connect timed out",
            "read timed out",
            "socket hang up",
            "network is unreachable",
            "operation timed out",
        ],
        near: &["timeout", "connection"],
        class: Transient,
        meaning: "the host could not be reached, or the connection broke",
        first: "try again, and check firewall and proxy if it stays",
        causes: &[
            Cause { what: "A passing fault of the network.", tell: "The next attempt works." },
            Cause {
                what: "A firewall lets nobody out, or only through a proxy.",
                tell: "`curl -I https://login.salesforce.com` fails too.",
            },
        ],
        fix: Fix::Any(&[
            "Allow this machine to reach the My Domain on port 443.",
            "Behind a proxy, set `HTTPS_PROXY` or `--proxy`.",
        ]),
    },
    Entry {
        code: "tls.cert",
        title: "self-signed certificate in certificate chain, unknown CA",
        codes: &[
            "SELF_SIGNED_CERT_IN_CHAIN",
            "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
            "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
            "DEPTH_ZERO_SELF_SIGNED_CERT",
            "CERT_HAS_EXPIRED",
        ],
        texts: &[
            "self signed certificate",
            "self-signed certificate",
            "self_signed_cert",
            "unable to get local issuer",
            "unable to verify the first certificate",
            "certificate verify failed",
            "unknown issuer",
            "unknownissuer",
            "unknown ca",
            "pkix path building failed",
            "certificate signed by unknown authority",
        ],
        near: &["ssl", "tls", "issuer"],
        class: Permanent,
        meaning: "whoever answered could not prove to be Salesforce: mostly a proxy that opens TLS",
        first: "give the root certificate of your company's proxy by `--ca-file` or `SSL_CERT_FILE`",
        causes: &[
            Cause {
                what: "A proxy opens TLS and signs with a root of its own.",
                tell: "`orgtoken doctor` shows the issuer: it is your company's, not a public one.",
            },
            Cause {
                what: "This machine has no roots, or old ones.",
                tell: "Other public hosts fail as well. In a container, `ca-certificates` is missing.",
            },
            Cause {
                what: "The clock of this machine is wrong by months.",
                tell: "`date` shows it.",
            },
        ],
        fix: Fix::Any(&[
            "Ask whoever runs the proxy for its root certificate, and name the file with `--ca-file`.",
            "Do not turn off verification: whoever answers would get the assertion.",
        ]),
    },
    Entry {
        code: "key.form",
        title: "The private key cannot be read",
        codes: &["ERR_OSSL_UNSUPPORTED", "ERR_OSSL_PEM_NO_START_LINE"],
        texts: &[
            "pem routines",
            "no start line",
            "decoder routines",
            "bad decrypt",
            "secretorprivatekey",
            "could not deserialize key",
            "could not parse the provided public key",
            "unable to load private key",
            "not a valid private key",
            "invalidkeyexception",
            "invalidkeyspecexception",
        ],
        near: &["pem", "pkcs", "passphrase"],
        class: Permanent,
        meaning: "nothing was sent: the tool could not read its private key",
        first: "run `orgtoken key inspect` on the file: it says what the file is and what is missing",
        causes: &[
            Cause {
                what: "The file is the certificate, or the public key.",
                tell: "It begins with `-----BEGIN CERTIFICATE` or `-----BEGIN PUBLIC KEY`.",
            },
            Cause {
                what: "The key is encrypted, and no passphrase was given.",
                tell: "It begins with `-----BEGIN ENCRYPTED PRIVATE KEY`.",
            },
            Cause {
                what: "Line breaks were lost, in a variable or a secret store.",
                tell: "It is one line, or has `\\n` in it as two characters.",
            },
            Cause {
                what: "It is no RSA key.",
                tell: "It begins with `-----BEGIN EC PRIVATE KEY` or `-----BEGIN OPENSSH PRIVATE KEY`.",
            },
        ],
        fix: Fix::Any(&["Give the RSA private key that belongs to the certificate on the app."]),
    },
    Entry {
        code: "key.missing",
        title: "ENOENT: the key file is not there",
        codes: &["ENOENT", "EACCES"],
        texts: &["enoent", "no such file or directory", "permission denied"],
        near: &[],
        class: Permanent,
        meaning: "nothing was sent: the tool could not open a file, most likely its private key",
        first: "check the path of the key file, and who may read it",
        causes: &[
            Cause {
                what: "The path is relative, and the working directory is another.",
                tell: "It works from another directory: write the whole path.",
            },
            Cause { what: "The file belongs to another user.", tell: "`ls -l` shows it." },
        ],
        fix: Fix::Any(&[
            "Write the whole path, and let the user that runs the program own the file (0600).",
        ]),
    },
];

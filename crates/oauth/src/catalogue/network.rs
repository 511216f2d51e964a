use super::{Entry, Fix, Indicator, cause};
use crate::refusal::RefusalClass::{Permanent, PropagationDelay, Transient};

pub(super) const ENTRIES: &[Entry] = &[
    Entry {
        code: "net.dns",
        title: "ENOTFOUND, NXDOMAIN: the host is not known",
        codes: &["ENOTFOUND", "EAI_AGAIN", "NXDOMAIN"],
        texts: &[],
        class: PropagationDelay,
        meaning: "no address is known for this host",
        first: "check the spelling of the My Domain in Setup > My Domain",
        causes: &[
            cause("The My Domain is misspelt, or was renamed.", "Setup > My Domain shows another."),
            cause(
                "The org or its My Domain is minutes old.",
                "It was just created. Wait ten minutes.",
            )
            .indicator(Indicator::FreshlyMade),
            cause(
                "This machine reaches the internet only through a proxy.",
                "Other public hosts cannot be resolved either.",
            ),
        ],
        fix: Fix::Any(&["Correct the login URL.", "Behind a proxy, set `HTTPS_PROXY` or `proxy`."]),
    },
    Entry {
        code: "net.connect",
        title: "ECONNRESET, ETIMEDOUT, ECONNREFUSED: no connection",
        codes: &["ECONNRESET", "ETIMEDOUT", "ECONNREFUSED", "EHOSTUNREACH", "ENETUNREACH", "EPIPE"],
        texts: &[],
        class: Transient,
        meaning: "the host could not be reached, or the connection broke",
        first: "try again, and check firewall and proxy if it persists",
        causes: &[
            cause("A temporary network fault.", "The next attempt works."),
            cause(
                "A firewall blocks connections, or allows them only through a proxy.",
                "`curl -I https://login.salesforce.com` fails too.",
            ),
        ],
        fix: Fix::Any(&[
            "Allow this machine to reach the My Domain on port 443.",
            "Behind a proxy, set `HTTPS_PROXY` or `proxy`.",
        ]),
    },
    Entry {
        code: "proxy.auth",
        title: "407 Proxy Authentication Required",
        codes: &["407"],
        texts: &[],
        class: Permanent,
        meaning: "nothing reached Salesforce: the proxy requires a user name and a password",
        first: "put both into the proxy URL: `HTTPS_PROXY=http://USER:PASSWORD@HOST:PORT`",
        causes: &[
            cause(
                "The proxy URL has no user name and password, or outdated ones.",
                "`orgtoken doctor` shows which proxy is used, and where its URL is set.",
            ),
            cause(
                "The proxy requires NTLM or Kerberos.",
                "`curl -v` through the proxy shows `Proxy-Authenticate: NTLM` or `Negotiate`. \
                 Only `Basic` is supported.",
            ),
        ],
        fix: Fix::Any(&[
            "Write special characters of the password as in a URL: `@` is `%40`.",
            "Or ask the administrator of the proxy to allow `*.my.salesforce.com` without authentication.",
        ]),
    },
    Entry {
        code: "proxy.connect",
        title: "Unable to connect to proxy",
        codes: &["ERR_PROXY_CONNECTION_FAILED", "ERR_TUNNEL_CONNECTION_FAILED"],
        texts: &[],
        class: Permanent,
        meaning: "nothing reached Salesforce: the proxy is not reachable, or blocks the connection",
        first: "check `HTTPS_PROXY` and `NO_PROXY`, then whether the proxy allows this host",
        causes: &[
            cause(
                "The proxy setting names a proxy that does not exist.",
                "`env | grep -i proxy` shows it; `orgtoken doctor` shows which is used.",
            ),
            cause(
                "The proxy has a list of hosts, and the My Domain is not on it.",
                "Its answer to `CONNECT` is 403.",
            ),
        ],
        fix: Fix::Any(&[
            "Correct or unset `HTTPS_PROXY`; the setting `proxy` overrides it.",
            "Ask the administrator of the proxy to allow `*.my.salesforce.com:443`.",
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
            "ERR_TLS_CERT_ALTNAME_INVALID",
        ],
        texts: &[],
        class: Permanent,
        meaning: "the server did not prove to be Salesforce, mostly because a proxy inspects TLS",
        first: "name the file with the root certificate of your company's proxy in `ca_file` or `SSL_CERT_FILE`",
        causes: &[
            cause(
                "A proxy inspects TLS and signs with its own root.",
                "`orgtoken doctor` shows the issuer: it is your company's, not a public one.",
            ),
            cause(
                "This machine has no root certificates, or outdated ones.",
                "Other public hosts fail as well. In a container, `ca-certificates` is missing.",
            ),
            cause("The clock of this machine is wrong by months.", "`date` shows it.")
                .indicator(Indicator::ClockWrong),
        ],
        fix: Fix::Any(&[
            "Ask the administrator of the proxy for its root certificate, and name the file in `ca_file`.",
            "Do not turn off verification: any server in between would get the assertion.",
        ]),
    },
    Entry {
        code: "tls.version",
        title: "Stronger security is required",
        codes: &["UNSUPPORTED_CLIENT"],
        texts: &[],
        class: Permanent,
        meaning: "the client uses a TLS version that Salesforce no longer supports; the minimum is 1.2",
        first: "update the tool, or its runtime",
        causes: &[
            cause(
                "An old runtime: Java 7, .NET 4.5, OpenSSL 1.0.",
                "`orgtoken doctor` from the same machine connects.",
            ),
            cause(
                "A proxy that inspects TLS uses an old version towards Salesforce.",
                "`orgtoken doctor` from the same machine fails as well, and names the issuer.",
            ),
        ],
        fix: Fix::Any(&["Use a client with TLS 1.2 or 1.3."]),
    },
    Entry {
        code: "key.form",
        title: "The private key cannot be read",
        codes: &["ERR_OSSL_UNSUPPORTED", "ERR_OSSL_PEM_NO_START_LINE"],
        texts: &[],
        class: Permanent,
        meaning: "nothing was sent: the tool could not read its private key",
        first: "run `orgtoken key inspect` on the file: it shows what the file is and what is missing",
        causes: &[
            cause(
                "The file is the certificate, or the public key.",
                "It begins with `-----BEGIN CERTIFICATE` or `-----BEGIN PUBLIC KEY`.",
            ),
            cause(
                "The key is encrypted, and no passphrase was given.",
                "It begins with `-----BEGIN ENCRYPTED PRIVATE KEY`.",
            ),
            cause(
                "Line breaks were lost, in a variable or a secret store.",
                "It is one line, or has `\\n` in it as two characters.",
            ),
            cause(
                "It is not an RSA key.",
                "It begins with `-----BEGIN EC PRIVATE KEY` or `-----BEGIN OPENSSH PRIVATE KEY`.",
            ),
        ],
        fix: Fix::Any(&["Give the RSA private key that belongs to the certificate on the app."]),
    },
    Entry {
        code: "key.missing",
        title: "ENOENT: the key file is not there",
        codes: &["ENOENT", "EACCES"],
        texts: &[],
        class: Permanent,
        meaning: "nothing was sent: the tool could not open a file, most likely its private key",
        first: "check the path of the key file, and who may read it",
        causes: &[
            cause(
                "The path is relative, and the working directory is a different one.",
                "It works from another directory: use the absolute path.",
            ),
            cause("The file belongs to another user.", "`ls -l` shows it."),
        ],
        fix: Fix::Any(&[
            "Use the absolute path, and make the user that runs the program the owner of the file (0600).",
        ]),
    },
];

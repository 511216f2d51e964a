//! The way to Salesforce and back.

use super::OwnCode;

pub(super) const CODES: &[OwnCode] = &[
    OwnCode {
        code: "net.closed",
        meaning: "the connection was closed before the request was sent",
        next: "try again",
    },
    OwnCode {
        code: "net.files",
        meaning: "the process may open no more files",
        next: "let it open more: `ulimit -n 256`",
    },
    OwnCode {
        code: "net.in_use",
        meaning: "another process listens at the service's socket",
        next: "use the service that runs there, or end it first",
    },
    OwnCode {
        code: "net.inherited",
        meaning: "the socket that the service manager handed over cannot be used",
        next: "check the unit's `[Socket]` section: a stream socket, and one of them",
    },
    OwnCode {
        code: "net.listen",
        meaning: "the service cannot listen there",
        next: "choose another address or path; the error has the system's reason",
    },
    OwnCode {
        code: "net.target",
        meaning: "the host would not be reached by https",
        next: "use an https URL",
    },
    OwnCode {
        code: "net.timeout",
        meaning: "the service had no token in the time that a caller is kept waiting",
        next: "ask again: the login goes on, and its token is kept",
    },
    OwnCode {
        code: "net.tls",
        meaning: "the two sides did not agree on TLS, or the connection ended meanwhile",
        next: "check what stands between here and the host: `openssl s_client -connect HOST:443`",
    },
    OwnCode {
        code: "proxy.closed",
        meaning: "the proxy closed the connection",
        next: "try again, or ask whoever runs the proxy",
    },
    OwnCode {
        code: "proxy.dns",
        meaning: "the proxy's name has no address",
        next: "check `--proxy` or HTTPS_PROXY: `http://host:port`",
    },
    OwnCode {
        code: "proxy.protocol",
        meaning: "what answers at the proxy's address does not answer as proxies do",
        next: "check `--proxy` or HTTPS_PROXY: `http://host:port`",
    },
    OwnCode {
        code: "proxy.status",
        meaning: "the proxy does not let the host through",
        next: "ask whoever runs the proxy to let the host through",
    },
    OwnCode {
        code: "proxy.timeout",
        meaning: "the proxy did not answer in time",
        next: "try again, or ask whoever runs the proxy",
    },
    OwnCode {
        code: "proxy.url",
        meaning: "the proxy's URL is not of the form `http://host:port`",
        next: "correct `--proxy` or HTTPS_PROXY",
    },
    OwnCode {
        code: "rate.cap",
        meaning: "this user has logged in as often as Salesforce may let one within an hour",
        next: "find out what logs in so often, and let it share the token (setting `cache`)",
    },
    OwnCode {
        code: "resp.empty",
        meaning: "the answer is empty",
        next: "check that the login URL is a login host of Salesforce",
    },
    OwnCode {
        code: "resp.encoding",
        meaning: "the answer is compressed or encoded in a way that was not asked for",
        next: "check what stands between here and Salesforce: a proxy may change answers",
    },
    OwnCode {
        code: "resp.headers",
        meaning: "the headers of the answer are too long, too many or malformed",
        next: "check what stands between here and Salesforce: a proxy may answer in its place",
    },
    OwnCode {
        code: "resp.inflated",
        meaning: "the answer unpacks to many times its size, as attacks do",
        next: "check what stands between here and Salesforce: a proxy may answer in its place",
    },
    OwnCode {
        code: "resp.instance_url",
        meaning: "the answer names no host of the org, or one that gets no token",
        next: "check that the login URL is a login host of Salesforce; a site's host needs \
            `--allow-host`",
    },
    OwnCode {
        code: "resp.json",
        meaning: "the answer is not the JSON that this request is answered with",
        next: "check that the login URL is a login host of Salesforce, and no page",
    },
    OwnCode {
        code: "resp.missing_token",
        meaning: "the answer holds no token",
        next: "check that the login URL is a login host of Salesforce",
    },
    OwnCode {
        code: "resp.page",
        meaning: "the next page is at another host, is one that was read already, or is not named",
        next: "check what stands between here and Salesforce: a proxy may answer in its place",
    },
    OwnCode {
        code: "resp.protocol",
        meaning: "the answer is not valid HTTP/1.1",
        next: "check that the port is that of HTTPS, and what proxy stands between",
    },
    OwnCode {
        code: "resp.redirect",
        meaning: "the answer sends the request elsewhere, and an assertion is not sent on",
        next: "use the host that the error names as login URL",
    },
    OwnCode {
        code: "resp.status",
        meaning: "the answer has a status that says neither yes nor no",
        next: "check that the login URL is a login host of Salesforce",
    },
    OwnCode {
        code: "resp.timeout",
        meaning: "the answer did not come in time",
        next: "try again, or give it more time with `--timeout`",
    },
    OwnCode {
        code: "resp.token_syntax",
        meaning: "the token has characters or a length that no token has",
        next: "check what stands between here and Salesforce: a proxy may change answers",
    },
    OwnCode {
        code: "resp.token_type",
        meaning: "the token is of another type than `Bearer`",
        next: "check what stands between here and Salesforce: a proxy may change answers",
    },
    OwnCode {
        code: "resp.too_large",
        meaning: "the answer is longer, or holds more values, than the limit",
        next: "ask for less at a time; for a login, check what answers there",
    },
    OwnCode {
        code: "resp.truncated",
        meaning: "the connection ended in the middle of the answer",
        next: "try again; a record may have been written all the same",
    },
    OwnCode {
        code: "tls.roots",
        meaning: "the certificates of those to trust cannot be loaded",
        next: "give `--ca-file` a PEM file of certificates, or use `--bundled-roots`",
    },
    OwnCode {
        code: "unavailable.api",
        meaning: "Salesforce cannot answer the call at the moment",
        next: "try again in a moment; https://status.salesforce.com shows outages",
    },
    OwnCode {
        code: "unavailable.refused",
        meaning: "Salesforce cannot answer the login at the moment, and says so",
        next: "try again in a moment; https://status.salesforce.com shows outages",
    },
];

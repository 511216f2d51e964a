//! Assertions, certificates and signatures.

use super::OwnCode;

pub(super) const CODES: &[OwnCode] = &[
    OwnCode {
        code: "assertion.algorithm",
        meaning: "the assertion is not signed by RS256 alone",
        next: "sign with RSA and SHA-256, and put `\"alg\":\"RS256\"` in the header",
    },
    OwnCode {
        code: "assertion.base64",
        meaning: "a part of the assertion is not base64url without padding",
        next: "copy the whole assertion again, without line breaks",
    },
    OwnCode {
        code: "assertion.claim",
        meaning: "a claim of the assertion has another type than it should",
        next: "write times as whole seconds since 1970 and the rest as strings",
    },
    OwnCode {
        code: "assertion.encoding",
        meaning: "the assertion is not text in UTF-8",
        next: "save the file as UTF-8",
    },
    OwnCode {
        code: "assertion.json",
        meaning: "a part of the assertion holds no proper JSON object",
        next: "copy the whole assertion again",
    },
    OwnCode {
        code: "assertion.parts",
        meaning: "the text does not have the three parts of an assertion",
        next: "give header, claims and signature with a dot between each two",
    },
    OwnCode {
        code: "assertion.read",
        meaning: "the file with the assertion cannot be read",
        next: "check the path, and who may read the file",
    },
    OwnCode {
        code: "assertion.signature",
        meaning: "the signature does not fit the key or the certificate",
        next: "check with `orgtoken cert match` that key and certificate belong together",
    },
    OwnCode {
        code: "assertion.too_large",
        meaning: "the assertion is longer than any that is made for Salesforce",
        next: "check that it is the right file",
    },
    OwnCode {
        code: "cert.der",
        meaning: "the certificate is no well-formed DER",
        next: "copy the whole .crt file again",
    },
    OwnCode {
        code: "cert.empty",
        meaning: "there is nothing where the certificate should be",
        next: "give the .crt file, which begins with -----BEGIN CERTIFICATE-----",
    },
    OwnCode {
        code: "cert.key",
        meaning: "the key in the certificate is one that cannot be used",
        next: "make a new key and certificate with `orgtoken key generate`",
    },
    OwnCode {
        code: "cert.not_a_certificate",
        meaning: "something else stands where the certificate should",
        next: "give the .crt file, which begins with -----BEGIN CERTIFICATE-----",
    },
    OwnCode {
        code: "cert.pem",
        meaning: "the text of the certificate is damaged",
        next: "copy the whole .crt file again, from BEGIN to END",
    },
    OwnCode {
        code: "cert.subject",
        meaning: "the subject of the certificate to make is no distinguished name",
        next: "write it as CN=my-integration, or just my-integration",
    },
    OwnCode {
        code: "cert.too_large",
        meaning: "the certificate is larger than Salesforce takes",
        next: "use a shorter subject",
    },
    OwnCode {
        code: "cert.validity",
        meaning: "the certificate would end before it begins, or too far in the future",
        next: "let it end after it begins, and before the year 10000",
    },
    OwnCode {
        code: "sign.agent",
        meaning: "the SSH agent cannot be asked, or does not answer as agents do",
        next: "check SSH_AUTH_SOCK, and `ssh-add -l`",
    },
    OwnCode {
        code: "sign.agent_key",
        meaning: "the SSH agent does not hold the key, or holds several of that name",
        next: "choose one that `ssh-add -l` lists, by its SHA256 fingerprint",
    },
    OwnCode {
        code: "sign.command",
        meaning: "the signer command failed, or wrote something else than a signature",
        next: "run the command by hand, with the message on its standard input",
    },
    OwnCode {
        code: "sign.elsewhere",
        meaning: "what holds the key did not sign",
        next: "ask whoever runs it for the reason that the error tells",
    },
    OwnCode {
        code: "sign.mismatch",
        meaning: "the signature does not fit the public key that the settings name",
        next: "give certificate or public key of the very key that signs",
    },
    OwnCode {
        code: "sign.refused",
        meaning: "the SSH agent refused to sign",
        next: "confirm it where the agent asks, or unlock the agent",
    },
    OwnCode {
        code: "sign.rng",
        meaning: "the system's random generator failed",
        next: "check that the system's random generator works",
    },
    OwnCode {
        code: "sign.selfcheck",
        meaning: "a signature was wrong when it was checked, and was thrown away",
        next: "check the key with `orgtoken key inspect`; if it is sound, suspect the machine's \
            memory",
    },
];

use super::{Cause, Entry, Fix, Sign};
use crate::refusal::RefusalClass::Permanent;

pub(super) const ENTRIES: &[Entry] = &[
    Entry {
        code: "refused.audience_is_invalid",
        title: "invalid_grant: audience is invalid",
        codes: &[],
        texts: &["audience is invalid", "audience validation failed", "invalid audience"],
        class: Permanent,
        meaning: "the assertion was made for another host than the one it was sent to",
        first: "leave the audience out and use the My Domain of the org (Setup > My Domain) as login URL",
        causes: &[
            Cause {
                what: "Production and sandbox are mixed up: `login` goes with production and Developer \
                       Edition, `test` with sandboxes and scratch orgs.",
                tell: "`orgtoken resolve` shows token endpoint and audience: they differ in kind.",
                sign: Sign::Unseen,
            },
            Cause {
                what: "A Lightning, Setup or other page's URL was taken.",
                tell: "The host does not end in `.my.salesforce.com`.",
                sign: Sign::Unseen,
            },
            Cause {
                what: "The org takes the My Domain only, or a login host only.",
                tell: "The host is right, and one of the two audiences was tried. Try the other: \
                       `--audience https://login.salesforce.com`.",
                sign: Sign::Unseen,
            },
            Cause {
                what: "The audience has a typo, a port, a path or a slash at its end.",
                tell: "Another tool made the assertion: `orgtoken assertion inspect` shows `aud`.",
                sign: Sign::OtherTool,
            },
            Cause {
                what: "For users of an Experience Cloud site the audience is the URL of the site.",
                tell: "The user is a member of a site, and the login URL is that of the org.",
                sign: Sign::Unseen,
            },
        ],
        fix: Fix::Any(&[
            "Setup > My Domain: copy `Current My Domain URL`, and use it as login URL.",
            "Remove the audience from the settings: it then follows the login URL.",
        ]),
    },
    Entry {
        code: "refused.assertion_expired",
        title: "invalid_grant: expired authorization code",
        codes: &[],
        texts: &["expired authorization code", "assertion expired", "assertion is expired"],
        class: Permanent,
        meaning: "the assertion had ended when it arrived: almost always the local clock is wrong",
        first: "set the clock of this machine by NTP and try again",
        causes: &[
            Cause {
                what: "The clock of this machine is behind.",
                tell: "`orgtoken doctor` compares it with the `Date` of Salesforce's answer.",
                sign: Sign::ClockWrong,
            },
            Cause {
                what: "Local time was taken for UTC, or milliseconds for seconds.",
                tell: "Another tool made the assertion: `orgtoken assertion inspect` shows `exp` as a date.",
                sign: Sign::OtherTool,
            },
            Cause {
                what: "Minutes passed between signing and sending.",
                tell: "The assertion waited in a queue or a file.",
                sign: Sign::OtherTool,
            },
        ],
        fix: Fix::Any(&[
            "Set the clock (`timedatectl set-ntp true`), or that of the host under the container.",
            "Sign right before sending, and anew for every attempt.",
        ]),
    },
    Entry {
        code: "refused.invalid_assertion",
        title: "invalid_grant: invalid assertion",
        codes: &["invalid_assertion", "LOGIN_OAUTH_INVALID_DSIG"],
        texts: &["invalid assertion", "signature invalid"],
        class: Permanent,
        meaning: "Salesforce could not verify the signature with the certificate that the app has",
        first: "upload the certificate that belongs to this private key to the app, under Flow Enablement > \
                JWT Bearer Flow (External Client App) or Use digital signatures (Connected App)",
        causes: &[
            Cause {
                what: "The app has another certificate than that of this key.",
                tell: "`orgtoken cert match` with the key and the .crt file that was uploaded, or compare the \
                       public keys with `openssl x509 -pubkey` and `openssl pkey -pubout`.",
                sign: Sign::KeyMismatch,
            },
            Cause {
                what: "The certificate was replaced: an app holds one, and a new one counts at once.",
                tell: "It worked before, and the app's page shows another certificate.",
                sign: Sign::WorkedBefore,
            },
            Cause {
                what: "The consumer key is of another app, which has another certificate.",
                tell: "Compare the consumer key with the app's page.",
                sign: Sign::Unseen,
            },
            Cause {
                what: "The key is no RSA key, or the signature is not RS256.",
                tell: "Another tool made it: `orgtoken assertion inspect` shows `alg`.",
                sign: Sign::OtherTool,
            },
            Cause {
                what: "The assertion was cut or changed on its way.",
                tell: "Another tool made it: `orgtoken assertion inspect` says what it is.",
                sign: Sign::OtherTool,
            },
        ],
        fix: Fix::ByApp {
            external: &[
                "Setup > External Client App Manager > the app > Settings > Edit > OAuth Settings > Flow \
                 Enablement > JWT Bearer Flow > Upload Files: the .crt file. Save.",
                "Wait two to ten minutes, then try again.",
            ],
            connected: &[
                "Setup > App Manager > the app > Edit > Use digital signatures > Choose File: the .crt file. \
                 Save.",
                "Wait two to ten minutes, then try again.",
            ],
        },
    },
    Entry {
        code: "refused.assertion_replayed",
        title: "bad_jti_claim",
        codes: &["bad_jti_claim", "LOGIN_OAUTH_NONCE_REPLAY"],
        texts: &["jti already in use"],
        class: Permanent,
        meaning: "the assertion has an id (`jti`) that was used before, or that is too long",
        first: "sign a new assertion for every attempt",
        causes: &[
            Cause {
                what: "The same assertion was sent twice.",
                tell: "A proxy or a script repeats requests.",
                sign: Sign::Unseen,
            },
            Cause {
                what: "Another tool gives every assertion the same id.",
                tell: "`orgtoken assertion inspect` on two of them shows the same `jti`.",
                sign: Sign::OtherTool,
            },
        ],
        fix: Fix::Any(&["Sign anew, with a new `jti` or with none."]),
    },
    Entry {
        code: "refused.assertion_type",
        title: "invalid_assertion_type: specified assertion type is invalid",
        codes: &["invalid_assertion_type"],
        texts: &["specified assertion type is invalid"],
        class: Permanent,
        meaning: "the request has `assertion_type`, a parameter of the SAML flow",
        first: "send `grant_type` and `assertion` alone",
        causes: &[Cause {
            what: "The request mixes the SAML and the JWT bearer flow.",
            tell: "Its form has a field `assertion_type`.",
            sign: Sign::OtherTool,
        }],
        fix: Fix::Any(&[
            "Send `grant_type=urn:ietf:params:oauth:grant-type:jwt-bearer` and `assertion`, nothing else.",
        ]),
    },
];

use super::{Entry, Fix, Indicator, cause};
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
            cause(
                "Production and sandbox are mixed up: `login` goes with production and Developer \
                 Edition, `test` with sandboxes and scratch orgs.",
                "`orgtoken resolve` shows token endpoint and audience: they differ in kind.",
            ),
            cause(
                "The URL of a Lightning, Setup or other page was used.",
                "The host does not end in `.my.salesforce.com`.",
            ),
            cause(
                "The org accepts only its My Domain, or only a login host.",
                "The host is right, and one of the two audiences was tried. Set \
                 `audience` to the other: `https://login.salesforce.com`.",
            ),
            cause(
                "The audience has a typo, a port, a path or a slash at its end.",
                "Another tool made the assertion: `orgtoken assertion inspect` shows `aud`.",
            )
            .indicator(Indicator::OtherTool),
            cause(
                "For users of an Experience Cloud site the audience is the URL of the site.",
                "The user is a member of a site, and the login URL is that of the org.",
            ),
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
        meaning: "the assertion had expired when it arrived, almost always because the local clock is wrong",
        first: "set the clock of this machine by NTP and try again",
        causes: &[
            cause(
                "The clock of this machine is behind.",
                "`orgtoken doctor` compares it with the `Date` of Salesforce's answer.",
            )
            .indicator(Indicator::ClockWrong),
            cause(
                "Local time was used instead of UTC, or milliseconds instead of seconds.",
                "Another tool made the assertion: `orgtoken assertion inspect` shows `exp` as a \
                 date.",
            )
            .indicator(Indicator::OtherTool),
            cause(
                "Minutes passed between signing and sending.",
                "The assertion waited in a queue or a file.",
            )
            .indicator(Indicator::OtherTool),
        ],
        fix: Fix::Any(&[
            "Set the clock (`timedatectl set-ntp true`), or that of the container's host.",
            "Sign right before sending, and again for each attempt.",
        ]),
    },
    Entry {
        code: "refused.invalid_assertion",
        title: "invalid_grant: invalid assertion",
        codes: &["invalid_assertion", "LOGIN_OAUTH_INVALID_DSIG"],
        texts: &["invalid assertion", "signature invalid"],
        class: Permanent,
        meaning: "Salesforce could not verify the signature with the certificate of the app",
        first: "upload the certificate that belongs to this private key to the app, under Flow Enablement > \
                JWT Bearer Flow (External Client App) or Use digital signatures (Connected App)",
        causes: &[
            cause(
                "The certificate of the app does not belong to this key.",
                "`orgtoken cert match` with the key and the .crt file that was uploaded, or \
                 compare the public keys with `openssl x509 -pubkey` and `openssl pkey -pubout`.",
            )
            .indicator(Indicator::KeyMismatch),
            cause(
                "The certificate was replaced: an app has only one, and a new one takes effect at once.",
                "It worked before, and the app's page shows another certificate.",
            )
            .indicator(Indicator::WorkedBefore),
            cause(
                "The consumer key belongs to another app, which has another certificate.",
                "Compare the consumer key with the app's page.",
            ),
            cause(
                "The key is not an RSA key, or the signature is not RS256.",
                "Another tool made it: `orgtoken assertion inspect` shows `alg`.",
            )
            .indicator(Indicator::OtherTool),
            cause(
                "The assertion was cut or changed in transit.",
                "Another tool made it: `orgtoken assertion inspect` shows what is wrong.",
            )
            .indicator(Indicator::OtherTool),
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
        first: "sign a new assertion for each attempt",
        causes: &[
            cause("The same assertion was sent twice.", "A proxy or a script repeats requests."),
            cause(
                "Another tool gives each assertion the same id.",
                "`orgtoken assertion inspect` on two of them shows the same `jti`.",
            )
            .indicator(Indicator::OtherTool),
        ],
        fix: Fix::Any(&["Sign again, with a new `jti` or without one."]),
    },
    Entry {
        code: "refused.assertion_type",
        title: "invalid_assertion_type: specified assertion type is invalid",
        codes: &["invalid_assertion_type"],
        texts: &["specified assertion type is invalid"],
        class: Permanent,
        meaning: "the request has `assertion_type`, a parameter of the SAML flow",
        first: "send only `grant_type` and `assertion`",
        causes: &[cause(
            "The request mixes the SAML and the JWT bearer flow.",
            "Its form has a field `assertion_type`.",
        )
        .indicator(Indicator::OtherTool)],
        fix: Fix::Any(&[
            "Send `grant_type=urn:ietf:params:oauth:grant-type:jwt-bearer` and `assertion`, nothing else.",
        ]),
    },
];

use super::{Entry, Fix, Indicator, cause};
use crate::refusal::RefusalClass::Permanent;

pub(super) const ENTRIES: &[Entry] = &[
    Entry {
        code: "refused.grant_type",
        title: "unsupported_grant_type: grant type not supported",
        codes: &["unsupported_grant_type"],
        texts: &["grant type not supported"],
        class: Permanent,
        meaning: "this host does not support the JWT bearer grant, or could not read the request",
        first: "check that the login URL is a My Domain, `login` or `test`, not a Lightning or site page",
        causes: &[
            cause(
                "The host is wrong.",
                "It does not end in `.my.salesforce.com`, and is neither `login` nor `test`.",
            ),
            cause(
                "The body was sent as JSON, or was encoded twice.",
                "Another tool sends it: the Content-Type has to be \
                 `application/x-www-form-urlencoded`, and `%253A` in the body means that it \
                 was encoded twice.",
            ),
            cause(
                "`grant_type` is misspelt.",
                "It is `urn:ietf:params:oauth:grant-type:jwt-bearer`, letter for letter.",
            ),
            cause(
                "The app has no JWT Bearer Flow.",
                "The app's OAuth settings show no certificate.",
            ),
        ],
        fix: Fix::Any(&[
            "Use the My Domain of the org as login URL.",
            "Enable the JWT Bearer Flow on the app and upload the certificate.",
        ]),
    },
    Entry {
        code: "refused.wrong_domain",
        title: "invalid_grant: request not supported on this domain",
        codes: &["LOGIN_ERROR_ORG_DOMAIN_ONLY"],
        texts: &["request not supported on this domain", "restricted domain"],
        class: Permanent,
        meaning: "the org accepts logins only at its My Domain, not at `login` or `test`",
        first: "use the My Domain of the org (Setup > My Domain) as login URL",
        causes: &[cause(
            "The login URL is `login.salesforce.com` or `test.salesforce.com`.",
            "`orgtoken resolve` shows it. Setup > My Domain > Routing and Policies shows what the org \
             blocks.",
        )
        .indicator(Indicator::GenericHost)],
        fix: Fix::Any(&[
            "Setup > My Domain: copy `Current My Domain URL`, and use it as login URL.",
        ]),
    },
    Entry {
        code: "refused.invalid_request",
        title: "invalid_request",
        codes: &["invalid_request"],
        texts: &["must use http post", "https required", "missing required parameter: *"],
        class: Permanent,
        meaning: "the request is malformed",
        first: "check that no proxy rewrites the request, and that the login URL begins with `https://`",
        causes: &[
            cause(
                "A proxy turned the POST into a GET, or dropped the body.",
                "The description mentions POST or a missing parameter.",
            ),
            cause("Another tool builds the request differently.", "It works with `orgtoken token`.")
                .indicator(Indicator::OtherTool),
        ],
        fix: Fix::Any(&[
            "POST a form with `grant_type` and `assertion` over https, with nothing in the URL.",
        ]),
    },
    Entry {
        code: "refused.invalid_scope",
        title: "invalid_scope: requested scope is invalid, unknown or malformed",
        codes: &["invalid_scope"],
        texts: &["requested scope is invalid, unknown or malformed"],
        class: Permanent,
        meaning: "the request or the endpoint asks for a scope that the app or the token does not have",
        first: "select the scope in the app's OAuth settings; the request itself names none",
        causes: &[
            cause(
                "The request has a parameter `scope`.",
                "Another tool sends it. In this flow, only the app decides.",
            ),
            cause(
                "`userinfo` was called with a token that has neither `id` nor `openid`.",
                "The login worked, and this came afterwards.",
            ),
        ],
        fix: Fix::ByApp {
            external: &[
                "Setup > External Client App Manager > the app > Settings > Edit > OAuth Settings > \
                         OAuth Scopes: add `api`, `refresh_token` and what else is needed. Save.",
            ],
            connected: &[
                "Setup > App Manager > the app > Edit > Selected OAuth Scopes: add `api`, \
                          `refresh_token` and what else is needed. Save.",
            ],
        },
    },
    Entry {
        code: "refused.invalid_grant",
        title: "invalid_grant with an unknown description",
        codes: &["invalid_grant"],
        texts: &[],
        class: Permanent,
        meaning: "Salesforce refuses the login; the text after `invalid_grant` is the reason, which is not in \
                  this catalogue",
        first: "open Setup > Login History (or the user's own): its column Status has the real reason",
        causes: &[
            cause(
                "The user is not approved for the app.",
                "See [user_not_approved](#user_not_approved), the most frequent refusal.",
            ),
            cause("Host or audience belong to another org.", "`orgtoken resolve` shows both.")
                .indicator(Indicator::OtherOrg),
        ],
        fix: Fix::Any(&[
            "Setup > Login History: find the row of this user with Login Type `Remote Access 2.0`, read \
             Status.",
            "`orgtoken doctor` distinguishes the usual causes.",
        ]),
    },
    Entry {
        code: "refused.reason_not_shown",
        title: "400 Bad Request without a reason",
        codes: &["ERR_BAD_REQUEST"],
        texts: &[],
        class: Permanent,
        meaning: "Salesforce refused with a reason, but the tool shows only the status",
        first: "run `orgtoken doctor` with the same key, app and user: it shows the reason",
        causes: &[cause(
            "The tool drops the body of the answer, which contains `error` and `error_description`.",
            "Set the tool to debug its HTTP calls, or repeat the call with `curl -i`: the body is \
             a line of JSON.",
        )
        .indicator(Indicator::OtherTool)],
        fix: Fix::Any(&[
            "`orgtoken doctor`, or `orgtoken explain` with the body of the answer.",
            "Setup > Login History: the row of this user has the reason in Status.",
        ]),
    },
    Entry {
        code: "refused.unknown",
        title: "A refusal that is not listed here",
        codes: &[],
        texts: &[],
        class: Permanent,
        meaning: "this refusal is not in the catalogue; only the text of Salesforce is known",
        first: "open Setup > Login History (or the user's own): its column Status says more than the refusal",
        causes: &[cause("Unknown.", "`orgtoken doctor` checks everything that this machine can check.")],
        fix: Fix::Any(&["Setup > Login History: find the row of this user, read Status."]),
    },
];

/// The general entry of `invalid_grant`.
pub(super) const GENERIC: &str = "refused.invalid_grant";
/// The entry for tools that hide the reason.
pub(super) const NOT_SHOWN: &str = "refused.reason_not_shown";
pub(super) const UNKNOWN: &str = "refused.unknown";

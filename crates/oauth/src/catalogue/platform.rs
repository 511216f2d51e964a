use super::{Entry, Fix, cause};
use crate::refusal::RefusalClass::{CoolDown, Permanent, Transient};

pub(super) const ENTRIES: &[Entry] = &[
    Entry {
        code: "refused.retry_your_request",
        title: "unknown_error: retry your request",
        codes: &["unknown_error"],
        texts: &["retry your request"],
        class: Transient,
        meaning: "a temporary fault of Salesforce, although the status is 400",
        first: "try again in a moment",
        causes: &[
            cause("A temporary fault.", "The second or third attempt works."),
            cause(
                "The client speaks a TLS older than 1.2.",
                "Another, old tool is used, and the refusal persists.",
            ),
        ],
        fix: Fix::Any(&[
            "Try again with a new assertion. `orgtoken` makes up to three attempts automatically.",
        ]),
    },
    Entry {
        code: "refused.salesforce_fault",
        title: "server_error, service_unavailable, system_down, slow_down",
        codes: &[
            "server_error",
            "service_unavailable",
            "system_down",
            "slow_down",
            "temporarily_unavailable",
            "SERVER_UNAVAILABLE",
        ],
        texts: &[],
        class: Transient,
        meaning: "a temporary fault of Salesforce",
        first: "try again in some minutes, and look at https://status.salesforce.com if it persists",
        causes: &[cause(
            "A fault or an overload at Salesforce.",
            "https://status.salesforce.com shows the instance of the org.",
        )],
        fix: Fix::Any(&["Wait and try again."]),
    },
    Entry {
        code: "unavailable.maintenance",
        title: "A page that says `Data Not Available` or `maintenance`",
        codes: &["org_not_ready", "LOGIN_ERROR_ORG_IN_MAINTENANCE"],
        texts: &[],
        class: Transient,
        meaning: "the org is in maintenance, or is not ready yet",
        first: "wait some minutes and try again",
        causes: &[
            cause(
                "Planned maintenance.",
                "https://status.salesforce.com shows it for the instance of the org.",
            ),
            cause(
                "A new sandbox or scratch org that is still being created.",
                "It was created minutes ago.",
            ),
        ],
        fix: Fix::Any(&["Wait and try again."]),
    },
    Entry {
        code: "unavailable.status",
        title: "Status 500, 502, 503, 504 or 420 without a reason",
        codes: &[
            "500",
            "502",
            "503",
            "504",
            "420",
            "ERROR_HTTP_420",
            "ERROR_HTTP_500",
            "ERROR_HTTP_502",
            "ERROR_HTTP_503",
        ],
        texts: &[],
        class: Transient,
        meaning: "Salesforce, or a proxy before it, is failing",
        first: "try again in some minutes, and look at https://status.salesforce.com if it persists",
        causes: &[
            cause(
                "A fault at Salesforce.",
                "https://status.salesforce.com shows the instance of the org.",
            ),
            cause("A fault of a proxy.", "The page names the proxy, or other hosts fail as well."),
            cause(
                "A fault of `test.salesforce.com` itself, which fails occasionally.",
                "The login URL is `test.salesforce.com`. Use the sandbox's My Domain.",
            ),
        ],
        fix: Fix::Any(&["Wait and try again.", "Use the My Domain of the org as login URL."]),
    },
    Entry {
        code: "rate.limited",
        title: "Status 429",
        codes: &["429"],
        texts: &["too many requests"],
        class: CoolDown,
        meaning: "too many requests came from this address",
        first: "wait some minutes, and cache tokens instead of logging in for every call",
        causes: &[cause(
            "A program logs in for every request, or retries in a loop.",
            "Login History of the user shows a row every second or so.",
        )],
        fix: Fix::Any(&["Wait as long as the response says, or five minutes."]),
    },
    Entry {
        code: "resp.content_type",
        title: "A login page in HTML, a redirect, or status 404",
        codes: &["301", "302", "303", "307", "308", "404", "405", "ERROR_HTTP_404"],
        texts: &[],
        class: Permanent,
        meaning: "the response is a web page: the host or the path is wrong, or a proxy \
                  answers in place of Salesforce",
        first: "check that the login URL is the My Domain of the org, and that no proxy answers in its place",
        causes: &[
            cause(
                "The URL is that of Lightning, Setup or a site.",
                "The host does not end in `.my.salesforce.com`.",
            ),
            cause(
                "A proxy or a captive portal answers.",
                "`curl -i` of the same URL shows its name.",
            ),
        ],
        fix: Fix::Any(&[
            "Setup > My Domain: copy `Current My Domain URL`, and use it as login URL.",
        ]),
    },
];

/// The entry for a web page instead of JSON.
pub(super) const NOT_JSON: &str = "resp.content_type";

use super::{Entry, Fix, cause};
use crate::refusal::RefusalClass::{Permanent, Transient};

pub(super) const ENTRIES: &[Entry] = &[
    Entry {
        code: "refused.session_expired",
        title: "INVALID_SESSION_ID: Session expired or invalid",
        codes: &[
            "INVALID_SESSION_ID",
            "Bad_OAuth_Token",
            "Missing_OAuth_Token",
            "Wrong_Org",
            "INVALID_AUTH_HEADER",
            "INVALID_HEADER_TYPE",
            "INVALID_JWT_FORMAT",
        ],
        texts: &["session expired or invalid"],
        class: Permanent,
        meaning: "the token has expired, was revoked, belongs to another org, or was not sent completely",
        first: "log in again without the cache, and use the new token",
        causes: &[
            cause("The session timed out or was ended.", "A new token works."),
            cause(
                "The call went to another host than the token's `instance_url`.",
                "Compare the two hosts.",
            ),
            cause(
                "The session is locked to the IP address of the login.",
                "Login and call come from different addresses. Setup > Session Settings: `Lock \
                 sessions to the IP address from which they originated`.",
            ),
            cause(
                "The token was cut, or has a line break at its end.",
                "An opaque token has an `!` after the org's id, which shells treat specially: \
                 quote it.",
            ),
        ],
        fix: Fix::Any(&["Log in once more, and use the `instance_url` that comes with the token."]),
    },
    Entry {
        code: "refused.session_policy",
        title: "This session is not valid for use with the REST API",
        codes: &[],
        texts: &[
            "this session is not valid for use with the rest api",
            "connected app is not attached to agent",
        ],
        class: Permanent,
        meaning: "the token is valid, but a policy blocks this API; a new login would not help",
        first: "check the policies of app and profile: High Assurance, IP, and whether the org is in \
                maintenance",
        causes: &[
            cause(
                "The profile requires High Assurance.",
                "Setup > Profiles > the profile > Session Settings.",
            ),
            cause(
                "The org is read-only for maintenance.",
                "https://status.salesforce.com shows it.",
            ),
        ],
        fix: Fix::Any(&["Relax the policy that applies, or wait for the end of the maintenance."]),
    },
    Entry {
        code: "refused.api_disabled",
        title: "API_DISABLED_FOR_ORG, API_CURRENTLY_DISABLED",
        codes: &["API_DISABLED_FOR_ORG", "API_CURRENTLY_DISABLED"],
        texts: &[
            "api is not enabled for this organization or partner",
            "the rest api is not enabled for this organization",
            "api is disabled for this user",
            "api is disabled for this organization",
        ],
        class: Permanent,
        meaning: "the login worked, but this user or this org may not use the API",
        first: "give the user `API Enabled` by profile or permission set",
        causes: &[
            cause(
                "The user lacks `API Enabled`.",
                "Setup > Profiles > the profile > System Permissions.",
            ),
            cause(
                "The edition of the org has no API.",
                "Setup > Company Information: Professional Edition needs an add-on.",
            ),
        ],
        fix: Fix::Any(&[
            "Give the integration user the licence Salesforce Integration, the profile `Minimum Access - \
             API Only Integrations` and the permission `API Enabled`.",
        ]),
    },
    Entry {
        code: "refused.request_limit",
        title: "REQUEST_LIMIT_EXCEEDED",
        codes: &["REQUEST_LIMIT_EXCEEDED"],
        texts: &[
            "totalrequests limit exceeded",
            "concurrentrequests (concurrent api requests) limit exceeded",
            "concurrentperorglongtxn limit exceeded",
        ],
        class: Transient,
        meaning: "the org has used up its API calls of the day, or too many long ones run at once",
        first: "wait, and look at Setup > Company Information > API Requests, Last 24 Hours",
        causes: &[
            cause(
                "The calls of the last 24 hours are used up.",
                "The header `Sforce-Limit-Info` of any answer shows used and allowed.",
            ),
            cause(
                "More than 25 calls of 20 seconds or longer run at once.",
                "The description says ConcurrentRequests.",
            ),
        ],
        fix: Fix::Any(&["Make fewer calls: composite requests count as one."]),
    },
];

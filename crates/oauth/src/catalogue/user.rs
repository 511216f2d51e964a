use super::{Entry, Fix, Indicator, cause};
use crate::refusal::RefusalClass::{CoolDown, Permanent};

pub(super) const ENTRIES: &[Entry] = &[
    Entry {
        code: "refused.user_is_invalid",
        title: "invalid_grant: user is invalid",
        codes: &["invalid_user"],
        texts: &["user is invalid", "invalid user"],
        class: Permanent,
        meaning: "the org has no user with this name",
        first: "copy the username from Setup > Users of this org; a sandbox's ends in the sandbox's name",
        causes: &[
            cause(
                "The sandbox suffix is missing.",
                "The login URL is of a sandbox, and the username does not end in its name, as in \
                 `user@acme.com.sbx`.",
            )
            .indicator(Indicator::UserName),
            cause(
                "The e-mail address was used as username.",
                "Setup > Users shows the two in different columns.",
            ),
            cause("An id was used as username.", "It begins with `005` and has no `@`."),
            cause(
                "The user belongs to another org.",
                "Setup > Users of the org behind the login URL does not list it.",
            )
            .indicator(Indicator::OtherOrg),
        ],
        fix: Fix::Any(&["Setup > Users > Users: copy the column Username."]),
    },
    Entry {
        code: "refused.user_inactive",
        title: "invalid_grant: inactive user",
        codes: &["inactive_user", "LOGIN_ERROR_USER_INACTIVE", "LOGIN_ERROR_USER_FROZEN"],
        texts: &["inactive user", "user is inactive"],
        class: Permanent,
        meaning: "the user exists, but was deactivated or frozen",
        first: "activate or unfreeze the user in Setup > Users",
        causes: &[
            cause("The user was deactivated.", "Setup > Users > the user: Active is not ticked."),
            cause("The user was frozen.", "Setup > Users > the user has a button Unfreeze."),
            cause(
                "A sandbox was created or refreshed, which may deactivate users.",
                "It worked before the refresh.",
            )
            .indicator(Indicator::Refreshed),
        ],
        fix: Fix::Any(&["Setup > Users > the user > Edit: tick Active, save; or press Unfreeze."]),
    },
    Entry {
        code: "refused.org_inactive",
        title: "invalid_grant: inactive organization",
        codes: &[
            "inactive_org",
            "LOGIN_ERROR_ORG_LOCKOUT",
            "LOGIN_ERROR_ORG_SUSPENDED",
            "LOGIN_ERROR_ORG_INACTIVE",
            "LOGIN_ERROR_ORG_CLOSED",
            "LOGIN_ORG_TRIAL_EXP",
        ],
        texts: &[
            "inactive organization",
            "inactive org",
            "organization is locked, closed, or suspended",
        ],
        class: Permanent,
        meaning: "the whole org is closed: expired, locked, suspended or deleted",
        first: "ask the owner of the org, or the Salesforce account team",
        causes: &[
            cause(
                "A trial or scratch org has expired, or a sandbox was deleted.",
                "A login in a browser fails as well.",
            ),
            cause(
                "Salesforce locked or suspended the org.",
                "The org's owner received an e-mail about it.",
            ),
        ],
        fix: Fix::Any(&["Use another org, or ask Salesforce to reopen this one."]),
    },
    Entry {
        code: "refused.ip_restricted",
        title: "invalid_grant: ip restricted or invalid login hours",
        codes: &[
            "LOGIN_ERROR_RESTRICTED_DOMAIN",
            "LOGIN_ERROR_RESTRICTED_TIME",
            "LOGIN_OAUTH_INVALID_IP",
        ],
        texts: &[
            "ip restricted",
            "ip restricted or invalid login hours",
            "restricted ip",
            "restricted time",
            "ip address not allowed",
        ],
        class: Permanent,
        meaning: "this user may not log in from this address, or not at this hour",
        first: "relax the app's IP restrictions (IP Relaxation), or allow this machine's address",
        causes: &[
            cause(
                "The app enforces IP restrictions, and this address is not a trusted one.",
                "The app's policies show IP Relaxation: `Enforce IP restrictions`.",
            ),
            cause(
                "The user's profile has Login IP Ranges without this address.",
                "Setup > Profiles > the profile > Login IP Ranges. The user's Login History says \
                 `Restricted IP` and shows the address.",
            ),
            cause(
                "The user's profile has Login Hours that exclude this time.",
                "Setup > Profiles > the profile > Login Hours. Login History says `Restricted \
                 time`.",
            ),
        ],
        fix: Fix::ByApp {
            external: &[
                "Setup > External Client App Manager > the app > Policies > Edit > App Authorization > IP \
                 Relaxation: `Relax IP restrictions`. Save.",
                "Or add the address: Setup > Network Access, or the profile's Login IP Ranges.",
            ],
            connected: &[
                "Setup > Manage Connected Apps > the app > Edit Policies > IP Relaxation: `Relax IP \
                 restrictions`. Save. (`…with second factor` does not help here.)",
                "Or add the address: Setup > Network Access, or the profile's Login IP Ranges.",
            ],
        },
    },
    Entry {
        code: "refused.authentication_failure",
        title: "invalid_grant: authentication failure",
        codes: &["LOGIN_OAUTH_API_DISABLED"],
        texts: &["authentication failure", "authentication failure - *"],
        class: Permanent,
        meaning: "Salesforce refuses the login and shows the reason only in its Login History",
        first: "open Setup > Login History (or the user's own) and read the column Status",
        causes: &[
            cause(
                "The user may not use the API.",
                "The user's profile and permission sets lack `API Enabled`.",
            ),
            cause(
                "The host belongs to another org or environment.",
                "Login History of this org shows no attempt at all.",
            )
            .indicator(Indicator::OtherOrg),
            cause(
                "Another grant was used: with username and password, the password is wrong or \
                 the security token is missing.",
                "The request has `grant_type=password`.",
            )
            .indicator(Indicator::OtherTool),
        ],
        fix: Fix::Any(&[
            "Setup > Login History: find the row of this user with Login Type `Remote Access 2.0`, read \
             Status.",
            "Give the user `API Enabled` by profile or permission set.",
            "Use the My Domain of the user's org as login URL.",
        ]),
    },
    Entry {
        code: "refused.login_error",
        title: "login_error",
        codes: &["login_error"],
        texts: &[],
        class: Permanent,
        meaning: "the login failed, and Salesforce shows the reason only in its Login History",
        first: "open Setup > Login History (or the user's own) and read the column Status",
        causes: &[cause("A policy, a restriction or a login flow.", "Login History says which.")],
        fix: Fix::Any(&["Setup > Login History: find the row of this user, read Status."]),
    },
    Entry {
        code: "rate.login",
        title: "invalid_grant: login rate exceeded",
        codes: &[
            "rate_limit_exceeded",
            "LOGIN_RATE_EXCEEDED",
            "LOGIN_ERROR_RATE_EXCEEDED",
            "LOGIN_ERROR_LOGINS_EXCEEDED",
            "LOGIN_OAUTH_EXCEED_GET_AT_LMT",
        ],
        texts: &["login rate exceeded", "number of logins exceeded", "maximum logins exceeded"],
        class: CoolDown,
        meaning: "this user logged in more than 3,600 times within an hour and is locked out for an hour",
        first: "wait an hour, and cache tokens instead of logging in for every call",
        causes: &[
            cause(
                "A program logs in for every request.",
                "Login History of the user shows a row every second or so.",
            ),
            cause(
                "Many hosts or workers share the user, and each logs in on its own.",
                "Login History shows many addresses.",
            ),
            cause(
                "A program retries a failing login in a loop.",
                "Login History shows many failures.",
            ),
        ],
        fix: Fix::Any(&[
            "Stop the program that logs in so often. Earlier attempts only extend the wait.",
            "Reuse a token until it expires, as `orgtoken` does by default.",
        ]),
    },
];

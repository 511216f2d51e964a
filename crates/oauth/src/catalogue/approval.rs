use super::{Entry, Fix, Indicator, cause};
use crate::refusal::RefusalClass::{Permanent, PropagationDelay};

pub(super) const ENTRIES: &[Entry] = &[
    Entry {
        code: "refused.user_not_approved",
        title: "invalid_grant: user hasn't approved this consumer",
        codes: &[],
        texts: &[
            "user hasn't approved this consumer",
            "user hasnt approved this consumer",
            "user has not approved this consumer",
        ],
        class: PropagationDelay,
        meaning: "Salesforce accepts the app, the signature and the audience, but this user may not use the \
                  app without clicking Allow, which this flow cannot do",
        first: "open the app's Policies in Setup, set Permitted Users to `Admin approved users are \
                pre-authorized`, and add a profile or permission set of this user",
        causes: &[
            cause(
                "The app's Permitted Users is not `Admin approved users are pre-authorized`, or \
                 no profile or permission set of this user is assigned to the app.",
                "Open the app's policies: look at Permitted Users, then at the lists of profiles \
                 and permission sets, then at the user's own. One of the user's has to be there.",
            ),
            cause(
                "Users may self-authorize, but this user never did, or the approval lacks \
                 `refresh_token` and one other scope.",
                "Permitted Users says `All users may self-authorize`. Setup > Users > the user > \
                 OAuth Connected Apps lists what the user has approved.",
            ),
            cause(
                "The host belongs to another org: a sandbox user at production, or a \
                 government-cloud org at the login host.",
                "`orgtoken resolve` shows it. The host has to be the My Domain of the user's org. If the user's Login History there shows no attempt at all, it is \
                 this cause or the next.",
            )
            .indicator(Indicator::OtherOrg),
            cause(
                "The username does not exist in this org: in a sandbox, its suffix may be missing.",
                "A sandbox's usernames end in the sandbox's name, as in `user@acme.com.sbx`. Copy \
                 it from Setup > Users, and do not use the e-mail address.",
            )
            .indicator(Indicator::UserName),
            cause(
                "The sandbox was refreshed, and approvals and assignments were lost.",
                "It worked before the refresh, and other users fail too.",
            )
            .indicator(Indicator::Refreshed),
            cause(
                "App, policy or scratch org is only minutes old.",
                "It was changed less than ten minutes ago. Wait, and try again unchanged.",
            )
            .indicator(Indicator::FreshlyMade),
            cause(
                "The permission set belongs to the permission-set licence `Salesforce API \
                 Integration`, which does not allow the assignment to an app.",
                "The user has the permission set, the app lists it, and its License field names \
                 that licence. Assign the profile, or a second permission set without a licence.",
            ),
            cause(
                "The app has no scope except `refresh_token`.",
                "The app's OAuth settings list its scopes: `api` and `refresh_token` have to be \
                 there.",
            ),
        ],
        fix: Fix::ByApp {
            external: &[
                "Setup > External Client App Manager > the app > Policies > Edit.",
                "OAuth Policies > Plugin Policies > Permitted Users: `Admin approved users are \
                 pre-authorized`.",
                "App Policies: select a profile or permission set that the user has. Save.",
                "Wait two to ten minutes, then try again.",
            ],
            connected: &[
                "Setup > Manage Connected Apps > the app > Edit Policies.",
                "Permitted Users: `Admin approved users are pre-authorized`. Save.",
                "On the app's page, Manage Profiles or Manage Permission Sets: add one that the user has.",
                "Wait two to ten minutes, then try again.",
            ],
        },
    },
    Entry {
        code: "refused.user_not_admin_approved",
        title: "invalid_app_access: user is not admin approved to access this app",
        codes: &["invalid_app_access", "OAUTH_APP_ACCESS_DENIED"],
        texts: &["user is not admin approved to access this app"],
        class: PropagationDelay,
        meaning: "only users that an admin assigned may use the app, and this user is not one of them",
        first: "add a profile or permission set of this user to the app",
        causes: &[
            cause(
                "No profile or permission set of this user is assigned to the app.",
                "Compare the app's lists with Setup > Users > the user: Profile, and Permission \
                 Set Assignments.",
            ),
            cause(
                "The permission set is assigned to the app, but not (or no longer) to the user.",
                "Setup > Permission Sets > the set > Manage Assignments: look for the user, and \
                 for an expiry date.",
            ),
            cause("It was changed only minutes ago.", "Wait ten minutes, and try again unchanged."),
        ],
        fix: Fix::ByApp {
            external: &[
                "Setup > External Client App Manager > the app > Policies > Edit.",
                "App Policies: select a profile or permission set that the user has. Save.",
            ],
            connected: &[
                "Setup > Manage Connected Apps > the app.",
                "Manage Profiles or Manage Permission Sets: add one that the user has.",
            ],
        },
    },
    Entry {
        code: "refused.app_blocked",
        title: "app_blocked: this app is blocked by admin",
        codes: &["app_blocked", "fail_close_app_blocked", "OAUTH_APP_BLOCKED"],
        texts: &["this app is blocked by admin"],
        class: Permanent,
        meaning: "an admin or a rule of the org blocks this app, for this user or for everyone",
        first: "open Setup > Connected Apps OAuth Usage and unblock or install the app",
        causes: &[
            cause(
                "An admin blocked the app.",
                "Setup > Connected Apps OAuth Usage: the row of the app has a button Unblock.",
            ),
            cause(
                "The app is not installed in this org. Since September 2025, users need the permission \
                 `Approve Uninstalled Connected Apps` for such apps.",
                "Setup > Connected Apps OAuth Usage: the row of the app has a button Install.",
            ),
            cause(
                "API Access Control is on, and the app is not on its list.",
                "Setup > API Access Control: the first box is ticked.",
            ),
        ],
        fix: Fix::Any(&[
            "Setup > Connected Apps OAuth Usage > the app: Unblock or Install.",
            "With API Access Control: put the app on its list, or give the user `Use Any API Client`.",
        ]),
    },
    Entry {
        code: "refused.session_level",
        title: "invalid_session_level",
        codes: &["invalid_session_level", "LOGIN_TWOFACTOR_REQ"],
        texts: &[],
        class: Permanent,
        meaning: "a policy requires a High Assurance session, which this flow can never have",
        first: "remove the High Assurance policy from this app or from the user's profile",
        causes: &[
            cause(
                "The app's policy requires High Assurance.",
                "The app's policies show High Assurance under session policies.",
            ),
            cause(
                "The user's profile requires it at login.",
                "Setup > Profiles > the profile > Session Settings: `Session Security Level \
                 Required at Login`.",
            ),
        ],
        fix: Fix::ByApp {
            external: &["Setup > External Client App Manager > the app > Policies > Edit > App \
                         Authorization: no High Assurance. Save."],
            connected: &[
                "Setup > Manage Connected Apps > the app > Edit Policies > Session Policies: no \
                          High Assurance. Save.",
            ],
        },
    },
    Entry {
        code: "refused.activation_secret",
        title: "invalid_grant: activation secret invalid",
        codes: &["LOGIN_OAUTH_INVALID_DS"],
        texts: &["activation secret invalid"],
        class: Permanent,
        meaning: "Salesforce requires identity verification, because the login comes from an unknown address",
        first: "relax the app's IP restrictions, or log in as the user once from this address",
        causes: &[cause(
            "Salesforce does not know this IP address, and the app enforces IP restrictions.",
            "The user's Login History shows a verification request.",
        )],
        fix: Fix::ByApp {
            external: &["Setup > External Client App Manager > the app > Policies > Edit > App \
                         Authorization > IP Relaxation: `Relax IP restrictions`. Save."],
            connected: &[
                "Setup > Manage Connected Apps > the app > Edit Policies > IP Relaxation: `Relax \
                          IP restrictions`. Save.",
            ],
        },
    },
];

use super::{Entry, Fix, Indicator, cause};
use crate::refusal::RefusalClass::{Permanent, PropagationDelay};

pub(super) const ENTRIES: &[Entry] = &[
    Entry {
        code: "refused.app_not_found",
        title: "app_not_found: External client app is not installed in this org",
        codes: &[
            "app_not_found",
            "OAUTH_EC_APP_NOT_FOUND",
            "LOGIN_OAUTH_PACKAGE_MISSING",
            "LOGIN_OAUTH_PACKAGE_OLD",
        ],
        texts: &[
            "external client app is not installed in this org",
            "client app is not installed in this org",
            "app must be installed into org",
        ],
        class: PropagationDelay,
        meaning: "the consumer key belongs to an External Client App that is not in the org of this host",
        first: "use the My Domain of the org that owns the app as login URL (Setup > My Domain), and no \
                other audience",
        causes: &[
            cause(
                "The login URL is `login.salesforce.com` or `test.salesforce.com`, which do not know External Client Apps of a single org.",
                "`orgtoken resolve` shows one of the two as token endpoint.",
            )
            .indicator(Indicator::GenericHost),
            cause(
                "The app is Local to another org, or was never deployed to this sandbox.",
                "Setup > External Client App Manager of this org does not list it.",
            ),
            cause(
                "The sandbox was refreshed, and the app was lost or is outdated.",
                "It worked before the refresh.",
            )
            .indicator(Indicator::Refreshed),
            cause(
                "The app has to be installed by an admin first.",
                "Setup > Connected Apps OAuth Usage lists it with a button Install. Login History \
                 may even say Success.",
            ),
        ],
        fix: Fix::ByApp {
            external: &[
                "Setup > My Domain: copy `Current My Domain URL`, and use it as login URL.",
                "Setup > External Client App Manager: if the app is not there, create or deploy it.",
                "Setup > Connected Apps OAuth Usage: install it, if the row offers that.",
            ],
            connected: &[
                "Connected Apps never get this refusal: check that the consumer key is that of the Connected App \
                 (Manage Consumer Details).",
            ],
        },
    },
    Entry {
        code: "refused.client_identifier_invalid",
        title: "invalid_client_id: client identifier invalid",
        codes: &["invalid_client_id", "LOGIN_OAUTH_NO_CONSUMER", "LOGIN_OAUTH_CONSUMER_DELETED"],
        texts: &["client identifier invalid", "invalid client identifier"],
        class: PropagationDelay,
        meaning: "no app with this consumer key is known at this host",
        first: "copy the consumer key of the app again, in the org of the login URL",
        causes: &[
            cause(
                "The key was not copied completely.",
                "It begins with `3MVG9` and has about 85 characters, with dots and underscores.",
            ),
            cause(
                "The key belongs to an app in another org, or the host to another environment.",
                "The app is not in the App Manager of the org behind the login URL.",
            ),
            cause(
                "The app is only minutes old.",
                "It was created less than ten minutes ago. Wait, and try again unchanged.",
            )
            .indicator(Indicator::FreshlyMade),
            cause(
                "The app was deleted, or its key was rotated.",
                "It worked before, and its page shows another key or is gone.",
            )
            .indicator(Indicator::WorkedBefore),
        ],
        fix: Fix::ByApp {
            external: &[
                "Setup > External Client App Manager > the app > Settings > OAuth Settings > Consumer Key \
                 and Secret.",
                "Copy the key. You need no secret.",
            ],
            connected: &[
                "Setup > App Manager > the app > View > Manage Consumer Details.",
                "Copy the key. You need no secret.",
            ],
        },
    },
    Entry {
        code: "refused.client_credentials_invalid",
        title: "invalid_client: invalid client credentials",
        codes: &["invalid_client", "invalid_client_credentials"],
        texts: &["invalid client credentials", "client secret invalid"],
        class: Permanent,
        meaning: "Salesforce requires a consumer secret, or the given one is wrong; this flow needs none",
        first: "check the consumer key, and that nothing sends a secret along with the assertion",
        causes: &[
            cause(
                "Another grant was used, which needs key and secret.",
                "The request contains `client_secret`.",
            )
            .indicator(Indicator::OtherTool),
            cause("The consumer key belongs to another app.", "Compare it with the app's page."),
        ],
        fix: Fix::Any(&[
            "Use the JWT bearer grant with the consumer key as `iss`, and send no secret.",
        ]),
    },
    Entry {
        code: "refused.flow_disabled",
        title: "oauth_flow_disabled",
        codes: &["oauth_flow_disabled"],
        texts: &[],
        class: Permanent,
        meaning: "the app, or the whole org, does not allow this flow",
        first: "enable the JWT Bearer Flow on the app and upload the certificate",
        causes: &[
            cause(
                "The app has no JWT Bearer Flow: no certificate was uploaded.",
                "The app's OAuth settings show no certificate.",
            ),
            cause(
                "The org has disabled the flow.",
                "Setup > OAuth and OpenID Connect Settings shows the disabled flows.",
            ),
        ],
        fix: Fix::ByApp {
            external: &[
                "Setup > External Client App Manager > the app > Settings > Edit > OAuth Settings > Flow \
                 Enablement: Enable JWT Bearer Flow, Upload Files (the .crt). Save.",
                "Setup > OAuth and OpenID Connect Settings: allow the flow.",
            ],
            connected: &[
                "Setup > App Manager > the app > Edit > Use digital signatures, Choose File (the .crt). Save.",
                "Setup > OAuth and OpenID Connect Settings: allow the flow.",
            ],
        },
    },
    Entry {
        code: "refused.app_incomplete",
        title: "ecapp_policy_not_found, oauth_policy_not_found, invalid_distribution_state, installation_error",
        codes: &[
            "ecapp_policy_not_found",
            "oauth_policy_not_found",
            "invalid_distribution_state",
            "installation_error",
        ],
        texts: &[],
        class: Permanent,
        meaning: "the External Client App is incomplete in this org: its policies or its distribution \
                  are missing",
        first: "open the app in External Client App Manager, press Edit under Policies, and Save",
        causes: &[
            cause(
                "The app was deployed without its policies.",
                "The tab Policies is empty, or the deployment has no `.ecaOauthPlcy` file.",
            ),
            cause(
                "The app is Local to another org.",
                "Its distribution state in this org is neither Local nor Packaged.",
            ),
        ],
        fix: Fix::ByApp {
            external: &[
                "Setup > External Client App Manager > the app > Policies > Edit > Save.",
                "Or deploy `.ecaOauthPlcy` together with the app.",
            ],
            connected: &["Connected Apps never get this refusal: check the consumer key."],
        },
    },
    Entry {
        code: "refused.dpop",
        title: "invalid_dpop_proof, use_dpop_nonce",
        codes: &["invalid_dpop_proof", "use_dpop_nonce"],
        texts: &[],
        class: Permanent,
        meaning: "the app requires DPoP, a proof of possession that this client does not send",
        first: "turn off Require Demonstrating Proof of Possession (DPoP) in the app's OAuth settings",
        causes: &[cause("The app requires DPoP.", "Its OAuth settings have the box ticked.")],
        fix: Fix::Any(&["In the app's OAuth settings clear the DPoP box, and save."]),
    },
];

use super::{Entry, Fix, Indicator, cause};
use crate::refusal::RefusalClass::Permanent;

pub(super) const ENTRIES: &[Entry] = &[
    Entry {
        code: "refused.other_grant",
        title: "invalid_grant: expired access/refresh token, invalid authorization code, invalid user \
                credentials",
        codes: &[
            "invalid_user_credentials",
            "INVALID_LOGIN",
            "LOGIN_MUST_USE_SECURITY_TOKEN",
            // Client credentials in a header.
            "invalid_basic_auth_header",
            // The device flow.
            "authorization_pending",
            // Headless login and registration at a site, and registration of apps.
            "invalid_otp",
            "otp_error",
            "invalid_expid",
            "unsupported_expid",
            "registration_error",
            "failed_registration",
            "exceeded_registration_limit",
            // Mobile apps that prove which device they run on.
            "app_attest_failed",
            "app_attest_failed_retry",
            "client_blocked",
            "client_blocked_retry",
        ],
        texts: &[
            "expired access/refresh token",
            "invalid authorization code",
            "invalid user credentials",
            "invalid username, password, security token; or user locked out",
            "no client credentials user enabled",
        ],
        class: Permanent,
        meaning: "this is a refusal of another flow: password, refresh token, authorization code, client \
                  credentials, device, site or mobile app",
        first: "use the JWT bearer grant, or check the tool that sent the request",
        causes: &[cause(
            "The tool is set up for another flow.",
            "Its request has `grant_type=password`, `refresh_token`, `authorization_code` or \
             `client_credentials`.",
        )],
        fix: Fix::Any(&[
            "Set the tool to the JWT bearer flow; it needs no password and no refresh token.",
        ]),
    },
    Entry {
        code: "refused.access_denied",
        title: "access_denied",
        codes: &["access_denied"],
        texts: &["end-user denied authorization"],
        class: Permanent,
        meaning: "a user pressed Deny in a browser; the JWT bearer flow never asks",
        first: "press Allow when you approve the app, or have an admin pre-authorize the user",
        causes: &[cause(
            "The approval in the browser was refused.",
            "It came back in the address bar of a browser.",
        )],
        fix: Fix::Any(&[
            "See [user_not_approved](#user_not_approved) for an approval without a browser.",
        ]),
    },
    Entry {
        code: "refused.browser_flow",
        title: "redirect_uri_mismatch, redirect_uri_missing, unsupported_response_type, \
                immediate_unsuccessful",
        codes: &[
            "redirect_uri_mismatch",
            "redirect_uri_missing",
            "unsupported_response_type",
            "immediate_unsuccessful",
            "OAUTH_APPROVAL_ERROR_GENERIC",
        ],
        texts: &["missing required code challenge", "redirect_uri must match configuration"],
        class: Permanent,
        meaning: "this is a refusal of a login in a browser, such as for self-authorization",
        first: "make `redirect_uri` equal to the app's Callback URL, letter for letter",
        causes: &[
            cause(
                "The callback URL differs from the registered one, if only by a slash.",
                "Compare it with the app's OAuth settings.",
            ),
            cause(
                "The app requires PKCE, and the URL has no `code_challenge`.",
                "The app's OAuth settings have the box ticked.",
            ),
        ],
        fix: Fix::Any(&[
            "Correct the URL, or have an admin pre-authorize the user, so that no browser is needed.",
        ]),
    },
    Entry {
        code: "refused.token_not_known",
        title: "invalid_token, unsupported_token_type",
        codes: &["invalid_token", "unsupported_token_type"],
        texts: &["invalid token", "invalid token: *"],
        class: Permanent,
        meaning: "this is a response to `revoke` or `introspect`: the token is not, or no longer, a token of this org",
        first: "get a new token, or do nothing if you meant to revoke this one",
        causes: &[
            cause(
                "The token has expired or was already revoked.",
                "An API call with it answers INVALID_SESSION_ID.",
            ),
            cause(
                "The host belongs to another org.",
                "Compare it with the token's `instance_url`.",
            )
            .indicator(Indicator::OtherOrg),
        ],
        fix: Fix::Any(&["Use the host of the token's `instance_url`."]),
    },
];

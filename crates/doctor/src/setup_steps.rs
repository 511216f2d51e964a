//! Steps in Salesforce's Setup that configure a login.

use form_urlencoded::byte_serialize;
use orgtoken_oauth::InstanceUrl;
use orgtoken_settings::sandbox_suffix;

/// The steps for one kind of app. `{certificate}` and `{callback_url}` are replaced by the user's
/// values.
#[derive(Debug)]
#[non_exhaustive]
pub struct AppSteps {
    /// Create or edit the app.
    pub app: &'static [&'static str],
    /// An administrator approves the app for the user in advance.
    pub admin_approval: &'static [&'static str],
    /// Each user approves the app once, at [`authorize_url`].
    pub self_approval: &'static [&'static str],
    /// Copy the consumer key.
    pub consumer_key: &'static str,
}

/// An External Client App, the default for new apps since Spring '26.
pub const EXTERNAL_CLIENT_APP: AppSteps = AppSteps {
    app: &[
        "Quick Find: App Manager. New External Client App. Give it a name, an API name and your \
         e-mail address. Distribution State: Local.",
        "API (Enable OAuth Settings): tick Enable OAuth. Callback URL: {callback_url} (never \
         called, but required).",
        SCOPES,
        "Flow Enablement: tick Enable JWT Bearer Flow, Upload Files, choose {certificate}. Create.",
    ],
    admin_approval: &[
        "On the app's page: Policies, Edit. OAuth Policies, Plugin Policies, Permitted Users: \
         Admin approved users are pre-authorized. OK.",
        "App Policies: select the profile of the user above (or a permission set that the user has \
         and that has no licence). Save.",
    ],
    self_approval: &[
        "On the app's page: Policies, Edit. OAuth Policies, Plugin Policies, Permitted Users: All \
         users may self-authorize. Save. If the app's settings tick Require PKCE, untick it, or the \
         approval below is refused.",
    ],
    consumer_key: "The consumer key: Quick Find, External Client App Manager, the app, Settings, \
                   OAuth Settings, Consumer Key and Secret (a code is mailed to you). Copy the key; \
                   you need no secret.",
};

/// An existing Connected App.
pub const CONNECTED_APP: AppSteps = AppSteps {
    app: &[
        "Quick Find: App Manager. At your app: Edit. (New Connected App is there only if Salesforce \
         Support has allowed it: Setup, External Client Apps, Settings.)",
        "Tick Enable OAuth Settings. Callback URL: {callback_url}. Tick Use digital signatures, \
         Choose File, choose {certificate}.",
        SCOPES,
        "Save, Continue. If the page reports an error, choose the file again: the page forgets it.",
    ],
    admin_approval: &[
        "Quick Find: Manage Connected Apps. At the app: Edit Policies. Permitted Users: Admin \
         approved users are pre-authorized. Save.",
        "On the app's page: Manage Profiles (or Manage Permission Sets): add the profile of the \
         user above.",
    ],
    self_approval: &[
        "Quick Find: Manage Connected Apps. At the app: Edit Policies. Permitted Users: All users \
         may self-authorize. Save.",
    ],
    consumer_key: "The consumer key: App Manager, the app, View, Manage Consumer Details (a code is \
                   mailed to you). Copy the key; you need no secret.",
};

impl AppSteps {
    /// Returns all steps in order: `approval` is one of the two of this app.
    pub fn steps(
        &self,
        approval: &[&str],
        org: &InstanceUrl,
        certificate: &str,
        callback_url: &str,
    ) -> Vec<String> {
        let open = [OPEN.replace("{org}", org.as_str())];
        let steps = [self.app, approval, &[self.consumer_key, WAIT]].concat();
        let filled = steps.into_iter().map(|step| {
            step.replace("{certificate}", certificate).replace("{callback_url}", callback_url)
        });
        open.into_iter().chain(filled).collect()
    }
}

/// Returns a name for the profile of an org: `acme` for `acme.my.salesforce.com`, `acme--uat` for its
/// sandbox, and `salesforce` if the host has no such name.
pub fn profile_name(org: &InstanceUrl) -> &str {
    let label = org.host().split('.').next().unwrap_or_default();
    let is_name = label.starts_with(|first: char| first.is_ascii_alphabetic());
    if is_name { label } else { "salesforce" }
}

/// Returns a note if the org is a sandbox and the username lacks the sandbox's suffix.
pub fn username_note(org: &InstanceUrl, username: &str) -> Option<String> {
    let host = org.host();
    let ending = sandbox_suffix(host)?;
    let is_odd = !username.to_ascii_lowercase().ends_with(&ending);
    is_odd.then(|| {
        format!(
            "{host} is a sandbox, where most usernames end in `{ending}`: check {username} in its \
             Setup > Users."
        )
    })
}

/// Returns the URL where a user approves the app in a browser, once.
pub fn authorize_url(org: &InstanceUrl, client_id: &str, callback_url: &str) -> String {
    let encoded = |text: &str| byte_serialize(text.as_bytes()).collect::<String>();
    format!(
        "{}/services/oauth2/authorize?response_type=code&client_id={}&redirect_uri={}\
         &scope=api%20refresh_token",
        org.as_str(),
        encoded(client_id),
        encoded(callback_url)
    )
}

const OPEN: &str =
    "Open {org} in a browser, log in as an administrator, and choose Setup (the gear).";
const SCOPES: &str = "OAuth Scopes: move Manage user data via APIs (api) and Perform requests at any \
    time (refresh_token, offline_access) to the right. Both are needed, though no refresh token is \
    ever issued.";
const WAIT: &str = "Wait: Salesforce takes two to ten minutes to copy all this.";

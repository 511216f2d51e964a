//! What to do in Salesforce, with the person's own values filled in.

use form_urlencoded::byte_serialize;

use super::answers::Answers;
use super::keys::Keys;
use super::{App, Approval, Args};
use crate::text::wrapped;

/// The steps in their order, and a note on the username if it looks wrong for the org.
#[derive(Debug)]
pub(super) struct Steps {
    pub(super) steps: Vec<String>,
    pub(super) note: Option<String>,
}

/// The steps for this app, user and certificate.
pub(super) fn steps(args: &Args, answers: &Answers, keys: &Keys) -> Steps {
    let certificate = keys.certificate.display().to_string();
    let open = format!(
        "Open {} in a browser, log in as an administrator, and choose Setup (the gear).",
        answers.instance_url.as_str()
    );
    let mut steps = vec![open];
    match answers.app {
        App::External => steps.extend(external(args, &certificate)),
        App::Connected => steps.extend(connected(args, &certificate)),
    }
    steps.push(wait().to_owned());
    Steps { steps, note: sandbox(answers) }
}

impl Steps {
    /// The numbered steps in lines for a terminal.
    pub(super) fn text(&self, username: &str) -> String {
        let mut text = format!("\nIn Salesforce, for {username}:\n\n");
        for (at, step) in self.steps.iter().enumerate() {
            text += &wrapped(&format!("{:>3}. ", at + 1), "     ", step);
        }
        if let Some(note) = &self.note {
            text += &format!("\n{}", wrapped("", "", note));
        }
        text
    }
}

fn external(args: &Args, certificate: &str) -> Vec<String> {
    let callback = &args.callback_url;
    let mut steps = vec![
        "Quick Find: App Manager. New External Client App. Give it a name, an API name and your \
         e-mail address. Distribution State: Local."
            .to_owned(),
        format!(
            "API (Enable OAuth Settings): tick Enable OAuth. Callback URL: {callback} (never called, \
             but it has to be filled in)."
        ),
        SCOPES.to_owned(),
        format!(
            "Flow Enablement: tick Enable JWT Bearer Flow, Upload Files, choose {certificate}. Create."
        ),
    ];
    match args.approval {
        Approval::Admin => steps.extend([
            "On the app's page: Policies, Edit. OAuth Policies, Plugin Policies, Permitted Users: \
             Admin approved users are pre-authorized. OK."
                .to_owned(),
            "App Policies: select the profile of the user above (or a permission set that the user \
             has and that has no licence). Save."
                .to_owned(),
        ]),
        Approval::Own => steps.push(
            "On the app's page: Policies, Edit. OAuth Policies, Plugin Policies, Permitted Users: All \
             users may self-authorize. Save. If the app's settings tick Require PKCE, untick it, or \
             the approval below is refused."
                .to_owned(),
        ),
    }
    steps.push(
        "The consumer key: Quick Find, External Client App Manager, the app, Settings, OAuth \
         Settings, Consumer Key and Secret (a code is mailed to you). Copy the key; you need no \
         secret."
            .to_owned(),
    );
    steps
}

fn connected(args: &Args, certificate: &str) -> Vec<String> {
    let callback = &args.callback_url;
    let mut steps = vec![
        "Quick Find: App Manager. At your app: Edit. (New Connected App is there only if Salesforce \
         Support has allowed it: Setup, External Client Apps, Settings.)"
            .to_owned(),
        format!(
            "Tick Enable OAuth Settings. Callback URL: {callback}. Tick Use digital signatures, \
             Choose File, choose {certificate}."
        ),
        SCOPES.to_owned(),
        "Save, Continue. If the page reports an error, choose the file again: it forgets it."
            .to_owned(),
    ];
    match args.approval {
        Approval::Admin => steps.extend([
            "Quick Find: Manage Connected Apps. At the app: Edit Policies. Permitted Users: Admin \
             approved users are pre-authorized. Save."
                .to_owned(),
            "On the app's page: Manage Profiles (or Manage Permission Sets): add the profile of the \
             user above."
                .to_owned(),
        ]),
        Approval::Own => steps.push(
            "Quick Find: Manage Connected Apps. At the app: Edit Policies. Permitted Users: All users \
             may self-authorize. Save."
                .to_owned(),
        ),
    }
    steps.push(
        "The consumer key: App Manager, the app, View, Manage Consumer Details (a code is mailed to \
         you). Copy the key; you need no secret."
            .to_owned(),
    );
    steps
}

fn wait() -> &'static str {
    "Wait: Salesforce takes two to ten minutes to copy all this."
}

/// A sandbox is another org, with other usernames.
fn sandbox(answers: &Answers) -> Option<String> {
    let host = answers.instance_url.host();
    let (before, _) = host.split_once(".sandbox.")?;
    let (_, name) = before.rsplit_once("--")?;
    let ending = format!(".{name}");
    let odd = !answers.username.to_ascii_lowercase().ends_with(&ending);
    odd.then(|| {
        format!(
            "{host} is a sandbox, whose usernames end in `{ending}`: check {} in Setup > Users there.",
            answers.username
        )
    })
}

/// Where the user says yes, once.
pub(super) fn authorize_url(answers: &Answers, client_id: &str, callback_url: &str) -> String {
    let encoded = |text: &str| byte_serialize(text.as_bytes()).collect::<String>();
    format!(
        "{}/services/oauth2/authorize?response_type=code&client_id={}&redirect_uri={}\
         &scope=api%20refresh_token",
        answers.instance_url.as_str(),
        encoded(client_id),
        encoded(callback_url)
    )
}

/// How to say yes.
pub(super) fn authorize(url: &str) -> String {
    let mut text =
        String::from("\nThe user approves the app once. In a browser, as that user:\n\n");
    text += &format!("  {url}\n\n");
    text += &wrapped("", "", PKCE);
    text
}

const SCOPES: &str = "OAuth Scopes: move Manage user data via APIs (api) and Perform requests at any \
    time (refresh_token, offline_access) to the right. Both are needed, though no refresh token is \
    ever issued.";
const PKCE: &str = "Press Allow; a page that cannot be reached afterwards is as it should be. If it \
    says `missing required code challenge`, the app requires PKCE: untick that in its settings, or \
    choose `--approval admin`. A user who is API Only cannot log in to a browser: choose \
    `--approval admin`.";

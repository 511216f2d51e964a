//! From nothing to a token, step by step.

mod answers;
mod keys;
mod profile;
mod retry;
mod validate;

use std::path::PathBuf;

use clap::ValueEnum;
use orgtoken_doctor::Report;
use orgtoken_doctor::setup_steps::{
    CONNECTED_APP, EXTERNAL_CLIENT_APP, authorize_url, username_note,
};
use serde_json::{Value, json};

use self::answers::Answers;
use self::keys::Keys;
use super::doctor::{self, ReportPrinter};
use crate::args;
use crate::failure::Failure;
use crate::io::console::Console;
use crate::io::text::{sh_quoted, shown, wrapped};

/// Set everything up: key, certificate, the steps in Salesforce, profile, a first login
///
/// Asks for what it needs. Run it again to continue: existing files are used, never overwritten.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The name of the profile; by default that of the org
    #[arg(short = 'P', long, value_name = "NAME")]
    profile: Option<String>,
    /// The org's My Domain, such as https://acme.my.salesforce.com
    #[arg(short = 'r', long, value_name = "URL")]
    instance_url: Option<String>,
    /// The user who will log in
    #[arg(short = 'o', long, value_name = "USER")]
    username: Option<String>,
    /// Use the key in the SSH agent, by its fingerprint (SHA256:…) or comment, and make none
    #[arg(long, value_name = "NAME")]
    ssh_agent: Option<String>,
    /// The kind of app that will hold the certificate
    #[arg(long, value_enum)]
    app: Option<App>,
    /// Who approves the app for the user
    #[arg(long, value_enum, default_value = "admin")]
    approval: Approval,
    /// The app's callback URL, which this flow never calls
    #[arg(long, value_name = "URL", default_value = "https://localhost/")]
    callback_url: String,
    /// The app's consumer key, once you have it
    #[arg(short = 'i', long, value_name = "KEY")]
    client_id: Option<String>,
    /// Keep trying for up to ten minutes, until Salesforce has spread the changes
    #[arg(long)]
    wait: bool,
    /// Another host that may be sent an assertion; 127.0.0.1:PORT may use plain http
    #[arg(long, value_name = "HOST")]
    allow_host: Vec<String>,
    #[command(flatten)]
    network: args::Network,
}

/// The kinds of app.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
enum App {
    /// An External Client App, as new apps are since Spring '26
    External,
    /// A Connected App that you already have
    Connected,
}

/// The ways to approve.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
enum Approval {
    /// An administrator, in advance; best for servers
    Admin,
    /// The user, once, in a browser
    #[value(name = "self")]
    Own,
}

pub(crate) fn run(args: &Args, console: &Console) -> Result<(), Failure> {
    let mut answers = Answers::collect(args)?;
    let keys = Keys::find_or_create(&answers)?;
    print_files(&keys, console);
    profile::write(args, &answers, &keys)?;

    let steps = Steps::new(args, &answers, &keys);
    if !console.json() && !answers.has_client_id() {
        console.data(steps.text(&answers.username).as_bytes())?;
    }
    answers.wait_for_client_id()?;
    let Some(client_id) = answers.client_id.clone() else {
        return print_next_command(&answers, &keys, &steps, console);
    };
    profile::write(args, &answers, &keys)?;
    let authorize = (args.approval == Approval::Own)
        .then(|| authorize_url(&answers.instance_url, &client_id, &args.callback_url));
    if let (Some(url), false) = (&authorize, console.json()) {
        let text = format!("{APPROVE}  {url}\n\n{}", wrapped("", "", ALLOW));
        console.data(text.as_bytes())?;
    }
    let report = examine(args, &answers, &keys, console)?;
    if console.json() {
        let found = found(&answers, &keys, &steps, authorize.as_deref(), Some(&report));
        console.document(&found)?;
    } else if report.first_failure().is_none() {
        let token = command("token", &answers.name);
        console.data(format!("\nFrom now on: {token}\n").as_bytes())?;
    }
    doctor::outcome(&report)
}

/// The steps in Salesforce, and a note on the username if it looks wrong for the org.
struct Steps {
    steps: Vec<String>,
    note: Option<String>,
}

impl Steps {
    fn new(args: &Args, answers: &Answers, keys: &Keys) -> Self {
        let app = match answers.app {
            App::External => EXTERNAL_CLIENT_APP,
            App::Connected => CONNECTED_APP,
        };
        let approval = match args.approval {
            Approval::Admin => app.admin_approval,
            Approval::Own => app.self_approval,
        };
        let (org, certificate) = (&answers.instance_url, keys.certificate.to_string_lossy());
        Self {
            steps: app.steps(approval, org, &certificate, &args.callback_url),
            note: username_note(org, &answers.username),
        }
    }

    /// The numbered steps in lines for a terminal.
    fn text(&self, username: &str) -> String {
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

/// Without the consumer key there is nothing more to do here: the next run goes on.
fn print_next_command(
    answers: &Answers,
    keys: &Keys,
    steps: &Steps,
    console: &Console,
) -> Result<(), Failure> {
    if console.json() {
        return Ok(console.document(&found(answers, keys, steps, None, None))?);
    }
    let next = command("setup", &answers.name);
    Ok(console.data(
        format!("\nWhen you have the consumer key:\n  {next} --client-id KEY --wait\n").as_bytes(),
    )?)
}

fn print_files(keys: &Keys, console: &Console) {
    let certificate = shown(&keys.certificate);
    let Some(key) = &keys.key else {
        console.remark(&format_args!(
            "the key stays where it is; {certificate} is its certificate (goes to Salesforce)"
        ));
        return;
    };
    let what = if keys.is_new { "made" } else { "there already, and used:" };
    console.remark(&format_args!(
        "{what} {} (stays here) and {certificate} (goes to Salesforce)",
        shown(key)
    ));
}

fn examine(
    args: &Args,
    answers: &Answers,
    keys: &Keys,
    console: &Console,
) -> Result<Report, Failure> {
    let asked = doctor::Args {
        login: args::Login { profile: Some(answers.name.clone()), ..args::Login::default() },
        cert: Some(PathBuf::from(&keys.certificate)),
        network: args.network.clone(),
    };
    let max_wait = if args.wait { retry::TEN_MINUTES } else { retry::NONE };
    let mut shown = ReportPrinter::new(console);
    let mut tries = 0;
    let report = retry::until(max_wait, console, || {
        tries += 1;
        doctor::diagnose(&asked, console, |finding| {
            if tries == 1 {
                shown.finding(finding);
            }
        })
    })?;
    if console.json() {
        return Ok(report);
    }
    if tries > 1 {
        report.findings.iter().for_each(|finding| shown.finding(finding));
    }
    shown.end(&report)?;
    if report.may_resolve_itself() && !args.wait {
        let again = command("setup", &answers.name);
        console.remark(&format_args!(
            "hint: a change in Setup takes two to ten minutes; to keep trying: {again} --wait"
        ));
    }
    Ok(report)
}

fn found(
    answers: &Answers,
    keys: &Keys,
    steps: &Steps,
    authorize: Option<&str>,
    report: Option<&Report>,
) -> Value {
    json!({
        "profile": answers.name,
        "config_file": answers.config,
        "private_key_file": keys.key,
        "certificate_file": keys.certificate,
        "steps": steps.steps,
        "note": steps.note,
        "client_id": answers.client_id,
        "authorize_url": authorize,
        "doctor": report,
    })
}

fn command(name: &str, profile: &str) -> String {
    format!("orgtoken {name} --profile {}", sh_quoted(profile))
}

const APPROVE: &str = "\nThe user approves the app once. In a browser, as that user:\n\n";
const ALLOW: &str = "Press Allow; a page that cannot be reached afterwards is as it should be. If it \
    says `missing required code challenge`, the app requires PKCE: untick that in its settings, or \
    choose `--approval admin`. A user who is API Only cannot log in to a browser: choose \
    `--approval admin`.";

//! `setup`: configuration of a login, step by step.

mod answers;
mod keys;
mod profile;
mod retry;

use std::path::PathBuf;

use clap::ValueEnum;
use clap::builder::{NonEmptyStringValueParser, TypedValueParser};
use orgtoken_doctor::Report;
use orgtoken_doctor::setup_steps::{
    CONNECTED_APP, EXTERNAL_CLIENT_APP, authorize_url, username_note,
};
use orgtoken_oauth::redact;
use serde_json::{Value, json};

use self::answers::Answers;
use self::keys::Keys;
use super::doctor::{self, ReportPrinter};
use crate::args;
use crate::failure::Failure;
use crate::io::console::Console;
use crate::io::look::{self, Look};
use crate::io::text::{printable, sh_quoted, shown};
use crate::login::config::Config;

/// Configure a login step by step
///
/// Creates a key, a certificate and a profile, shows the steps in Salesforce, and tests the login.
/// Run it again to continue: existing files are used and never overwritten.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Name of the profile [default: name of the org]
    #[arg(short = 'P', long, value_name = "NAME", value_parser = file_stem())]
    profile: Option<String>,
    /// My Domain URL: https://acme.my.salesforce.com
    #[arg(short = 'r', long, value_name = "URL")]
    instance_url: Option<String>,
    /// Username to log in with
    #[arg(short = 'o', long, value_name = "USER", value_parser = NonEmptyStringValueParser::new())]
    username: Option<String>,
    /// Use this private key, which exists already
    #[arg(short = 'f', long, value_name = "FILE")]
    jwt_key_file: Option<PathBuf>,
    #[command(flatten)]
    passphrase: args::Passphrase,
    /// Use a key of the SSH agent: fingerprint or comment
    #[arg(long, value_name = "NAME", conflicts_with = "jwt_key_file")]
    ssh_agent: Option<String>,
    /// Kind of the app in Salesforce
    #[arg(long, value_enum)]
    app: Option<App>,
    /// Way to approve the app for the user
    #[arg(long, value_enum, default_value = "admin")]
    approval: Approval,
    /// Callback URL of the app, which this flow does not use
    #[arg(long, value_name = "URL", default_value = "https://localhost/")]
    callback_url: String,
    /// Consumer key of the app; replaces the one in the profile
    #[arg(short = 'i', long, value_name = "KEY", value_parser = NonEmptyStringValueParser::new())]
    client_id: Option<String>,
    /// Make the profile the default
    #[arg(long)]
    default: bool,
    /// Retry for up to ten minutes while changes propagate
    #[arg(long)]
    wait: bool,
    /// Allow another token endpoint host (repeatable)
    #[arg(long, value_name = "HOST")]
    allow_host: Vec<String>,
    #[command(flatten)]
    network: args::Network,
}

/// The kinds of app.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
enum App {
    /// An External Client App, the kind of new apps
    External,
    /// An existing Connected App
    Connected,
}

/// The ways to approve an app.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
enum Approval {
    /// An administrator, in advance; for servers
    Admin,
    /// The user, once, in a browser
    #[value(name = "self")]
    Own,
}

/// Parses a profile name, which is also the name of the files of key and certificate.
fn file_stem() -> impl TypedValueParser<Value = String> {
    NonEmptyStringValueParser::new().try_map(|name| {
        if name.contains('/') { Err("expected a name, not a path") } else { Ok(name) }
    })
}

pub(crate) fn run(args: &Args, console: &Console) -> Result<(), Failure> {
    let answers = Answers::collect(args)?;
    // An invalid answer is refused before a file is created.
    profile::edited(args, &answers, &Config::read()?)?;
    let keys = Keys::find_or_create(&answers, console)?;
    let mut setup = Setup { args, console, answers, keys };
    setup.print_files();
    setup.write_new()?;

    if setup.answers.client_id.is_none() {
        if !console.json() {
            console.text(&setup.steps_text(console.look().document()))?;
        }
        setup.answers.ask_client_id(CLIENT_ID)?;
    }
    let Some(client_id) = setup.answers.client_id.clone() else {
        return setup.print_next_command();
    };
    setup.write_new()?;
    let authorize = (args.approval == Approval::Own)
        .then(|| authorize_url(&setup.answers.instance_url, &client_id, &args.callback_url));
    if let (Some(url), false) = (&authorize, console.json()) {
        let look = console.look().document();
        let (approve, allow) = (look.wrapped("", "", APPROVE), look.wrapped("", "", ALLOW));
        console.text(&format!("\n{approve}\n  {url}\n\n{allow}"))?;
    }
    let mut report = setup.examine()?;
    while report.is_about_consumer_key()
        && !console.json()
        && setup.answers.ask_client_id(OTHER_CLIENT_ID)?
    {
        setup.write_new()?;
        report = setup.examine()?;
    }
    let Setup { answers, .. } = &setup;
    let name = redact::label(&answers.name);
    if report.first_failure().is_none() {
        profile::write(args, answers)?;
        let is_default = profile::offer_default(answers, args.default)?;
        if !is_default {
            console
                .remark(&format_args!("hint: `orgtoken config use {name}` makes it the default"));
        }
    } else if profile::is_pending(args, answers)? {
        console.remark(&format_args!("profile {name} is not changed, since the login failed"));
    }
    if console.json() {
        console.document(&setup.found(authorize.as_deref(), Some(&report)))?;
    } else if report.first_failure().is_none() {
        let token = command("token", &answers.name);
        console.data(format!("\nTo print a token: {token}\n").as_bytes())?;
    }
    doctor::outcome(&report, console)
}

/// A login that is being configured.
struct Setup<'a> {
    args: &'a Args,
    console: &'a Console,
    answers: Answers,
    keys: Keys,
}

impl Setup<'_> {
    /// Returns the steps in Salesforce.
    fn steps(&self) -> Vec<String> {
        let app = match self.answers.app {
            App::External => EXTERNAL_CLIENT_APP,
            App::Connected => CONNECTED_APP,
        };
        let approval = match self.args.approval {
            Approval::Admin => app.admin_approval,
            Approval::Own => app.self_approval,
        };
        let certificate = self.keys.certificate.to_string_lossy();
        app.steps(approval, &self.answers.instance_url, &certificate, &self.args.callback_url)
    }

    /// Returns a note on the username, if it looks wrong for the org.
    fn note(&self) -> Option<String> {
        username_note(&self.answers.instance_url, &self.answers.username)
    }

    /// Returns the numbered steps, wrapped for a terminal.
    fn steps_text(&self, look: Look) -> String {
        let heading = format!("In Salesforce, for {}:", printable(&self.answers.username));
        let mut text = format!("\n{}\n\n", look.paint(look::HEADING, &heading));
        for (at, step) in self.steps().iter().enumerate() {
            text += &look.wrapped(&format!("{:>3}. ", at + 1), "     ", &printable(step));
        }
        if let Some(note) = self.note() {
            text += &format!("\n{}", look.wrapped("", "", &printable(&note)));
        }
        text
    }

    /// Prints the command that continues once the consumer key is known.
    fn print_next_command(&self) -> Result<(), Failure> {
        if self.console.json() {
            return Ok(self.console.document(&self.found(None, None))?);
        }
        let next = command("setup", &self.answers.name);
        let text = format!("\nWhen you have the consumer key:\n  {next} --client-id KEY --wait\n");
        Ok(self.console.data(text.as_bytes())?)
    }

    fn print_files(&self) {
        let certificate = shown(&self.keys.certificate);
        let Some(key) = &self.keys.key else {
            self.console.remark(&format_args!(
                "using the remote key; {certificate} is its certificate (upload it to Salesforce)"
            ));
            return;
        };
        let what = if self.keys.is_new { "created" } else { "using existing" };
        self.console.remark(&format_args!(
            "{what} {} (keep it here) and {certificate} (upload it to Salesforce)",
            shown(key)
        ));
    }

    /// Writes the answers to a profile that is not in use yet.
    fn write_new(&self) -> Result<(), Failure> {
        if self.answers.is_complete { Ok(()) } else { profile::write(self.args, &self.answers) }
    }

    fn examine(&self) -> Result<Report, Failure> {
        let Self { args, console, answers, keys } = self;
        let mut login = args::Login {
            profile: Some(answers.name.clone()),
            passphrase: args.passphrase.clone(),
            ..args::Login::default()
        };
        let is_pending = profile::is_pending(args, answers)?;
        if is_pending {
            login.client_id.clone_from(&answers.client_id);
            login.instance_url = Some(answers.instance_url.to_string());
            login.allow_host.clone_from(&args.allow_host);
        }
        let asked = doctor::Args {
            login,
            cert: Some(keys.certificate.clone()),
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
            let again = match is_pending {
                true => "repeat this command with `--wait`".to_owned(),
                false => format!("run `{} --wait`", command("setup", &answers.name)),
            };
            console.remark(&format_args!(
                "hint: changes in Setup take two to ten minutes; to retry until then, {again}"
            ));
        }
        Ok(report)
    }

    fn found(&self, authorize: Option<&str>, report: Option<&Report>) -> Value {
        json!({
            "profile": self.answers.name,
            "config_file": self.answers.config,
            "private_key_file": self.keys.key,
            "certificate_file": self.keys.certificate,
            "steps": self.steps(),
            "note": self.note(),
            "client_id": self.answers.client_id,
            "authorize_url": authorize,
            "doctor": report,
        })
    }
}

fn command(name: &str, profile: &str) -> String {
    format!("orgtoken {name} --profile {}", sh_quoted(profile))
}

const CLIENT_ID: &str = "\nConsumer key (begins with 3MVG9), or press Enter to continue later: ";
const OTHER_CLIENT_ID: &str =
    "\nThe consumer key may be wrong. Paste it again, or press Enter to keep it: ";
const APPROVE: &str = "The user approves the app once. In a browser, as that user:";
const ALLOW: &str = "Press Allow. The browser then shows a page that cannot be reached, which is expected. If \
    it shows `missing required code challenge`, the app requires PKCE: untick that in its settings, \
    or use `--approval admin`. An API Only user cannot log in to a browser: use `--approval admin`.";

//! The answers of `setup`: from flags, an existing profile, or the user.

use std::path::PathBuf;

use orgtoken_assertion::PublicKey;
use orgtoken_oauth::{AllowedHosts, InstanceUrl};
use orgtoken_settings::{Given, KeySource, Layer, Loader, Setting};

use super::validate::{self, Objection};
use super::{App, Args};
use crate::args::Passphrase;
use crate::environment::{at_home, config_file};
use crate::failure::Failure;
use crate::io::input::{InputError, Kind, read, read_config};
use crate::io::prompt;

/// The user, the org and the app of the login.
pub(super) struct Answers {
    pub(super) name: String,
    pub(super) instance_url: InstanceUrl,
    pub(super) username: String,
    pub(super) app: App,
    pub(super) client_id: Option<String>,
    /// The folder of `config.toml`, key and certificate.
    pub(super) folder: PathBuf,
    pub(super) config: PathBuf,
    pub(super) key: Key,
    /// The passphrase in the profile.
    pub(super) passphrase: Passphrase,
    /// Whether the consumer key was known, so that the steps in Salesforce are not shown.
    known: bool,
}

/// The location of the key.
pub(super) enum Key {
    /// An agent or a command.
    Remote(KeySource),
    /// The file in the profile.
    File(PathBuf),
    /// A file in the folder of `config.toml`, which may not exist yet.
    Beside,
}

impl Answers {
    pub(super) fn collect(args: &Args) -> Result<Self, Failure> {
        let config = config_file().ok_or_else(no_home)?;
        let folder = config.parent().map(PathBuf::from).unwrap_or_default();
        let there = |name: &str| existing(&config, name);
        let named = args.profile.as_deref().map(there).transpose()?;
        let instance_url = instance_url(args, named.as_ref())?;
        let name = args.profile.clone().unwrap_or_else(|| name_of(instance_url.host()));
        let existing = match named {
            Some(loader) => loader,
            // The name comes from the host, and a profile of this name may be for another org.
            None => for_org(there(&name)?, &instance_url, args)?,
        };
        let username = one("--username", args.username.as_deref(), &existing, Setting::Username)?;
        let username = match username {
            Some(username) => username,
            None => {
                ask(USERNAME, "--username", |text| validate::objection(Setting::Username, text))?
            }
        };
        let client_id =
            one("--client-id", args.client_id.as_deref(), &existing, Setting::ClientId)?;
        if let Some(client_id) = &client_id
            && let Some(objection) = validate::objection(Setting::ClientId, client_id)
            && objection.may_be_secret
        {
            return Err(not_written(&objection.reason));
        }
        let app = match args.app {
            Some(app) => app,
            None if client_id.is_some() => App::External,
            None => app_kind()?,
        };
        let is_new_app = args.app.is_some() || client_id.is_none();
        if app == App::External && is_new_app && is_login_host(&instance_url) {
            return Err(needs_my_domain(&instance_url));
        }
        let key = key(args, &existing)?;
        let passphrase_file = file(&existing, Setting::Passphrase);
        let passphrase =
            Passphrase { key_passphrase_file: passphrase_file, ..Passphrase::default() };
        let known = client_id.is_some();
        Ok(Self {
            name,
            instance_url,
            username,
            app,
            client_id,
            folder,
            config,
            key,
            passphrase,
            known,
        })
    }

    pub(super) fn has_client_id(&self) -> bool {
        self.known
    }

    /// Asks for the consumer key, if the streams are interactive.
    pub(super) fn wait_for_client_id(&mut self) -> Result<(), Failure> {
        if self.client_id.is_none() && prompt::is_interactive() {
            let objection = |text: &str| {
                if text.is_empty() { None } else { validate::objection(Setting::ClientId, text) }
            };
            let answer = ask(CLIENT_ID, "--client-id", objection)?;
            self.client_id = Some(answer).filter(|answer| !answer.is_empty());
        }
        Ok(())
    }
}

/// Reads a profile of `config.toml`. A missing one is empty.
fn existing(config: &std::path::Path, name: &str) -> Result<Loader, Failure> {
    let bytes = match read_config(config) {
        Err(InputError::Os { missing: true, .. }) => return Ok(Loader::default()),
        result => result?,
    };
    Ok(Loader::new([Layer::from_profile(&bytes, &config.to_string_lossy(), Some(name))]))
}

fn instance_url(args: &Args, existing: Option<&Loader>) -> Result<InstanceUrl, Failure> {
    let allowed = AllowedHosts::parse(&args.allow_host)?;
    let nothing = Loader::default();
    let existing = existing.unwrap_or(&nothing);
    let given =
        one("--instance-url", args.instance_url.as_deref(), existing, Setting::InstanceUrl)?;
    let text = match given {
        Some(text) => text,
        None => ask(ORG, "--instance-url", |text| {
            validate::url_objection(text, &allowed, args.app != Some(App::Connected))
        })?,
    };
    Ok(InstanceUrl::parse(&text, &allowed)?)
}

/// Returns the profile, unless its instance URL is that of another org.
fn for_org(existing: Loader, org: &InstanceUrl, args: &Args) -> Result<Loader, Failure> {
    if let Some(Given::Value(text)) = existing.given(Setting::InstanceUrl) {
        let allowed = AllowedHosts::parse(&args.allow_host)?;
        if InstanceUrl::parse(text, &allowed).ok().as_ref() != Some(org) {
            return Err(exists("--instance-url", Setting::InstanceUrl.name()));
        }
    }
    Ok(existing)
}

/// Returns the value of a flag or of the profile. They must agree, since nothing is overwritten.
fn one(
    flag: &str,
    given: Option<&str>,
    existing: &Loader,
    setting: Setting,
) -> Result<Option<String>, Failure> {
    let there = match existing.given(setting) {
        Some(Given::Value(value)) => Some(value),
        _ => None,
    };
    match (given.map(str::trim), there) {
        (Some(given), Some(there))
            if given.trim_end_matches('/') != there.trim_end_matches('/') =>
        {
            Err(exists(flag, setting.name()))
        }
        (given, there) => Ok(given.or(there).map(str::to_owned)),
    }
}

/// Refuses a value that may be a secret, since profiles and reports must not hold one.
fn not_written(reason: &str) -> Failure {
    Failure::new(
        "settings.swapped",
        Some("copy the Consumer Key, not the Consumer Secret, which is not needed"),
        format!("not written to config.toml: {reason}"),
    )
}

fn key(args: &Args, existing: &Loader) -> Result<Key, Failure> {
    let agent = |name: &str| Key::Remote(KeySource::Agent(name.to_owned()));
    match (args.ssh_agent.as_deref(), existing.given(Setting::PrivateKey)) {
        (Some(asked), Some(Given::Agent(name))) if asked == name => Ok(agent(name)),
        (Some(asked), None) => Ok(agent(asked)),
        (Some(_), Some(_)) => Err(exists("--ssh-agent", "ssh_agent")),
        (None, Some(Given::Agent(name))) => Ok(agent(name)),
        (None, Some(Given::Command(command))) => {
            let (command, public_key) = (command.clone(), public_key(existing)?);
            Ok(Key::Remote(KeySource::Command { command, public_key }))
        }
        (None, Some(Given::File(file))) => Ok(Key::File(at_home(file))),
        (None, _) => Ok(Key::Beside),
    }
}

/// Returns the file that the profile names for a setting.
fn file(existing: &Loader, setting: Setting) -> Option<PathBuf> {
    match existing.given(setting)? {
        Given::File(file) => Some(at_home(file)),
        _ => None,
    }
}

fn public_key(existing: &Loader) -> Result<PublicKey, Failure> {
    let Some(file) = file(existing, Setting::PublicKey) else {
        return Err(Failure::new(
            "settings.missing",
            Some("add `public_key_file` to the profile: a public key or certificate"),
            "the profile has a `signer_command`, but no public key",
        ));
    };
    Ok(PublicKey::from_bytes(&read(&file, Kind::Certificate)?)?)
}

fn exists(flag: &str, name: &str) -> Failure {
    let hint = format!("change `{name}` in config.toml, or choose another `--profile`");
    Failure::new(
        "settings.exists",
        Some(hint),
        format!("{flag} differs from the existing profile, which is not overwritten"),
    )
}

/// Asks until the answer is valid. A suspicious answer is accepted if it is typed twice. Without a
/// terminal, the flag is missing.
fn ask(
    question: &str,
    flag: &str,
    objection: impl Fn(&str) -> Option<Objection>,
) -> Result<String, Failure> {
    let mut question = question.to_owned();
    let mut previous = None;
    loop {
        let Some(answer) = prompt::line(&question)? else {
            return Err(Failure::new(
                "usage.missing",
                Some("add the flag, or run `orgtoken setup` on a terminal"),
                format!("missing {flag}"),
            ));
        };
        let Some(objection) = objection(&answer) else { return Ok(answer) };
        let may_be_right = !objection.is_certain && !objection.may_be_secret;
        if may_be_right && previous.as_ref() == Some(&answer) {
            return Ok(answer);
        }
        let again =
            if may_be_right { "Try again, or repeat the answer to keep it" } else { "Try again" };
        question = format!("{}\n{again}: ", objection.reason);
        previous = Some(answer);
    }
}

pub(super) fn is_login_host(url: &InstanceUrl) -> bool {
    matches!(url.host(), "login.salesforce.com" | "test.salesforce.com")
}

fn needs_my_domain(url: &InstanceUrl) -> Failure {
    Failure::new(
        "url.host",
        Some("pass the URL of Setup > My Domain as `--instance-url`, or choose `--app connected`"),
        format!(
            "`{}` serves every org, but an External Client App logs in at its own org",
            url.host()
        ),
    )
}

/// Asks for the kind of app. The default is an External Client App, the kind of new apps.
fn app_kind() -> Result<App, Failure> {
    let mut question = KIND;
    while let Some(answer) = prompt::line(question)? {
        match answer.to_ascii_lowercase().as_str() {
            "" | "e" | "external" => return Ok(App::External),
            "c" | "connected" => return Ok(App::Connected),
            _ => question = KIND_AGAIN,
        }
    }
    Ok(App::External)
}

/// Returns `acme` for `acme.my.salesforce.com`, and `acme--uat` for its sandbox.
fn name_of(host: &str) -> String {
    let label = host.split('.').next().unwrap_or_default();
    let is_name = label.starts_with(|first: char| first.is_ascii_alphabetic());
    if is_name { label.to_owned() } else { "salesforce".to_owned() }
}

fn no_home() -> Failure {
    Failure::new(
        "settings.home",
        Some("set HOME or XDG_CONFIG_HOME to a full path"),
        "no folder for config.toml",
    )
}

const ORG: &str = "URL of the org (Setup > My Domain > Current My Domain URL), such as \
                   https://acme.my.salesforce.com: ";
const USERNAME: &str = "Username to log in with (Setup > Users, column Username): ";
const KIND: &str =
    "Kind of app: [e]xternal client app (the kind of new apps) or [c]onnected app? [e] ";
const KIND_AGAIN: &str = "Type e or c, or press Enter for e: ";
const CLIENT_ID: &str = "\nConsumer key (begins with 3MVG9), or press Enter to continue later: ";

//! The answers of `setup`: from flags, an existing profile, or the user.

use std::path::{Path, PathBuf};

use orgtoken_assertion::PublicKey;
use orgtoken_doctor::setup_answers::{self, Objection};
use orgtoken_doctor::setup_steps::profile_name;
use orgtoken_oauth::{AllowedHosts, InstanceUrl, redact};
use orgtoken_settings::{Given, KeySource, Layer, Loader, Setting};

use super::{App, Args};
use crate::args::Passphrase;
use crate::environment::{at_home, config_file};
use crate::failure::Failure;
use crate::io::input::{Kind, read, read_config_or_empty};
use crate::io::prompt;
use crate::io::text::printable;
use crate::login::profiles::profile_layers;

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
    /// Whether the consumer key replaces another one in the profile.
    pub(super) corrects_client_id: bool,
}

/// The location of the key.
pub(super) enum Key {
    /// An agent or a command.
    Remote(KeySource),
    /// The file in the profile.
    File(PathBuf),
    /// An existing file, which the profile does not name yet.
    Given(PathBuf),
    /// A file in the folder of `config.toml`, which may not exist yet.
    Beside,
}

impl Answers {
    pub(super) fn collect(args: &Args) -> Result<Self, Failure> {
        let config = config_file().ok_or_else(no_home)?;
        let folder = config.parent().map(PathBuf::from).unwrap_or_default();
        let there = |name: &str| existing(&config, name);
        let is_named = args.profile.is_some() || args.instance_url.is_some();
        let begun = if is_named { None } else { begun()? };
        let profile = args.profile.clone().or(begun);
        let named = profile.as_deref().map(there).transpose()?;
        let instance_url = instance_url(args, named.as_ref())?;
        let name = profile.unwrap_or_else(|| profile_name(&instance_url).to_owned());
        let existing = match named {
            Some(loader) => loader,
            // The name comes from the host, and a profile of this name may be for another org.
            None => for_org(there(&name)?, &instance_url, args)?,
        };
        let username = one("--username", args.username.as_deref(), &existing, Setting::Username)?;
        let username = match username {
            Some(username) => username,
            None => ask(USERNAME, "--username", |text| {
                setup_answers::objection(Setting::Username, text)
            })?,
        };
        let written = value(&existing, Setting::ClientId).map(str::to_owned);
        let client_id = args.client_id.as_deref().map(|given| given.trim().to_owned());
        let client_id = client_id.or_else(|| written.clone());
        if let Some(client_id) = &client_id
            && let Some(objection) = setup_answers::objection(Setting::ClientId, client_id)
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
        if app == App::External && is_new_app && instance_url.serves_every_org() {
            return Err(needs_my_domain(&instance_url));
        }
        let key = key(args, &existing)?;
        let mut passphrase = args.passphrase.clone();
        if passphrase.key_passphrase_env.is_none() && passphrase.key_passphrase_file.is_none() {
            passphrase.key_passphrase_file = file(&existing, Setting::Passphrase);
        }
        let known = client_id.is_some();
        let corrects_client_id = written.is_some() && written != client_id;
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
            corrects_client_id,
        })
    }

    pub(super) fn has_client_id(&self) -> bool {
        self.known
    }

    /// Asks for the consumer key, if the streams are interactive.
    pub(super) fn wait_for_client_id(&mut self) -> Result<(), Failure> {
        if self.client_id.is_none() && prompt::is_interactive() {
            self.client_id = ask_client_id(CLIENT_ID)?;
        }
        Ok(())
    }

    /// Asks for another consumer key, since Salesforce does not know this one. Returns whether there
    /// is one.
    pub(super) fn correct_client_id(&mut self) -> Result<bool, Failure> {
        if !prompt::is_interactive() {
            return Ok(false);
        }
        let Some(other) = ask_client_id(OTHER_CLIENT_ID)? else { return Ok(false) };
        self.client_id = Some(other);
        self.corrects_client_id = true;
        Ok(true)
    }
}

/// Asks for the consumer key. Returns `None` for an empty answer.
fn ask_client_id(question: &str) -> Result<Option<String>, Failure> {
    let objection = |text: &str| {
        if text.is_empty() { None } else { setup_answers::objection(Setting::ClientId, text) }
    };
    Ok(Some(ask(question, "--client-id", objection)?).filter(|answer| !answer.is_empty()))
}

/// Offers to continue with a profile that has an org, a user and no consumer key yet.
fn begun() -> Result<Option<String>, Failure> {
    if !prompt::is_interactive() {
        return Ok(None);
    }
    for (name, layer) in profile_layers()? {
        let profile = Loader::new([layer]);
        let is_begun = value(&profile, Setting::Username).is_some()
            && [Setting::ClientId, Setting::Record].iter().all(|&it| profile.given(it).is_none());
        let Some(org) = value(&profile, Setting::InstanceUrl).filter(|_| is_begun) else {
            continue;
        };
        let (label, org) = (redact::label(&name), printable(org));
        if prompt::yes(&format!("Continue with the profile {label} for {org}? [Y/n] "), true)? {
            return Ok(Some(name));
        }
    }
    Ok(None)
}

fn value(profile: &Loader, setting: Setting) -> Option<&str> {
    match profile.given(setting)? {
        Given::Value(value) => Some(value),
        _ => None,
    }
}

/// Reads a profile of `config.toml`. A missing one is empty.
fn existing(config: &Path, name: &str) -> Result<Loader, Failure> {
    let bytes = read_config_or_empty(config)?;
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
            setup_answers::url_objection(text, &allowed, args.app != Some(App::Connected))
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
    match (given.map(str::trim), value(existing, setting)) {
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
        format!("not written to config.toml: {}", printable(reason)),
    )
}

fn key(args: &Args, existing: &Loader) -> Result<Key, Failure> {
    if let Some(file) = &args.jwt_key_file {
        let file = std::path::absolute(file).unwrap_or_else(|_| file.clone());
        return match existing.given(Setting::PrivateKey) {
            None => Ok(Key::Given(file)),
            Some(Given::File(known)) if at_home(known) == file => Ok(Key::File(file)),
            Some(_) => Err(exists("--jwt-key-file", "private_key_file")),
        };
    }
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
        question = format!("{}\n{again}: ", printable(&objection.reason));
        previous = Some(answer);
    }
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
const OTHER_CLIENT_ID: &str =
    "\nThe consumer key may be wrong. Paste it again, or press Enter to keep it: ";
const CLIENT_ID: &str = "\nConsumer key (begins with 3MVG9), or press Enter to continue later: ";

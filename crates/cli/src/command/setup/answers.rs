//! The answers of `setup`: from flags, an existing profile, or the user.

use std::path::{Path, PathBuf};

use orgtoken_assertion::PublicKey;
use orgtoken_doctor::setup_answers::{self, Objection};
use orgtoken_doctor::setup_steps::profile_name;
use orgtoken_oauth::{AllowedHosts, InstanceUrl, redact};
use orgtoken_settings::{Given, KeySource, Layer, Loader, Setting};

use super::{App, Args};
use crate::args::Passphrase;
use crate::environment::at_home;
use crate::failure::Failure;
use crate::io::input::{Kind, read};
use crate::io::prompt;
use crate::io::text::{printable, sh_quoted};
use crate::login::config::Config;

/// The user, the org and the app of the login.
pub(super) struct Answers {
    pub(super) name: String,
    pub(super) instance_url: InstanceUrl,
    pub(super) username: String,
    pub(super) app: App,
    pub(super) client_id: Option<String>,
    /// The consumer key in the profile.
    pub(super) saved_client_id: Option<String>,
    /// Whether the profile has a user, an app and a key, so that it may be in use. It is edited only
    /// after a login with the answers.
    pub(super) is_complete: bool,
    /// `config.toml`, next to which key and certificate are.
    pub(super) config: PathBuf,
    pub(super) key: Key,
    /// The passphrase in the profile.
    pub(super) passphrase: Passphrase,
}

/// The location of the key.
pub(super) enum Key {
    /// A file. Without `must_exist` it is created if it is missing.
    Local { file: PathBuf, must_exist: bool },
    /// An agent or a command.
    Remote(KeySource),
}

impl Answers {
    pub(super) fn collect(args: &Args) -> Result<Self, Failure> {
        let config = Config::read()?;
        // An invalid file is reported before a question is asked.
        let editor = config.editor()?;
        let is_named = args.profile.is_some() || args.instance_url.is_some();
        let begun = if is_named { None } else { begun(&config)? };
        let named = args.profile.clone().or(begun);
        let layer = |name: &str| config.layer(name);
        let asked =
            known_url(args, args.instance_url.as_deref(), named.as_deref().and_then(layer))?;
        let instance_url = asked.map_or_else(|| ask_url(args), Ok)?;
        // Without a name it comes from the host, and a profile of this name may be for another org.
        let name = named.unwrap_or_else(|| profile_name(&instance_url).to_owned());
        if known_url(args, None, layer(&name))?.is_some_and(|written| written != instance_url) {
            return Err(exists("--instance-url", &name, Setting::InstanceUrl.name()));
        }
        let existing = Loader::new(layer(&name));
        let written = |setting| value(&existing, setting).map(str::to_owned);
        let given = args.username.as_deref().map(str::trim);
        let username = match (given, written(Setting::Username)) {
            (Some(given), Some(written)) if given != written => {
                return Err(exists("--username", &name, Setting::Username.name()));
            }
            (_, Some(written)) => written,
            (Some(given), None) => given.to_owned(),
            (None, None) => ask(USERNAME, "--username", |text| {
                setup_answers::objection(Setting::Username, text)
            })?,
        };
        let saved_client_id = written(Setting::ClientId);
        let client_id = args.client_id.as_deref().map(|given| given.trim().to_owned());
        let mut client_id = client_id.or_else(|| saved_client_id.clone());
        let is_begun = written(Setting::Username).is_some() && args.app.is_none();
        if client_id.is_none() && is_begun {
            // The steps depend on the kind of app, which the profile does not have.
            client_id = ask_client_id(CLIENT_ID_OR_STEPS)?;
        }
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
        if editor.has(&name, "private_key_env") {
            return Err(exists("a key file", &name, "private_key_env"));
        }
        let key = key(args, &existing, &name, &config.path)?;
        let mut passphrase = args.passphrase.clone();
        if passphrase.key_passphrase_env.is_none() && passphrase.key_passphrase_file.is_none() {
            passphrase.key_passphrase_file = file(&existing, Setting::Passphrase);
        }
        let is_complete = written(Setting::Username).is_some()
            && saved_client_id.is_some()
            && existing.given(Setting::PrivateKey).is_some();
        let config = config.path;
        Ok(Self {
            name,
            instance_url,
            username,
            app,
            client_id,
            saved_client_id,
            is_complete,
            config,
            key,
            passphrase,
        })
    }

    /// Asks for the consumer key. An empty answer keeps the one that is known. Returns whether there
    /// is another one.
    pub(super) fn ask_client_id(&mut self, question: &str) -> Result<bool, Failure> {
        let Some(answer) = ask_client_id(question)? else { return Ok(false) };
        self.client_id = Some(answer);
        Ok(true)
    }
}

/// Asks for the consumer key. Returns `None` for an empty answer, and if the streams are not
/// interactive.
fn ask_client_id(question: &str) -> Result<Option<String>, Failure> {
    if !prompt::is_interactive() {
        return Ok(None);
    }
    let objection = |text: &str| {
        if text.is_empty() { None } else { setup_answers::objection(Setting::ClientId, text) }
    };
    Ok(Some(ask(question, "--client-id", objection)?).filter(|answer| !answer.is_empty()))
}

/// Offers to continue with a profile that has an org, a user and no consumer key yet.
fn begun(config: &Config) -> Result<Option<String>, Failure> {
    if !prompt::is_interactive() {
        return Ok(None);
    }
    for (name, layer) in config.layers() {
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

/// Returns the URL of the org from a flag or a profile. Both may allow its host.
fn known_url(
    args: &Args,
    flag: Option<&str>,
    profile: Option<Layer>,
) -> Result<Option<InstanceUrl>, Failure> {
    let mut flags = Layer::flags();
    if let Some(url) = flag {
        flags.set(Setting::InstanceUrl, "--instance-url", url);
    }
    flags.set_list(Setting::AllowHosts, "--allow-host", args.allow_host.clone());
    args.network.route.add_to(&mut flags)?;
    let loader = Loader::new([flags].into_iter().chain(profile));
    if loader.given(Setting::InstanceUrl).is_none() {
        return Ok(None);
    }
    Ok(Some(loader.check_calls()?.instance_url))
}

fn ask_url(args: &Args) -> Result<InstanceUrl, Failure> {
    let allowed = AllowedHosts::parse(&args.allow_host)?;
    let text = ask(ORG, "--instance-url", |text| {
        setup_answers::url_objection(text, &allowed, args.app != Some(App::Connected))
    })?;
    Ok(InstanceUrl::parse(&text, &allowed)?)
}

/// Refuses a value that may be a secret, since profiles and reports must not hold one.
fn not_written(reason: &str) -> Failure {
    Failure::new(
        "settings.swapped",
        Some("copy the Consumer Key, not the Consumer Secret, which is not needed"),
        format!("not written to config.toml: {}", printable(reason)),
    )
}

/// Returns the key of the flags or of the profile, or else a file that may not exist yet.
fn key(args: &Args, existing: &Loader, name: &str, config: &Path) -> Result<Key, Failure> {
    let local = |file, must_exist| Ok(Key::Local { file, must_exist });
    let given = existing.given(Setting::PrivateKey);
    if let Some(file) = &args.jwt_key_file {
        let file = std::path::absolute(file).unwrap_or_else(|_| file.clone());
        return match given {
            None => local(file, true),
            Some(Given::File(known)) if at_home(known) == file => local(file, false),
            Some(given) => Err(exists("--jwt-key-file", name, entry(given))),
        };
    }
    let agent = |name: &str| Ok(Key::Remote(KeySource::Agent(name.to_owned())));
    match (args.ssh_agent.as_deref(), given) {
        (Some(asked), Some(Given::Agent(name))) if asked == name => agent(name),
        (Some(asked), None) => agent(asked),
        (Some(_), Some(given)) => Err(exists("--ssh-agent", name, entry(given))),
        (None, Some(Given::Agent(name))) => agent(name),
        (None, Some(Given::Command(command))) => {
            let (command, public_key) = (command.clone(), public_key(existing)?);
            Ok(Key::Remote(KeySource::Command { command, public_key }))
        }
        (None, Some(Given::File(file))) => local(at_home(file), false),
        (None, _) => local(config.with_file_name(format!("{name}.key")), false),
    }
}

/// Returns the entry of a key in a profile.
fn entry(key: Given<'_>) -> &'static str {
    match key {
        Given::Agent(_) => "ssh_agent",
        Given::Command(_) => "signer_command",
        _ => "private_key_file",
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
    Ok(PublicKey::from_bytes(&read(&file, Kind::Key)?)?)
}

fn exists(flag: &str, profile: &str, entry: &str) -> Failure {
    let profile = sh_quoted(redact::label(profile));
    let hint = format!(
        "remove it with `orgtoken config unset --profile {profile} {entry}`, or choose another \
         `--profile`"
    );
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

const ORG: &str = "URL of the org (Setup > My Domain > Current My Domain URL), such as \
                   https://acme.my.salesforce.com: ";
const USERNAME: &str = "Username to log in with (Setup > Users, column Username): ";
const CLIENT_ID_OR_STEPS: &str =
    "Consumer key (begins with 3MVG9), or press Enter to see the steps in Salesforce: ";
const KIND: &str =
    "Kind of app: [e]xternal client app (the kind of new apps) or [c]onnected app? [e] ";
const KIND_AGAIN: &str = "Type e or c, or press Enter for e: ";

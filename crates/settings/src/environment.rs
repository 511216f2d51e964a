//! Reads the environment.

use std::collections::BTreeMap;

use crate::layer::Layer;
use crate::notices::Remark;
use crate::problems::{Fault, Place};
use crate::raw::Raw;
use crate::setting::Setting;
use crate::settings::SignerCommand;
use crate::source::Source;

/// Reads the variables that mean something to us. An empty variable is an unset one.
pub(crate) fn read(variables: impl IntoIterator<Item = (String, String)>) -> Layer {
    let mut layer = Layer::default();
    // Ordered, so that the same environment always gives the same words.
    let variables: BTreeMap<String, String> =
        variables.into_iter().filter(|(_, value)| !value.trim().is_empty()).collect();
    for setting in Setting::ALL {
        own(&mut layer, setting, &variables);
        let mut world = setting.world_names().iter().filter(|name| variables.contains_key(**name));
        if let Some(name) = world.next() {
            let source = Source::WorldVariable((*name).to_owned());
            layer.add(setting, source, raw(setting, &variables[*name]));
        }
    }
    for name in variables.keys().filter(|name| name.starts_with(PREFIX)) {
        misspelt(&mut layer, name);
    }
    layer
}

/// The variables that start with `ORGTOKEN_`.
fn own(layer: &mut Layer, setting: Setting, variables: &BTreeMap<String, String>) {
    let mut taken: Option<&'static str> = None;
    for form in forms(setting) {
        let name = format!("{PREFIX}{}", form.name.to_ascii_uppercase());
        let Some(value) = variables.get(&name) else { continue };
        let source = Source::Variable(name);
        if let Some(first) = taken {
            let fault = Fault::Conflict { first, second: form.name };
            layer.problem(Place::of(setting, &source), fault);
            continue;
        }
        taken = Some(form.name);
        layer.add(setting, source, (form.raw)(setting, value));
    }
}

/// A name under which a setting may be given, and what the value then is.
struct Form {
    name: &'static str,
    raw: fn(Setting, &str) -> Raw,
}

fn forms(setting: Setting) -> Vec<Form> {
    let mut forms = vec![Form { name: setting.name(), raw }];
    forms.extend(
        FILES
            .iter()
            .filter(|(of, _)| *of == setting)
            .map(|(_, name)| Form { name, raw: |_, value| Raw::File(value.trim().to_owned()) }),
    );
    let other: &[Form] = match setting {
        Setting::PrivateKey => &KEY_FORMS,
        Setting::Record => &RECORD_FORMS,
        Setting::RecordKey => &RECORD_KEY_FORMS,
        _ => &[],
    };
    forms.extend(other.iter().map(|form| Form { name: form.name, raw: form.raw }));
    forms
}

/// A value that stands in a variable: a list has commas or blanks between its items.
fn raw(setting: Setting, value: &str) -> Raw {
    if !setting.is_list() {
        return Raw::Text(value.to_owned().into());
    }
    let items = value.split([',', ' ', '\n', '\t']).filter(|item| !item.is_empty());
    Raw::List(items.map(str::to_owned).collect())
}

/// Names a variable that was probably meant to be ours.
fn misspelt(layer: &mut Layer, name: &str) {
    let lower = name[PREFIX.len()..].to_ascii_lowercase();
    let known = || Setting::ALL.into_iter().flat_map(forms).map(|form| form.name);
    if known().any(|known| known == lower) {
        return;
    }
    if let Some(near) = crate::spelling::nearest(&lower, known()) {
        let near = format!("{PREFIX}{}", near.to_ascii_uppercase());
        let source = Source::Variable(crate::text::shown(name));
        layer.notice(&source, Remark::UnknownVariable { near });
    }
}

const PREFIX: &str = "ORGTOKEN_";

const KEY_FORMS: [Form; 3] = [
    Form { name: "private_key_env", raw: |_, value| Raw::Variable(value.trim().to_owned()) },
    Form { name: "ssh_agent", raw: |_, value| Raw::Agent(value.trim().to_owned()) },
    Form {
        name: "signer_command",
        raw: |_, value| Raw::Command(SignerCommand::Shell(value.trim().to_owned())),
    },
];

/// The variables are called as the flags are, too.
const RECORD_FORMS: [Form; 1] = [Form { name: "settings", raw }];
const RECORD_KEY_FORMS: [Form; 1] = [Form { name: "settings_key", raw }];

/// `…_FILE`: a file that holds the value, as container platforms mount secrets.
const FILES: [(Setting, &str); 14] = [
    (Setting::AllowGroups, "allow_groups_file"),
    (Setting::AllowHosts, "allow_hosts_file"),
    (Setting::AllowUsers, "allow_users_file"),
    (Setting::ApiVersion, "api_version_file"),
    (Setting::Audience, "audience_file"),
    (Setting::Cache, "cache_file"),
    (Setting::ClientId, "client_id_file"),
    (Setting::InstanceUrl, "instance_url_file"),
    (Setting::LoginUrl, "login_url_file"),
    (Setting::Passphrase, "passphrase_file"),
    (Setting::PrivateKey, "private_key_file"),
    (Setting::Proxy, "proxy_file"),
    (Setting::PublicKey, "public_key_file"),
    (Setting::Username, "username_file"),
];

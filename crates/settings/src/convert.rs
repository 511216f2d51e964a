//! Writes settings in another form.

use orgtoken_assertion::SigningKey;
use toml_edit::{Array, Item};

use crate::api_version::ApiVersion;
use crate::loader::Loader;
use crate::problems::Problems;
use crate::profile_file::ConfigEditor;
use crate::raw::Raw;
use crate::secret::SecretText;
use crate::setting::{Setting, variable};
use crate::settings::SignerCommand;

/// A form in which settings can be written.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Form<'a> {
    /// Lines of `export ORGTOKEN_…='…'` for a shell.
    Environment,
    /// A profile of `config.toml`. The private key is stored in a file of its own.
    Profile {
        /// The name of the profile.
        name: &'a str,
        /// The path of the key file, relative to the folder of `config.toml`.
        key_file: &'a str,
    },
    /// An Onify record.
    Record,
}

/// Settings in another form.
#[derive(Debug)]
pub struct Converted {
    text: SecretText,
    key: Option<SecretText>,
    left_out: Vec<Setting>,
}

impl Converted {
    /// Returns the settings. They contain the private key unless the form is a profile.
    pub fn text(&self) -> &SecretText {
        &self.text
    }

    /// Returns the private key if it has to be stored in a file of its own.
    pub fn key(&self) -> Option<&SecretText> {
        self.key.as_ref()
    }

    /// Returns the settings that the form cannot express.
    pub fn left_out(&self) -> &[Setting] {
        &self.left_out
    }
}

impl Loader {
    /// Writes the effective values in another form. Values may be missing, but not invalid.
    pub fn convert(self, form: Form<'_>) -> Result<Converted, Problems> {
        let values: Vec<(Setting, Value)> = ORDER
            .into_iter()
            .filter_map(|setting| Some((setting, value(&self, setting)?)))
            .collect();
        let is_left_out = |setting: &Setting| {
            self.effective(*setting).is_some()
                && !PLACES.contains(setting)
                && !values.iter().any(|(written, _)| written == setting)
        };
        let left_out: Vec<Setting> = Setting::ALL.into_iter().filter(is_left_out).collect();
        if let Some(problems) = self.check().err().and_then(Problems::without_missing) {
            return Err(problems);
        }
        let mut converted = match form {
            Form::Environment => environment(&values),
            Form::Profile { name, key_file } => profile(&values, name, key_file),
            Form::Record => record(&values),
        };
        converted.left_out.extend(left_out);
        Ok(converted)
    }
}

/// A value. The name of `Named` is that of another form of the setting, such as `ssh_agent`.
enum Value {
    List(Vec<String>),
    Named(&'static str, SecretText),
    Text(SecretText),
}

fn value(loader: &Loader, setting: Setting) -> Option<Value> {
    Some(match &loader.effective(setting)?.raw {
        Raw::Agent(name) => Value::Named("ssh_agent", name.clone().into()),
        Raw::Bytes(bytes) if setting == Setting::PrivateKey => Value::Text(pem(bytes)?),
        Raw::Command(SignerCommand::Shell(line)) => {
            Value::Named("signer_command", line.clone().into())
        }
        Raw::List(items) => Value::List(items.clone()),
        Raw::Text(text) => Value::Text(match setting {
            Setting::PrivateKey => pem(text.secret().as_bytes())?,
            Setting::ApiVersion => version(text.secret()),
            _ => text.secret().trim().to_owned().into(),
        }),
        _ => return None,
    })
}

/// Returns the key as PEM with line breaks, the only form that the blueprint and other tools read.
/// `None` if it is not a key, which the check reports.
fn pem(key: &[u8]) -> Option<SecretText> {
    Some(SigningKey::to_plain_pem(key).ok()?.secret().to_owned().into())
}

fn version(text: &str) -> SecretText {
    let text = text.trim();
    ApiVersion::parse(text).map_or_else(|_| text.to_owned(), |version| version.to_string()).into()
}

fn environment(values: &[(Setting, Value)]) -> Converted {
    let mut text = String::new();
    for (setting, value) in values {
        let (name, value) = match value {
            Value::List(items) => (setting.variable(), items.join(",")),
            Value::Named(name, value) => (variable(name), value.secret().to_owned()),
            Value::Text(value) => (setting.variable(), value.secret().to_owned()),
        };
        // Within single quotes, only a single quote is special.
        text += &format!("export {name}='{}'\n", value.replace('\'', r"'\''"));
    }
    Converted { text: text.into(), key: None, left_out: Vec::new() }
}

fn profile(values: &[(Setting, Value)], name: &str, key_file: &str) -> Converted {
    let mut key = None;
    let mut editor = ConfigEditor::parse(b"", "").expect("an empty file is valid");
    let profile = editor.section(name).expect("a profile can be added to an empty file");
    for (setting, value) in values {
        let (name, value) = match value {
            Value::List(items) => (setting.name(), items.iter().collect::<Array>().into()),
            Value::Named(name, value) => (*name, value.secret().into()),
            Value::Text(value) if *setting == Setting::PrivateKey => {
                key = Some(value.secret().to_owned().into());
                ("private_key_file", key_file.into())
            }
            Value::Text(value) => (setting.name(), value.secret().into()),
        };
        profile.insert(name, Item::Value(value));
    }
    Converted { text: editor.to_string().into(), key, left_out: Vec::new() }
}

fn record(values: &[(Setting, Value)]) -> Converted {
    let mut fields = Vec::new();
    let mut left_out = Vec::new();
    for (setting, value) in values {
        match (setting.record_name(), value) {
            (Some(name), Value::Text(value)) => {
                fields.push(format!("    \"{name}\": {}", quoted_json(value.secret())));
            }
            _ => left_out.push(*setting),
        }
    }
    // Required by the flows that read a record.
    if !values.iter().any(|(setting, _)| *setting == Setting::ApiVersion) {
        fields.push(format!("    \"InstanceAPIVersion\": \"{}\"", ApiVersion::DEFAULT));
    }
    let fields = fields.join(",\n");
    let text = format!(
        "{{\n  \"key\": \"salesforce_api_settings\",\n  \"name\": \"Salesforce settings\",\n  \
         \"value\": {{\n{fields}\n  }},\n  \"tag\": [\"salesforce\"],\n  \"role\": [\"admin\"]\n}}\n"
    );
    Converted { text: text.into(), key: None, left_out }
}

fn quoted_json(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// Settings that refer to other settings.
const PLACES: [Setting; 3] = [Setting::Profile, Setting::Record, Setting::RecordKey];

/// The order of settings in the output.
const ORDER: [Setting; 16] = [
    Setting::Username,
    Setting::ClientId,
    Setting::PrivateKey,
    Setting::InstanceUrl,
    Setting::ApiVersion,
    Setting::LoginUrl,
    Setting::Audience,
    Setting::TokenLifetime,
    Setting::Cache,
    Setting::AllowHosts,
    Setting::AllowUsers,
    Setting::AllowGroups,
    Setting::AllowMethods,
    Setting::AllowPaths,
    Setting::CaFile,
    Setting::Proxy,
];

#[cfg(test)]
mod tests;

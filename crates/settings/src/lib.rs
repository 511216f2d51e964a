//! The settings of a Salesforce login: Onify record, profile, environment, flags.
//!
//! Each source of settings becomes a [`Layer`]. A [`Loader`] combines the layers and requests the
//! files and variables that they name. [`Loader::check`] returns [`Settings`], which are valid by
//! construction, or [`Problems`]: all of them at once, each with its location, none with a value.
//!
//! The crate does no I/O: it reads no file, no environment and no clock. The caller provides all
//! input.
//!
//! ```
//! use orgtoken_settings::{Layer, Loader, Setting};
//!
//! let record = br#"{"Username": "user@acme.com", "ClientId": "3MVG9SOw8KERNN0_AsPhKs"}"#;
//! let mut flags = Layer::flags();
//! flags.set(Setting::InstanceUrl, "--instance-url", "https://acme.my.salesforce.com");
//!
//! let loader = Loader::new([flags, Layer::from_record(record, "salesforce.json", None)]);
//! let problems = loader.check().unwrap_err();
//! let locations: Vec<String> = problems.iter().map(|problem| problem.at()).collect();
//! assert_eq!(locations, ["/PrivateKey", "/InstanceAPIVersion"]);
//! ```
//!
//! The record has the format of Onify's blueprint `salesforce-generate-access-token`. Pointers into
//! it follow [RFC 6901](https://www.rfc-editor.org/rfc/rfc6901).

#![forbid(unsafe_code)]

mod api_version;
pub use api_version::ApiVersion;
mod check;
mod convert;
pub use convert::{Converted, Form};
mod duration;
pub use duration::parse_duration;
mod encrypted_key;
pub use encrypted_key::EncryptedKey;
mod environment;
mod identifier;
pub use identifier::{ClientId, Username};
mod input;
pub use input::{Input, ReadError};
mod layer;
pub use layer::Layer;
mod loader;
pub use loader::{Given, Loader, ProfileChoice};
mod notices;
pub use notices::Notice;
mod problems;
pub use problems::{Problem, Problems};
mod profile;
pub use profile::ConfigFile;
mod profile_file;
pub use profile_file::ConfigEditor;
mod raw;
mod record;
mod sandbox;
pub use sandbox::sandbox_suffix;
mod schema;
pub use schema::{CONFIG_SCHEMA, RECORD_SCHEMA};
mod secret;
pub use secret::SecretText;
mod setting;
pub use setting::Setting;
mod settings;
pub use settings::{
    Cache, CallSettings, EffectiveValue, Hosts, KeySource, Settings, SignerCommand,
};
mod source;
pub use source::Source;
mod spelling;
#[cfg(test)]
mod tests;
mod text;
mod value_kind;

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

//! Helpers for the tests of this crate.

use std::sync::LazyLock;

use getrandom::SysRng;
use pkcs8::{EncodePrivateKey, LineEnding};

use crate::{Layer, Loader, Problem, Problems, Settings};

/// A new private key.
pub(crate) static KEY: LazyLock<String> = LazyLock::new(|| {
    let key = rsa::PrivateKey::new(&mut SysRng, 2048).unwrap();
    key.to_pkcs8_pem(LineEnding::LF).unwrap().to_string()
});

/// The fields of a valid record, in the order of Onify.
pub(crate) fn fields<'a>() -> Vec<(&'a str, String)> {
    let text = |text: &str| format!("\"{text}\"");
    vec![
        ("Username", text("user@acme.com")),
        ("ClientId", text(CLIENT_ID)),
        ("PrivateKey", text(&KEY.replace('\n', "\\n"))),
        ("InstanceUrl", text("https://acme-dev-ed.my.salesforce.com")),
        ("InstanceAPIVersion", text("v51.0")),
    ]
}

pub(crate) fn object(fields: &[(&str, String)]) -> String {
    let entries: Vec<String> =
        fields.iter().map(|(name, value)| format!("\"{name}\": {value}")).collect();
    format!("{{{}}}", entries.join(", "))
}

/// A valid record.
pub(crate) fn record() -> String {
    object(&fields())
}

/// A valid record with the value of one field replaced.
pub(crate) fn record_with(name: &str, json: &str) -> String {
    let mut fields = fields();
    fields.retain(|(field, _)| *field != name);
    fields.push((name, json.to_owned()));
    object(&fields)
}

pub(crate) fn check(record: &str) -> Result<Settings, Problems> {
    check_bytes(record.as_bytes())
}

pub(crate) fn check_bytes(record: &[u8]) -> Result<Settings, Problems> {
    Loader::new([Layer::from_record(record, "salesforce.json", None)]).check()
}

/// The only problem of a record.
pub(crate) fn only(problems: &Problems) -> &Problem {
    let all: Vec<&Problem> = problems.iter().collect();
    assert_eq!(all.len(), 1, "{problems}");
    all[0]
}

pub(crate) const CLIENT_ID: &str =
    "3MVG9SOw8KERNN0_AsPhKsSl90Shcua5kzyBLGAxWnlD_gUnweQXIA1C8AAg0TlA.Bv5ike0NeSqaKyX6yVYT";

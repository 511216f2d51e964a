//! A setting with its source, as commands print it.

use orgtoken_settings::EffectiveValue;
use serde::Serialize;

use crate::io::table::Row;

/// Returns a line of a table.
pub(super) fn origin(origin: &EffectiveValue) -> Row {
    Row::new(origin.setting.name(), &origin.shown).remark(&origin.source.to_string())
}

/// A setting in JSON.
#[derive(Serialize)]
pub(super) struct ShownValue<'a> {
    name: &'static str,
    value: &'a str,
    source: String,
}

impl<'a> From<&'a EffectiveValue> for ShownValue<'a> {
    fn from(origin: &'a EffectiveValue) -> Self {
        Self {
            name: origin.setting.name(),
            value: &origin.shown,
            source: origin.source.to_string(),
        }
    }
}

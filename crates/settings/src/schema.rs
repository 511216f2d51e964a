//! JSON Schemas, for editors ([JSON Schema 2020-12](https://json-schema.org/draft/2020-12)).

/// JSON Schema of an Onify record.
pub const RECORD_SCHEMA: &str = include_str!("../schema/record.schema.json");

/// JSON Schema of `config.toml`.
pub const CONFIG_SCHEMA: &str = include_str!("../schema/config.schema.json");

#[cfg(test)]
mod tests {
    use super::*;
    use crate::setting::Setting;

    fn names(schema: &str, pointer: &str) -> Vec<String> {
        let schema: serde_json::Value = serde_json::from_str(schema).unwrap();
        let mut names: Vec<String> =
            schema.pointer(pointer).unwrap().as_object().unwrap().keys().cloned().collect();
        names.sort();
        names
    }

    #[test]
    fn record_schema_has_all_names() {
        let mut known: Vec<&str> = Setting::in_records().map(|(_, name)| name).collect();
        known.sort_unstable();
        assert_eq!(names(RECORD_SCHEMA, "/properties/value/properties"), known);
    }

    #[test]
    fn profile_schema_has_all_names() {
        let mut known: Vec<String> = Setting::in_profiles().map(|(name, ..)| name).collect();
        known.sort_unstable();
        assert_eq!(names(CONFIG_SCHEMA, "/$defs/profile/properties"), known);
    }
}

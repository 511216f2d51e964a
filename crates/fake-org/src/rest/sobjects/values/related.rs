//! A related record that is named by one of its own keys instead of its id.

use serde_json::Value;

use super::{coerce, text_of};
use crate::rest::schema::{Field, ObjectType};
use crate::rest::{RestCall, RestError, Result};

/// A reference, and the key of the records that it may refer to.
pub(in crate::rest) struct Related {
    pub(in crate::rest) field: Field,
    object: String,
    /// Boxed, since a column of an upload holds either a field or this.
    key: Box<Field>,
}

impl Related {
    /// Finds a relationship of `object`. `target` is the type of the related record, which a
    /// relationship to several objects needs.
    pub(in crate::rest) fn find(
        call: &RestCall<'_>,
        object: &ObjectType,
        relationship: &str,
        target: Option<&str>,
        key: &str,
    ) -> Option<Self> {
        let field = object.relationship(relationship)?;
        let target = match (target, field.reference_to.as_slice()) {
            (Some(target), possible) => {
                possible.iter().find(|it| it.eq_ignore_ascii_case(target))?
            }
            (None, [only]) => only,
            (None, _) => return None,
        };
        let state = call.org.state();
        let key = state.rest.schema.object(target)?.field(key)?;
        let is_key = key.external_id || key.id_lookup;
        is_key.then(|| Self {
            field: field.clone(),
            object: target.clone(),
            key: Box::new(key.clone()),
        })
    }

    /// Returns the id of the record whose key has this value.
    pub(in crate::rest) fn id(&self, call: &RestCall<'_>, value: &str) -> Result<String> {
        let key = &self.key.name;
        let found = call.org.state().rest.records.ids_with(&self.object, key, value);
        match found.as_slice() {
            [id] => Ok(id.clone()),
            [] => Err(self.not_found(value)),
            several => Err(RestError::ambiguous(key, several)),
        }
    }

    fn not_found(&self, value: &str) -> RestError {
        let message = format!(
            "Foreign key external ID: {} not found for field {} in entity {}",
            value.to_lowercase(),
            self.key.name,
            self.object
        );
        RestError::new(400, "INVALID_FIELD", message)
    }
}

/// Returns the id of the related record in a JSON body: `{"ExternalId__c": "42"}`, with its type in
/// `attributes` or in `type` if that is given.
pub(super) fn id_in_json(
    call: &RestCall<'_>,
    object: &ObjectType,
    relationship: &str,
    sent: &Value,
) -> Result<String> {
    let (related, value) = find_in_json(call, object, relationship, sent).ok_or_else(|| {
        // The documentation does not have this error.
        let message = format!(
            "{relationship} must have one field of the related record, an external ID or an \
             indexed field, and the type of the record if several are possible"
        );
        RestError::new(400, "INVALID_FIELD", message)
    })?;
    match coerce(&related.key, value.clone())? {
        Value::Null => Err(related.not_found(&text_of(value))),
        value => related.id(call, &text_of(&value)),
    }
}

fn find_in_json<'a>(
    call: &RestCall<'_>,
    object: &ObjectType,
    relationship: &str,
    sent: &'a Value,
) -> Option<(Related, &'a Value)> {
    let is_key = |(name, _): &(&String, _)| !["attributes", "type"].contains(&name.as_str());
    let mut keys = sent.as_object()?.iter().filter(is_key);
    let (Some((key, value)), None) = (keys.next(), keys.next()) else { return None };
    let target = sent["attributes"]["type"].as_str().or_else(|| sent["type"].as_str());
    Some((Related::find(call, object, relationship, target, key)?, value))
}

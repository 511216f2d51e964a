//! Describe results.

use std::sync::LazyLock;

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{Field, Kind, ObjectType};
use crate::rest::soql::is_groupable;

impl ObjectType {
    /// Returns the entry of this object in `/sobjects`, with links below `base`.
    pub(crate) fn summary(&self, base: &str) -> Value {
        let mut summary = self.describe(base);
        for name in USUAL["notInList"].as_array().into_iter().flatten().filter_map(Value::as_str) {
            summary.as_object_mut().and_then(|summary| summary.shift_remove(name));
        }
        summary
    }

    /// Returns the describe result, with links below `base`.
    pub(crate) fn describe(&self, base: &str) -> Value {
        let url = format!("{base}/sobjects/{}", self.name);
        let (row, describe) = (format!("{url}/{{ID}}"), format!("{url}/describe"));
        let mut described = Value::clone(&self.description);
        if described["recordTypeInfos"] == json!([]) {
            let mut master = over("recordTypeInfo", json!({}));
            master["urls"] = json!({ "layout": format!("{describe}/layouts/{MASTER}") });
            described["recordTypeInfos"] = json!([master]);
        }
        described["urls"] = json!({ "rowTemplate": row, "describe": describe, "sobject": url });
        described
    }

    /// Adds the properties that a description lacks.
    pub(super) fn complete(given: Value) -> serde_json::Result<Self> {
        let mut described = over("object", given);
        let label = format!("All {}", described["labelPlural"].as_str().unwrap_or_default());
        let deletable = described["deletable"].clone();
        add(&mut described, "undeletable", deletable);
        add(&mut described, "supportedScopes", json!([{ "name": "everything", "label": label }]));
        over_each("childRelationship", &mut described["childRelationships"]);
        over_each("field", &mut described["fields"]);
        for field in described["fields"].as_array_mut().into_iter().flatten() {
            over_each("picklistValue", &mut field["picklistValues"]);
            for value in field["picklistValues"].as_array_mut().into_iter().flatten() {
                let label = value["value"].clone();
                add(value, "label", label);
            }
        }
        let mut object = Self::deserialize(&described)?;
        let fields = described["fields"].as_array_mut().into_iter().flatten();
        object.fields.iter().zip(fields).for_each(|(field, described)| field.complete(described));
        object.description = described.into();
        Ok(object)
    }
}

impl Field {
    /// Adds the properties that follow from others.
    fn complete(&self, described: &mut Value) {
        add(described, "byteLength", (self.length * 3).into());
        add(described, "custom", self.name.ends_with("__c").into());
        add(described, "groupable", is_groupable(self).into());
        add(described, "nameField", (self.name == "Name").into());
        add(described, "permissionable", self.nillable.into());
        add(described, "soapType", self.kind.soap_type().into());
    }
}

impl Kind {
    /// Returns the name of the type in a describe result.
    pub(crate) fn name(self) -> String {
        json!(self).as_str().unwrap_or_default().to_owned()
    }

    pub(crate) fn is_text(self) -> bool {
        use Kind::{
            Combobox, Email, EncryptedString, MultiPicklist, Phone, Picklist, String, TextArea, Url,
        };
        matches!(
            self,
            Combobox
                | Email
                | EncryptedString
                | MultiPicklist
                | Phone
                | Picklist
                | String
                | TextArea
                | Url
        )
    }

    pub(crate) fn is_number(self) -> bool {
        matches!(self, Self::Currency | Self::Double | Self::Int | Self::Percent)
    }

    fn soap_type(self) -> String {
        match self {
            Self::Currency | Self::Double | Self::Percent => "xsd:double".to_owned(),
            Self::DateTime => "xsd:dateTime".to_owned(),
            Self::Id | Self::Reference => "tns:ID".to_owned(),
            Self::Address => "urn:address".to_owned(),
            Self::Location => "urn:location".to_owned(),
            Self::Base64 => "xsd:base64Binary".to_owned(),
            kind if kind.is_text() => "xsd:string".to_owned(),
            kind => format!("xsd:{}", kind.name()),
        }
    }
}

/// Returns the usual properties, overridden by those that were given.
fn over(what: &str, given: Value) -> Value {
    let mut described = USUAL[what].clone();
    if let (Value::Object(all), Value::Object(given)) = (&mut described, given) {
        all.extend(given);
    }
    described
}

fn over_each(what: &str, list: &mut Value) {
    list.as_array_mut().into_iter().flatten().for_each(|it| *it = over(what, it.take()));
}

/// Adds a property, if it was not given.
fn add(described: &mut Value, name: &str, value: Value) {
    if let Some(described) = described.as_object_mut() {
        described.entry(name).or_insert(value);
    }
}

/// The record type of an object without others.
const MASTER: &str = "012000000000000AAA";
/// The usual properties of each part, and the properties that a list of objects leaves out.
static USUAL: LazyLock<Map<String, Value>> = LazyLock::new(|| {
    serde_json::from_str(include_str!("describe.json")).expect("our own file is well formed")
});

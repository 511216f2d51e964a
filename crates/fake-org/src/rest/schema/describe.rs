//! Describe results.

use std::sync::LazyLock;

use serde::Serialize;
use serde_json::{Map, Value, json};

use super::{Field, Kind, ObjectType, PicklistValue};
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
        let mut described = over("object", self);
        described["undeletable"] = self.deletable.into();
        described["urls"] = json!({ "rowTemplate": row, "describe": describe, "sobject": url });
        let children = self.child_relationships.iter();
        described["childRelationships"] =
            children.map(|it| over("childRelationship", it)).collect();
        described["fields"] = self.fields.iter().map(Field::describe).collect();
        let mut master = over("recordTypeInfo", &json!({}));
        master["urls"] = json!({ "layout": format!("{describe}/layouts/{MASTER}") });
        described["recordTypeInfos"] = json!([master]);
        described["supportedScopes"] =
            json!([{ "name": "everything", "label": format!("All {}", self.label_plural) }]);
        self.given.iter().for_each(|given| keep_given(&mut described, given));
        described
    }
}

/// Replaces every property that was given, except for links, which name another host.
fn keep_given(described: &mut Value, given: &Value) {
    for (name, value) in given.as_object().into_iter().flatten() {
        match (name.as_str(), value) {
            ("urls", _) => {}
            ("fields", Value::Array(fields)) => {
                let described = described["fields"].as_array_mut().into_iter().flatten();
                described.zip(fields).for_each(|(field, given)| keep_given(field, given));
            }
            _ => described[name] = value.clone(),
        }
    }
}

impl Field {
    fn describe(&self) -> Value {
        let mut described = over("field", self);
        described["byteLength"] = Value::from(self.length * 3);
        described["custom"] = self.name.ends_with("__c").into();
        described["groupable"] = is_groupable(self).into();
        described["nameField"] = (self.name == "Name").into();
        described["permissionable"] = self.nillable.into();
        described["picklistValues"] =
            self.picklist_values.iter().map(PicklistValue::describe).collect();
        described["soapType"] = self.kind.soap_type().into();
        described
    }
}

impl PicklistValue {
    fn describe(&self) -> Value {
        let mut described = over("picklistValue", self);
        described["label"] = self.label.as_ref().unwrap_or(&self.value).as_str().into();
        described
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

/// Returns the usual properties, overridden by the known ones.
fn over(what: &str, known: &impl Serialize) -> Value {
    let mut described = USUAL[what].clone();
    if let (Value::Object(all), Value::Object(known)) = (&mut described, json!(known)) {
        all.extend(known);
    }
    described
}

/// The record type of an object without others.
const MASTER: &str = "012000000000000AAA";
/// The usual properties of each part, and the properties that a list of objects leaves out.
static USUAL: LazyLock<Map<String, Value>> = LazyLock::new(|| {
    serde_json::from_str(include_str!("describe.json")).expect("our own file is well formed")
});
